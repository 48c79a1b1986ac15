//! Notices: what a running session tells while it runs, for a terminal line, a program on the control socket, a test.
//!
//! Enters: nothing. Leaves: [`Notice`] and [`Status`], serialised as they stand; `config/control.schema.json` describes
//! them. Never here: sound, behaviour.

use serde::{Serialize, Serializer};

use super::{Answerer, Disclosed, TurnReport};
use crate::{
    flow::Fault,
    units::{TurnId, Words},
};

/// What the session is doing, as a user would say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Presence {
    /// Starting: the first sample was not processed yet.
    Starting,
    /// Waits for the wake phrase or the key.
    Asleep,
    /// Waits for a command: it was called, or has just answered.
    Listening,
    /// Somebody speaks to it.
    Hearing,
    /// Reads the last words, looks for the answer.
    Thinking,
    /// Speaks.
    Speaking,
    /// The microphone is closed on the user's wish.
    Muted,
    /// The microphone is gone; it is looked for.
    Deaf,
    /// Ending.
    Ending,
}

/// Something that happened. Words are in it because the receiver is the user's own program; it never goes to a log.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Notice {
    /// The session does something else now.
    State {
        /// What.
        state: Presence,
    },
    /// How loud it is, ten times a second.
    Level {
        /// RMS level of the last 100 ms, dBFS.
        dbfs: f32,
        /// Whether it holds speech.
        speech: bool,
    },
    /// The wake phrase was heard.
    Woken {
        /// The phrase.
        phrase: String,
        /// How sure, 0 to 1.
        score: f32,
    },
    /// What was understood so far of words still being spoken.
    Partial {
        /// The turn they will open.
        turn: TurnId,
        /// The words so far.
        text: Words,
    },
    /// The words of a turn, complete.
    Transcript {
        /// The turn.
        turn: TurnId,
        /// The words.
        text: Words,
    },
    /// A language model begins to answer: what has to be shown with it.
    Disclosure {
        /// The turn it answers.
        turn: TurnId,
        /// What is to be shown.
        disclosure: Disclosed,
    },
    /// A sentence begins to be heard.
    Sentence {
        /// The turn it answers.
        turn: TurnId,
        /// What is said.
        text: Words,
    },
    /// The reply was cut off by the user.
    BargeIn {
        /// The turn that was cut.
        turn: TurnId,
    },
    /// A turn is over. Written as a field `report`, which is a turn's line as it stands.
    #[serde(serialize_with = "within_report")]
    Turn(Box<TurnReport>),
    /// Something about the microphone.
    Microphone {
        /// The device in use; null while there is none.
        device: Option<String>,
        /// What happened.
        message: String,
    },
    /// Something about the hotkey.
    HotKey {
        /// What.
        message: String,
    },
    /// The rules of another region hold now; what was said before is forgotten.
    Region {
        /// The region in force.
        region: String,
        /// Why.
        message: String,
    },
    /// Something went wrong outside a turn.
    Trouble(Fault),
}

impl Notice {
    /// Its name, as the field `event` holds it.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::State { .. } => "state",
            Self::Level { .. } => "level",
            Self::Woken { .. } => "woken",
            Self::Partial { .. } => "partial",
            Self::Transcript { .. } => "transcript",
            Self::Disclosure { .. } => "disclosure",
            Self::Sentence { .. } => "sentence",
            Self::BargeIn { .. } => "barge_in",
            Self::Turn(_) => "turn",
            Self::Microphone { .. } => "microphone",
            Self::HotKey { .. } => "hot_key",
            Self::Region { .. } => "region",
            Self::Trouble(_) => "trouble",
        }
    }
}

fn within_report<S: Serializer>(report: &TurnReport, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Within<'a> {
        report: &'a TurnReport,
    }
    Within { report }.serialize(serializer)
}

/// How the session stands.
#[derive(Debug, Clone, Serialize)]
pub struct Status {
    /// What it does.
    pub state: Presence,
    /// Whether the microphone is closed on the user's wish.
    pub muted: bool,
    /// The microphone in use; null while there is none.
    pub microphone: Option<String>,
    /// The region in force.
    pub region: String,
    /// What is shown with everything that a language model made, in the user's language.
    pub badge: String,
    /// Who answered last, or would be asked first; null where the region does not want it shown, or nobody is set up.
    pub answerer: Option<Answerer>,
    /// The speech model in use.
    pub model: String,
    /// Turns so far.
    pub turns: u64,
    /// Samples lost since the start because nobody took them in time, at 16 kHz.
    pub lost_samples: u64,
    /// Seconds since the start.
    pub uptime_s: u64,
    /// The process's number.
    pub pid: u32,
    /// Mynah's version.
    pub version: &'static str,
}

//! Events and effects: all that goes into the machine and all that comes out.
//!
//! Enters: nothing. Leaves: the two closed enums. Never here: behaviour.

use std::{ops::Range, path::PathBuf, sync::Arc};

use crate::{
    answer::AnswerEvent,
    flow::{Fault, Language, Sentence, Speech, Transcript, Utterance},
    report::TurnReport,
    session::Interpretation,
    units::{SampleIndex, TurnId, Words},
};

/// A thread or task that works for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Source and listen.
    Listen,
    /// Transcribe.
    Whisper,
    /// Speak.
    Speak,
    /// Play.
    Play,
}

impl Room {
    /// The thread's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Speak => "speak",
            Self::Play => "play",
        }
    }
}

/// An event and when it reached the session, in ms since the session began. The only wall time the machine sees; it
/// fills the report and decides nothing.
#[derive(Debug)]
pub struct Stamped {
    /// ms since the session began.
    pub at_ms: u64,
    /// What happened.
    pub event: Event,
}

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Speech was cut out of a recording.
    Heard {
        /// The recording.
        source: Arc<str>,
        /// Where in it.
        span: Range<SampleIndex>,
        /// 16 kHz mono samples.
        pcm: Arc<[f32]>,
    },
    /// A recording gave nothing to transcribe, or broke off.
    Unheard {
        /// The recording.
        source: Arc<str>,
        /// Where in it, as far as known.
        span: Range<SampleIndex>,
        /// Why.
        fault: Fault,
    },
    /// Words were typed.
    Typed {
        /// The words.
        words: Words,
        /// Their language.
        language: Language,
    },
    /// A recording ended. `answered` tells whether it held speech or was reported as a fault.
    SourceEnded {
        /// The recording.
        source: Arc<str>,
    },
    /// All recordings ended.
    Exhausted,
    /// The recogniser is done with a turn.
    Read {
        /// The turn.
        turn: TurnId,
        /// The words, or why there are none.
        result: Result<Transcript, Fault>,
    },
    /// The words were interpreted.
    Interpreted {
        /// The turn.
        turn: TurnId,
        /// What they ask for.
        interpretation: Interpretation,
    },
    /// The language model sent something.
    Answered {
        /// The turn.
        turn: TurnId,
        /// What came.
        event: AnswerEvent,
    },
    /// A sentence was given a voice.
    Spoken {
        /// The turn.
        turn: TurnId,
        /// The sound, or why there is none.
        result: Result<Speech, Fault>,
    },
    /// The sink took a sentence.
    Played {
        /// The turn.
        turn: TurnId,
        /// Why it did not, if so.
        result: Result<(), Fault>,
    },
    /// The sink ended the turn.
    SinkFinished {
        /// The turn.
        turn: TurnId,
        /// The file written, if one was asked for.
        result: Result<Option<PathBuf>, Fault>,
    },
    /// A room ended; `cause` tells of a panic.
    RoomClosed {
        /// Which.
        room: Room,
        /// What it died of.
        cause: Option<String>,
    },
    /// The user wants the program to end.
    Interrupted,
    /// Nobody takes reports any more.
    Unread,
}

/// What is to be done.
#[derive(Debug)]
pub enum Effect {
    /// Let the listen thread go on to the next utterance.
    Listen,
    /// Transcribe this.
    Transcribe(Utterance),
    /// Interpret this; `addressed` as in [`super::Interpret::interpret`].
    Interpret {
        /// The words.
        transcript: Transcript,
        /// Whether the wake phrase came just before.
        addressed: bool,
    },
    /// Ask the language model.
    Ask {
        /// The turn.
        turn: TurnId,
        /// The words.
        words: Words,
        /// Their language.
        language: Language,
    },
    /// Give this a voice.
    Speak(Sentence),
    /// Play or write this.
    Play(Speech),
    /// Complete the turn's sound.
    FinishSink(TurnId),
    /// Stop the running transcription.
    AbortReading,
    /// Stop the running answer.
    DropAnswer,
    /// Fall silent: nothing of this turn or an older one is to be heard any more.
    Hush(TurnId),
    /// The turn is over: report it.
    Report(Box<TurnReport>),
    /// All is done: end the session.
    Exit,
}

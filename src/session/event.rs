//! Events and effects: all that goes into the machine and all that comes out.
//!
//! Enters: nothing. Leaves: the two closed enums. Never here: behaviour.

use std::{ops::Range, path::PathBuf, sync::Arc};

use jiff::civil::Date;

use super::{
    Meaning, Surroundings,
    command::{Answer, Command},
    doing::Due,
    meaning::Listening,
};
use crate::{
    answer::AnswerEvent,
    flow::{Asks, Fault, Intent, Language, Provenance, Sentence, Speech, Transcript, Utterance},
    key::{KeyEvent, PttInput},
    play::Earcon,
    report::{Answerer, Notice, TurnReport},
    source::DeviceNews,
    units::{Dbfs, Probability, SampleIndex, TurnId, Words},
};

/// A thread or task that works for the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Room {
    /// Source and listen.
    Listen,
    /// Transcribe.
    Whisper,
    /// Skills.
    Skills,
    /// Speak.
    Speak,
    /// Play.
    Play,
    /// Key.
    Key,
    /// What turns other programs down.
    Duck,
}

impl Room {
    /// The thread's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listen => "listen",
            Self::Whisper => "whisper",
            Self::Skills => "skills",
            Self::Speak => "speak",
            Self::Play => "play",
            Self::Key => "key",
            Self::Duck => "duck",
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

/// Sound as the ear passes it on.
#[derive(Debug, Clone)]
pub struct Sound {
    /// The recording, or "microphone".
    pub source: Arc<str>,
    /// Where in it.
    pub span: Range<SampleIndex>,
    /// 16 kHz mono samples; as many as `span` is long.
    pub pcm: Arc<[f32]>,
    /// The share of it during which Mynah's own voice was heard.
    pub own: Probability,
}

/// Readings of the session, numbered from 1; a later one makes the earlier ones of its utterance void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct ReadingId(pub u64);

/// What happened.
#[derive(Debug)]
pub enum Event {
    /// Somebody began to speak.
    Began {
        /// The recording.
        source: Arc<str>,
        /// Where, pre-roll included.
        at: SampleIndex,
    },
    /// A first silence: what was said so far.
    Paused(Sound),
    /// Speech goes on after a pause.
    Resumed,
    /// Somebody goes on speaking without a pause: the latest of it.
    GoesOn(Sound),
    /// Somebody speaks while Mynah does: all of it so far. Comes often.
    Glimpse(Sound),
    /// The utterance ended.
    Ended {
        /// All of it.
        sound: Sound,
        /// Whether it is, sample for sample, what the last [`Event::Paused`] gave.
        as_paused: bool,
        /// Silence waited for after its last speech, ms.
        silence_ms: u64,
    },
    /// What had begun was no speech.
    Dropped,
    /// How loud it is now; ten times a second while a microphone gives sound.
    Level {
        /// Until where was heard.
        at: SampleIndex,
        /// Level of the last 100 ms.
        level: Dbfs,
        /// Whether the gate is open.
        speech: bool,
    },
    /// Something about the microphone.
    Microphone(DeviceNews),
    /// The hotkey moved, or how it stands with it.
    Key(KeyEvent),
    /// Push-to-talk began, or ended.
    Talk {
        /// Whether it began.
        open: bool,
        /// Whether it was opened to stay open: nothing that is held down tells the user so.
        stays: bool,
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
    /// The recogniser is done with a reading.
    Read {
        /// Which.
        reading: ReadingId,
        /// The words, or why there are none.
        result: Result<Transcript, Fault>,
    },
    /// The words of a reading were understood.
    Understood {
        /// Which.
        reading: ReadingId,
        /// What they mean.
        meaning: Meaning,
    },
    /// Skills did what was asked, or failed.
    Performed {
        /// The turn.
        turn: TurnId,
        /// What to say to what was done, in order, clean of marks.
        said: Vec<Words>,
        /// What the last of it asks the user for.
        asks: Option<Asks>,
        /// Whose facts it tells, where that is not this device alone, in order.
        facts: Vec<Provenance>,
        /// Why the next one was not done, if so; what would come behind it was not tried.
        fault: Option<Fault>,
    },
    /// The language model asked for something that needs the user's yes: the answer that is about to be complete ends with
    /// the question.
    NeedsYes {
        /// The turn.
        turn: TurnId,
        /// What is done at a yes.
        asks: Asks,
        /// What to say.
        question: Words,
    },
    /// A timer, an alarm or a reminder fell due.
    Due(Due),
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
    /// A key, another program or a signal asks for something.
    Asked {
        /// Names the request in [`Effect::Reply`].
        request: u64,
        /// What.
        command: Command,
    },
    /// What is around the session changed, or is told for the first time.
    Seen(Surroundings),
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

/// What the ear is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EarOrder {
    /// A recording is to be heard further: what was posted last is dealt with. A microphone waits for nobody.
    GoOn,
    /// The silence that ends the utterance now open, ms.
    Patience(u64),
    /// The utterance now open begins here.
    DropBefore(SampleIndex),
    /// Whether somebody is talking to Mynah, so that quieter voices behind do not count.
    Engage(bool),
    /// The key moved, or a program says so.
    Key(PttInput),
    /// Close the microphone, or open it again.
    Mute(bool),
}

/// How Mynah's own voice stands beside another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Stance {
    /// Nobody else speaks: in full.
    #[default]
    Forward,
    /// Somebody seems to speak: turned down.
    Back,
    /// Somebody seems to call or to say a stop word: silent, to go on where it was if it was nothing.
    Withheld,
}

/// What is to be done.
#[derive(Debug)]
pub enum Effect {
    /// Tell the ear.
    Ear(EarOrder),
    /// Transcribe this.
    Transcribe {
        /// The reading's number.
        reading: ReadingId,
        /// The sound.
        utterance: Utterance,
    },
    /// Work out what the words mean; changes nothing.
    Understand {
        /// The reading they come from.
        reading: ReadingId,
        /// The words.
        transcript: Transcript,
        /// How they are listened to.
        listening: Listening,
    },
    /// Do what is asked.
    Perform {
        /// The turn.
        turn: TurnId,
        /// What, one after the other.
        intents: Vec<Intent>,
        /// Where it was said.
        at: SampleIndex,
        /// The words without the wake phrase.
        words: Words,
        /// Their language.
        language: Language,
    },
    /// The reply asks the user for something; the next words may be it.
    Asking(Asks),
    /// What was due is known to the user: it is not told again.
    Heed,
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
    /// Who made the words that are about to be played or written.
    MadeBy {
        /// The turn.
        turn: TurnId,
        /// Who.
        by: Answerer,
    },
    /// The first-use line was told on this day.
    Told(Date),
    /// Complete the turn's sound.
    FinishSink(TurnId),
    /// A short sound that tells what happens.
    Chime(Earcon),
    /// How Mynah's own voice is to stand beside another.
    Duck(Stance),
    /// A talk with the user begins, or is over: the loudspeaker stands by, other programs are quieter.
    Attend(bool),
    /// Stop this reading and those before it.
    AbortReading(ReadingId),
    /// Stop the running answer.
    DropAnswer,
    /// Fall silent: nothing of this turn or an older one is to be heard any more.
    Hush(TurnId),
    /// The turn is over: report it.
    Report(Box<TurnReport>),
    /// Tell whoever watches.
    Tell(Notice),
    /// Answer a request.
    Reply {
        /// Which.
        request: u64,
        /// The answer.
        answer: Result<Answer, Fault>,
    },
    /// All is done: end the session.
    Exit,
}

//! Session: the star in the middle.
//!
//! Enters: [`Event`]s from every room, through one bounded mailbox. Leaves: [`Effect`]s to the rooms and a
//! [`crate::report::TurnReport`] a turn. [`machine`] decides and is pure; [`run()`] carries out. Runs on the main thread,
//! under tokio. Never here: sound processing, network, a decision outside the machine.

use std::{future::Future, pin::Pin};

use tokio::sync::mpsc;

use crate::{
    answer::AnswerEvent,
    flow::{Fault, Intent, Language, Transcript},
    units::{TurnId, Words},
};

mod apology;
pub mod clock;
mod command;
mod ear;
mod event;
pub mod machine;
mod rooms;
mod run;
mod state;
mod turn;

pub use command::{Answer, Command, Request};
pub use ear::{Ear, Recording};
pub use event::{Effect, Event, Room, Stamped};
pub use run::{Parts, run};

/// Turns words into what to do about them; implemented by the mode, which knows the rooms.
pub trait Interpret: Send {
    /// What `transcript` asks for. `addressed` tells that the wake phrase was heard just before.
    fn interpret(&mut self, transcript: &Transcript, addressed: bool) -> Interpretation;
}

/// What a transcript asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Interpretation {
    /// Answered on this device.
    Answer {
        /// What was understood.
        intent: Intent,
        /// What to say, clean of marks.
        reply: Words,
    },
    /// A question for a language model: the words without wake phrase.
    Ask(Words),
    /// Not meant for Mynah.
    NotAddressed,
    /// The wake phrase and nothing else: the command is still to come.
    WakePhraseAlone,
    /// A skill failed at it.
    Failed {
        /// What was understood, as far as it came.
        intent: Option<Intent>,
        /// What went wrong.
        fault: Fault,
    },
}

/// Asks a language model; implemented by the mode over the answer room.
pub trait Ask: Send + Sync {
    /// Answers `words`, sending what comes to `out`; the last event is [`AnswerEvent::Done`] or [`AnswerEvent::Failed`].
    fn ask<'a>(
        &'a self,
        turn: TurnId,
        words: Words,
        language: Language,
        out: mpsc::Sender<AnswerEvent>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;
}

//! Session: the star in the middle.
//!
//! Enters: [`Event`]s from every room, through one bounded mailbox. Leaves: [`Effect`]s to the rooms and a
//! [`crate::report::TurnReport`] a turn. [`machine`] decides and is pure; [`run()`] carries out. Runs on the main thread,
//! under tokio. Never here: sound processing, network, a decision outside the machine.

use std::{future::Future, pin::Pin, sync::Arc};

use tokio::sync::mpsc;

use crate::{
    answer::AnswerEvent,
    flow::{Intent, Language},
    report::ToolRun,
    units::{TurnId, Words},
};

mod apology;
pub mod clock;
mod command;
mod commit;
mod disclosing;
mod doing;
mod due;
mod ear;
mod errands;
mod event;
mod glimpse;
mod hearing;
mod hears;
mod live;
pub mod machine;
mod meaning;
mod recordings;
mod rooms;
mod run;
mod state;
mod threads;
mod turn;
mod utterance;

pub use command::{Answer, Command, Request};
pub use disclosing::{Disclosing, Surroundings};
pub use doing::{Due, Perform, Said};
pub use ear::{Ear, Recording};
pub use errands::{Done, Errand, Errands};
pub use event::{EarOrder, Effect, Event, ReadingId, Room, Sound, Stamped, Stance};
pub use meaning::{Interpret, Listening, Meaning, Need, Woken};
pub use run::{Ended, Parts, run};

/// Something that another program does.
pub type Elsewhere = Pin<Box<dyn Future<Output = Said> + Send>>;

/// Asks a language model, and has done what the user says yes to of what it called for elsewhere; implemented by the mode over
/// the answer room.
pub trait Ask: Send + Sync {
    /// Answers `words`, sending what comes to `out`; the last event is [`AnswerEvent::Done`] or [`AnswerEvent::Failed`].
    fn ask<'a>(
        &'a self,
        turn: TurnId,
        words: Words,
        language: Language,
        out: mpsc::Sender<AnswerEvent>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

    /// Has another program do what `intent` is, and tells in `language` how that went; `None` where it is the skills' to do.
    /// Dropped, it is given up: how it went is not known then.
    fn elsewhere(self: Arc<Self>, _intent: &Intent, _language: &Language) -> Option<Elsewhere> {
        None
    }

    /// What the model has called on this device for `turn`.
    fn ran(&self, _turn: TurnId) -> Vec<ToolRun> {
        Vec::new()
    }
}

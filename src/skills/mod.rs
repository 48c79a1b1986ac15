//! Skills: what this device does by itself.
//!
//! Enters: an [`Intent`] and a [`SkillContext`]. Leaves: a [`Reply`], short and fit to be spoken, in the user's
//! language. Runs on a thread of its own, so that a device may take its time. Never here: a clock (the caller gives
//! the time), a network but behind [`outside`], a claim of something that was not done. A question without an answer, such as a
//! division by zero, is answered by saying so.

mod about;
mod alarms;
mod asked;
mod brightness;
mod calendar;
mod changes;
mod clock;
mod compute;
mod context;
mod currencies;
mod day;
mod dialogue;
mod due_change;
mod fold;
mod history;
mod holidays;
mod home;
mod home_names;
mod kept;
mod list_change;
mod lists;
mod machine;
mod maths;
mod media;
mod memory;
mod moved;
mod next;
mod notes;
mod once;
mod open;
pub mod outside;
mod pace;
mod rates;
mod recurring;
mod registry;
mod reminders;
mod ringing;
mod rounding;
mod sky;
mod spans;
mod stop;
mod taught;
mod timers;
mod unable;
mod unit_table;
mod units;
mod volume;
mod weather;

pub use context::{Reply, SkillContext};
pub use kept::{Opener, Teller};
pub use outside::Outside;
pub use registry::{FellDue, Given, Skills};

use crate::{
    flow::{Fault, Intent, Remedy},
    store::StoreError,
};

/// One skill: the intents it takes, and its answers.
trait Skill: Send {
    /// Whether the intent named `name` is this skill's.
    fn handles(&self, name: &str) -> bool;

    /// Does what `intent` asks for and gives what to say, which claims no more than was done.
    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError>;
}

/// Why no skill answered. None is a fault of the user.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SkillError {
    /// No skill takes this intent.
    #[error("no skill takes the intent `{intent}`")]
    UnknownIntent {
        /// The intent's name.
        intent: String,
    },
    /// An intent came without a slot it needs, or with one of another type.
    #[error("the intent `{intent}` came without a usable slot `{slot}`")]
    MissingSlot {
        /// The intent's name.
        intent: String,
        /// The slot's name.
        slot: &'static str,
    },
    /// The skills have no words in this language.
    #[error("the skills do not speak `{language}`")]
    UnsupportedLanguage {
        /// The language's code.
        language: String,
    },
    /// Something could not be kept or read back; what was to be changed in one go stays as it was.
    #[error("{}", .0.message)]
    Unkept(Fault),
}

impl From<StoreError> for SkillError {
    fn from(error: StoreError) -> Self {
        Self::Unkept(Fault::from(&error))
    }
}

impl Remedy for SkillError {
    fn kind(&self) -> &'static str {
        match self {
            Self::UnknownIntent { .. } => "unknown_intent",
            Self::MissingSlot { .. } => "missing_slot",
            Self::UnsupportedLanguage { .. } => "unsupported_language",
            Self::Unkept(fault) => fault.kind,
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::UnknownIntent { .. } | Self::MissingSlot { .. } => {
                "Report this with the intent's name; config/intents and src/skills disagree.".to_owned()
            }
            Self::UnsupportedLanguage { .. } => "Ask in English or Mandarin.".to_owned(),
            Self::Unkept(fault) => fault.remedy.clone(),
        }
    }
}

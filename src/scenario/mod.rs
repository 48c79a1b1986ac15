//! Scenario: conversations written down with what is to come of them, played through the whole pipeline.
//!
//! Enters: folders of TOML files. Leaves: an [`Outcome`] for each scenario: passed, or what was expected against what was
//! found, with the line. A scenario has a home of its own, a clock that only it moves, and a language model that says what
//! stands in the file, served on this machine and asked through the real door. Never here: a second pipeline, the user's
//! settings, store or keys, an address outside of this machine.

mod crew;
mod files;
mod judge;
mod model;
mod outcome;
mod pattern;
mod play;
mod raw;
mod read;
mod script;
mod stage;

use std::path::PathBuf;

pub use crew::{Crew, Told};
pub use files::load;
pub(crate) use outcome::told;
pub use outcome::{Ending, Failure, Outcome, SCHEMA, junit, line};
pub use script::Scenario;

use crate::flow::Remedy;

/// Why there is nothing to play.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    /// A file or folder cannot be read.
    #[error("{}: {reason}", path.display())]
    Unreadable {
        /// It.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// No scenario lies there.
    #[error("{} holds no scenario", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// A file that is no scenario.
    #[error("{}:{line}: {reason}", path.display())]
    Bad {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
}

impl Remedy for ScenarioError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "scenario_unreadable",
            Self::Empty { .. } => "no_scenario",
            Self::Bad { .. } => "bad_scenario",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } => "check that it exists and that you may read it".into(),
            Self::Empty { .. } => {
                "name a folder with *.toml files, or write one: `mynah test --help` shows the form".into()
            }
            Self::Bad { .. } => "mend that line; tests/scenarios/example.toml shows every key".into(),
        }
    }
}

//! Policy: may these words go to this endpoint, from this region?
//!
//! Enters: the rules as text ([`Rules::parse`]) and a [`Question`]. Leaves: a [`Verdict`], either a [`Permit`] that
//! the door spends or a [`Refusal`] to be spoken and recorded. Any thread; pure: no I/O, no clock, no async. What is
//! not known is refused. Never here: a kind of data for sound, a permit made outside `permit.rs`, or a default that
//! allows.
#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use crate::flow::Remedy;

pub mod backend;
mod check;
pub mod decide;
pub mod disclosure;
pub mod endpoint;
pub mod host;
pub mod lint;
pub mod month;
mod own;
pub mod passage;
pub mod permit;
pub mod place;
pub mod question;
pub mod region;
pub mod relay;
pub mod resolve;
pub mod rules;
pub mod survey;

pub use backend::{Auth, Backend};
pub use decide::{OWN_MIRROR, decide, may_follow, not_served};
pub use disclosure::{Disclosure, Repeat, SoundMark};
pub use endpoint::{Endpoint, Mirror};
pub use month::Month;
pub use own::HOME;
pub use passage::{Destination, Passage, judge_passage};
pub use permit::{Distance, Permit};
pub use question::{Capability, DataClass, EndpointId, Question, Refusal, Verdict};
pub use region::Region;
pub use relay::{Relay, judge_relay};
pub use resolve::{Inputs, Resolution, resolve};
pub use rules::{Freshness, Rules, chat_order, mirror_order, order};

/// Why the rules, or a region's name, could not be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// The text is no rules file: bad TOML, an unknown key, a value of the wrong kind.
    #[error("the region rules cannot be read: {detail}")]
    Unreadable {
        /// Line, column, key and what was expected.
        detail: String,
    },
    /// The text reads, but what it says contradicts itself or is unsafe.
    #[error("the region rules are wrong at `{key}`: {detail}")]
    Wrong {
        /// The key, as a dotted path.
        key: String,
        /// What is wrong with it.
        detail: String,
    },
    /// The user's own file allows what the rules do not.
    #[error("the user's own rules loosen the region's, line {line}, `{key}`: {detail}")]
    Loosens {
        /// The line, from 1.
        line: usize,
        /// The key, as a dotted path.
        key: String,
        /// What it would allow.
        detail: String,
    },
    /// Neither a region's name nor a country that a region lists.
    #[error("`{asked}` is no region or listed country; known are {known}")]
    UnknownRegion {
        /// What was asked for.
        asked: String,
        /// All regions, each with its countries.
        known: String,
    },
}

impl Remedy for PolicyError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "rules_unreadable",
            Self::Wrong { .. } => "rules_wrong",
            Self::Loosens { .. } => "rules_loosened",
            Self::UnknownRegion { .. } => "unknown_region",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Unreadable { .. } | Self::Wrong { .. } => "correct that line of the rules".to_owned(),
            Self::Loosens { .. } => {
                "let that file only deny endpoints, leave some out, or add a server of your own; until then the \
                 region is OFFLINE"
                    .to_owned()
            }
            Self::UnknownRegion { .. } => {
                "name one of the known regions, or OFFLINE to let only this machine answer".to_owned()
            }
        }
    }
}

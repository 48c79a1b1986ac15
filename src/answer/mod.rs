//! Answer: asks a language model and cuts its answer into sentences as it comes.
//!
//! Enters: [`Request`], the user's words with history and situation. Leaves: [`AnswerEvent`]s through a bounded channel:
//! who answers and why the region allows it, [`crate::flow::Sentence`]s free of Markdown, links, emoji and code, and the
//! end. Runs on tokio; dropping the future stops the request. Never here: a socket, a clock, sound, or a question
//! carried to a second endpoint after the first refused it.

use crate::{egress::EgressError, flow::Remedy, policy::Refusal};

mod abbreviations;
pub mod ask;
mod claims;
pub mod completion;
pub mod dialect;
#[cfg(test)]
mod doubles;
mod glyphs;
pub mod history;
mod html;
mod latex;
mod markup;
pub mod plain;
pub mod prompt;
pub mod reader;
mod receive;
mod route;
pub mod sentences;
mod spacing;
mod speaking;
mod terminal;
mod think;
pub mod tool;
pub mod tool_calls;
mod toolbox;
mod wire;

pub use ask::{AnswerEvent, Asker, Options, Request};
pub use completion::{Completed, Completion};
pub use history::{Exchange, History, Limits};
pub use plain::Plain;
pub use prompt::Situation;
pub use reader::{Finish, Usage};
pub use route::ChatSetup;
pub use sentences::Sentences;
pub use tool::{Asked, Function, OnDevice, Outcome, Ran, Told};
pub use wire::{Payloads, Wire};

/// Why there is no answer, or only a part of one.
#[derive(Debug, thiserror::Error)]
pub enum AnswerError {
    /// Policy refused to let the words go.
    #[error("{0}")]
    Refused(Refusal),
    /// No endpoint of the region is set up.
    #[error("no language model of region {region} is set up")]
    NoEndpoint {
        /// The region.
        region: String,
        /// What would set one up.
        remedy: String,
    },
    /// The endpoint refused what was asked, or what it was about to say.
    #[error("{endpoint} refused the question or its own answer by its content rules")]
    ContentRefused {
        /// Who.
        endpoint: String,
    },
    /// The stream ended before the answer did.
    #[error("the answer of {endpoint} was cut off")]
    CutOff {
        /// Who.
        endpoint: String,
    },
    /// The answer went on past any length that was asked for.
    #[error("{endpoint} did not come to an end within {limit} bytes of words")]
    Endless {
        /// Who.
        endpoint: String,
        /// How much was read.
        limit: usize,
    },
    /// The endpoint answered without a word.
    #[error("{endpoint} answered without a word")]
    Empty {
        /// Who.
        endpoint: String,
    },
    /// What came is not the endpoint's dialect.
    #[error("the answer of {endpoint} cannot be read: {detail}")]
    Garbled {
        /// Who.
        endpoint: String,
        /// What is wrong, without what was said.
        detail: String,
    },
    /// The model asked for a tool where none was offered, or again and again.
    #[error("{endpoint} asked for a tool instead of answering")]
    ToolCall {
        /// Who.
        endpoint: String,
    },
    /// The endpoint reported an error inside its answer.
    #[error("{endpoint} reported the error `{code}`")]
    Provider {
        /// Who.
        endpoint: String,
        /// Its code.
        code: String,
    },
    /// The door could not get an answer.
    #[error(transparent)]
    Egress(#[from] EgressError),
}

impl Remedy for AnswerError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::NoEndpoint { .. } => "no_endpoint",
            Self::ContentRefused { .. } => "content_refused",
            Self::CutOff { .. } => "answer_cut_off",
            Self::Endless { .. } => "answer_endless",
            Self::Empty { .. } => "answer_empty",
            Self::Garbled { .. } => "answer_garbled",
            Self::ToolCall { .. } => "answer_tool_call",
            Self::Provider { .. } => "answer_failed",
            Self::Egress(error) => error.kind(),
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.remedy(),
            Self::NoEndpoint { remedy, .. } => remedy.clone(),
            Self::ContentRefused { .. } => {
                "ask in other words; the question is not carried to another endpoint".to_owned()
            }
            Self::CutOff { endpoint } => {
                format!("ask again; if it stays, look at the log of {endpoint}'s server")
            }
            Self::Endless { endpoint, .. } => format!(
                "ask again; if it stays, {endpoint} ignores the token limit it is sent (answer.longest_reply_tokens)"
            ),
            Self::Empty { endpoint } => {
                format!(
                    "ask again; a model that thinks at length needs a higher token limit or another model for {endpoint}"
                )
            }
            Self::Garbled { endpoint, .. } => {
                format!("check that {endpoint} is a server of the kind its rules name, and its URL")
            }
            Self::ToolCall { endpoint } => {
                format!("ask in other words, or choose another model for {endpoint}")
            }
            Self::Provider { endpoint, .. } => {
                format!("look the code up in the documentation of {endpoint}, and check model and account")
            }
            Self::Egress(error) => error.remedy(),
        }
    }
}

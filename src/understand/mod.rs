//! Understand: what was said, as an intent that this device can carry out.
//!
//! Enters: words and their language. Leaves: an [`Intent`](crate::flow::Intent) with typed slots, or `None`, and
//! then the words go on to a language model. Runs on the session's thread; one sentence takes well under a
//! millisecond. A sentence matches as a whole or not at all, so that "stop the timer" never stops the reply.
//! Never here: I/O, a clock, words in an error or a log.

mod arithmetic;
mod arithmetic_words;
mod by_ear;
mod completeness;
mod completeness_words;
mod days;
mod devices;
mod dialogue;
mod duration;
mod english;
mod festivals;
mod grammar;
mod hours_english;
mod index;
mod interpret;
mod judge;
mod mandarin;
mod matcher;
mod names;
mod numbers;
mod offers;
mod own_words;
mod phrases;
mod places;
mod shape;
mod spelling;
mod stop_words;
mod taught;
mod templates;
mod tokens;
mod wake;
mod when;
mod when_english;
mod when_mandarin;

pub use completeness::{Completeness, completeness};
pub use dialogue::Dialogue;
pub use interpret::Understanding;
pub use judge::{Evidence, Verdict, WakeJudge, WakeOptions};
pub use offers::{Called, Offer, Question};
pub use own_words::OwnWords;
pub use stop_words::StopWords;
pub use taught::{Concern, TaughtPhrase};
pub use templates::Templates;
pub use wake::{Found, WakePhrase};

use crate::flow::Remedy;

/// Why understanding could not be set up. Interpreting a sentence never fails.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnderstandError {
    /// A file of sentence templates cannot be used.
    #[error("config/intents/{language}.toml line {line}: {reason}")]
    BadTemplates {
        /// The file's language code.
        language: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// The user's file of phrases cannot be used.
    #[error("{path}, line {line}: {reason}")]
    BadPhrases {
        /// The file.
        path: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        reason: String,
    },
    /// A wake phrase cannot be listened for.
    #[error("wake phrase {phrase:?}: {reason}")]
    BadWakePhrase {
        /// The phrase as configured.
        phrase: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Remedy for UnderstandError {
    fn kind(&self) -> &'static str {
        match self {
            Self::BadTemplates { .. } => "bad_templates",
            Self::BadPhrases { .. } => "bad_phrases",
            Self::BadWakePhrase { .. } => "bad_wake_phrase",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::BadTemplates { language, line, .. } => {
                format!("Correct line {line} of config/intents/{language}.toml and build again.")
            }
            Self::BadPhrases { line, .. } => {
                format!(
                    "correct line {line}, and see with `mynah phrases check`; without the file Mynah works as before"
                )
            }
            Self::BadWakePhrase { .. } => {
                "Choose a wake phrase of two to six words, such as \"hey computer\" or 你好电脑.".to_owned()
            }
        }
    }
}

//! Disclosed: what a turn tells about who made its answer.
//!
//! Enters: nothing. Leaves: values, serialised as they stand. Never here: what a region asks for.

use serde::Serialize;

use crate::units::Words;

/// Who answers: a language model and who provides it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answerer {
    /// The endpoint's identifier.
    pub endpoint: String,
    /// Who provides it.
    pub provider: String,
    /// The model.
    pub model: String,
    /// Its public filing number, where it has one.
    pub filing: Option<String>,
}

/// What is told with an answer. All but `ai_generated` is null where a language model had no part in it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Disclosed {
    /// Whether a language model made the words of the reply.
    pub ai_generated: bool,
    /// The badge to show beside the reply, in the language of the turn.
    pub badge: Option<String>,
    /// The model, where the region wants it shown.
    pub model: Option<String>,
    /// Its public filing number, where the region wants it shown and it has one.
    pub filing: Option<String>,
    /// The line that was said before the answer, because it was due.
    pub notice: Option<Words>,
}

impl Disclosed {
    /// The badge on one line, with what the region wants beside it.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let parts = [self.badge.as_deref(), self.model.as_deref(), self.filing.as_deref()];
        self.ai_generated.then(|| parts.into_iter().flatten().collect::<Vec<_>>().join(" · "))
    }
}

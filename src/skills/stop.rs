//! Stop: the session has hushed the reply already; what rings is heeded.

use super::{Reply, Skill, SkillContext, SkillError, kept::Shared};
use crate::flow::Intent;

/// Answers `stop`.
pub(super) struct Stop(pub(super) Option<Shared>);

impl Skill for Stop {
    fn handles(&self, name: &str) -> bool {
        name == "stop"
    }

    fn answer(&mut self, _intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if let Some(kept) = &self.0 {
            kept.get().heed(context.now.timestamp())?;
        }
        Ok(Reply::in_language(context, "Okay.", "好的。"))
    }
}

//! Stop: the session has hushed the reply already; this only acknowledges it.

use super::{Reply, Skill, SkillContext, SkillError};
use crate::flow::Intent;

/// Answers `stop`.
pub(super) struct Stop;

impl Skill for Stop {
    fn handles(&self, name: &str) -> bool {
        name == "stop"
    }

    fn answer(&mut self, _intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        Ok(Reply::in_language(context, "Okay.", "好的。"))
    }
}

//! Stop: the session has hushed the reply already; what rings is heeded.

use super::{
    Reply, Skill, SkillContext, SkillError,
    kept::{Shared, Teller},
};
use crate::flow::Intent;

/// Answers `stop`.
pub(super) struct Stop(pub(super) Option<Shared>);

impl Skill for Stop {
    fn handles(&self, name: &str) -> bool {
        name == "stop"
    }

    fn answer(&mut self, _intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if let Some(kept) = &self.0 {
            let mut kept = kept.get();
            let heeded = kept.heed(context.now.timestamp());
            // What rings here is silent now, though the disk may not know of it.
            if !matches!(kept.teller, Teller::Here) {
                heeded?;
            }
        }
        Ok(Reply::in_language(context, "Okay.", "好的。"))
    }
}

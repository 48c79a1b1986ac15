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
        let reply = Reply::in_language(context, "Okay.", "好的。");
        let Some(kept) = &self.0 else { return Ok(reply) };
        let mut kept = kept.get();
        let rang = match kept.heed(context.now.timestamp()) {
            Ok(rang) => rang,
            // What rings here is silent now, though the disk may not know of it.
            Err(_) if matches!(kept.teller, Teller::Here) => true,
            Err(error) => return Err(error.into()),
        };
        Ok(if rang { reply.for_good() } else { reply })
    }
}

//! Dialogue: words about what was said last. Where nothing waits for an answer, it says so.

use super::{Reply, Skill, SkillContext, SkillError};
use crate::flow::Intent;

/// Answers `yes`, `no`, `repeat` and `undo`.
pub(super) struct Dialogue;

impl Skill for Dialogue {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "yes" | "no" | "repeat" | "undo")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let (english, mandarin) = match intent.name.as_str() {
            "yes" => ("There is nothing to confirm.", "没有需要确认的事。"),
            "no" => ("Okay.", "好的。"),
            "repeat" => ("There is nothing to repeat.", "没有可以重复的话。"),
            _ => ("There is nothing to undo.", "没有可以撤销的操作。"),
        };
        Ok(Reply::in_language(context, english, mandarin))
    }
}

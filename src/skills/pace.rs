//! Pace: slower, faster, as usual.

use super::{Reply, Skill, SkillContext, SkillError, asked};
use crate::flow::{Intent, Pace, SlotValue};

/// How much slower or faster at a time, in percent of the usual.
const STEP: u8 = 20;

/// Answers `voice.slower`, `voice.faster` and `voice.usual`. The reply is spoken at the new pace already.
pub(super) struct Speed(pub(super) Pace);

impl Skill for Speed {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "voice.slower" | "voice.faster" | "voice.usual")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let now = self.0.percent();
        // What takes a change back says how it was.
        let before = asked::text(intent, "percent").and_then(|percent| percent.parse().ok());
        let (percent, done, not) = match intent.name.as_str() {
            "voice.slower" => (
                now.saturating_sub(STEP),
                ("Okay, slower.", "好的，慢一点。"),
                ("I can't speak any slower.", "不能再慢了。"),
            ),
            "voice.faster" => (
                now.saturating_add(STEP),
                ("Okay, faster.", "好的，快一点。"),
                ("I can't speak any faster.", "不能再快了。"),
            ),
            _ => (
                100,
                ("Okay, as usual.", "好的，恢复正常语速。"),
                ("That's how I speak.", "我就是正常语速。"),
            ),
        };
        let (percent, (english, mandarin)) = match before {
            Some(before) => (before, ("Okay, as before.", "好的，恢复刚才的语速。")),
            None => (percent, done),
        };
        if !self.0.set(percent) {
            return Ok(Reply::in_language(context, not.0, not.1));
        }
        let reply = Reply::in_language(context, english, mandarin);
        Ok(reply.taken_back_by("voice.usual", vec![("percent", SlotValue::Text(now.to_string()))]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flow::Language, skills::context::tests::at};

    #[test]
    fn the_pace_changes_in_steps_and_has_ends() {
        let pace = Pace::default();
        let mut skill = Speed(pace.clone());
        let mut ask = |name: &str| {
            let intent = Intent { name: name.into(), slots: Vec::new() };
            skill.answer(&intent, &at("2026-11-23T15:42[UTC]", &Language::ENGLISH)).unwrap().text
        };
        assert_eq!(ask("voice.usual"), "That's how I speak.");
        assert_eq!([ask("voice.slower"), ask("voice.slower")], ["Okay, slower.", "Okay, slower."]);
        assert_eq!((ask("voice.slower").as_str(), pace.percent()), ("I can't speak any slower.", 60));
        for _ in 0..6 {
            ask("voice.faster");
        }
        assert_eq!((ask("voice.faster").as_str(), pace.percent()), ("I can't speak any faster.", 180));
        assert_eq!((ask("voice.usual").as_str(), pace.percent()), ("Okay, as usual.", 100));
    }
}

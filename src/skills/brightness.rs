//! Brightness: how bright this machine's screen is.

use super::{
    Reply, Skill, SkillContext, SkillError, asked,
    unable::unable,
    volume::{step, whole},
};
use crate::{
    desktop::Brightness,
    flow::{Intent, SlotValue},
};

/// Answers `brightness.*`.
pub(super) struct Screen(pub(super) Box<dyn Brightness>);

impl Skill for Screen {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "brightness.tell" | "brightness.set" | "brightness.up" | "brightness.down")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let screen = self.0.as_mut();
        let asked = match intent.name.as_str() {
            "brightness.set" => asked::percent(intent).ok_or_else(|| asked::missing(intent, "percent"))?,
            _ => 0.0,
        };
        let Some(asked) = whole(asked) else { return Ok(range(context)) };
        let done = screen.percent().and_then(|before| {
            let wanted = match intent.name.as_str() {
                "brightness.set" => asked,
                "brightness.up" => (before + step(intent)).min(100),
                "brightness.down" => before.saturating_sub(step(intent)),
                _ => return Ok((before, before)),
            };
            Ok((before, screen.set(wanted)?))
        });
        Ok(match done {
            Err(error) => unable(&error, context),
            Ok((before, now)) if now != before => {
                let before = SlotValue::Number(f64::from(before));
                told(now, context).taken_back_by("brightness.set", vec![("percent", before)])
            }
            Ok((_, now)) => told(now, context),
        })
    }
}

fn range(context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        "The brightness goes from 1 to 100 percent.",
        "亮度只能设在百分之1到百分之100之间。",
    )
}

fn told(percent: u32, context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        format!("The brightness is {percent} percent."),
        format!("亮度是百分之{percent}。"),
    )
}

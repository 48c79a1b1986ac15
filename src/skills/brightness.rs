//! Brightness: how bright this machine's screen is.

use super::{
    Reply, Skill, SkillContext, SkillError, asked,
    unable::unable,
    volume::{step, whole},
};
use crate::{
    desktop::{Brightness, DesktopError},
    flow::{Intent, SlotValue},
};

/// Answers `brightness.*`.
pub(super) struct Screen(pub(super) Box<dyn Brightness>);

impl Skill for Screen {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("brightness.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let screen = self.0.as_mut();
        let before = screen.percent().ok();
        let done = match intent.name.as_str() {
            "brightness.tell" => screen.percent(),
            "brightness.set" => {
                let asked = asked::percent(intent).ok_or_else(|| asked::missing(intent, "percent"))?;
                match whole(asked) {
                    Some(percent) => screen.set(percent),
                    None => return Ok(range(context)),
                }
            }
            "brightness.up" => by(screen, |percent| percent + step(intent)),
            "brightness.down" => by(screen, |percent| percent.saturating_sub(step(intent))),
            _ => return Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        };
        Ok(match (done, before) {
            (Err(error), _) => unable(&error, context),
            (Ok(now), Some(before)) if now != before => {
                let before = SlotValue::Number(f64::from(before));
                told(now, context).taken_back_by("brightness.set", vec![("percent", before)])
            }
            (Ok(now), _) => told(now, context),
        })
    }
}

fn by(screen: &mut dyn Brightness, change: impl FnOnce(u32) -> u32) -> Result<u32, DesktopError> {
    let percent = screen.percent()?;
    screen.set(change(percent).min(100))
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

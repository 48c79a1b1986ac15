//! Volume: how loud this machine's default output is.

use super::{Reply, Skill, SkillContext, SkillError, asked, unable::unable};
use crate::{
    desktop::{DesktopError, Level, Loudness},
    flow::{Intent, SlotValue},
};

/// How far "louder", "a bit louder" and "much louder" go.
const STEP: u32 = 10;
const LITTLE: u32 = 5;
const LOT: u32 = 25;

/// Answers `volume.*`.
pub(super) struct Volume(pub(super) Box<dyn Loudness>);

impl Skill for Volume {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("volume.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let output = self.0.as_mut();
        // Where it cannot be told how it was, nothing can be taken back, and what is asked for says why.
        let before = output.level().ok().filter(|_| intent.name != "volume.tell");
        let done = match intent.name.as_str() {
            "volume.tell" => output.level().map(|level| told(level, context)),
            "volume.set" => {
                let asked = asked::percent(intent).ok_or_else(|| asked::missing(intent, "percent"))?;
                match whole(asked) {
                    Some(percent) => set(output, percent).map(|level| told(level, context)),
                    None => Ok(range(context)),
                }
            }
            "volume.up" => up(output, step(intent), context),
            "volume.down" => down(output, step(intent), context),
            "volume.mute" => output.mute(true).map(|level| mute_told(level, context)),
            "volume.unmute" => output.mute(false).map(|level| told(level, context)),
            _ => return Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        };
        let done = done.map(|reply| match before {
            Some(before) => can_be_taken_back(reply, before, output.level().ok()),
            None => reply,
        });
        Ok(done.unwrap_or_else(|error| unable(&error, context)))
    }
}

/// `reply` with what brings the level back to `before`, where it is now another.
fn can_be_taken_back(reply: Reply, before: Level, now: Option<Level>) -> Reply {
    match now {
        Some(now) if now.muted != before.muted => {
            reply.taken_back_by(if before.muted { "volume.mute" } else { "volume.unmute" }, Vec::new())
        }
        Some(now) if now.percent != before.percent => {
            let percent = SlotValue::Number(f64::from(before.percent));
            reply.taken_back_by("volume.set", vec![("percent", percent)])
        }
        Some(_) | None => reply,
    }
}

/// `number` as a whole percent from 0 to 100.
pub(super) fn whole(number: f64) -> Option<u32> {
    (0..=100_u32).find(|percent| (f64::from(*percent) - number).abs() <= 0.5)
}

/// How far to go: as said, or by how much it sounds.
pub(super) fn step(intent: &Intent) -> u32 {
    if let Some(percent) = asked::percent(intent).and_then(whole) {
        return percent;
    }
    match asked::text(intent, "state") {
        Some("little") => LITTLE,
        Some("lot") => LOT,
        _ => STEP,
    }
}

/// Sets the loudness and has it heard.
fn set(output: &mut dyn Loudness, percent: u32) -> Result<Level, DesktopError> {
    let level = output.set(percent)?;
    if level.muted && percent > 0 { output.mute(false) } else { Ok(level) }
}

fn up(output: &mut dyn Loudness, step: u32, context: &SkillContext) -> Result<Reply, DesktopError> {
    let before = output.level()?;
    if before.percent >= 100 && !before.muted {
        let percent = before.percent;
        return Ok(Reply::in_language(
            context,
            format!("The volume is at {percent} percent already; I don't go further."),
            format!("音量已经是百分之{percent}了，不能再大了。"),
        ));
    }
    let level = if before.percent >= 100 {
        output.mute(false)?
    } else {
        set(output, (before.percent + step).min(100))?
    };
    Ok(told(level, context))
}

fn down(output: &mut dyn Loudness, step: u32, context: &SkillContext) -> Result<Reply, DesktopError> {
    let before = output.level()?;
    if before.percent == 0 {
        return Ok(Reply::in_language(context, "The volume is at zero already.", "音量已经是零了。"));
    }
    output.set(before.percent.saturating_sub(step)).map(|level| told(level, context))
}

fn range(context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        "The volume goes from 0 to 100 percent.",
        "音量只能设在百分之0到百分之100之间。",
    )
}

fn told(level: Level, context: &SkillContext) -> Reply {
    let percent = level.percent;
    if level.muted {
        return Reply::in_language(
            context,
            format!("The volume is {percent} percent, but the sound is muted."),
            format!("音量是百分之{percent}，但现在是静音。"),
        );
    }
    Reply::in_language(
        context,
        format!("The volume is {percent} percent."),
        format!("音量是百分之{percent}。"),
    )
}

fn mute_told(level: Level, context: &SkillContext) -> Reply {
    if level.muted {
        return Reply::in_language(context, "The sound is muted.", "已经静音了。");
    }
    Reply::in_language(context, "The sound could not be muted.", "没能静音。")
}

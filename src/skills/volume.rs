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

/// The slot that says whether the level that is brought back was muted.
const MUTED: &str = "muted";

/// Answers `volume.*`.
pub(super) struct Volume(pub(super) Box<dyn Loudness>);

impl Skill for Volume {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("volume.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let output = self.0.as_mut();
        let percent = match intent.name.as_str() {
            "volume.set" => asked::percent(intent).ok_or_else(|| asked::missing(intent, "percent"))?,
            _ => 0.0,
        };
        let Some(percent) = whole(percent) else { return Ok(range(context)) };
        let before = match output.level() {
            Ok(before) => before,
            Err(error) => return Ok(unable(&error, context)),
        };
        let done = match intent.name.as_str() {
            "volume.tell" => Ok(before),
            "volume.set" => set(output, percent, asked::text(intent, MUTED)),
            "volume.up" if before.percent >= 100 && !before.muted => {
                return Ok(loudest(before.percent, context));
            }
            "volume.up" if before.percent >= 100 => output.mute(false),
            "volume.up" => set(output, (before.percent + step(intent)).min(100), None),
            "volume.down" if before.percent == 0 => {
                return Ok(Reply::in_language(context, "The volume is at zero already.", "音量已经是零了。"));
            }
            "volume.down" => output.set(before.percent.saturating_sub(step(intent))),
            "volume.mute" => output.mute(true),
            "volume.unmute" => output.mute(false),
            _ => return Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        };
        let now = match done {
            Ok(now) => now,
            Err(error) => return Ok(unable(&error, context)),
        };
        let reply = if intent.name == "volume.mute" { mute_told(now, context) } else { told(now, context) };
        Ok(if now == before { reply } else { reply.taken_back_by("volume.set", slots(before)) })
    }
}

/// The slots that bring `level` back, as far as Mynah sets it.
fn slots(level: Level) -> Vec<(&'static str, SlotValue)> {
    let muted = if level.muted { "yes" } else { "no" };
    vec![
        ("percent", SlotValue::Number(f64::from(level.percent.min(100)))),
        (MUTED, SlotValue::Text(muted.to_owned())),
    ]
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

/// Sets the loudness and mutes it or not as `muted` says; where it says nothing, has it heard.
fn set(output: &mut dyn Loudness, percent: u32, muted: Option<&str>) -> Result<Level, DesktopError> {
    let level = output.set(percent)?;
    let muted = muted.map_or(level.muted && percent == 0, |muted| muted == "yes");
    if level.muted == muted { Ok(level) } else { output.mute(muted) }
}

fn loudest(percent: u32, context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        format!("The volume is at {percent} percent already; I don't go further."),
        format!("音量已经是百分之{percent}了，不能再大了。"),
    )
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

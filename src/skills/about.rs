//! About: who Mynah is and what it can do, without promising more.

use super::{Reply, Skill, SkillContext, SkillError};
use crate::flow::Intent;

/// Answers `about.name` and `about.skills`.
pub(super) struct About;

impl Skill for About {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "about.name" | "about.skills")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if intent.name == "about.name" {
            return Ok(Reply::in_language(
                context,
                "I'm Mynah, a voice assistant on this machine. Your voice stays on it.",
                "我是Mynah，这台设备上的语音助手。你的声音不会离开这台设备。",
            ));
        }
        let (english, mandarin) = match &context.region {
            Some(region) => {
                (format!(" Your region is set to {region}."), format!("你的地区设置为{region}。"))
            }
            None => (String::new(), String::new()),
        };
        Ok(Reply::in_language(
            context,
            format!(
                "By myself I can tell the time and the date here and elsewhere, do sums, convert units, keep timers, alarms, \
                 reminders, lists and notes, remember what you tell me, set volume and brightness, control your music, open \
                 applications and files, and tell how this machine is doing. \
                 Other questions go to a language model, if your region allows one and it is set up.{english}"
            ),
            format!(
                "我自己能报时间和日期、做算术、换算单位、管理计时器、闹钟、提醒、清单和笔记，记住你让我记的事，调节音量和亮度、控制音乐、打开应用和文件，也能说说这台设备的状态。\
                 其他问题会交给语言模型，前提是你的地区允许而且已经设置好。{mandarin}"
            ),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flow::Language, skills::context::tests::at};

    #[test]
    fn the_region_is_named_when_there_is_one() {
        let intent = Intent { name: "about.skills".into(), slots: Vec::new() };
        let mut context = at("2026-11-22T15:42[UTC]", &Language::ENGLISH);
        assert!(!About.answer(&intent, &context).unwrap().text.contains("set to"));
        context.region = Some("the European Union".into());
        let text = About.answer(&intent, &context).unwrap().text;
        assert!(text.ends_with("Your region is set to the European Union."), "{text}");
    }
}

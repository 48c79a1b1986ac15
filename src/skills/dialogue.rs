//! Dialogue: what is said about the talk itself: a yes or a no to no question, once more, take it back.

use super::{Reply, Skill, SkillContext, SkillError, alarms, changes::Step, reminders, timers};
use crate::{
    flow::Intent,
    store::{Entry, Kind},
};

/// Answers `yes`, `no` and `repeat`. The session says again what it said, and fills in what was asked back; what comes here
/// has nothing before it.
pub(super) struct Dialogue;

impl Skill for Dialogue {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "yes" | "no" | "repeat")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let (english, mandarin) = match intent.name.as_str() {
            "yes" => ("I didn't ask anything.", "我没有问什么。"),
            "no" => ("Okay.", "好的。"),
            _ => ("I haven't said anything yet.", "我还没有说过什么。"),
        };
        Ok(Reply::in_language(context, english, mandarin))
    }
}

/// What is said when `steps` were taken back.
pub(super) fn taken_back(steps: &[Step], context: &SkillContext) -> Reply {
    match steps {
        [] => Reply::in_language(context, "That is over already.", "那个已经结束了。"),
        [Step::Added(entry)] => {
            let name = named(entry, context);
            Reply::in_language(context, format!("Okay, {name} is gone."), format!("好的，{name}撤销了。"))
        }
        [Step::Removed(entry)] => {
            let name = named(entry, context);
            Reply::in_language(context, format!("Okay, {name} is back."), format!("好的，{name}恢复了。"))
        }
        // With what stood in for one time of it.
        [Step::Changed { old, .. }] | [Step::Changed { old, .. }, Step::Added(_)] => {
            let name = named(old, context);
            Reply::in_language(
                context,
                format!("Okay, {name} is as it was."),
                format!("好的，{name}和原来一样了。"),
            )
        }
        several => {
            let count = several.len();
            Reply::in_language(
                context,
                format!("Okay, all {count} are as they were."),
                format!("好的，{count}个都恢复了。"),
            )
        }
    }
}

/// "the pasta timer", "the alarm tomorrow at noon".
fn named(entry: &Entry, context: &SkillContext) -> String {
    match (entry.kind, context.in_mandarin()) {
        (Kind::Timer, false) => format!("the {}", timers::name(entry, context)),
        (Kind::Timer, true) => timers::name(entry, context),
        (Kind::Alarm, false) => format!("the alarm {}", alarms::line(entry, context)),
        (Kind::Alarm, true) => format!("{}的闹钟", alarms::line(entry, context)),
        (Kind::Reminder, false) => format!("the reminder {}", reminders::line(entry, context)),
        (Kind::Reminder, true) => format!("提醒{}", reminders::line(entry, context)),
    }
}

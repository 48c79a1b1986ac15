//! Asked: what an intent's slots hold, and how several things are listed.
//!
//! Enters: intents. Leaves: values of the type asked for; none where the slot is missing or of another type. Never here: a
//! guess at what was not said.

use super::{SkillContext, SkillError};
use crate::flow::{Intent, SlotValue, When};

/// The words in `slot`.
pub(super) fn text<'i>(intent: &'i Intent, slot: &str) -> Option<&'i str> {
    match intent.slot(slot) {
        Some(SlotValue::Text(text)) => Some(text.trim()).filter(|text| !text.is_empty()),
        _ => None,
    }
}

/// The slot `percent`: a number that was said, or one that the template knows ("full volume").
pub(super) fn percent(intent: &Intent) -> Option<f64> {
    match intent.slot("percent") {
        Some(SlotValue::Number(number)) => Some(*number),
        Some(SlotValue::Text(text)) => text.parse().ok(),
        _ => None,
    }
}

/// Whether all there are is meant.
pub(super) fn all(intent: &Intent) -> bool {
    text(intent, "all").is_some()
}

/// The slot `seconds`, as ms; none where it is not even a ms.
pub(super) fn ms(intent: &Intent) -> Option<i64> {
    ms_in(intent, "seconds")
}

/// The same of the slot `to`, where the intent makes something another length.
pub(super) fn ms_to(intent: &Intent) -> Option<i64> {
    ms_in(intent, "to")
}

fn ms_in(intent: &Intent, slot: &str) -> Option<i64> {
    let Some(SlotValue::Number(seconds)) = intent.slot(slot) else { return None };
    let length = std::time::Duration::try_from_secs_f64(*seconds).ok()?;
    i64::try_from(length.as_millis()).ok().filter(|ms| *ms > 0)
}

/// The slot `when`.
pub(super) fn when(intent: &Intent) -> Option<&When> {
    when_in(intent, "when")
}

/// The slot `to`, where the intent moves something.
pub(super) fn when_to(intent: &Intent) -> Option<&When> {
    when_in(intent, "to")
}

fn when_in<'i>(intent: &'i Intent, slot: &str) -> Option<&'i When> {
    match intent.slot(slot) {
        Some(SlotValue::When(when)) => Some(when),
        _ => None,
    }
}

/// The error of an intent without its slot.
pub(super) fn missing(intent: &Intent, slot: &'static str) -> SkillError {
    SkillError::MissingSlot { intent: intent.name.clone(), slot }
}

/// What stands before the last of several.
pub(super) const AND: [&str; 2] = [" and ", "和"];
pub(super) const OR: [&str; 2] = [" or ", "还是"];

/// "a, b and c", a、b和c.
pub(super) fn list(things: &[String], context: &SkillContext) -> String {
    joined(things, AND, context)
}

/// The same with `joint` before the last.
pub(super) fn joined(things: &[String], [joint, joint_zh]: [&str; 2], context: &SkillContext) -> String {
    let (comma, joint) = if context.in_mandarin() { ("、", joint_zh) } else { (", ", joint) };
    match things.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{}{joint}{last}", rest.join(comma)),
        None => String::new(),
    }
}

/// Sentences of their own, one after the other.
pub(super) fn in_a_row(lines: &[String], context: &SkillContext) -> String {
    lines.join(if context.in_mandarin() { "；" } else { "; " })
}

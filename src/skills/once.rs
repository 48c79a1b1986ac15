//! Once: one time of what comes again is left out, or comes at another time; the others stay.
//!
//! Enters: an alarm or a reminder, and the day that was said. Leaves: how it goes on without that day, what stands in its
//! place, and what is said of both. Never here: a change to what comes on another day.

use jiff::{ToSpan, Zoned, civil::Date};

use super::{
    Reply, SkillContext, SkillError,
    asked::{self, text},
    clock,
    day::resolve,
    holidays::Workdays,
    kept::Kept,
    moved::falls,
    next::{Days, again, first, instant, occurrence},
    spans::{day, moment},
};
use crate::{
    flow::{Intent, Repeat, When},
    store::{Entry, Kind, Moment, Stand},
};

/// One time of what comes again.
pub(super) struct Once {
    /// When it is.
    pub(super) at: Zoned,
    /// What comes again, without it.
    pub(super) without: Entry,
    /// When that comes next after it.
    resumes: Option<Zoned>,
}

/// The day that `when` means by itself, and not as one of those that come again.
pub(super) fn day_of(when: Option<&When>, context: &SkillContext) -> Option<Date> {
    let day = when.filter(|when| when.repeat.is_none())?.day.as_deref()?;
    Some(resolve(day, context.now.date())?.date)
}

/// Whether `entry` comes again and does so on `date` too.
pub(super) fn comes_on(entry: &Entry, date: Date, workdays: &Workdays, context: &SkillContext) -> bool {
    match (&entry.repeat, entry.stand) {
        (Some(repeat), Stand::Waiting(Moment::Civil(next))) => {
            let found = occurrence(repeat, next.time(), date, &context.now, (workdays, &entry.skips));
            date >= next.date() && found.is_some_and(|found| found.date() == date)
        }
        _ => false,
    }
}

/// The time of `entry` on `date`, or its next; `None` where it does not come again, or not then.
pub(super) fn once(
    entry: &Entry,
    date: Option<Date>,
    workdays: &Workdays,
    context: &SkillContext,
) -> Option<Once> {
    let (now, zone) = (&context.now, context.now.time_zone());
    let next = falls(entry, zone)?;
    let zoned = |moment: Moment| Some(instant(moment, zone)?.to_zoned(zone.clone()));
    match (entry.repeat.as_ref()?, entry.stand) {
        (repeat @ Repeat::Every(_), Stand::Waiting(last)) => {
            // It may come more than once on a day.
            let over = match date {
                None => next.clone(),
                Some(date) if date == next.date() => next.tomorrow().ok()?.start_of_day().ok()?,
                Some(_) => return None,
            };
            let after = again(repeat, last, &over, (workdays, &[]))?;
            let without = Entry { stand: Stand::Waiting(after), ..entry.clone() };
            Some(Once { at: next, without, resumes: zoned(after) })
        }
        (repeat, Stand::Waiting(Moment::Civil(civil))) => {
            let date = date.unwrap_or(civil.date());
            if date != civil.date() && !comes_on(entry, date, workdays, context) {
                return None;
            }
            let at = first(date.to_datetime(civil.time()), zone)?.to_zoned(zone.clone());
            let to_come = entry.skips.iter().filter(|skipped| **skipped >= now.date());
            let mut skips: Vec<Date> = to_come.copied().chain([date]).collect();
            skips.sort_unstable();
            let days: Days<'_> = (workdays, &skips);
            let after = occurrence(repeat, civil.time(), date.tomorrow().ok()?, now, days).map(Moment::Civil);
            let next = if date == civil.date() { after? } else { Moment::Civil(civil) };
            let resumes = after.and_then(zoned);
            Some(Once { at, without: Entry { skips, stand: Stand::Waiting(next), ..entry.clone() }, resumes })
        }
        _ => None,
    }
}

impl Once {
    /// What comes instead, by itself: at first when it would have come.
    pub(super) fn alone(&self, old: &Entry, context: &SkillContext) -> Entry {
        Entry {
            id: 0,
            created: context.now.timestamp(),
            repeat: None,
            skips: Vec::new(),
            stand: Stand::Waiting(Moment::Civil(self.at.datetime())),
            ..old.clone()
        }
    }

    /// How it goes on: "from Thursday again at 7 o'clock in the morning".
    pub(super) fn goes_on(&self, context: &SkillContext) -> (String, String) {
        let Some(at) = &self.resumes else { return (String::new(), String::new()) };
        if matches!(self.without.repeat, Some(Repeat::Every(_))) {
            let at = moment(at, context);
            return (format!("; next {at}"), format!("；下一次是{at}"));
        }
        let (day, time) = (day(at.date(), context), clock::time(at, context));
        (format!("; from {day} again at {time}"), format!("；从{day}起还是{time}"))
    }

    /// What is said of `old` once this is left out.
    fn told(&self, old: &Entry, context: &SkillContext) -> Reply {
        let when = if matches!(old.repeat, Some(Repeat::Every(_))) {
            moment(&self.at, context)
        } else {
            on(self.at.date(), context)
        };
        let (goes_on, goes_on_zh) = self.goes_on(context);
        let words = old.words.as_deref().unwrap_or_default();
        let (english, mandarin) = match (old.kind, words) {
            (Kind::Reminder, "") => (format!("No reminder {when}"), format!("{when}不提醒")),
            (Kind::Reminder, words) => {
                (format!("No reminder {when}: {words}"), format!("{when}不提醒：{words}"))
            }
            (_, "") => (format!("No alarm {when}"), format!("{when}没有闹钟")),
            (_, label) => (format!("No {label} alarm {when}"), format!("{when}没有{label}闹钟")),
        };
        Reply::in_language(context, format!("{english}{goes_on}."), format!("{mandarin}{goes_on_zh}。"))
    }
}

/// "tomorrow", "on Thursday", 星期四.
pub(super) fn on(date: Date, context: &SkillContext) -> String {
    let day = day(date, context);
    let near = context.now.date().checked_add(1.day()).is_ok_and(|tomorrow| date <= tomorrow);
    if near || context.in_mandarin() { day } else { format!("on {day}") }
}

/// The times that are left out of `entry` after `next`: ", but not on Wednesday".
pub(super) fn excepted(entry: &Entry, next: Date, context: &SkillContext) -> String {
    let days = entry.skips.iter().filter(|date| **date > next).map(|date| on(*date, context));
    let days: Vec<String> = days.collect();
    match (days.is_empty(), context.in_mandarin()) {
        (true, _) => String::new(),
        (false, true) => format!("，{}除外", asked::list(&days, context)),
        (false, false) => format!(", but not {}", asked::joined(&days, asked::OR, context)),
    }
}

/// Leaves out the one time of `entry` that `intent` cancels, and says so; nothing where `intent` is about all of them.
pub(super) fn leave_out(
    kept: &mut Kept,
    entry: &Entry,
    intent: &Intent,
    context: &SkillContext,
) -> Result<Option<Reply>, SkillError> {
    let date = day_of(asked::when(intent), context);
    if date.is_none() && text(intent, "state").is_none() {
        return Ok(None);
    }
    let Some(once) = once(entry, date, &kept.workdays, context) else { return Ok(None) };
    kept.change(entry, &once.without)?;
    Ok(Some(once.told(entry, context)))
}

/// Leaves out one time of each of `found` that comes again, and forgets the others; `false` where none comes again.
pub(super) fn leave_all_out(
    kept: &mut Kept,
    found: &[Entry],
    intent: &Intent,
    context: &SkillContext,
) -> Result<bool, SkillError> {
    let mut left_out = false;
    for entry in found {
        if leave_out(kept, entry, intent, context)?.is_some() {
            left_out = true;
        } else {
            kept.forget(std::slice::from_ref(entry))?;
        }
    }
    Ok(left_out)
}

/// Of `found`, those that `intent` may mean: the soonest where it says "the next".
pub(super) fn the_next(mut found: Vec<Entry>, intent: &Intent, context: &SkillContext) -> Vec<Entry> {
    if text(intent, "state") == Some("next") {
        let at = |entry: &Entry| falls(entry, context.now.time_zone()).map(|at| at.timestamp());
        found.retain(|entry| matches!(entry.stand, Stand::Waiting(_)));
        found.sort_by_key(at);
        found.truncate(1);
    }
    found
}

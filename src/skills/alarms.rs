//! Alarms: once or again and again, at the time that the clocks show where the machine is.

use jiff::Zoned;

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, in_a_row, list, text},
    clock,
    day::resolve,
    due_change::{Found, change, put_off},
    holidays::Workdays,
    kept::{Kept, Shared},
    moved::falls,
    next::{Unset, next},
    once::{comes_on, excepted, leave_all_out, leave_out, the_next},
    spans::{ago as ago_in_words, moment, often},
};
use crate::{
    flow::{Intent, Repeat, TimeOfDay, Wanted, When},
    store::{Entry, Kind, Moment, Stand},
};

/// How long a snooze is where nobody says.
const SNOOZE_MS: i64 = 9 * 60_000;

/// The longest snooze.
const LONGEST_SNOOZE_MS: i64 = 24 * 3_600_000;

/// Answers `alarm.*`.
pub(super) struct Alarms(pub(super) Shared);

impl Skill for Alarms {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("alarm.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let kept = &mut *self.0.get();
        match intent.name.as_str() {
            "alarm.set" => set(kept, intent, context),
            "alarm.list" => tell(kept, context),
            "alarm.cancel" => cancel(kept, intent, context),
            "alarm.change" => change(kept, Kind::Alarm, intent, context, (fits, find, which)),
            "alarm.snooze" => snooze(kept, intent, context),
            _ => Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        }
    }
}

fn set(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let Some(when) = asked::when(intent) else {
        let question = Reply::in_language(context, "For when?", "设在什么时候？");
        return Ok(question.asking(intent, "when", Wanted::When));
    };
    let next = match next(when, &context.now, &kept.workdays) {
        Ok(next) => next,
        Err(why) => return Ok(unset(&why, intent, context)),
    };
    let entry = Entry {
        id: 0,
        kind: Kind::Alarm,
        words: text(intent, "label").map(str::to_owned),
        sealed: None,
        language: context.language.clone(),
        created: context.now.timestamp(),
        length_ms: None,
        repeat: when.repeat.clone(),
        skips: Vec::new(),
        stand: Stand::Waiting(next.moment),
    };
    let alike = |other: &&Entry| {
        (&other.repeat, &other.words, &other.sealed) == (&entry.repeat, &entry.words, &entry.sealed)
    };
    let at = at(&entry, &next.at, context);
    let alarms = kept.of(Kind::Alarm)?;
    let known = alarms.iter().filter(alike).find(|other| other.stand == entry.stand || rests(other, &entry));
    if let Some(known) = known.filter(|known| !known.skips.is_empty()) {
        kept.change(known, &Entry { skips: Vec::new(), stand: entry.stand, ..known.clone() })?;
    } else if known.is_some() {
        return Ok(Reply::in_language(
            context,
            format!("That alarm is set already, for {at}."),
            format!("这个闹钟已经设好了，{at}。"),
        ));
    }
    let done = match &entry.words {
        Some(label) => (format!("{label} alarm set for {at}."), format!("{label}闹钟设好了，{at}。")),
        None => (format!("Alarm set for {at}."), format!("闹钟设好了，{at}。")),
    };
    if known.is_some() {
        return Ok(Reply::in_language(context, done.0, done.1));
    }
    let (english, mandarin) = workdays_note(kept, &entry, &next.at);
    kept.keep(entry, (done.0 + english, done.1 + mandarin), context)
}

/// Whether `known`, of which days are left out, comes at the same time of day as `entry`.
fn rests(known: &Entry, entry: &Entry) -> bool {
    let time = |entry: &Entry| match entry.stand {
        Stand::Waiting(Moment::Civil(civil)) => Some(civil.time()),
        _ => None,
    };
    !known.skips.is_empty() && time(known).is_some() && time(known) == time(entry)
}

/// What is said to an entry of every workday where the holidays are not known.
pub(super) fn workdays_note(kept: &Kept, entry: &Entry, next: &Zoned) -> (&'static str, &'static str) {
    if entry.repeat == Some(Repeat::Workdays) && !kept.workdays.knows(next.date()) {
        return (
            " I don't know the holidays there, so that is Monday to Friday.",
            "我不知道那里的放假安排，按周一到周五算。",
        );
    }
    ("", "")
}

/// Why nothing was set, or what there was stays as it was.
pub(super) fn unset(why: &Unset, intent: &Intent, context: &SkillContext) -> Reply {
    let changes = intent.name.ends_with(".change");
    let (nothing, nothing_zh) =
        if changes { ("it stays as it was", "没有改") } else { ("I set nothing", "没有设") };
    match why {
        Unset::Past(at) => {
            let at = moment(at, context);
            Reply::in_language(
                context,
                format!("{at} has passed, so {nothing}."),
                format!("{at}已经过了，所以{nothing_zh}。"),
            )
        }
        Unset::NoTime => {
            let slot = if changes { "to" } else { "when" };
            Reply::in_language(context, "At what time?", "几点？").asking(intent, slot, Wanted::When)
        }
        Unset::Nowhere => Reply::in_language(
            context,
            format!("I can't find that time in the calendar, so {nothing}."),
            format!("日历上没有这个时间，所以{nothing_zh}。"),
        ),
        Unset::TooOften => Reply::in_language(
            context,
            format!("Once a minute is as often as I can, so {nothing}."),
            format!("最多每分钟一次，所以{nothing_zh}。"),
        ),
    }
}

/// When `entry` is: "tomorrow at noon", "every Monday, next on Monday at noon".
pub(super) fn at(entry: &Entry, at: &Zoned, context: &SkillContext) -> String {
    let moment = moment(at, context);
    match &entry.repeat {
        None => moment,
        Some(repeat) => {
            let (often, but) = (often(repeat, context), excepted(entry, at.date(), context));
            let next = if context.in_mandarin() { "，下一次是" } else { ", next " };
            format!("{often}{next}{moment}{but}")
        }
    }
}

/// When the next of `entry` is, here.
pub(super) fn moment_of(entry: &Entry, context: &SkillContext) -> Option<Zoned> {
    falls(entry, context.now.time_zone())
}

/// An alarm in a list.
pub(super) fn line(entry: &Entry, context: &SkillContext) -> String {
    let when = moment_of(entry, context).map(|when| at(entry, &when, context)).unwrap_or_default();
    let missed = match (matches!(entry.stand, Stand::Missed(_)), context.in_mandarin()) {
        (false, _) => "",
        (true, false) => ", missed",
        (true, true) => "，错过了",
    };
    match &entry.words {
        None if entry.sealed.is_some() => {
            let locked = if context.in_mandarin() { "，名字锁着" } else { ", its name locked" };
            format!("{when}{missed}{locked}")
        }
        Some(label) if context.in_mandarin() => format!("{label}，{when}{missed}"),
        Some(label) => format!("{label} {when}{missed}"),
        None => format!("{when}{missed}"),
    }
}

fn tell(kept: &mut Kept, context: &SkillContext) -> Result<Reply, SkillError> {
    let mut alarms = kept.of(Kind::Alarm)?;
    alarms.sort_by_key(|entry| moment_of(entry, context).map(|at| at.timestamp()));
    let lines: Vec<_> = alarms.iter().map(|entry| line(entry, context)).collect();
    Ok(match lines.as_slice() {
        [] => none(context),
        [one] => {
            Reply::in_language(context, format!("There is one alarm: {one}."), format!("有一个闹钟：{one}。"))
        }
        several => {
            let (count, lines) = (several.len(), in_a_row(several, context));
            Reply::in_language(
                context,
                format!("There are {count} alarms: {lines}."),
                format!("有{count}个闹钟：{lines}。"),
            )
        }
    })
}

fn none(context: &SkillContext) -> Reply {
    Reply::in_language(context, "There is no alarm.", "没有闹钟。")
}

/// Whether `entry` is one that `when` tells of.
pub(super) fn meant(entry: &Entry, when: &When, workdays: &Workdays, context: &SkillContext) -> bool {
    let Some(at) = moment_of(entry, context) else { return false };
    let time = when.time.is_none_or(|time| {
        if when.loose {
            return in_part(time, at.hour());
        }
        let hour = if time.either_half {
            at.hour() % 12 == i8::try_from(time.hour % 12).unwrap_or(-1)
        } else {
            at.hour() == i8::try_from(time.hour).unwrap_or(-1)
        };
        hour && at.minute() == i8::try_from(time.minute).unwrap_or(-1)
    });
    let on = |date| date == at.date() || comes_on(entry, date, workdays, context);
    let day = when
        .day
        .as_deref()
        .is_none_or(|day| resolve(day, context.now.date()).is_some_and(|day| on(day.date)));
    let repeat = when.repeat.is_none() || when.repeat == entry.repeat;
    time && day && repeat && when.after_s.is_none()
}

/// Whether `hour` lies in the part of the day that `usual` stands for.
fn in_part(usual: TimeOfDay, hour: i8) -> bool {
    match usual.hour {
        ..12 => (0..12).contains(&hour),
        12 => (11..15).contains(&hour),
        13..18 => (12..18).contains(&hour),
        _ => (17..24).contains(&hour),
    }
}

/// Whether `entry` has the name that was said, or none was.
fn is_called(entry: &Entry, label: Option<&str>) -> bool {
    label.is_none_or(|label| {
        let own = entry.words.as_deref().unwrap_or_default().to_lowercase();
        let label = label.to_lowercase();
        !own.is_empty() && (own.contains(&label) || label.contains(&own))
    })
}

/// Whether `intent` tells of `entry`.
fn fits(entry: &Entry, intent: &Intent, workdays: &Workdays, context: &SkillContext) -> bool {
    asked::when(intent).is_none_or(|when| meant(entry, when, workdays, context))
        && is_called(entry, text(intent, "label"))
}

/// The alarms that `intent` tells of; where there is none, what to say.
fn find(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Found {
    let alarms = kept.look_up(Kind::Alarm, text(intent, "label").is_some())?;
    if alarms.is_empty() {
        return Ok(Err(none(context)));
    }
    let found: Vec<_> =
        alarms.into_iter().filter(|entry| fits(entry, intent, &kept.workdays, context)).collect();
    if found.is_empty() {
        // Which there are lets the user say which is meant.
        let all = tell(kept, context)?.text;
        let (english, mandarin) = match (asked::when(intent), text(intent, "label")) {
            (None, Some(label)) => (format!("There is no {label} alarm."), format!("没有{label}闹钟。")),
            _ => ("There is no alarm for then.".to_owned(), "那时候没有闹钟。".to_owned()),
        };
        return Ok(Err(Reply::in_language(context, format!("{english} {all}"), format!("{mandarin}{all}"))));
    }
    Ok(Ok(found))
}

/// Asks which of `several` alarms is to be changed, or whatever `verb` says.
fn which(several: &[Entry], verb: &str, intent: &Intent, context: &SkillContext) -> Reply {
    let lines: Vec<_> = several.iter().map(|entry| line(entry, context)).collect();
    let (count, lines) = (several.len(), list(&lines, context));
    let question = Reply::in_language(
        context,
        format!("There are {count} alarms: {lines}. Which one?"),
        format!("有{count}个闹钟：{lines}。要{verb}哪一个？"),
    );
    question.asking(intent, "when", Wanted::When)
}

fn cancel(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let found = match find(kept, intent, context)? {
        Ok(found) => the_next(found, intent, context),
        Err(reply) => return Ok(reply),
    };
    if asked::all(intent) {
        let left_out = leave_all_out(kept, &found, intent, context)?;
        return Ok(match found.len() {
            _ if left_out => Reply::in_language(
                context,
                "No alarm then. What comes again goes on after that.",
                "那时候都没有闹钟，重复的之后照常。",
            ),
            1 => Reply::in_language(context, "The alarm is cancelled.", "闹钟取消了。"),
            count => Reply::in_language(
                context,
                format!("All {count} alarms are cancelled."),
                format!("{count}个闹钟都取消了。"),
            ),
        });
    }
    let rings = |entry: &&Entry| matches!(entry.stand, Stand::Ringing(_));
    let ringing = found.iter().find(rings).filter(|_| !tells_which(intent));
    match (ringing, found.as_slice()) {
        (Some(one), _) | (None, [one]) => {
            if let Some(reply) = leave_out(kept, one, intent, context)? {
                return Ok(reply);
            }
            kept.forget(std::slice::from_ref(one))?;
            let line = line(one, context);
            Ok(Reply::in_language(
                context,
                format!("The alarm is cancelled: {line}."),
                format!("闹钟取消了：{line}。"),
            ))
        }
        (None, several) => Ok(which(several, "取消", intent, context)),
    }
}

/// Whether `intent` says which alarm it means.
fn tells_which(intent: &Intent) -> bool {
    asked::when(intent).is_some() || text(intent, "label").is_some()
}

fn snooze(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let ms = asked::ms(intent).unwrap_or(SNOOZE_MS).min(LONGEST_SNOOZE_MS);
    let reply = put_off(kept, ms, intent, context, |_| true)?;
    Ok(reply.unwrap_or_else(|| Reply::in_language(context, "Nothing is ringing.", "现在没有东西在响。")))
}

/// What is said when `entry` fell due at `since`, `ago` ms late.
pub(super) fn told(
    entry: &Entry,
    since: &Zoned,
    ago: Option<i64>,
    context: &SkillContext,
) -> (String, String) {
    match (&entry.words, ago.map(|ms| ago_in_words(ms, context))) {
        (label, None) => {
            let now = clock::time(&context.now, context);
            match label {
                Some(label) => {
                    (format!("It's {now}. Alarm: {label}."), format!("现在是{now}。闹钟：{label}。"))
                }
                None => (format!("It's {now}. This is your alarm."), format!("现在是{now}，闹钟响了。")),
            }
        }
        (label, Some(ago)) => {
            let (time, label) = (moment(since, context), label.as_deref().unwrap_or_default());
            let space = if label.is_empty() { "" } else { " " };
            (
                format!("Your {label}{space}alarm was due {ago} ago, {time}."),
                format!("{time}的{label}闹钟在{ago}前就该响了。"),
            )
        }
    }
}

//! Timers: several at once, named or told apart by their length.

use jiff::{SignedDuration, Timestamp};

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, in_a_row, list, text},
    kept::{Kept, Shared},
    spans::{adjective, ago as ago_in_words, length, roughly},
};
use crate::{
    flow::{Intent, Wanted},
    store::{Entry, Kind, Moment, Stand},
};

/// A timer for longer is a mistake, or a reminder.
const LONGEST_MS: i64 = 31 * 24 * 3_600_000;

/// Answers `timer.*`.
pub(super) struct Timers(pub(super) Shared);

impl Skill for Timers {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("timer.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let kept = &mut *self.0.get();
        match intent.name.as_str() {
            "timer.set" => set(kept, intent, context),
            "timer.list" => left(kept, None, context),
            "timer.left" => left(kept, Some(intent), context),
            "timer.cancel" => cancel(kept, intent, context),
            "timer.add" | "timer.shorten" => add(kept, intent, context),
            "timer.change" => change(kept, intent, context),
            "timer.pause" => pause(kept, intent, context),
            "timer.resume" => resume(kept, intent, context),
            _ => Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        }
    }
}

fn set(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let Some(ms) = asked::ms(intent) else {
        let question = Reply::in_language(context, "For how long?", "多长时间？");
        return Ok(question.asking(intent, "seconds", Wanted::Duration));
    };
    let now = context.now.timestamp();
    if ms > LONGEST_MS {
        return Ok(too_long(context));
    }
    let entry = Entry {
        id: 0,
        kind: Kind::Timer,
        words: text(intent, "label").map(bare),
        sealed: None,
        language: context.language.clone(),
        created: now,
        length_ms: Some(ms),
        repeat: None,
        skips: Vec::new(),
        stand: Stand::Waiting(Moment::Instant(now + SignedDuration::from_millis(ms))),
    };
    let span = length(ms, context);
    let done = match &entry.words {
        Some(label) => (format!("{label} timer set for {span}."), format!("{label}计时器设好了，{span}。")),
        None => (format!("Timer set for {span}."), format!("计时器设好了，{span}。")),
    };
    kept.keep(entry, done, context)
}

fn too_long(context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        "A timer runs for 31 days at most. For longer, ask for a reminder.",
        "计时器最长31天，更长的请用提醒。",
    )
}

/// A name without its article: "the pasta", "my pasta timer".
fn bare(label: &str) -> String {
    let label = ["the ", "my ", "a ", "an "]
        .into_iter()
        .find_map(|article| label.strip_prefix(article))
        .unwrap_or(label);
    label.strip_suffix(" timer").or_else(|| label.strip_suffix("计时器")).unwrap_or(label).to_owned()
}

/// "pasta timer", 10分钟的计时器.
pub(super) fn name(entry: &Entry, context: &SkillContext) -> String {
    let mandarin = context.in_mandarin();
    match (&entry.words, entry.length_ms) {
        (Some(label), _) if mandarin => format!("{label}计时器"),
        (Some(label), _) => format!("{label} timer"),
        (None, length) if mandarin => format!("{}的计时器", adjective(length.unwrap_or(0), context)),
        (None, length) => format!("{} timer", adjective(length.unwrap_or(0), context)),
    }
}

/// What is left of `entry`, ms; none where it is over.
fn remaining(entry: &Entry, now: Timestamp) -> Option<i64> {
    match entry.stand {
        Stand::Waiting(Moment::Instant(end)) => {
            i64::try_from(end.duration_since(now).as_millis()).ok().filter(|left| *left > 0)
        }
        Stand::Paused(left) => Some(left),
        Stand::Waiting(Moment::Civil(_)) | Stand::Ringing(_) | Stand::Missed(_) => None,
    }
}

/// How `entry` stands, as part of a sentence.
fn state(entry: &Entry, context: &SkillContext) -> String {
    let name = name(entry, context);
    let left = remaining(entry, context.now.timestamp()).map(|left| roughly(left, context));
    let paused = matches!(entry.stand, Stand::Paused(_));
    match (left, context.in_mandarin()) {
        (None, false) => format!("the {name} is done"),
        (None, true) => format!("{name}已经到时间了"),
        (Some(left), false) if paused => format!("the {name} is paused with {left} left"),
        (Some(left), true) if paused => format!("{name}暂停了，还剩{left}"),
        (Some(left), false) => format!("{left} left on the {name}"),
        (Some(left), true) => format!("{name}还剩{left}"),
    }
}

fn left(kept: &mut Kept, intent: Option<&Intent>, context: &SkillContext) -> Result<Reply, SkillError> {
    let timers = match intent {
        None => kept.of(Kind::Timer)?,
        Some(intent) => match named(kept.look_up(Kind::Timer, text(intent, "label").is_some())?, intent) {
            found if found.is_empty() => return Ok(none(intent, context)),
            found => found,
        },
    };
    let states: Vec<_> = timers.iter().map(|entry| state(entry, context)).collect();
    Ok(match states.as_slice() {
        [] => Reply::in_language(context, "There is no timer.", "没有计时器。"),
        [one] => Reply::in_language(context, format!("{one}."), format!("{one}。")),
        several => {
            let (count, states) = (several.len(), in_a_row(several, context));
            Reply::in_language(
                context,
                format!("There are {count} timers: {states}."),
                format!("有{count}个计时器：{states}。"),
            )
        }
    })
}

/// Those of `timers` that `intent` may mean.
fn named(timers: Vec<Entry>, intent: &Intent) -> Vec<Entry> {
    let label = text(intent, "label").map(|label| bare(label).to_lowercase());
    let length = length_meant(intent);
    let fits = |entry: &Entry, exactly: bool| {
        let by_label = label.as_ref().is_none_or(|label| {
            let own = entry.words.as_deref().unwrap_or_default().to_lowercase();
            own == *label || (!exactly && !own.is_empty() && (own.contains(label) || label.contains(&own)))
        });
        by_label && length.is_none_or(|length| entry.length_ms == Some(length))
    };
    let found = |exactly| timers.iter().filter(|entry| fits(entry, exactly)).cloned().collect::<Vec<_>>();
    let exact = found(true);
    if exact.is_empty() { found(false) } else { exact }
}

/// How long the timer is that `intent` means. What one is to be longer or shorter by does not say which.
fn length_meant(intent: &Intent) -> Option<i64> {
    let by = matches!(intent.name.as_str(), "timer.add" | "timer.shorten");
    if by { None } else { asked::ms(intent) }
}

fn none(intent: &Intent, context: &SkillContext) -> Reply {
    let (english, mandarin) = match (text(intent, "label").map(bare), length_meant(intent)) {
        (Some(label), _) => (format!("{label} "), label),
        (None, Some(ms)) => (format!("{} ", adjective(ms, context)), format!("{}的", adjective(ms, context))),
        _ => (String::new(), String::new()),
    };
    Reply::in_language(context, format!("There is no {english}timer."), format!("没有{mandarin}计时器。"))
}

/// The one timer that is meant among those which `fit`, or what to say instead.
fn one(
    kept: &mut Kept,
    intent: &Intent,
    context: &SkillContext,
    fit: impl Fn(&Stand) -> bool,
) -> Result<Result<Entry, Reply>, SkillError> {
    let timers = kept.look_up(Kind::Timer, text(intent, "label").is_some())?;
    let timers = timers.into_iter().filter(|entry| fit(&entry.stand)).collect();
    let mut found = named(timers, intent);
    Ok(match found.len() {
        0 => Err(none(intent, context)),
        1 => Ok(found.remove(0)),
        count => {
            let names: Vec<_> = found.iter().map(|entry| name(entry, context)).collect();
            let names = list(&names, context);
            let question = Reply::in_language(
                context,
                format!("There are {count} timers: {names}. Which one?"),
                format!("有{count}个计时器：{names}。要哪一个？"),
            );
            Err(question.asking(intent, "label", Wanted::Text))
        }
    })
}

fn cancel(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let timers = kept.look_up(Kind::Timer, text(intent, "label").is_some())?;
    if asked::all(intent) {
        kept.forget(&timers)?;
        return Ok(match timers.len() {
            0 => none(intent, context),
            1 => Reply::in_language(context, "The timer is cancelled.", "计时器取消了。"),
            count => Reply::in_language(
                context,
                format!("All {count} timers are cancelled."),
                format!("{count}个计时器都取消了。"),
            ),
        });
    }
    // Nobody cancels by its name what is over; but what rings is meant where nothing is named.
    let runs = |stand: &Stand| matches!(stand, Stand::Waiting(_) | Stand::Paused(_));
    let rings: Vec<_> = timers.into_iter().filter(|entry| matches!(entry.stand, Stand::Ringing(_))).collect();
    let entry = if rings.len() == 1 && named(rings.clone(), intent).len() == 1 {
        rings.into_iter().next()
    } else {
        match one(kept, intent, context, runs)? {
            Ok(entry) => Some(entry),
            Err(reply) => return Ok(reply),
        }
    };
    let Some(entry) = entry else { return Ok(none(intent, context)) };
    kept.forget(std::slice::from_ref(&entry))?;
    let name = name(&entry, context);
    Ok(Reply::in_language(context, format!("The {name} is cancelled."), format!("{name}取消了。")))
}

/// Makes a timer longer, or shorter.
fn add(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let shorter = intent.name == "timer.shorten";
    let Some(by) = asked::ms(intent) else {
        let question = if shorter {
            Reply::in_language(context, "How much shorter?", "减多长时间？")
        } else {
            Reply::in_language(context, "How much longer?", "加多长时间？")
        };
        return Ok(question.asking(intent, "seconds", Wanted::Duration));
    };
    let more = if shorter { by.saturating_neg() } else { by };
    let old = match one(kept, intent, context, |stand| !matches!(stand, Stand::Missed(_)))? {
        Ok(entry) => entry,
        Err(reply) => return Ok(reply),
    };
    let now = context.now.timestamp();
    let left = remaining(&old, now).unwrap_or(0).saturating_add(more);
    let length_ms = old.length_ms.unwrap_or(0).saturating_add(more);
    if left.max(length_ms) > LONGEST_MS {
        return Ok(too_long(context));
    }
    if left <= 0 {
        let state = state(&old, context);
        return Ok(Reply::in_language(
            context,
            format!("It doesn't have that much left: {state}."),
            format!("剩的没有那么多：{state}。"),
        ));
    }
    let new = with_left(&old, left, length_ms, now);
    kept.change(&old, &new)?;
    let (by, state) = (length(by, context), state(&new, context));
    Ok(if shorter {
        Reply::in_language(context, format!("{by} taken off: {state}."), format!("减了{by}，{state}。"))
    } else {
        Reply::in_language(context, format!("{by} added: {state}."), format!("加了{by}，{state}。"))
    })
}

/// `old` with `left` ms to run of `length_ms`; one that is paused stays so.
fn with_left(old: &Entry, left: i64, length_ms: i64, now: Timestamp) -> Entry {
    let stand = match old.stand {
        Stand::Paused(_) => Stand::Paused(left),
        _ => Stand::Waiting(Moment::Instant(now + SignedDuration::from_millis(left))),
    };
    Entry { stand, length_ms: Some(length_ms), ..old.clone() }
}

/// Sets a timer anew, to another length from now on.
fn change(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let old = match one(kept, intent, context, |stand| !matches!(stand, Stand::Missed(_)))? {
        Ok(entry) => entry,
        Err(reply) => return Ok(reply),
    };
    let Some(ms) = asked::ms_to(intent) else {
        let question = Reply::in_language(context, "To how long?", "改成多长时间？");
        return Ok(question.asking(intent, "to", Wanted::Duration));
    };
    if ms > LONGEST_MS {
        return Ok(too_long(context));
    }
    let new = with_left(&old, ms, ms, context.now.timestamp());
    kept.change(&old, &new)?;
    let state = state(&new, context);
    Ok(Reply::in_language(context, format!("Changed: {state}."), format!("改好了，{state}。")))
}

fn pause(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let now = context.now.timestamp();
    let old = match one(kept, intent, context, |stand| matches!(stand, Stand::Waiting(_)))? {
        Ok(entry) => entry,
        Err(_)
            if text(intent, "label").is_none()
                && count(kept, |stand| matches!(stand, Stand::Waiting(_)))? == 0 =>
        {
            return Ok(Reply::in_language(context, "No timer is running.", "没有在走的计时器。"));
        }
        Err(reply) => return Ok(reply),
    };
    let new = match remaining(&old, now) {
        Some(left) => Entry { stand: Stand::Paused(left), ..old.clone() },
        // It is over, and will be told any moment.
        None => old.clone(),
    };
    kept.change(&old, &new)?;
    let state = state(&new, context);
    Ok(Reply::in_language(context, format!("{state}."), format!("{state}。")))
}

fn resume(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let old = match one(kept, intent, context, |stand| matches!(stand, Stand::Paused(_)))? {
        Ok(entry) => entry,
        Err(_)
            if text(intent, "label").is_none()
                && count(kept, |stand| matches!(stand, Stand::Paused(_)))? == 0 =>
        {
            return Ok(Reply::in_language(context, "No timer is paused.", "没有暂停的计时器。"));
        }
        Err(reply) => return Ok(reply),
    };
    let now = context.now.timestamp();
    let left = remaining(&old, now).unwrap_or(0);
    let new = Entry {
        stand: Stand::Waiting(Moment::Instant(now + SignedDuration::from_millis(left))),
        ..old.clone()
    };
    kept.change(&old, &new)?;
    let (name, left) = (name(&new, context), roughly(left, context));
    Ok(Reply::in_language(
        context,
        format!("The {name} goes on, with {left} left."),
        format!("{name}继续，还剩{left}。"),
    ))
}

fn count(kept: &mut Kept, fit: impl Fn(&Stand) -> bool) -> Result<usize, SkillError> {
    Ok(kept.of(Kind::Timer)?.iter().filter(|entry| fit(&entry.stand)).count())
}

/// What is said when `entry` is over, `ago` ms late.
pub(super) fn told(entry: &Entry, ago: Option<i64>, context: &SkillContext) -> (String, String) {
    let name = name(entry, context);
    match ago.map(|ms| ago_in_words(ms, context)) {
        None => (format!("Your {name} is done."), format!("{name}到时间了。")),
        Some(ago) => (format!("Your {name} ended {ago} ago."), format!("{name}在{ago}前到时间了。")),
    }
}

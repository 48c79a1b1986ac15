//! Due change: an alarm or a reminder that is there already comes at another time.
//!
//! Enters: what the user says of it, and how one of its kind is told from the others. Leaves: what rings, put off; else what
//! is to come, moved; the reply. Never here: a change to anything that the user did not mean.

use jiff::SignedDuration;

use super::{
    Reply, SkillContext, SkillError, alarms,
    asked::{self, text},
    holidays::Workdays,
    kept::Kept,
    moved::{Stays, moved, shifted},
    next::Unset,
    once::{Once, day_of, once},
    reminders,
    spans::{length, often},
};
use crate::{
    flow::{Intent, Wanted},
    store::{Entry, Kind, Stand},
};

/// Those that are meant, or what to say where none is.
pub(super) type Found = Result<Result<Vec<Entry>, Reply>, SkillError>;

/// How one of a kind is told from the others: whether an intent tells of it, those an intent tells of, which of several it is.
pub(super) type Telling = (
    fn(&Entry, &Intent, &Workdays, &SkillContext) -> bool,
    fn(&mut Kept, &Intent, &SkillContext) -> Found,
    fn(&[Entry], &str, &Intent, &SkillContext) -> Reply,
);

/// Changes the one of a kind that `intent` tells of. To be later, what rings or did just now is put off like anything that
/// rings; of the others, what is to come is moved.
pub(super) fn change(
    kept: &mut Kept,
    kind: Kind,
    intent: &Intent,
    context: &SkillContext,
    (fits, find, which): Telling,
) -> Result<Reply, SkillError> {
    if let Some(by) = shift(intent).filter(SignedDuration::is_positive) {
        // What was put off already waits, and is moved like anything that waits.
        let workdays = kept.workdays.clone();
        let rings = |entry: &Entry| {
            let waits = matches!(entry.stand, Stand::Waiting(_));
            entry.kind == kind && !waits && fits(entry, intent, &workdays, context)
        };
        let ms = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        if let Some(reply) = put_off(kept, ms, intent, context, rings)? {
            return Ok(reply);
        }
    }
    match find(kept, intent, context)?.map(to_come).as_deref() {
        Err(reply) => Ok(reply.clone()),
        Ok([one]) => change_one(kept, one, intent, context),
        Ok(several) => Ok(which(several, "改", intent, context)),
    }
}

/// Those of `entries` that are to come; where none is, all of them.
fn to_come(entries: Vec<Entry>) -> Vec<Entry> {
    let waits = |entry: &Entry| matches!(entry.stand, Stand::Waiting(_));
    let any = entries.iter().any(waits);
    entries.into_iter().filter(|entry| !any || waits(entry)).collect()
}

/// By how much `intent` moves something, unless it says where to.
fn shift(intent: &Intent) -> Option<SignedDuration> {
    let by = SignedDuration::from_millis(asked::ms(intent)?);
    let earlier = text(intent, "state") == Some("earlier");
    asked::when_to(intent).is_none().then_some(if earlier { -by } else { by })
}

/// The one time of `old` that `intent` moves: that on the day that was said, of which or to which it is moved.
fn the_once(old: &Entry, intent: &Intent, workdays: &Workdays, context: &SkillContext) -> Option<Once> {
    let to = asked::when_to(intent);
    if to.is_some_and(|to| to.repeat.is_some()) {
        return None;
    }
    let date = day_of(asked::when(intent), context).or_else(|| day_of(to, context))?;
    once(old, Some(date), workdays, context)
}

/// Makes `old`, an alarm or a reminder, what `intent` says; its name and how it comes again stay as they are. Of what
/// comes again, one time alone is moved where a day was said.
fn change_one(
    kept: &mut Kept,
    old: &Entry,
    intent: &Intent,
    context: &SkillContext,
) -> Result<Reply, SkillError> {
    let once = the_once(old, intent, &kept.workdays, context);
    let alone = once.as_ref().map(|once| once.alone(old, context));
    let meant = alone.as_ref().unwrap_or(old);
    let found = match (asked::when_to(intent), shift(intent)) {
        (Some(to), _) => moved(meant, to, &context.now, &kept.workdays),
        (None, Some(by)) => shifted(meant, by, &context.now, &kept.workdays),
        (None, None) => {
            let question = Reply::in_language(context, "To when?", "改到什么时候？");
            return Ok(question.asking(intent, "to", Wanted::When));
        }
    };
    let (new, next) = match found {
        Ok(found) => found,
        Err(Stays::Unset(why)) => return Ok(alarms::unset(&why, intent, context)),
        Err(Stays::Again(repeat)) => {
            let often = often(&repeat, context);
            return Ok(Reply::in_language(
                context,
                format!(
                    "It comes {often}, so I can't move it to one day, and it stays as it was. Say how often it is to come."
                ),
                format!("它{often}都来，不能只改到某一天，所以没有改。请说要多久来一次。"),
            ));
        }
    };
    let (name, name_zh, line) = match old.kind {
        Kind::Reminder => ("reminder", "提醒", reminders::line(&new, context)),
        Kind::Alarm | Kind::Timer => ("alarm", "闹钟", alarms::line(&new, context)),
    };
    if new == *meant {
        return Ok(Reply::in_language(
            context,
            format!("The {name} is set for then already: {line}."),
            format!("{name_zh}本来就是那个时候：{line}。"),
        ));
    }
    if let Some(once) = once {
        let (goes_on, goes_on_zh) = once.goes_on(context);
        let done = (format!("{line}{goes_on}."), format!("{line}{goes_on_zh}。"));
        return kept.part(old, &once.without, new, done, context);
    }
    kept.change(old, &new)?;
    let (english, mandarin) =
        if new.repeat == old.repeat { ("", "") } else { alarms::workdays_note(kept, &new, &next) };
    Ok(Reply::in_language(
        context,
        format!("The {name} is changed: {line}.{english}"),
        format!("{name_zh}改好了：{line}。{mandarin}"),
    ))
}

/// Lets those that ring and `fits` names ring again in `ms`, and says so; nothing where none does.
pub(super) fn put_off(
    kept: &mut Kept,
    ms: i64,
    intent: &Intent,
    context: &SkillContext,
    fits: impl Fn(&Entry) -> bool,
) -> Result<Option<Reply>, SkillError> {
    let now = context.now.timestamp();
    let Ok(until) = now.checked_add(SignedDuration::from_millis(ms)) else {
        return Ok(Some(alarms::unset(&Unset::Nowhere, intent, context)));
    };
    if !kept.snooze(until, now, fits)? {
        return Ok(None);
    }
    let length = length(ms, context);
    let reply =
        Reply::in_language(context, format!("Okay, again in {length}."), format!("好的，{length}后再叫你。"));
    Ok(Some(reply))
}

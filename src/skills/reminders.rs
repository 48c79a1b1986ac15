//! Reminders: what is to be done, told at its time.

use super::{
    Reply, Skill, SkillContext, SkillError,
    alarms::{at, meant, moment_of, unset, workdays_note},
    asked::{self, text},
    due_change::{Found, change},
    holidays::Workdays,
    kept::{Kept, Shared},
    next::{Unset, next},
    once::{leave_all_out, leave_out, the_next},
    spans::ago as ago_in_words,
};
use crate::{
    flow::{Intent, Language, TimeOfDay, Wanted, When},
    store::{Entry, Kind, Stand},
};

/// When somebody is reminded who only said the day.
const MORNING: TimeOfDay = TimeOfDay { hour: 9, minute: 0, either_half: false };

/// Answers `reminder.*`.
pub(super) struct Reminders(pub(super) Shared);

impl Skill for Reminders {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("reminder.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let kept = &mut *self.0.get();
        match intent.name.as_str() {
            "reminder.set" => set(kept, intent, context),
            "reminder.list" => tell(kept, context),
            "reminder.cancel" => cancel(kept, intent, context),
            "reminder.change" => change(kept, Kind::Reminder, intent, context, (fits, find, which)),
            _ => Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        }
    }
}

fn set(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let Some(words) = text(intent, "text") else {
        let question = Reply::in_language(context, "What should I remind you of?", "要提醒你什么？");
        return Ok(question.asking(intent, "text", Wanted::Text));
    };
    let Some(when) = asked::when(intent) else {
        let question = Reply::in_language(context, "When should I remind you?", "什么时候提醒你？");
        return Ok(question.asking(intent, "when", Wanted::When));
    };
    let by_day = when.time.is_none() && (when.day.is_some() || when.repeat.is_some());
    let filled = When { time: if by_day { Some(MORNING) } else { when.time }, ..when.clone() };
    let next = match next(&filled, &context.now, &kept.workdays) {
        Ok(next) => next,
        // "Remind me today", after nine: nobody said when.
        Err(Unset::Past(_)) if by_day => return Ok(unset(&Unset::NoTime, intent, context)),
        Err(why) => return Ok(unset(&why, intent, context)),
    };
    let words = to_you(words, &context.language);
    let entry = Entry {
        id: 0,
        kind: Kind::Reminder,
        words: Some(words.clone()),
        sealed: None,
        language: context.language.clone(),
        created: context.now.timestamp(),
        length_ms: None,
        repeat: filled.repeat,
        skips: Vec::new(),
        stand: Stand::Waiting(next.moment),
    };
    let at = at(&entry, &next.at, context);
    let done = (format!("Reminder set for {at}: {words}."), format!("提醒设好了，{at}：{words}。"));
    let (english, mandarin) = workdays_note(kept, &entry, &next.at);
    kept.keep(entry, (done.0 + english, done.1 + mandarin), context)
}

/// What a user says of themselves, as it is said to them: "call my mum" is "call your mum".
pub(super) fn to_you(words: &str, language: &Language) -> String {
    let words = words.trim_end_matches(['.', '。', '!', '！', '?', '？']);
    if *language == Language::MANDARIN {
        let letters: Vec<char> = words.chars().collect();
        let swapped = letters.iter().enumerate().map(|(place, letter)| {
            let after = letters.get(place + 1);
            let before = place.checked_sub(1).and_then(|place| letters.get(place));
            // 我们 has the one who reminds in it, and 自我 is a word of its own.
            if *letter == '我' && after != Some(&'们') && before != Some(&'自') { '你' } else { *letter }
        });
        return swapped.collect();
    }
    let swap = |word: &str| match word {
        "I" | "i" | "me" | "Me" => "you".to_owned(),
        "my" | "My" => "your".to_owned(),
        "mine" => "yours".to_owned(),
        "myself" => "yourself".to_owned(),
        "I'm" | "i'm" => "you're".to_owned(),
        "I've" | "i've" => "you've".to_owned(),
        "am" => "are".to_owned(),
        other => other.to_owned(),
    };
    words.split(' ').map(swap).collect::<Vec<_>>().join(" ").replace("you was ", "you were ")
}

/// What `entry` is about, or that nobody can read that, now or ever.
fn words_of<'e>(entry: &'e Entry, context: &SkillContext) -> &'e str {
    match (&entry.words, entry.sealed.is_some(), context.in_mandarin()) {
        (Some(words), ..) => words,
        (None, true, false) => "its words are locked until the keyring is open",
        (None, true, true) => "内容锁着，要先解锁密钥环",
        (None, false, false) => "its words are lost",
        (None, false, true) => "内容丢失了",
    }
}

/// A reminder in a list.
pub(super) fn line(entry: &Entry, context: &SkillContext) -> String {
    let when = moment_of(entry, context).map(|when| at(entry, &when, context)).unwrap_or_default();
    let words = words_of(entry, context);
    let colon = if entry.words.is_some() { "" } else { "：" };
    match (matches!(entry.stand, Stand::Missed(_)), context.in_mandarin()) {
        (false, false) => format!("{words}, {when}"),
        (false, true) => format!("{when}{colon}{words}"),
        (true, false) => format!("{words}, missed {when}"),
        (true, true) => format!("错过的{when}{colon}{words}"),
    }
}

fn lines(several: &[Entry], context: &SkillContext) -> String {
    let lines: Vec<_> = several.iter().map(|entry| line(entry, context)).collect();
    asked::in_a_row(&lines, context)
}

fn tell(kept: &mut Kept, context: &SkillContext) -> Result<Reply, SkillError> {
    let mut reminders = kept.of(Kind::Reminder)?;
    reminders.sort_by_key(|entry| moment_of(entry, context).map(|at| at.timestamp()));
    let lines = lines(&reminders, context);
    Ok(match reminders.len() {
        0 => none(context),
        1 => Reply::in_language(
            context,
            format!("There is one reminder: {lines}."),
            format!("有一个提醒：{lines}。"),
        ),
        count => Reply::in_language(
            context,
            format!("There are {count} reminders: {lines}."),
            format!("有{count}个提醒：{lines}。"),
        ),
    })
}

fn none(context: &SkillContext) -> Reply {
    Reply::in_language(context, "There is no reminder.", "没有提醒。")
}

/// Whether `intent` tells of `entry`.
fn fits(entry: &Entry, intent: &Intent, workdays: &Workdays, context: &SkillContext) -> bool {
    let wanted = text(intent, "text").map(|words| to_you(words, &context.language).to_lowercase());
    let own = entry.words.as_deref().unwrap_or_default().to_lowercase();
    wanted.is_none_or(|wanted| own.contains(&wanted) || wanted.contains(&own))
        && asked::when(intent).is_none_or(|when| meant(entry, when, workdays, context))
}

/// The reminders that `intent` tells of; where there is none, what to say.
fn find(kept: &mut Kept, intent: &Intent, context: &SkillContext) -> Found {
    let reminders = kept.look_up(Kind::Reminder, text(intent, "text").is_some())?;
    if reminders.is_empty() {
        return Ok(Err(none(context)));
    }
    let found: Vec<_> =
        reminders.into_iter().filter(|entry| fits(entry, intent, &kept.workdays, context)).collect();
    if !found.is_empty() {
        return Ok(Ok(found));
    }
    if asked::when(intent).is_none() {
        let none = ("There is no reminder about that.", "没有关于这个的提醒。");
        return Ok(Err(Reply::in_language(context, none.0, none.1)));
    }
    let all = tell(kept, context)?.text;
    Ok(Err(Reply::in_language(
        context,
        format!("There is no such reminder for then. {all}"),
        format!("那时候没有这样的提醒。{all}"),
    )))
}

/// Asks which of `several` reminders is to be changed, or whatever `verb` says.
fn which(several: &[Entry], verb: &str, intent: &Intent, context: &SkillContext) -> Reply {
    let (count, lines) = (several.len(), lines(several, context));
    let question = Reply::in_language(
        context,
        format!("There are {count} reminders: {lines}. Which one?"),
        format!("有{count}个提醒：{lines}。要{verb}哪一个？"),
    );
    question.asking(intent, "text", Wanted::Text)
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
                "No reminder then. What comes again goes on after that.",
                "那时候都不提醒，重复的之后照常。",
            ),
            1 => Reply::in_language(context, "The reminder is cancelled.", "提醒取消了。"),
            count => Reply::in_language(
                context,
                format!("All {count} reminders are cancelled."),
                format!("{count}个提醒都取消了。"),
            ),
        });
    }
    match found.as_slice() {
        [one] => {
            if let Some(reply) = leave_out(kept, one, intent, context)? {
                return Ok(reply);
            }
            kept.forget(std::slice::from_ref(one))?;
            let line = line(one, context);
            Ok(Reply::in_language(
                context,
                format!("The reminder is cancelled: {line}."),
                format!("提醒取消了：{line}。"),
            ))
        }
        several => Ok(which(several, "取消", intent, context)),
    }
}

/// What is said when `entry` fell due, `ago` ms late.
pub(super) fn told(entry: &Entry, ago: Option<i64>, context: &SkillContext) -> (String, String) {
    let words = words_of(entry, context);
    match ago.map(|ms| ago_in_words(ms, context)) {
        None => (format!("Reminder: {words}."), format!("提醒：{words}。")),
        Some(ago) => (format!("Reminder from {ago} ago: {words}."), format!("{ago}前的提醒：{words}。")),
    }
}

//! Memory: what the user asks to have remembered, told again in their own words.
//!
//! Enters: `memory.*` intents. Leaves: what is kept, found, or forgotten. Never here: anything that the user did not say;
//! where nothing is found, that is said.

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, text},
    fold::fold,
    kept::Shared,
    notes::{ID, alike, numbered, shown},
    reminders::to_you,
};
use crate::{
    flow::{Intent, SlotValue, Wanted},
    store::{Store, Text, TextKind},
};

/// More than anybody tells.
const MOST: usize = 500;

/// How many are told in one go.
const AT_ONCE: usize = 8;

/// Answers `memory.*`.
pub(super) struct Memory(pub(super) Shared);

impl Skill for Memory {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("memory.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let kept = &mut *self.0.get();
        let store = kept.store()?;
        match intent.name.as_str() {
            "memory.remember" => remember(store, intent, context),
            "memory.recall" => recall(store, intent, context),
            "memory.forget" => forget(store, intent, context),
            "memory.list" => list(store, context),
            _ => Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        }
    }
}

fn remember(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let words = text(intent, "text").ok_or_else(|| asked::missing(intent, "text"))?;
    let words = shown(words, usize::MAX);
    if words.chars().count() > TextKind::Memory.longest() {
        return Ok(Reply::in_language(
            context,
            "That's too long for me to remember. A note may be longer.",
            "太长了，我没有记住。可以记成笔记。",
        ));
    }
    let told = told(&words, context);
    if store.texts(TextKind::Memory)?.iter().any(|known| fold(&known.words) == fold(&words)) {
        return Ok(Reply::in_language(
            context,
            format!("I remember that already: {told}."),
            format!("这个我已经记着了：{told}。"),
        ));
    }
    let at = context.now.timestamp();
    let Some(id) = store.add_text(TextKind::Memory, (&words, &context.language), at, MOST)? else {
        return Ok(Reply::in_language(
            context,
            format!("I remember {MOST} things already, and did not take this one. Let me forget some first."),
            format!("我已经记了{MOST}件事，这件没有记。先让我忘掉几件吧。"),
        ));
    };
    Ok(Reply::in_language(context, format!("I'll remember: {told}."), format!("记住了：{told}。"))
        .taken_back_by("memory.forget", vec![(ID, SlotValue::Text(id.to_string()))]))
}

/// `words` as they are said back to the one who said them.
fn told(words: &str, context: &SkillContext) -> String {
    to_you(&shown(words, 300), &context.language)
}

/// `texts`, the latest first.
fn in_a_row(texts: &[&Text], context: &SkillContext) -> String {
    let words: Vec<String> = texts.iter().rev().map(|text| told(&text.words, context)).collect();
    asked::in_a_row(&words, context)
}

fn nothing(context: &SkillContext) -> Reply {
    Reply::in_language(
        context,
        "You haven't asked me to remember anything about that.",
        "关于这个，你没有让我记过什么。",
    )
}

fn recall(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let about = text(intent, "text").ok_or_else(|| asked::missing(intent, "text"))?;
    let texts = store.texts(TextKind::Memory)?;
    let found = alike(&texts, about);
    let words = in_a_row(&found[found.len().saturating_sub(AT_ONCE)..], context);
    Ok(match found.len() {
        0 => nothing(context),
        1 => Reply::in_language(context, format!("You told me: {words}."), format!("你跟我说过：{words}。")),
        count => Reply::in_language(
            context,
            format!("You told me {count} things about that, the latest first: {words}."),
            format!("关于这个你跟我说过{count}件事，最近的在前：{words}。"),
        ),
    })
}

fn forget(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let texts = store.texts(TextKind::Memory)?;
    if asked::all(intent) {
        let count = store.erase_texts(TextKind::Memory, None)?;
        // The history is another matter, and nobody should think that it is gone as well.
        let what = if count == 1 { "the one thing".to_owned() } else { format!("all {count} things") };
        if count == 0 {
            return Ok(Reply::in_language(
                context,
                "You haven't asked me to remember anything.",
                "你没有让我记过什么。",
            ));
        }
        return Ok(Reply::in_language(
            context,
            format!(
                "I forgot {what} you asked me to remember. What you asked is still in the history, until \
                 you erase that."
            ),
            format!("你让我记的{count}件事都忘掉了。问过的话还在历史记录里，要删的话请清除历史记录。"),
        )
        .for_good());
    }
    let found = match text(intent, ID) {
        Some(id) => numbered(&texts, id),
        None => alike(&texts, text(intent, "text").ok_or_else(|| asked::missing(intent, "text"))?),
    };
    match found.as_slice() {
        [] => Ok(nothing(context)),
        [one] => {
            store.erase_texts(TextKind::Memory, Some(&[one.id]))?;
            let words = told(&one.words, context);
            Ok(Reply::in_language(context, format!("I forgot this: {words}."), format!("忘掉了：{words}。"))
                .for_good())
        }
        several => {
            let (count, words) = (several.len(), in_a_row(several, context));
            Ok(Reply::in_language(
                context,
                format!(
                    "I remember {count} things about that: {words}. Which one shall I forget? I forgot nothing yet."
                ),
                format!("关于这个我记着{count}件事：{words}。要忘掉哪一件？现在都还记着。"),
            )
            .asking(intent, "text", Wanted::Text))
        }
    }
}

fn list(store: &mut Store, context: &SkillContext) -> Result<Reply, SkillError> {
    let texts = store.texts(TextKind::Memory)?;
    let latest: Vec<&Text> = texts[texts.len().saturating_sub(AT_ONCE)..].iter().collect();
    let words = in_a_row(&latest, context);
    Ok(match texts.len() {
        0 => {
            Reply::in_language(context, "You haven't asked me to remember anything.", "你没有让我记过什么。")
        }
        1 => Reply::in_language(
            context,
            format!("You asked me to remember one thing: {words}."),
            format!("你让我记过一件事：{words}。"),
        ),
        count if count > AT_ONCE => Reply::in_language(
            context,
            format!("You asked me to remember {count} things. The latest {AT_ONCE}: {words}."),
            format!("你让我记过{count}件事。最近{AT_ONCE}件：{words}。"),
        ),
        count => Reply::in_language(
            context,
            format!("You asked me to remember {count} things, the latest first: {words}."),
            format!("你让我记过{count}件事，最近的在前：{words}。"),
        ),
    })
}

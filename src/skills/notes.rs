//! Notes: words that the user wants written down.
//!
//! Enters: `note.*` intents. Leaves: that a note is kept, notes read back, that one is gone. Never here: a note deleted
//! that could have been another one.

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{self, text},
    fold::likeness,
    kept::Shared,
};
use crate::{
    flow::{Intent, SlotValue, Wanted},
    store::{Store, Text, TextKind},
};

/// More than anybody looks through.
const MOST: usize = 1_000;

/// How many are read in one go.
const AT_ONCE: usize = 5;

/// The slot that holds the number of the one text that is meant.
pub(super) const ID: &str = "id";

/// How much of a note is said again, in characters.
const ECHO: usize = 120;

/// Answers `note.*`.
pub(super) struct Notes(pub(super) Shared);

impl Skill for Notes {
    fn handles(&self, name: &str) -> bool {
        name.starts_with("note.")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let kept = &mut *self.0.get();
        let store = kept.store()?;
        match intent.name.as_str() {
            "note.add" => add(store, intent, context),
            "note.read" => tell(store, intent, context),
            "note.delete" => delete(store, intent, context),
            _ => Err(SkillError::UnknownIntent { intent: intent.name.clone() }),
        }
    }
}

fn add(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let Some(words) = text(intent, "text") else {
        let question = Reply::in_language(context, "What should I write down?", "要记什么？");
        return Ok(question.asking(intent, "text", Wanted::Text));
    };
    if words.chars().count() > TextKind::Note.longest() {
        return Ok(Reply::in_language(
            context,
            "That's too long for one note, so I wrote nothing down.",
            "这段话太长，没有记。",
        ));
    }
    let at = context.now.timestamp();
    let Some(id) = store.add_text(TextKind::Note, (words, &context.language), at, MOST)? else {
        return Ok(Reply::in_language(
            context,
            format!("There are {MOST} notes already, so I wrote nothing down. Delete some first."),
            format!("已经有{MOST}条笔记了，没有再记。先删几条吧。"),
        ));
    };
    let words = shown(words, ECHO);
    Ok(Reply::in_language(context, format!("Noted: {words}."), format!("记下了：{words}。"))
        .taken_back_by("note.delete", vec![(ID, SlotValue::Text(id.to_string()))]))
}

/// `words` without the mark at their end, and no longer than `most`.
pub(super) fn shown(words: &str, most: usize) -> String {
    let words = words.trim().trim_end_matches(['.', '。', '!', '！', ' ']);
    let mut short: String = words.chars().take(most).collect();
    if short.len() < words.len() {
        short.push('…');
    }
    short
}

/// `texts` one after the other.
pub(super) fn in_a_row(texts: &[&Text], context: &SkillContext) -> String {
    let words: Vec<String> = texts.iter().map(|text| shown(&text.words, 400)).collect();
    asked::in_a_row(&words, context)
}

fn none(context: &SkillContext) -> Reply {
    Reply::in_language(context, "There is no note.", "没有笔记。")
}

fn tell(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let notes = store.texts(TextKind::Note)?;
    let about = text(intent, "text");
    let found = about.map_or_else(|| notes.iter().collect(), |about| alike(&notes, about));
    let count = found.len();
    Ok(match found.as_slice() {
        [] if about.is_some() && !notes.is_empty() => {
            Reply::in_language(context, "There is no note about that.", "没有关于这个的笔记。")
        }
        [] => none(context),
        [.., last] if text(intent, "state") == Some("last") => {
            let words = in_a_row(&[last], context);
            Reply::in_language(
                context,
                format!("The last note: {words}."),
                format!("最后一条笔记：{words}。"),
            )
        }
        [one] => {
            let words = in_a_row(&[one], context);
            Reply::in_language(
                context,
                format!("There is one note: {words}."),
                format!("有一条笔记：{words}。"),
            )
        }
        all if count <= AT_ONCE => {
            let words = in_a_row(all, context);
            Reply::in_language(
                context,
                format!("There are {count} notes: {words}."),
                format!("有{count}条笔记：{words}。"),
            )
        }
        [.., a, b, c, d, e] => {
            let words = in_a_row(&[a, b, c, d, e], context);
            Reply::in_language(
                context,
                format!("There are {count} notes. The last {AT_ONCE}: {words}."),
                format!("有{count}条笔记。最后{AT_ONCE}条：{words}。"),
            )
        }
        _ => none(context),
    })
}

/// The texts that have the most to do with `about`.
pub(super) fn alike<'t>(texts: &'t [Text], about: &str) -> Vec<&'t Text> {
    let best = texts.iter().map(|text| likeness(about, &text.words)).max().unwrap_or(0);
    texts.iter().filter(|text| best > 0 && likeness(about, &text.words) == best).collect()
}

/// The text whose number is `id`.
pub(super) fn numbered<'t>(texts: &'t [Text], id: &str) -> Vec<&'t Text> {
    texts.iter().filter(|text| text.id.to_string() == id).collect()
}

fn delete(store: &mut Store, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
    let notes = store.texts(TextKind::Note)?;
    if notes.is_empty() {
        return Ok(none(context));
    }
    if asked::all(intent) {
        let count = store.erase_texts(TextKind::Note, None)?;
        return Ok(Reply::in_language(
            context,
            format!("All notes are deleted, {count} in all."),
            format!("笔记都删了，一共{count}条。"),
        )
        .for_good());
    }
    let found: Vec<&Text> = match (text(intent, "text"), text(intent, "state"), notes.as_slice()) {
        _ if let Some(id) = text(intent, ID) => numbered(&notes, id),
        (Some(about), ..) => alike(&notes, about),
        (None, Some("last"), [.., last]) | (None, None, [last]) => vec![last],
        _ => notes.iter().collect(),
    };
    match found.as_slice() {
        [] => Ok(Reply::in_language(context, "There is no note about that.", "没有关于这个的笔记。")),
        [one] => {
            store.erase_texts(TextKind::Note, Some(&[one.id]))?;
            let words = shown(&one.words, ECHO);
            Ok(Reply::in_language(
                context,
                format!("The note is deleted: {words}."),
                format!("笔记删了：{words}。"),
            )
            .for_good())
        }
        several => {
            let count = several.len();
            let words = in_a_row(&several[count.saturating_sub(AT_ONCE)..], context);
            Ok(Reply::in_language(
                context,
                format!("There are {count} notes, among them: {words}. Which one goes? I deleted nothing."),
                format!("有{count}条笔记，其中有：{words}。要删哪一条？还没有删。"),
            )
            .asking(intent, "text", Wanted::Text))
        }
    }
}

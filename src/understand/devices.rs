//! Devices: nouns for things at home, with the words that tell one from another.
//!
//! Enters: nouns by group, tokens. Leaves: whether the tokens name such a thing as a whole. Never here: what there is at home;
//! that is only known there.

use std::collections::HashMap;

use super::{
    grammar::Group,
    names::{self, Barred},
};
use crate::flow::Language;

/// Words that stand in no name of a thing: what is done with it, and how much.
const BARRED: Barred = Barred(
    "percent degrees minutes minute hours hour seconds turn switch open close lock unlock set",
    "打开关闭都锁调到设度分钟",
);

/// Nouns by group.
#[derive(Default)]
pub(super) struct Devices {
    nouns: HashMap<Group, Vec<Vec<String>>>,
}

impl Devices {
    /// Adds a noun of one word or more.
    pub(super) fn add(&mut self, group: Group, noun: Vec<String>) {
        self.nouns.entry(group).or_default().push(noun);
    }

    /// Whether `tokens` name a thing of `group`: "kitchen light", "light in the hall", 客厅的灯.
    pub(super) fn names(&self, group: Group, tokens: &[&str], language: &Language) -> bool {
        let Some(nouns) = self.nouns.get(&group) else { return false };
        let is_noun =
            |part: &[&str]| nouns.iter().any(|noun| noun.iter().map(String::as_str).eq(part.iter().copied()));
        let begins = |part: &[&str]| {
            (0..part.len()).any(|at| {
                let (before, noun) = part.split_at(at);
                is_noun(noun) && before.iter().all(|word| tells_apart(word, language))
            })
        };
        if *language == Language::MANDARIN {
            return begins(tokens);
        }
        begins(tokens)
            || (1..tokens.len()).any(|at| {
                let (thing, rest) = tokens.split_at(at);
                let [preposition, room @ ..] = rest else { return false };
                let room = room.strip_prefix(&["the"]).or(room.strip_prefix(&["my"])).unwrap_or(room);
                matches!(*preposition, "in" | "on" | "at" | "of")
                    && (1..=3).contains(&room.len())
                    && room.iter().all(|word| *word != "the" && tells_apart(word, language))
                    && begins(thing)
            })
    }
}

/// Whether `word` can tell a thing from another: "kitchen", "left".
fn tells_apart(word: &str, language: &Language) -> bool {
    names::is_part(word, &BARRED, language) && word.chars().all(char::is_alphanumeric)
}

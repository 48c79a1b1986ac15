//! Devices: nouns for things at home, with the words that tell one from another.
//!
//! Enters: nouns by group, tokens. Leaves: whether the tokens name such a thing as a whole. Never here: what there is at home;
//! that is only known there.

use std::collections::HashMap;

use super::{grammar::Group, numbers};
use crate::flow::{Language, is_han};

/// Words that stand in no name of a thing.
const NO_NAME: &str = "\
    a an my your this that these those it to for of in on at and or with about from by is are was do does i you me what \
    which who how why when where all every any each no not more percent degrees minutes minute hours hour seconds turn \
    switch off open close lock unlock set";

/// The same in Mandarin, one character each.
const NO_NAME_HAN: &str = "我你他她它这那是有将给什怎哪谁吗了过并且打开关闭把都锁调到设度分钟";

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
    let listed = if word.chars().all(is_han) {
        NO_NAME_HAN.contains(word)
    } else {
        word == "the" || NO_NAME.split_whitespace().any(|listed| listed == word)
    };
    !listed && word.chars().all(char::is_alphanumeric) && numbers::read(&[word], language).is_none()
}

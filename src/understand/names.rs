//! Names: which words can be a part of one, whatever it names.
//!
//! Enters: a word, and what stands in no name of the kind. Leaves: yes or no. Never here: a name; those are the user's own.

use super::numbers;
use crate::flow::{Language, is_han};

/// Words that are no part of any name.
const NO_NAME: &str = "\
    the a an my your this that these those it to for of in on at and or with about from by is are was do does i you me \
    what which who how why when where all every any each no not more off";

/// The same in Mandarin, one character each.
const NO_NAME_HAN: &str = "我你他她它这那是有把将给什怎哪谁吗了过并且";

/// Words that stand in no name of one kind, in English and, one character each, in Mandarin.
pub(super) struct Barred(pub(super) &'static str, pub(super) &'static str);

/// Whether `word` can be a part of a name in which none of `barred` stands.
pub(super) fn is_part(word: &str, barred: &Barred, language: &Language) -> bool {
    let Barred(english, han) = barred;
    let listed = if word.chars().all(is_han) {
        NO_NAME_HAN.contains(word) || han.contains(word)
    } else {
        NO_NAME.split_whitespace().chain(english.split_whitespace()).any(|listed| listed == word)
    };
    !listed && numbers::read(&[word], language).is_none()
}

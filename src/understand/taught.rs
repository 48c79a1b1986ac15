//! Taught: what the user's own file adds: phrases, and what each has done.
//!
//! Enters: words and their language. Leaves: the phrase they are, as what Mynah understands by itself, and as a program to
//! start. The templates and the matcher are those of the built-in sentences. Never here: a phrase that leads to another, a
//! file, a program started.

mod concerns;
mod file;
mod runs;

use std::sync::Arc;

pub use concerns::Concern;
use serde::Serialize;

use super::{
    grammar::{Node, takes_the_rest},
    index::Patterns,
    interpret::{LONGEST_BYTES, LONGEST_DICTATED, LONGEST_TOKENS, Understanding},
    matcher::Sentence,
};
use crate::flow::{ANSWER, Deed, Intent, Language, PHRASE, Piece, Slot, SlotValue};

/// One phrase, as the file has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaughtPhrase {
    /// Its place in the file, from 1; its intent is `phrase.` and this.
    pub number: usize,
    /// The line it begins in.
    pub line: usize,
    /// What is said, as templates.
    pub say: Vec<String>,
    /// The sentences that are done.
    #[serde(rename = "do")]
    pub wishes: Vec<String>,
    /// The program and its arguments; empty where none is started.
    pub run: Vec<String>,
    /// What is answered; none where what was done is told.
    pub answer: Option<String>,
}

impl TaughtPhrase {
    /// The name of its intent.
    #[must_use]
    pub fn intent(&self) -> String {
        format!("{PHRASE}{}", self.number)
    }
}

/// The user's phrases, compiled.
#[derive(Default)]
pub(super) struct Taught {
    pub(super) phrases: Vec<TaughtPhrase>,
    /// What each phrase does of what is understood by itself, by its place in `phrases`.
    wishes: Vec<Vec<Wish>>,
    says: Vec<Say>,
    /// Patterns by language; a pattern's number is its place in `says`.
    patterns: Vec<(Language, Patterns)>,
    pub(super) deeds: Arc<[Deed]>,
}

/// A sentence that a phrase does.
struct Wish {
    line: usize,
    pieces: Vec<Piece>,
    language: Language,
}

/// One template of a phrase.
struct Say {
    /// The phrase's place among the phrases.
    phrase: usize,
    line: usize,
    text: String,
    language: Language,
    nodes: Vec<Node>,
}

impl Understanding {
    /// The same, with the phrases of the user's file `path`, which holds `text`; they come before the built-in sentences.
    ///
    /// # Errors
    /// [`UnderstandError::BadPhrases`](super::UnderstandError) names the line of what cannot be used, and why.
    pub fn taught(&self, path: &str, text: &str) -> Result<Self, super::UnderstandError> {
        let taught = file::read(self, path, text)?;
        Ok(self.with_taught(taught))
    }

    /// The user's phrases.
    #[must_use]
    pub fn phrases(&self) -> &[TaughtPhrase] {
        &self.taught.phrases
    }

    /// What the user's phrases start and say.
    #[must_use]
    pub fn deeds(&self) -> Arc<[Deed]> {
        self.taught.deeds.clone()
    }

    /// What `words` ask for by a phrase of the user's; `None` where they are none.
    pub(super) fn own(&self, words: &str, language: &Language) -> Option<Vec<Intent>> {
        let (say, slots) = self.phrase(words, language)?;
        let mut intents = Vec::new();
        for wish in &self.taught.wishes[say.phrase] {
            let Some(meant) = self.wish(wish, words, &slots) else {
                // Half of it done would hide that the rest was not.
                return Some(vec![unclear(&filled(&wish.pieces, words, &slots), words)]);
            };
            intents.extend(meant);
        }
        for slot in intents.iter_mut().flat_map(|intent| &mut intent.slots) {
            slot.span = 0..words.len();
        }
        let name = self.taught.phrases[say.phrase].intent();
        if let Some(deed) = self.taught.deeds.iter().find(|deed| deed.intent == name) {
            let answer = deed.answer.as_ref().map(|pieces| filled(pieces, words, &slots));
            let answer = answer.map(|text| Slot { name: ANSWER, value: SlotValue::Text(text), span: 0..0 });
            let slots = slots.into_iter().map(|slot| as_said(slot, words)).chain(answer).collect();
            intents.push(Intent { name, slots });
        }
        Some(intents)
    }

    /// Whether `words` are a phrase of the user's.
    pub(super) fn is_own(&self, words: &str, language: &Language) -> bool {
        self.phrase(words, language).is_some()
    }

    /// The template of the user's that `words` are, and its slots.
    fn phrase(&self, words: &str, language: &Language) -> Option<(&Say, Vec<Slot>)> {
        let (_, patterns) = self.taught.patterns.iter().find(|(known, _)| known == language)?;
        let templates = self.templates(language)?;
        if words.len() > LONGEST_DICTATED {
            return None;
        }
        let whole = templates.expand(self.tokenizer.read(words));
        // A phrase may begin with what is a filler elsewhere: "hey you".
        let bare = templates.without_fillers(whole.clone());
        [whole, bare].iter().filter(|tokens| !tokens.is_empty()).find_map(|tokens| {
            let dictated = words.len() > LONGEST_BYTES || tokens.len() > LONGEST_TOKENS;
            let sentence = Sentence::new(words, tokens, templates);
            patterns
                .candidates(tokens)
                .filter(|(_, pattern)| !dictated || takes_the_rest(pattern))
                .find_map(|(say, pattern)| Some((&self.taught.says[say], sentence.slots(pattern)?)))
        })
    }

    /// What `wish` asks for with what was said for `slots` in `words`.
    fn wish(&self, wish: &Wish, words: &str, slots: &[Slot]) -> Option<Vec<Intent>> {
        let sentence = filled(&wish.pieces, words, slots);
        let meant = self.built_in(&sentence, &wish.language);
        (!meant.is_empty()).then_some(meant)
    }
}

/// `pieces` with what was said for `slots`, in the words in which it was said.
fn filled(pieces: &[Piece], words: &str, slots: &[Slot]) -> String {
    let one = |piece: &Piece| match piece {
        Piece::Fixed(text) => text.clone(),
        Piece::Said(name) => {
            let slot = slots.iter().find(|slot| slot.name == *name);
            slot.map(|slot| spoken(slot, words)).unwrap_or_default()
        }
    };
    pieces.iter().map(one).collect()
}

/// The words that were said for `slot`; its value where it takes none.
fn spoken(slot: &Slot, words: &str) -> String {
    match &slot.value {
        SlotValue::Text(constant) if slot.span.is_empty() => constant.clone(),
        _ => words.get(slot.span.clone()).unwrap_or_default().to_owned(),
    }
}

/// `slot` as a program is given it: a number as such, everything else in the words in which it was said.
fn as_said(slot: Slot, words: &str) -> Slot {
    match slot.value {
        SlotValue::Number(_) => slot,
        _ => Slot { value: SlotValue::Text(spoken(&slot, words)), ..slot },
    }
}

/// The intent of a phrase that would do `sentence`, which is not understood with what was said in it.
fn unclear(sentence: &str, words: &str) -> Intent {
    let text = SlotValue::Text(sentence.to_owned());
    Intent {
        name: format!("{PHRASE}unclear"),
        slots: vec![Slot { name: "text", value: text, span: 0..words.len() }],
    }
}

//! Deeds: what a phrase of the user's own file has done beside what Mynah does by itself.
//!
//! Enters: what `understand` reads from that file. Leaves: what a skill starts and says. Never here: a shell's syntax; each
//! argument is one argument.

use std::path::PathBuf;

use super::{Intent, SlotValue};

/// What the intents of a user's phrases are called, before the phrase's place in the file.
pub const PHRASE: &str = "phrase.";

/// The slot with what a phrase answers, in whose words stands what was said.
pub const ANSWER: &str = "answer";

/// A program to start, words to say, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// The intent's name: [`PHRASE`] and the phrase's place in the file, from 1.
    pub intent: String,
    /// The program, by its absolute path, and its arguments.
    pub run: Option<(PathBuf, Vec<Piece>)>,
    /// What to say once the program was started, or at once where there is none: as slot [`ANSWER`], with what was said put in.
    pub answer: Option<Vec<Piece>>,
}

/// An argument of a program, or a piece of what is said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// As it stands.
    Fixed(String),
    /// What was said for a slot.
    Said(&'static str),
}

impl Intent {
    /// What was said for slot `name`, as text: a number in digits, everything else in its words.
    #[must_use]
    pub fn said(&self, name: &str) -> Option<String> {
        match self.slot(name)? {
            SlotValue::Text(text) => Some(text.clone()),
            SlotValue::Number(number) => Some(number.to_string()),
            SlotValue::When(when) => Some(when.to_string()),
        }
    }
}

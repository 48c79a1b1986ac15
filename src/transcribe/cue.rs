//! Cue: what a reader must know to listen for a wake phrase.
//!
//! Enters: the phrases, and two judges of other rooms as closures: of words, and of sound. Leaves: the ways each phrase
//! may be written, as the model's tokens. Never here: the decision whether somebody called.

use std::{fmt, sync::Arc};

use super::tongues::Tongue;
use crate::flow::{Language, Script, is_han};
use crate::{script::Scribe, units::Probability};

/// Whether words begin with a wake phrase, or are a stop word.
pub type Begins = Arc<dyn Fn(&str) -> bool + Send + Sync>;

/// How much 16 kHz sound begins like the user's own samples.
pub type Alike = Arc<dyn Fn(&[f32]) -> Probability + Send + Sync>;

/// What to listen for while nobody is addressed.
#[derive(Clone)]
pub struct WakeCue {
    /// The phrases, as in the settings.
    pub phrases: Vec<String>,
    /// Whether words begin with one of them, by ear.
    pub begins: Begins,
    /// Whether words are nothing but a stop word. Those silence Mynah and do nothing else, so half a certainty is enough.
    pub stops: Begins,
    /// How much sound is like the user's samples, where there are any.
    pub alike: Option<Alike>,
}

impl fmt::Debug for WakeCue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WakeCue").field("phrases", &self.phrases.len()).finish_non_exhaustive()
    }
}

/// A way to write a phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spelling {
    /// The phrase's place in the settings.
    pub(super) phrase: usize,
    /// The language it is read in, by its place among the model's.
    pub(super) tongue: usize,
    /// What is written.
    pub(super) text: String,
    /// The same in tokens.
    pub(super) tokens: Vec<i32>,
}

/// All spellings of `phrases` that a model with `tongues` may write; `tokenize` is the model's own.
pub(super) fn spellings(
    phrases: &[String],
    tongues: &[Tongue],
    tokenize: &dyn Fn(&str) -> Option<Vec<i32>>,
) -> Vec<Spelling> {
    let mut all: Vec<Spelling> = Vec::new();
    for (phrase, written) in phrases.iter().enumerate() {
        let language = Language::of_text(written);
        let Some(tongue) = tongues.iter().position(|tongue| tongue.language == language) else { continue };
        for text in forms(written, &language) {
            let Some(tokens) = tokenize(&text) else { continue };
            if !tokens.is_empty() && !all.iter().any(|other| other.tokens == tokens) {
                all.push(Spelling { phrase, tongue, text, tokens });
            }
        }
    }
    all
}

/// How a recogniser may write `phrase` at the beginning of a sentence.
fn forms(phrase: &str, language: &Language) -> Vec<String> {
    if phrase.chars().any(is_han) {
        return [Script::Simplified, Script::Traditional]
            .into_iter()
            .map(|script| Scribe::new(script).write(phrase.to_owned(), language))
            .collect();
    }
    let words: Vec<String> = phrase
        .split(|c: char| !c.is_alphanumeric() && c != '\'')
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let Some((first, rest)) = words.split_first() else { return Vec::new() };
    let sentence = [std::slice::from_ref(&capital(first)), rest].concat();
    let name: Vec<String> = words.iter().map(|word| capital(word)).collect();
    let called =
        if rest.is_empty() { sentence.join(" ") } else { format!("{}, {}", sentence[0], rest.join(" ")) };
    [sentence.join(" "), called, name.join(" "), words.join(" ")].map(|text| format!(" {text}")).to_vec()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_written_in_several_ways() {
        assert_eq!(
            forms("hey computer", &Language::ENGLISH),
            [" Hey computer", " Hey, computer", " Hey Computer", " hey computer"]
        );
        assert_eq!(forms("你好电脑", &Language::MANDARIN), ["你好电脑", "你好電腦"]);
        assert_eq!(forms("alexandria", &Language::ENGLISH)[1], " Alexandria");
        assert!(forms("!", &Language::ENGLISH).is_empty());
    }
}

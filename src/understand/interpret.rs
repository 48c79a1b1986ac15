//! Interpret: the sentence that was said, as an intent or nothing.
//!
//! Enters: words and their language. Leaves: `Some` only where a template describes the whole sentence.

use std::ops::Range;

use serde_json::{Map, Value};

use super::{
    UnderstandError,
    grammar::{Node, takes_the_rest},
    matcher::Sentence,
    offers::{Called, Offer},
    templates::Templates,
    tokens::{Token, Tokenizer},
};
use crate::flow::{Intent, Language};

const ENGLISH: &str = include_str!("../../config/intents/en.toml");
const MANDARIN: &str = include_str!("../../config/intents/zh.toml");

/// The longest sentence, in bytes, that is compared with templates; the longest templates are far shorter.
const LONGEST_BYTES: usize = 400;

/// The same in tokens, after fillers.
const LONGEST_TOKENS: usize = 48;

/// The longest sentence of which the rest may be any words, such as a note that is dictated, in bytes.
const LONGEST_DICTATED: usize = 6_000;

/// The most things that one sentence may ask for.
const MOST_INTENTS: usize = 4;

/// Words and marks between two things that are asked for.
const JOINTS: [&str; 10] = [" and ", " then ", " also ", ",", ";", "，", "；", "然后", "並且", "并且"];

/// The compiled templates of every language.
pub struct Understanding {
    tokenizer: Tokenizer,
    languages: Vec<Templates>,
}

impl Understanding {
    /// The templates that ship with the program, English and Mandarin.
    ///
    /// # Errors
    /// [`UnderstandError::BadTemplates`] where a shipped file is wrong; a test keeps that from happening.
    pub fn new() -> Result<Self, UnderstandError> {
        Ok(Self::with(vec![
            Templates::parse(&Language::ENGLISH, ENGLISH)?,
            Templates::parse(&Language::MANDARIN, MANDARIN)?,
        ]))
    }

    /// Other templates, one set a language.
    #[must_use]
    pub fn with(languages: Vec<Templates>) -> Self {
        Self { tokenizer: Tokenizer::new(), languages }
    }

    /// What `words` ask for, if it is something that this device can do by itself.
    ///
    /// `None` for a language without templates.
    #[must_use]
    pub fn interpret(&self, words: &str, language: &Language) -> Option<Intent> {
        let templates = self.templates(language)?;
        if words.len() > LONGEST_DICTATED {
            return None;
        }
        let tokens = templates.without_fillers(templates.expand(self.tokenizer.read(words)));
        let dictated = words.len() > LONGEST_BYTES || tokens.len() > LONGEST_TOKENS;
        if tokens.is_empty() {
            return None;
        }
        let sentence = Sentence::new(words, &tokens, templates);
        if templates.never.candidates(&tokens).any(|(_, pattern)| sentence.slots(pattern).is_some()) {
            return None;
        }
        let may_be = |pattern: &[Node]| !dictated || takes_the_rest(pattern);
        let mut candidates = templates.patterns.candidates(&tokens).filter(|(_, pattern)| may_be(pattern));
        candidates.find_map(|(intent, pattern)| {
            let slots = sentence.slots(pattern)?;
            Some(Intent { name: templates.names[intent].clone(), slots })
        })
    }

    /// The templates of `language`, if it has any.
    pub(super) fn templates(&self, language: &Language) -> Option<&Templates> {
        self.languages.iter().find(|templates| templates.language() == language)
    }

    /// `words` as tokens of `templates`, none where they are too many to be a command.
    pub(super) fn tokens(&self, words: &str, templates: &Templates) -> Vec<Token> {
        if words.len() > LONGEST_BYTES {
            return Vec::new();
        }
        let tokens = templates.expand(self.tokenizer.read(words));
        if tokens.len() > LONGEST_TOKENS { Vec::new() } else { tokens }
    }

    /// What a language model may ask for, of the first language whose file offers anything: models read English.
    #[must_use]
    pub fn offers(&self) -> &[Offer] {
        self.languages
            .iter()
            .map(|language| language.offers.as_slice())
            .find(|o| !o.is_empty())
            .unwrap_or(&[])
    }

    /// What a call of the function `name` with `arguments` asks for.
    ///
    /// # Errors
    /// What is wrong with the call, for the model to read, without a word of it.
    pub fn call(&self, name: &str, arguments: &Map<String, Value>) -> Result<Called, String> {
        let offer = self.offers().iter().find(|offer| offer.name == name);
        offer.ok_or_else(|| "there is no such function".to_owned())?.call(arguments, &self.tokenizer)
    }

    /// Everything that `words` ask for, in their order, where this device can do all of it by itself: "set a timer for five
    /// minutes and tell me the time". Otherwise nothing; half an answer would hide that the rest was not done.
    #[must_use]
    pub fn interpret_all(&self, words: &str, language: &Language) -> Vec<Intent> {
        if words.len() > LONGEST_BYTES {
            return self.interpret(words, language).into_iter().collect();
        }
        let lower = words.to_ascii_lowercase();
        let mut intents = Vec::new();
        let mut start = 0;
        while intents.len() < MOST_INTENTS {
            if let Some(intent) = self.part(words, start..words.len(), language) {
                intents.push(intent);
                return intents;
            }
            let mut joints: Vec<Range<usize>> = JOINTS
                .iter()
                .flat_map(|joint| lower[start..].match_indices(joint))
                .map(|(at, joint)| start + at..start + at + joint.trim_end().len())
                .collect();
            joints.sort_by_key(|joint| joint.start);
            let blank = |part: &str| !part.contains(char::is_alphanumeric);
            let next = joints.into_iter().find_map(|joint| {
                if blank(&words[start..joint.start]) {
                    return Some((None, joint.end));
                }
                Some((Some(self.part(words, start..joint.start, language)?), joint.end))
            });
            let Some((intent, end)) = next else { return Vec::new() };
            intents.extend(intent);
            start = end;
        }
        Vec::new()
    }

    /// What `span` of `words` asks for, with its slots where they stand in all of `words`.
    fn part(&self, words: &str, span: Range<usize>, language: &Language) -> Option<Intent> {
        let mut intent = self.interpret(&words[span.clone()], language)?;
        for slot in &mut intent.slots {
            slot.span = slot.span.start + span.start..slot.span.end + span.start;
        }
        Some(intent)
    }
}

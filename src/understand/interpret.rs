//! Interpret: the sentence that was said, as an intent or nothing.
//!
//! Enters: words and their language. Leaves: `Some` only where a template describes the whole sentence.

use std::{ops::Range, sync::Arc};

use serde_json::{Map, Value};

use super::{
    UnderstandError,
    grammar::{Node, takes_the_rest},
    matcher::Sentence,
    offers::{Called, Offer},
    taught::Taught,
    templates::Templates,
    tokens::{Token, Tokenizer},
};
use crate::flow::{Intent, Language};

const ENGLISH: &str = include_str!("../../config/intents/en.toml");
const MANDARIN: &str = include_str!("../../config/intents/zh.toml");

/// The longest sentence, in bytes, that is compared with templates; the longest templates are far shorter.
pub(super) const LONGEST_BYTES: usize = 400;

/// The same in tokens, after fillers.
pub(super) const LONGEST_TOKENS: usize = 48;

/// The longest sentence of which the rest may be any words, such as a note that is dictated, in bytes.
pub(super) const LONGEST_DICTATED: usize = 6_000;

/// The most things that one sentence may ask for.
const MOST_INTENTS: usize = 4;

/// Words and marks between two things that are asked for.
const JOINTS: [&str; 10] = [" and ", " then ", " also ", ",", ";", "，", "；", "然后", "並且", "并且"];

/// The compiled templates of every language.
pub struct Understanding {
    pub(super) tokenizer: Arc<Tokenizer>,
    pub(super) languages: Arc<[Templates]>,
    /// The phrases of the user's own file.
    pub(super) taught: Taught,
}

/// The sentences that the built-in files promise to understand, each with its language.
pub(super) fn promised() -> Vec<(Language, String)> {
    let of = |(language, text): (Language, &str)| {
        let tests = Templates::promised(text).into_iter();
        tests.map(move |sentence| (language.clone(), sentence)).collect::<Vec<_>>()
    };
    [(Language::ENGLISH, ENGLISH), (Language::MANDARIN, MANDARIN)].into_iter().flat_map(of).collect()
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
        Self { tokenizer: Arc::new(Tokenizer::new()), languages: languages.into(), taught: Taught::default() }
    }

    /// The same templates, with the phrases in `taught`.
    pub(super) fn with_taught(&self, taught: Taught) -> Self {
        Self { tokenizer: self.tokenizer.clone(), languages: self.languages.clone(), taught }
    }

    /// What `words` ask for, if it is something that this device can do by itself and the user's own phrases are left out.
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
    /// minutes and tell me the time". Otherwise nothing; half an answer would hide that the rest was not done. A phrase of the
    /// user's comes before what is understood without it.
    #[must_use]
    pub fn interpret_all(&self, words: &str, language: &Language) -> Vec<Intent> {
        let own = |part: &str| self.own(part, language);
        in_parts(words, |part| own(part).or_else(|| Some(vec![self.interpret(part, language)?])))
    }

    /// The same without the user's phrases.
    pub(super) fn built_in(&self, words: &str, language: &Language) -> Vec<Intent> {
        in_parts(words, |part| Some(vec![self.interpret(part, language)?]))
    }
}

/// What all of `words` ask for, or each of their parts between joints, as `meant` says of it.
fn in_parts(words: &str, meant: impl Fn(&str) -> Option<Vec<Intent>>) -> Vec<Intent> {
    if words.len() > LONGEST_BYTES {
        return meant(words).unwrap_or_default();
    }
    // With its slots where they stand in all of `words`.
    let part = |span: Range<usize>| {
        let mut intents = meant(&words[span.clone()])?;
        for slot in intents.iter_mut().flat_map(|intent| &mut intent.slots) {
            slot.span = slot.span.start + span.start..slot.span.end + span.start;
        }
        Some(intents)
    };
    let lower = words.to_ascii_lowercase();
    let mut intents = Vec::new();
    let (mut start, mut parts) = (0, 0);
    while parts < MOST_INTENTS {
        if let Some(last) = part(start..words.len()) {
            intents.extend(last);
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
            Some((Some(part(start..joint.start)?), joint.end))
        });
        let Some((before, end)) = next else { return Vec::new() };
        parts += usize::from(before.is_some());
        intents.extend(before.into_iter().flatten());
        start = end;
    }
    Vec::new()
}

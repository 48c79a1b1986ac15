//! Interpret: the sentence that was said, as an intent or nothing.
//!
//! Enters: words and their language. Leaves: `Some` only where a template describes the whole sentence.

use super::{UnderstandError, matcher::Sentence, templates::Templates, tokens::Tokenizer};
use crate::flow::{Intent, Language};

const ENGLISH: &str = include_str!("../../config/intents/en.toml");
const MANDARIN: &str = include_str!("../../config/intents/zh.toml");

/// The longest sentence, in bytes, that is compared with templates; the longest templates are far shorter.
const LONGEST_BYTES: usize = 400;

/// The same in tokens, after fillers.
const LONGEST_TOKENS: usize = 48;

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
        let templates = self.languages.iter().find(|templates| templates.language() == language)?;
        if words.len() > LONGEST_BYTES {
            return None;
        }
        let tokens = templates.without_fillers(templates.expand(self.tokenizer.read(words)));
        if tokens.is_empty() || tokens.len() > LONGEST_TOKENS {
            return None;
        }
        let sentence = Sentence { said: words, tokens: &tokens, templates };
        if templates.never.candidates(&tokens).any(|(_, pattern)| sentence.slots(pattern).is_some()) {
            return None;
        }
        templates.patterns.candidates(&tokens).find_map(|(intent, pattern)| {
            let slots = sentence.slots(pattern)?;
            Some(Intent { name: templates.names[intent].clone(), slots })
        })
    }
}

//! What a skill is told beside the intent, and what it gives back.

use std::sync::LazyLock;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};
use jiff::Zoned;

use crate::flow::{Language, is_han};

/// The circumstances of a turn.
#[derive(Debug, Clone)]
pub struct SkillContext {
    /// The time at which the user asked, in the user's zone.
    pub now: Zoned,
    /// The language to answer in.
    pub language: Language,
    /// The script for Mandarin; for "as heard" the caller gives [`Script::of_text`] of the words.
    pub script: Script,
    /// The configured region's name as the user would say it, if there is one.
    pub region: Option<String>,
    /// Whether times are told in 24 hours; `None` leaves it to the language (12 hours in both).
    pub clock_24h: Option<bool>,
}

/// A way to write Chinese.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Script {
    /// Simplified characters.
    #[default]
    Simplified,
    /// Traditional characters, as in Taiwan's standard.
    Traditional,
}

static TO_TRADITIONAL: LazyLock<OpenCC> = LazyLock::new(|| tables(BuiltinConfig::S2tw));
static TO_SIMPLIFIED: LazyLock<OpenCC> = LazyLock::new(|| tables(BuiltinConfig::T2s));

fn tables(config: BuiltinConfig) -> OpenCC {
    OpenCC::from_config(config).expect("the script tables are compiled into the crate")
}

impl Script {
    /// The script `text` is written in; simplified where it does not tell.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        if TO_SIMPLIFIED.convert(text) == text { Self::Simplified } else { Self::Traditional }
    }

    /// `text` in this script; text without Han characters stays as it is.
    pub(super) fn write(self, text: &str) -> String {
        if !text.chars().any(is_han) {
            return text.to_owned();
        }
        match self {
            Self::Simplified => TO_SIMPLIFIED.convert(text),
            Self::Traditional => TO_TRADITIONAL.convert(text),
        }
    }
}

/// An answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// What to say, one or two plain sentences.
    pub text: String,
}

impl Reply {
    /// The answer in the user's language.
    pub(super) fn in_language(
        context: &SkillContext,
        english: impl Into<String>,
        mandarin: impl Into<String>,
    ) -> Self {
        if context.in_mandarin() {
            return Self { text: mandarin.into() };
        }
        // Places and numbers may open a sentence: "the US", "minus 40 degrees".
        let english = english.into();
        let mut letters = english.chars();
        let text = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        Self { text: text.unwrap_or_default() }
    }
}

impl SkillContext {
    /// Whether to answer in Mandarin; the other language is English.
    pub(super) fn in_mandarin(&self) -> bool {
        self.language == Language::MANDARIN
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A turn at `now` ("2026-11-22T15:42[Europe/Paris]") in a language.
    pub(crate) fn at(now: &str, language: &Language) -> SkillContext {
        SkillContext {
            now: now.parse().unwrap(),
            language: language.clone(),
            script: Script::Simplified,
            region: None,
            clock_24h: None,
        }
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(Script::of_text("現在幾點"), Script::Traditional);
        assert_eq!(Script::of_text("现在几点"), Script::Simplified);
        assert_eq!(Script::of_text("what time is it"), Script::Simplified);
        assert_eq!(Script::Traditional.write("现在是下午3点。"), "現在是下午3點。");
        assert_eq!(Script::Simplified.write("東京"), "东京");
    }
}

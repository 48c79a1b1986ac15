//! Script: brings Chinese text into the characters the user reads.
//!
//! Enters: a text and its language, from whoever gives words: the recogniser, a skill, a language model. Leaves: the same
//! words. Whisper and language models mix simplified and traditional characters; OpenCC's tables settle it, loaded once
//! for all rooms when first needed. Never here: any change to text in another language.

use std::{fmt, sync::LazyLock};

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

use crate::flow::{Language, Script, is_han};

static TO_SIMPLIFIED: LazyLock<OpenCC> = LazyLock::new(|| tables(BuiltinConfig::T2s));
/// Taiwan's standard: OpenCC's own (`S2t`) keeps forms that no place teaches today, such as 爲 and 裏.
static TO_TRADITIONAL: LazyLock<OpenCC> = LazyLock::new(|| tables(BuiltinConfig::S2tw));

fn tables(config: BuiltinConfig) -> OpenCC {
    OpenCC::from_config(config).expect("the script tables are compiled into the crate")
}

/// Writes Chinese in one script.
#[derive(Clone, Copy)]
pub struct Scribe(Option<&'static LazyLock<OpenCC>>);

impl Scribe {
    /// A scribe for `script`.
    #[must_use]
    pub const fn new(script: Script) -> Self {
        match script {
            Script::Simplified => Self(Some(&TO_SIMPLIFIED)),
            Script::Traditional => Self(Some(&TO_TRADITIONAL)),
            Script::AsHeard => Self(None),
        }
    }

    /// `text` in the chosen script, where `language` is Chinese; else `text` itself.
    #[must_use]
    pub fn write(&self, text: String, language: &Language) -> String {
        let chinese = matches!(language.code(), "zh" | "yue") && text.chars().any(is_han);
        match self.0 {
            Some(tables) if chinese => tables.convert(&text),
            _ => text,
        }
    }
}

impl fmt::Debug for Scribe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Scribe").finish_non_exhaustive()
    }
}

impl Script {
    /// The script of an answer to `text`: the chosen one, or that of `text` where the user's own is kept.
    #[must_use]
    pub fn or_that_of(self, text: &str) -> Self {
        if self == Self::AsHeard { of_text(text) } else { self }
    }
}

/// The script `text` is written in; simplified where it does not tell.
#[must_use]
pub fn of_text(text: &str) -> Script {
    if TO_SIMPLIFIED.convert(text) == text { Script::Simplified } else { Script::Traditional }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(script: Script, text: &str, language: &Language) -> String {
        Scribe::new(script).write(text.into(), language)
    }

    #[test]
    fn chinese_follows_the_users_script() {
        let mixed = "請打开客廳的灯，为了里面的人。What time is it?";
        for (script, wanted) in [
            (Script::Simplified, "请打开客厅的灯，为了里面的人。What time is it?"),
            (Script::Traditional, "請打開客廳的燈，為了裡面的人。What time is it?"),
            (Script::AsHeard, mixed),
        ] {
            assert_eq!(written(script, mixed, &Language::MANDARIN), wanted, "{script:?}");
        }
    }

    #[test]
    fn other_languages_are_untouched() {
        let japanese = Language::from_code("ja").unwrap();
        assert_eq!(written(Script::Simplified, "電気をつけて", &japanese), "電気をつけて");
        assert_eq!(written(Script::Traditional, "Stop.", &Language::ENGLISH), "Stop.");
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(of_text("現在幾點"), Script::Traditional);
        assert_eq!(of_text("现在几点"), Script::Simplified);
        assert_eq!(of_text("what time is it"), Script::Simplified);
    }
}

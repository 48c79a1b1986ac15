//! Script: brings Chinese text into the characters the user reads.
//!
//! Enters: a text and its language. Leaves: the same words. Whisper mixes simplified and traditional characters
//! within one sentence; OpenCC's tables settle it. Never here: any change to text in another language.

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

pub use crate::flow::Script;
use crate::flow::{Language, is_han};

use super::TranscribeError;

/// Writes Chinese in one script.
pub struct Scribe(Option<OpenCC>);

impl Scribe {
    /// A scribe for `script`; loads OpenCC's embedded tables where one is needed.
    ///
    /// # Errors
    /// [`TranscribeError::ScriptTables`] when the tables cannot be loaded.
    pub fn new(script: Script) -> Result<Self, TranscribeError> {
        let tables = match script {
            Script::Simplified => BuiltinConfig::T2s,
            Script::Traditional => BuiltinConfig::S2t,
            Script::AsHeard => return Ok(Self(None)),
        };
        let converter =
            OpenCC::from_config(tables).map_err(|e| TranscribeError::ScriptTables { why: e.to_string() })?;
        Ok(Self(Some(converter)))
    }

    /// `text` in the chosen script, where `language` is Chinese; else `text` itself.
    #[must_use]
    pub fn write(&self, text: String, language: &Language) -> String {
        let chinese = matches!(language.code(), "zh" | "yue") && text.chars().any(is_han);
        match &self.0 {
            Some(converter) if chinese => converter.convert(&text),
            _ => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(script: Script, text: &str, language: &Language) -> String {
        Scribe::new(script).unwrap().write(text.into(), language)
    }

    #[test]
    fn chinese_follows_the_users_script() {
        let mixed = "請打开客廳的灯。What time is it?";
        assert_eq!(
            written(Script::Simplified, mixed, &Language::MANDARIN),
            "请打开客厅的灯。What time is it?"
        );
        assert_eq!(
            written(Script::Traditional, mixed, &Language::MANDARIN),
            "請打開客廳的燈。What time is it?"
        );
        assert_eq!(written(Script::AsHeard, mixed, &Language::MANDARIN), mixed);
    }

    #[test]
    fn other_languages_are_untouched() {
        let japanese = Language::from_code("ja").unwrap();
        assert_eq!(written(Script::Simplified, "電気をつけて", &japanese), "電気をつけて");
        assert_eq!(written(Script::Traditional, "Stop.", &Language::ENGLISH), "Stop.");
    }
}

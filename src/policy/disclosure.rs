//! Disclosure: what a region wants people told about a voice that is a machine's.
//!
//! Enters: `[region.*.disclose]` of the rules. Leaves: a [`Disclosure`], for one region or the strictest of several.
//! Never here: showing or speaking it; a text that is missing in a language falls back to English, never to silence.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::policy::Month;

/// A sentence by language code (`en`, `zh`); English is always there.
pub type Texts = BTreeMap<String, String>;

/// How something made by a machine says so to the ear.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SoundMark {
    /// It need not.
    None,
    /// The rhythm short-long short-short: "AI" in Morse code.
    Morse,
    /// A spoken sentence, [`Disclosure::spoken`].
    Spoken,
}

/// How often the first-use line is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Repeat {
    /// Once.
    Once,
    /// Once a day.
    Daily,
}

/// What a region wants told. The fields are the keys of `[region.*.disclose]`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Disclosure {
    first_use: Texts,
    badge: Texts,
    spoken: Texts,
    /// How often the first-use line is due.
    pub repeat: Repeat,
    /// The mark at the end of each turn where nothing shows the badge.
    pub no_screen: SoundMark,
    /// The mark in sound that is written to a file.
    pub export_audio: SoundMark,
    /// Whether files carry the machine-readable mark.
    pub export_metadata: bool,
    /// Whether the model's name and filing number are shown with the badge.
    pub model_and_filing: bool,
    pub(super) src: String,
    pub(super) verified: Month,
}

impl Disclosure {
    /// The line for the first use, in `language` (`zh`) or English.
    #[must_use]
    pub fn first_use(&self, language: &str) -> &str {
        in_language(&self.first_use, language)
    }

    /// The badge that stands in every interface.
    #[must_use]
    pub fn badge(&self, language: &str) -> &str {
        in_language(&self.badge, language)
    }

    /// The sentence of the spoken mark.
    #[must_use]
    pub fn spoken(&self, language: &str) -> &str {
        in_language(&self.spoken, language)
    }

    /// The three tables of texts, with their keys.
    pub(super) const fn texts(&self) -> [(&'static str, &Texts); 3] {
        [("first_use", &self.first_use), ("badge", &self.badge), ("spoken", &self.spoken)]
    }

    /// What satisfies both: the stricter of every duty, and this one's words where both have them.
    #[must_use]
    pub(super) fn with(mut self, other: &Self) -> Self {
        for (mine, theirs) in [
            (&mut self.first_use, &other.first_use),
            (&mut self.badge, &other.badge),
            (&mut self.spoken, &other.spoken),
        ] {
            for (language, text) in theirs {
                mine.entry(language.clone()).or_insert_with(|| text.clone());
            }
        }
        self.repeat = self.repeat.max(other.repeat);
        self.no_screen = self.no_screen.max(other.no_screen);
        self.export_audio = self.export_audio.max(other.export_audio);
        self.export_metadata |= other.export_metadata;
        self.model_and_filing |= other.model_and_filing;
        self
    }
}

/// Rules without English texts are refused when they are read.
fn in_language<'a>(texts: &'a Texts, language: &str) -> &'a str {
    texts.get(language).or_else(|| texts.get("en")).map_or("", String::as_str)
}

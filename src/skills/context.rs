//! What a skill is told beside the intent, and what it gives back.

use jiff::Zoned;

use super::changes::Back;
use crate::flow::{Asks, Intent, Language, Provenance, Script, Slot, SlotValue, Wanted};

/// The circumstances of a turn.
#[derive(Debug, Clone)]
pub struct SkillContext {
    /// The time at which the user asked, in the user's zone.
    pub now: Zoned,
    /// The language to answer in.
    pub language: Language,
    /// The script for Mandarin; for "as heard" the caller gives [`crate::script::of_text`] of the words.
    pub script: Script,
    /// The configured region's name as the user would say it, if there is one.
    pub region: Option<String>,
    /// Whether times are told in 24 hours; `None` leaves it to the language (12 hours in both).
    pub clock_24h: Option<bool>,
}

/// An answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    /// What to say, one or two plain sentences.
    pub text: String,
    /// What it asks the user for, if it is a question.
    pub asks: Option<Asks>,
    /// Whose facts it tells, where that is not this device alone.
    pub facts: Option<Provenance>,
    /// What takes back what was done, where something else than what falls due was changed.
    pub(super) back: Option<Back>,
    /// Whether something was tried that may be tried again: who should have done it did not answer, or could not.
    pub(super) in_vain: bool,
}

impl Reply {
    /// The answer in the user's language.
    pub(super) fn in_language(
        context: &SkillContext,
        english: impl Into<String>,
        mandarin: impl Into<String>,
    ) -> Self {
        let reply = |text| Self { text, asks: None, facts: None, back: None, in_vain: false };
        if context.in_mandarin() {
            return reply(mandarin.into());
        }
        // Places and numbers may open a sentence: "the US", "minus 40 degrees".
        let english = english.into();
        let mut letters = english.chars();
        let text = letters.next().map(|first| first.to_uppercase().chain(letters).collect());
        reply(text.unwrap_or_default())
    }

    /// The same, as a question for `slot` of `intent`, which is done with the answer.
    pub(super) fn asking(self, intent: &Intent, slot: &'static str, wants: Wanted) -> Self {
        Self { asks: Some(Asks { intent: intent.clone(), slot, wants, then: Vec::new() }), ..self }
    }

    /// The same, with what takes back what was done: the intent `name` with `slots`.
    pub(super) fn taken_back_by(self, name: &str, slots: Vec<(&'static str, SlotValue)>) -> Self {
        let slots = slots.into_iter().map(|(name, value)| Slot { name, value, span: 0..0 }).collect();
        Self { back: Some(Back::By(Intent { name: name.to_owned(), slots })), ..self }
    }

    /// The same, where something was done that nothing takes back.
    pub(super) fn for_good(self) -> Self {
        Self { back: Some(Back::Never), ..self }
    }

    /// The same, with facts from elsewhere.
    pub(super) fn told_by(self, by: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { facts: Some(Provenance { by: by.into(), reason: reason.into() }), ..self }
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
}

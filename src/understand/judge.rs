//! Judge: whether an utterance calls Mynah.
//!
//! Enters: a transcript with what the sound says of the wake phrases, and where it lies. Leaves: a [`Verdict`]. Pure; time
//! is counted in samples. Never here: sound, a model, a word in a log.

use std::ops::Range;

use super::{UnderstandError, WakePhrase};
use crate::{
    flow::Transcript,
    units::{Probability, SampleIndex},
};

/// How readily to wake.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WakeOptions {
    /// 0.0 to 1.0, default 0.5: higher misses less and wakes more often by mistake.
    pub sensitivity: f32,
    /// Samples after waking in which the phrase alone is not a new call; default 1 s.
    pub refractory: u64,
    /// Samples after a near miss in which it wakes more readily, because who was not heard says it again; default 5 s.
    pub second_chance: u64,
}

impl Default for WakeOptions {
    fn default() -> Self {
        Self {
            sensitivity: 0.5,
            refractory: SampleIndex::from_ms(1_000).0,
            second_chance: SampleIndex::from_ms(5_000).0,
        }
    }
}

/// What speaks for a call.
#[derive(Debug, Clone, PartialEq)]
pub struct Evidence {
    /// The phrase, by its place in the settings; `None` where neither words nor sound hold one.
    pub phrase: Option<usize>,
    /// How strongly, 0 to 1.
    pub strength: Probability,
    /// The words after the phrase.
    pub rest: String,
    /// Where it was said.
    pub span: Range<SampleIndex>,
}

/// Whether somebody called.
#[derive(Debug, Clone, PartialEq)]
pub enum Verdict {
    /// Nobody did.
    NotAddressed,
    /// Somebody did.
    Woken {
        /// The phrase, by its place in the settings.
        phrase: usize,
        /// How strong the evidence was.
        score: Probability,
        /// The words after the phrase, perhaps none.
        rest: String,
    },
}

/// Judges utterances one after the other.
pub struct WakeJudge {
    phrases: WakePhrase,
    options: WakeOptions,
    /// Until where the phrase alone is no new call.
    asleep_until: SampleIndex,
    /// Until where a near miss makes it wake more readily.
    eager_until: SampleIndex,
}

impl WakeJudge {
    /// Listens for `phrases`.
    ///
    /// # Errors
    /// [`UnderstandError::BadWakePhrase`].
    pub fn new(phrases: &[String], options: WakeOptions) -> Result<Self, UnderstandError> {
        let nowhere = SampleIndex::default();
        Ok(Self { phrases: WakePhrase::new(phrases)?, options, asleep_until: nowhere, eager_until: nowhere })
    }

    /// What `transcript` says for a call.
    #[must_use]
    pub fn evidence(&self, transcript: &Transcript) -> Evidence {
        let found = self.phrases.find(transcript.words.as_str());
        let nowhere = SampleIndex::default();
        let span = transcript.wake.as_ref().map_or(nowhere..nowhere, |hint| hint.span.clone());
        let strength = strength(transcript, found.as_ref().map(|found| found.exact));
        Evidence {
            phrase: found.as_ref().map(|found| found.phrase).filter(|_| strength > 0.0),
            strength: Probability::clamped(strength),
            rest: found.map(|found| found.rest).unwrap_or_default(),
            span,
        }
    }

    /// Judges `transcript`.
    pub fn judge(&mut self, transcript: &Transcript) -> Verdict {
        let evidence = self.evidence(transcript);
        self.decide(evidence)
    }

    /// Judges `evidence`; positions must grow from call to call, or start again from zero.
    pub fn decide(&mut self, evidence: Evidence) -> Verdict {
        let span = &evidence.span;
        let eager = span.start < self.eager_until && span.end > SampleIndex::default();
        let score = evidence.strength;
        let needed = needed(self.options.sensitivity, eager);
        let Some(phrase) = evidence.phrase else { return Verdict::NotAddressed };
        if score.get() < needed {
            if score.get() >= needed * NEAR {
                self.eager_until = span.end.plus(self.options.second_chance);
            }
            return Verdict::NotAddressed;
        }
        if evidence.rest.is_empty() && span.start < self.asleep_until && span.end > SampleIndex::default() {
            return Verdict::NotAddressed;
        }
        self.eager_until = SampleIndex::default();
        self.asleep_until = span.end.plus(self.options.refractory);
        Verdict::Woken { phrase, score, rest: evidence.rest }
    }
}

/// A near miss has this share of the strength that is needed.
const NEAR: f32 = 0.5;

/// The strength that wakes.
fn needed(sensitivity: f32, eager: bool) -> f32 {
    let sensitivity = if sensitivity.is_finite() { sensitivity.clamp(0.0, 1.0) } else { 0.5 };
    let sensitivity = if eager { (sensitivity + 0.25).min(1.0) } else { sensitivity };
    1.0 - sensitivity
}

fn strength(transcript: &Transcript, written: Option<bool>) -> f32 {
    let Some(exact) = written else { return 0.0 };
    let Some(hint) = &transcript.wake else { return 1.0 };
    let text: f32 = if exact { 1.0 } else { 0.8 };
    text.min(hint.score.get())
}

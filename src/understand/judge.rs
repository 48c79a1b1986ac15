//! Judge: whether an utterance calls Mynah.
//!
//! Enters: a transcript with what the sound says of the wake phrases, and where it lies. Leaves: a [`Verdict`]. Pure; time
//! is counted in samples. Never here: sound, a model, a word in a log.

use std::ops::Range;

use super::{UnderstandError, WakePhrase};
use crate::{
    flow::{Transcript, WakeHint},
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
    /// Where the utterance before this one ended.
    heard_until: SampleIndex,
}

impl WakeJudge {
    /// Listens for `phrases`.
    ///
    /// # Errors
    /// [`UnderstandError::BadWakePhrase`].
    pub fn new(phrases: &[String], options: WakeOptions) -> Result<Self, UnderstandError> {
        let nowhere = SampleIndex::default();
        Ok(Self {
            phrases: WakePhrase::new(phrases)?,
            options,
            asleep_until: nowhere,
            eager_until: nowhere,
            heard_until: nowhere,
        })
    }

    /// What `transcript` says for a call.
    #[must_use]
    pub fn evidence(&self, transcript: &Transcript) -> Evidence {
        let found = self.phrases.find(transcript.words.as_str());
        let nowhere = SampleIndex::default();
        let span = transcript.wake.as_ref().map_or(nowhere..nowhere, |hint| hint.span.clone());
        let strength = found.as_ref().map_or(0.0, |found| strength(transcript.wake.as_ref(), found.exact));
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

    /// Judges `evidence`. Positions grow from call to call; one that does not is of another recording.
    pub fn decide(&mut self, evidence: Evidence) -> Verdict {
        let span = &evidence.span;
        if span.start < self.heard_until {
            self.asleep_until = SampleIndex::default();
            self.eager_until = SampleIndex::default();
        }
        self.heard_until = span.end;
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
const NEAR: f32 = 0.6;

/// What a phrase counts that is written otherwise and only sounds alike.
const BY_EAR: f32 = 0.85;

/// What a call counts that is nothing like the user's samples; one that is like them counts so much more than one.
const UNLIKE: f32 = 0.35;

/// The strength that wakes: 0.95 at sensitivity 0, 0.6 in the middle, 0.25 at 1; after a near miss as at a quarter more.
fn needed(sensitivity: f32, eager: bool) -> f32 {
    let sensitivity = if sensitivity.is_finite() { sensitivity.clamp(0.0, 1.0) } else { 0.5 };
    let sensitivity = if eager { (sensitivity + 0.25).min(1.0) } else { sensitivity };
    0.95 - 0.7 * sensitivity
}

/// How strongly words that begin with a phrase speak for a call; `exact` where they are written as it is.
///
/// The phrase's own probability tells little apart: behind "hey" a recogniser expects what it was taught. How sure it is of
/// the rest tells as much, since sound that is forced into the phrase goes on as rubbish. The user's own samples weigh a third
/// more, or a third of it.
///
/// Measured with a built-in model in training over 280 clean calls in seven voices it never heard and four hours of other
/// speech: the weakest call has 0.63, the strongest other utterance 0.58.
fn strength(hint: Option<&WakeHint>, exact: bool) -> f32 {
    // Typed words, and those of a reader that listens for no phrase, are what they are.
    let Some(hint) = hint else { return 1.0 };
    let written = if exact && !hint.forced { 1.0 } else { BY_EAR };
    let sound = hint.score.get() * (hint.sure.get() * hint.read.get()).sqrt();
    // A phrase that the model has no tokens for, in words or language, is told by its words alone.
    let told = if hint.sure == Probability::ZERO { hint.read.get() } else { sound };
    let own = hint.alike.map_or(1.0, |alike| UNLIKE + alike.get());
    (written * told * own).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::Language,
        units::{TurnId, Words},
    };

    fn judge(sensitivity: f32) -> WakeJudge {
        let phrases = ["hey computer".to_owned(), "你好电脑".to_owned()];
        WakeJudge::new(&phrases, WakeOptions { sensitivity, ..WakeOptions::default() }).unwrap()
    }

    fn said(words: &str, ms: u64, score: f32, sure: f32) -> Transcript {
        let at = SampleIndex::from_ms(ms);
        Transcript {
            turn: TurnId(1),
            words: Words::from(words),
            language: Language::ENGLISH,
            confidence: Probability::ONE,
            wake: Some(WakeHint {
                phrase: 0,
                score: Probability::clamped(score),
                sure: Probability::clamped(sure),
                read: Probability::clamped(sure),
                alike: None,
                forced: score < 1.0,
                span: at..at.plus(16_000),
            }),
        }
    }

    fn wakes(judge: &mut WakeJudge, transcript: &Transcript) -> bool {
        matches!(judge.judge(transcript), Verdict::Woken { .. })
    }

    #[test]
    fn typed_words_wake_by_themselves() {
        let typed = Transcript { wake: None, ..said("你好电脑，停", 0, 1.0, 1.0) };
        let woken = Verdict::Woken { phrase: 1, score: Probability::ONE, rest: "停".into() };
        assert_eq!(judge(0.0).judge(&typed), woken);
        let other = Transcript { wake: None, ..said("what time is it", 0, 1.0, 1.0) };
        assert_eq!(judge(1.0).judge(&other), Verdict::NotAddressed);
    }

    #[test]
    fn sensitivity_decides_between_clear_and_doubtful() {
        let (clear, doubtful, rubbish) = (
            said("Hey computer, stop.", 0, 1.0, 0.9),
            said("Hey computer", 0, 0.9, 0.6),
            said("Hey computer", 0, 0.3, 0.2),
        );
        let at =
            |sensitivity: f32| [&clear, &doubtful, &rubbish].map(|one| wakes(&mut judge(sensitivity), one));
        assert_eq!(at(0.0), [false, false, false]);
        assert_eq!(at(0.5), [true, false, false]);
        assert_eq!(at(0.75), [true, true, false]);
        assert_eq!(at(1.0), [true, true, false]);
        assert_eq!(at(f32::NAN), at(0.5));
    }

    #[test]
    fn a_near_miss_opens_a_second_chance_that_ends() {
        let doubtful = |ms| said("Hey computer", ms, 0.9, 0.65);
        let mut one = judge(0.5);
        assert!(!wakes(&mut one, &doubtful(0)));
        assert!(wakes(&mut one, &doubtful(3_000)), "said again");
        let mut other = judge(0.5);
        assert!(!wakes(&mut other, &doubtful(0)));
        assert!(!wakes(&mut other, &doubtful(7_000)), "too late");
        assert!(wakes(&mut other, &doubtful(9_000)), "but that was a near miss too");
    }

    #[test]
    fn the_phrase_alone_is_no_new_call_just_after_waking_and_a_command_is() {
        let mut judge = judge(0.5);
        assert!(wakes(&mut judge, &said("Hey computer.", 0, 1.0, 0.9)));
        assert!(!wakes(&mut judge, &said("Hey computer.", 1_500, 1.0, 0.9)));
        assert!(wakes(&mut judge, &said("Hey computer, stop.", 2_600, 1.0, 0.9)));
        assert!(wakes(&mut judge, &said("Hey computer.", 6_000, 1.0, 0.9)));
        assert!(wakes(&mut judge, &said("Hey computer.", 500, 1.0, 0.9)), "another recording");
    }

    #[test]
    fn own_samples_weigh() {
        let mut doubtful = said("Hey computer", 0, 0.9, 0.65);
        let with = |doubtful: &mut Transcript, alike: f32| {
            let hint = doubtful.wake.as_mut().unwrap();
            hint.alike = Some(Probability::clamped(alike));
            wakes(&mut judge(0.5), doubtful)
        };
        assert!(with(&mut doubtful, 0.95));
        assert!(!with(&mut doubtful, 0.5));
        let mut clear = said("Hey computer", 0, 1.0, 0.9);
        assert!(!with(&mut clear, 0.0), "another's voice, or another word");
        assert!(with(&mut clear, 0.4));
    }
}

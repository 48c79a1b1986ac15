//! Weigh: decides whether the built-in model's words are to be trusted.
//!
//! Enters: a first pass and the sound it was made from. Leaves: the chance that its words are right, no speech, or the
//! doubt. Never here: official models, which are judged by the guard; coefficients.
//!
//! A small model writes one of its commands for anything that sounds like speech. So its words count only where the
//! first pass leaves no doubt, or a second one, over a slower copy of the sound, bears it out.

use crate::units::Probability;

use super::{
    Abort, Doubt, TranscribeError, Whisper, confidence, evidence,
    guard::{self, Decoded, Strictness},
    loudness, trust,
    whisper::{LEAST_SAMPLES, NO_SPEECH},
};

/// What a first pass was made from.
pub(super) struct Heard<'a> {
    /// The sound, trimmed to what sounds.
    pub(super) pcm: &'a [f32],
    /// Its length.
    pub(super) seconds: f32,
    /// Whether it keeps its level as speech hardly ever does.
    pub(super) steady: bool,
    /// The encoder positions the pass was given.
    pub(super) context: usize,
}

impl Whisper {
    /// The chance that `first` is right, or `None` where more likely nobody spoke.
    pub(super) fn weigh(
        &mut self,
        heard: &Heard<'_>,
        first: &Decoded,
        abort: &Abort,
    ) -> Result<Option<Probability>, TranscribeError> {
        if let Some(doubt) = guard::misshapen(first, heard.seconds, Strictness::Last) {
            return Err(TranscribeError::NotUnderstood { doubt });
        }
        let alone = evidence::alone(first, heard.seconds, loudness::swing(heard.pcm));
        let mut chance = trust::after_one(&alone);
        if trust::undecided(chance) {
            evidence::slower(heard.pcm, &mut self.sound);
            let least = self.sound.len().max(LEAST_SAMPLES);
            self.sound.resize(least, 0.0);
            let second = self.pass(heard.context, self.current, abort)?;
            let together = evidence::together(&alone, first, &second);
            chance = trust::after_two(&together);
            tracing::trace!(evidence = ?together, "weighed after two passes");
        } else {
            tracing::trace!(evidence = ?alone, "weighed after one pass");
        }
        let floor = if heard.steady { confidence::raised(self.speech.floor) } else { self.speech.floor };
        if chance >= floor {
            return Ok(Some(chance));
        }
        if heard.steady || first.no_speech > NO_SPEECH {
            return Ok(None);
        }
        Err(TranscribeError::NotUnderstood { doubt: Doubt::Untrusted { chance, floor } })
    }
}

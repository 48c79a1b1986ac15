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
    loudness, threads, trust,
    whisper::{LEAST_SAMPLES, NO_SPEECH, engine},
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
        let nobody = self.nobody()?;
        let first = &Decoded { no_speech: nobody, ..first.clone() };
        let alone = evidence::alone(first, heard.seconds, loudness::swing(heard.pcm));
        let mut chance = trust::after_one(&alone);
        if trust::undecided(chance) {
            evidence::slower(heard.pcm, &mut self.sound);
            let least = self.sound.len().max(LEAST_SAMPLES);
            self.sound.resize(least, 0.0);
            let second = self.pass(heard.context, self.current, abort)?;
            let second = Decoded { no_speech: self.nobody()?, ..second };
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

    /// The chance that nobody speaks in the sound encoded last: that the first token is the one for no speech.
    ///
    /// whisper.cpp 1.8.3 reads this chance off the logits of the prompt's first token, which it does not compute when
    /// the prompt has two: what it tells is 1 in 51,864 for every sound. Asking the decoder costs two tokens.
    fn nobody(&mut self) -> Result<Probability, TranscribeError> {
        let prompt = [self.context.token_sot(), self.context.token_not()];
        for (past, token) in prompt.iter().enumerate() {
            self.state.decode(&[*token], past, threads::now(self.speech.threads)).map_err(engine)?;
        }
        let logits = self.state.get_logits().map_err(engine)?;
        let at = usize::try_from(self.context.token_nosp()).unwrap_or(usize::MAX);
        let Some(asked) = logits.get(at).copied() else { return Ok(Probability::ZERO) };
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
        Ok(Probability::clamped((asked - most).exp() / all))
    }
}

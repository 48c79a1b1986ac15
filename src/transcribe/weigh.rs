//! Weigh: decides whether the built-in model's words are to be trusted, and asks any model whether somebody spoke.
//!
//! Enters: a pass and the sound it was made from. Leaves: the chance that its words are right, no speech, or the doubt.
//! Never here: official models' words, which are judged by the guard; coefficients.

use crate::units::Probability;

use super::{
    Doubt, TranscribeError, Whisper, confidence,
    guard::{self, Decoded, Strictness},
    loudness, threads, trust,
    whisper::{NO_SPEECH, engine},
};

/// What a pass was made from.
pub(super) struct Heard<'a> {
    /// The sound, trimmed to what sounds.
    pub(super) pcm: &'a [f32],
    /// Its length.
    pub(super) seconds: f32,
    /// Whether it keeps its level as speech hardly ever does.
    pub(super) steady: bool,
}

impl Whisper {
    /// The chance that `decoded` is right, or `None` where more likely nobody spoke.
    pub(super) fn weigh(
        &self,
        heard: &Heard<'_>,
        decoded: &Decoded,
    ) -> Result<Option<Probability>, TranscribeError> {
        if let Some(doubt) = guard::misshapen(decoded, heard.seconds, Strictness::Last) {
            return Err(TranscribeError::NotUnderstood { doubt });
        }
        let evidence = trust::evidence(decoded, heard.seconds, loudness::swing(heard.pcm));
        tracing::trace!(?evidence, "weighed");
        let chance = trust::chance(&evidence);
        let floor = if heard.steady { confidence::raised(self.speech.floor) } else { self.speech.floor };
        if chance >= floor {
            return Ok(Some(chance));
        }
        if heard.steady || decoded.no_speech > NO_SPEECH {
            return Ok(None);
        }
        Err(TranscribeError::NotUnderstood { doubt: Doubt::Untrusted { chance, floor } })
    }

    /// The chance that nobody speaks in the sound encoded last.
    ///
    /// whisper.cpp 1.8.3 reads it off the logits of the prompt's first token, which it computes only for a prompt of
    /// one token: with ours, it tells 1 in 51,864 for every sound. Official models give it after the start token, the
    /// built-in one after its whole prompt of two.
    pub(super) fn nobody(&mut self) -> Result<Probability, TranscribeError> {
        let prompt = [self.context.token_sot(), self.context.token_not()];
        let asked = if self.header().narrow() { &prompt[..] } else { &prompt[..1] };
        for (past, token) in asked.iter().enumerate() {
            self.state.decode(&[*token], past, threads::now(self.speech.threads)).map_err(engine)?;
        }
        let logits = self.state.get_logits().map_err(engine)?;
        let at = usize::try_from(self.context.token_nosp()).unwrap_or(usize::MAX);
        let Some(silence) = logits.get(at).copied() else { return Ok(Probability::ZERO) };
        let most = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let all: f32 = logits.iter().map(|logit| (logit - most).exp()).sum();
        Ok(Probability::clamped((silence - most).exp() / all))
    }
}

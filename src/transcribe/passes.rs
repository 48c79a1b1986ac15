//! Passes: the model run over the sound at hand, as a whole or token by token.
//!
//! Enters: samples that a [`Whisper`] holds, padded. Leaves: what the decoder wrote, and what it thinks of a token. Never here:
//! a judgement of what was written.

use super::{
    Abort, TranscribeError, abort,
    guard::Decoded,
    threads,
    tongues::Tongue,
    trim, waking,
    whisper::{Whisper, engine},
};
use crate::units::Probability;

impl Whisper {
    /// A pass in `tongue`, and another where the sound turns out to be in a different one.
    ///
    /// whisper.cpp's own detection encodes the sound once more and at whatever context the last pass had; asking the
    /// decoder for its language token after a pass costs one token.
    pub(super) fn pass_in_its_language(
        &mut self,
        context: usize,
        tongue: usize,
        abort: &Abort,
    ) -> Result<(Decoded, usize), TranscribeError> {
        let decoded = self.pass(context, tongue, abort)?;
        if self.tongues.len() == 1 {
            return Ok((decoded, tongue));
        }
        let heard = self.detect()?;
        if heard == tongue { Ok((decoded, tongue)) } else { Ok((self.pass(context, heard, abort)?, heard)) }
    }

    /// The likeliest of the languages to choose among, for the sound encoded last.
    fn detect(&mut self) -> Result<usize, TranscribeError> {
        let start = self.context.token_sot();
        self.state.decode(&[start], 0, threads::now(self.speech.threads)).map_err(engine)?;
        let logits = self.state.get_logits().map_err(engine)?;
        let logit = |tongue: &Tongue| {
            let token = usize::try_from(self.context.token_lang(tongue.id)).unwrap_or(usize::MAX);
            logits.get(token).copied().unwrap_or(f32::NEG_INFINITY)
        };
        let likeliest =
            self.tongues.iter().enumerate().max_by(|(_, a), (_, b)| logit(a).total_cmp(&logit(b)));
        Ok(likeliest.map_or(self.current, |(index, _)| index))
    }

    /// One pass of whisper.cpp over `self.sound`.
    fn pass(&mut self, context: usize, tongue: usize, abort: &Abort) -> Result<Decoded, TranscribeError> {
        if abort.raised() {
            return Err(TranscribeError::Stopped);
        }
        let Tongue { params, language, .. } = &self.tongues[tongue];
        let mut params = params.clone();
        params.set_n_threads(as_c_int(threads::now(self.speech.threads)));
        params.set_audio_ctx(as_c_int(context));
        params.set_max_tokens(as_c_int(trim::token_cap(self.sound.len(), language)));
        let done = abort::full(&mut self.state, params, &self.sound, abort);
        if abort.raised() {
            return Err(TranscribeError::Stopped);
        }
        done.map_err(engine)?;
        let decoded = self.decoded();
        if decoded.tokens.is_empty() {
            return Ok(decoded);
        }
        Ok(Decoded { no_speech: self.nobody()?, ..decoded })
    }

    /// What the decoder is given before the words, for `tongue`.
    pub(super) fn prompt(&self, tongue: usize) -> Vec<i32> {
        let mut prompt = vec![self.context.token_sot()];
        if self.header.multilingual() {
            prompt.push(self.context.token_lang(self.tongues[tongue].id));
            prompt.push(self.context.token_transcribe());
        }
        prompt.push(self.context.token_not());
        prompt
    }

    /// Gives the decoder `tokens` after the first `past` it was given, for the sound encoded last. One at a time:
    /// whisper-rs shows the logits of the first token of a call, and whisper.cpp fills in those of the last alone.
    pub(super) fn step(&mut self, tokens: &[i32], past: usize) -> Result<(), TranscribeError> {
        let threads = threads::now(self.speech.threads);
        for (at, token) in (past..).zip(tokens) {
            self.state.decode(&[*token], at, threads).map_err(engine)?;
        }
        Ok(())
    }

    /// How much less likely `token` is next than the likeliest, and how likely it is, as natural logarithms.
    pub(super) fn weighed(&self, token: i32) -> Result<(f32, f32), TranscribeError> {
        let logits = self.state.get_logits().map_err(engine)?;
        Ok(waking::weighed(logits, self.texts(), usize::try_from(token).unwrap_or(usize::MAX)))
    }

    /// The likeliest next token and its natural log-probability.
    pub(super) fn preferred(&self) -> Result<(i32, f32), TranscribeError> {
        let (at, log) = waking::likeliest(self.state.get_logits().map_err(engine)?, self.texts());
        Ok((as_c_int(at), log))
    }

    /// Tokens that are text, and the end of it.
    fn texts(&self) -> usize {
        usize::try_from(self.end()).unwrap_or(0) + 1
    }

    pub(super) fn end(&self) -> i32 {
        self.context.token_eot()
    }

    /// What `token` writes.
    pub(super) fn bytes(&self, token: i32) -> Vec<u8> {
        self.context.token_to_bytes(token).map(<[u8]>::to_vec).unwrap_or_default()
    }

    /// What the last pass wrote.
    fn decoded(&self) -> Decoded {
        let end = self.context.token_eot();
        let mut decoded = Decoded {
            text: String::new(),
            tokens: Vec::new(),
            log_probability: 0.0,
            least: 0.0,
            ending: 0.0,
            ended: true,
            no_speech: Probability::ZERO,
        };
        for segment in self.state.as_iter() {
            decoded.text.push_str(&segment.to_str_lossy().unwrap_or_default());
            decoded.ended = false;
            for index in 0..segment.n_tokens() {
                let Some(token) = segment.get_token(index) else { continue };
                let token = token.token_data();
                decoded.ended = token.id == end;
                if token.id < end {
                    decoded.tokens.push(token.id);
                    decoded.log_probability += token.plog;
                    decoded.least = decoded.least.min(token.plog);
                } else if token.id == end {
                    decoded.ending = token.plog;
                }
            }
        }
        decoded
    }

    pub(super) fn full_context(&self) -> usize {
        usize::try_from(self.header.n_audio_ctx).unwrap_or(usize::MAX)
    }
}

/// A count as C's `int`, clipped.
fn as_c_int(count: usize) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

//! Trim: how much of the model an utterance needs.
//!
//! Enters: the model's dimensions and a length in samples. Leaves: encoder positions, a cap on tokens. Pure. Never
//! here: the sound itself.
//!
//! Whisper always encodes its whole window; encoding what was said and a spare makes a short utterance five to eight
//! times cheaper. The cap bounds what a pass that loops can cost.

use crate::{
    flow::Language,
    ggml::Header,
    units::{PIPELINE_HZ, f64_to_count, length_f64},
};

/// Encoder positions a second of sound, and what is added for whisper.cpp to hear the end by.
const POSITIONS_A_SECOND: f64 = 50.0;
const POSITIONS_SPARE: f64 = 128.0;

/// Least context of official models; with less they loop (whisper-acft, voxtype).
const LEAST_CONTEXT: usize = 384;

/// Least context of a model with a narrow window: the built-in one was trained at 256 and 512. Measured on 453
/// clips at 192, 256 and 512: 218 to 220 exact at each, 38, 44 and 90 ms on one thread.
const LEAST_CONTEXT_NARROW: usize = 256;

/// Encoder positions for `samples`: their own and a spare, a multiple of 8, within the model's window.
#[must_use]
pub fn context(header: &Header, samples: usize) -> usize {
    within(header, samples, if header.narrow() { LEAST_CONTEXT_NARROW } else { LEAST_CONTEXT })
}

/// The same where the words are read once more if they matter: a loop costs nothing then, and the whole is read a third
/// cheaper.
#[must_use]
pub fn context_at_first(header: &Header, samples: usize) -> usize {
    within(header, samples, LEAST_CONTEXT_NARROW)
}

fn within(header: &Header, samples: usize, least: usize) -> usize {
    let seconds = length_f64(samples) / f64::from(PIPELINE_HZ);
    let wanted = f64_to_count((POSITIONS_A_SECOND * seconds + POSITIONS_SPARE).ceil()).next_multiple_of(8);
    wanted.max(least).min(usize::try_from(header.n_audio_ctx).unwrap_or(usize::MAX))
}

/// Most tokens `samples` may give: 8 and 6 a second; 12 a second in Chinese, whose characters take one to three.
#[must_use]
pub fn token_cap(samples: usize, language: &Language) -> usize {
    let a_second = if matches!(language.code(), "zh" | "yue") { 12.0 } else { 6.0 };
    8 + f64_to_count(a_second * length_f64(samples) / f64::from(PIPELINE_HZ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ggml::small_header;

    #[test]
    fn the_encoder_is_trimmed_to_the_utterance() {
        let (narrow, official) = (small_header(51_864, 512), small_header(51_865, 1_500));
        assert_eq!(context(&narrow, 16_000), 256);
        assert_eq!(context(&narrow, 5 * 16_000), 384);
        assert_eq!(context(&narrow, 10 * 16_000), 512);
        assert_eq!(context(&official, 3 * 16_000), 384);
        assert_eq!(context(&official, 10 * 16_000), 632);
        assert_eq!(context(&official, 30 * 16_000), 1_500);
        assert_eq!(context_at_first(&official, 3_500 * 16), 304);
        assert_eq!(context_at_first(&narrow, 16_000), 256);
    }

    #[test]
    fn the_token_cap_follows_the_length_and_the_language() {
        assert_eq!(token_cap(3 * 16_000, &Language::ENGLISH), 26);
        assert_eq!(token_cap(3 * 16_000, &Language::MANDARIN), 44);
    }
}

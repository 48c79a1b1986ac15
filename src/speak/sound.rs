//! Sound: what an engine gave, made ready to be heard.
//!
//! Enters: mono samples. Leaves: the same, without the silence engines put round them and at one loudness, so that
//! replies start at once and every engine is as loud as the next. Never here: clipping.

use std::path::Path;

use super::{SpeakError, riff, text::pieces};
use crate::{
    program::TEXT_CAP,
    units::{SampleRate, f64_to_count},
};

/// Mono samples and their rate.
#[derive(Debug, Clone)]
pub(super) struct Sound {
    /// Rate of `pcm`.
    pub(super) rate: SampleRate,
    /// Samples, -1..1.
    pub(super) pcm: Vec<f32>,
}

/// The sound of `text`, a piece at a time as far as a program's stdin can take it; `run` gives each piece's WAV.
pub(super) fn voice_pieces(
    program: &Path,
    text: &str,
    mut run: impl FnMut(&str) -> Result<Vec<u8>, SpeakError>,
) -> Result<Sound, SpeakError> {
    let bad = |what| SpeakError::BadSound { program: program.to_owned(), what };
    let mut all: Option<Sound> = None;
    for piece in pieces(text, TEXT_CAP) {
        let sound = riff::read(&run(piece)?).map_err(bad)?.ready();
        match &mut all {
            Some(all) if all.rate == sound.rate => all.pcm.extend(sound.pcm),
            Some(_) => return Err(bad("two rates in one sentence")),
            None => all = Some(sound),
        }
    }
    all.ok_or_else(|| bad("nothing at all"))
}

/// Silence kept before speech: enough for the soft onset of an "h" or "f", and all of it is waited for.
const LEAD_S: f64 = 0.02;
/// Silence kept after speech: the pause between two sentences.
const TAIL_S: f64 = 0.15;
/// What counts as silence: 46 dB under the loudest sample.
const QUIET: f32 = 0.005;
/// The loudest sample afterwards: -3 dBFS, as speech programs and broadcasters leave it.
const PEAK: f32 = 0.708;
/// Gain is at most 18 dB, so that a whisper of noise does not become a roar.
const MOST_GAIN: f32 = 8.0;

impl Sound {
    /// The sound trimmed to at most 20 ms of silence before and 150 ms after, its peak at -3 dBFS.
    pub(super) fn ready(mut self) -> Self {
        for sample in &mut self.pcm {
            if !sample.is_finite() {
                *sample = 0.0;
            }
        }
        let peak = self.pcm.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let loud = |sample: &f32| sample.abs() > peak * QUIET;
        let (Some(first), Some(last)) = (self.pcm.iter().position(loud), self.pcm.iter().rposition(loud))
        else {
            return Self { rate: self.rate, pcm: Vec::new() };
        };
        let from = first.saturating_sub(self.samples(LEAD_S));
        let to = (last + 1).saturating_add(self.samples(TAIL_S)).min(self.pcm.len());
        let gain = (PEAK / peak).min(MOST_GAIN);
        let pcm = self.pcm[from..to].iter().map(|sample| sample * gain).collect();
        Self { rate: self.rate, pcm }
    }

    fn samples(&self, seconds: f64) -> usize {
        f64_to_count(seconds * f64::from(self.rate.hz()))
    }

    /// The length in seconds.
    #[cfg(test)]
    pub(super) fn seconds(&self) -> f64 {
        crate::units::length_f64(self.pcm.len()) / f64::from(self.rate.hz())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_trimmed_and_the_peak_is_set() {
        let rate = SampleRate::new(10_000).unwrap();
        let tone = [0.1_f32, -0.1].repeat(5_000);
        let pcm = [vec![0.0; 20_000], tone, vec![0.0004; 20_000]].concat();
        let sound = Sound { rate, pcm }.ready();
        assert_eq!(sound.pcm.len(), 200 + 10_000 + 1_500);
        assert!((sound.pcm[200] - PEAK).abs() < 1e-6);
        assert!((sound.seconds() - 1.17).abs() < 1e-9);
    }

    #[test]
    fn silence_becomes_nothing_and_noise_is_not_blown_up_without_bound() {
        let rate = SampleRate::PIPELINE;
        assert!(Sound { rate, pcm: vec![0.0; 99] }.ready().pcm.is_empty());
        assert!(Sound { rate, pcm: vec![f32::NAN, f32::INFINITY] }.ready().pcm.is_empty());
        assert!((Sound { rate, pcm: vec![0.01] }.ready().pcm[0] - 0.08).abs() < 1e-6);
    }
}

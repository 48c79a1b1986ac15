//! Blocks: from what a decoder gives to frames.
//!
//! Enters: interleaved samples, any channel count, any rate, possibly not numbers. Leaves: [`Frame`]s, mono, 16 kHz,
//! -1..1. Never here: a sample that is no number on its way out, more than one decoded block in memory.

use super::{SourceError, resample::ToPipeline};
use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::{SampleIndex, SampleRate, length_f32, length_u64},
};

/// The highest rate taken: 768 kHz, the fastest converters there are.
const MAX_HZ: u32 = 768_000;

/// The most channels taken.
const MAX_CHANNELS: usize = 64;

/// Where a float sample is clipped before the channels are added up, so that the sum stays a number.
const MAX_SAMPLE: f32 = 1e6;

/// What was wrong with a recording that could be read all the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Flaws {
    /// Samples that were NaN or infinite and count as silence.
    pub not_numbers: u64,
    /// Packets that could not be decoded and were left out.
    pub bad_packets: u64,
    /// The data ended before the header said so.
    pub truncated: bool,
}

impl Flaws {
    /// What the user should know, in words that go after the recording's name; `None` where nothing was wrong.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        let left_out = |count, what| (count > 0).then(|| format!("{count} {what}"));
        let told = [
            self.truncated.then(|| "it ends before its header says so and may be cut off".to_owned()),
            left_out(self.bad_packets, "damaged packets were left out"),
            left_out(self.not_numbers, "samples were no numbers and count as silence"),
        ];
        let told: Vec<String> = told.into_iter().flatten().collect();
        (!told.is_empty()).then(|| told.join("; "))
    }
}

/// The shape of one decoded block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) rate: SampleRate,
    /// At least one.
    pub(super) channels: usize,
}

impl Shape {
    /// The rate and channel count a header names, if a recording can have them.
    pub(super) fn checked(name: &str, hz: u32, channels: usize) -> Result<Self, SourceError> {
        let rate = SampleRate::new(hz).filter(|_| hz <= MAX_HZ);
        let rate = rate.ok_or_else(|| SourceError::BadSampleRate { name: name.to_owned(), hz })?;
        if channels == 0 || channels > MAX_CHANNELS {
            return Err(SourceError::BadChannelCount { name: name.to_owned(), channels });
        }
        Ok(Self { rate, channels })
    }
}

/// Gathers decoded blocks and gives frames.
#[derive(Default)]
pub(super) struct Framer {
    resampler: Option<ToPipeline>,
    mono: Vec<f32>,
    ready: Vec<f32>,
    /// Samples of `ready` that were given already.
    given: usize,
    at: SampleIndex,
    pub(super) samples: u64,
    pub(super) not_numbers: u64,
}

impl Framer {
    /// Takes one block. A partial sample frame at its end is dropped.
    pub(super) fn push(&mut self, interleaved: &[f32], shape: Shape) {
        self.ready.drain(..self.given);
        self.given = 0;
        self.mix(interleaved, shape.channels);
        match &self.resampler {
            Some(resampler) if resampler.rate() == shape.rate => {}
            _ => {
                self.flush_resampler();
                self.resampler = Some(ToPipeline::new(shape.rate));
            }
        }
        if let Some(resampler) = &mut self.resampler {
            resampler.push(&self.mono, &mut self.ready);
        }
    }

    /// Ends the input: what the filter holds comes out, and the last frame is filled up with silence.
    pub(super) fn finish(&mut self) {
        self.flush_resampler();
        let left = (self.ready.len() - self.given) % FRAME_SAMPLES;
        if left != 0 {
            self.ready.resize(self.ready.len() + FRAME_SAMPLES - left, 0.0);
        }
    }

    /// The next whole frame.
    pub(super) fn take(&mut self) -> Option<Frame> {
        let (samples, _) = self.ready.get(self.given..)?.split_first_chunk::<FRAME_SAMPLES>()?;
        // The filter may overshoot a full-scale source by a little.
        let pcm = samples.map(|sample| sample.clamp(-1.0, 1.0));
        self.given += FRAME_SAMPLES;
        let at = self.at;
        self.at = at.plus(length_u64(FRAME_SAMPLES));
        Some(Frame { at, pcm })
    }

    fn flush_resampler(&mut self) {
        if let Some(resampler) = self.resampler.take() {
            resampler.finish(&mut self.ready);
        }
    }

    /// The mean of the channels, clipped to -1..1.
    fn mix(&mut self, interleaved: &[f32], channels: usize) {
        let scale = 1.0 / length_f32(channels.max(1));
        self.mono.clear();
        for frame in interleaved.chunks_exact(channels.max(1)) {
            let mut sum = 0.0;
            for sample in frame {
                if sample.is_finite() {
                    sum += sample.clamp(-MAX_SAMPLE, MAX_SAMPLE);
                } else {
                    self.not_numbers += 1;
                }
            }
            self.mono.push((sum * scale).clamp(-1.0, 1.0));
        }
        self.samples += length_u64(interleaved.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(channels: usize) -> Shape {
        Shape { rate: SampleRate::PIPELINE, channels }
    }

    #[test]
    fn channels_are_averaged_clipped_and_freed_of_what_is_no_number() {
        let mut framer = Framer::default();
        framer.push(&[1.0, 0.0, f32::NAN, 0.5, f32::INFINITY, f32::MAX, 9.0, -9.0], shape(2));
        framer.finish();
        let frame = framer.take().unwrap();
        assert_eq!(frame.pcm[..5], [0.5, 0.25, 1.0, 0.0, 0.0]);
        assert_eq!((framer.not_numbers, framer.samples), (2, 8));
    }

    #[test]
    fn frames_follow_one_another_without_a_gap_and_the_last_is_padded() {
        let mut framer = Framer::default();
        for _ in 0..7 {
            framer.push(&[0.25; 100], shape(1));
        }
        framer.finish();
        let frames: Vec<Frame> = std::iter::from_fn(|| framer.take()).collect();
        assert_eq!(frames.iter().map(|frame| frame.at.0).collect::<Vec<_>>(), [0, 256, 512]);
        assert_eq!(frames[2].pcm[187..189], [0.25, 0.0]);
        assert!(frames[2].pcm[188..].iter().all(|sample| *sample == 0.0));
    }

    #[test]
    fn a_rate_that_changes_midway_keeps_time() {
        let mut framer = Framer::default();
        framer.push(&[0.1; 8_000], Shape { rate: SampleRate::new(8_000).unwrap(), channels: 1 });
        framer.push(&[0.1; 48_000], Shape { rate: SampleRate::new(48_000).unwrap(), channels: 1 });
        framer.finish();
        assert_eq!(framer.ready.len(), 32_000);
    }
}

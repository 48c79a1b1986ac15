//! Resample: any rate in, 16 kHz out, in step with the source.
//!
//! Enters: mono samples in pieces of any size. Leaves: the same sound at 16 kHz, its delay taken out, so that second 5
//! stays second 5. The pieces' sizes never change the result. Never here: memory that grows with the recording.

use rubato::{
    Async, Fft, FixedAsync, FixedSync, Indexing, Resampler, SincInterpolationParameters, WindowFunction,
    audioadapter_buffers::direct::InterleavedSlice,
};

use crate::units::{PIPELINE_HZ, SampleRate, length_u64};

/// Input samples an FFT block should have. Fewer widen the filter's transition band into speech, more cost delay.
const FFT_BLOCK: usize = 2_048;

/// Above this many input samples to the smallest FFT block (rates nearly coprime with 16000, such as 44101 Hz) the
/// sinc filter serves: it needs no common multiple of the two rates. No standard rate needs more than 441.
const FFT_BLOCK_MAX: u32 = 2_048;

/// Sinc taps for each input sample that falls into one output sample: a stop band below -100 dB, and a transition
/// band under 1 kHz at the top of the spectrum.
const SINC_TAPS: u32 = 128;

/// A streaming resampler to [`PIPELINE_HZ`].
pub(super) struct ToPipeline {
    rate: SampleRate,
    /// `None` where the source is at 16 kHz already.
    engine: Option<Box<dyn Resampler<f32>>>,
    waiting: Vec<f32>,
    block: Vec<f32>,
    /// Output samples still to drop: the filter's delay.
    delay_left: usize,
    taken: u64,
    given: u64,
}

impl ToPipeline {
    pub(super) fn new(rate: SampleRate) -> Self {
        Self::with_block(rate, FFT_BLOCK)
    }

    fn with_block(rate: SampleRate, block: usize) -> Self {
        let engine = (rate != SampleRate::PIPELINE).then(|| engine(rate.hz(), block));
        let (block, delay_left) =
            engine.as_ref().map_or((0, 0), |engine| (engine.output_frames_max(), engine.output_delay()));
        Self { rate, engine, waiting: Vec::new(), block: vec![0.0; block], delay_left, taken: 0, given: 0 }
    }

    /// For sound that is waited for: half the delay, 32 ms instead of 64 at 48 kHz.
    pub(super) fn live(rate: SampleRate) -> Self {
        Self::with_block(rate, FFT_BLOCK / 2)
    }

    pub(super) const fn rate(&self) -> SampleRate {
        self.rate
    }

    /// Takes `pcm` and appends what is ready to `out`.
    pub(super) fn push(&mut self, pcm: &[f32], out: &mut Vec<f32>) {
        self.taken += length_u64(pcm.len());
        let Some(engine) = &mut self.engine else {
            self.given += length_u64(pcm.len());
            out.extend_from_slice(pcm);
            return;
        };
        self.waiting.extend_from_slice(pcm);
        let mut start = 0;
        loop {
            let needed = engine.input_frames_next();
            let Some(input) = self.waiting.get(start..start + needed) else { break };
            let made = process(engine.as_mut(), input, needed, &mut self.block);
            start += needed;
            let skipped = made.min(self.delay_left);
            self.delay_left -= skipped;
            self.given += length_u64(made - skipped);
            out.extend_from_slice(&self.block[skipped..made]);
        }
        self.waiting.drain(..start);
    }

    /// Appends what is still inside the filter; the whole output is then as long as the input, to the sample.
    pub(super) fn finish(mut self, out: &mut Vec<f32>) {
        let total = samples_at_pipeline_rate(self.taken, self.rate);
        if let Some(engine) = &mut self.engine {
            let mut partial = self.waiting.len();
            let mut idle = 0;
            while self.given < total && idle < 64 {
                let needed = engine.input_frames_next();
                self.waiting.resize(needed, 0.0);
                let made = process(engine.as_mut(), &self.waiting, partial, &mut self.block);
                partial = 0;
                let skipped = made.min(self.delay_left);
                self.delay_left -= skipped;
                let left = usize::try_from(total - self.given).unwrap_or(usize::MAX);
                let kept = (made - skipped).min(left);
                idle = if kept == 0 { idle + 1 } else { 0 };
                self.given += length_u64(kept);
                out.extend_from_slice(&self.block[skipped..skipped + kept]);
            }
        }
    }
}

/// How many 16 kHz samples last as long as `samples` at `rate`, rounded up.
fn samples_at_pipeline_rate(samples: u64, rate: SampleRate) -> u64 {
    let scaled = u128::from(samples) * u128::from(PIPELINE_HZ);
    u64::try_from(scaled.div_ceil(u128::from(rate.hz()))).unwrap_or(u64::MAX)
}

fn engine(hz: u32, block: usize) -> Box<dyn Resampler<f32>> {
    let from = usize::try_from(hz).expect("32 bits fit");
    let to = usize::try_from(PIPELINE_HZ).expect("32 bits fit");
    if hz / gcd(hz, PIPELINE_HZ) <= FFT_BLOCK_MAX && hz >= 1_000 {
        let window = WindowFunction::BlackmanHarris2;
        let fft = Fft::new_custom(from, to, block, 1, 1, window, FixedSync::Both);
        return Box::new(fft.expect("both rates, the block and the channel count are above zero"));
    }
    let taps = usize::try_from(SINC_TAPS * hz.div_ceil(PIPELINE_HZ)).expect("32 bits fit");
    let filter = SincInterpolationParameters::new(taps, WindowFunction::BlackmanHarris2);
    let ratio = f64::from(PIPELINE_HZ) / f64::from(hz);
    let chunk = (from / 50).max(1);
    let sinc = Async::new_sinc(ratio, 1.0, &filter, chunk, 1, FixedAsync::Input);
    Box::new(sinc.expect("the ratio is finite and above zero"))
}

/// Runs one block, of whose input only `valid` samples count, and gives the number of output samples.
fn process(engine: &mut dyn Resampler<f32>, input: &[f32], valid: usize, out: &mut [f32]) -> usize {
    let (frames_in, frames_out) = (input.len(), out.len());
    let input = InterleavedSlice::new(input, 1, frames_in).expect("mono: as many frames as samples");
    let mut out = InterleavedSlice::new_mut(out, 1, frames_out).expect("mono: as many frames as samples");
    let indexing = Indexing::new().partial_len(valid);
    let indexing = (valid < frames_in).then_some(&indexing);
    let (_, made) = engine
        .process_into_buffer(&input, &mut out, indexing)
        .expect("both buffers are as long as it asked for");
    made
}

const fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use std::f64::consts::TAU;

    use super::*;
    use crate::units::{f64_to_f32, length_f64};

    /// A tone that starts and ends softly, sampled at `hz`.
    fn tone(frequency: f64, hz: u32, seconds: f64) -> Vec<f32> {
        let count = crate::units::f64_to_count(seconds * f64::from(hz));
        (0..count)
            .map(|n| {
                let t = length_f64(n) / f64::from(hz);
                let envelope = (t / seconds * std::f64::consts::PI).sin();
                f64_to_f32(0.5 * envelope * (TAU * frequency * t).sin())
            })
            .collect()
    }

    fn resampled(pcm: &[f32], hz: u32, piece: usize) -> Vec<f32> {
        let mut out = Vec::new();
        let mut resampler = ToPipeline::new(SampleRate::new(hz).unwrap());
        for part in pcm.chunks(piece) {
            resampler.push(part, &mut out);
        }
        resampler.finish(&mut out);
        out
    }

    #[test]
    fn every_rate_keeps_position_length_and_pitch() {
        // A 300 Hz tone compared sample by sample: a shift of one 16 kHz sample (63 us) alone errs by 0.059.
        for hz in [
            2_000, 7_999, 8_000, 11_025, 15_999, 16_000, 22_050, 44_100, 44_101, 48_000, 96_000, 192_000,
            768_000,
        ] {
            let got = resampled(&tone(300.0, hz, 0.7), hz, 997);
            let want = tone(300.0, PIPELINE_HZ, 0.7);
            assert!(
                got.len().abs_diff(want.len()) <= 16,
                "{hz} Hz: {} samples, not {}",
                got.len(),
                want.len()
            );
            let worst = got.iter().zip(&want).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.065, "{hz} Hz: off by {worst}");
        }
    }

    #[test]
    fn what_16_khz_cannot_hold_is_gone_not_folded() {
        for hz in [44_100, 44_101, 48_000] {
            let alias = resampled(&tone(11_000.0, hz, 0.5), hz, 1_000);
            let worst = alias.iter().fold(0.0_f32, |worst, s| worst.max(s.abs()));
            assert!(worst < 0.001, "{hz} Hz: an 11 kHz tone left {worst}");
        }
    }

    #[test]
    fn the_size_of_the_pieces_changes_nothing() {
        for hz in [8_000, 44_100, 44_101] {
            let pcm = tone(440.0, hz, 0.4);
            assert_eq!(resampled(&pcm, hz, 1), resampled(&pcm, hz, pcm.len()), "{hz} Hz");
        }
    }

    #[test]
    fn very_low_rates_and_very_short_recordings_work() {
        assert_eq!(resampled(&[0.5; 3], 1, 1).len(), 48_000);
        assert_eq!(resampled(&[0.5; 100], 50, 7).len(), 32_000);
        assert_eq!(resampled(&[0.5], 44_100, 1).len(), 1);
        assert_eq!(resampled(&[], 44_100, 1).len(), 0);
    }
}

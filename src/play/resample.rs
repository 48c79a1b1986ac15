//! Resample: brings a sentence to the rate of its file or device.
//!
//! Enters: mono samples at one rate. Leaves: the same sound at another, as long as it was. Never here: rates beyond what
//! sound has.

use rubato::{Fft, FixedSync, Resampler, audioadapter_buffers::direct::InterleavedSlice};

use super::PlayError;
use crate::units::SampleRate;

/// Frames converted at a time; the delay it brings is cut off again by `process_all`.
const CHUNK: usize = 1024;

/// `pcm` at `to` instead of `from`.
pub(super) fn resample(pcm: &[f32], from: SampleRate, to: SampleRate) -> Result<Vec<f32>, PlayError> {
    if from == to || pcm.is_empty() {
        return Ok(pcm.to_vec());
    }
    let refused = || PlayError::Rate { from: from.hz(), to: to.hz() };
    let size = |rate: SampleRate| {
        usize::try_from(rate.hz()).ok().filter(|hz| (1_000..=768_000).contains(hz)).ok_or_else(refused)
    };
    let mut converter =
        Fft::<f32>::new(size(from)?, size(to)?, CHUNK, 1, FixedSync::Both).map_err(|_| refused())?;
    let input = InterleavedSlice::new(pcm, 1, pcm.len()).map_err(|_| refused())?;
    let output = converter.process_all(&input, pcm.len(), None).map_err(|_| refused())?;
    Ok(output.take_data())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_and_pitch_are_kept() {
        let (from, to) = (SampleRate::new(22_050).unwrap(), SampleRate::new(48_000).unwrap());
        let tone: Vec<f32> = (0_u16..22_050)
            .map(|i| (f32::from(i) * std::f32::consts::TAU * 441.0 / 22_050.0).sin() * 0.5)
            .collect();
        let out = resample(&tone, from, to).unwrap();
        assert!(out.len().abs_diff(48_000) <= 1, "{}", out.len());
        let crossings = out.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!(crossings.abs_diff(441) <= 1, "{crossings}");
        assert_eq!(resample(&tone, from, from).unwrap(), tone);
        assert!(resample(&tone, SampleRate::new(1).unwrap(), to).is_err());
    }
}

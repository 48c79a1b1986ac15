//! Tone: what a recording of a quiet second and of a tone says of microphone and loudspeaker. Pure.
//!
//! Enters: samples at 16 kHz. Leaves: levels, and whether the tone is in them.

use crate::units::{Dbfs, PIPELINE_HZ, f64_to_f32, length_f64, length_u64};

/// The tone: within what any small loudspeaker gives and any voice filter lets pass, and off every mains harmonic.
pub(super) const TONE_HZ: f64 = 1_030.0;

/// How long it sounds.
const TONE_S: f64 = 0.5;

/// Its amplitude at full volume: audible, not startling.
const AMPLITUDE: f64 = 0.2;

/// Fade at both ends, so that it does not click.
const FADE_S: f64 = 0.02;

/// What is judged at a time: 50 ms, in which the tone has 51 periods and a filter of the same length is 20 Hz wide.
const BLOCK: usize = 800;

/// A tone stands out where it holds this part of a block's power. In noise 50 ms long it has 0.25 % on the average,
/// voices rarely hold a pure tone of just this pitch for [`BLOCKS`].
const SHARE: f64 = 0.3;

/// Blocks in a row that must hold it: 150 ms of the 500.
const BLOCKS: usize = 3;

/// Weaker than this it is not told from a converter's own tones: -90 dBFS.
const FLOOR: f64 = 1e-9;

/// What the microphone gave.
#[derive(Debug, Clone, Default)]
pub struct Recording {
    /// While nothing was played.
    pub room: Vec<f32>,
    /// While the tone was played, and a little after.
    pub tone: Vec<f32>,
}

/// What is in it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Heard {
    /// RMS level of the room.
    pub level: Dbfs,
    /// The largest sample, 0 to 1.
    pub peak: f32,
    /// Whether every sample is zero.
    pub silent: bool,
    /// Samples at the end of the scale.
    pub clipped: u64,
    /// Whether the tone was heard, and was not in the room before.
    pub tone: bool,
}

impl Recording {
    /// What is in it.
    #[must_use]
    pub fn heard(&self) -> Heard {
        let all = || self.room.iter().chain(&self.tone);
        Heard {
            level: Dbfs::of(&self.room),
            peak: all().fold(0.0, |peak, sample| peak.max(sample.abs())),
            silent: all().all(|sample| *sample == 0.0),
            clipped: length_u64(self.room.iter().filter(|sample| sample.abs() >= 0.999).count()),
            tone: holds_tone(&self.tone) && !holds_tone(&self.room),
        }
    }
}

/// The tone at `volume` (0 to 1), at `hz` samples a second.
pub(super) fn tone(hz: u32, volume: f32) -> Vec<f32> {
    let rate = f64::from(hz);
    let count = (0..hz).take_while(|n| f64::from(*n) < TONE_S * rate);
    count
        .map(|n| {
            let t = f64::from(n) / rate;
            let fade = (t / FADE_S).min((TONE_S - t) / FADE_S).clamp(0.0, 1.0);
            f64_to_f32((t * TONE_HZ * std::f64::consts::TAU).sin() * fade * AMPLITUDE * f64::from(volume))
        })
        .collect()
}

fn holds_tone(pcm: &[f32]) -> bool {
    let mut row = 0;
    pcm.chunks_exact(BLOCK).any(|block| {
        row = if stands_out(block) { row + 1 } else { 0 };
        row >= BLOCKS
    })
}

/// Whether the tone holds most of a block's power, by Goertzel's filter.
fn stands_out(block: &[f32]) -> bool {
    let step = 2.0 * (TONE_HZ * std::f64::consts::TAU / f64::from(PIPELINE_HZ)).cos();
    let (mut one, mut two, mut power) = (0.0_f64, 0.0_f64, 0.0_f64);
    for sample in block {
        let sample = f64::from(*sample);
        (one, two) = (sample + step * one - two, one);
        power += sample * sample;
    }
    let length = length_f64(block.len());
    // A sine of amplitude a has power a^2/2 and gives (a n/2)^2.
    let at_tone = 2.0 * (one * one + two * two - step * one * two) / (length * length);
    at_tone > FLOOR && at_tone > SHARE * power / length
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Noise of amplitude `loud`, the same at every run.
    fn noise(count: usize, loud: f32) -> Vec<f32> {
        let mut seed = 7_u32;
        (0..count)
            .map(|_| {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let part = f64::from(seed >> 8) / f64::from(1_u32 << 23) - 1.0;
                f64_to_f32(part) * loud
            })
            .collect()
    }

    fn sine(hz: f64, count: u32, loud: f64) -> Vec<f32> {
        let at = |n| (f64::from(n) * hz * std::f64::consts::TAU / 16_000.0).sin() * loud;
        (0..count).map(|n| f64_to_f32(at(n))).collect()
    }

    /// The tone as a microphone hears it across a room: weak, late, in noise.
    fn across(loud: f32, noisy: f32) -> Vec<f32> {
        let mut sound = noise(24_000, noisy);
        for (sample, tone) in sound[6_100..].iter_mut().zip(tone(16_000, 1.0)) {
            *sample += tone * loud;
        }
        sound
    }

    fn heard(room: Vec<f32>, tone: Vec<f32>) -> bool {
        Recording { room, tone }.heard().tone
    }

    #[test]
    fn the_tone_is_heard_far_away_and_in_noise() {
        assert!(heard(noise(16_000, 0.001), across(1.0, 0.001)));
        // 0.0004 of full scale, well above a quiet room.
        assert!(heard(noise(16_000, 0.0002), across(0.002, 0.0002)));
        // Noise as strong as the tone itself.
        assert!(heard(noise(16_000, 0.02), across(0.1, 0.02)));
    }

    #[test]
    fn what_is_no_tone_of_ours_is_not_heard() {
        assert!(!heard(noise(16_000, 0.1), noise(24_000, 0.1)));
        assert!(!heard(vec![0.0; 16_000], vec![0.0; 24_000]));
        for hz in [440.0, 1_000.0, 1_100.0, 3_000.0] {
            assert!(!heard(vec![], sine(hz, 24_000, 0.1)), "{hz}");
        }
        // It was there before it was played.
        assert!(!heard(sine(TONE_HZ, 16_000, 0.1), sine(TONE_HZ, 24_000, 0.1)));
        // A click.
        let mut click = vec![0.0; 24_000];
        click[9_000] = 0.9;
        assert!(!heard(vec![], click));
    }

    #[test]
    fn levels_are_those_of_the_room() {
        let heard = Recording { room: sine(300.0, 16_000, 0.1), tone: vec![0.5; 100] }.heard();
        assert!((heard.level.0 + 23.0).abs() < 0.1, "{heard:?}");
        assert!(!heard.silent && heard.clipped == 0 && (heard.peak - 0.5).abs() < 1e-6, "{heard:?}");
        let loud = Recording { room: vec![1.0, -1.0, 0.5], tone: vec![] }.heard();
        assert_eq!(loud.clipped, 2);
        assert!(Recording { room: vec![0.0; 9], tone: vec![0.0; 9] }.heard().silent);
        assert!(tone(48_000, 1.0).iter().all(|sample| sample.abs() <= 0.2));
        assert_eq!(tone(48_000, 1.0).len(), 24_000);
    }
}

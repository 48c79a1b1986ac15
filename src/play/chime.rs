//! Chime: the short sounds that tell what Mynah does.
//!
//! Enters: which sound, and a rate. Leaves: its samples, from formulas. Soft and pure tones: no attack that startles, and
//! nothing a voice detector takes for a voice. In a room with a reverberation time of 0.3 s the built-in one gives these
//! 0.4 at the most, but 0.9 to a tone of 311 Hz and 0.5 to 660 Hz with an overtone. Never here: files, chance, time.

use crate::units::{SampleRate, f64_to_count, f64_to_f32, length_f64};

/// A sound with a meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Earcon {
    /// The wake phrase was heard: a rising fifth.
    Woken,
    /// A press of the key opened the ear, which stays open without it: a rising fourth, lower.
    Listening,
    /// The command was heard to its end: one short tone.
    Heard,
    /// Done, with nothing to say: a falling fourth.
    Done,
    /// Something went wrong: the same lower tone twice.
    Failed,
    /// A timer, an alarm or a reminder is due: the same rising third twice.
    Due,
}

impl Earcon {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Woken, Self::Listening, Self::Heard, Self::Done, Self::Failed, Self::Due];

    /// Its notes: Hz, and seconds from the start of the sound to the start of the note; and the seconds each lasts.
    const fn notes(self) -> (&'static [(f64, f64)], f64) {
        match self {
            Self::Woken => (&[(1_318.5, 0.0), (1_975.5, 0.06)], 0.09),
            Self::Listening => (&[(1_046.5, 0.0), (1_396.9, 0.06)], 0.09),
            Self::Heard => (&[(1_568.0, 0.0)], 0.085),
            Self::Done => (&[(1_975.5, 0.0), (1_480.0, 0.06)], 0.10),
            Self::Failed => (&[(784.0, 0.0), (784.0, 0.09)], 0.08),
            Self::Due => (&[(1_568.0, 0.0), (1_975.5, 0.12), (1_568.0, 0.36), (1_975.5, 0.48)], 0.12),
        }
    }

    /// The sound at `rate`: mono, at most a fifth of full scale, 85 to 600 ms.
    #[must_use]
    pub fn pcm(self, rate: SampleRate) -> Vec<f32> {
        let (notes, lasts) = self.notes();
        let hz = f64::from(rate.hz());
        let end = notes.iter().map(|(_, at)| at + lasts).fold(0.0, f64::max);
        let mut pcm = vec![0.0_f32; f64_to_count(end * hz)];
        for (pitch, at) in notes {
            let first = f64_to_count(at * hz).min(pcm.len());
            for (n, sample) in pcm[first..].iter_mut().enumerate().take(f64_to_count(lasts * hz)) {
                let (t, turn) = (length_f64(n) / hz, std::f64::consts::TAU * pitch);
                // A raised sine: it begins and ends at nothing, with no corner.
                let swell = (std::f64::consts::PI * t / lasts).sin().powi(2);
                *sample += f64_to_f32(LOUDNESS * swell * (turn * t).sin());
            }
        }
        pcm
    }
}

/// Half of the loudest that a chime may be: two notes overlap by a third.
const LOUDNESS: f64 = 0.12;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Dbfs;

    #[test]
    fn they_are_short_soft_smooth_and_distinct_at_any_rate() {
        for hz in [8_000, 16_000, 44_100, 48_000, 192_000] {
            let rate = SampleRate::new(hz).unwrap();
            let all = Earcon::ALL.map(|earcon| earcon.pcm(rate));
            for pcm in &all {
                let ms = length_f64(pcm.len()) * 1_000.0 / f64::from(hz);
                // What is due calls from another room; the others are over before anybody speaks.
                let longest = if pcm.len() == Earcon::Due.pcm(rate).len() { 600.0 } else { 180.0 };
                assert!((80.0..=longest).contains(&ms), "{ms} ms");
                let peak = pcm.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
                assert!((0.05..=0.2).contains(&peak), "{peak}");
                // The steepest a tone of 2 kHz at this loudness can be.
                let steepest = 0.2 * std::f32::consts::TAU * 2_000.0 / f64_to_f32(f64::from(hz));
                assert!(pcm.windows(2).all(|two| (two[1] - two[0]).abs() <= steepest), "a click");
                assert!(pcm[0] == 0.0 && pcm[pcm.len() - 1].abs() < 0.001);
                assert!(Dbfs::of(pcm).0 < -18.0);
            }
            for (n, one) in all.iter().enumerate() {
                assert!(all[n + 1..].iter().all(|other| alike(one, other) < 0.6), "{hz}: {n}");
            }
        }
    }

    /// How far one is the other, 0 to 1, from the first sample on.
    fn alike(one: &[f32], other: &[f32]) -> f32 {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        dot(one, other).abs() / (dot(one, one) * dot(other, other)).sqrt()
    }
}

//! Loudness: what the samples' level alone tells, before and after the model ran.
//!
//! Enters: 16 kHz mono samples. Leaves: whether there is anything to hear, whether it is a steady sound, and where a
//! long utterance is best cut. Never here: the model, text.

use std::ops::Range;

use crate::units::{Dbfs, length_f32};

/// Samples in the windows that are measured: 20 ms, shorter than a vowel.
const WINDOW: usize = 320;

/// The loudest 20 ms of anything worth reading; quiet rooms measure -70 to -60 dBFS, far speech above -50.
const SILENT: Dbfs = Dbfs(-60.0);

/// Below this loudest 20 ms an utterance is so faint that a set phrase is more likely Whisper's than the user's.
const FAINT: Dbfs = Dbfs(-45.0);

/// Speech swings by 25 dB and more between vowels and stops, also with silence cut off; noise, hum and held notes by
/// less than this (white noise 1, brown noise 5, a tone 0.5).
const STEADY_SWING_DB: f32 = 10.0;

/// Whether nothing in `pcm` reaches an audible level.
#[must_use]
pub fn silent(pcm: &[f32]) -> bool {
    loudest(pcm) < SILENT
}

/// Whether the loudest moment of `pcm` is still faint.
#[must_use]
pub fn faint(pcm: &[f32]) -> bool {
    loudest(pcm) < FAINT
}

/// Whether `pcm` keeps one level as no speech does: noise, a hum, a held note.
#[must_use]
pub fn steady(pcm: &[f32]) -> bool {
    let mut levels: Vec<f32> = pcm.chunks(WINDOW).map(|window| Dbfs::of(window).0).collect();
    levels.sort_by(f32::total_cmp);
    let at = |percent: usize| levels.get(levels.len().saturating_sub(1) * percent / 100).copied();
    match (at(10), at(95)) {
        (Some(low), Some(high)) => high - low < STEADY_SWING_DB,
        _ => true,
    }
}

/// Cuts `pcm` into pieces of at most `most` samples, each cut in the quietest 100 ms of the last two fifths of what
/// would fit, so that it falls between words.
#[must_use]
pub fn pieces(pcm: &[f32], most: usize) -> Vec<Range<usize>> {
    const QUIET_SPAN: usize = 1_600;
    let most = most.max(2 * QUIET_SPAN);
    let (mut cuts, mut start) = (Vec::new(), 0);
    while pcm.len() - start > most {
        let earliest = start + most * 3 / 5;
        let end = (earliest..=start + most - QUIET_SPAN)
            .step_by(WINDOW)
            .min_by(|a, b| energy(&pcm[*a..*a + QUIET_SPAN]).total_cmp(&energy(&pcm[*b..*b + QUIET_SPAN])))
            .map_or(start + most, |quietest| quietest + QUIET_SPAN / 2);
        cuts.push(start..end);
        start = end;
    }
    if start < pcm.len() {
        cuts.push(start..pcm.len());
    }
    cuts
}

/// The level of the loudest 20 ms.
fn loudest(pcm: &[f32]) -> Dbfs {
    pcm.chunks(WINDOW).map(Dbfs::of).fold(Dbfs::FLOOR, |a, b| if b > a { b } else { a })
}

/// Mean power.
fn energy(pcm: &[f32]) -> f32 {
    pcm.iter().map(|s| s * s).sum::<f32>() / length_f32(pcm.len().max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// White noise at `level` from a small generator, so that tests repeat.
    fn noise(samples: usize, level: f32) -> Vec<f32> {
        let mut seed = 1_u32;
        let mut next = || {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (f32::from(u16::try_from(seed >> 16).unwrap()) / 32_768.0 - 1.0) * level
        };
        (0..samples).map(|_| next()).collect()
    }

    #[test]
    fn silence_faintness_and_steadiness() {
        assert!(silent(&[]) && steady(&[]));
        assert!(silent(&[0.0; 16_000]) && silent(&noise(16_000, 0.001)));
        let hiss = noise(16_000, 0.1);
        assert!(!silent(&hiss) && !faint(&hiss) && steady(&hiss));
        let mut word = vec![0.0; 16_000];
        word[4_000..9_000].copy_from_slice(&noise(5_000, 0.005));
        assert!(!silent(&word) && faint(&word) && !steady(&word));
    }

    #[test]
    fn a_long_utterance_is_cut_in_its_pauses() {
        let most = 10 * 16_000;
        let mut pcm = noise(25 * 16_000, 0.2);
        for pause in [8 * 16_000, 15 * 16_000] {
            pcm[pause..pause + 4_000].fill(0.0);
        }
        let cuts = pieces(&pcm, most);
        assert_eq!(cuts.len(), 3);
        assert!((8 * 16_000..8 * 16_000 + 4_000).contains(&cuts[0].end), "{cuts:?}");
        assert!((15 * 16_000..15 * 16_000 + 4_000).contains(&cuts[1].end), "{cuts:?}");
        assert_eq!(cuts[2].end, pcm.len());
        assert_eq!(pieces(&pcm[..most], most), vec![0..most]);
        assert_eq!(pieces(&[], most), vec![]);
    }

    proptest::proptest! {
        #[test]
        fn pieces_cover_everything_once(len in 0_usize..200_000, most in 0_usize..60_000) {
            let pcm = noise(len, 0.1);
            let cuts = pieces(&pcm, most);
            let mut at = 0;
            for cut in &cuts {
                assert_eq!(cut.start, at);
                assert!(cut.end > at && cut.len() <= most.max(3_200));
                at = cut.end;
            }
            assert_eq!(at, len);
        }
    }
}

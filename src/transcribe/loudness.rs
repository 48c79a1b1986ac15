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

/// Windows this far below the loudest one at either end do not count for how a sound swings.
const SWING_EDGE_DB: f32 = 25.0;

/// Windows this far below the loudest one at either end are pre-roll and hangover; an "f" or "s" lies above.
const SOUND_EDGE_DB: f32 = 40.0;

/// Swing of hisses, hums and held notes: white noise measures 0.5 to 1.2 dB, tones 0 to 0.2, the steadiest of 543
/// synthetic utterances 3.3.
const HUM_SWING_DB: f32 = 3.0;

/// Swing that speech exceeds (median 24 dB, 97 % above 10) and rumble does not (brown noise 5).
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

/// Whether `pcm` keeps one level as no speech does: a hiss, a hum, a held note.
#[must_use]
pub fn hums(pcm: &[f32]) -> bool {
    swing(pcm) < HUM_SWING_DB
}

/// Whether `pcm` keeps its level as speech hardly ever does; reason for doubt, no proof.
#[must_use]
pub fn steady(pcm: &[f32]) -> bool {
    swing(pcm) < STEADY_SWING_DB
}

/// From the quiet to the loud moments of the sound, in dB: the 10th to the 95th percentile of 20 ms windows, what
/// lies quietly before and after left out.
#[must_use]
pub fn swing(pcm: &[f32]) -> f32 {
    let levels = levels(pcm);
    let Some(span) = span_above(&levels, SWING_EDGE_DB) else { return 0.0 };
    let mut sound = levels[span].to_vec();
    sound.sort_by(f32::total_cmp);
    let at = |percent: usize| sound[(sound.len() - 1) * percent / 100];
    at(95) - at(10)
}

/// The part of `pcm` that sounds, with 100 ms to either side: short words are read worse among a second of pre-roll
/// and hangover. Empty where nothing does.
#[must_use]
pub fn sounding(pcm: &[f32]) -> Range<usize> {
    const MARGIN: usize = 5;
    span_above(&levels(pcm), SOUND_EDGE_DB).map_or(0..0, |span| {
        let (start, end) = (span.start.saturating_sub(MARGIN) * WINDOW, (span.end + MARGIN) * WINDOW);
        start..end.min(pcm.len())
    })
}

/// The level of each 20 ms window; the last may be shorter.
fn levels(pcm: &[f32]) -> Vec<f32> {
    pcm.chunks(WINDOW).map(|window| Dbfs::of(window).0).collect()
}

/// From the first to past the last window that is audible and within `depth` dB of the loudest.
fn span_above(levels: &[f32], depth: f32) -> Option<Range<usize>> {
    let loudest = levels.iter().copied().fold(Dbfs::FLOOR.0, f32::max);
    let edge = (loudest - depth).max(SILENT.0);
    let first = levels.iter().position(|level| *level > edge)?;
    let last = levels.iter().rposition(|level| *level > edge)?;
    Some(first..last + 1)
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
        assert!(silent(&[]) && hums(&[]) && steady(&[]));
        assert!(silent(&[0.0; 16_000]) && silent(&noise(16_000, 0.001)));
        let hiss = noise(16_000, 0.1);
        assert!(!silent(&hiss) && !faint(&hiss) && hums(&hiss) && steady(&hiss));
        let mut burst = vec![0.0; 32_000];
        burst[8_000..16_000].copy_from_slice(&noise(8_000, 0.005));
        assert!(!silent(&burst) && faint(&burst) && hums(&burst), "the quiet around it does not count");
        burst[10_000..12_000].fill(0.0);
        assert!(!hums(&burst) && !steady(&burst));
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
        assert!(pieces(&[], most).is_empty());
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

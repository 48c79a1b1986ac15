//! Evidence: what speaks for and against the words of a read, as numbers.
//!
//! Enters: one or two passes over the same sound. Leaves: a vector for the classifier in [`super::trust`], and a changed
//! copy of the sound for the second pass. Pure. Never here: the model, coefficients, text.
//!
//! Words that were really heard survive a slower, deeper copy of the sound; words the model made up mostly do not.

use crate::units::{f64_to_count, length_f32, length_f64};

use super::guard::Decoded;

/// How many numbers a first pass gives, and how many both passes together.
pub const ALONE: usize = 9;
/// See [`ALONE`].
pub const TOGETHER: usize = 14;

/// The second pass hears the sound this much slower: as far as the training's voices differ in size.
const SLOWER: f64 = 0.93;

/// The least probabilities that are told apart, as natural logarithms.
const LEAST_LOG: f32 = -6.0;

/// What a first pass tells: a constant, the tokens' mean and least log-probability, the end's, the odds that nobody
/// speaks, how many tokens there are and how fast they come, how the level swings, and whether it is one word.
#[must_use]
pub fn alone(decoded: &Decoded, seconds: f32, swing: f32) -> [f32; ALONE] {
    let count = length_f32(decoded.tokens.len().max(1));
    let one_word = !decoded.text.trim().contains(' ');
    [
        1.0,
        (decoded.log_probability / count).max(LEAST_LOG),
        decoded.least.max(LEAST_LOG),
        decoded.ending.max(LEAST_LOG),
        nobody(decoded),
        count.ln(),
        (count / seconds.max(0.2)).min(12.0),
        swing.clamp(0.0, 50.0) / 10.0,
        f32::from(u8::from(one_word)),
    ]
}

/// What a second pass adds: how far both agree, whether they agree in full, its own mean and least, and the odds
/// that nobody speaks.
#[must_use]
pub fn together(alone: &[f32; ALONE], first: &Decoded, second: &Decoded) -> [f32; TOGETHER] {
    let agreed = agreement(&first.tokens, &second.tokens);
    let count = length_f32(second.tokens.len().max(1));
    let mut all = [0.0; TOGETHER];
    all[..ALONE].copy_from_slice(alone);
    all[ALONE..].copy_from_slice(&[
        agreed,
        f32::from(u8::from(agreed >= 1.0)),
        (second.log_probability / count).max(LEAST_LOG),
        second.least.max(LEAST_LOG),
        nobody(second),
    ]);
    all
}

/// The logarithm of the odds that nobody speaks.
fn nobody(decoded: &Decoded) -> f32 {
    let chance = decoded.no_speech.get().clamp(1e-4, 1.0 - 1e-4);
    (chance / (1.0 - chance)).ln()
}

/// One less the edits between two token sequences for each token of the longer.
#[must_use]
pub fn agreement(a: &[i32], b: &[i32]) -> f32 {
    let longer = a.len().max(b.len());
    if longer == 0 {
        return 1.0;
    }
    let edits = strsim::generic_levenshtein(&a.to_vec(), &b.to_vec());
    1.0 - length_f32(edits) / length_f32(longer)
}

/// `pcm` played slower, which deepens it too; straight lines between samples do for a second opinion.
pub fn slower(pcm: &[f32], out: &mut Vec<f32>) {
    out.clear();
    let count = f64_to_count(length_f64(pcm.len()) / SLOWER);
    out.extend((0..count).map_while(|index| {
        let at = length_f64(index) * SLOWER;
        let before = f64_to_count(at.floor());
        let part = crate::units::f64_to_f32(at - at.floor());
        let (a, b) = (pcm.get(before)?, pcm.get(before + 1)?);
        Some(a + (b - a) * part)
    }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Probability;

    fn decoded(tokens: &[i32], mean: f32) -> Decoded {
        Decoded {
            text: " one two".into(),
            tokens: tokens.to_vec(),
            log_probability: mean * length_f32(tokens.len()),
            least: mean - 0.5,
            ending: -0.1,
            ended: true,
            no_speech: Probability::clamped(0.5),
        }
    }

    #[test]
    fn agreement_counts_edits() {
        assert!((agreement(&[1, 2, 3, 4], &[1, 2, 9, 4]) - 0.75).abs() < 1e-6);
        assert!((agreement(&[], &[]) - 1.0).abs() < 1e-6 && agreement(&[1], &[]) == 0.0);
        let first = decoded(&[1, 2, 3], -0.2);
        let all = together(&alone(&first, 1.0, 24.0), &first, &decoded(&[1, 2, 3], -0.4));
        assert!((all[ALONE] - 1.0).abs() < 1e-6 && (all[ALONE + 1] - 1.0).abs() < 1e-6);
        assert!((all[1] + 0.2).abs() < 1e-6 && all[4].abs() < 1e-3 && (all[7] - 2.4).abs() < 1e-6);
    }

    #[test]
    fn a_slower_sound_is_longer_and_deeper() {
        let tone: Vec<f32> = (0..16_000_u16).map(|i| (f32::from(i) * 0.1).sin()).collect();
        let mut slow = Vec::new();
        slower(&tone, &mut slow);
        assert!((17_190..=17_210).contains(&slow.len()), "{}", slow.len());
        let crossings = |pcm: &[f32]| pcm.windows(2).filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0).count();
        assert!(crossings(&tone).abs_diff(crossings(&slow)) <= 1, "as many periods in more time");
        slower(&[], &mut slow);
        assert!(slow.is_empty());
    }
}

//! Trust: the chance that every word the built-in model wrote is right.
//!
//! Enters: a pass, and what the sound itself tells. Leaves: the evidence as numbers, and a probability. Pure. Never here:
//! the model, sound, text that is kept; official models, which the guard judges by published thresholds.
//!
//! A small model writes one of its commands for anything that sounds like speech, and says so only in its numbers. So
//! they are weighed together by a logistic classifier. `models/training/trust.py` fits it to reads by Mynah itself and
//! prints the table and what each floor does; the model card holds what the evaluation says of it.
//!
//! A second pass over a slower copy of the sound, which made-up words mostly do not survive, was tried and left out: it
//! raised the area under the curve from 0.959 to 0.963 and doubled the cost.

use crate::units::{Probability, length_f32};

use super::guard::Decoded;

/// How many numbers are weighed.
pub const EVIDENCE: usize = 9;

/// One for each number of [`evidence`], in its order.
const COEFFICIENTS: [f32; EVIDENCE] = [3.862, 5.533, 0.447, 27.364, -0.344, -1.136, 0.325, 0.030, -0.987];

/// The least probabilities that are told apart, as natural logarithms.
const LEAST_LOG: f32 = -6.0;

/// Most tokens a second and most decibels of swing that are told apart.
const MOST_A_SECOND: f32 = 12.0;
const MOST_SWING: f32 = 50.0;

/// What speaks for and against a pass over `seconds` of sound whose level swings by `swing` dB: a constant, the tokens'
/// mean and least log-probability, the end's, the odds that nobody speaks, how many tokens there are and how fast they
/// come, the swing, and whether it is one word.
#[must_use]
pub fn evidence(decoded: &Decoded, seconds: f32, swing: f32) -> [f32; EVIDENCE] {
    let count = length_f32(decoded.tokens.len().max(1));
    let nobody = decoded.no_speech.get().clamp(1e-4, 1.0 - 1e-4);
    let one_word = !decoded.text.trim().contains(' ');
    [
        1.0,
        (decoded.log_probability / count).max(LEAST_LOG),
        decoded.least.max(LEAST_LOG),
        decoded.ending.max(LEAST_LOG),
        (nobody / (1.0 - nobody)).ln(),
        count.ln(),
        (count / seconds.max(0.2)).min(MOST_A_SECOND),
        swing.clamp(0.0, MOST_SWING) / 10.0,
        f32::from(u8::from(one_word)),
    ]
}

/// The chance that every word is right.
#[must_use]
pub fn chance(evidence: &[f32; EVIDENCE]) -> Probability {
    let sum: f32 = evidence.iter().zip(&COEFFICIENTS).map(|(number, coefficient)| number * coefficient).sum();
    Probability::clamped(1.0 / (1.0 + (-sum).exp()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(mean: f32, no_speech: f32) -> Decoded {
        Decoded {
            text: " Stop the timer.".into(),
            tokens: vec![1, 2, 3, 4],
            log_probability: 4.0 * mean,
            least: 2.0 * mean,
            ending: -0.05,
            ended: true,
            no_speech: Probability::clamped(no_speech),
        }
    }

    #[test]
    fn likely_words_are_trusted_and_unlikely_ones_are_not() {
        let of = |mean, no_speech| chance(&evidence(&pass(mean, no_speech), 1.2, 25.0)).get();
        assert!(of(-0.05, 0.001) > 0.8 && of(-1.2, 0.1) < 0.2);
        assert!(of(-0.3, 0.9) < of(-0.3, 0.001), "the odds that nobody speaks count against it");
        assert!(of(-0.05, 0.01) > of(-0.5, 0.01));
    }

    #[test]
    fn the_numbers_stay_finite() {
        let empty = Decoded { tokens: vec![], log_probability: 0.0, ..pass(f32::NEG_INFINITY, 1.0) };
        for decoded in [pass(f32::NEG_INFINITY, 0.0), empty] {
            let numbers = evidence(&decoded, 0.0, f32::INFINITY);
            assert!(numbers.iter().all(|number| number.is_finite()), "{numbers:?}");
            assert!((0.0..=1.0).contains(&chance(&numbers).get()));
        }
    }
}

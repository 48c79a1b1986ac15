//! Trust: the chance that every word of a read is right.
//!
//! Enters: the evidence. Leaves: a probability. Pure. Never here: the model, sound, text.
//!
//! A logistic classifier for the built-in model alone; `models/training/trust.py` fits it to reads by Mynah itself and
//! prints the tables below with what they were fitted to.

use crate::units::Probability;

use super::evidence::{ALONE, TOGETHER};

/// After one pass, in the order of [`super::evidence::alone`].
const AFTER_ONE: [f32; ALONE] = [0.0; ALONE];

/// After two, in the order of [`super::evidence::together`].
const AFTER_TWO: [f32; TOGETHER] = [0.0; TOGETHER];

/// Below this a second pass does not help any more; above the other it is not needed.
const HOPELESS: f32 = 0.02;
const CERTAIN: f32 = 0.995;

/// The chance after one pass.
#[must_use]
pub fn after_one(evidence: &[f32; ALONE]) -> Probability {
    logistic(evidence, &AFTER_ONE)
}

/// The chance after two.
#[must_use]
pub fn after_two(evidence: &[f32; TOGETHER]) -> Probability {
    logistic(evidence, &AFTER_TWO)
}

/// Whether a second pass may change the verdict.
#[must_use]
pub fn undecided(chance: Probability) -> bool {
    (HOPELESS..CERTAIN).contains(&chance.get())
}

fn logistic(evidence: &[f32], coefficients: &[f32]) -> Probability {
    let sum: f32 = evidence.iter().zip(coefficients).map(|(x, c)| x * c).sum();
    Probability::clamped(1.0 / (1.0 + (-sum).exp()))
}

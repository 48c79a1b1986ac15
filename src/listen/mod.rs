//! Listen: finds the speech in the sound.
//!
//! Enters: [`crate::flow::Frame`]s. Leaves: [`Heard`], from which the session makes [`crate::flow::Utterance`]s, with
//! pre-roll and hangover. Runs on the listen thread. All decisions are taken in samples. Never here: wall time,
//! allocation per frame beyond the utterance being gathered, words.

use crate::{flow::FRAME_SAMPLES, units::Probability};

mod gate;
mod level;
mod open;
mod vad;

pub use self::{
    gate::{Gate, GateOptions, Heard},
    vad::Vad,
};

/// Judges one frame after the other; keeps state between them.
pub trait Detector: Send {
    /// How likely `frame` (16 kHz mono, -1..1) holds speech.
    fn score(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Probability;
    /// Forgets all frames so far.
    fn reset(&mut self);
}

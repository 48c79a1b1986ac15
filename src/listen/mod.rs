//! Listen: finds the speech in the sound.
//!
//! Enters: [`crate::flow::Frame`]s. Leaves: [`Heard`], from which the session makes [`crate::flow::Utterance`]s, with
//! pre-roll and hangover. Runs on the listen thread. All decisions are taken in samples. Never here: wall time,
//! allocation per frame beyond the utterance being gathered, words.

use crate::{
    flow::FRAME_SAMPLES,
    units::{Probability, SampleIndex},
};

mod echo;
pub mod features;
mod gate;
mod held;
mod lead;
mod level;
mod louder;
mod open;
mod options;
pub mod samples;
mod talker;
mod vad;

pub use self::{
    echo::{Cleaned, EchoCanceller, EchoOptions},
    gate::{Gate, Heard},
    options::GateOptions,
    samples::{Samples, Unfit},
    vad::Vad,
};

/// What the gate says after a frame, for one who listens while somebody speaks.
#[derive(Debug, Clone)]
pub enum GateEvent {
    /// Speech began: the gate is open.
    Began {
        /// Where the utterance begins, pre-roll included.
        at: SampleIndex,
    },
    /// The first silence, [`GateOptions::pause_ms`] long, after speech: what was said so far, as it will be given if
    /// nothing follows. A good time to begin to transcribe.
    Paused(Heard),
    /// Speech goes on after a pause.
    Resumed,
    /// The utterance ended: by silence, at the longest length, by release of the key, or where samples were lost.
    Ended {
        /// The utterance.
        heard: Heard,
        /// Whether it is, sample for sample, what the last [`GateEvent::Paused`] gave.
        as_paused: bool,
    },
    /// What had begun was no speech after all.
    Dropped,
}

impl GateEvent {
    /// The utterance, if one ended.
    #[must_use]
    pub fn ended(self) -> Option<Heard> {
        match self {
            Self::Ended { heard, .. } => Some(heard),
            Self::Began { .. } | Self::Paused(_) | Self::Resumed | Self::Dropped => None,
        }
    }
}

/// Judges one frame after the other; keeps state between them.
pub trait Detector: Send {
    /// How likely `frame` (16 kHz mono, -1..1) holds speech.
    fn score(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Probability;
    /// Forgets all frames so far.
    fn reset(&mut self);
}

//! VAD: how likely a frame holds speech.
//!
//! Enters: frames of any loudness. Leaves: a probability, 0 where there is too little sound to be speech. earshot is
//! named here and nowhere else. Never here: a decision where an utterance begins or ends.

use super::{
    Detector,
    level::{Leveller, NoiseFloor},
};
use crate::{
    flow::FRAME_SAMPLES,
    units::{Dbfs, Probability},
};

/// Quieter frames are no speech: quiet rooms record at -65 dBFS, soft consonants of distant speech at -58.
const SILENCE: Dbfs = Dbfs(-60.0);

/// Sound must stand out of the noise floor by this many dB; steady noise, however coloured, stays below it.
const ABOVE_FLOOR: f32 = 4.0;

/// The built-in voice activity detector.
pub struct Vad {
    model: Box<earshot::Detector>,
    leveller: Leveller,
    floor: NoiseFloor,
}

impl Vad {
    /// A detector that has heard nothing yet. Its weights are part of the program.
    #[must_use]
    pub fn new() -> Self {
        Self {
            model: Box::new(earshot::Detector::default()),
            leveller: Leveller::new(),
            floor: NoiseFloor::new(),
        }
    }
}

impl Default for Vad {
    fn default() -> Self {
        Self::new()
    }
}

impl Detector for Vad {
    fn score(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Probability {
        let level = Dbfs::of(frame);
        let above = self.floor.above(level);
        let score = self.model.predict_f32(&self.leveller.apply(frame, level));
        if level < SILENCE || above < ABOVE_FLOOR {
            return Probability::ZERO;
        }
        Probability::clamped(score)
    }

    fn reset(&mut self) {
        self.model.reset();
        self.leveller = Leveller::new();
        self.floor = NoiseFloor::new();
    }
}

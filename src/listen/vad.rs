//! VAD: how likely a frame holds speech.
//!
//! Enters: frames of any loudness. Leaves: a probability, 0 where there is too little sound to be speech. earshot is
//! named here and nowhere else. Never here: a decision where an utterance begins or ends.

use std::collections::VecDeque;

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

/// Frames after the last that could be speech for which the network still runs: half a second, more than any pause
/// within a word.
const RUNS_ON: usize = 31;

/// Of the frames it did not see, the last it is shown when sound comes back: it was trained to know what went before.
const CATCHES_UP: usize = 8;

/// The built-in voice activity detector.
///
/// Its network is nearly all that listening costs, so it rests while nothing could be speech.
pub struct Vad {
    model: Box<earshot::Detector>,
    /// Frames since the last that could be speech.
    quiet: usize,
    /// What the network was not shown, the last frames only.
    unseen: VecDeque<[f32; FRAME_SAMPLES]>,
    leveller: Leveller,
    floor: NoiseFloor,
}

impl Vad {
    /// A detector that has heard nothing yet. Its weights are part of the program.
    #[must_use]
    pub fn new() -> Self {
        Self {
            model: Box::new(earshot::Detector::default()),
            quiet: 0,
            unseen: VecDeque::new(),
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
        let levelled = self.leveller.apply(frame, level);
        let silent = level < SILENCE || above < ABOVE_FLOOR;
        self.quiet = if silent { self.quiet + 1 } else { 0 };
        if self.quiet > RUNS_ON {
            if self.unseen.len() >= CATCHES_UP {
                self.unseen.pop_front();
            }
            self.unseen.push_back(levelled);
            return Probability::ZERO;
        }
        for unseen in self.unseen.drain(..) {
            self.model.predict_f32(&unseen);
        }
        let score = self.model.predict_f32(&levelled);
        if silent { Probability::ZERO } else { Probability::clamped(score) }
    }

    fn reset(&mut self) {
        self.model.reset();
        self.quiet = 0;
        self.unseen.clear();
        self.leveller = Leveller::new();
        self.floor = NoiseFloor::new();
    }
}

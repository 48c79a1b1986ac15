//! Level: how loud it is, and how loud it would be if nobody spoke.
//!
//! Enters: the level of each frame. Leaves: frames whose loudest recent sound is at one level, the noise floor,
//! and whether an utterance's level moves as speech does. Never here: a decision.

use crate::{
    flow::FRAME_SAMPLES,
    units::{Dbfs, length_f32},
};

/// Frames in half a second.
const HALF_SECOND: usize = 8_000 / FRAME_SAMPLES;

/// Half seconds the noise floor looks back: 4 s hold a pause or a stop consonant in any speech.
const FLOOR_BLOCKS: usize = 8;

/// How much of the last frame's smoothed power stays: a time constant of 100 ms, over which the level of narrow noise
/// holds still while syllables still show.
const SMOOTHING: f32 = 0.85;

/// What the floor is taken for in the first second, so that a recording that opens with speech is not missed.
const QUIET_ROOM: Dbfs = Dbfs(-70.0);

/// The noise floor: the lowest smoothed level of the last 4 seconds (minimum statistics after Martin, 2001).
pub(super) struct NoiseFloor {
    power: f32,
    blocks: [f32; FLOOR_BLOCKS],
    frames: usize,
    minimum: f32,
}

impl NoiseFloor {
    pub(super) const fn new() -> Self {
        Self { power: 0.0, blocks: [0.0; FLOOR_BLOCKS], frames: 0, minimum: 0.0 }
    }

    /// Takes the level of the next frame and gives how far the sound is above the floor now, in dB.
    pub(super) fn above(&mut self, level: Dbfs) -> f32 {
        let power = 10_f32.powf(level.0 / 10.0);
        self.power = if self.frames == 0 { power } else { power + SMOOTHING * (self.power - power) };
        let level = 10.0 * self.power.max(1e-12).log10();
        self.minimum = self.minimum.min(level);
        self.frames += 1;
        let past = self.blocks.iter().copied().fold(self.minimum, f32::min);
        if self.frames.is_multiple_of(HALF_SECOND) {
            self.blocks[self.frames / HALF_SECOND % FLOOR_BLOCKS] = self.minimum;
            self.minimum = 0.0;
        }
        let floor = if self.frames < 2 * HALF_SECOND { QUIET_ROOM.0.min(past) } else { past };
        level - floor
    }
}

/// How fast the leveller forgets a loud sound, dB a frame: 20 dB a second.
const RELEASE: f32 = 0.32;

/// The most it amplifies, dB.
const MAX_GAIN: f32 = 18.0;

/// Brings the loudest recent frame to one level.
///
/// The detector's scores rise with the level: white, pink and brown noise at -12 dBFS score above 0.65, the same noise
/// at -26 dBFS never does, while speech scores alike at both and falls below 0.65 under -40 dBFS (measured on flite and
/// espeak-ng voices).
pub(super) struct Leveller {
    loudest: f32,
    factor: f32,
}

impl Leveller {
    /// Where the loudest recent frame is brought, dBFS.
    const TARGET: f32 = -26.0;

    pub(super) const fn new() -> Self {
        Self { loudest: Self::TARGET, factor: 1.0 }
    }

    /// `frame`, whose level is `level`, at the level the detector is best at.
    pub(super) fn apply(&mut self, frame: &[f32; FRAME_SAMPLES], level: Dbfs) -> [f32; FRAME_SAMPLES] {
        self.loudest = level.0.max(self.loudest - RELEASE).max(Self::TARGET - MAX_GAIN);
        let goal = 10_f32.powf((Self::TARGET - self.loudest) / 20.0);
        // In steps it would click, and clicks over a hum score as speech.
        // A sudden loud sound is turned down at once, before it clips.
        let mut factor = if goal < self.factor / 2.0 { goal } else { self.factor };
        let step = (goal - factor) / length_f32(FRAME_SAMPLES);
        self.factor = goal;
        frame.map(|sample| {
            factor += step;
            (sample * factor).clamp(-1.0, 1.0)
        })
    }
}

/// The span in dB that the levels of an utterance cover, its loudest and quietest tenth left out.
///
/// Speech swings by its syllables: 10 dB and more, even in short words. Noise, hum and chords stay within 2 dB.
pub(super) fn swing(levels: &[Dbfs]) -> f32 {
    let mut sorted: Vec<f32> = levels.iter().map(|level| level.0).collect();
    sorted.sort_unstable_by(f32::total_cmp);
    let edge = sorted.len() / 10;
    match (sorted.get(edge), sorted.len().checked_sub(edge + 1).and_then(|high| sorted.get(high))) {
        (Some(low), Some(high)) => high - low,
        _ => 0.0,
    }
}

//! Open: an utterance while it is gathered.
//!
//! Enters: frames and what the detector says of each. Leaves: their samples, levels and votes, and where a long one is
//! best cut. Never here: a decision when it ends.

use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::{Dbfs, SampleIndex, length_u64},
};

/// What the detector says of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vote {
    /// At least `onset`.
    Opens,
    /// At least `offset`.
    Holds,
    Silent,
}

/// An utterance being gathered.
pub(super) struct Open {
    pub(super) start: SampleIndex,
    pub(super) pcm: Vec<f32>,
    /// Of each frame in `pcm`, its level and whether it holds speech.
    pub(super) frames: Vec<(Dbfs, bool)>,
    /// It goes on from one that reached the longest length.
    pub(super) continues: bool,
}

impl Open {
    /// Takes the next frame.
    pub(super) fn take(&mut self, frame: &Frame, vote: Vote) {
        self.pcm.extend_from_slice(&frame.pcm);
        self.frames.push((Dbfs::of(&frame.pcm), vote != Vote::Silent));
    }

    /// Frames since the last that holds speech.
    pub(super) fn silent_frames(&self) -> usize {
        self.frames.iter().rev().take_while(|(_, voiced)| !*voiced).count()
    }

    /// Cuts at the quietest frame of the last quarter, at most 2 s back, so that no word is cut where it can be helped;
    /// `self` keeps what is before, the rest is given.
    pub(super) fn split(&mut self) -> Self {
        let reach = (self.frames.len() / 4).min(2_000 / 16);
        let from = self.frames.len() - reach;
        let quietest =
            self.frames[from..].iter().enumerate().min_by(|(_, a), (_, b)| a.0.0.total_cmp(&b.0.0));
        let cut = quietest.map_or(from, |(n, _)| from + n);
        let frames = self.frames.split_off(cut);
        let pcm = self.pcm.split_off(cut * FRAME_SAMPLES);
        let start = self.start.plus(length_u64(cut * FRAME_SAMPLES));
        Self { start, pcm, frames, continues: true }
    }
}

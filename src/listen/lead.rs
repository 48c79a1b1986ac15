//! Lead: the last frames before the gate opens.
//!
//! Enters: frames while it is closed. Leaves: where an utterance begins in them, once enough of them hold speech. Never
//! here: more frames than the pre-roll and a soft beginning take.

use std::collections::VecDeque;

use super::open::{Beat, Open, SOFT_ONSET, Vote};
use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::length_u64,
};

/// Of the last [`ONSET_WINDOW`] frames this many must hold speech to open the gate: 80 of 96 ms. The shortest words
/// score so for 144 ms, fast beeps for 64 ms.
const ONSET_FRAMES: usize = 5;

/// The frames looked back on to open the gate.
const ONSET_WINDOW: usize = 6;

/// What was heard last.
pub(super) struct Lead {
    frames: VecDeque<(Frame, Beat)>,
    pre_roll: usize,
}

impl Lead {
    /// Nothing yet; `pre_roll` frames are given with an utterance.
    pub(super) const fn new(pre_roll: usize) -> Self {
        Self { frames: VecDeque::new(), pre_roll }
    }

    pub(super) fn clear(&mut self) {
        self.frames.clear();
    }

    /// Keeps a frame for the pre-roll.
    pub(super) fn keep(&mut self, frame: Frame, beat: Beat) {
        if self.frames.len() >= self.pre_roll + SOFT_ONSET + ONSET_WINDOW {
            self.frames.pop_front();
        }
        self.frames.push_back((frame, beat));
    }

    /// The silence that ended an utterance may hold the beginning of the next.
    pub(super) fn keep_end_of(&mut self, open: &Open) {
        let silence = open.beats.len() - open.silence();
        let frames = open.pcm.as_chunks::<FRAME_SAMPLES>().0.iter().zip(&open.beats).enumerate();
        for (n, (pcm, beat)) in frames.skip(open.beats.len().saturating_sub(self.pre_roll)) {
            let at = open.start.plus(length_u64(n * FRAME_SAMPLES));
            // Speech that was given does not open the gate again.
            let vote = if n < silence { Vote::Silent } else { beat.vote };
            self.keep(Frame { at, pcm: *pcm }, Beat { vote, ..*beat });
        }
    }

    /// The first frame of an utterance, pre-roll included, if enough of the last ones hold speech.
    pub(super) fn onset(&self) -> Option<usize> {
        let window = self.frames.len().saturating_sub(ONSET_WINDOW);
        let votes = self.frames.range(window..).filter(|(_, beat)| beat.vote == Vote::Opens);
        if votes.count() < ONSET_FRAMES {
            return None;
        }
        // Frames that would have held the gate open belong to the word as well.
        let soft = self.frames.range(..window).rev().take(SOFT_ONSET);
        let soft = soft.take_while(|(_, beat)| beat.vote != Vote::Silent).count();
        Some((window - soft).saturating_sub(self.pre_roll))
    }

    /// The first frame of one that begins with the last frame, pre-roll included.
    pub(super) fn now(&self) -> usize {
        self.frames.len().saturating_sub(self.pre_roll + 1)
    }

    /// The frames from the one at `first` on; nothing is kept.
    pub(super) fn take(&mut self, first: usize) -> impl Iterator<Item = (Frame, Beat)> {
        self.frames.drain(..).skip(first)
    }
}

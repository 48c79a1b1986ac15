//! Open: an utterance while it is gathered.
//!
//! Enters: frames and what the detector says of each. Leaves: how long it has been silent, what would be given of it,
//! and where a long one is best cut. Never here: a decision when it ends.

use std::ops::Range;

use super::{level::swing, talker::Talker};
use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::{Dbfs, SAMPLES_PER_MS, SampleIndex, length_u64},
};

/// Frames before the window that opened the gate, on top of the pre-roll, which a soft beginning may fill.
pub(super) const SOFT_ONSET: usize = 12;

/// Less speech than this is a click or a cough, in ms. The shortest words hold 190 ms.
const MIN_VOICED_MS: u64 = 100;

/// The same while the key is held: who holds it means to speak.
const MIN_FORCED_MS: u64 = 48;

/// An utterance whose level moves less than this, in dB, is a tone or noise: chords and sweeps move 0.6, plucked strings
/// 4, sentences 5.6 and more even in loud noise.
const MIN_SWING: f32 = 4.5;

/// The same where there is less than [`SHORT_MS`] of speech: one vowel alone moves 2 to 6.
const MIN_SHORT_SWING: f32 = 1.5;

/// Less speech than this, in ms, may be a single vowel.
const SHORT_MS: u64 = 500;

/// In a pause, 3 of 4 frames must hold speech for it to be over: a click or a breath is no word.
const RESUMES: u8 = 3;

/// Frames after the talker's own for which a softer sound still is the end of their word: 96 ms.
const TAIL: usize = 6;

/// What the detector says of a frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Vote {
    /// At least `onset`.
    Opens,
    /// At least `offset`.
    Holds,
    Silent,
}

/// What is known of a frame beside its samples.
#[derive(Debug, Clone, Copy)]
pub(super) struct Beat {
    pub(super) vote: Vote,
    pub(super) level: Dbfs,
    /// The level over the last frames.
    pub(super) spread: Dbfs,
}

/// How frames are weighed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Weighing {
    /// Whether those far below the talker count as silence.
    pub(super) engaged: bool,
    /// Frames of silence that are a pause.
    pub(super) pause: usize,
    pub(super) pre_roll: usize,
}

/// Samples as a length; longer than memory is as long as memory.
fn count(samples: u64) -> usize {
    usize::try_from(samples).unwrap_or(usize::MAX)
}

/// An utterance being gathered.
pub(super) struct Open {
    pub(super) start: SampleIndex,
    pub(super) pcm: Vec<f32>,
    /// One for each frame in `pcm`.
    pub(super) beats: Vec<Beat>,
    /// It goes on from one that reached the longest length.
    pub(super) continues: bool,
    /// The key opened it.
    pub(super) forced: bool,
    /// Frames of silence that end it.
    pub(super) patience: usize,
    /// Whether this pause was looked at, and what was given then, if it was speech.
    pub(super) judged: bool,
    pub(super) told: Option<Range<SampleIndex>>,
    /// Samples of the first frame that lie before the utterance.
    skip: usize,
    /// Frames up to the last that holds speech.
    spoken: usize,
    /// Frames up to the last of the talker's own.
    near: usize,
    /// Which of the last frames hold speech, one bit each.
    lately: u8,
    talker: Talker,
    /// The talker's level before this utterance.
    before: Option<Dbfs>,
}

impl Open {
    /// Nothing yet, which begins at `start`.
    pub(super) fn at(start: SampleIndex, patience: usize, before: Option<Dbfs>) -> Self {
        Self {
            start,
            pcm: Vec::new(),
            beats: Vec::new(),
            continues: false,
            forced: false,
            patience,
            judged: false,
            told: None,
            skip: 0,
            spoken: 0,
            near: 0,
            lately: 0,
            talker: Talker::after(before),
            before,
        }
    }

    /// Takes the next frame; whether speech goes on with it after a pause.
    pub(super) fn take(&mut self, frame: &Frame, beat: Beat, weighing: Weighing) -> bool {
        self.pcm.extend_from_slice(&frame.pcm);
        self.beats.push(beat);
        self.weigh(beat, self.beats.len(), weighing)
    }

    /// Counts `beat`, the last of `count`; whether speech goes on with it after a pause.
    fn weigh(&mut self, beat: Beat, count: usize, weighing: Weighing) -> bool {
        let voiced = beat.vote != Vote::Silent;
        if voiced {
            self.talker.take(beat.spread);
            if !(weighing.engaged && self.talker.hides(beat.spread)) {
                self.near = count;
            }
        }
        let speech = voiced && count - self.near <= TAIL;
        self.lately = (self.lately << 1 | u8::from(speech)) & 0b1111;
        let in_pause = count - 1 - self.spoken >= weighing.pause;
        if !speech || in_pause && self.lately.count_ones() < u32::from(RESUMES) {
            return false;
        }
        self.spoken = count;
        in_pause
    }

    /// Weighs all frames anew, because how they are weighed or where the utterance begins has changed. A pause is to be
    /// judged again, unless what was told then still holds.
    pub(super) fn weigh_anew(&mut self, weighing: Weighing) {
        (self.spoken, self.near, self.lately) = (0, 0, 0);
        self.talker = Talker::after(self.before);
        for n in 0..self.beats.len() {
            self.weigh(self.beats[n], n + 1, weighing);
        }
        self.judged = self.told.is_some() && self.speech(weighing, false) == self.told;
        if !self.judged {
            self.told = None;
        }
    }

    /// Frames since the last that holds speech.
    pub(super) fn silence(&self) -> usize {
        self.beats.len() - self.spoken
    }

    /// How loud the talker is.
    pub(super) const fn level(&self) -> Option<Dbfs> {
        self.talker.level()
    }

    /// The position after the last sample.
    pub(super) fn end(&self) -> SampleIndex {
        self.start.plus(length_u64(self.pcm.len()))
    }

    /// The samples from `at` on, all of which are there.
    pub(super) fn samples(&self, span: &Range<SampleIndex>) -> &[f32] {
        let from = count(span.start.0.saturating_sub(self.start.0)).min(self.pcm.len());
        let to = count(span.end.0.saturating_sub(self.start.0)).min(self.pcm.len());
        &self.pcm[from..to.max(from)]
    }

    /// All that was gathered, from where the utterance begins.
    pub(super) fn span(&self) -> Range<SampleIndex> {
        self.start.plus(length_u64(self.skip))..self.end()
    }

    /// The first of its frames that holds the talker's speech.
    fn first(&self, weighing: Weighing) -> Option<usize> {
        let hidden = |beat: &Beat| weighing.engaged && self.talker.hides(beat.spread);
        self.beats.iter().position(|beat| beat.vote != Vote::Silent && !hidden(beat))
    }

    /// What is to be given of it, if it is speech: up to a pause after the last word, or `whole` where it goes on.
    pub(super) fn speech(&self, weighing: Weighing, whole: bool) -> Option<Range<SampleIndex>> {
        let first = self.first(weighing)?;
        let spoken = self.beats.get(first..self.spoken)?;
        let voiced = spoken.iter().filter(|beat| beat.vote != Vote::Silent).count();
        let voiced_ms = length_u64(voiced * FRAME_SAMPLES) / SAMPLES_PER_MS;
        let levels: Vec<Dbfs> = spoken.iter().map(|beat| beat.level).collect();
        let (min_ms, min_swing) = match voiced_ms {
            _ if self.forced => (MIN_FORCED_MS, 0.0),
            short if short < SHORT_MS => (MIN_VOICED_MS, MIN_SHORT_SWING),
            _ => (MIN_VOICED_MS, MIN_SWING),
        };
        // The rest of a long sentence may be short and even.
        if !self.continues && (voiced_ms < min_ms || swing(&levels) < min_swing) {
            return None;
        }
        let mut span = self.span();
        if weighing.engaged || self.forced {
            // Who spoke before the talker, and the silence after the key went down, are not theirs.
            let lead = first.saturating_sub(weighing.pre_roll + SOFT_ONSET);
            span.start = span.start.max(self.frame(lead));
        }
        if !whole {
            span.end = span.end.min(self.frame(self.spoken + weighing.pause));
        }
        Some(span)
    }

    /// Where frame `n` begins.
    fn frame(&self, n: usize) -> SampleIndex {
        self.start.plus(length_u64(n * FRAME_SAMPLES))
    }

    /// Forgets what lies before `at`.
    pub(super) fn drop_before(&mut self, at: SampleIndex, weighing: Weighing) {
        let samples = count(at.min(self.end()).0.saturating_sub(self.start.0));
        let frames = samples / FRAME_SAMPLES;
        self.beats.drain(..frames);
        self.pcm.drain(..frames * FRAME_SAMPLES);
        self.start = self.frame(frames);
        self.skip = samples % FRAME_SAMPLES;
        self.continues = false;
        self.weigh_anew(weighing);
    }

    /// Cuts at the quietest frame of the last quarter, at most 2 s back, so that no word is cut where it can be helped;
    /// `self` keeps what is before, the rest is given.
    pub(super) fn split(&mut self, patience: usize, weighing: Weighing) -> Self {
        let reach = (self.beats.len() / 4).min(2_000 / 16);
        let from = self.beats.len() - reach;
        let quietest =
            self.beats[from..].iter().enumerate().min_by(|(_, a), (_, b)| a.level.0.total_cmp(&b.level.0));
        let cut = quietest.map_or(from, |(n, _)| from + n);
        let mut rest = Self::at(self.frame(cut), patience, self.level());
        rest.beats = self.beats.split_off(cut);
        rest.pcm = self.pcm.split_off(cut * FRAME_SAMPLES);
        (rest.continues, rest.forced) = (true, self.forced);
        rest.weigh_anew(weighing);
        self.spoken = self.spoken.min(cut);
        rest
    }
}

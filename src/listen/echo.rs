//! Echo: takes Mynah's own voice out of what the microphone hears.
//!
//! Enters: the microphone's frames and the [`FarEnd`]. Leaves: two frames for each. One decides whether somebody speaks:
//! all echo is gone from it, and with it much of a voice that speaks at the same time. The other is to be understood:
//! only the linear echo is subtracted, which leaves the user's words as they are. The one file that names sonora.
//! Never here: work or a changed sample while nothing is played.

use std::collections::VecDeque;

use sonora_aec3::{
    block::Block, block_processor::BlockProcessor, common::BLOCK_SIZE, config::EchoCanceller3Config,
};

use super::louder::Louder;
use crate::{
    far_end::{FarEnd, Played},
    flow::{FRAME_SAMPLES, Frame},
    units::{Dbfs, PIPELINE_HZ, SAMPLES_PER_MS, SampleIndex, length_u64},
};

/// Length of the adaptive filter in blocks of 4 ms: 120 ms. sonora's own 13 leave 11 dB of echo return loss in a room with
/// a reverberation time of 0.3 s, 30 give 22 dB, for the user's words 15 dB of signal to distortion instead of 8.
const FILTER_BLOCKS: usize = 30;

/// Full scale in sonora's samples.
const FULL_SCALE: f32 = 32_768.0;

/// The microphone clips here.
const CLIPPED: f32 = 0.998;

/// Cancelled sound this far below what the microphone heard is residue, dB: the detector amplifies what is soft, and where two
/// clocks drift apart or sound is lost on the way, a loud echo is only 12 to 19 dB down for some frames at a time. Of 24 stop
/// words over such echo, nine found the gate open already with 22, one with 12. At first it is not known who is louder than the
/// echo, and a user whose voice is 10 dB softer stays above.
const RESIDUE: f32 = 12.0;
const RESIDUE_AT_FIRST: f32 = 16.0;

/// Where residue is brought: below what the detector listens to, and not far below a quiet room.
const UNHEARD: Dbfs = Dbfs(-62.0);

/// Played sound above this would be heard, if a loudspeaker played it.
const PLAYED: Dbfs = Dbfs(-45.0);

/// In so many frames more than not, nothing is heard of what is played, and there is no echo: 0.6 s, longer than echo is on
/// its way. The most that are counted: 2.4 s, in which the user may say something.
const NO_ECHO: u32 = 40;
const COUNTED: u32 = 150;

/// Frames for which what is played may still be on its way: 480 ms. Judged sooner, an echo that comes 250 ms late is no echo
/// of short words.
const ON_ITS_WAY: usize = 30;

/// How the canceller works.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EchoOptions {
    /// Whether echo is cancelled; default true. Without, the ear is deaf while Mynah can be heard (half-duplex): only
    /// the key interrupts it then, no word does.
    pub cancel: bool,
    /// For how long after its last sound Mynah may still be heard in the room, in ms; 100..=2000, default 500: 400 of
    /// delay through buffers and Bluetooth, 100 of reverberation.
    pub tail_ms: u64,
}

impl Default for EchoOptions {
    fn default() -> Self {
        Self { cancel: true, tail_ms: 500 }
    }
}

/// One frame of the microphone without Mynah's voice.
#[derive(Debug, Clone, PartialEq)]
pub struct Cleaned {
    /// What decides whether somebody speaks. While only a chime can be heard it is `for_recogniser`.
    pub for_gate: Frame,
    /// What is to be understood; the same position, sample for sample.
    pub for_recogniser: Frame,
    /// Whether Mynah can be heard in the microphone's frame: never where nothing of what is played was found in it, as with
    /// headphones. Where it is false both frames are that frame.
    pub own_voice: bool,
    /// Whether Mynah speaks, heard or not.
    pub speaking: bool,
}

impl Cleaned {
    /// `frame` where nothing is played.
    #[must_use]
    pub fn untouched(frame: &Frame) -> Self {
        Self { for_gate: frame.clone(), for_recogniser: frame.clone(), own_voice: false, speaking: false }
    }
}

/// Cleans the frames of one microphone. Lives on the listen thread.
pub struct EchoCanceller {
    far: FarEnd,
    cancel: bool,
    tail: u64,
    /// Samples for which Mynah can still be heard, and for which its voice can.
    audible: u64,
    voiced: u64,
    /// Frames in which nothing was heard of what was played, less those in which something was.
    unheard: u32,
    /// Whether nothing is heard of what is played: who wears headphones has no echo.
    no_echo: bool,
    /// Which of the last frames would be heard, and for how many frames the microphone has heard nothing.
    loud: VecDeque<bool>,
    silent: usize,
    louder: Louder,
    expected: SampleIndex,
    // Made at the first sound, so that a silent run costs no memory.
    processor: Option<Box<Processor>>,
}

impl std::fmt::Debug for EchoCanceller {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { cancel, tail, audible, .. } = self;
        write!(f, "EchoCanceller {{ cancel: {cancel}, tail: {tail}, audible: {audible} }}")
    }
}

impl EchoCanceller {
    /// A canceller that has heard nothing yet.
    #[must_use]
    pub fn new(far: FarEnd, options: EchoOptions) -> Self {
        let tail = options.tail_ms.clamp(100, 2_000) * SAMPLES_PER_MS;
        Self {
            far,
            cancel: options.cancel,
            tail,
            audible: 0,
            voiced: 0,
            unheard: 0,
            no_echo: false,
            loud: VecDeque::with_capacity(ON_ITS_WAY + 1),
            silent: 0,
            louder: Louder::default(),
            expected: SampleIndex::default(),
            processor: None,
        }
    }

    /// Cleans the next frame.
    pub fn clean(&mut self, frame: &Frame) -> Cleaned {
        let mut played = [0.0; FRAME_SAMPLES];
        self.skip_lost(frame.at);
        let what = self.far.next(&mut played);
        self.note(what);
        let heard = Dbfs::of(&frame.pcm);
        self.look_for_echo(Dbfs::of(&played), heard);
        let louder = self.louder.take(Dbfs::of(&played), heard);
        let mut cleaned = Cleaned {
            own_voice: self.audible > 0 && !(self.cancel && self.no_echo),
            speaking: self.voiced > 0,
            ..Cleaned::untouched(frame)
        };
        if self.audible == 0 {
            return cleaned;
        }
        if self.cancel {
            let processor = self.processor.get_or_insert_with(Processor::new);
            processor.cancel(&played, &mut cleaned.for_gate.pcm, &mut cleaned.for_recogniser.pcm);
            let residue = if self.louder.knows() { RESIDUE } else { RESIDUE_AT_FIRST };
            subdue(&mut cleaned.for_gate.pcm, heard, residue);
            if self.voiced == 0 || louder {
                // No detector takes a chime for a voice, and a user who speaks into it is to be heard whole. And a user who is
                // louder than any echo is heard at once: the canceller takes the first 0.3 to 0.7 s of them for echo.
                cleaned.for_gate.pcm = cleaned.for_recogniser.pcm;
            }
            if self.no_echo {
                // The canceller would look for echo in the user's own words: of "stop" it left nothing in five of six.
                (cleaned.for_gate.pcm, cleaned.for_recogniser.pcm) = (frame.pcm, frame.pcm);
            }
        } else if self.voiced > 0 {
            cleaned.for_gate.pcm.fill(0.0);
        }
        cleaned
    }

    /// Learns whether anything of what is played is heard, until it cannot be on its way any more.
    fn look_for_echo(&mut self, played: Dbfs, heard: Dbfs) {
        self.silent = if heard < UNHEARD { self.silent.saturating_add(1) } else { 0 };
        self.loud.push_back(played > PLAYED);
        if self.loud.len() <= ON_ITS_WAY || self.loud.pop_front() != Some(true) {
            return;
        }
        let unheard = self.silent > ON_ITS_WAY;
        self.unheard = if unheard { (self.unheard + 1).min(COUNTED) } else { self.unheard.saturating_sub(1) };
        self.no_echo = if self.no_echo { self.unheard > 0 } else { self.unheard >= NO_ECHO };
    }

    fn note(&mut self, what: Played) {
        let passed = length_u64(FRAME_SAMPLES);
        self.audible = if what == Played::Nothing { self.audible.saturating_sub(passed) } else { self.tail };
        self.voiced = if what == Played::Voice { self.tail } else { self.voiced.saturating_sub(passed) };
    }

    /// Where the microphone lost frames, as much of what was played is of the past too.
    fn skip_lost(&mut self, at: SampleIndex) {
        let lost = at.0.saturating_sub(self.expected.0) / length_u64(FRAME_SAMPLES);
        self.expected = at.plus(length_u64(FRAME_SAMPLES));
        let mut gone = [0.0; FRAME_SAMPLES];
        // Beyond a second nothing is kept that could be too old.
        for _ in 0..lost.min(64) {
            let what = self.far.next(&mut gone);
            self.note(what);
        }
    }
}

/// Brings what is only residue below what is listened to.
fn subdue(cancelled: &mut [f32; FRAME_SAMPLES], heard: Dbfs, residue: f32) {
    let level = Dbfs::of(cancelled).0;
    if level > UNHEARD.0 && level < heard.0 - residue {
        let factor = 10_f32.powf((UNHEARD.0 - level) / 20.0);
        cancelled.iter_mut().for_each(|sample| *sample *= factor);
    }
}

/// The canceller itself and its blocks.
struct Processor {
    aec: BlockProcessor,
    render: Block,
    capture: Block,
    linear: Block,
}

impl Processor {
    fn new() -> Box<Self> {
        let mut config = EchoCanceller3Config::default();
        let filter = &mut config.filter;
        filter.export_linear_aec_output = true;
        filter.refined.length_blocks = FILTER_BLOCKS;
        filter.refined_initial.length_blocks = FILTER_BLOCKS;
        filter.coarse.length_blocks = FILTER_BLOCKS;
        filter.coarse_initial.length_blocks = FILTER_BLOCKS;
        config.validate();
        let rate = usize::try_from(PIPELINE_HZ).unwrap_or(usize::MAX);
        let block = || Block::new(1, 1);
        Box::new(Self {
            aec: BlockProcessor::new(&config, rate, 1, 1),
            render: block(),
            capture: block(),
            linear: block(),
        })
    }

    /// Takes what was `played` out of `full` and, gently, out of `gentle`; both hold what was heard.
    fn cancel(
        &mut self,
        played: &[f32; FRAME_SAMPLES],
        full: &mut [f32; FRAME_SAMPLES],
        gentle: &mut [f32; FRAME_SAMPLES],
    ) {
        let clipped = full.iter().any(|sample| sample.abs() > CLIPPED);
        let blocks = full.chunks_exact_mut(BLOCK_SIZE).zip(gentle.chunks_exact_mut(BLOCK_SIZE));
        for (played, (full, gentle)) in played.chunks_exact(BLOCK_SIZE).zip(blocks) {
            scale(played, self.render.view_mut(0, 0), FULL_SCALE);
            scale(full, self.capture.view_mut(0, 0), FULL_SCALE);
            // Until the canceller has begun it gives no linear output of its own.
            scale(full, self.linear.view_mut(0, 0), FULL_SCALE);
            self.aec.buffer_render(&self.render);
            self.aec.process_capture(false, clipped, Some(&mut self.linear), &mut self.capture);
            scale(self.capture.view(0, 0), full, 1.0 / FULL_SCALE);
            scale(self.linear.view(0, 0), gentle, 1.0 / FULL_SCALE);
        }
    }
}

fn scale(from: &[f32], to: &mut [f32], factor: f32) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = from * factor;
    }
}

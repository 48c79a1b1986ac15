//! Far end: what Mynah plays, brought to the ear that has to tell it from the user.
//!
//! Enters: the samples that really go to the sound card, silence too, pushed by its callback. Leaves: the same sound at
//! 16 kHz, one frame for each frame of the microphone. The way is a wait-free ring, one for each opening of the output,
//! so that a card which comes back at another rate just sends its new ring. Never here: a wait, or an allocation or a
//! lock on the callback's side.
//!
//! Both sides keep their own clocks and come in bursts. What is too much is left out, and what is missing is put in,
//! only while there is silence: a canceller has to learn the room anew when the sound shifts.

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, Sender, channel},
    },
};

use rtrb::{Consumer, Producer, RingBuffer};
use rubato::{Fft, FixedSync, Resampler, audioadapter_buffers::direct::InterleavedSlice};

use crate::{
    flow::FRAME_SAMPLES,
    units::{PIPELINE_HZ, SampleRate, length_u64},
};

/// Sound a ring holds, as a fraction of a second: more than any card asks for at once.
const RING_SECONDS: usize = 1;

/// Frames over which the smallest fill is taken: 1 s, many bursts of any card.
const WATCHED: u32 = 62;

/// Fill that is left as reserve, in samples: one frame.
const RESERVE: usize = FRAME_SAMPLES;

/// A fill that no burst explains, in samples: 500 ms. The microphone's side stood still; what waits is of the past.
const STALE: usize = 8_000;

/// Louder samples can be heard: -66 dBFS, the quietest that a canceller could learn from.
const AUDIBLE: f32 = 0.000_5;

/// What a frame holds that was played.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Played {
    /// Nothing that can be heard.
    Nothing,
    /// A short sound that nobody takes for a voice.
    Chime,
    /// Mynah's voice.
    Voice,
}

/// A way for a sound card's samples to a [`FarEnd`].
#[must_use]
pub fn far_end() -> (Taps, FarEnd) {
    let (sender, rings) = channel();
    (Taps(sender), FarEnd::over(rings))
}

/// Makes a [`Tap`] each time the output is opened.
#[derive(Debug, Clone)]
pub struct Taps(Sender<Ring>);

impl Taps {
    /// A tap for an output at `rate`; it takes the place of the one before.
    #[must_use]
    pub fn open(&self, rate: SampleRate) -> Tap {
        let hz = usize::try_from(rate.hz()).unwrap_or(usize::MAX).min(768_000);
        let (samples, ring) = RingBuffer::new(hz * RING_SECONDS);
        // Where nobody listens the ring fills up and takes no more.
        let voice_to = Arc::new(AtomicU64::new(0));
        let _ = self.0.send(Ring { ring, rate, voice_to: Arc::clone(&voice_to) });
        Tap { samples, pushed: 0, voice_to }
    }
}

/// The callback's end.
#[derive(Debug)]
pub struct Tap {
    samples: Producer<f32>,
    pushed: u64,
    /// How many samples had been pushed after the last that held voice.
    voice_to: Arc<AtomicU64>,
}

impl Tap {
    /// Takes mono samples as they go to the card, and whether Mynah's voice is among them. Wait-free; what finds no room
    /// is dropped.
    pub fn push(&mut self, played: &[f32], voice: bool) {
        let (taken, _) = self.samples.push_partial_slice(played);
        self.pushed += length_u64(taken.len());
        if voice {
            self.voice_to.store(self.pushed, Relaxed);
        }
    }
}

/// A tap's other end, on its way.
#[derive(Debug)]
struct Ring {
    ring: Consumer<f32>,
    rate: SampleRate,
    voice_to: Arc<AtomicU64>,
}

/// What was played, frame by frame. Lives on the listen thread.
#[derive(Debug)]
pub struct FarEnd {
    rings: Receiver<Ring>,
    open: Option<Open>,
    /// At 16 kHz, not yet taken.
    waiting: VecDeque<f32>,
    /// The smallest fill seen in this watch, and how many frames it is old.
    smallest: usize,
    watched: u32,
    /// Whether the last frame given was silent.
    silent: bool,
    /// Samples at 16 kHz, from the next one on, within which there is voice.
    voice: usize,
}

/// A ring and what brings its samples to 16 kHz.
struct Open {
    ring: Consumer<f32>,
    rate: SampleRate,
    voice_to: Arc<AtomicU64>,
    /// Samples taken from the ring.
    taken: u64,
    converter: Option<Converter>,
}

impl std::fmt::Debug for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Open").field("rate", &self.rate).finish_non_exhaustive()
    }
}

impl FarEnd {
    fn over(rings: Receiver<Ring>) -> Self {
        Self {
            rings,
            open: None,
            waiting: VecDeque::with_capacity(2 * STALE),
            smallest: usize::MAX,
            watched: 0,
            silent: true,
            voice: 0,
        }
    }

    /// Fills `frame` with what was played next and says what of it can be heard.
    pub fn next(&mut self, frame: &mut [f32; FRAME_SAMPLES]) -> Played {
        self.receive();
        self.keep_pace();
        if self.waiting.len() < FRAME_SAMPLES {
            // The card is late, closed or gone. What comes later comes later.
            frame.fill(0.0);
            return Played::Nothing;
        }
        for (to, from) in frame.iter_mut().zip(self.waiting.drain(..FRAME_SAMPLES)) {
            *to = from;
        }
        self.silent = frame.iter().all(|sample| sample.abs() <= AUDIBLE);
        let voice = self.voice > 0;
        self.voice = self.voice.saturating_sub(FRAME_SAMPLES);
        match (self.silent, voice) {
            (true, _) => Played::Nothing,
            (false, true) => Played::Voice,
            (false, false) => Played::Chime,
        }
    }

    fn receive(&mut self) {
        while let Ok(Ring { ring, rate, voice_to }) = self.rings.try_recv() {
            // What waits was played all the same.
            self.open = Some(Open { ring, rate, voice_to, taken: 0, converter: Converter::new(rate) });
        }
        let Some(open) = &mut self.open else { return };
        let voiced = open.voice_to.load(Relaxed) > open.taken;
        open.taken += length_u64(open.ring.slots());
        match &mut open.converter {
            Some(converter) => converter.drain(&mut open.ring, &mut self.waiting),
            None => {
                if let Ok(chunk) = open.ring.read_chunk(open.ring.slots()) {
                    self.waiting.extend(chunk);
                }
            }
        }
        if voiced {
            // All that waits, and what the conversion still holds: a chime just before or after counts as voice.
            self.voice = self.waiting.len() + FRAME_SAMPLES;
        }
    }

    /// Leaves out what has piled up: in silence all but a small reserve, in sound only what is far too old.
    fn keep_pace(&mut self) {
        let fill = self.waiting.len();
        if fill > STALE {
            self.waiting.drain(..fill - RESERVE - FRAME_SAMPLES);
            (self.smallest, self.watched) = (usize::MAX, 0);
            return;
        }
        self.smallest = self.smallest.min(fill);
        self.watched += 1;
        if self.watched < WATCHED || !self.silent {
            return;
        }
        let surplus = self.smallest.saturating_sub(RESERVE + FRAME_SAMPLES);
        let quiet = self.waiting.iter().take(surplus).take_while(|sample| sample.abs() <= AUDIBLE).count();
        self.waiting.drain(..quiet);
        (self.smallest, self.watched) = (usize::MAX, 0);
    }
}

/// Brings a card's rate to 16 kHz in steps of 10 ms. Digital silence passes without arithmetic.
struct Converter {
    resampler: Fft<f32>,
    input: Vec<f32>,
    filled: usize,
    output: Vec<f32>,
    /// Steps of silence in a row; the resampler holds the sound of the last two.
    silent: u32,
    /// What a step of silence is at 16 kHz.
    silence: usize,
}

impl Converter {
    /// `None` where there is nothing to convert, or no conversion.
    fn new(rate: SampleRate) -> Option<Self> {
        // Only rates that 10 ms divide evenly pass through silence without a drift; all that cards have do.
        let (hz, to) = (usize::try_from(rate.hz()).ok()?, usize::try_from(PIPELINE_HZ).ok()?);
        if rate == SampleRate::PIPELINE || !(8_000..=768_000).contains(&hz) {
            return None;
        }
        let resampler = Fft::new(hz, to, hz.div_ceil(100), 1, FixedSync::Both).ok()?;
        let (step, most) = (resampler.input_frames_next(), resampler.output_frames_max());
        let silence = resampler.output_frames_next();
        Some(Self {
            resampler,
            input: vec![0.0; step],
            filled: 0,
            output: vec![0.0; most],
            silent: 2,
            silence,
        })
    }

    fn drain(&mut self, ring: &mut Consumer<f32>, out: &mut VecDeque<f32>) {
        loop {
            let (got, _) = ring.pop_partial_slice(&mut self.input[self.filled..]);
            let got = got.len();
            self.filled += got;
            if got == 0 || self.filled < self.input.len() {
                return;
            }
            self.filled = 0;
            self.step(out);
        }
    }

    fn step(&mut self, out: &mut VecDeque<f32>) {
        let still = self.input.iter().all(|sample| *sample == 0.0);
        self.silent = if still { self.silent.saturating_add(1) } else { 0 };
        if self.silent > 2 {
            out.extend(std::iter::repeat_n(0.0, self.silence));
            return;
        }
        let (taken, room) = (self.input.len(), self.output.len());
        let (Ok(input), Ok(mut output)) = (
            InterleavedSlice::new(&self.input, 1, taken),
            InterleavedSlice::new_mut(&mut self.output, 1, room),
        ) else {
            return;
        };
        if let Ok((_, made)) = self.resampler.process_into_buffer(&input, &mut output, None) {
            out.extend(&self.output[..made]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(hz: f32, rate: f32, count: u16) -> Vec<f32> {
        (0..count).map(|n| 0.5 * (f32::from(n) * hz * std::f32::consts::TAU / rate).sin()).collect()
    }

    /// What comes out for `played`, pushed in bursts of `burst` at `rate`, in steps of a frame.
    fn through(rate: u32, played: &[f32], burst: usize) -> (Vec<f32>, usize) {
        let (taps, mut far) = far_end();
        let mut tap = taps.open(SampleRate::new(rate).unwrap());
        let (mut out, mut audible, mut pushed, mut due) = (Vec::new(), 0, 0, 0.0);
        let mut frame = [0.0; FRAME_SAMPLES];
        while pushed < played.len() {
            due += f64::from(rate) * 0.016;
            while crate::units::length_f64(pushed) < due && pushed < played.len() {
                let end = played.len().min(pushed + burst);
                tap.push(&played[pushed..end], true);
                pushed = end;
            }
            audible += usize::from(far.next(&mut frame) == Played::Voice);
            out.extend(frame);
        }
        (out, audible)
    }

    #[test]
    fn sound_arrives_whole_at_any_rate_and_in_any_bursts() {
        for rate in [16_000_u16, 44_100, 48_000] {
            for burst in [128, 480, 2_048] {
                let mut played = vec![0.0; usize::from(rate)];
                played.extend(tone(440.0, f32::from(rate), rate));
                played.extend(vec![0.0; usize::from(rate) / 2]);
                let (out, audible) = through(u32::from(rate), &played, burst);
                let crossings = out
                    .windows(2)
                    .filter(|two| two[0] < 0.0 && two[1] >= 0.0 && two[1] - two[0] > 0.01)
                    .count();
                assert!(crossings.abs_diff(440) <= 3, "{rate} {burst}: {crossings}");
                assert!(audible.abs_diff(63) <= 2, "{rate} {burst}: {audible} frames");
                // The tone runs through without a tear: no step is larger than its steepest.
                let steepest = 0.5 * 440.0 * std::f32::consts::TAU / 16_000.0;
                let torn = out.windows(2).filter(|two| (two[1] - two[0]).abs() > 1.2 * steepest).count();
                assert_eq!(torn, 0, "{rate} {burst}");
            }
        }
    }

    #[test]
    fn an_output_that_opens_again_at_another_rate_goes_on() {
        let (taps, mut far) = far_end();
        let mut frame = [0.0; FRAME_SAMPLES];
        assert_eq!(far.next(&mut frame), Played::Nothing, "nothing is open yet");
        for rate in [48_000_u16, 44_100, 16_000] {
            let mut tap = taps.open(SampleRate::new(u32::from(rate)).unwrap());
            tap.push(&tone(440.0, f32::from(rate), rate / 4), false);
            let heard = (0..15).filter(|_| far.next(&mut frame) == Played::Chime).count();
            assert!((13..=15).contains(&heard), "{rate}: {heard}");
            while far.next(&mut frame) != Played::Nothing {}
        }
    }

    #[test]
    fn a_chime_is_told_from_a_voice() {
        let (taps, mut far) = far_end();
        let mut tap = taps.open(SampleRate::new(48_000).unwrap());
        let (sound, mut frame) = (tone(440.0, 48_000.0, 768), [0.0; FRAME_SAMPLES]);
        let mut told = |far: &mut FarEnd, voice| {
            (0..20)
                .map(|_| {
                    tap.push(&sound, voice);
                    far.next(&mut frame)
                })
                .last()
        };
        assert_eq!(told(&mut far, false), Some(Played::Chime));
        assert_eq!(told(&mut far, true), Some(Played::Voice));
        assert_eq!(told(&mut far, false), Some(Played::Chime));
    }

    #[test]
    fn a_standstill_of_the_ear_leaves_nothing_old() {
        let (taps, mut far) = far_end();
        let mut tap = taps.open(SampleRate::PIPELINE);
        tap.push(&tone(440.0, 16_000.0, 15_000), true);
        let mut frame = [0.0; FRAME_SAMPLES];
        let heard = (0..100).filter(|_| far.next(&mut frame) != Played::Nothing).count();
        assert!(heard <= 2, "{heard} frames of the past");
    }

    #[test]
    fn a_pile_is_worn_down_in_silence_and_never_in_sound() {
        let (taps, mut far) = far_end();
        let mut tap = taps.open(SampleRate::PIPELINE);
        let mut frame = [0.0; FRAME_SAMPLES];
        let sound = tone(440.0, 16_000.0, 256);
        tap.push(&vec![0.25; 4_000], true);
        for _ in 0..200 {
            tap.push(&sound, true);
            assert_eq!(far.next(&mut frame), Played::Voice);
        }
        assert!(far.waiting.len() >= 4_000 - FRAME_SAMPLES, "{}", far.waiting.len());
        for _ in 0..200 {
            tap.push(&[0.0; FRAME_SAMPLES], false);
            far.next(&mut frame);
        }
        assert!(far.waiting.len() <= 2 * FRAME_SAMPLES, "{}", far.waiting.len());
    }
}

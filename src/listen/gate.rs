//! Gate: where an utterance begins and where it ends.
//!
//! Enters: frames. Leaves: [`Heard`], one utterance each, cut so that neither the first nor the last sound is lost.
//! A state machine of two states, waiting and open. Never here: wall time, more memory than one utterance.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use super::{
    Detector,
    level::swing,
    open::{Open, Vote},
};
use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::{Dbfs, Probability, SAMPLES_PER_MS, SampleIndex, length_u64},
};

/// Of the last [`ONSET_WINDOW`] frames this many must hold speech to open the gate: 80 of 96 ms. The shortest words
/// score so for 144 ms, fast beeps for 64 ms.
const ONSET_FRAMES: usize = 5;

/// The frames looked back on to open the gate.
const ONSET_WINDOW: usize = 6;

/// Frames before that, on top of the pre-roll, which a soft beginning may fill: it holds the gate but does not open it.
const SOFT_ONSET: usize = 12;

/// Less speech than this is a click or a cough, in ms. The shortest words hold 190 ms.
const MIN_VOICED_MS: u64 = 100;

/// An utterance whose level moves less than this, in dB, is a tone or noise: chords and sweeps move 0.6, plucked strings
/// 4, sentences 5.6 and more even in loud noise.
const MIN_SWING: f32 = 4.5;

/// The same where there is less than [`SHORT_MS`] of speech: one vowel alone moves 2 to 6.
const MIN_SHORT_SWING: f32 = 1.5;

/// Less speech than this, in ms, may be a single vowel.
const SHORT_MS: u64 = 500;

/// When the gate opens and closes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateOptions {
    /// Sound kept from before the first voiced frame, in ms; 0..=1000, default 300.
    pub pre_roll_ms: u64,
    /// Silence that ends an utterance, in ms; 200..=3000, default 600.
    pub hangover_ms: u64,
    /// The longest utterance, in ms; 2000..=60000, default 30000, which is what Whisper takes at once.
    pub max_ms: u64,
    /// A frame at least this likely counts towards opening; default 0.65.
    pub onset: Probability,
    /// A frame at least this likely keeps the gate open; default 0.5, never above `onset`.
    pub offset: Probability,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            pre_roll_ms: 300,
            hangover_ms: 600,
            max_ms: 30_000,
            onset: Probability::clamped(0.65),
            offset: Probability::clamped(0.5),
        }
    }
}

/// One utterance, as cut out.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Where it lies in its source, pre-roll and what is kept of the hangover included.
    pub span: Range<SampleIndex>,
    /// Its samples: mono, 16 kHz, -1..1; as many as `span` is long.
    pub pcm: Arc<[f32]>,
}

/// Cuts a stream of frames into utterances.
pub struct Gate {
    detector: Box<dyn Detector>,
    onset: Probability,
    offset: Probability,
    pre_roll: usize,
    hangover: usize,
    post_roll: usize,
    longest: usize,
    /// Where the next frame begins, if none is lost.
    expected: SampleIndex,
    /// What was given already ends here; no pre-roll reaches back beyond it.
    given: SampleIndex,
    /// The last frames, with their votes, while the gate is closed.
    recent: VecDeque<(Frame, Vote)>,
    open: Option<Open>,
}

/// Whole frames that last at least `ms`.
fn frames(ms: u64, lowest: u64, highest: u64) -> usize {
    let samples = ms.clamp(lowest, highest) * SAMPLES_PER_MS;
    usize::try_from(samples).unwrap_or(usize::MAX).div_ceil(FRAME_SAMPLES)
}

impl Gate {
    /// A closed gate at the start of a source. Options out of range are brought to the nearest bound.
    #[must_use]
    pub fn new(options: GateOptions, detector: Box<dyn Detector>) -> Self {
        let hangover = frames(options.hangover_ms, 200, 3_000);
        Self {
            detector,
            onset: options.onset,
            offset: if options.offset < options.onset { options.offset } else { options.onset },
            pre_roll: frames(options.pre_roll_ms, 0, 1_000),
            hangover,
            // Enough for a soft last consonant; more silence only costs the recogniser time.
            post_roll: hangover.min(frames(300, 0, 300)),
            longest: frames(options.max_ms, 2_000, 60_000),
            expected: SampleIndex::default(),
            given: SampleIndex::default(),
            recent: VecDeque::new(),
            open: None,
        }
    }

    /// Takes the next frame; gives an utterance when one ended with it.
    pub fn push(&mut self, frame: &Frame) -> Option<Heard> {
        let lost = if frame.at == self.expected { None } else { self.restart() };
        self.expected = frame.at.plus(length_u64(FRAME_SAMPLES));
        let score = self.detector.score(&frame.pcm);
        let vote = match score {
            score if score >= self.onset => Vote::Opens,
            score if score >= self.offset => Vote::Holds,
            _ => Vote::Silent,
        };
        let ended = if self.open.is_some() { self.hold(frame, vote) } else { self.wait(frame, vote) };
        lost.or(ended)
    }

    /// Ends the input: gives the utterance that was still open.
    pub fn finish(&mut self) -> Option<Heard> {
        self.restart()
    }

    /// Ends what is open and forgets the rest.
    fn restart(&mut self) -> Option<Heard> {
        self.recent.clear();
        self.detector.reset();
        let open = self.open.take()?;
        self.give(open, true)
    }

    /// Closed: keeps the pre-roll, and opens when enough recent frames hold speech.
    fn wait(&mut self, frame: &Frame, vote: Vote) -> Option<Heard> {
        if self.recent.len() >= self.pre_roll + SOFT_ONSET + ONSET_WINDOW {
            self.recent.pop_front();
        }
        self.recent.push_back((frame.clone(), vote));
        let window = self.recent.len().saturating_sub(ONSET_WINDOW);
        let votes = self.recent.range(window..).filter(|(_, vote)| *vote == Vote::Opens);
        if votes.count() < ONSET_FRAMES {
            return None;
        }
        // Frames that would have held the gate open belong to the word as well.
        let soft = self.recent.range(..window).rev().take(SOFT_ONSET);
        let soft = soft.take_while(|(_, vote)| *vote != Vote::Silent).count();
        let first = (window - soft).saturating_sub(self.pre_roll);
        let kept = self.recent.drain(..).skip(first).filter(|(frame, _)| frame.at >= self.given);
        let mut open = Open { start: frame.at, pcm: Vec::new(), frames: Vec::new(), continues: false };
        for (frame, vote) in kept {
            open.start = open.start.min(frame.at);
            open.take(&frame, vote);
        }
        self.open = Some(open);
        None
    }

    /// Open: gathers, and closes after enough silence or at the longest length.
    fn hold(&mut self, frame: &Frame, vote: Vote) -> Option<Heard> {
        let open = self.open.as_mut()?;
        open.take(frame, vote);
        if open.silent_frames() >= self.hangover {
            let open = self.open.take()?;
            self.keep_for_pre_roll(&open);
            return self.give(open, true);
        }
        if open.frames.len() >= self.longest {
            let rest = open.split();
            let full = self.open.replace(rest)?;
            let heard = self.give(full, false);
            // What follows noise must show for itself that it is speech.
            if let (Some(rest), None) = (&mut self.open, &heard) {
                rest.continues = false;
            }
            return heard;
        }
        None
    }

    /// The silence that ended an utterance may hold the soft beginning of the next.
    fn keep_for_pre_roll(&mut self, open: &Open) {
        let first = open.frames.len().saturating_sub(self.pre_roll);
        let frames = open.pcm.chunks_exact(FRAME_SAMPLES).enumerate().skip(first);
        for (n, samples) in frames {
            let mut pcm = [0.0; FRAME_SAMPLES];
            pcm.copy_from_slice(samples);
            let at = open.start.plus(length_u64(n * FRAME_SAMPLES));
            self.recent.push_back((Frame { at, pcm }, Vote::Silent));
        }
    }

    /// The utterance, if it is speech; without most of the silence at its end where the speaker `paused`, not where it was cut at the
    /// longest length and goes on.
    fn give(&mut self, mut open: Open, paused: bool) -> Option<Heard> {
        let voiced = open.frames.iter().filter(|(_, voiced)| *voiced).count();
        let voiced_ms = length_u64(voiced * FRAME_SAMPLES) / SAMPLES_PER_MS;
        let first = open.frames.iter().position(|(_, voiced)| *voiced)?;
        let last = open.frames.len() - open.silent_frames();
        let levels: Vec<Dbfs> = open.frames[first..last].iter().map(|(level, _)| *level).collect();
        let min_swing = if voiced_ms < SHORT_MS { MIN_SHORT_SWING } else { MIN_SWING };
        // The rest of a long sentence may be short and even.
        if !open.continues && (voiced_ms < MIN_VOICED_MS || swing(&levels) < min_swing) {
            return None;
        }
        if paused {
            open.pcm.truncate((last + self.post_roll) * FRAME_SAMPLES);
        }
        let end = open.start.plus(length_u64(open.pcm.len()));
        self.given = end;
        Some(Heard { span: open.start..end, pcm: open.pcm.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Says speech where a frame is louder than -40 dBFS.
    struct Loud;

    impl Detector for Loud {
        fn score(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Probability {
            if Dbfs::of(frame).0 > -40.0 { Probability::clamped(0.9) } else { Probability::clamped(0.1) }
        }
        fn reset(&mut self) {}
    }

    /// Every sample differs; loud ones swing as syllables do.
    fn samples(plan: &[(bool, usize)]) -> Vec<f32> {
        let mut pcm = Vec::new();
        for &(loud, ms) in plan {
            for _ in 0..ms * 16 {
                let n = u16::try_from(pcm.len() % 60_000).unwrap();
                let syllable = if n / 2_000 % 2 == 0 { 0.5 } else { 0.05 };
                let size = if loud { syllable } else { 0.001 };
                pcm.push(size * (0.5 + f32::from(n) / 120_000.0));
            }
        }
        pcm
    }

    fn cut(options: GateOptions, pcm: &[f32]) -> Vec<Heard> {
        let mut gate = Gate::new(options, Box::new(Loud));
        let mut heard = Vec::new();
        for (n, samples) in pcm.chunks(FRAME_SAMPLES).enumerate() {
            let mut frame =
                Frame { at: SampleIndex(length_u64(n * FRAME_SAMPLES)), pcm: [0.0; FRAME_SAMPLES] };
            frame.pcm[..samples.len()].copy_from_slice(samples);
            heard.extend(gate.push(&frame));
        }
        heard.extend(gate.finish());
        assert!(gate.finish().is_none(), "a finished gate is empty");
        heard
    }

    fn at(index: SampleIndex) -> usize {
        usize::try_from(index.0).unwrap()
    }

    #[test]
    fn pre_roll_speech_and_post_roll_are_the_source_samples() {
        let pcm = samples(&[(false, 1_600), (true, 800), (false, 1_600)]);
        let heard = cut(GateOptions::default(), &pcm);
        let [one] = heard.as_slice() else { panic!("{} utterances", heard.len()) };
        assert!((1_280..=1_300).contains(&one.span.start.ms()), "{:?}", one.span);
        assert!((2_700..=2_720).contains(&one.span.end.ms()), "{:?}", one.span);
        assert_eq!(one.pcm[..], pcm[at(one.span.start)..at(one.span.end)]);
    }

    #[test]
    fn a_pause_in_a_sentence_holds_and_a_second_of_silence_parts() {
        let pause = samples(&[(false, 400), (true, 480), (false, 300), (true, 480), (false, 1_000)]);
        assert_eq!(cut(GateOptions::default(), &pause).len(), 1);
        let parted = samples(&[(false, 400), (true, 480), (false, 1_000), (true, 480), (false, 1_000)]);
        let heard = cut(GateOptions::default(), &parted);
        assert_eq!(heard.len(), 2);
        assert!(heard[0].span.end <= heard[1].span.start);
    }

    #[test]
    fn a_short_hangover_never_gives_a_sample_twice() {
        let options = GateOptions { hangover_ms: 200, pre_roll_ms: 1_000, ..GateOptions::default() };
        let pcm = samples(&[(true, 320), (false, 250), (true, 320), (false, 250), (true, 320)]);
        let heard = cut(options, &pcm);
        assert_eq!(heard.len(), 3);
        assert!(heard.windows(2).all(|pair| pair[0].span.end <= pair[1].span.start));
    }

    #[test]
    fn the_longest_length_cuts_without_loss() {
        let options = GateOptions { max_ms: 2_000, ..GateOptions::default() };
        let pcm = samples(&[(false, 480), (true, 6_400), (false, 800)]);
        let heard = cut(options, &pcm);
        assert!(heard.len() >= 3, "{} utterances", heard.len());
        let (last, cut_short) = heard.split_last().unwrap();
        assert!(cut_short.iter().all(|heard| heard.pcm.len() <= 2_000 * 16 + 255));
        assert!(heard.windows(2).all(|pair| pair[0].span.end == pair[1].span.start));
        let joined: Vec<f32> = heard.iter().flat_map(|heard| heard.pcm.iter().copied()).collect();
        assert_eq!(joined, pcm[at(heard[0].span.start)..at(last.span.end)]);
        assert!(at(last.span.end) >= (480 + 6_400) * 16);
    }

    #[test]
    fn clicks_and_even_sounds_are_no_utterance_however_long() {
        let click = samples(&[(false, 800), (true, 64), (false, 800)]);
        assert!(cut(GateOptions::default(), &click).is_empty());
        let tone = [vec![0.0; 16_000], vec![0.3; 16_000 * 70], vec![0.0; 16_000]].concat();
        assert!(cut(GateOptions::default(), &tone).is_empty());
    }

    #[test]
    fn lost_samples_end_the_utterance() {
        let mut gate = Gate::new(GateOptions::default(), Box::new(Loud));
        let pcm = samples(&[(true, 480)]);
        let mut frames = pcm
            .as_chunks::<FRAME_SAMPLES>()
            .0
            .iter()
            .enumerate()
            .map(|(n, pcm)| Frame { at: SampleIndex(length_u64(n * FRAME_SAMPLES)), pcm: *pcm });
        assert!(frames.by_ref().take(29).all(|frame| gate.push(&frame).is_none()));
        let late = Frame { at: SampleIndex::from_ms(10_000), ..frames.next().unwrap() };
        let heard = gate.push(&late).unwrap();
        assert_eq!(heard.span.end, SampleIndex(29 * 256));
    }
}

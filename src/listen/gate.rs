//! Gate: where an utterance begins, where it pauses and where it ends.
//!
//! Enters: frames, and what the session knows: how long to wait, who talks to us, the key. Leaves: [`GateEvent`]s; an
//! utterance is cut so that neither its first nor its last sound is lost. Never here: wall time, more memory than one
//! utterance.

use std::{collections::VecDeque, mem, ops::Range, sync::Arc};

use super::{
    Detector, GateEvent,
    held::Key,
    lead::Lead,
    open::{Beat, Open, Vote, Weighing},
    options::{GateOptions, frames},
    talker::{Spread, Talker},
};
use crate::{
    flow::{FRAME_SAMPLES, Frame},
    units::{Dbfs, Probability, SAMPLES_PER_MS, SampleIndex, length_u64},
};

/// One utterance, as cut out.
#[derive(Debug, Clone)]
pub struct Heard {
    /// Where it lies in its source, pre-roll and what is kept of the silence after it included.
    pub span: Range<SampleIndex>,
    /// Its samples: mono, 16 kHz, -1..1; as many as `span` is long.
    pub pcm: Arc<[f32]>,
}

/// Cuts a stream of frames into utterances.
pub struct Gate {
    detector: Box<dyn Detector>,
    onset: Probability,
    offset: Probability,
    weighing: Weighing,
    hangover: usize,
    longest: usize,
    /// Where the next frame begins, if none is lost.
    expected: SampleIndex,
    /// What was given already ends here; no pre-roll reaches back beyond it.
    given: SampleIndex,
    /// The last frames, while the gate is closed.
    lead: Lead,
    spread: Spread,
    open: Option<Open>,
    key: Key,
    /// How loud the last utterance was, if it may have been said by who talks to us.
    before: Option<Dbfs>,
    /// What happened and was not given yet: two things can happen with one frame.
    events: VecDeque<GateEvent>,
}

impl Gate {
    /// A closed gate at the start of a source. Options out of range are brought to the nearest bound.
    #[must_use]
    pub fn new(options: GateOptions, detector: Box<dyn Detector>) -> Self {
        let hangover = frames(options.hangover_ms, 200, 3_000);
        let pre_roll = frames(options.pre_roll_ms, 0, 1_000);
        Self {
            detector,
            onset: options.onset,
            offset: if options.offset < options.onset { options.offset } else { options.onset },
            weighing: Weighing {
                engaged: false,
                pause: frames(options.pause_ms, 80, 3_000).min(hangover),
                pre_roll,
            },
            hangover,
            longest: frames(options.max_ms, 2_000, 60_000),
            expected: SampleIndex::default(),
            given: SampleIndex::default(),
            lead: Lead::new(pre_roll),
            spread: Spread::default(),
            open: None,
            key: Key::Up,
            before: None,
            events: VecDeque::new(),
        }
    }

    /// Takes the next frame; gives what happened, at most one thing a frame and in order.
    pub fn push(&mut self, frame: &Frame) -> Option<GateEvent> {
        self.push_cleaned(frame, frame)
    }

    /// The same where `judged` decides and `frame`, of the same position, is what is given: without Mynah's own voice
    /// speech is found best in sound that the recogniser would read worst.
    pub fn push_cleaned(&mut self, judged: &Frame, frame: &Frame) -> Option<GateEvent> {
        if frame.at != self.expected {
            self.restart();
        }
        self.expected = frame.at.plus(length_u64(FRAME_SAMPLES));
        let level = Dbfs::of(&judged.pcm);
        let vote = match self.detector.score(&judged.pcm) {
            score if score >= self.onset => Vote::Opens,
            score if score >= self.offset => Vote::Holds,
            _ => Vote::Silent,
        };
        let beat = Beat { vote, level, spread: self.spread.take(level) };
        if self.key.opens() {
            self.force(frame, beat);
        } else if self.open.is_some() {
            self.hold(frame, beat);
        } else {
            self.wait(frame, beat);
        }
        self.events.pop_front()
    }

    /// Ends the input: gives [`GateEvent::Ended`] or [`GateEvent::Dropped`] of what was still open. To be called until
    /// it gives nothing.
    pub fn finish(&mut self) -> Option<GateEvent> {
        self.restart();
        self.key = Key::Up;
        loop {
            let event = self.events.pop_front()?;
            if matches!(event, GateEvent::Ended { .. } | GateEvent::Dropped) {
                return Some(event);
            }
        }
    }

    /// Silence after which a pause is told of, ms.
    #[must_use]
    pub fn pause_ms(&self) -> u64 {
        length_u64(self.weighing.pause * FRAME_SAMPLES) / SAMPLES_PER_MS
    }

    /// Whether somebody is being listened to.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// Sets the silence that ends the utterance now open, in ms from its last speech on, so that it may end with the
    /// next frame; at least a pause, at most 5000. The next utterance has `hangover_ms` again; and where speech goes on
    /// after a pause, a patience below that is forgotten, since it was for fewer words.
    pub fn set_patience(&mut self, ms: u64) {
        if let Some(open) = &mut self.open {
            open.patience = frames(ms, 0, 5_000).max(self.weighing.pause);
        }
    }

    /// At most the last `last_ms` of what is open.
    #[must_use]
    pub fn so_far(&self, last_ms: u64) -> Option<Heard> {
        let open = self.open.as_ref()?;
        let mut span = open.span();
        span.start = span.start.max(span.end.minus(last_ms.saturating_mul(SAMPLES_PER_MS)));
        (!span.is_empty()).then(|| heard(open, span))
    }

    /// The utterance now open begins at `at`: what lies before was not said to us. If it pauses now, that is told again.
    pub fn drop_before(&mut self, at: SampleIndex) {
        if let Some(open) = self.open.as_mut().filter(|open| open.span().start < at) {
            open.drop_before(at, self.weighing);
        }
    }

    /// Whether somebody talks to us: then sound far below their level is silence, whatever it is, and what is open is
    /// weighed anew. Their level is that of the utterance now open or else of the last one.
    pub fn engage(&mut self, engaged: bool) {
        if mem::replace(&mut self.weighing.engaged, engaged) != engaged
            && let Some(open) = &mut self.open
        {
            open.weigh_anew(self.weighing);
        }
    }

    /// The key went down: the next frame opens the gate by force, with pre-roll, and no silence closes it. What was open
    /// until now is dropped.
    pub fn press(&mut self) {
        self.key = self.key.pressed();
    }

    /// The key went up, and the grace is over: the utterance ends with the next frame.
    pub fn release(&mut self) {
        self.key = self.key.released();
    }

    /// Ends what is open and forgets the rest. A key that is held opens the gate again.
    fn restart(&mut self) {
        self.lead.clear();
        self.detector.reset();
        self.spread = Spread::default();
        if let Some(open) = self.open.take() {
            self.end(&open, false);
        }
        self.key = self.key.interrupted();
    }

    /// Closed: keeps the pre-roll, and opens when enough recent frames hold speech.
    fn wait(&mut self, frame: &Frame, mut beat: Beat) {
        if self.weighing.engaged && Talker::after(self.before).hides(beat.spread) {
            beat.vote = Vote::Silent;
        }
        self.lead.keep(frame.clone(), beat);
        if let Some(first) = self.lead.onset() {
            self.begin(first);
        }
    }

    /// Opens with what was kept, from its frame `first` on.
    fn begin(&mut self, first: usize) {
        let before = self.before.filter(|_| self.weighing.engaged);
        let mut open = Open::at(self.expected, self.hangover, before);
        let kept = self.lead.take(first).filter(|(frame, _)| frame.at >= self.given);
        for (frame, beat) in kept {
            open.start = open.start.min(frame.at);
            open.take(&frame, beat, self.weighing);
        }
        self.events.push_back(GateEvent::Began { at: open.start });
        self.open = Some(open);
    }

    /// Opens because the key went down.
    fn force(&mut self, frame: &Frame, beat: Beat) {
        if let Some(open) = self.open.take() {
            self.lead.keep_end_of(&open);
            self.events.push_back(GateEvent::Dropped);
        }
        // Whoever was heard before need not be who presses.
        self.before = None;
        self.lead.keep(frame.clone(), beat);
        self.begin(self.lead.now());
        if let Some(open) = &mut self.open {
            open.forced = true;
        }
        self.key = self.key.opened();
    }

    /// Open: gathers, and closes after enough silence, at the longest length or when the key goes up.
    fn hold(&mut self, frame: &Frame, beat: Beat) {
        let Some(open) = &mut self.open else { return };
        if open.take(frame, beat, self.weighing) {
            open.judged = false;
            open.patience = open.patience.max(self.hangover);
            if open.told.take().is_some() {
                self.events.push_back(GateEvent::Resumed);
            }
        }
        let ends = if open.forced { self.key == Key::Released } else { open.silence() >= open.patience };
        if !open.judged && open.silence() >= self.weighing.pause {
            open.judged = true;
            open.told = open.speech(self.weighing, false);
            let paused = open.told.clone().map(|span| GateEvent::Paused(heard(open, span)));
            self.events.extend(paused);
        }
        if ends {
            if let Some(open) = self.open.take() {
                self.lead.keep_end_of(&open);
                self.end(&open, false);
            }
            self.key = Key::Up;
        } else if open.beats.len() >= self.longest {
            self.split();
        }
    }

    /// Ends an utterance that has reached the longest length; speech goes on as the next one.
    fn split(&mut self) {
        let Some(mut full) = self.open.take() else { return };
        let mut rest = full.split(self.hangover, self.weighing);
        let spoke = self.end(&full, true);
        // What follows noise must show for itself that it is speech.
        rest.continues = spoke;
        self.events.push_back(GateEvent::Began { at: rest.start });
        self.open = Some(rest);
    }

    /// Gives the utterance, if it is speech: without most of the silence at its end, or `whole` where it goes on.
    fn end(&mut self, open: &Open, whole: bool) -> bool {
        let span = open.speech(self.weighing, whole);
        let spoke = span.is_some();
        self.events.push_back(match span {
            Some(span) => {
                self.given = span.end;
                self.before = open.level();
                let as_paused = open.told.as_ref() == Some(&span);
                GateEvent::Ended { heard: heard(open, span), as_paused }
            }
            None => GateEvent::Dropped,
        });
        spoke
    }
}

fn heard(open: &Open, span: Range<SampleIndex>) -> Heard {
    Heard { pcm: open.samples(&span).into(), span }
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

    fn ended(event: GateEvent) -> Option<Heard> {
        if let GateEvent::Ended { heard, .. } = event { Some(heard) } else { None }
    }

    fn cut(options: GateOptions, pcm: &[f32]) -> Vec<Heard> {
        let mut gate = Gate::new(options, Box::new(Loud));
        let mut heard = Vec::new();
        for (n, samples) in pcm.chunks(FRAME_SAMPLES).enumerate() {
            let mut frame =
                Frame { at: SampleIndex(length_u64(n * FRAME_SAMPLES)), pcm: [0.0; FRAME_SAMPLES] };
            frame.pcm[..samples.len()].copy_from_slice(samples);
            heard.extend(gate.push(&frame).and_then(ended));
        }
        heard.extend(gate.finish().and_then(ended));
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
        assert!((2_560..=2_576).contains(&one.span.end.ms()), "{:?}", one.span);
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
        assert!(frames.by_ref().take(29).all(|frame| gate.push(&frame).and_then(ended).is_none()));
        let late = Frame { at: SampleIndex::from_ms(10_000), ..frames.next().unwrap() };
        let heard = gate.push(&late).and_then(ended).unwrap();
        assert_eq!(heard.span.end, SampleIndex(29 * 256));
    }
}

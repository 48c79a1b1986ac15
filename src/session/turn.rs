//! One turn on its way: its report as it fills, and the sentences between the answer and the sink.
//!
//! Enters: what the machine learns. Leaves: a [`TurnReport`]. Never here: a decision about the session.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use super::event::Effect;
use crate::{
    flow::{Asks, Fault, Intent, Language, Sentence, Speech, Transcript},
    report::{Delays, Disclosed, Heard, Replied, Route, TurnReport, Understood},
    units::{Probability, SampleIndex, TurnId, Words, span_ms},
};

/// Sentences given to the voice and not yet spoken. Two keep it busy while the sink takes one; more would only age.
const IN_VOICE: usize = 2;

/// Sentences given to the sink and not yet taken. More would only pile up sound that a barge-in throws away.
const IN_SINK: usize = 2;

/// A turn between its first sample and its report.
#[derive(Debug)]
pub(super) struct Turn {
    pub(super) report: TurnReport,
    pub(super) language: Language,
    /// The recording, and where the utterance ends in it.
    pub(super) place: (Arc<str>, SampleIndex),
    began_ms: u64,
    spoken_aloud: bool,
    queue: VecDeque<Sentence>,
    in_voice: usize,
    in_sink: usize,
    sounded: bool,
    /// Whether voice or sink failed, so that not all of it was heard.
    unheard: bool,
    answer_complete: bool,
    /// Whether the reply asks the user for something.
    pub(super) asks: bool,
    /// What is done at the user's yes, once the question was said to its end.
    pub(super) needs_yes: Option<Asks>,
    pub(super) voicing: Voicing,
}

/// Which marks a turn's sound has got.
#[derive(Debug, Clone, Copy)]
pub(super) struct Voicing {
    /// Whether the mark in front was said, or need not be.
    pub(super) opened: bool,
    /// Whether the mark behind was given, or need not be.
    pub(super) closed: bool,
}

impl Turn {
    pub(super) fn new(
        turn: TurnId,
        place: (Arc<str>, Range<SampleIndex>),
        region: &str,
        began_ms: u64,
        spoken_aloud: bool,
    ) -> Self {
        let (source, span) = place;
        Self {
            report: TurnReport {
                turn,
                source: source.to_string(),
                span_ms: span_ms(&span),
                transcript: Heard { text: Words::default(), language: None, confidence: Probability::ZERO },
                intent: None,
                also: Vec::new(),
                tools: Vec::new(),
                route: Route {
                    region: region.to_owned(),
                    by: "device".into(),
                    reason: "nothing left this machine".into(),
                },
                reply: Replied::default(),
                disclosure: Disclosed::default(),
                ms: Delays::default(),
                error: None,
            },
            language: Language::ENGLISH,
            place: (source, span.end),
            began_ms,
            spoken_aloud,
            queue: VecDeque::new(),
            in_voice: 0,
            in_sink: 0,
            sounded: false,
            unheard: false,
            answer_complete: false,
            asks: false,
            needs_yes: None,
            voicing: Voicing::new(),
        }
    }

    pub(super) const fn id(&self) -> TurnId {
        self.report.turn
    }

    pub(super) const fn since_began(&self, at_ms: u64) -> u64 {
        at_ms.saturating_sub(self.began_ms)
    }

    /// Its words are there. Typed ones always were.
    pub(super) fn read_at(&mut self, at_ms: u64) {
        self.report.ms.transcribe = self.report.ms.endpoint.map(|_| self.since_began(at_ms));
    }

    pub(super) fn understood(&mut self, intent: &Intent, more: &[Intent]) {
        self.report.intent = Some(Understood::from(intent));
        self.report.also = more.iter().map(Understood::from).collect();
    }

    pub(super) fn heard(&mut self, transcript: &Transcript) {
        self.language = transcript.language.clone();
        self.report.transcript = Heard {
            text: transcript.words.clone(),
            language: Some(transcript.language.clone()),
            confidence: transcript.confidence,
        };
    }

    /// Notes what went wrong; the first fault of a turn is its error.
    pub(super) fn fail(&mut self, fault: Fault) {
        self.report.error.get_or_insert(fault);
    }

    pub(super) fn first_word(&mut self, at_ms: u64) {
        let delay = self.since_began(at_ms);
        self.report.ms.first_word.get_or_insert(delay);
    }

    /// Adds `sentence` to the reply.
    pub(super) fn say(&mut self, sentence: Sentence, at_ms: u64) {
        self.first_word(at_ms);
        let text = &mut self.report.reply.text.0;
        if !text.is_empty() && sentence.language != Language::MANDARIN {
            text.push(' ');
        }
        text.push_str(sentence.words.as_str().trim());
        if self.spoken_aloud {
            self.queue.push_back(sentence);
        }
    }

    /// Says `sentence`, which is no part of the reply, behind what waits.
    pub(super) fn say_beside(&mut self, sentence: Sentence) {
        if self.spoken_aloud {
            self.queue.push_back(sentence);
        }
    }

    /// Says `sentence`, which is no part of the reply, before what waits.
    pub(super) fn say_first(&mut self, sentence: Sentence) {
        if self.spoken_aloud {
            self.queue.push_front(sentence);
        }
    }

    /// Whether sentences wait for the voice.
    pub(super) fn is_waiting(&self) -> bool {
        !self.queue.is_empty()
    }

    /// The sink is given sound that no voice made.
    pub(super) const fn gave_sink(&mut self) {
        self.in_sink += 1;
    }

    /// The next number of a sentence said by the session itself.
    pub(super) fn sentence(&self, seq: u32, words: Words) -> Sentence {
        Sentence { turn: self.id(), seq, words, language: self.language.clone() }
    }

    pub(super) const fn answer_is_complete(&mut self) {
        self.answer_complete = true;
    }

    /// A sentence came back from the voice.
    pub(super) fn voiced(&mut self, result: Result<Speech, Fault>, at_ms: u64) -> Option<Effect> {
        self.in_voice = self.in_voice.saturating_sub(1);
        match result {
            Ok(speech) if speech.pcm.is_empty() => None,
            Ok(speech) => {
                let delay = self.since_began(at_ms);
                self.report.ms.first_sound.get_or_insert(delay);
                self.in_sink += 1;
                self.sounded = true;
                Some(Effect::Play(speech))
            }
            Err(fault) => {
                // One sentence the engine cannot say is a fault of the turn; the rest would fail alike.
                self.lose_sound(fault);
                self.queue.clear();
                self.spoken_aloud = false;
                None
            }
        }
    }

    /// A sentence came back from the sink.
    pub(super) fn played(&mut self, result: Result<(), Fault>) {
        self.in_sink = self.in_sink.saturating_sub(1);
        if let Err(fault) = result {
            self.lose_sound(fault);
        }
    }

    /// Voice or sink failed.
    pub(super) fn lose_sound(&mut self, fault: Fault) {
        self.unheard = true;
        self.fail(fault);
    }

    /// Whether not all that was to be said was heard.
    pub(super) const fn is_unheard(&self) -> bool {
        self.unheard
    }

    /// Sentences that may go to the voice now.
    pub(super) fn next_sentences(&mut self) -> Vec<Effect> {
        let free = if self.in_sink < IN_SINK { IN_VOICE.saturating_sub(self.in_voice) } else { 0 };
        let room = free.min(self.queue.len());
        self.in_voice += room;
        self.queue.drain(..room).map(Effect::Speak).collect()
    }

    /// Whether nothing is left to say, voice and sink included.
    pub(super) fn is_said(&self) -> bool {
        self.answer_complete && self.queue.is_empty() && self.in_voice == 0 && self.in_sink == 0
    }

    /// Whether the sink holds sound of this turn.
    pub(super) const fn sounded(&self) -> bool {
        self.sounded
    }

    pub(super) fn into_report(mut self, at_ms: u64) -> Box<TurnReport> {
        self.report.ms.total = self.since_began(at_ms);
        Box::new(self.report)
    }
}

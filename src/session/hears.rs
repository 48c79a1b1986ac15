//! Hears: a gate, and what has to be known to tell the session of what it cuts out.
//!
//! Enters: frames, and [`EarOrder`]s that concern the gate. Leaves: [`Event`]s. Never here: a decision about speech (the
//! gate takes those), words.

use std::sync::Arc;

use super::event::{EarOrder, Event, Sound};
use crate::{
    flow::FRAME_SAMPLES,
    listen::{Cleaned, Gate, GateEvent, Heard},
    units::{Probability, SAMPLES_PER_MS, SampleIndex, length_f32, length_u64},
};

/// Speech without a pause is passed on this often, in samples: 2.5 s.
const GOES_ON: u64 = 40_000;

/// While Mynah speaks, what somebody else says is passed on this often, in samples: 64 ms. The built-in model reads a word
/// in 45 ms, and knows "stop" 60 to 150 ms before its end.
const GLIMPSE: u64 = 1_024;

/// No longer than this from its beginning, in samples: 2 s, pre-roll included. A stop word or a wake phrase is over by then.
const GLIMPSED: u64 = 32_000;

/// How much of it is looked at for the wake phrase, ms: a second more than passes in between, so that the phrase is whole in
/// one of two.
const SCAN_MS: u64 = 3_500;

/// How much of it is shown while somebody talks to Mynah, ms.
const SHOWN_MS: u64 = 10_000;

/// A gate, and what has to be known to tell of it.
pub(super) struct Hears {
    source: Arc<str>,
    pub(super) gate: Gate,
    engaged: bool,
    /// Where the next frame begins.
    pub(super) end: SampleIndex,
    /// Where speech without a pause is passed on next.
    goes_on_at: SampleIndex,
    /// Where the utterance now open began, and where it is passed on next while Mynah speaks.
    began: SampleIndex,
    glimpse_at: SampleIndex,
    /// Silence before the frame that told of the pause, and where that frame ended.
    paused: Option<SampleIndex>,
    patience_ms: u64,
    frames: usize,
    own_frames: usize,
}

impl Hears {
    pub(super) fn new(source: Arc<str>, gate: Gate) -> Self {
        Self {
            source,
            gate,
            engaged: false,
            end: SampleIndex::default(),
            goes_on_at: SampleIndex::default(),
            began: SampleIndex::default(),
            glimpse_at: SampleIndex::default(),
            paused: None,
            patience_ms: 0,
            frames: 0,
            own_frames: 0,
        }
    }

    /// Takes the next frame.
    pub(super) fn hear(&mut self, cleaned: &Cleaned) -> Option<Event> {
        let Cleaned { for_gate: judged, for_recogniser: kept, own_voice, speaking } = cleaned;
        self.end = kept.at.plus(length_u64(FRAME_SAMPLES));
        if self.gate.is_open() {
            self.frames += 1;
            self.own_frames += usize::from(*own_voice);
        }
        match self.gate.push_cleaned(judged, kept) {
            Some(event) => self.tell(event),
            None if *speaking => self.glimpse().or_else(|| self.going_on()),
            None => self.going_on(),
        }
    }

    /// Whether an utterance that only a key ends has been silent for as long as would end any other.
    pub(super) fn is_past_endpoint(&self) -> bool {
        let patience = self.patience_ms.saturating_sub(self.gate.pause_ms()) * SAMPLES_PER_MS;
        self.patience_ms > 0 && self.paused.is_some_and(|at| self.end >= at.plus(patience))
    }

    /// The input ends here: tells of what was open.
    pub(super) fn finish(&mut self) -> Option<Event> {
        let event = self.gate.finish()?;
        self.tell(event)
    }

    fn tell(&mut self, event: GateEvent) -> Option<Event> {
        self.goes_on_at = self.end.plus(GOES_ON);
        Some(match event {
            GateEvent::Began { at } => {
                (self.began, self.glimpse_at) = (at, self.end.plus(GLIMPSE));
                (self.frames, self.own_frames, self.paused, self.patience_ms) = (0, 0, None, 0);
                Event::Began { source: self.source.clone(), at }
            }
            GateEvent::Paused(heard) => {
                self.paused = Some(self.end);
                Event::Paused(self.sound(heard))
            }
            GateEvent::Resumed => {
                self.paused = None;
                Event::Resumed
            }
            GateEvent::Ended { heard, as_paused } => {
                // A pause is told of when it has lasted as long as what is kept of it.
                let since =
                    self.paused.take().map_or(0, |at| self.end.0.saturating_sub(at.0) / SAMPLES_PER_MS);
                let silence_ms = if as_paused { since + self.gate.pause_ms() } else { since };
                Event::Ended { sound: self.sound(heard), as_paused, silence_ms }
            }
            GateEvent::Dropped => Event::Dropped,
        })
    }

    /// Somebody speaks while Mynah does: all of it so far.
    fn glimpse(&mut self) -> Option<Event> {
        let over = self.end > self.began.plus(GLIMPSED);
        if !self.gate.is_open() || self.paused.is_some() || over || self.end < self.glimpse_at {
            return None;
        }
        self.glimpse_at = self.end.plus(GLIMPSE);
        let heard = self.gate.so_far(GLIMPSED / SAMPLES_PER_MS)?;
        Some(Event::Glimpse(self.sound(heard)))
    }

    /// Somebody talks on without a pause.
    fn going_on(&mut self) -> Option<Event> {
        if !self.gate.is_open() || self.paused.is_some() || self.end < self.goes_on_at {
            return None;
        }
        self.goes_on_at = self.end.plus(GOES_ON);
        let heard = self.gate.so_far(if self.engaged { SHOWN_MS } else { SCAN_MS })?;
        Some(Event::GoesOn(self.sound(heard)))
    }

    fn sound(&self, heard: Heard) -> Sound {
        let share = length_f32(self.own_frames) / length_f32(self.frames.max(1));
        Sound {
            source: self.source.clone(),
            span: heard.span,
            pcm: heard.pcm,
            own: Probability::clamped(share),
        }
    }

    /// Obeys what concerns the gate.
    pub(super) fn obey(&mut self, order: EarOrder) {
        match order {
            EarOrder::Patience(ms) => {
                self.patience_ms = ms;
                self.gate.set_patience(ms);
            }
            EarOrder::DropBefore(at) => self.gate.drop_before(at),
            EarOrder::Engage(engaged) => {
                self.engaged = engaged;
                self.gate.engage(engaged);
            }
            EarOrder::GoOn | EarOrder::Mute(_) | EarOrder::Key(_) => {}
        }
    }
}

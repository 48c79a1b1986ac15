//! The ear: hears recordings one after the other, or a microphone, and tells the session what the gate makes of it.
//!
//! Enters: [`Recording`]s or a [`Capture`], and [`EarOrder`]s. Leaves: [`Event`]s. Runs on the listen thread. Recordings
//! wait at each pause and each end for the session, so that a file decides as a microphone does, however fast it is read;
//! a microphone waits for nobody. Never here: a decision about speech (the gate takes those), words.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc::Receiver,
};

use super::{
    event::{EarOrder, Event, Sound},
    live::MICROPHONE,
    recordings,
};
use crate::{
    flow::{FRAME_SAMPLES, Fault, Frame, Language},
    key::{KeyEdge, PttInput, PttOrder, PushToTalk},
    listen::{EchoCanceller, Gate, GateEvent, Heard},
    source::{Capture, Captured, DeviceNews, Source},
    units::{Dbfs, Probability, SAMPLES_PER_MS, SampleIndex, Words, length_f32, length_u64},
};

/// Something to listen to.
pub enum Recording {
    /// Sound; opened when its turn comes, so that a thousand files need one file handle.
    Sound {
        /// What it is called in reports.
        name: Arc<str>,
        /// Opens it.
        open: Box<dyn FnOnce() -> Result<Box<dyn Source>, Fault> + Send>,
    },
    /// A typed line.
    Line {
        /// The words.
        words: Words,
        /// Their language.
        language: Language,
    },
}

/// Tells the ear that the session is over, in the middle of a recording that holds nothing to post.
#[derive(Debug, Clone, Default)]
pub(super) struct Over(Arc<AtomicBool>);

impl Over {
    pub(super) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub(super) fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the listen thread does.
pub enum Ear {
    /// Hears recordings.
    Recordings {
        /// What to listen to, in order.
        recordings: Box<dyn Iterator<Item = Recording> + Send>,
        /// Makes a fresh gate for each recording.
        gate: Box<dyn Fn() -> Gate + Send>,
    },
    /// Hears a microphone until the session ends.
    Microphone {
        /// The microphone.
        capture: Box<dyn Capture>,
        /// Takes Mynah's own voice out.
        echo: Box<EchoCanceller>,
        /// Cuts out utterances.
        gate: Box<Gate>,
        /// What the key's edges come to.
        talk: Box<PushToTalk>,
        /// Whether the hotkey toggles, so that the endpoint ends what it began.
        toggles: bool,
    },
}

/// What the ear is told with, and how it tells.
pub(super) struct Line<'a> {
    pub(super) orders: &'a Receiver<EarOrder>,
    pub(super) over: &'a Over,
    /// `false` when the session is gone.
    pub(super) post: &'a dyn Fn(Event) -> bool,
}

impl Ear {
    /// Posts what is heard until there is nothing more, or the session is gone.
    pub(super) fn listen(self, line: &Line<'_>) {
        match self {
            Self::Recordings { recordings, gate } => recordings::listen(recordings, &*gate, line),
            Self::Microphone { capture, echo, gate, talk, toggles } => {
                let mut live = Live {
                    hears: Hears::new(MICROPHONE.into(), *gate),
                    capture,
                    echo: *echo,
                    talk: *talk,
                    toggles,
                    ends_itself: false,
                    deaf: false,
                    level: Vec::with_capacity(LEVEL_FRAMES * FRAME_SAMPLES),
                    nothing: 0,
                };
                while !line.over.raised() && live.step(line).is_some() {}
            }
        }
    }
}

/// Frames that one level is taken over: 96 ms.
const LEVEL_FRAMES: usize = 6;

/// While nothing comes from the device: how many waits of 100 ms make one sign of life.
const SIGN_OF_LIFE: u32 = 10;

/// Speech without a pause is passed on this often, in samples: 2 s. With a model of base's size, a reading of it costs a
/// seventh of a core.
const GOES_ON: u64 = 32_000;

/// How much of it is looked at for the wake phrase, ms: so much more than passes in between that the phrase is whole in one
/// of two.
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
            paused: None,
            patience_ms: 0,
            frames: 0,
            own_frames: 0,
        }
    }

    /// Takes the next frame: `judged` decides, `kept` is what the recogniser gets, `own` tells whether Mynah's own voice
    /// is in it.
    pub(super) fn hear(&mut self, judged: &Frame, kept: &Frame, own: bool) -> Option<Event> {
        self.end = kept.at.plus(length_u64(FRAME_SAMPLES));
        if self.gate.is_open() {
            self.frames += 1;
            self.own_frames += usize::from(own);
        }
        match self.gate.push_cleaned(judged, kept) {
            Some(event) => self.tell(event),
            None => self.going_on(),
        }
    }

    /// Whether an utterance that only a key ends has been silent for as long as would end any other.
    fn is_past_endpoint(&self) -> bool {
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

/// A microphone being heard.
struct Live {
    hears: Hears,
    capture: Box<dyn Capture>,
    echo: EchoCanceller,
    talk: PushToTalk,
    toggles: bool,
    /// Whether the endpoint ends what the key began.
    ends_itself: bool,
    /// Whether the device is known to give nothing. No time passes then, which alone could end what a key begins.
    deaf: bool,
    level: Vec<f32>,
    nothing: u32,
}

impl Live {
    /// Hears 16 ms, or that there is nothing to hear. `None` when the session is gone.
    fn step(&mut self, line: &Line<'_>) -> Option<()> {
        while let Ok(order) = line.orders.try_recv() {
            match order {
                EarOrder::Key(input) => {
                    let begins = matches!(input, PttInput::Toggle)
                        || (self.toggles && matches!(input, PttInput::Key(KeyEdge::Pressed)));
                    let order = self.talk.edge(input, self.hears.end);
                    if order == Some(PttOrder::Begin) {
                        self.ends_itself = begins;
                    }
                    self.key(order, line)?;
                }
                EarOrder::Mute(muted) => self.capture.mute(muted),
                order => self.hears.obey(order),
            }
        }
        let told = |event: Option<Event>| event.is_none_or(|event| (line.post)(event)).then_some(());
        match self.capture.next() {
            Captured::Frame(frame) => {
                (self.nothing, self.deaf) = (0, false);
                let order = self.talk.tick(frame.at);
                self.key(order, line)?;
                let cleaned = self.echo.clean(&frame);
                let event = self.hears.hear(&cleaned.for_gate, &cleaned.for_recogniser, cleaned.own_voice);
                let over = matches!(event, Some(Event::Ended { .. } | Event::Dropped));
                told(event)?;
                if self.talk.is_open() && (over || (self.ends_itself && self.hears.is_past_endpoint())) {
                    self.talk.edge(PttInput::Ended, self.hears.end);
                    self.key(Some(PttOrder::End), line)?;
                }
                self.level.extend_from_slice(&frame.pcm);
                told(self.measured())
            }
            Captured::Nothing => {
                self.nothing += 1;
                told(self.nothing.is_multiple_of(SIGN_OF_LIFE).then(|| self.now(Dbfs::FLOOR)))
            }
            Captured::News(news) => {
                if matches!(news, DeviceNews::Lost(_) | DeviceNews::Muted) {
                    self.deaf = true;
                    if self.talk.is_open() {
                        self.talk.edge(PttInput::Ended, self.hears.end);
                        self.key(Some(PttOrder::End), line)?;
                    }
                    while let Some(event) = self.hears.finish() {
                        told(Some(event))?;
                    }
                }
                told(Some(Event::Microphone(news)))
            }
        }
    }

    /// Carries out what the key comes to.
    fn key(&mut self, order: Option<PttOrder>, line: &Line<'_>) -> Option<()> {
        let open = match order {
            None => return Some(()),
            Some(PttOrder::Begin) if self.deaf => {
                self.talk.edge(PttInput::Ended, self.hears.end);
                return Some(());
            }
            Some(PttOrder::Begin) => true,
            Some(PttOrder::End) => false,
        };
        if open {
            self.hears.gate.press();
        } else {
            self.hears.gate.release();
        }
        (line.post)(Event::Talk { open }).then_some(())
    }

    /// The level of the last frames, when there are enough of them.
    fn measured(&mut self) -> Option<Event> {
        if self.level.len() < LEVEL_FRAMES * FRAME_SAMPLES {
            return None;
        }
        let level = Dbfs::of(&self.level);
        self.level.clear();
        Some(self.now(level))
    }

    fn now(&self, level: Dbfs) -> Event {
        Event::Level { at: self.hears.end, level, speech: self.hears.gate.is_open() }
    }
}

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
    event::{EarOrder, Event},
    hears::Hears,
    live::MICROPHONE,
    recordings,
};
use crate::{
    flow::{FRAME_SAMPLES, Fault, Language},
    key::{KeyEdge, PttInput, PttOrder, PushToTalk},
    listen::{EchoCanceller, Gate},
    source::{Capture, Captured, DeviceNews, Source},
    units::{Dbfs, Words},
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
                    opening: false,
                    level: Vec::with_capacity(LEVEL_FRAMES * FRAME_SAMPLES),
                    nothing: 0,
                    deaf: false,
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

/// A microphone being heard.
struct Live {
    hears: Hears,
    capture: Box<dyn Capture>,
    echo: EchoCanceller,
    talk: PushToTalk,
    toggles: bool,
    /// Whether the endpoint ends what the key began.
    ends_itself: bool,
    /// Whether what the key began is still to be told: what ends until then is what it cut off.
    opening: bool,
    level: Vec<f32>,
    nothing: u32,
    /// Whether the device was lost and is not back, or is closed: time stands still, and what began would not end.
    deaf: bool,
}

impl Live {
    /// Hears 16 ms, or that there is nothing to hear. `None` when the session is gone.
    fn step(&mut self, line: &Line<'_>) -> Option<()> {
        while let Ok(order) = line.orders.try_recv() {
            match order {
                EarOrder::Key(PttInput::Key(KeyEdge::Pressed) | PttInput::Press | PttInput::Toggle)
                    if self.deaf => {}
                EarOrder::Key(input) => {
                    let begins = matches!(input, PttInput::Toggle)
                        || (self.toggles && matches!(input, PttInput::Key(KeyEdge::Pressed)));
                    let order = self.talk.edge(input, self.hears.end);
                    if order == Some(PttOrder::Begin) {
                        self.ends_itself = begins;
                    }
                    self.key(order, line)?;
                }
                EarOrder::Mute(muted) => {
                    self.deaf = muted;
                    self.capture.mute(muted);
                    // At once: the device may be open again before it tells that it was closed.
                    if muted {
                        self.close(line)?;
                    }
                }
                order => self.hears.obey(order),
            }
        }
        let told = |event: Option<Event>| event.is_none_or(|event| (line.post)(event)).then_some(());
        match self.capture.next() {
            Captured::Frame(frame) => {
                self.nothing = 0;
                self.deaf = false;
                let order = self.talk.tick(frame.at);
                self.key(order, line)?;
                let cleaned = self.echo.clean(&frame);
                let event = self.hears.hear(&cleaned);
                let over = !self.opening && matches!(event, Some(Event::Ended { .. } | Event::Dropped));
                self.opening &= !matches!(event, Some(Event::Began { .. }));
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
                    self.close(line)?;
                }
                told(Some(Event::Microphone(news)))
            }
        }
    }

    /// Nothing more comes: ends what the key began, and what was being said.
    fn close(&mut self, line: &Line<'_>) -> Option<()> {
        if self.talk.is_open() {
            self.talk.edge(PttInput::Ended, self.hears.end);
            self.key(Some(PttOrder::End), line)?;
        }
        while let Some(event) = self.hears.finish() {
            (line.post)(event).then_some(())?;
        }
        Some(())
    }

    /// Carries out what the key comes to.
    fn key(&mut self, order: Option<PttOrder>, line: &Line<'_>) -> Option<()> {
        let open = match order {
            None => return Some(()),
            Some(PttOrder::Begin) => true,
            Some(PttOrder::End) => false,
        };
        self.opening = open;
        if open {
            self.hears.gate.press();
        } else {
            self.hears.gate.release();
        }
        (line.post)(Event::Talk { open, stays: open && self.ends_itself }).then_some(())
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

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, sync::mpsc::sync_channel};

    use super::*;
    use crate::{
        far_end::far_end,
        flow::Frame,
        key::PushToTalkOptions,
        listen::{Detector, EchoOptions, GateOptions},
        units::{Probability, SampleIndex},
    };

    /// What a device does, one thing after the other, and then nothing.
    struct Told(std::vec::IntoIter<Captured>);

    impl Capture for Told {
        fn next(&mut self) -> Captured {
            self.0.next().unwrap_or(Captured::Nothing)
        }

        fn mute(&mut self, _: bool) {}
    }

    /// Says speech where a frame is not silent.
    struct Loud;

    impl Detector for Loud {
        fn score(&mut self, frame: &[f32; FRAME_SAMPLES]) -> Probability {
            if frame[1] == 0.0 { Probability::ZERO } else { Probability::ONE }
        }
        fn reset(&mut self) {}
    }

    /// What the ear tells of the key when `given` are its orders while the device does `told`, in the middle: whether it
    /// opened, and whether it stays open.
    fn pressed(told: Vec<Captured>, given: &[EarOrder]) -> Vec<(bool, bool)> {
        let (orders, taken) = sync_channel(4);
        let (talks, over) = (RefCell::new(Vec::new()), Over::default());
        let post = |event: Event| {
            match event {
                Event::Talk { open, stays } => talks.borrow_mut().push((open, stays)),
                Event::Microphone(_) => given.iter().for_each(|order| orders.send(*order).unwrap()),
                // A second of nothing.
                Event::Level { level, .. } => return level > Dbfs::FLOOR,
                _ => {}
            }
            true
        };
        Ear::Microphone {
            capture: Box::new(Told(told.into_iter())),
            echo: Box::new(EchoCanceller::new(far_end().1, EchoOptions::default())),
            gate: Box::new(Gate::new(GateOptions::default(), Box::new(Loud))),
            talk: Box::new(PushToTalk::new(PushToTalkOptions::default())),
            toggles: false,
        }
        .listen(&Line { orders: &taken, over: &over, post: &post });
        talks.into_inner()
    }

    const PRESS: EarOrder = EarOrder::Key(PttInput::Press);
    const TOGGLE: EarOrder = EarOrder::Key(PttInput::Toggle);

    fn frame(n: u64, level: f32) -> Captured {
        Captured::Frame(Frame { at: SampleIndex(n * 256), pcm: [level; FRAME_SAMPLES] })
    }

    fn ready() -> Captured {
        Captured::News(DeviceNews::Ready { name: "desk".into(), rate: 16_000, because: None })
    }

    #[test]
    fn a_key_before_a_closed_ear_begins_nothing() {
        let open = || vec![frame(0, 0.0), ready(), frame(1, 0.0)];
        let closed = vec![Captured::News(DeviceNews::Muted), Captured::Nothing];
        assert_eq!(pressed(closed, &[PRESS]), Vec::new());
        assert_eq!(pressed(open(), &[PRESS]), [(true, false)]);
        assert_eq!(pressed(open(), &[TOGGLE]), [(true, true)]);
    }

    #[test]
    fn a_key_in_the_middle_of_what_others_say_opens_and_stays_open() {
        let mut told: Vec<Captured> = (0..40).map(|n| frame(n, 0.1)).collect();
        told.push(ready());
        told.extend((40..80).map(|n| frame(n, 0.1)));
        assert_eq!(pressed(told, &[PRESS]), [(true, false)]);
    }

    #[test]
    fn mute_ends_what_the_key_began_though_the_device_never_tells() {
        let told = vec![frame(0, 0.0), ready(), frame(1, 0.0), frame(2, 0.0)];
        let orders = [PRESS, EarOrder::Mute(true), EarOrder::Mute(false)];
        assert_eq!(pressed(told, &orders), [(true, false), (false, false)]);
    }
}

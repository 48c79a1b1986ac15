//! Live: the microphone as the listen thread sees it, whatever becomes of the devices.
//!
//! Enters: opened devices, from [`Hunt`]. Leaves: frames and news. Never here: a wait of more than 100 ms, a clock; time
//! without sound is what the waits add up to, each of [`STEP`].

use std::{
    any::Any,
    collections::VecDeque,
    sync::{
        Arc,
        mpsc::{Receiver, TryRecvError},
    },
};

use super::{
    Capture, Captured, DeviceNews, SourceError,
    hunt::Hunter,
    intake::Intake,
    tap::{Drain, Pulled},
    watchdog::{Alarm, Death, STEP, STEPS_A_SECOND, Watchdog},
};
use crate::{
    flow::{Fault, Frame},
    units::{Dbfs, PIPELINE_HZ, SAMPLES_PER_MS, SampleRate},
};

/// Waits in one call of `next`: 100 ms.
const STEPS_A_CALL: u32 = 10;

/// Looks into the ring in one call of `next`, each of which finds something; more than a full ring holds.
const LOOKS_A_CALL: u32 = 1_000;

/// Between two searches while there is no device: 0.5 s.
const RETRY: u32 = STEPS_A_SECOND / 2;

/// How long a search may take until another is started: a headset that wakes up takes 2 s.
const SEARCH: u32 = 5 * STEPS_A_SECOND;

/// Frames from one look for a better device to the next: 3 s.
const LOOK_AROUND: u32 = 3_000 / 16;

/// Frames after which a look that is due no longer waits for a pause in what is heard: 5 s.
const LOOK_ANYWAY: u32 = LOOK_AROUND + 5_000 / 16;

/// Frames whose levels tell whether somebody speaks: 0.5 s.
const STEADY_FRAMES: usize = 32;

/// Levels within so many dB of each other are no speech, which swings by 20 and more in half a second.
const STEADY_DB: f32 = 10.0;

/// Below this nobody speaks to a microphone.
const QUIET: Dbfs = Dbfs(-55.0);

/// What a microphone is opened with.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MicrophoneOptions {
    /// Devices by name or identifier, the preferred first; "default" is the system's default, also meant by an empty
    /// list. A device that is not listed is never opened.
    pub devices: Vec<String>,
}

/// How good a device is: the smaller, the better.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    /// Its wish, by its place in the list.
    pub(super) wish: usize,
    /// Its host, in the order of trying.
    pub(super) host: usize,
    /// Which device it is.
    pub(super) id: String,
}

/// An opened device.
pub(super) struct Caught {
    pub(super) place: Place,
    pub(super) name: String,
    pub(super) rate: SampleRate,
    pub(super) drain: Drain,
    pub(super) alarm: Arc<Alarm>,
    /// Closes the device when it is dropped, without a wait.
    pub(super) device: Box<dyn Any + Send>,
}

/// Looks for devices beside the listen thread.
pub(super) trait Hunt: Send {
    /// Starts a search for something better than `current`; it gives `None` where that is the best there is, and where
    /// something better than what could be had now may be back soon.
    fn hunt(&mut self, current: Option<&Place>) -> Receiver<Result<Option<Caught>, SourceError>>;
    /// What is looked for, the preferred first; never empty.
    fn wishes(&self) -> &[String];
}

/// A search under way, and the waits it took so far.
type Search = (Receiver<Result<Option<Caught>, SourceError>>, u32);

/// The live microphone.
pub struct Microphone {
    hunter: Box<dyn Hunt>,
    muted: bool,
    /// Of the device that mute closed, until it is closed indeed.
    closing: Option<(Drain, u32)>,
    open: Option<Open>,
    search: Option<Search>,
    /// Waits until the next search.
    pause: u32,
    intake: Intake,
    buffer: Vec<f32>,
    news: VecDeque<DeviceNews>,
    /// Kinds of faults told since there last was a device.
    told: Vec<&'static str>,
    /// The name of the device before.
    before: Option<String>,
    /// Lost at 16 kHz and not told yet, and frames until it may be told.
    lost: u64,
    hold: u32,
}

/// The device in use.
struct Open {
    caught: Caught,
    watchdog: Watchdog,
    ready: bool,
    /// Frames since the last look for a better device.
    frames: u32,
    levels: VecDeque<Dbfs>,
}

impl Microphone {
    /// Starts to look for a microphone. Nothing is waited for, and nothing is refused: what is missing is told as news.
    #[must_use]
    pub fn open(options: MicrophoneOptions) -> Self {
        Self::with(Box::new(Hunter::new(options.devices)))
    }

    pub(super) fn with(hunter: Box<dyn Hunt>) -> Self {
        Self {
            hunter,
            muted: false,
            closing: None,
            open: None,
            search: None,
            pause: 0,
            intake: Intake::new(),
            buffer: Vec::new(),
            news: VecDeque::new(),
            told: Vec::new(),
            before: None,
            lost: 0,
            hold: 0,
        }
    }

    /// Does what can be done without sound; whether a wait was spent on it.
    fn advance(&mut self) -> bool {
        self.follow_search();
        let Some(open) = &mut self.open else {
            wait(&mut self.search);
            self.intake.gap(SAMPLES_PER_MS * 10);
            self.without_device();
            return true;
        };
        self.buffer.clear();
        match open.caught.drain.pull(&mut self.buffer) {
            Pulled::Sound => {
                if open.watchdog.heard(&self.buffer) {
                    self.news.push_back(DeviceNews::Ready {
                        name: open.caught.name.clone(),
                        rate: open.caught.rate.hz(),
                        because: Some(
                            "it gives only digital silence: it may be switched off or muted in the system's sound settings, or the system does not let this program hear it"
                                .to_owned(),
                        ),
                    });
                }
                self.intake.sound(&self.buffer);
                false
            }
            Pulled::Gap(samples) => {
                let lost = samples.saturating_mul(u64::from(PIPELINE_HZ)) / u64::from(open.caught.rate.hz());
                self.lost += lost;
                self.intake.gap(lost);
                false
            }
            Pulled::Nothing => {
                wait(&mut self.search);
                if let Some(death) = open.watchdog.waited() {
                    self.lose(death);
                }
                true
            }
        }
    }

    /// One wait without a device.
    fn without_device(&mut self) {
        if let Some((drain, waits)) = &mut self.closing {
            *waits += 1;
            if drain.closed() || *waits > STEPS_A_SECOND {
                self.closing = None;
                self.news.push_back(DeviceNews::Muted);
            }
        }
        if self.muted || self.search.is_some() {
            return;
        }
        if self.pause > 0 {
            self.pause -= 1;
        } else {
            self.search = Some((self.hunter.hunt(None), 0));
        }
    }

    fn follow_search(&mut self) {
        let Some((search, waits)) = &mut self.search else { return };
        match search.try_recv() {
            Ok(Ok(Some(caught))) => self.take(caught),
            // A server that is gone may be back with the next search.
            Ok(Ok(None)) => self.pause = if self.open.is_none() { RETRY } else { 0 },
            Ok(Err(error)) => self.missed(&error),
            Err(TryRecvError::Disconnected) => {
                self.missed(&SourceError::NoMicrophone { reason: "no thread could be started".to_owned() });
            }
            Err(TryRecvError::Empty) => {
                if *waits < SEARCH {
                    return;
                }
                self.missed(&SourceError::NoMicrophone {
                    reason: "the sound system does not answer".to_owned(),
                });
            }
        }
        self.search = None;
    }

    fn take(&mut self, caught: Caught) {
        self.intake.begin(caught.rate);
        let watchdog = Watchdog::new(caught.rate, Arc::clone(&caught.alarm));
        if let Some(old) = self.open.take() {
            self.before = Some(old.caught.name);
        }
        self.open = Some(Open { caught, watchdog, ready: false, frames: 0, levels: VecDeque::new() });
    }

    /// A search that found nothing. Beside a device that delivers, it is of no interest.
    fn missed(&mut self, error: &SourceError) {
        if self.open.is_none() {
            // A server that hangs keeps a thread for each try, so the next one waits as long as this took, up to 2 s.
            let spent = self.search.as_ref().map_or(0, |(_, waits)| *waits);
            self.pause = spent.clamp(RETRY, 2 * STEPS_A_SECOND);
            self.tell(Fault::from(error));
        }
    }

    /// Tells a fault once until there is a device again: it is looked for twice a second.
    fn tell(&mut self, fault: Fault) {
        if !self.told.contains(&fault.kind) {
            self.told.push(fault.kind);
            self.news.push_back(DeviceNews::Lost(fault));
        }
    }

    fn lose(&mut self, death: Death) {
        let Some(open) = self.open.take() else { return };
        self.intake.end();
        // A device that is gone is looked for at once, another one a moment later.
        self.pause = if death == Death::Gone && open.ready { 0 } else { RETRY };
        let error = SourceError::MicrophoneLost { name: open.caught.name.clone(), how: death.to_string() };
        self.before = Some(open.caught.name);
        self.tell(Fault::from(&error));
    }

    /// What is to be known with this frame.
    fn seen(&mut self, frame: &Frame) {
        self.hold = self.hold.saturating_sub(1);
        if self.lost > 0 && self.hold == 0 {
            self.news.push_back(DeviceNews::Overrun { samples: self.lost });
            (self.lost, self.hold) = (0, STEPS_A_SECOND);
        }
        let Some(open) = &mut self.open else { return };
        if !open.ready {
            open.ready = true;
            self.told.clear();
            let because = reason(self.hunter.wishes(), &open.caught, self.before.as_deref());
            let news =
                DeviceNews::Ready { name: open.caught.name.clone(), rate: open.caught.rate.hz(), because };
            self.news.push_back(news);
        }
        open.frames += 1;
        open.levels.push_back(Dbfs::of(&frame.pcm));
        if open.levels.len() > STEADY_FRAMES {
            open.levels.pop_front();
        }
        let due = open.frames >= LOOK_ANYWAY || open.frames >= LOOK_AROUND && nobody_speaks(&open.levels);
        if due && self.search.is_none() {
            open.frames = 0;
            self.search = Some((self.hunter.hunt(Some(&open.caught.place)), 0));
        }
    }
}

/// One wait, which a search under way spends too.
fn wait(search: &mut Option<Search>) {
    std::thread::sleep(STEP);
    if let Some((_, waits)) = search {
        *waits += 1;
    }
}

/// Why this device: it is not the first of the list, or another one was in use before.
fn reason(wishes: &[String], caught: &Caught, before: Option<&str>) -> Option<String> {
    let first = wishes.first().filter(|_| caught.place.wish > 0).map(|wish| format!("{wish} is not there"));
    match (first, before) {
        (Some(first), _) => Some(first),
        (None, Some(before)) if before == caught.name => Some("it is back".to_owned()),
        (None, Some(before)) => Some(format!("it is preferred to {before}")),
        (None, None) => None,
    }
}

fn nobody_speaks(levels: &VecDeque<Dbfs>) -> bool {
    let loudest = levels.iter().map(|level| level.0).fold(Dbfs::FLOOR.0, f32::max);
    let softest = levels.iter().map(|level| level.0).fold(0.0, f32::min);
    levels.len() >= STEADY_FRAMES && (loudest < QUIET.0 || loudest - softest < STEADY_DB)
}

impl Capture for Microphone {
    fn next(&mut self) -> Captured {
        let mut waits = 0;
        for _ in 0..LOOKS_A_CALL {
            if let Some(news) = self.news.pop_front() {
                return Captured::News(news);
            }
            if !self.intake.hungry()
                && let Some(frame) = self.intake.frame()
            {
                self.seen(&frame);
                return Captured::Frame(frame);
            }
            if waits == STEPS_A_CALL {
                break;
            }
            waits += u32::from(self.advance());
        }
        Captured::Nothing
    }

    fn mute(&mut self, muted: bool) {
        if muted == self.muted {
            return;
        }
        self.muted = muted;
        self.search = None;
        self.pause = 0;
        self.closing = None;
        if !muted {
            return;
        }
        self.intake.discard();
        self.news.clear();
        self.before = None;
        match self.open.take() {
            // Told once nothing can come any more.
            Some(open) => {
                drop(open.caught.device);
                self.closing = Some((open.caught.drain, 0));
            }
            None => self.news.push_back(DeviceNews::Muted),
        }
    }
}

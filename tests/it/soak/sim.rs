//! Simulated time and what happens in it: the microphone makes time pass as it is read, rooms that take a while sleep in
//! it, and the day's script runs it on bit by bit.

use std::{
    collections::{HashMap, VecDeque},
    ops::Range,
    sync::{Arc, Condvar, Mutex, MutexGuard},
    time::Duration,
};

use mynah::{
    far_end::{Tap, Taps},
    flow::{FRAME_SAMPLES, Fault, Frame},
    report::{Notice, Presence, TurnReport},
    source::{Capture, Captured, DeviceNews},
    units::{SAMPLES_PER_MS, SampleIndex, SampleRate},
};

/// How a room does at the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mood {
    Well,
    Fails,
    /// Takes this many ms.
    Slow(u64),
    /// Breaks off in the middle, or gives rubbish.
    Hostile,
}

/// A generator that is the same everywhere (SplitMix64).
#[derive(Debug, Clone)]
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(super) fn below(&mut self, sides: u64) -> u64 {
        self.next() % sides
    }
}

/// What the microphone is like.
#[derive(Debug, Default)]
struct Device {
    muted: bool,
    lost: bool,
    news: VecDeque<DeviceNews>,
    /// Frames that are lost next.
    overrun: u64,
}

pub(super) struct Inner {
    /// Where the microphone stands, and how far it may go.
    now: u64,
    until: u64,
    device: Device,
    /// What is in the room, from now on: voices, and the loudspeaker.
    sounds: VecDeque<f32>,
    pub(super) playing: VecDeque<f32>,
    /// What was said where, and whether by Mynah itself.
    pub(super) said: VecDeque<(Range<u64>, String, bool)>,
    pub(super) spoken: HashMap<(u64, u32), String>,
    pub(super) reader: Mood,
    pub(super) voice: Mood,
    pub(super) sink: Mood,
    pub(super) ask: Mood,
    /// Rooms at work that do not sleep.
    busy: usize,
    /// Until when those sleep that do.
    sleepers: Vec<(u64, u64)>,
    slept: u64,
    /// Levels that the ear gave, and that were seen behind the session.
    levels: (u64, u64),
    pub(super) presence: Presence,
    pub(super) reports: Vec<TurnReport>,
    pub(super) ducked: bool,
    pub(super) others: bool,
    pub(super) log: VecDeque<String>,
    pub(super) over: bool,
}

/// Shared by all that is scripted.
#[derive(Clone)]
pub(super) struct Sim(Arc<(Mutex<Inner>, Condvar)>);

impl Sim {
    pub(super) fn new() -> Self {
        let inner = Inner {
            now: 0,
            until: 0,
            device: Device::default(),
            sounds: VecDeque::new(),
            playing: VecDeque::new(),
            said: VecDeque::new(),
            spoken: HashMap::new(),
            reader: Mood::Well,
            voice: Mood::Well,
            sink: Mood::Well,
            ask: Mood::Well,
            busy: 0,
            sleepers: Vec::new(),
            slept: 0,
            levels: (0, 0),
            presence: Presence::Starting,
            reports: Vec::new(),
            ducked: false,
            others: false,
            log: VecDeque::new(),
            over: false,
        };
        let sim = Self(Arc::new((Mutex::new(inner), Condvar::new())));
        sim.ready();
        sim
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn wait<'a>(&self, inner: MutexGuard<'a, Inner>, ms: u64) -> MutexGuard<'a, Inner> {
        let waited = self.0.1.wait_timeout(inner, Duration::from_millis(ms));
        waited.unwrap_or_else(std::sync::PoisonError::into_inner).0
    }

    pub(super) fn tell(&self, change: impl FnOnce(&mut Inner)) {
        change(&mut self.lock());
        self.0.1.notify_all();
    }

    pub(super) fn note(&self, line: &str) {
        self.tell(|inner| {
            let line = format!("{:>8} ms {line}", inner.now / SAMPLES_PER_MS);
            inner.log.push_back(line);
            if inner.log.len() > 120 {
                inner.log.pop_front();
            }
        });
    }

    pub(super) fn now_ms(&self) -> u64 {
        self.lock().now / SAMPLES_PER_MS
    }

    /// Lets `ms` pass; gives whether they did, which they do not where the session is gone.
    pub(super) fn run(&self, ms: u64) -> bool {
        let mut inner = self.lock();
        // A room that lay down may have taken time past what was asked for; that is no part of this wait.
        inner.until = inner.until.max(inner.now) + ms * SAMPLES_PER_MS;
        self.0.1.notify_all();
        let mut waits = 0;
        while inner.now < inner.until && !inner.over && waits < 30_000 {
            let before = inner.now;
            inner = self.wait(inner, 10);
            waits = if inner.now == before { waits + 1 } else { 0 };
        }
        inner.now >= inner.until
    }

    /// A room works: no time passes meanwhile, except where it sleeps.
    pub(super) fn work<T>(&self, work: impl FnOnce() -> T) -> T {
        self.tell(|inner| inner.busy += 1);
        let done = work();
        self.tell(|inner| inner.busy -= 1);
        done
    }

    /// A room at work waits for `ms`, unless it is stopped; whether it was not.
    pub(super) fn sleep(&self, ms: u64, stopped: &dyn Fn() -> bool) -> bool {
        let sleeper = self.lie_down(ms);
        let mut inner = self.lock();
        inner.busy -= 1;
        self.0.1.notify_all();
        while inner.now < sleeper.until && !stopped() && !inner.over {
            inner = self.wait(inner, 2);
        }
        inner.busy += 1;
        !stopped()
    }

    /// Somebody waits for `ms`; no time passes after that until it is dropped.
    pub(super) fn lie_down(&self, ms: u64) -> Sleeper {
        let mut inner = self.lock();
        inner.slept += 1;
        let (number, until) = (inner.slept, inner.now + ms * SAMPLES_PER_MS);
        inner.sleepers.push((number, until));
        drop(inner);
        Sleeper { sim: self.clone(), number, until }
    }

    /// Somebody says `words`, in the sound `pcm`; gives how long that takes, ms.
    pub(super) fn say(&self, pcm: &[f32], words: &str) -> u64 {
        let mut inner = self.lock();
        let from = inner.now + u64::try_from(inner.sounds.len()).unwrap();
        let to = from + u64::try_from(pcm.len()).unwrap();
        inner.sounds.extend(pcm);
        inner.said.push_back((from..to, words.to_owned(), false));
        while inner.said.len() > 64 {
            inner.said.pop_front();
        }
        drop(inner);
        self.note(&format!("somebody says {words:?}"));
        u64::try_from(pcm.len()).unwrap() / SAMPLES_PER_MS
    }

    pub(super) fn lose(&self) {
        self.tell(|inner| {
            inner.device.lost = true;
            inner.device.news.push_back(DeviceNews::Lost(fault("microphone_gone")));
        });
    }

    pub(super) fn ready(&self) {
        self.tell(|inner| {
            inner.device.lost = false;
            if !inner.device.muted {
                inner.device.news.push_back(desk());
            }
        });
    }

    pub(super) fn overrun(&self, frames: u64) {
        self.tell(|inner| inner.device.overrun = frames);
    }

    pub(super) fn take(&self, notice: &Notice) {
        match notice {
            Notice::Level { .. } => self.tell(|inner| inner.levels.1 += 1),
            Notice::State { state } => {
                self.note(&format!("{state:?}"));
                self.tell(|inner| inner.presence = *state);
            }
            Notice::Turn(report) => {
                let error = report.error.as_ref().map(|fault| fault.kind);
                let heard = report.transcript.text.as_str();
                self.note(&format!(
                    "{} {heard:?} -> {:?} {error:?}",
                    report.turn,
                    report.reply.text.as_str()
                ));
            }
            Notice::Trouble(fault) => self.note(&format!("trouble {}", fault.kind)),
            Notice::Woken { .. } => self.note("woken"),
            Notice::BargeIn { turn } => self.note(&format!("{turn} is cut off")),
            Notice::Sentence { text, .. } => self.note(&format!("says {:?}", text.as_str())),
            _ => {}
        }
    }

    /// The last lines of the day's log.
    pub(super) fn told(&self) -> String {
        Vec::from(self.lock().log.clone()).join("\n")
    }
}

fn desk() -> DeviceNews {
    DeviceNews::Ready { name: "desk".into(), rate: 48_000, because: None }
}

pub(super) fn fault(kind: &'static str) -> Fault {
    Fault { kind, message: "m".into(), remedy: "r".into() }
}

/// Somebody who waits for a time.
pub(super) struct Sleeper {
    sim: Sim,
    number: u64,
    until: u64,
}

impl Sleeper {
    pub(super) fn is_over(&self) -> bool {
        let inner = self.sim.lock();
        inner.now >= self.until || inner.over
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        self.sim.tell(|inner| inner.sleepers.retain(|(number, _)| *number != self.number));
    }
}

/// The microphone: as fast as it is read, as far as the script allows, and never ahead of the rooms.
pub(super) struct Mic {
    pub(super) sim: Sim,
    pub(super) noise: Dice,
    pub(super) tap: Tap,
    nothing: u64,
    frames: u64,
}

impl Mic {
    pub(super) fn new(sim: Sim, seed: u64, taps: &Taps) -> Self {
        Self { sim, noise: Dice(seed), tap: taps.open(SampleRate::PIPELINE), nothing: 0, frames: 0 }
    }

    fn silence(&mut self) -> Captured {
        // As the ear counts its signs of life.
        self.nothing += 1;
        if self.nothing.is_multiple_of(10) {
            self.sim.tell(|inner| inner.levels.0 += 1);
        }
        Captured::Nothing
    }
}

impl Capture for Mic {
    fn next(&mut self) -> Captured {
        let mut inner = self.sim.lock();
        for _ in 0..40 {
            let held = inner.now >= inner.until || inner.is_behind(self.nothing);
            if inner.over || !held || !inner.device.news.is_empty() {
                break;
            }
            inner = self.sim.wait(inner, 2);
        }
        if let Some(news) = inner.device.news.pop_front() {
            return Captured::News(news);
        }
        if inner.over || inner.now >= inner.until || inner.is_behind(self.nothing) {
            drop(inner);
            return self.silence();
        }
        if inner.device.muted || inner.device.lost {
            inner.now += 100 * SAMPLES_PER_MS;
            let gone = inner.sounds.len().min(1_600);
            inner.sounds.drain(..gone);
            let gone = inner.playing.len().min(1_600);
            inner.playing.drain(..gone);
            drop(inner);
            self.sim.tell(|_| ());
            return self.silence();
        }
        let lost = std::mem::take(&mut inner.device.overrun);
        if lost > 0 {
            let samples = lost * 256;
            inner.now += samples;
            let gone = inner.sounds.len().min(usize::try_from(samples).unwrap());
            inner.sounds.drain(..gone);
            return Captured::News(DeviceNews::Overrun { samples });
        }
        let at = SampleIndex(inner.now);
        inner.now += 256;
        let voice = !inner.playing.is_empty();
        let mut played = [0.0; FRAME_SAMPLES];
        let mut pcm = [0.0; FRAME_SAMPLES];
        for (sample, played) in pcm.iter_mut().zip(&mut played) {
            *played = inner.playing.pop_front().unwrap_or(0.0) * 0.5;
            let noise = f32::from(u8::try_from(self.noise.below(200)).unwrap()) - 100.0;
            *sample = inner.sounds.pop_front().unwrap_or(0.0) + *played * 0.2 + noise * 0.000_01;
        }
        self.nothing = 0;
        self.frames += 1;
        if self.frames.is_multiple_of(6) {
            inner.levels.0 += 1;
        }
        drop(inner);
        self.tap.push(&played, voice);
        self.sim.tell(|_| ());
        Captured::Frame(Frame { at, pcm })
    }

    fn mute(&mut self, muted: bool) {
        self.sim.tell(|inner| {
            if inner.device.muted == muted {
                return;
            }
            inner.device.muted = muted;
            if muted {
                inner.device.news.push_back(DeviceNews::Muted);
            } else if !inner.device.lost {
                inner.device.news.push_back(desk());
            }
        });
    }
}

/// Memory in KiB, threads and file handles of this process.
pub(super) fn used() -> [u64; 3] {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let number = |key: &str| {
        let line = status.lines().find(|line| line.starts_with(key)).unwrap_or("");
        line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).unwrap_or(0)
    };
    let handles = std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    [number("VmRSS:"), number("Threads:"), u64::try_from(handles).unwrap()]
}

impl Inner {
    /// Whether somebody has still to do what belongs to now. Work that is said to go on and that nobody does is on its
    /// way; but not for ever, or what hangs would never be found.
    fn is_behind(&self, waited: u64) -> bool {
        let works = matches!(self.presence, Presence::Thinking | Presence::Speaking);
        let on_its_way = works && self.sleepers.is_empty() && waited < 30;
        let late = self.sleepers.iter().any(|(_, until)| *until <= self.now);
        self.busy > 0 || late || on_its_way || self.levels.1 < self.levels.0
    }

    /// Where the microphone stands.
    pub(super) const fn heard_at(&self) -> u64 {
        self.now
    }
}

//! Room: a quiet room with a microphone in it: its noise never stops, and what is to be said is said in real time. Two
//! monitors, one of what the microphone hears and one of what the loudspeaker plays, are recorded side by side.

use std::{
    collections::VecDeque,
    io::{Read, Write},
    process::{Child, Stdio},
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use super::rig::Rig;
use mynah::units::length_f64;

pub(crate) const HZ: usize = 16_000;

/// 10 ms.
const BLOCK: usize = HZ / 100;

/// The room's noise: at most this much, -66 dBFS.
const NOISE: i16 = 16;

/// What lies above this is sound: -44 dBFS at the microphone, and a loudspeaker is digitally silent otherwise.
pub(crate) const LOUD: i16 = 200;

/// For how long the monitors keep what they heard, in samples.
const KEPT: usize = 60 * HZ;

pub(crate) struct Room {
    says: mpsc::Sender<Vec<i16>>,
    pub(crate) microphone: Monitor,
    pub(crate) speaker: Monitor,
    player: Child,
}

impl Room {
    pub(crate) fn open(rig: &Rig) -> Self {
        let format = ["--raw", "--format=s16le", "--channels=1", "--rate=16000"];
        let mut player = rig.program("pacat");
        player.args(["-d", "mic_in", "--latency-msec=40"]).args(format);
        let mut player = player.stdin(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut pipe = player.stdin.take().unwrap();
        let (says, to_say) = mpsc::channel::<Vec<i16>>();
        std::thread::spawn(move || {
            let (start, mut blocks) = (Instant::now(), 0_u32);
            let (mut saying, mut seed): (VecDeque<i16>, u32) = (VecDeque::new(), 1);
            loop {
                saying.extend(to_say.try_iter().flatten());
                let block: Vec<u8> = (0..BLOCK)
                    .flat_map(|_| {
                        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                        let noise = i16::try_from(seed >> 27).unwrap() - NOISE;
                        saying.pop_front().unwrap_or(0).saturating_add(noise).to_le_bytes()
                    })
                    .collect();
                if pipe.write_all(&block).is_err() {
                    return;
                }
                blocks += 1;
                let due = start + Duration::from_millis(10) * blocks;
                std::thread::sleep(due.saturating_duration_since(Instant::now()));
            }
        });
        let monitor = |source: &str| Monitor::open(rig, source);
        let (microphone, speaker) = (monitor("mic_in.monitor"), monitor("spk.monitor"));
        Self { says, microphone, speaker, player }
    }

    /// Says `pcm` now.
    pub(crate) fn say(&self, pcm: &[i16]) {
        self.says.send(pcm.to_vec()).unwrap();
    }

    /// Says `pcm`, waits until the microphone heard it, and tells when its last loud sample was.
    pub(crate) fn said(&self, pcm: &[i16]) -> Instant {
        let end = self.await_end(pcm);
        std::thread::sleep(Duration::from_millis(120));
        // Where the machine could not play it in one go, it was later.
        self.microphone.last_loud(end).unwrap_or(end)
    }

    /// Says `pcm` and waits until its last loud sample is heard, if the machine plays it in one go. A busy one begins
    /// late, so that time counts from the first loud sample that the microphone heard.
    pub(crate) fn await_end(&self, pcm: &[i16]) -> Instant {
        let loud = |sample: &i16| sample.unsigned_abs() > LOUD.unsigned_abs();
        let first = pcm.iter().position(loud).expect("a clip holds sound");
        let last = pcm.iter().rposition(loud).unwrap_or(first);
        let before = Instant::now();
        self.say(pcm);
        let heard = self.microphone.await_loud(before, Duration::from_secs(20));
        let end = heard.expect("the microphone heard nothing of what was said") + at_time(last - first);
        std::thread::sleep(end.saturating_duration_since(Instant::now()));
        end
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = self.player.kill();
        let _ = self.player.wait();
    }
}

/// A recording that goes on.
pub(crate) struct Monitor {
    heard: Arc<Mutex<Heard>>,
    recorder: Child,
}

#[derive(Default)]
struct Heard {
    /// The last of it, and how many samples came before.
    pcm: VecDeque<i16>,
    forgotten: usize,
    /// How many samples there were at which time, for the last seconds.
    arrivals: VecDeque<(usize, Instant)>,
}

impl Monitor {
    fn open(rig: &Rig, source: &str) -> Self {
        let mut recorder = rig.program("parec");
        recorder.args(["-d", source, "--latency-msec=10", "--raw", "--format=s16le", "--channels=1"]);
        recorder.arg("--rate=16000").stdout(Stdio::piped()).stderr(Stdio::null());
        let mut recorder = recorder.spawn().unwrap();
        let mut pipe = recorder.stdout.take().unwrap();
        let heard = Arc::new(Mutex::new(Heard::default()));
        let shared = heard.clone();
        std::thread::spawn(move || {
            let (mut block, mut odd) = ([0; 4_096], Vec::new());
            while let Ok(count) = pipe.read(&mut block)
                && count > 0
            {
                odd.extend_from_slice(&block[..count]);
                let whole = odd.len() / 2 * 2;
                let mut heard = shared.lock().unwrap();
                heard.take(&odd[..whole]);
                drop(heard);
                odd.drain(..whole);
            }
        });
        Self { heard, recorder }
    }

    /// When the last loud sample since `from` was.
    pub(crate) fn last_loud(&self, from: Instant) -> Option<Instant> {
        let heard = self.heard.lock().unwrap();
        let begin = heard.origin()?;
        let at = heard.pcm.iter().rposition(|sample| sample.unsigned_abs() > LOUD.unsigned_abs())?;
        Some(begin + at_time(heard.forgotten + at)).filter(|at| *at > from)
    }

    /// When the first loud sample after `from` was.
    pub(crate) fn first_loud(&self, from: Instant) -> Option<Instant> {
        let heard = self.heard.lock().unwrap();
        let begin = heard.origin()?;
        let skip = heard.index_at(begin, from);
        let at =
            heard.pcm.iter().skip(skip).position(|sample| sample.unsigned_abs() > LOUD.unsigned_abs())?;
        Some(begin + at_time(heard.forgotten + skip + at))
    }

    /// Waits for a loud sample after `from`.
    pub(crate) fn await_loud(&self, from: Instant, limit: Duration) -> Option<Instant> {
        while from.elapsed() < limit {
            if let Some(at) = self.first_loud(from) {
                return Some(at);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        None
    }

    /// Waits until nothing loud was heard for `long`; gives up after half a minute.
    pub(crate) fn await_quiet(&self, long: Duration) {
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(30) {
            if Instant::now().checked_sub(long).is_some_and(|since| self.last_loud(since).is_none()) {
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        let _ = self.recorder.kill();
        let _ = self.recorder.wait();
    }
}

impl Heard {
    fn take(&mut self, bytes: &[u8]) {
        self.pcm.extend(bytes.as_chunks::<2>().0.iter().map(|two| i16::from_le_bytes(*two)));
        let surplus = self.pcm.len().saturating_sub(KEPT);
        self.pcm.drain(..surplus);
        self.forgotten += surplus;
        self.arrivals.push_back((self.forgotten + self.pcm.len(), Instant::now()));
        while self.arrivals.len() > 500 {
            self.arrivals.pop_front();
        }
    }

    /// When the first sample was: a sample never comes too early, so the least delayed block tells best.
    fn origin(&self) -> Option<Instant> {
        self.arrivals.iter().filter_map(|(count, at)| at.checked_sub(at_time(*count))).min()
    }

    fn index_at(&self, begin: Instant, at: Instant) -> usize {
        let passed = at.saturating_duration_since(begin).as_millis() * 16;
        usize::try_from(passed).unwrap().saturating_sub(self.forgotten)
    }
}

fn at_time(samples: usize) -> Duration {
    Duration::from_secs_f64(length_f64(samples) / length_f64(HZ))
}

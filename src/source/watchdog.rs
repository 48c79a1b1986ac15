//! Watchdog: tells a living device from a dead one.
//!
//! Enters: samples, errors, and waits without either, each of [`STEP`]. Leaves: a verdict. Time is what the waits add
//! up to, never more than what really passed, so that a loaded machine makes it patient. Never here: a clock, a device.
//!
//! A device must not be believed: a sound server that is killed gives no error and no data, another gives millions of
//! errors, and most single errors heal by themselves.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::units::{SampleRate, length_u64};

/// The length of one wait.
pub(super) const STEP: Duration = Duration::from_millis(10);

/// Waits in a second.
pub(super) const STEPS_A_SECOND: u32 = 100;

/// Waits until a new device must have given its first sample: Bluetooth headsets and idle null sinks take 2 s.
const FIRST_SAMPLE: u32 = 5 * STEPS_A_SECOND;

/// Waits without a sample after which a device is dead, whatever it says.
const NO_SAMPLE: u32 = STEPS_A_SECOND;

/// The same once it told of errors.
const NO_SAMPLE_AFTER_ERRORS: u32 = STEPS_A_SECOND / 2;

/// Waits over which the rate is measured.
const WINDOW: u32 = 5 * STEPS_A_SECOND;

/// Zeros from the first sample on, in seconds, after which the user is told. No microphone is that quiet.
const ZEROS_SECONDS: u64 = 10;

/// What the error callback tells. It counts and flags, as it may be called a million times a second.
#[derive(Debug, Default)]
pub(super) struct Alarm {
    errors: AtomicU64,
    gone: AtomicBool,
}

impl Alarm {
    /// An error that may heal.
    pub(super) fn doubt(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }

    /// An error after which nothing comes.
    pub(super) fn gone(&self) {
        self.gone.store(true, Ordering::Relaxed);
    }
}

/// Why a device counts as dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Death {
    /// It never gave a sample.
    NeverBegan,
    /// Samples stopped.
    Stopped,
    /// Errors came instead of samples.
    Failing,
    /// The system says that it is gone.
    Gone,
    /// Far fewer samples came than its rate promises.
    Starving,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeverBegan => "it gave no sound at all",
            Self::Stopped => "its sound stopped",
            Self::Failing => "it gives errors instead of sound",
            Self::Gone => "the system took it away",
            Self::Starving => "it gives less sound than it should",
        })
    }
}

/// Judges one opened device.
#[derive(Debug)]
pub(super) struct Watchdog {
    rate: SampleRate,
    alarm: Arc<Alarm>,
    /// Errors already counted when the last sample came.
    errors: u64,
    /// Waits since the last sample.
    waits: u32,
    began: bool,
    /// Waits that the device has shown to need between two blocks.
    pace: u32,
    window_waits: u32,
    window_samples: u64,
    /// Zeros from the first sample on; `None` once it gave anything else, or was told of.
    zeros: Option<u64>,
}

impl Watchdog {
    pub(super) const fn new(rate: SampleRate, alarm: Arc<Alarm>) -> Self {
        Self {
            rate,
            alarm,
            errors: 0,
            waits: 0,
            began: false,
            pace: 0,
            window_waits: 0,
            window_samples: 0,
            zeros: Some(0),
        }
    }

    /// Takes what came; whether these zeros are the ones that make it [`ZEROS_SECONDS`].
    pub(super) fn heard(&mut self, pcm: &[f32]) -> bool {
        let (count, second) = (length_u64(pcm.len()), u64::from(self.rate.hz()));
        if !self.began {
            // The rate is promised from the first sample on.
            self.began = true;
            self.window_waits = 0;
        }
        self.waits = 0;
        self.errors = self.alarm.errors.load(Ordering::Relaxed);
        self.window_samples += count;
        // Some devices give sound in bursts of up to 2 s; the next one is then as far away.
        let block = u32::try_from(count * u64::from(STEPS_A_SECOND) / second).unwrap_or(u32::MAX);
        self.pace = self.pace.max(block.min(FIRST_SAMPLE / 2));
        let Some(zeros) = &mut self.zeros else { return false };
        *zeros += count;
        let told = *zeros >= ZEROS_SECONDS * second;
        if told || pcm.iter().any(|sample| *sample != 0.0) {
            self.zeros = None;
        }
        told && pcm.iter().all(|sample| *sample == 0.0)
    }

    /// Counts a wait in which nothing came.
    pub(super) fn waited(&mut self) -> Option<Death> {
        self.waits += 1;
        self.window_waits += 1;
        if self.alarm.gone.load(Ordering::Relaxed) {
            return Some(Death::Gone);
        }
        let failing = self.alarm.errors.load(Ordering::Relaxed) > self.errors;
        let patience = match (self.began, failing) {
            (false, _) => FIRST_SAMPLE,
            (true, true) => NO_SAMPLE_AFTER_ERRORS.max(2 * self.pace),
            (true, false) => NO_SAMPLE.max(2 * self.pace),
        };
        if self.waits >= patience {
            return Some(match (self.began, failing) {
                (_, true) => Death::Failing,
                (true, false) => Death::Stopped,
                (false, false) => Death::NeverBegan,
            });
        }
        if self.window_waits < WINDOW {
            return None;
        }
        let promised = u64::from(self.rate.hz()) * u64::from(WINDOW / STEPS_A_SECOND);
        let starving = self.began && self.window_samples < promised / 2;
        (self.window_waits, self.window_samples) = (0, 0);
        starving.then_some(Death::Starving)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watchdog() -> (Watchdog, Arc<Alarm>) {
        let alarm = Arc::new(Alarm::default());
        (Watchdog::new(SampleRate::new(1_000).unwrap(), Arc::clone(&alarm)), alarm)
    }

    /// Waits until it gives up, and how many waits that took.
    fn given_up(watchdog: &mut Watchdog) -> (u32, Death) {
        (1..2_000).find_map(|waits| watchdog.waited().map(|death| (waits, death))).unwrap()
    }

    #[test]
    fn silence_of_the_device_is_death_and_errors_make_it_quicker() {
        let (mut watchdog, alarm) = watchdog();
        assert_eq!(given_up(&mut watchdog), (500, Death::NeverBegan));
        watchdog.heard(&[0.1; 10]);
        assert_eq!(given_up(&mut watchdog), (100, Death::Stopped));
        watchdog.heard(&[0.1; 10]);
        (0..1_000_000).for_each(|_| alarm.doubt());
        assert_eq!(given_up(&mut watchdog), (50, Death::Failing));
        // Sound after errors: they healed.
        watchdog.heard(&[0.1; 10]);
        assert_eq!(given_up(&mut watchdog), (100, Death::Stopped));
        alarm.gone();
        assert_eq!(given_up(&mut watchdog), (1, Death::Gone));
    }

    #[test]
    fn a_device_that_delivers_every_two_seconds_is_given_time() {
        let (mut watchdog, _) = watchdog();
        watchdog.heard(&[0.1; 2_000]);
        assert_eq!(given_up(&mut watchdog), (400, Death::Stopped));
    }

    #[test]
    fn a_trickle_is_death_and_the_full_rate_is_not() {
        let (mut trickling, _) = watchdog();
        let trickle = (0..1_000).find_map(|_| {
            trickling.heard(&[0.1; 4]);
            trickling.waited()
        });
        assert_eq!(trickle, Some(Death::Starving));
        let (mut healthy, _) = watchdog();
        for _ in 0..5_000 {
            healthy.heard(&[0.1; 10]);
            assert_eq!(healthy.waited(), None);
        }
    }

    #[test]
    fn ten_seconds_of_zeros_from_the_start_are_told_once() {
        let told = |sound: &[f32]| {
            let (mut watchdog, _) = watchdog();
            watchdog.heard(sound);
            (0..30_u32).filter(|_| watchdog.heard(&[0.0; 1_000])).count()
        };
        assert_eq!(told(&[0.0]), 1);
        assert_eq!(told(&[0.0, 0.001]), 0);
    }
}

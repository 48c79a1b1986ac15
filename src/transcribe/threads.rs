//! Threads: how many whisper.cpp may use, from what the machine is doing now.
//!
//! Enters: the user's choice, cores, load. Leaves: a count. Never here: a count taken from the cores alone.
//! whisper.cpp's pool spins while it waits: on a busy 2-core machine two threads made 0.5 s into 3 to 17 s, one
//! thread never did, so a thread is only added for a core that is idle.

use std::thread::available_parallelism;

use crate::units::f64_to_count;

/// The most threads a user can ask for.
pub const MOST: u32 = 64;

/// The most threads Mynah takes by itself: past four a trimmed encoder pass gains little.
const MOST_BY_ITSELF: usize = 4;

/// The threads to use for a pass that starts now: the user's choice, else by load.
#[must_use]
pub fn now(chosen: Option<u32>) -> usize {
    if let Some(chosen) = chosen {
        return usize::try_from(chosen.clamp(1, MOST)).unwrap_or(1);
    }
    let cores = available_parallelism().map_or(1, usize::from);
    match std::fs::read_to_string("/proc/loadavg").ok().as_deref().and_then(load) {
        Some(load) => by_load(cores, load),
        None => (cores / 2).clamp(1, MOST_BY_ITSELF),
    }
}

/// One core is left to the rest of Mynah, one to each busy task; never below 1, never above 4.
#[must_use]
pub fn by_load(cores: usize, load: f64) -> usize {
    let busy = f64_to_count(load.max(0.0).ceil());
    cores.saturating_sub(busy).saturating_sub(1).clamp(1, MOST_BY_ITSELF)
}

/// Busy tasks by Linux's `/proc/loadavg` ("0.52 0.58 0.59 3/512 12345"): the larger of the one-minute mean, which
/// lags, and the tasks running at this instant, which misses bursts. This thread is one of the latter.
#[must_use]
pub fn load(loadavg: &str) -> Option<f64> {
    let mut fields = loadavg.split_whitespace();
    let mean: f64 = fields.next()?.parse().ok()?;
    let running: u32 = fields.nth(2)?.split_once('/')?.0.parse().ok()?;
    mean.is_finite().then(|| mean.max(f64::from(running.saturating_sub(1))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_is_added_only_for_an_idle_core() {
        let cases = [
            (1, 0.0, 1),
            (2, 0.0, 1),
            (2, 9.0, 1),
            (4, 0.0, 3),
            (4, 0.2, 2),
            (8, 2.5, 4),
            (8, 6.1, 1),
            (64, 0.0, 4),
        ];
        for (cores, load, want) in cases {
            assert_eq!(by_load(cores, load), want, "{cores} cores at load {load}");
        }
        assert_eq!(by_load(4, f64::NAN), 3);
        assert_eq!(by_load(4, f64::INFINITY), 1);
    }

    #[test]
    fn the_user_may_override_within_range() {
        assert_eq!(now(Some(2)), 2);
        assert_eq!(now(Some(64)), 64);
        assert!((1..=4).contains(&now(None)));
    }

    #[test]
    fn a_load_line_gives_the_larger_of_mean_and_instant() {
        assert_eq!(load("0.52 0.58 0.59 1/512 12345\n"), Some(0.52));
        assert_eq!(load("0.52 0.58 0.59 4/512 12345\n"), Some(3.0));
        for bad in ["", "x", "0.5 0.5 0.5", "0.5 0.5 0.5 4 1", "nan 0 0 1/2 3"] {
            assert_eq!(load(bad), None, "{bad:?}");
        }
    }
}

//! What belongs here: days of the live session, faster than they pass. The real session, ear, canceller, detector, gate,
//! judge, interpreter and skills, between scripted ends; whatever can fail fails at times, and after each fault the next
//! command has to work. A day is the same for the same seed, but for how threads happen to take turns.

mod day;
mod rooms;
mod sim;

use std::time::Duration;

use mynah::session::clock::Clock;

/// A number from the environment: how long, and which day.
#[expect(clippy::disallowed_methods, reason = "whoever runs it says how long and which day")]
fn given(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Lives days from `seed` on until `hours` were simulated or `patience` is over; gives the hours.
fn live(seed: u64, hours: f64, patience: Duration, alone: bool) -> f64 {
    let clock = Clock::new();
    let (mut lived, mut calm) = (0.0, None);
    for seed in seed.. {
        let rest = patience.saturating_sub(Duration::from_millis(clock.elapsed_ms()));
        if lived >= hours || rest.is_zero() {
            break;
        }
        lived += day::live(seed, (hours - lived).min(0.5), rest, false);
        if alone {
            flat(&mut calm, seed);
        }
    }
    lived
}

/// Memory, threads and handles do not grow from day to day. The first days fill caches.
fn flat(calm: &mut Option<(u64, [u64; 3])>, seed: u64) {
    let now = sim::used();
    let (days, first) = calm.get_or_insert((0, now));
    *days += 1;
    if *days <= 3 {
        *first = now;
    }
    let [memory, threads, handles] = now;
    assert!(memory <= first[0] + 40_000, "day {seed}: {memory} KiB, at first {}", first[0]);
    assert!(threads <= first[1] + 2, "day {seed}: {threads} threads, at first {}", first[1]);
    assert!(handles <= first[2] + 4, "day {seed}: {handles} handles, at first {}", first[2]);
}

#[test]
fn a_while_with_every_fault_is_survived() {
    live(given("SEED").unwrap_or(1), 1.0, Duration::from_secs(15), false);
}

#[test]
#[ignore = "as long as you like: make soak HOURS=24 SEED=1"]
#[expect(clippy::print_stderr, reason = "whoever runs it for hours wants to see what was run")]
fn days_with_every_fault_are_survived() {
    let (hours, seed) = (given("HOURS").unwrap_or(24), given("SEED").unwrap_or(1));
    let hours = u32::try_from(hours).unwrap();
    let forever = Duration::from_secs(1_000_000);
    let clock = Clock::new();
    let lived = live(seed, f64::from(hours), forever, true);
    let [memory, threads, handles] = sim::used();
    eprintln!(
        "{lived:.2} simulated hours from seed {seed} on, in {} s; {memory} KiB, {threads} threads, {handles} handles",
        clock.elapsed_ms() / 1_000
    );
}

/// The recogniser is the real one with the built-in model, and the recordings hold what is said.
#[test]
#[ignore = "some minutes with the real recogniser: make soak runs it too"]
fn a_while_with_the_real_recogniser_is_survived() {
    day::live(given("SEED").unwrap_or(1), 0.05, Duration::from_secs(600), true);
}

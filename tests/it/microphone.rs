//! The live microphone on a real sound server, and what becomes of it when that server is ill-treated.
//!
//! Each test runs [`child_listens`] in a process of its own, which sees a private server.

use std::path::Path;

use crate::support::{
    binary::wav,
    listener::{Listener, listen},
    pulse::{Pulse, microphone, test_process},
};

/// A second of the pipeline's rate.
const SECOND: u64 = 16_000;

/// Long enough for what should take a second on this machine when all its tests run at once.
const SOON: u64 = 20_000;

#[test]
#[ignore = "needs the sound server of the tests of this file, which run it"]
fn child_listens() {
    listen();
}

fn listener(pulse: &Pulse, devices: &[&str], heard: Option<&Path>) -> Listener {
    let mut command = test_process("microphone::child_listens");
    Listener::start(pulse.env(&mut command), devices, heard)
}

fn desk() -> Pulse {
    Pulse::start_with(&[microphone("desk", "Desk_Mic", 48_000, 1), "set-default-source desk".to_owned()])
}

fn frames(told: &str) -> bool {
    told.starts_with("frame ")
}

/// A tone that rises from 200 to 3200 Hz in `seconds`, at half scale.
fn chirp(hz: u32, seconds: u32) -> Vec<f32> {
    let rate = f64::from(hz);
    (0..hz * seconds)
        .map(|n| {
            let t = f64::from(n) / rate;
            let cycles = 200.0 * t + 1_500.0 * t * t / f64::from(seconds);
            mynah::units::f64_to_f32((cycles * std::f64::consts::TAU).sin() * 0.5)
        })
        .collect()
}

fn written(pulse: &Pulse, name: &str, hz: u32, sound: &[f32]) -> std::path::PathBuf {
    let samples: Vec<i16> = sound.iter().map(|sample| mynah::units::pcm_to_i16(*sample)).collect();
    let path = pulse.path(name);
    std::fs::write(&path, wav(hz, &samples)).unwrap();
    path
}

fn read(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

#[test]
fn what_is_played_into_the_microphone_arrives_whole_and_in_step() {
    let pulse = desk();
    let (path, sound) = (pulse.path("heard"), written(&pulse, "chirp.wav", 48_000, &chirp(48_000, 4)));
    let mut listener = listener(&pulse, &[], Some(&path));
    listener.until(SOON, |told| told.starts_with("ready Desk_Mic 48000"));
    let mut player = pulse.play("desk_in", &sound);
    player.wait().unwrap();
    listener.during(1_000);
    assert!(listener.gaps.is_empty(), "{:?}", listener.gaps);
    assert_eq!(listener.end(), "");
    let heard = read(&path);
    let wanted = chirp(16_000, 4);
    let score = |lag: usize| -> (f32, f32) {
        let (mut ab, mut aa, mut bb) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (a, b) in heard[lag..].iter().zip(&wanted) {
            let (a, b) = (f64::from(*a), f64::from(*b));
            ab += a * b;
            aa += a * a;
            bb += b * b;
        }
        let cosine = ab / (aa * bb).sqrt().max(1e-9);
        (mynah::units::f64_to_f32(cosine), mynah::units::f64_to_f32((aa / bb).sqrt()))
    };
    let lags = 0..heard.len().saturating_sub(wanted.len());
    // A look at each lag costs 64,000 products, so the loud part is found first.
    let onset = heard.iter().position(|sample| sample.abs() > 0.05).unwrap();
    let near = lags.filter(|lag| lag.abs_diff(onset) < 400);
    let (match_, level) = near.map(score).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    assert!(match_ > 0.995, "{match_}");
    assert!((0.97..1.03).contains(&level), "{level}");
}

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

/// A tone that rises from 200 to 800 Hz in `seconds`, at half scale. Below that pitch a shift of half a sample, which the
/// start of a player may have, is no difference.
fn chirp(hz: u32, seconds: u32) -> Vec<f32> {
    let rate = f64::from(hz);
    (0..hz * seconds)
        .map(|n| {
            let t = f64::from(n) / rate;
            let cycles = 200.0 * t + 300.0 * t * t / f64::from(seconds);
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
    let sound = written(&pulse, "chirp.wav", 48_000, &chirp(48_000, 2));
    // On a machine at full load the player itself stutters; a microphone that does would do so each time.
    let scores: Vec<(f32, f32)> = (0..4).map(|_| played_and_heard(&pulse, &sound)).collect();
    let whole = |(alike, level): &(f32, f32)| *alike > 0.995 && (0.97..1.03).contains(level);
    assert!(scores.iter().any(whole), "{scores:?}");
}

/// How much what is heard is like the chirp that is played, 1 for the same, and how loud it is beside that.
fn played_and_heard(pulse: &Pulse, sound: &Path) -> (f32, f32) {
    let path = pulse.path("heard");
    let mut listener = listener(pulse, &[], Some(&path));
    listener.until(SOON, |told| told.starts_with("ready Desk_Mic 48000"));
    pulse.play("desk_in", sound).wait().unwrap();
    listener.during(1_000);
    assert!(listener.gaps.is_empty(), "{:?}", listener.gaps);
    assert_eq!(listener.end(), "");
    let (heard, wanted) = (read(&path), chirp(16_000, 2));
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
    // A look at each lag costs 32,000 products, so the loud part is found first.
    let onset = heard.iter().position(|sample| sample.abs() > 0.05).unwrap_or_default();
    let lags = onset.saturating_sub(400)..(onset + 400).min(heard.len());
    lags.map(score).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

/// Listens to `mic` until it is lost, does `heal`, and until it delivers again.
fn lost_and_back(
    pulse: &mut Pulse,
    listener: &mut Listener,
    harm: impl FnOnce(&mut Pulse),
    heal: impl FnOnce(&mut Pulse),
) {
    listener.until(SOON, frames);
    harm(pulse);
    let lost = listener.until(SOON, |told| told.starts_with("lost "));
    assert!(lost.words.starts_with("lost microphone_lost the microphone Desk_Mic is lost: "), "{lost:?}");
    let (ends, since) = (listener.end.unwrap(), listener.ms);
    heal(pulse);
    // A server that comes back in the middle of a search may be found by ALSA's plugin first, and by its own name then.
    listener.until(SOON, |told| told.starts_with("ready Desk_Mic 48000 it is "));
    listener.until(SOON, frames);
    // What passed meanwhile is counted by waits: not more than passed, and on a busy machine a part of it.
    let (missing, passed) = ((listener.end.unwrap() - 256 - ends) / 16, listener.ms - since);
    assert!(missing <= passed + 1_500 && missing * 4 > passed, "{missing} of {passed} ms");
}

#[test]
fn a_server_that_dies_is_told_and_sound_comes_back_by_itself() {
    let mut pulse = desk();
    let mut listener = listener(&pulse, &[], None);
    listener.until(SOON, |told| told.starts_with("ready Desk_Mic 48000"));
    lost_and_back(&mut pulse, &mut listener, Pulse::kill, Pulse::restart);
    lost_and_back(&mut pulse, &mut listener, Pulse::ask_to_end, Pulse::restart);
    lost_and_back(&mut pulse, &mut listener, |it| it.signal("STOP"), |it| it.signal("CONT"));
    // A call that takes 100 ms was late by what the machine was busy.
    assert!(listener.slowest < 600, "{} ms in one call", listener.slowest);
    assert_eq!(listener.end(), "");
}

#[test]
fn a_server_that_is_started_anew_is_waited_for_though_alsa_has_another_microphone() {
    let mut pulse = desk();
    let config = "</usr/share/alsa/alsa.conf>\npcm.!default { type null }\n";
    std::fs::write(pulse.path("another.conf"), config).unwrap();
    let mut command = test_process("microphone::child_listens");
    let command = pulse.env(&mut command).env("ALSA_CONFIG_PATH", pulse.path("another.conf"));
    let mut listener = Listener::start(command, &[], None);
    listener.until(SOON, frames);
    pulse.kill();
    listener.until(SOON, |told| told.starts_with("lost microphone_lost"));
    pulse.restart();
    let ready = listener.until(SOON, |told| told.starts_with("ready "));
    assert_eq!(ready.words, "ready Desk_Mic 48000 it is back");
    // Where it stays away, what there is has to do.
    pulse.kill();
    listener.until(SOON, |told| told.starts_with("ready ") && !told.contains("Desk_Mic"));
    drop(listener);
}

#[test]
fn under_alsa_a_killed_server_hangs_the_library_and_not_the_microphone() {
    let mut pulse = desk();
    // The server's own protocol finds nobody, ALSA's plugin does.
    let config = format!(
        "</usr/share/alsa/alsa.conf>\npcm.!default {{ type pulse server \"unix:{}\" }}\n",
        pulse.path("sock").display()
    );
    std::fs::write(pulse.path("alsa-only.conf"), config).unwrap();
    let mut command = test_process("microphone::child_listens");
    let command = pulse.env(&mut command).env("ALSA_CONFIG_PATH", pulse.path("alsa-only.conf"));
    let command = command.env("PULSE_SERVER", "unix:/nonexistent/sock");
    let mut listener = Listener::start(command, &[], None);
    let ready = listener.until(SOON, |told| told.starts_with("ready "));
    assert!(!ready.words.contains("Desk_Mic"), "this is not ALSA: {ready:?}");
    listener.until(SOON, frames);
    pulse.kill();
    listener.until(SOON, |told| told.starts_with("lost microphone_lost"));
    pulse.restart();
    listener.until(SOON, |told| told.starts_with("ready ") && told.ends_with("it is back"));
    listener.until(SOON, frames);
    assert!(listener.slowest < 600, "{} ms in one call", listener.slowest);
    drop(listener);
}

#[test]
fn the_list_is_followed_down_and_up_again() {
    let pulse = desk();
    let mut listener = listener(&pulse, &["Headset", "desk"], None);
    let ready = listener.until(SOON, |told| told.starts_with("ready "));
    assert_eq!(ready.words, "ready Desk_Mic 48000 Headset is not there");
    // It is plugged in, at another rate and with two channels.
    let plug = || {
        for line in microphone("headset", "Jabra_Headset", 44_100, 2).lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            pulse.pactl(&words);
        }
    };
    plug();
    let ready = listener.until(SOON, |told| told.starts_with("ready "));
    assert_eq!(ready.words, "ready Jabra_Headset 44100 it is preferred to Desk_Mic");
    listener.until(SOON, frames);
    // The server moves the stream to another source without a word.
    pulse.pactl(&["unload-module", "module-remap-source"]);
    pulse.pactl(&[
        "load-module",
        "module-remap-source",
        "source_name=desk",
        "master=desk_in.monitor",
        "source_properties=device.description=Desk_Mic",
    ]);
    listener.until(SOON, |told| told.starts_with("ready Desk_Mic 48000 Headset is not there"));
    listener.until(SOON, frames);
    assert_eq!(listener.end(), "");
}

#[test]
fn only_the_named_microphone_is_heard_at_its_own_rate() {
    let pulse = Pulse::start_with(&[
        microphone("desk", "Desk_Mic", 48_000, 1),
        microphone("kitchen", "Kitchen_Mic", 44_100, 2),
        "set-default-source desk".to_owned(),
    ]);
    let tone = |hz: f64| -> Vec<f32> {
        let step = hz * std::f64::consts::TAU / 48_000.0;
        (0..48_000 * 3_u32).map(|n| mynah::units::f64_to_f32((f64::from(n) * step).sin() * 0.5)).collect()
    };
    let low = written(&pulse, "low.wav", 48_000, &tone(500.0));
    let high = written(&pulse, "high.wav", 48_000, &tone(1_100.0));
    let path = pulse.path("heard");
    let mut listener = listener(&pulse, &["Kitchen_Mic"], Some(&path));
    listener.until(SOON, |told| told.starts_with("ready Kitchen_Mic 44100"));
    let mut players = [pulse.play("desk_in", &low), pulse.play("kitchen_in", &high)];
    players.iter_mut().for_each(|player| assert!(player.wait().unwrap().success()));
    listener.end();
    let heard = read(&path);
    let power = |hz: f32| -> f32 {
        let step = hz * std::f32::consts::TAU / 16_000.0;
        let blocks = heard.chunks_exact(800);
        blocks
            .map(|block| {
                let turn = |n: usize| mynah::units::length_f32(n) * step;
                let sine: f32 = block.iter().enumerate().map(|(n, sample)| sample * turn(n).sin()).sum();
                let cosine: f32 = block.iter().enumerate().map(|(n, sample)| sample * turn(n).cos()).sum();
                sine.hypot(cosine) / 400.0
            })
            .fold(0.0, f32::max)
    };
    assert!((0.45..0.55).contains(&power(1_100.0)), "{}", power(1_100.0));
    assert!(power(500.0) < 0.02, "{}", power(500.0));
}

#[test]
fn a_microphone_that_never_begins_is_passed_over() {
    let pulse = desk();
    let fifo = pulse.path("fifo");
    let argument = format!("file={}", fifo.display());
    let load = [
        "load-module",
        "module-pipe-source",
        "source_name=dead",
        &argument,
        "format=s16le",
        "rate=48000",
        "channels=1",
    ];
    pulse.pactl(&load);
    let mut listener = listener(&pulse, &["dead", "desk"], None);
    listener.until(SOON, |told| told.starts_with("lost no_microphone"));
    listener.until(2 * SOON, |told| told.starts_with("ready Desk_Mic 48000 dead is not there"));
    listener.until(SOON, frames);
    assert!(listener.slowest < 600, "{} ms in one call", listener.slowest);
    assert_eq!(listener.end(), "");
}

#[test]
fn mute_closes_the_device_and_unmute_opens_it_again() {
    let pulse = desk();
    let mut listener = listener(&pulse, &[], None);
    let recorders = || {
        pulse
            .pactl(&["list", "short", "source-outputs"])
            .lines()
            .filter(|it| !it.contains("module-remap"))
            .count()
    };
    listener.until(SOON, frames);
    // The remap module records too.
    let with = recorders();
    listener.tell("mute");
    let muted = listener.until(SOON, |told| told == "muted");
    assert!(listener.news.len() == 2, "{muted:?} {:?}", listener.news);
    let gone = (0..100).any(|_| recorders() < with);
    assert!(gone, "the device is still open");
    let told = listener.during(1_000);
    assert!(told.iter().all(|it| it.words == "nothing"), "{told:?}");
    listener.tell("unmute");
    let ready = listener.until(SOON, |told| told.starts_with("ready "));
    assert_eq!(ready.words.trim_end(), "ready Desk_Mic 48000");
    listener.until(SOON, frames);
    assert_eq!(recorders(), with);
    let (at, missing) = listener.gaps[0];
    assert!(missing > SECOND / 2, "{missing} at {at}");
    assert_eq!(listener.end(), "");
}

#[test]
fn what_nobody_took_in_time_is_counted_and_told() {
    let pulse = desk();
    let mut listener = listener(&pulse, &[], None);
    listener.until(SOON, frames);
    listener.during(1_000);
    listener.tell("sleep 4000");
    let overrun = listener.until(SOON, |told| told.starts_with("overrun "));
    let lost: u64 = overrun.words["overrun ".len()..].parse().unwrap();
    assert!((SECOND..5 * SECOND).contains(&lost), "{lost}");
    // It may be told before what was in the ring is given out.
    listener.during(1_000);
    let missing: u64 = listener.gaps.iter().map(|(_, missing)| missing).sum();
    // Up to a frame of what is missing is silence in a frame.
    assert!(lost - missing <= 256, "{lost} told, {missing} missing");
    listener.end();
}

#[test]
fn a_machine_without_a_microphone_is_told_once_and_quietly() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("asound.conf");
    std::fs::write(&config, "</usr/share/alsa/alsa.conf>\npcm.!default \"nosuch:31\"\n").unwrap();
    let mut command = test_process("microphone::child_listens");
    let command = command.env("ALSA_CONFIG_PATH", &config).env("PULSE_SERVER", "unix:/nonexistent/sock");
    let mut listener = Listener::start(command, &[], None);
    listener.until(SOON, |told| told.starts_with("lost no_microphone"));
    listener.during(3_000);
    assert_eq!(listener.news.len(), 1, "{:?}", listener.news);
    assert_eq!(listener.end(), "");
}

#[cfg(target_os = "linux")]
#[test]
fn looking_around_leaves_no_threads_behind() {
    let pulse = desk();
    let mut listener = listener(&pulse, &["Headset", "desk"], None);
    let threads = |listener: &mut Listener| -> u64 {
        listener.tell("stats");
        let told = listener.until(SOON, |told| told.starts_with("stats "));
        told.words.split(' ').nth(2).unwrap().parse().unwrap()
    };
    listener.until(SOON, frames);
    listener.during(4_000);
    let before = threads(&mut listener);
    listener.during(12_000);
    // A search may be under way.
    assert!(threads(&mut listener) <= before + 1, "from {before} to {}", threads(&mut listener));
    listener.end();
}

#[test]
fn devices_are_listed_with_the_default_and_the_wanted_ones() {
    let pulse = desk();
    let home = crate::support::binary::Home::new();
    home.settings("[listen]\ndevices = [\"Headset\", \"desk_mic\"]\n");
    let variable = |name: &str| pulse.path(name).to_str().unwrap().to_owned();
    let list = |arguments: &[&str]| {
        let mut command = home.mynah(arguments);
        let server = format!("unix:{}", variable("sock"));
        let command = command.env("PULSE_SERVER", server).env("PULSE_COOKIE", variable("cookie"));
        let command = command.env("ALSA_CONFIG_PATH", variable("asound.conf"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{output:?}");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        String::from_utf8(output.stdout).unwrap()
    };
    let lines = list(&["devices", "--json"]);
    let devices: Vec<serde_json::Value> = lines.lines().map(|it| serde_json::from_str(it).unwrap()).collect();
    let desk = devices.iter().find(|it| it["name"] == "Desk_Mic").expect(&lines);
    assert_eq!(desk["direction"], "input");
    assert_eq!(desk["default"], true);
    assert_eq!(desk["rate"], 48_000);
    assert_eq!(desk["channels"], 1);
    assert_eq!(desk["host"], "PulseAudio");
    assert_eq!(desk["wanted"], 2);
    assert!(devices.iter().any(|it| it["direction"] == "output" && it["default"] == true), "{lines}");
    let text = list(&["devices"]);
    assert!(text.contains("input  * Desk_Mic"), "{text}");
}

//! Speech through a real sound server, and without one.
//!
//! Which server ALSA finds is a matter of environment variables, so what opens the speaker runs in a process of its
//! own: the tests named `child_*` are ignored and started by the others.

use mynah::{
    flow::{Hush, Remedy, Speech},
    play::{PlayError, Sink, Speaker},
    units::{SampleRate, TurnId},
};

use crate::support::{
    binary::Home,
    pulse::{HZ, Pulse, test_process},
};

/// `ms` of a tone at half scale.
fn tone(seq: u32, hz: f32, ms: u16) -> Speech {
    let rate = SampleRate::new(22_050).unwrap();
    let length = u32::from(ms) * rate.hz() / 1_000;
    let step = hz * std::f32::consts::TAU / 22_050.0;
    let pcm = (0..length).scan(0.0_f32, |phase, _| {
        *phase = (*phase + step) % std::f32::consts::TAU;
        Some(phase.sin() * 0.5)
    });
    Speech { turn: TurnId(1), seq, rate, pcm: pcm.collect() }
}

/// Milliseconds of `sound` in which the tone `hz` stands out, counted in steps of 10 ms.
fn heard_ms(sound: &[f32], hz: f32) -> usize {
    let step = hz * std::f32::consts::TAU / 48_000.0;
    let loud = |block: &&[f32]| {
        let (mut sine, mut cosine, mut phase) = (0.0_f32, 0.0_f32, 0.0_f32);
        for sample in *block {
            sine += sample * phase.sin();
            cosine += sample * phase.cos();
            phase += step;
        }
        // A half-scale tone gives 0.25 a sample.
        sine.hypot(cosine) > 0.15 * 480.0
    };
    sound.chunks_exact(HZ / 100).filter(loud).count() * 10
}

#[test]
fn what_is_played_is_heard_whole() {
    let (output, sound) = Pulse::start().hear("play::child_plays_a_tone", |_, _| {});
    assert!(output.status.success(), "{output:?}");
    let heard = heard_ms(&sound, 440.0);
    assert!((960..=1_020).contains(&heard), "{heard} ms of 1000");
    let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((0.45..0.55).contains(&peak), "{peak}");
}

#[test]
#[ignore = "needs the sound server of what_is_played_is_heard_whole, which runs it"]
fn child_plays_a_tone() {
    let mut speaker = Speaker::open(None, Hush::default()).unwrap();
    speaker.play(&tone(0, 440.0, 1_000)).unwrap();
    speaker.finish(TurnId(1)).unwrap();
}

#[test]
fn hush_cuts_within_200_ms_and_the_next_sentence_is_heard() {
    let (output, sound) = Pulse::start().hear("play::child_is_hushed", |_, _| {});
    assert!(output.status.success(), "{output:?}");
    assert!((460..=520).contains(&heard_ms(&sound, 500.0)), "{} ms", heard_ms(&sound, 500.0));
    assert!(heard_ms(&sound, 900.0) <= 200, "{} ms after hush", heard_ms(&sound, 900.0));
    assert_eq!(heard_ms(&sound, 1_300.0), 0);
    assert!((270..=310).contains(&heard_ms(&sound, 1_700.0)), "{} ms", heard_ms(&sound, 1_700.0));
}

#[test]
#[ignore = "needs the sound server of hush_cuts_within_200_ms_and_the_next_sentence_is_heard, which runs it"]
fn child_is_hushed() {
    let mut speaker = Speaker::open(None, Hush::default()).unwrap();
    speaker.play(&tone(0, 500.0, 500)).unwrap();
    speaker.play(&tone(1, 900.0, 9_000)).unwrap();
    // Two are queued, so this returns when the first has ended: the second has just begun.
    speaker.play(&tone(2, 1_300.0, 500)).unwrap();
    speaker.hush();
    speaker.play(&tone(0, 1_700.0, 300)).unwrap();
    speaker.finish(TurnId(1)).unwrap();
}

#[test]
fn a_hush_from_another_thread_ends_every_wait_of_its_turn() {
    let (output, sound) = Pulse::start().hear("play::child_is_hushed_while_it_waits", |_, _| {});
    assert!(output.status.success(), "{output:?}");
    assert!(heard_ms(&sound, 900.0) <= 400, "{} ms in two turns", heard_ms(&sound, 900.0));
    assert_eq!(heard_ms(&sound, 1_300.0), 0);
    assert!((270..=310).contains(&heard_ms(&sound, 1_700.0)), "{} ms", heard_ms(&sound, 1_700.0));
}

#[test]
#[ignore = "needs the sound server of a_hush_from_another_thread_ends_every_wait_of_its_turn, which runs it"]
#[expect(clippy::disallowed_methods, reason = "the test hushes from a second thread, as the session does")]
fn child_is_hushed_while_it_waits() {
    let hush = Hush::default();
    let mut speaker = Speaker::open(None, hush.clone()).unwrap();
    let mut hushed = |turn, finishes: bool| {
        let say = |seq, hz, ms| Speech { turn, ..tone(seq, hz, ms) };
        speaker.play(&say(0, 500.0, 300)).unwrap();
        speaker.play(&say(1, 900.0, 60_000)).unwrap();
        let (waits, waiting) = std::sync::mpsc::channel();
        std::thread::scope(|scope| {
            let (speaker, hush) = (&mut speaker, &hush);
            if !finishes {
                // Room for it comes only when the first sound has ended.
                speaker.play(&say(2, 500.0, 100)).unwrap();
            }
            scope.spawn(move || {
                waits.send(()).unwrap();
                if finishes {
                    assert_eq!(speaker.finish(turn).unwrap(), None);
                } else {
                    speaker.play(&say(3, 1_300.0, 500)).unwrap();
                }
                // Whatever of it still comes is not heard.
                speaker.play(&say(4, 1_300.0, 500)).unwrap();
            });
            waiting.recv().unwrap();
            hush.raise(turn);
        });
    };
    hushed(TurnId(1), false);
    hushed(TurnId(2), true);
    speaker.play(&Speech { turn: TurnId(3), ..tone(0, 1_700.0, 300) }).unwrap();
    speaker.finish(TurnId(3)).unwrap();
}

#[test]
fn a_dead_server_is_an_error_and_no_wait_without_end() {
    let (mut dead, mut pulse) = (false, Pulse::start());
    let (output, _) = pulse.hear("play::child_loses_its_server", |pulse, block| {
        if !dead && block.iter().any(|sample| sample.abs() > 0.1) {
            pulse.kill();
            dead = true;
        }
    });
    assert!(dead && output.status.success(), "{dead} {output:?}");
}

#[test]
#[ignore = "needs the sound server of a_dead_server_is_an_error_and_no_wait_without_end, which runs it"]
fn child_loses_its_server() {
    let mut speaker = Speaker::open(None, Hush::default()).unwrap();
    speaker.play(&tone(0, 440.0, 600)).unwrap();
    let lost = speaker.finish(TurnId(1)).unwrap_err();
    assert_eq!(lost.kind(), "sound_device_stalled");
    // The next sentence looks for an output again.
    assert!(matches!(speaker.play(&tone(0, 440.0, 600)), Err(PlayError::NoDevice { .. })));
}

#[cfg(target_os = "linux")]
#[test]
fn a_broken_sound_configuration_costs_the_sound_and_not_the_answer() {
    let home = Home::new();
    let broken = home.put("asound.conf", "pcm.!default {\n");
    let ran = home.mynah(&["ask", "what is 2 plus 2"]).env("ALSA_CONFIG_PATH", broken).output().unwrap();
    let (said, told) = (String::from_utf8(ran.stdout).unwrap(), String::from_utf8(ran.stderr).unwrap());
    assert!(ran.status.success() && said.contains("That's 4."), "{said} {told}");
    assert!(told.contains("asound.conf"), "{told}");
}

#[test]
fn a_machine_without_sound_gives_one_quiet_error() {
    let dir = tempfile::tempdir().unwrap();
    let config = dir.path().join("asound.conf");
    // libasound complains of this on stderr, as it does of a machine without a card.
    std::fs::write(&config, "</usr/share/alsa/alsa.conf>\npcm.!default \"nosuch:31\"\n").unwrap();
    let mut child = test_process("play::child_finds_no_device");
    let child = child.env("ALSA_CONFIG_PATH", config).env("PULSE_SERVER", "unix:/nonexistent");
    let output = child.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
#[ignore = "needs the settings of a_machine_without_sound_gives_one_quiet_error, which runs it"]
fn child_finds_no_device() {
    let error = Speaker::open(None, Hush::default()).unwrap_err();
    assert_eq!(error.kind(), "no_sound_device", "{error}");
    let error = Speaker::open(Some("no such output"), Hush::default()).unwrap_err();
    assert!(matches!(error.kind(), "no_sound_device" | "unknown_sound_device"), "{error}");
}

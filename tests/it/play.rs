//! Speech through a real sound server, and without one.
//!
//! Which server ALSA finds is a matter of environment variables, so what opens the speaker runs in a process of its
//! own: the tests named `child_*` are ignored and started by the others.

use mynah::{
    flow::{Hush, Remedy, Speech},
    play::{Ducker, Earcon, PlayError, Sink, Speaker, SpeakerOptions},
    units::{SampleRate, TurnId},
};

use crate::support::{
    binary::Home,
    pulse::{HZ, Pulse, test_process},
};

/// The default output, open.
fn speaker(hush: Hush) -> Speaker {
    Speaker::open(SpeakerOptions::default(), hush).unwrap().0
}

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
    assert!((990..=1_010).contains(&heard), "{heard} ms of 1000");
    let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
    assert!((0.45..0.55).contains(&peak), "{peak}");
}

#[test]
#[ignore = "needs the sound server of what_is_played_is_heard_whole, which runs it"]
fn child_plays_a_tone() {
    let mut speaker = speaker(Hush::default());
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
    let mut speaker = speaker(Hush::default());
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
    let mut speaker = speaker(hush.clone());
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
    let mut speaker = speaker(Hush::default());
    speaker.play(&tone(0, 440.0, 600)).unwrap();
    let lost = speaker.finish(TurnId(1)).unwrap_err();
    assert_eq!(lost.kind(), "sound_device_stalled");
    // The next sentence looks for an output again.
    assert!(matches!(speaker.play(&tone(0, 440.0, 600)), Err(PlayError::NoDevice { .. })));
}

#[test]
fn a_server_that_returns_is_played_on_again() {
    let (mut dead, mut pulse) = (false, Pulse::start());
    let (output, _) = pulse.hear("play::child_finds_its_server_again", |pulse, block| {
        if !dead && block.iter().any(|sample| sample.abs() > 0.1) {
            pulse.kill();
            pulse.restart();
            dead = true;
        }
    });
    assert!(dead && output.status.success(), "{dead} {output:?}");
}

#[test]
#[ignore = "needs the sound server of a_server_that_returns_is_played_on_again, which runs it"]
fn child_finds_its_server_again() {
    let mut speaker = speaker(Hush::default());
    speaker.play(&tone(0, 440.0, 5_000)).unwrap();
    assert_eq!(speaker.finish(TurnId(1)).unwrap_err().kind(), "sound_device_stalled");
    let again = (0..500).any(|_| {
        std::thread::sleep(std::time::Duration::from_millis(20));
        speaker.play(&tone(0, 440.0, 100)).and_then(|()| speaker.finish(TurnId(1))).is_ok()
    });
    assert!(again, "the reply after the server's return was not played");
}

#[test]
fn several_queued_sentences_fall_silent_within_100_ms_and_what_follows_is_whole() {
    let (mut heard, mut sounding, mut hushed_at) = (0, 0, Vec::new());
    let (output, sound) = Pulse::start().hear("play::child_is_hushed_with_a_full_queue", |pulse, block| {
        heard += block.len();
        let loud = block.iter().any(|sample| sample.abs() > 0.1);
        sounding = if loud { sounding + block.len() } else { 0 };
        // After half a second of each, when its stream has settled.
        if sounding > HZ / 2 && hushed_at.len() < 3 {
            (hushed_at, sounding) = ([hushed_at.as_slice(), &[heard]].concat(), 0);
            std::fs::write(pulse.path(&format!("hush-{}", hushed_at.len())), "").unwrap();
        }
    });
    assert!(output.status.success(), "{output:?}");
    // What is still heard of each until it is silent. A busy machine adds to the one or the other.
    let late = |at: &usize| {
        let blocks = sound[*at..].chunks_exact(HZ / 100);
        blocks.take_while(|block| heard_ms(block, 900.0) > 0).count() * 10
    };
    let late: Vec<usize> = hushed_at.iter().map(late).collect();
    assert!(
        late.len() == 3 && late.iter().any(|ms| *ms <= 100) && late.iter().all(|ms| *ms <= 400),
        "{late:?} ms"
    );
    assert_eq!(heard_ms(&sound, 1_300.0) + heard_ms(&sound, 1_700.0), 0);
    assert!((290..=310).contains(&heard_ms(&sound, 2_100.0)), "{}", heard_ms(&sound, 2_100.0));
}

#[test]
#[ignore = "needs the sound server of several_queued_sentences_fall_silent_within_100_ms, which runs it"]
#[expect(clippy::disallowed_methods, reason = "where its parent says when, and the thread that hushes")]
fn child_is_hushed_with_a_full_queue() {
    let folder = std::path::PathBuf::from(std::env::var_os("XDG_RUNTIME_DIR").unwrap());
    let hush = Hush::default();
    let mut speaker = speaker(hush.clone());
    for turn in (1..=3).map(TurnId) {
        let say = |seq, hz| Speech { turn, ..tone(seq, hz, 20_000) };
        speaker.play(&say(0, 900.0)).unwrap();
        speaker.play(&say(1, 1_300.0)).unwrap();
        let (hush, said) = (&hush, folder.join(format!("hush-{turn}")));
        std::thread::scope(|scope| {
            scope.spawn(move || {
                let told = (0..10_000).any(|_| {
                    std::thread::sleep(std::time::Duration::from_millis(1));
                    said.exists()
                });
                assert!(told);
                hush.raise(turn);
            });
            speaker.play(&say(2, 1_700.0)).unwrap();
        });
        // Silence between them, of a turn that nobody hushes; and the output rests in between.
        speaker.play(&Speech { turn: TurnId(9), pcm: vec![0.0; 4_410].into(), ..tone(0, 900.0, 1) }).unwrap();
        speaker.finish(TurnId(9)).unwrap();
        speaker.rest();
    }
    speaker.play(&Speech { turn: TurnId(9), ..tone(0, 2_100.0, 300) }).unwrap();
    speaker.finish(TurnId(9)).unwrap();
}

/// The strength of the tone `hz` in each 10 ms, 1 at half scale.
fn strengths(sound: &[f32], hz: f32) -> Vec<f32> {
    let step = hz * std::f32::consts::TAU / 48_000.0;
    let strength = |block: &[f32]| {
        let (sine, cosine, _) = block.iter().fold((0.0_f32, 0.0_f32, 0.0_f32), |(sine, cosine, phase), x| {
            (sine + x * phase.sin(), cosine + x * phase.cos(), phase + step)
        });
        sine.hypot(cosine) / (0.25 * 480.0)
    };
    sound.chunks_exact(HZ / 100).map(strength).collect()
}

/// The middle one of the strengths of `hz` in the blocks where `with` sounds.
fn strength_with(sound: &[f32], hz: f32, with: f32) -> f32 {
    let (of, marks) = (strengths(sound, hz), strengths(sound, with));
    let mut during: Vec<f32> =
        of.into_iter().zip(marks).filter(|(_, mark)| *mark > 0.05).map(|(it, _)| it).collect();
    during.sort_by(f32::total_cmp);
    during.get(during.len() / 2).copied().unwrap_or(0.0)
}

#[test]
fn volume_ducking_and_chimes_are_heard_as_asked() {
    let (output, sound) = Pulse::start().hear("play::child_ducks_itself", |_, _| {});
    assert!(output.status.success(), "{output:?}");
    let loud = [500.0, 900.0, 1_300.0].map(|hz| strength_with(&sound, hz, hz));
    // Half the volume is a quarter of the amplitude; ducked to 0.4 of that, and back.
    for (is, should) in loud.into_iter().zip([0.25, 0.1, 0.25]) {
        assert!((is - should).abs() < 0.01, "{loud:?}");
    }
    // Its one note of 1,568 Hz, faded in and out, is 40 ms at more than half of its strength.
    let chime = strengths(&sound, 1_568.0).iter().filter(|strength| (0.008..0.1).contains(*strength)).count();
    assert!(chime >= 3, "{chime}");
}

#[test]
#[ignore = "needs the sound server of volume_ducking_and_chimes_are_heard_as_asked, which runs it"]
fn child_ducks_itself() {
    let options = SpeakerOptions { volume: 0.5, ..SpeakerOptions::default() };
    let (mut speaker, _far) = Speaker::open(options, Hush::default()).unwrap();
    let fader = speaker.fader();
    for (hz, factor) in [(500.0, 1.0), (900.0, 0.4), (1_300.0, 1.0)] {
        fader.duck(factor);
        speaker.play(&tone(0, hz, 400)).unwrap();
        speaker.finish(TurnId(1)).unwrap();
    }
    fader.chime(Earcon::Heard);
    // The card's next call takes it; this is played after it.
    std::thread::sleep(std::time::Duration::from_millis(300));
    speaker.play(&tone(0, 2_500.0, 100)).unwrap();
    speaker.finish(TurnId(1)).unwrap();
}

#[test]
fn other_programs_are_turned_down_and_exactly_restored() {
    let stage = "load-module module-null-sink sink_name=stage rate=48000 channels=1 format=s16le";
    let mut pulse = Pulse::start_with(&[stage.to_owned()]);
    let (output, sound) = pulse.hear("play::child_ducks_others", |_, _| {});
    assert!(output.status.success(), "{output:?}");
    let marks = [900.0, 1_300.0, 1_700.0];
    let music = marks.map(|mark| strength_with(&sound, 500.0, mark));
    for (is, should) in music.into_iter().zip([0.5, 0.125, 0.5]) {
        assert!((is - should).abs() < 0.01, "{music:?}");
    }
    let own = marks.map(|mark| strength_with(&sound, mark, mark));
    assert!(own.iter().all(|own| (own - 0.25).abs() < 0.01), "{own:?}");
}

#[test]
#[ignore = "needs the sound server of other_programs_are_turned_down_and_exactly_restored, which runs it"]
#[expect(clippy::disallowed_methods, reason = "another program that plays music")]
fn child_ducks_others() {
    let dir = tempfile::tempdir().unwrap();
    let song = dir.path().join("song");
    let step = 500.0 * std::f32::consts::TAU / 48_000.0;
    let music = (0_u16..48_000).flat_map(|n| (0.25 * (f32::from(n) * step).sin()).to_le_bytes());
    std::fs::write(&song, music.collect::<Vec<u8>>().repeat(20)).unwrap();
    // One where Mynah plays, and one into a device that only exists in the server, such as a virtual microphone.
    let mut players = ["spk", "stage"].map(|sink| {
        std::process::Command::new("pacat")
            .args(["--raw", "--format=float32le", "--rate=48000", "--channels=1", "--latency-msec=20"])
            .args(["-d", sink])
            .stdin(std::fs::File::open(&song).unwrap())
            .spawn()
            .unwrap()
    });
    let pactl = |arguments: &[&str]| {
        String::from_utf8(std::process::Command::new("pactl").args(arguments).output().unwrap().stdout)
            .unwrap()
    };
    let options = SpeakerOptions { volume: 0.5_f32.sqrt(), ..SpeakerOptions::default() };
    let (mut speaker, _far) = Speaker::open(options, Hush::default()).unwrap();
    let mut mark = |hz, ms| {
        speaker
            .play(&Speech { pcm: tone(0, hz, ms).pcm.iter().map(|x| x / 2.0).collect(), ..tone(0, hz, ms) })
            .unwrap();
        speaker.finish(TurnId(1)).unwrap();
    };
    assert!((0..500).any(|_| pactl(&["list", "short", "sink-inputs"]).lines().count() == 3));
    let mut ducker = Ducker::new(Some(dir.path().join("ledger.json")));
    mark(900.0, 600);
    ducker.down();
    assert!(dir.path().join("ledger.json").exists());
    let volumes = pactl(&["list", "sink-inputs"]);
    assert_eq!((volumes.matches(" 63% ").count(), volumes.matches(" 100% ").count()), (1, 3), "{volumes}");
    mark(1_300.0, 600);
    ducker.up();
    assert!(!dir.path().join("ledger.json").exists());
    mark(1_700.0, 600);
    for player in &mut players {
        player.kill().unwrap();
        player.wait().unwrap();
    }
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
    let error = Speaker::open(SpeakerOptions::default(), Hush::default()).unwrap_err();
    assert_eq!(error.kind(), "no_sound_device", "{error}");
    let no_such = SpeakerOptions { device: Some("no such output".to_owned()), ..SpeakerOptions::default() };
    let error = Speaker::open(no_such, Hush::default()).unwrap_err();
    assert!(matches!(error.kind(), "no_sound_device" | "unknown_sound_device"), "{error}");
}

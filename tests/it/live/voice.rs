//! Mynah's own voice: cut off by a stop word, the wake phrase, a command; and heard by its own microphone.

use std::time::Duration;

use super::{
    Daemon, Rig, now,
    rig::{LONG, Loudspeaker},
};
use crate::support::binary::recording;

/// From the end of the user's words to the last sound: reading them takes its time on a busy machine. The words that are cut
/// off go on for ten times as long.
const CUT: Duration = Duration::from_secs(6);

/// Chimes would be sound after the silence.
const SILENT: &str = "[play]\nearcons = false\n[wake]\nafter_reply_ms = 2000";

/// Into the reply: by then it is known whether its echo is heard.
const WHILE: Duration = Duration::from_millis(1_500);

/// Begins to say something long, and waits until it is well under way.
fn speaking(daemon: &mut Daemon, loudspeaker: &mut Loudspeaker) -> std::process::Child {
    let begun = now();
    let saying = daemon.begin(&["say", LONG]);
    daemon.becomes("speaking");
    let first = loudspeaker.sound_after(begun);
    loudspeaker.sound_after(first + WHILE);
    saying
}

#[test]
fn live_speech_is_cut_off_by_the_user() {
    let mut daemon = Daemon::asleep(Rig::new(SILENT));
    let mut loudspeaker = daemon.loudspeaker();

    let saying = speaking(&mut daemon, &mut loudspeaker);
    // A short word is read with less certainty than is asked for, now and then; then the user says it again.
    let mut said = now();
    let obeyed = (0..4).any(|_| {
        daemon.rig.speak(recording("words/stop.wav"));
        said = now();
        let over = |event: &serde_json::Value| event["event"] == "barge_in" || event["speech"] == false;
        daemon.find("an effect or none", over)["event"] == "barge_in"
    });
    assert!(obeyed, "said four times");
    let late = loudspeaker.falls_silent().saturating_duration_since(said);
    assert!(late < CUT, "{late:?} after the stop word");
    assert!(saying.wait_with_output().unwrap().status.success());
    daemon.until_it_is("asleep");

    let saying = speaking(&mut daemon, &mut loudspeaker);
    daemon.rig.speak(recording("speech/hey-computer-time.wav"));
    daemon.event("woken");
    daemon.event("barge_in");
    assert_eq!(daemon.turn()["source"], "say");
    let report = daemon.turn();
    assert_eq!((&report["source"], &report["intent"]["name"]), (&"microphone".into(), &"clock.time".into()));
    assert!(saying.wait_with_output().unwrap().status.success());
    daemon.until_it_is("asleep");

    let saying = speaking(&mut daemon, &mut loudspeaker);
    daemon.tell(&["stop"]);
    let told = now();
    let late = loudspeaker.falls_silent().saturating_duration_since(told);
    assert!(late < Duration::from_secs(2), "{late:?} after `mynah stop`");
    assert!(saying.wait_with_output().unwrap().status.success());
    daemon.ends_without(&["river", "what time is it"]);
}

#[test]
fn live_its_own_voice_in_its_microphone_wakes_and_asks_nothing_and_the_key_ends_it() {
    let mut daemon = Daemon::asleep(Rig::new(SILENT));
    let mut loudspeaker = daemon.loudspeaker();
    // The loudspeaker stands beside the microphone: 13 dB are lost on the way, and 30 ms.
    let pactl = |arguments: &[&str]| daemon.rig.pulse.pactl(arguments);
    pactl(&["load-module", "module-loopback", "source=spk.monitor", "sink=mic_in", "latency_msec=30"]);
    let inputs = pactl(&["list", "short", "sink-inputs"]);
    let line = inputs.lines().find(|line| line.contains("module-loopback")).unwrap();
    pactl(&["set-sink-input-volume", line.split_whitespace().next().unwrap(), "60%"]);

    let begun = daemon.told().len();
    let ran = daemon.rig.mynah(&["say", "Hey computer, what time is it? Stop the timer. Hey computer."]);
    assert_eq!(ran.code, Some(0), "{ran:?}");
    let report = daemon.turn();
    assert_eq!((&report["source"], &report["error"]), (&"say".into(), &serde_json::Value::Null));
    daemon.until_it_is("asleep");

    // It answers, and does not take its answer for a question in the time in which none needs the phrase.
    daemon.rig.speak(recording("speech/hey-computer-maths.wav"));
    let report = daemon.turn();
    assert_eq!((&report["turn"], &report["intent"]["name"]), (&2.into(), &"maths".into()), "{report}");
    daemon.becomes("asleep");
    let told = daemon.told().split_off(begun);
    let count = |name: &str| told.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("woken"), count("barge_in"), count("turn")), (1, 0, 2), "{told:#?}");

    // The user's own way out, whatever the echo.
    let saying = speaking(&mut daemon, &mut loudspeaker);
    daemon.tell(&["ptt", "press"]);
    let pressed = now();
    daemon.event("barge_in");
    let late = loudspeaker.falls_silent().saturating_duration_since(pressed);
    assert!(late < Duration::from_secs(2), "{late:?} after the key");
    daemon.tell(&["ptt", "release"]);
    assert!(saying.wait_with_output().unwrap().status.success());
    assert_eq!(daemon.turn()["turn"], 3);
    daemon.ends_without(&["river", "what time is it", "timer"]);
}

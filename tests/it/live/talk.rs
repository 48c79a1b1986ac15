//! Talking to it: the wake phrase, commands, follow-ups, and what is not meant for it.

use super::{Daemon, Rig, now, rig::ask_file};
use crate::support::binary::recording;

/// What a turn came to: words, intent, who answered.
fn gist(report: &serde_json::Value) -> [serde_json::Value; 3] {
    ["/transcript/text", "/intent/name", "/route/by"]
        .map(|at| report.pointer(at).cloned().unwrap_or_default())
}

#[test]
fn live_talk_is_answered_where_it_was_meant_and_nowhere_else() {
    let mut daemon = Daemon::asleep(Rig::new("[wake]\nafter_reply_ms = 4000"));
    let speak = |daemon: &Daemon, name: &str| daemon.rig.speak(recording(name));
    let mut loudspeaker = daemon.loudspeaker();

    // The phrase alone, then the command.
    speak(&daemon, "words/hey-computer.wav");
    assert_eq!(daemon.event("woken")["phrase"], "hey computer");
    daemon.becomes("listening");
    let asked = now();
    speak(&daemon, "speech/time.wav");
    daemon.becomes("speaking");
    loudspeaker.sound_after(asked);
    let report = daemon.turn();
    assert_eq!(gist(&report), ["What time is it?", "clock.time", "device"]);
    assert_eq!((&report["turn"], &report["error"]), (&1.into(), &serde_json::Value::Null));

    // After a reply no phrase is needed.
    daemon.becomes("listening");
    speak(&daemon, "speech/times.wav");
    let report = daemon.turn();
    assert_eq!(gist(&report), ["What's 7 times 8?", "maths", "device"]);
    assert_eq!((&report["turn"], &report["reply"]["text"]), (&2.into(), &"That's 56.".into()));

    // Once that time is over it is; and before the phrase nothing is answered.
    daemon.becomes("asleep");
    let slept = daemon.told().len();
    for talk in ["speech/day-today.wav", "speech/stop-the-timer.wav"] {
        daemon.utter(recording(talk));
    }
    speak(&daemon, "speech/hey-computer-time.wav");
    let report = &daemon.turn();
    let passed = daemon.told().split_off(slept);
    assert_eq!(
        (&report["turn"], &report["intent"]["name"]),
        (&3.into(), &"clock.time".into()),
        "{passed:#?}"
    );
    let count = |name: &str| passed.iter().filter(|event| event["event"] == name).count();
    assert_eq!((count("woken"), count("transcript"), count("trouble")), (1, 1, 0), "{passed:#?}");

    // From a file, the same words come to the same turn.
    let file = ask_file(&daemon.rig, &recording("speech/hey-computer-time.wav"));
    assert_eq!(gist(&file), gist(report));
    daemon.ends_without(&[
        "what time is it",
        "hey computer, what",
        "7 times 8",
        "what day",
        "in the morning",
        "in the evening",
    ]);
}

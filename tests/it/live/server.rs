//! The sound server dies and comes back, in every state.

use super::{Daemon, Rig, now, rig::LONG};
use crate::support::binary::recording;

/// Kills the sound server, starts it again, and requires that Mynah says so and answers again.
#[track_caller]
fn dies_and_comes_back(daemon: &mut Daemon) {
    daemon.rig.pulse.kill();
    let lost =
        daemon.find("the loss", |event| event["event"] == "trouble" && event["kind"] == "microphone_lost");
    assert!(!lost["remedy"].as_str().unwrap().is_empty(), "{lost}");
    daemon.rig.pulse.restart();
    daemon.find("the return", |event| event["event"] == "microphone" && event["device"] == "Mic");
    daemon.until_it_is("asleep");
    let mut loudspeaker = daemon.loudspeaker();
    let asked = now();
    // On a busy machine a server that has just started plays with gaps, and a command with a hole in it is asked for again.
    let report = (0..4).find_map(|_| {
        daemon.rig.speak(recording("speech/hey-computer-time.wav"));
        let answered = |event: &serde_json::Value| event["report"]["source"] == "microphone";
        let gave_up = |event: &serde_json::Value| event["event"] == "state" && event["state"] == "asleep";
        let event = daemon.find("an answer", |event| answered(event) || gave_up(event));
        answered(&event).then(|| event["report"].clone())
    });
    let report = report.unwrap();
    assert_eq!(
        (&report["intent"]["name"], &report["error"]),
        (&"clock.time".into(), &serde_json::Value::Null)
    );
    loudspeaker.sound_after(asked);
    daemon.until_it_is("asleep");
}

#[test]
fn live_the_sound_server_dies_asleep_listening_and_speaking() {
    let mut daemon = Daemon::asleep(Rig::new("[wake]\nafter_reply_ms = 0"));
    dies_and_comes_back(&mut daemon);

    daemon.rig.speak(recording("words/hey-computer.wav"));
    daemon.becomes("listening");
    dies_and_comes_back(&mut daemon);

    let saying = daemon.begin(&["say", LONG]);
    daemon.becomes("speaking");
    dies_and_comes_back(&mut daemon);
    // Whoever asked has had an answer.
    saying.wait_with_output().unwrap();
    // Each attempt that was heard and not read is a turn too.
    assert!(daemon.status()["turns"].as_u64().unwrap() >= 4);
    daemon.ends_without(&["river", "what time is it"]);
}

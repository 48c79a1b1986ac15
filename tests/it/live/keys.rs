//! Push-to-talk: a real key on a real X server, held and toggled, and `mynah ptt`.

use std::time::Duration;

use super::{
    Daemon, Rig, now,
    rig::{LONG, eventually},
};
use crate::support::{binary::recording, screen::Screen};

const DOWN: [&str; 6] = ["keydown", "ctrl", "keydown", "alt", "keydown", "space"];
const UP: [&str; 6] = ["keyup", "space", "keyup", "alt", "keyup", "ctrl"];

/// Waits until the key is heard, `times` over since the start.
fn key_is_heard(daemon: &Daemon, times: usize) {
    let out = daemon.rig.home.path("run.out");
    eventually("the key", || {
        std::fs::read_to_string(&out).unwrap().matches("push-to-talk: ctrl+alt+space").count() == times
    });
}

/// The next turn must be the answer to "What time is it?", spoken without a wake phrase.
#[track_caller]
fn answers(daemon: &mut Daemon) {
    let report = daemon.turn();
    assert_eq!(
        (&report["transcript"]["text"], &report["intent"]["name"]),
        (&"What time is it?".into(), &"clock.time".into())
    );
}

#[test]
fn live_push_to_talk_by_key_and_by_command() {
    let screen = Screen::start();
    // After a reply, too, only the key opens the ear here.
    let settings = "[wake]\nafter_reply_ms = 0\n[play]\nearcons = false\n";
    let mut daemon = Daemon::asleep(Rig::new(settings).on_display(screen.display()));
    let mut loudspeaker = daemon.loudspeaker();
    key_is_heard(&daemon, 1);

    // Held.
    screen.xdotool(&DOWN);
    daemon.becomes("listening");
    daemon.rig.speak(recording("speech/time.wav"));
    screen.xdotool(&UP);
    answers(&mut daemon);
    daemon.becomes("asleep");

    // It cuts off what is being said, at once.
    let saying = daemon.begin(&["say", LONG]);
    daemon.becomes("speaking");
    loudspeaker.sound_after(now() - Duration::from_secs(1));
    screen.xdotool(&DOWN);
    let pressed = now();
    daemon.event("barge_in");
    let late = loudspeaker.falls_silent().saturating_duration_since(pressed);
    assert!(late < Duration::from_secs(2), "{late:?} after the key");
    assert!(saying.wait_with_output().unwrap().status.success());
    daemon.rig.speak(recording("speech/time.wav"));
    screen.xdotool(&UP);
    assert_eq!(daemon.turn()["source"], "say");
    answers(&mut daemon);
    daemon.becomes("asleep");

    // A program presses it.
    daemon.tell(&["ptt", "press"]);
    daemon.becomes("listening");
    daemon.rig.speak(recording("speech/time.wav"));
    daemon.tell(&["ptt", "release"]);
    answers(&mut daemon);
    daemon.becomes("asleep");
    daemon.tell(&["ptt", "toggle"]);
    daemon.becomes("listening");
    daemon.rig.speak(recording("speech/time.wav"));
    answers(&mut daemon);
    daemon.becomes("asleep");

    // Other settings, read anew: a tap begins, and the end of speech ends.
    daemon.rig.home.settings(&format!("{settings}[hotkey]\nmode = \"toggle\""));
    daemon.signal("HUP");
    daemon.becomes("ending");
    daemon.becomes("asleep");
    key_is_heard(&daemon, 2);
    screen.xdotool(&[DOWN, UP].concat());
    daemon.becomes("listening");
    daemon.rig.speak(recording("speech/time.wav"));
    answers(&mut daemon);
    daemon.becomes("asleep");
    // A second tap ends it too, and what was not said is not answered.
    screen.xdotool(&[DOWN, UP].concat());
    daemon.becomes("listening");
    screen.xdotool(&[DOWN, UP].concat());
    daemon.becomes("asleep");
    let turns = daemon.told().iter().filter(|event| event["event"] == "turn").count();
    assert_eq!(turns, 6);
    daemon.ends_without(&["river", "what time is it"]);
}

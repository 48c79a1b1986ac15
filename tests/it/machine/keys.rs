//! Push-to-talk in the live session: what the key cuts off, what waits for it, what is told of it.

use super::{
    live::{MIC, speaking},
    *,
};
use mynah::{
    key::{KeyEdge, KeyEvent},
    source::DeviceNews,
};

/// A key that is held goes down, or up.
pub(super) fn talk(open: bool) -> Event {
    Event::Talk { open, stays: false }
}

#[test]
fn who_holds_the_key_is_not_talked_over_and_both_are_done() {
    let mut script = Script::live();
    // "Hey computer, set a timer" is still being read when the key goes down.
    script.hear(1_000);
    assert_eq!(script.feed(talk(true)), ["engage true", "attend true", "tell Listening"]);
    script.feed(began(MIC, 2_600));
    script.feed(transcript(1, "Hey computer, set a timer."));
    let effects = script.feed(understood(1, called(command())));
    assert!(!effects.iter().any(|effect| effect.starts_with("perform")), "{effects:?}");
    assert_eq!(script.presence(), Presence::Hearing);
    script.feed(talk(false));
    assert_eq!(script.feed(ended(MIC, 2_600, false))[0], "transcribe 2");
    assert_eq!(script.feed(transcript(2, "What time is it?")), ["understand Nothing"]);
    let effects = script.feed(understood(2, command()));
    let done: Vec<_> = effects.iter().filter(|effect| effect.starts_with("perform")).collect();
    assert_eq!(done.len(), 2, "{effects:?}");
    assert!(effects.contains(&"tell cut 1".to_owned()), "{effects:?}");
}

#[test]
fn a_call_before_a_press_into_which_nothing_is_said_is_answered_after_it() {
    for end in [Event::Dropped, Event::Microphone(DeviceNews::Lost(fault("microphone_gone")))] {
        let mut script = Script::live();
        script.hear(1_000);
        script.feed(talk(true));
        script.feed(began(MIC, 2_600));
        script.feed(transcript(1, "Hey computer, what time is it?"));
        script.feed(understood(1, called(command())));
        if matches!(end, Event::Dropped) {
            assert!(!script.feed(talk(false)).iter().any(|effect| effect.starts_with("perform")));
        }
        let effects = script.feed(end);
        assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
    }
}

#[test]
fn a_press_after_which_the_ear_stays_open_is_heard() {
    let mut script = speaking();
    let effects = script.feed(Event::Talk { open: true, stays: true });
    assert_eq!(effects, ["hush 1", "drop", "tell cut 1", "report 1", "chime Listening", "tell Listening"]);
    assert!(script.feed(Event::Talk { open: true, stays: true }).is_empty());
    script.feed(talk(false));
    let effects = script.feed(talk(true));
    assert!(!effects.iter().any(|effect| effect.contains("chime")), "{effects:?}");
}

#[test]
fn the_key_interrupts_listens_and_needs_no_phrase() {
    let mut script = speaking();
    assert_eq!(script.feed(asked(1, Command::Press)), ["key Press", "reply"]);
    let effects = script.feed(talk(true));
    assert_eq!(effects, ["hush 1", "drop", "tell cut 1", "report 1", "tell Listening"]);
    assert!(script.feed(talk(true)).is_empty());
    script.feed(began(MIC, 3_000));
    assert_eq!(script.presence(), Presence::Hearing);
    assert!(script.feed(talk(false)).is_empty());
    assert_eq!(script.feed(ended(MIC, 3_000, false)), ["transcribe 2", "tell Thinking"]);
    assert_eq!(script.feed(transcript(2, "What time is it?")), ["understand Nothing"]);
    // A key in front of a closed ear says so.
    script.feed(asked(2, Command::Mute));
    assert_eq!(script.feed(asked(3, Command::Toggle)), ["reply"]);
    assert!(matches!(script.answers.last(), Some(Err(fault)) if fault.kind == "not_listening"));
}

#[test]
fn the_key_in_front_of_a_closed_ear_says_so() {
    let mut script = Script::live();
    let pressed = || Event::Key(KeyEvent::Edge(KeyEdge::Pressed));
    assert_eq!(script.feed(pressed()), ["key Key(Pressed)"]);
    script.feed(asked(1, Command::Mute));
    assert_eq!(script.feed(pressed()), ["chime Failed"]);
    assert_eq!(script.feed(Event::Key(KeyEvent::Edge(KeyEdge::Released))), ["key Key(Released)"]);
}

//! After a reply: the time in which no wake phrase is needed, and the answer to a question back.

use super::{
    live::{MIC, level, said, speaking},
    *,
};

#[test]
fn the_window_after_a_reply_closes_by_itself() {
    let mut script = said();
    assert_eq!(script.feed(level(8_000)), ["tell level"]);
    assert_eq!(script.feed(level(8_600)), ["engage false", "tell level", "attend false", "tell Asleep"]);
    script.hear(9_000);
    assert_eq!(script.feed(transcript(2, "And the date?")), ["understand WakePhrase"]);
}

#[test]
fn whoever_is_asked_back_is_waited_for_and_told_when_nobody_waits_any_more() {
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer, set a timer."));
    script.feed(understood(1, called(command())));
    let effects = script.feed(asking(1, "For how long?"));
    assert_eq!(effects, ["asking for seconds", "speak For how long?"]);
    script.feed(spoken(1, 0));
    script.feed(level(2_500));
    script.feed(played(1));
    script.feed(finished(1));
    // What cannot be read was meant for Mynah: it says so.
    script.hear(4_000);
    let effects = script.feed(unread(2, "not_understood"));
    assert!(effects.iter().any(|effect| effect.starts_with("speak ")), "{effects:?}");
    script.feed(spoken(2, 0));
    script.feed(played(2));
    script.feed(finished(2));
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer, set a timer."));
    script.feed(understood(1, called(command())));
    script.feed(asking(1, "For how long?"));
    script.feed(spoken(1, 0));
    script.feed(level(2_500));
    script.feed(played(1));
    script.feed(finished(1));
    let effects = script.feed(level(20_000));
    assert!(effects.contains(&"chime Done".to_owned()), "{effects:?}");
}

#[test]
fn what_is_not_understood_after_a_reply_was_not_meant() {
    let mut script = said();
    script.hear(4_000);
    assert_eq!(script.feed(unread(2, "not_understood")), ["go on", "tell Listening"]);
    assert_eq!(script.reports.len(), 1);
}

#[test]
fn a_draft_over_the_end_of_a_reply_is_understood_anew_as_a_follow_up() {
    let mut script = speaking();
    script.feed(began(MIC, 2_000));
    script.feed(Event::Paused(sound(MIC, 2_000, 2_900)));
    script.feed(transcript(2, "And the date?"));
    script.feed(understood(2, Meaning::NotAddressed));
    script.feed(played(1));
    script.feed(finished(1));
    // What was read for the phrase alone is read anew.
    assert_eq!(script.feed(ended(MIC, 2_000, true))[0], "transcribe 3");
    assert_eq!(script.feed(transcript(3, "And the date?")), ["understand Nothing"]);
    let effects = script.feed(understood(3, command()));
    assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
}

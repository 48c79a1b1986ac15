//! What falls due while Mynah runs: it waits for the turn, is told, and is heeded by whoever cuts it off.

use super::{
    live::{level, speaking},
    *,
};

#[test]
fn what_is_due_waits_for_the_turn_and_is_told_once_until_it_is_told_again() {
    let mut script = speaking();
    assert!(script.feed(due(7)).is_empty());
    assert!(script.feed(due(7)).is_empty(), "it waits already");
    script.feed(played(1));
    let effects = script.feed(finished(1));
    assert!(
        effects.contains(&"chime Due".to_owned()) && effects.contains(&"speak Timer 7 is over.".to_owned()),
        "{effects:?}"
    );
    assert!(script.feed(due(7)).is_empty(), "it is being told");
    script.feed(spoken(2, 0));
    script.feed(played(2));
    let effects = script.feed(finished(2));
    assert!(!effects.contains(&"heed".to_owned()) && script.reports[1].source == "due", "{effects:?}");
    // Nobody said anything to it, and what follows needs no wake phrase.
    assert_eq!(script.presence(), Presence::Listening);
    let effects = script.feed(level(10_100));
    assert_eq!(script.presence(), Presence::Asleep, "{effects:?}");
    assert!(script.feed(due(7)).contains(&"speak Timer 7 is over.".to_owned()));
}

#[test]
fn what_falls_due_while_another_is_told_is_told_after_it() {
    let mut script = Script::live();
    assert!(script.feed(due(1)).contains(&"speak Timer 1 is over.".to_owned()));
    assert!(script.feed(due(1)).is_empty() && script.feed(due(2)).is_empty());
    script.feed(spoken(1, 0));
    script.feed(played(1));
    let effects = script.feed(finished(1));
    assert!(effects.contains(&"speak Timer 2 is over.".to_owned()), "{effects:?}");
}

#[test]
fn whoever_cuts_off_what_is_due_has_heeded_it() {
    let mut script = Script::live();
    assert!(script.feed(due(1)).contains(&"speak Timer 1 is over.".to_owned()));
    let effects = script.feed(Event::Talk { open: true, stays: false });
    assert!(effects.contains(&"heed".to_owned()), "{effects:?}");
    script.feed(Event::Talk { open: false, stays: false });
    script.feed(due(2));
    assert!(script.feed(asked(1, Command::Stop)).contains(&"heed".to_owned()));
    // A session over recordings has nobody to tell it to.
    assert!(Script::new(true, false).feed(due(1)).is_empty());
}

#[test]
fn a_session_that_plays_days_through_tells_it_and_its_ear_waits_for_its_own_words_alone() {
    let mut script = Script::planned(Plan { tells_due: true, ..plan(false, false) });
    let told = script.feed(due(1));
    assert!(told.contains(&"report 1".to_owned()), "{told:?}");
    assert!(!told.iter().any(|effect| effect.contains("go on")), "{told:?}");
    assert_eq!(script.reports[0].reply.text.as_str(), "Timer 1 is over.");
    let said = script.feed(typed("what time is it", Language::ENGLISH));
    assert!(!said.iter().any(|effect| effect.contains("go on")), "{said:?}");
    // The ear asks for nothing more: what is being told is told to its end.
    assert!(script.feed(due(2)).is_empty(), "somebody talks");
}

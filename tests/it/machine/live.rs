//! The live session: wake phrase, follow-up, barge-in, key, commands, devices.

use super::{keys::talk, *};
use mynah::{source::DeviceNews, units::Dbfs};

pub(super) const MIC: &str = "microphone";

/// The microphone was heard until `ms`.
pub(super) fn level(ms: u64) -> Event {
    Event::Level { at: SampleIndex::from_ms(ms), level: Dbfs(-60.0), speech: false }
}

/// "Hey computer, what time is it?" is answered and being said.
pub(super) fn speaking() -> Script {
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer, what time is it?"));
    script.feed(understood(1, called(command())));
    script.feed(performed(1, "Noon."));
    script.feed(spoken(1, 0));
    assert_eq!(script.presence(), Presence::Speaking);
    script
}

/// The same, said to its end.
pub(super) fn said() -> Script {
    let mut script = speaking();
    script.feed(level(2_500));
    script.feed(played(1));
    let effects = script.feed(finished(1));
    assert_eq!(effects, ["report 1", "go on", "tell Listening"]);
    script
}

#[test]
fn other_peoples_talk_is_read_and_forgotten() {
    let mut script = Script::live();
    assert!(script.feed(began(MIC, 0)).is_empty());
    assert_eq!(script.feed(Event::Paused(sound(MIC, 0, 900))), ["transcribe 1"]);
    assert_eq!(script.feed(transcript(1, "Lovely weather.")), ["understand WakePhrase"]);
    assert_eq!(script.feed(understood(1, Meaning::NotAddressed)), ["patience 600", "go on"]);
    assert_eq!(script.feed(ended(MIC, 0, true)), ["go on"]);
    assert!(script.reports.is_empty());
    assert_eq!(script.presence(), Presence::Asleep);
}

#[test]
fn a_command_in_the_same_breath_is_answered_and_a_follow_up_needs_no_phrase() {
    let mut script = said();
    // Within the window, no phrase is needed.
    script.feed(began(MIC, 4_000));
    script.feed(Event::Paused(sound(MIC, 4_000, 4_900)));
    assert_eq!(script.feed(transcript(2, "And the date?")), ["understand Nothing"]);
    let effects = script.feed(understood(2, command()));
    assert_eq!(effects, ["tell partial And the date?", "patience 300", "go on"]);
    let effects = script.feed(ended(MIC, 4_000, true));
    assert_eq!(effects, ["tell heard And the date?", "perform clock.time", "tell Thinking"]);
}

#[test]
fn the_phrase_alone_chimes_and_listens_and_a_mumble_then_is_answered() {
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer."));
    let effects = script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    assert_eq!(
        effects,
        ["engage true", "tell woken", "chime Woken", "go on", "attend true", "tell Listening"]
    );
    script.hear(3_000);
    let effects = script.feed(unread(2, "not_understood"));
    assert!(effects.iter().any(|effect| effect.contains("didn't catch")), "{effects:?}");
}

#[test]
fn a_stop_word_silences_at_the_first_pause_and_says_nothing() {
    let mut script = speaking();
    assert_eq!(script.feed(began(MIC, 2_000)), ["voice Back"]);
    script.feed(Event::Paused(sound(MIC, 2_000, 2_400)));
    assert_eq!(script.feed(transcript(2, "Stop.")), ["understand WakePhraseOrStop"]);
    let effects = script.feed(understood(2, Meaning::Stop));
    assert_eq!(
        effects,
        [
            "engage false",
            "voice Forward",
            "hush 1",
            "drop",
            "tell cut 1",
            "report 1",
            "patience 300",
            "go on",
            "attend false",
            "tell Asleep"
        ]
    );
    assert_eq!(script.feed(ended(MIC, 2_000, true)), ["go on"]);
    assert_eq!(script.reports[0].reply.text.as_str(), "Noon.");
}

/// Looked at before it is over, an utterance reads as `words`, which mean `meaning`.
fn glimpsed(script: &mut Script, reading: u64, words: &str, meaning: Meaning) -> Vec<String> {
    let mut effects = script.feed(Event::Glimpse(sound(MIC, 2_000, 2_400)));
    assert_eq!(effects.pop(), Some(format!("transcribe {reading}")));
    assert!(script.feed(Event::Glimpse(sound(MIC, 2_000, 2_464))).is_empty(), "one look at a time");
    effects.extend(script.feed(transcript(reading, words)));
    effects.extend(script.feed(understood(reading, meaning)));
    effects.retain(|effect| !effect.starts_with("understand"));
    effects
}

#[test]
fn a_stop_word_withholds_the_reply_before_it_is_over_and_silences_it_then() {
    let mut script = speaking();
    script.feed(began(MIC, 2_000));
    assert!(glimpsed(&mut script, 2, "Start.", Meaning::NotAddressed).is_empty());
    assert_eq!(glimpsed(&mut script, 3, "Stop.", Meaning::Stop), ["voice Withheld"]);
    assert!(glimpsed(&mut script, 4, "Stop.", Meaning::Stop).is_empty());
    // A look that shows nothing shows no other words.
    assert!(glimpsed(&mut script, 5, "", Meaning::NotAddressed).is_empty());
    assert_eq!(script.presence(), Presence::Speaking);
    assert_eq!(script.feed(Event::Paused(sound(MIC, 2_000, 2_500))), ["transcribe 6"]);
    script.feed(transcript(6, "Stop."));
    let effects = script.feed(understood(6, Meaning::Stop));
    assert_eq!(effects[..4], ["engage false", "voice Forward", "hush 1", "drop"]);
}

#[test]
fn a_stop_word_that_goes_on_as_something_else_lets_the_reply_go_on() {
    let mut script = speaking();
    script.feed(began(MIC, 2_000));
    glimpsed(&mut script, 2, "Stop.", Meaning::Stop);
    assert_eq!(glimpsed(&mut script, 3, "Stop the", Meaning::NotAddressed), ["voice Back"]);
    glimpsed(&mut script, 4, "Stop.", Meaning::Stop);
    // At the pause it reads as nothing at all.
    script.feed(Event::Paused(sound(MIC, 2_000, 3_000)));
    assert_eq!(script.feed(unread(5, "not_understood"))[0], "voice Back");
    assert_eq!(script.feed(ended(MIC, 2_000, true)), ["voice Forward"]);
    assert_eq!(script.presence(), Presence::Speaking);
    assert!(script.reports.is_empty());
}

#[test]
fn the_phrase_seen_twice_cuts_a_reply_off_before_the_command_is_over() {
    let mut script = speaking();
    script.feed(began(MIC, 2_000));
    let alone = || Meaning::WakePhraseAlone(woken());
    assert_eq!(glimpsed(&mut script, 2, "Hey computer.", alone()), ["voice Withheld"]);
    let effects = glimpsed(&mut script, 3, "Hey computer, what", called(question("what")));
    assert_eq!(effects[..4], ["voice Forward", "tell woken", "hush 1", "drop"]);
    assert!(script.feed(Event::Glimpse(sound(MIC, 2_000, 3_000))).is_empty(), "it is known");
    assert_eq!(script.feed(Event::Paused(sound(MIC, 2_000, 3_400))), ["transcribe 4"]);
    script.feed(transcript(4, "Hey computer, what time is it?"));
    script.feed(understood(4, called(command())));
    let effects = script.feed(ended(MIC, 2_000, true));
    assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
}

#[test]
fn the_wake_phrase_cuts_a_reply_off_and_its_command_is_answered() {
    let mut script = speaking();
    script.feed(began(MIC, 2_000));
    script.feed(Event::Paused(sound(MIC, 2_000, 3_400)));
    script.feed(transcript(2, "Hey computer, what day is it?"));
    let effects = script.feed(understood(2, called(command())));
    assert_eq!(effects[..6], ["voice Forward", "tell woken", "hush 1", "drop", "tell cut 1", "report 1"]);
    let effects = script.feed(ended(MIC, 2_000, true));
    assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
    // What the old turn still gives is not heard.
    assert!(script.feed(spoken(1, 1)).is_empty());
}

#[test]
fn talk_and_its_own_words_do_not_cut_a_reply_off() {
    for meaning in [Meaning::NotAddressed, Meaning::OwnWords] {
        let mut script = speaking();
        script.feed(began(MIC, 2_000));
        script.feed(Event::Paused(sound(MIC, 2_000, 2_900)));
        script.feed(transcript(2, "It is noon."));
        assert_eq!(script.feed(understood(2, meaning)), ["patience 600", "go on"]);
        assert_eq!(script.feed(ended(MIC, 2_000, true)), ["voice Forward"]);
        assert_eq!(script.presence(), Presence::Speaking);
    }
}

#[test]
fn the_phrase_is_found_behind_a_television() {
    let mut script = Script::live();
    script.feed(began(MIC, 0));
    assert_eq!(script.feed(Event::GoesOn(sound(MIC, 0, 1_500))), ["transcribe 1"]);
    script.feed(transcript(1, "and now the weather"));
    script.feed(understood(1, Meaning::NotAddressed));
    assert_eq!(script.feed(Event::GoesOn(sound(MIC, 1_000, 4_000))), ["transcribe 2"]);
    script.feed(transcript(2, "rain hey computer what"));
    let effects = script.feed(understood(2, called(question("what"))));
    assert_eq!(effects[..3], ["engage true", "drop before 1000", "tell woken"]);
    assert_eq!(script.presence(), Presence::Hearing);
}

#[test]
fn commands_of_programs_wait_for_the_turn_and_are_answered_with_it() {
    let mut script = speaking();
    assert!(script.feed(asked(1, Command::Say("Dinner is ready.".into()))).is_empty());
    assert!(script.feed(asked(2, Command::Ask("what time is it".into()))).is_empty());
    script.feed(played(1));
    let effects = script.feed(finished(1));
    assert!(effects.contains(&"speak Dinner is ready.".to_owned()), "{effects:?}");
    script.feed(spoken(2, 0));
    script.feed(played(2));
    let effects = script.feed(finished(2));
    assert!(effects.contains(&"understand Nothing".to_owned()), "{effects:?}");
    assert!(matches!(&script.answers[..], [Ok(Answer::Turn(turn))] if turn.source == "say"));
    let effects = script.feed(asked(3, Command::Stop));
    assert!(effects.contains(&"reply".to_owned()));
}

#[test]
fn a_program_waits_for_whoever_called_and_is_about_to_speak() {
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer."));
    script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    let effects = script.feed(asked(1, Command::Say("Dinner is ready.".into())));
    assert!(effects.is_empty(), "{effects:?}");
    script.hear(3_000);
    assert_eq!(script.feed(transcript(2, "What time is it?")), ["understand Nothing"]);
    let effects = script.feed(understood(2, command()));
    assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
    // Where nothing is said, it is the program's turn when nobody waits any more.
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer."));
    script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    script.feed(asked(1, Command::Say("Dinner is ready.".into())));
    let effects = script.feed(level(10_100));
    assert!(effects.contains(&"speak Dinner is ready.".to_owned()), "{effects:?}");
}

#[test]
fn stop_drops_what_waits_and_says_so() {
    let mut script = speaking();
    script.feed(asked(1, Command::Say("Dinner is ready.".into())));
    let effects = script.feed(asked(2, Command::Stop));
    assert_eq!(
        effects,
        [
            "engage false",
            "reply",
            "hush 1",
            "drop",
            "tell cut 1",
            "report 1",
            "heed",
            "reply",
            "attend false",
            "tell Asleep"
        ]
    );
    assert!(matches!(&script.answers[..], [Err(fault), Ok(Answer::Done)] if fault.kind == "stopped"));
    // Nine may not wait where eight may.
    let mut script = speaking();
    for request in 1..=8 {
        assert!(script.feed(asked(request, Command::Say("x".into()))).is_empty());
    }
    assert_eq!(script.feed(asked(9, Command::Say("x".into()))), ["reply"]);
    assert!(matches!(&script.answers[..], [Err(fault)] if fault.kind == "busy"));
}

#[test]
fn mute_closes_the_ear_and_forgets_what_was_half_heard() {
    let mut script = said();
    script.feed(began(MIC, 4_000));
    assert_eq!(
        script.feed(asked(1, Command::Mute)),
        ["engage false", "mute true", "reply", "attend false", "tell Muted"]
    );
    assert!(script.feed(Event::Microphone(DeviceNews::Muted)).contains(&"tell muted".to_owned()));
    let effects = script.feed(asked(2, Command::Unmute));
    assert_eq!(effects[..2], ["mute false", "reply"]);
    script.feed(asked(3, Command::Status));
    let Some(Ok(Answer::Status(status))) = script.answers.last() else { panic!("no status") };
    assert!(!status.muted && status.microphone.is_none() && status.turns == 1, "{status:?}");
}

#[test]
fn a_lost_microphone_is_told_and_a_found_one_too() {
    let mut script = Script::live();
    script.feed(began(MIC, 0));
    let effects = script.feed(Event::Microphone(DeviceNews::Lost(fault("microphone_gone"))));
    assert_eq!(effects, ["chime Failed", "tell trouble microphone_gone", "tell Deaf"]);
    let ready = DeviceNews::Ready { name: "headset".into(), rate: 16_000, because: Some("came back".into()) };
    assert_eq!(script.feed(Event::Microphone(ready)), ["tell came back", "tell Asleep"]);
}

#[test]
fn an_interrupt_ends_a_live_session_without_a_failed_turn() {
    let mut script = Script::live();
    assert_eq!(script.feed(Event::Interrupted), ["tell Ending", "exit"]);
    assert!(script.reports.is_empty());
    let mut script = speaking();
    script.feed(Event::Interrupted);
    assert!(script.reports[0].error.is_none());
}

/// Who asks on a machine that has moved hears why there is no answer before the settings are read anew.
#[test]
fn a_machine_that_moved_says_so_before_it_begins_anew() {
    let mut script = Script::live();
    script.feed(asked(1, Command::Ask("why is the sky blue".into())));
    script.feed(understood(1, question("why is the sky blue")));
    script.feed(asked(3, Command::Say("Dinner is ready.".into())));
    assert!(script.feed(asked(2, Command::Moved)).is_empty());
    assert!(script.feed(asked(4, Command::Moved)).is_empty());
    let effects = script.feed(answered(1, AnswerEvent::Failed(fault("region_changed"))));
    assert!(effects.iter().any(|effect| effect.starts_with("speak This machine has moved")), "{effects:?}");
    script.feed(spoken(1, 0));
    script.feed(played(1));
    let effects = script.feed(finished(1));
    assert!(effects.contains(&"exit".to_owned()), "{effects:?}");
    assert!(!effects.iter().any(|effect| effect.starts_with("speak")), "{effects:?}");
    assert_eq!(script.reports[0].error.as_ref().unwrap().kind, "region_changed");
    // Where nothing is going on, it begins anew at once.
    let mut script = Script::live();
    assert!(script.feed(asked(1, Command::Moved)).contains(&"exit".to_owned()));
}

#[test]
fn a_voice_that_stepped_back_comes_forward_whatever_becomes_of_what_was_heard() {
    // The microphone is closed, the key takes over, it was no speech.
    for event in [asked(1, Command::Mute), talk(true), Event::Dropped] {
        let mut script = speaking();
        assert_eq!(script.feed(began(MIC, 2_000)), ["voice Back"]);
        let effects = script.feed(event);
        assert!(effects.contains(&"voice Forward".to_owned()), "{effects:?}");
    }
}

#[test]
fn a_typed_question_leaves_the_ear_open_to_all() {
    let mut script = said();
    script.feed(asked(1, Command::Ask("what day is it".into())));
    // The window is over with it, and with the window what it meant to the ear.
    let effects = script.feed(understood(2, command()));
    assert_eq!(effects[0], "engage false");
}

#[test]
fn whoever_types_is_answered_even_if_there_is_nothing_to_say() {
    for meaning in
        [Meaning::WakePhraseAlone(woken()), Meaning::NotAddressed, Meaning::Broken(fault("internal"))]
    {
        let mut script = Script::live();
        script.feed(asked(1, Command::Ask("hey computer".into())));
        script.feed(understood(1, meaning));
        if script.presence() != Presence::Asleep {
            script.feed(Event::Spoken { turn: TurnId(1), result: Err(fault("mute")) });
        }
        assert!(matches!(&script.answers[..], [Ok(Answer::Turn(_))]), "{:?}", script.answers);
        assert_eq!(script.presence(), Presence::Asleep);
    }
}

#[test]
fn a_command_that_began_before_the_call_was_understood_is_heard() {
    let mut script = Script::live();
    // A slow machine still reads "hey computer" when the command begins.
    script.hear(1_000);
    script.feed(began(MIC, 2_600));
    assert_eq!(script.feed(Event::Paused(sound(MIC, 2_600, 3_400))), ["transcribe 2"]);
    script.feed(transcript(1, "Hey computer."));
    script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    assert_eq!(script.presence(), Presence::Hearing);
    // What was read for the phrase alone is not the command: it is read anew.
    assert_eq!(script.feed(ended(MIC, 2_600, true))[0], "transcribe 3");
    assert_eq!(script.feed(transcript(3, "What time is it?")), ["understand Nothing"]);
    let effects = script.feed(understood(3, command()));
    assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
}

#[test]
fn giving_up_a_draft_leaves_the_reading_before_it() {
    let mut script = Script::live();
    script.hear(1_000);
    // "Hey computer, what time is it?" is still being read while somebody else talks.
    script.feed(began(MIC, 2_600));
    script.feed(Event::Paused(sound(MIC, 2_600, 3_400)));
    assert_eq!(script.feed(Event::Resumed), ["patience 600"]);
    script.feed(transcript(1, "Hey computer, what time is it?"));
    let effects = script.feed(understood(1, called(command())));
    assert!(effects.contains(&"perform clock.time".to_owned()), "{effects:?}");
    script.feed(Event::Paused(sound(MIC, 2_600, 4_400)));
    assert_eq!(script.feed(Event::Resumed), ["abort 3", "patience 600"]);
}

#[test]
fn words_so_far_do_not_shorten_the_pause_to_come() {
    let mut script = said();
    script.feed(began(MIC, 4_000));
    script.feed(Event::GoesOn(sound(MIC, 4_000, 6_000)));
    script.feed(transcript(2, "Set a timer for ten minutes"));
    let effects = script.feed(understood(2, command()));
    assert_eq!(effects, ["tell partial Set a timer for ten minutes", "go on"]);
}

#[test]
fn stop_forgets_what_is_still_being_read_or_said() {
    let mut script = said();
    script.hear(4_000);
    assert_eq!(script.presence(), Presence::Thinking);
    let effects = script.feed(asked(1, Command::Stop));
    assert_eq!(effects, ["engage false", "abort 2", "heed", "reply", "attend false", "tell Asleep"]);
    assert!(script.feed(transcript(2, "And the date?")).is_empty());
    let mut script = said();
    script.feed(began(MIC, 4_000));
    script.feed(asked(1, Command::Stop));
    assert_eq!(script.feed(ended(MIC, 4_000, false)), ["go on"]);
}

#[test]
fn who_called_and_said_nothing_hears_that_nobody_waits() {
    let mut script = Script::live();
    script.hear(1_000);
    script.feed(transcript(1, "Hey computer."));
    script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    let effects = script.feed(level(10_100));
    assert!(effects.contains(&"chime Done".to_owned()), "{effects:?}");
}

#[test]
fn who_talks_to_others_and_then_calls_is_heard_behind_a_short_pause() {
    let mut script = Script::live();
    let long = |end_ms: u64| Sound {
        pcm: vec![0.0; usize::try_from(end_ms).unwrap() * 16].into(),
        ..sound(MIC, 0, end_ms)
    };
    script.feed(began(MIC, 0));
    assert_eq!(script.feed(Event::Paused(long(2_000))), ["transcribe 1"]);
    script.feed(transcript(1, "It was lovely."));
    script.feed(understood(1, Meaning::NotAddressed));
    script.feed(Event::Resumed);
    // Up to 3 s all of it is read again, a pause may lie within the phrase; beyond that only what is new.
    assert_eq!(script.read_from(Event::Paused(long(2_900))), Some(0));
    script.feed(transcript(2, "It was lovely. And then"));
    script.feed(understood(2, Meaning::NotAddressed));
    script.feed(Event::Resumed);
    assert_eq!(script.read_from(Event::Paused(long(4_500))), Some(2_900));
    script.feed(transcript(3, "Hey computer."));
    let effects = script.feed(understood(3, Meaning::WakePhraseAlone(woken())));
    assert!(effects.contains(&"drop before 2900".to_owned()), "{effects:?}");
}

#[test]
fn a_clear_call_whose_command_cannot_be_read_is_asked_for_it() {
    let mut script = Script::live();
    script.feed(began(MIC, 0));
    script.feed(Event::Paused(sound(MIC, 0, 900)));
    script.feed(transcript(1, "Hey computer."));
    script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    script.feed(Event::Resumed);
    script.feed(ended(MIC, 0, false));
    script.feed(transcript(2, "Hey commuter"));
    let effects = script.feed(understood(2, Meaning::NotAddressed));
    assert!(effects.contains(&"chime Woken".to_owned()), "{effects:?}");
    assert_eq!(script.presence(), Presence::Listening);
}

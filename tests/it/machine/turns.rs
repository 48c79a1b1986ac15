//! Turns from recordings and typed words: from the words to the report.

use super::*;
use mynah::{answer::Finish, session::Room};

#[test]
fn a_turn_answered_on_the_device_is_spoken_written_and_reported() {
    let mut script = Script::new(true, false);
    assert_eq!(script.hear(500), ["transcribe 1"]);
    assert_eq!(script.feed(transcript(1, "What time is it?")), ["understand Nothing"]);
    assert_eq!(script.feed(understood(1, command())), ["perform clock.time"]);
    assert_eq!(script.feed(performed(1, "It's noon.")), ["speak It's noon."]);
    assert_eq!(script.feed(spoken(1, 0)), ["play 0"]);
    assert_eq!(script.feed(played(1)), ["finish 1"]);
    assert_eq!(script.feed(finished(1)), ["report 1", "go on"]);
    let report = &script.reports[0];
    assert_eq!(report.span_ms, [500, 1_500]);
    assert_eq!((report.route.by.as_str(), report.route.region.as_str()), ("device", "EU"));
    assert_eq!(report.reply.audio.as_deref(), Some("out/turn.wav"));
    let ms = &report.ms;
    assert_eq!((ms.endpoint, ms.transcribe, ms.first_word), (Some(300), Some(20), Some(30)));
    assert_eq!((ms.first_sound, ms.total), (Some(40), 60));
    assert!(report.error.is_none());
}

#[test]
fn words_read_at_the_pause_are_there_at_the_end() {
    let mut script = Script::new(false, false);
    assert!(script.feed(began("a.wav", 0)).is_empty());
    assert_eq!(script.feed(Event::Paused(sound("a.wav", 0, 900))), ["transcribe 1"]);
    script.feed(transcript(1, "What time"));
    // The words ask for more, so the ear is told to wait; then more comes, and the draft is void.
    let unfinished =
        Meaning::Question { words: "what time".into(), completeness: Completeness::Unfinished, woken: None };
    assert_eq!(script.feed(understood(1, unfinished)), ["patience 1200", "go on"]);
    assert_eq!(script.feed(Event::Resumed), ["patience 600"]);
    assert_eq!(script.feed(Event::Paused(sound("a.wav", 0, 1_500))), ["transcribe 2"]);
    script.feed(transcript(2, "What time is it?"));
    assert_eq!(script.feed(understood(2, command())), ["patience 300", "go on"]);
    // Nothing is read again.
    assert_eq!(script.feed(ended("a.wav", 0, true)), ["perform clock.time"]);
    assert_eq!(script.feed(performed(1, "Noon.")), ["report 1", "go on"]);
    assert_eq!(script.reports[0].ms.transcribe, Some(0));
    assert_eq!(script.reports[0].transcript.text.as_str(), "What time is it?");
}

#[test]
fn an_end_that_is_not_the_pause_is_read_anew_and_the_draft_given_up() {
    let mut script = Script::new(false, false);
    script.feed(began("a.wav", 0));
    script.feed(Event::Paused(sound("a.wav", 0, 900)));
    assert_eq!(script.feed(ended("a.wav", 0, false)), ["abort 1", "transcribe 2"]);
    assert!(script.feed(transcript(1, "What")).is_empty(), "a draft that was given up");
    assert_eq!(script.feed(transcript(2, "What time is it?")), ["understand Nothing"]);
}

#[test]
fn sentences_of_an_answer_are_spoken_as_they_come_two_at_a_time() {
    let mut script = Script::new(true, false);
    assert_eq!(script.feed(typed("why", Language::ENGLISH)), ["understand Nothing"]);
    assert_eq!(script.feed(understood(1, question("why"))), ["ask why"]);
    assert_eq!(script.feed(sentence(1, 0, "One.")), ["speak One."]);
    assert_eq!(script.feed(sentence(1, 1, "Two.")), ["speak Two."]);
    assert!(script.feed(sentence(1, 2, "Three.")).is_empty(), "two are in the voice already");
    assert_eq!(script.feed(spoken(1, 0)), ["play 0", "speak Three."]);
    let done = AnswerEvent::Done { text: no_words(), finish: Finish::Stop };
    assert!(script.feed(answered(1, done)).is_empty());
    assert_eq!(script.feed(spoken(1, 1)), ["play 1"]);
    assert_eq!(script.feed(spoken(1, 2)), ["play 2"]);
    script.feed(played(1));
    script.feed(played(1));
    assert_eq!(script.feed(played(1)), ["finish 1"]);
    assert_eq!(script.feed(finished(1)), ["report 1", "go on"]);
    let report = &script.reports[0];
    assert_eq!(report.reply.text.as_str(), "One. Two. Three.");
    assert_eq!((report.ms.endpoint, report.ms.transcribe), (None, None));
}

#[test]
fn an_answer_that_breaks_off_keeps_what_was_said_and_tells() {
    let mut script = Script::new(false, false);
    script.feed(typed("why", Language::ENGLISH));
    script.feed(understood(1, question("why")));
    script.feed(sentence(1, 0, "Half of it."));
    let failed = AnswerEvent::Failed(fault("answer_cut_off"));
    assert_eq!(script.feed(answered(1, failed)), ["report 1", "go on"]);
    assert_eq!(script.reports[0].reply.text.as_str(), "Half of it.");
    assert_eq!(script.reports[0].error.as_ref().unwrap().kind, "answer_cut_off");
}

#[test]
fn a_refusal_is_spoken_and_no_speech_is_not() {
    let mut script = Script::new(true, false);
    script.feed(typed("why", Language::MANDARIN));
    script.feed(understood(1, question("why")));
    let effects = script.feed(answered(1, AnswerEvent::Failed(fault("refused"))));
    assert!(effects[0].contains("不能询问语言模型"), "{effects:?}");

    let mut script = Script::new(true, false);
    script.hear(0);
    assert_eq!(script.feed(unread(1, "no_speech")), ["report 1", "go on"]);
    assert_eq!(script.reports[0].reply.text.as_str(), "");
}

#[test]
fn an_apology_is_written_in_the_users_script() {
    for (written, asked, expected) in [
        (Written::Simplified, "法國首都", "这个问题"),
        (Written::Traditional, "法国首都", "這個問題"),
        (Written::AsHeard, "法國首都", "這個問題"),
    ] {
        let mut script = Script::planned(Plan { script: written, ..plan(true, false) });
        script.feed(typed(asked, Language::MANDARIN));
        script.feed(understood(1, question(asked)));
        let effects = script.feed(answered(1, AnswerEvent::Failed(fault("no_endpoint"))));
        assert!(effects[0].contains(expected), "{written:?}: {effects:?}");
    }
}

#[test]
fn what_one_sentence_asks_for_is_done_in_order_and_said_as_far_as_it_was_done() {
    let mut script = Script::new(false, false);
    script.feed(typed("what time is it and what day is it", Language::ENGLISH));
    let Meaning::Command { intent, words, completeness, woken, .. } = command() else { unreachable!() };
    let more = vec![Intent { name: "clock.day".into(), slots: Vec::new() }];
    let meaning = Meaning::Command { intent, more, words, completeness, woken };
    let effects = script.feed(understood(1, meaning));
    assert!(effects.contains(&"perform clock.time clock.day".to_owned()), "{effects:?}");
    script.feed(Event::Performed {
        turn: TurnId(1),
        said: vec!["It's noon.".into()],
        asks: None,
        facts: Vec::new(),
        fault: Some(fault("store_full")),
    });
    let report = &script.reports[0];
    assert_eq!(report.also.len(), 1);
    assert_eq!(report.reply.text.as_str(), "It's noon. The disk is full, so I can't keep anything.");
    assert_eq!(report.error.as_ref().unwrap().kind, "store_full");
}

#[test]
fn each_of_several_sources_is_named() {
    let mut script = Script::new(false, false);
    script.feed(typed("the weather and the euro", Language::ENGLISH));
    script.feed(understood(1, command()));
    let fact = |by: &str, reason: &str| Provenance { by: by.into(), reason: reason.into() };
    script.feed(Event::Performed {
        turn: TurnId(1),
        said: vec!["It's cold.".into(), "One dollar.".into(), "It's warm there.".into()],
        asks: None,
        facts: vec![
            fact("ecb", "a table was fetched"),
            fact("open-meteo", "a place"),
            fact("open-meteo", "a place"),
        ],
        fault: None,
    });
    let route = &script.reports[0].route;
    assert_eq!(
        (route.by.as_str(), route.reason.as_str()),
        ("ecb, open-meteo", "a table was fetched; a place")
    );
}

/// A model's answer to a question, of which Mynah asks the user whether it is to be done; two sentences to say.
fn asked_for_a_yes() -> Script {
    let mut script = Script::new(true, false);
    script.feed(typed("get rid of all timers", Language::ENGLISH));
    script.feed(understood(1, question("get rid of all timers")));
    script.feed(sentence(1, 0, "I can do that."));
    let intent = Intent { name: "timer.cancel".into(), slots: Vec::new() };
    let asks = Asks { intent, slot: "yes", wants: Wanted::YesNo, then: Vec::new() };
    let effects = script.feed(Event::NeedsYes { turn: TurnId(1), asks, question: "Shall I?".into() });
    assert_eq!(effects, ["speak Shall I?"]);
    let done = AnswerEvent::Done { text: "I can do that.".into(), finish: Finish::Stop };
    assert!(script.feed(answered(1, done)).is_empty());
    script.feed(spoken(1, 0));
    script.feed(spoken(1, 100_000));
    script.feed(played(1));
    assert_eq!(script.feed(played(1)), ["finish 1"]);
    script
}

#[test]
fn a_yes_counts_once_its_question_was_said() {
    let mut script = asked_for_a_yes();
    let effects = script.feed(finished(1));
    assert!(effects.contains(&"asking for yes".to_owned()), "{effects:?}");
    assert_eq!(script.reports[0].reply.text.as_str(), "I can do that. Shall I?");
    // Nobody heard it: the sound could not be played.
    let mut script = asked_for_a_yes();
    let effects = script.feed(Event::SinkFinished { turn: TurnId(1), result: Err(fault("no_output")) });
    assert!(!effects.contains(&"asking for yes".to_owned()), "{effects:?}");
    // It was cut off.
    let mut script = asked_for_a_yes();
    let effects = script.feed(Event::Interrupted);
    assert!(!effects.contains(&"asking for yes".to_owned()), "{effects:?}");
    assert_eq!(script.reports.len(), 1);
    // It belongs to an answer that was given up.
    let mut script = Script::new(true, false);
    let intent = Intent { name: "timer.cancel".into(), slots: Vec::new() };
    let asks = Asks { intent, slot: "yes", wants: Wanted::YesNo, then: Vec::new() };
    assert!(script.feed(Event::NeedsYes { turn: TurnId(1), asks, question: "Shall I?".into() }).is_empty());
}

#[test]
fn what_was_said_last_is_said_again_without_a_skill() {
    let mut script = Script::new(true, false);
    let repeat = |script: &mut Script, reading| {
        script.feed(typed("what did you say", Language::ENGLISH));
        let intent = Intent { name: "repeat".into(), slots: Vec::new() };
        let words = "what did you say".into();
        let completeness = Completeness::Complete;
        let meaning = Meaning::Command { intent, more: Vec::new(), words, completeness, woken: None };
        script.feed(understood(reading, meaning))
    };
    // Nothing was said yet: the skill says so.
    assert_eq!(repeat(&mut script, 1), ["perform repeat"]);
    script.feed(performed(1, "Nothing yet."));
    script.feed(spoken(1, 0));
    script.feed(played(1));
    script.feed(finished(1));
    assert_eq!(repeat(&mut script, 2), ["speak Nothing yet."]);
}

#[test]
fn events_of_a_turn_that_is_over_are_dropped() {
    let mut script = Script::new(true, false);
    script.hear(0);
    script.feed(transcript(1, "hi"));
    script.feed(understood(1, command()));
    assert!(script.feed(transcript(7, "other")).is_empty());
    assert!(script.feed(performed(7, "other")).is_empty());
    assert!(script.feed(spoken(7, 0)).is_empty());
    assert!(script.feed(finished(7)).is_empty());
    assert_eq!(script.phase(), Phase::Asking);
}

#[test]
fn behind_a_wake_phrase_only_what_follows_it_is_answered() {
    let mut script = Script::new(false, true);
    script.hear(0);
    assert_eq!(script.feed(transcript(1, "Lovely weather.")), ["understand WakePhrase"]);
    assert_eq!(script.feed(understood(1, Meaning::NotAddressed)), ["go on"]);
    // The phrase alone opens a window that is measured in the recording.
    script.hear(2_000);
    script.feed(transcript(2, "Hey computer."));
    assert_eq!(script.feed(understood(2, Meaning::WakePhraseAlone(woken()))), ["go on"]);
    script.hear(9_000);
    assert_eq!(script.feed(transcript(3, "What time is it?")), ["understand Nothing"]);
    assert_eq!(script.answer_here(3, 1, "Noon."), ["perform clock.time", "report 1", "go on"]);
    // And is closed again by an answer.
    script.hear(10_500);
    assert_eq!(script.feed(transcript(4, "And now?")), ["understand WakePhrase"]);
}

#[test]
fn a_recording_without_the_wake_phrase_says_so_once() {
    let mut script = Script::new(false, true);
    script.hear(0);
    script.feed(unread(1, "not_understood"));
    assert_eq!(script.feed(Event::SourceEnded { source: "a.wav".into() }), ["report 1"]);
    assert_eq!(script.reports[0].error.as_ref().unwrap().kind, "no_wake_phrase");
    script.feed(Event::Unheard {
        source: "b.wav".into(),
        span: SampleIndex(0)..SampleIndex(0),
        fault: fault("empty_audio"),
    });
    assert!(script.feed(Event::SourceEnded { source: "b.wav".into() }).is_empty());
    assert_eq!(script.reports.len(), 2);
}

#[test]
fn a_wake_phrase_that_no_command_follows_says_so() {
    let mut script = Script::new(false, true);
    script.hear(500);
    script.feed(transcript(1, "Hey computer."));
    script.feed(understood(1, Meaning::WakePhraseAlone(woken())));
    // Noise behind it is no command.
    script.hear(1_000);
    script.feed(transcript(2, "Lovely weather."));
    script.feed(understood(2, Meaning::NotAddressed));
    assert_eq!(script.feed(Event::SourceEnded { source: "a.wav".into() }), ["report 1"]);
    let report = &script.reports[0];
    assert_eq!((report.error.as_ref().unwrap().kind, report.span_ms), ("no_command", [500, 1_500]));
}

#[test]
fn a_session_whose_reports_nobody_takes_ends() {
    let mut script = Script::new(false, false);
    script.hear(0);
    assert_eq!(script.feed(Event::Unread), ["drop", "hush 0", "exit"]);
    assert!(script.reports.is_empty());
}

#[test]
fn the_session_ends_after_the_last_turn_not_before() {
    let mut script = Script::new(false, false);
    script.hear(0);
    assert!(script.feed(Event::Exhausted).is_empty());
    script.feed(transcript(1, "hi"));
    assert_eq!(script.answer_here(1, 1, "Hello."), ["perform clock.time", "report 1", "exit"]);
    assert_eq!(Script::new(false, false).feed(Event::Exhausted), ["exit"]);
}

#[test]
fn a_voice_that_fails_costs_the_sound_not_the_words() {
    let mut script = Script::new(true, false);
    script.feed(typed("hi", Language::ENGLISH));
    script.answer_here(1, 1, "Hello.");
    let failed = Event::Spoken { turn: TurnId(1), result: Err(fault("no_voice_engine")) };
    assert_eq!(script.feed(failed), ["report 1", "go on"]);
    let report = &script.reports[0];
    assert_eq!(report.reply.text.as_str(), "Hello.");
    assert_eq!(report.error.as_ref().unwrap().kind, "no_voice_engine");
    assert_eq!(report.ms.first_sound, None);
}

/// In every phase: an interrupt and a dead room stop all work, report, and end the session.
#[test]
fn interrupts_and_dead_rooms_end_the_session_from_every_phase() {
    type Steps = fn(&mut Script);
    let to_phase: [(&str, Steps, u64); 5] = [
        ("idle", |_| (), 1),
        ("reading", |script| drop(script.hear(0)), 1),
        ("asking", |script| asking(script), 1),
        ("saying", |script| saying(script), 1),
        (
            "finishing",
            |script| {
                saying(script);
                script.feed(spoken(1, 0));
                script.feed(played(1));
            },
            1,
        ),
    ];
    for (phase, lead_there, turn) in to_phase {
        for dead in [false, true] {
            let mut script = Script::new(true, false);
            lead_there(&mut script);
            let last = if dead {
                Event::RoomClosed { room: Room::Whisper, cause: Some("boom".into()) }
            } else {
                Event::Interrupted
            };
            let hush = format!("hush {turn}");
            assert_eq!(script.feed(last), ["drop", hush.as_str(), "report 1", "exit"], "{phase}");
            let error = script.reports[0].error.as_ref().unwrap();
            assert_eq!(error.kind, if dead { "room_died" } else { "interrupted" });
            let whole = if phase == "idle" { [0, 0] } else { [0, 1_000] };
            assert_eq!(script.reports[0].span_ms, whole, "{phase}");
            assert!(script.hear(0).is_empty(), "{phase}: the session is over");
        }
    }
}

fn asking(script: &mut Script) {
    script.hear(0);
    script.feed(transcript(1, "hi"));
    script.feed(understood(1, question("hi")));
}

fn saying(script: &mut Script) {
    script.hear(0);
    script.feed(transcript(1, "hi"));
    script.answer_here(1, 1, "Hello.");
}

//! The session's machine, driven by scripts of events: no thread, no clock, no sound.

use std::{path::PathBuf, sync::Arc};

use mynah::{
    answer::{AnswerEvent, Finish},
    flow::{Fault, Intent, Language, Script as Written, Sentence, Speech, Transcript},
    report::TurnReport,
    session::{
        Effect, Event, Interpretation, Room, Stamped,
        machine::{Phase, Plan, State, step},
    },
    units::{Probability, SampleIndex, SampleRate, TurnId, Words},
};

/// A session under test: feeds events, keeps what came out.
struct Script {
    state: Option<State>,
    at_ms: u64,
    reports: Vec<TurnReport>,
}

impl Script {
    fn new(spoken: bool, wake: bool) -> Self {
        Self::writing(Written::Simplified, spoken, wake)
    }

    fn writing(script: Written, spoken: bool, wake: bool) -> Self {
        let plan = Plan { region: "EU".into(), spoken, wake, follow_up_ms: 8_000, script };
        Self { state: Some(State::new(plan)), at_ms: 0, reports: Vec::new() }
    }

    /// Feeds `event` 10 ms after the last and names the effects in order; reports are kept aside.
    fn feed(&mut self, event: Event) -> Vec<String> {
        self.at_ms += 10;
        let (state, effects) = step(self.state.take().unwrap(), Stamped { at_ms: self.at_ms, event });
        self.state = Some(state);
        effects.into_iter().map(|effect| self.name(effect)).collect()
    }

    fn name(&mut self, effect: Effect) -> String {
        match effect {
            Effect::Listen => "listen".into(),
            Effect::Transcribe(utterance) => format!("transcribe {}", utterance.turn),
            Effect::Interpret { addressed, .. } => format!("interpret addressed={addressed}"),
            Effect::Ask { words, .. } => format!("ask {}", words.as_str()),
            Effect::Speak(sentence) => format!("speak {}", sentence.words.as_str()),
            Effect::Play(speech) => format!("play {}", speech.seq),
            Effect::FinishSink(turn) => format!("finish {turn}"),
            Effect::AbortReading => "abort".into(),
            Effect::DropAnswer => "drop".into(),
            Effect::Hush(_) => "hush".into(),
            Effect::Exit => "exit".into(),
            Effect::Report(report) => {
                self.reports.push(*report);
                format!("report {}", self.reports.len())
            }
        }
    }

    fn phase(&self) -> Phase {
        self.state.as_ref().unwrap().phase()
    }
}

fn heard_at(start_ms: u64) -> Event {
    let span = SampleIndex::from_ms(start_ms)..SampleIndex::from_ms(start_ms + 1_000);
    Event::Heard { source: "a.wav".into(), span, pcm: Arc::from([0.0; 4]) }
}

fn transcript(turn: u64, words: &str) -> Event {
    let transcript = Transcript {
        turn: TurnId(turn),
        words: words.into(),
        language: Language::ENGLISH,
        confidence: Probability::clamped(0.9),
        wake: None,
    };
    Event::Read { turn: TurnId(turn), result: Ok(transcript) }
}

fn interpreted(turn: u64, interpretation: Interpretation) -> Event {
    Event::Interpreted { turn: TurnId(turn), interpretation }
}

fn answer_here(turn: u64, reply: &str) -> Event {
    let intent = Intent { name: "clock.time".into(), slots: Vec::new() };
    interpreted(turn, Interpretation::Answer { intent, reply: reply.into() })
}

fn sentence(turn: u64, seq: u32, words: &str) -> Event {
    let sentence = Sentence { turn: TurnId(turn), seq, words: words.into(), language: Language::ENGLISH };
    Event::Answered { turn: TurnId(turn), event: AnswerEvent::Sentence(sentence) }
}

fn spoken(turn: u64, seq: u32) -> Event {
    let speech = Speech { turn: TurnId(turn), seq, rate: SampleRate::PIPELINE, pcm: Arc::from([0.1; 8]) };
    Event::Spoken { turn: TurnId(turn), result: Ok(speech) }
}

fn played(turn: u64) -> Event {
    Event::Played { turn: TurnId(turn), result: Ok(()) }
}

fn finished(turn: u64) -> Event {
    Event::SinkFinished { turn: TurnId(turn), result: Ok(Some(PathBuf::from("out/turn.wav"))) }
}

fn fault(kind: &'static str) -> Fault {
    Fault { kind, message: "m".into(), remedy: "r".into() }
}

#[test]
fn a_turn_answered_on_the_device_is_spoken_written_and_reported() {
    let mut script = Script::new(true, false);
    assert_eq!(script.feed(heard_at(500)), ["transcribe 1"]);
    assert_eq!(script.feed(transcript(1, "What time is it?")), ["interpret addressed=true"]);
    assert_eq!(script.feed(answer_here(1, "It's noon.")), ["speak It's noon."]);
    assert_eq!(script.feed(spoken(1, 0)), ["play 0"]);
    assert_eq!(script.feed(played(1)), ["finish 1"]);
    assert_eq!(script.feed(finished(1)), ["report 1", "listen"]);
    let report = &script.reports[0];
    assert_eq!(report.span_ms, [500, 1_500]);
    assert_eq!((report.route.by.as_str(), report.route.region.as_str()), ("device", "EU"));
    assert_eq!(report.reply.audio.as_deref(), Some("out/turn.wav"));
    assert_eq!(
        (report.ms.transcribe, report.ms.first_word, report.ms.first_sound, report.ms.total),
        (Some(10), Some(20), Some(30), 50)
    );
    assert!(report.error.is_none());
}

#[test]
fn sentences_of_an_answer_are_spoken_as_they_come_two_at_a_time() {
    let mut script = Script::new(true, false);
    script.feed(Event::Typed { words: "why".into(), language: Language::ENGLISH });
    assert_eq!(script.feed(interpreted(1, Interpretation::Ask("why".into()))), ["ask why"]);
    assert_eq!(script.feed(sentence(1, 0, "One.")), ["speak One."]);
    assert_eq!(script.feed(sentence(1, 1, "Two.")), ["speak Two."]);
    assert!(script.feed(sentence(1, 2, "Three.")).is_empty(), "two are in the voice already");
    assert_eq!(script.feed(spoken(1, 0)), ["play 0", "speak Three."]);
    assert!(
        script
            .feed(Event::Answered {
                turn: TurnId(1),
                event: AnswerEvent::Done { text: Words::default(), finish: Finish::Stop }
            })
            .is_empty()
    );
    assert_eq!(script.feed(spoken(1, 1)), ["play 1"]);
    assert_eq!(script.feed(spoken(1, 2)), ["play 2"]);
    script.feed(played(1));
    script.feed(played(1));
    assert_eq!(script.feed(played(1)), ["finish 1"]);
    assert_eq!(script.feed(finished(1)), ["report 1", "listen"]);
    assert_eq!(script.reports[0].reply.text.as_str(), "One. Two. Three.");
}

#[test]
fn an_answer_that_breaks_off_keeps_what_was_said_and_tells() {
    let mut script = Script::new(false, false);
    script.feed(Event::Typed { words: "why".into(), language: Language::ENGLISH });
    script.feed(interpreted(1, Interpretation::Ask("why".into())));
    script.feed(sentence(1, 0, "Half of it."));
    let failed = AnswerEvent::Failed(fault("answer_cut_off"));
    assert_eq!(script.feed(Event::Answered { turn: TurnId(1), event: failed }), ["report 1", "listen"]);
    assert_eq!(script.reports[0].reply.text.as_str(), "Half of it.");
    assert_eq!(script.reports[0].error.as_ref().unwrap().kind, "answer_cut_off");
}

#[test]
fn a_refusal_is_spoken_and_no_speech_is_not() {
    let mut script = Script::new(true, false);
    script.feed(Event::Typed { words: "why".into(), language: Language::MANDARIN });
    script.feed(interpreted(1, Interpretation::Ask("why".into())));
    let failed = AnswerEvent::Failed(fault("refused"));
    let effects = script.feed(Event::Answered { turn: TurnId(1), event: failed });
    assert!(effects[0].contains("不能询问语言模型"), "{effects:?}");

    let mut script = Script::new(true, false);
    script.feed(heard_at(0));
    let nothing = Event::Read { turn: TurnId(1), result: Err(fault("no_speech")) };
    assert_eq!(script.feed(nothing), ["report 1", "listen"]);
    assert_eq!(script.reports[0].reply.text.as_str(), "");
}

#[test]
fn an_apology_is_written_in_the_users_script() {
    for (written, asked, expected) in [
        (Written::Simplified, "法國首都", "这个问题"),
        (Written::Traditional, "法国首都", "這個問題"),
        (Written::AsHeard, "法國首都", "這個問題"),
    ] {
        let mut script = Script::writing(written, true, false);
        script.feed(Event::Typed { words: asked.into(), language: Language::MANDARIN });
        script.feed(interpreted(1, Interpretation::Ask(asked.into())));
        let failed = AnswerEvent::Failed(fault("no_endpoint"));
        let effects = script.feed(Event::Answered { turn: TurnId(1), event: failed });
        assert!(effects[0].contains(expected), "{written:?}: {effects:?}");
    }
}

#[test]
fn events_of_a_turn_that_is_over_are_dropped() {
    let mut script = Script::new(true, false);
    script.feed(heard_at(0));
    assert!(script.feed(transcript(7, "other")).is_empty());
    assert!(script.feed(spoken(7, 0)).is_empty());
    assert!(script.feed(finished(7)).is_empty());
    assert_eq!(script.phase(), Phase::Reading);
}

#[test]
fn behind_a_wake_phrase_only_what_follows_it_is_answered() {
    let mut script = Script::new(false, true);
    script.feed(heard_at(0));
    assert_eq!(script.feed(transcript(1, "Lovely weather.")), ["interpret addressed=false"]);
    assert_eq!(script.feed(interpreted(1, Interpretation::NotAddressed)), ["listen"]);
    // The phrase alone opens a window that is measured in the recording.
    script.feed(heard_at(2_000));
    script.feed(transcript(2, "Hey computer."));
    assert_eq!(script.feed(interpreted(2, Interpretation::WakePhraseAlone)), ["listen"]);
    script.feed(heard_at(9_000));
    assert_eq!(script.feed(transcript(3, "What time is it?")), ["interpret addressed=true"]);
    assert_eq!(script.feed(answer_here(3, "Noon.")), ["report 1", "listen"]);
    // And is closed again by an answer.
    script.feed(heard_at(10_500));
    assert_eq!(script.feed(transcript(4, "And now?")), ["interpret addressed=false"]);
}

#[test]
fn a_recording_without_the_wake_phrase_says_so_once() {
    let mut script = Script::new(false, true);
    script.feed(heard_at(0));
    script.feed(Event::Read { turn: TurnId(1), result: Err(fault("not_understood")) });
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
    script.feed(heard_at(500));
    script.feed(transcript(1, "Hey computer."));
    script.feed(interpreted(1, Interpretation::WakePhraseAlone));
    // Noise behind it is no command.
    script.feed(heard_at(1_000));
    script.feed(transcript(2, "Lovely weather."));
    script.feed(interpreted(2, Interpretation::NotAddressed));
    assert_eq!(script.feed(Event::SourceEnded { source: "a.wav".into() }), ["report 1"]);
    let report = &script.reports[0];
    assert_eq!((report.error.as_ref().unwrap().kind, report.span_ms), ("no_command", [500, 1_500]));
}

#[test]
fn a_session_whose_reports_nobody_takes_ends() {
    let mut script = Script::new(false, false);
    script.feed(heard_at(0));
    assert_eq!(script.feed(Event::Unread), ["abort", "drop", "hush", "exit"]);
    assert!(script.reports.is_empty());
}

#[test]
fn the_session_ends_after_the_last_turn_not_before() {
    let mut script = Script::new(false, false);
    script.feed(heard_at(0));
    assert!(script.feed(Event::Exhausted).is_empty());
    script.feed(transcript(1, "hi"));
    assert_eq!(script.feed(answer_here(1, "Hello.")), ["report 1", "exit"]);
    assert_eq!(Script::new(false, false).feed(Event::Exhausted), ["exit"]);
}

#[test]
fn a_voice_that_fails_costs_the_sound_not_the_words() {
    let mut script = Script::new(true, false);
    script.feed(Event::Typed { words: "hi".into(), language: Language::ENGLISH });
    script.feed(answer_here(1, "Hello."));
    let failed = Event::Spoken { turn: TurnId(1), result: Err(fault("no_voice_engine")) };
    assert_eq!(script.feed(failed), ["report 1", "listen"]);
    let report = &script.reports[0];
    assert_eq!(report.reply.text.as_str(), "Hello.");
    assert_eq!(report.error.as_ref().unwrap().kind, "no_voice_engine");
    assert_eq!(report.ms.first_sound, None);
}

/// In every phase: an interrupt and a dead room stop all work, report, and end the session.
#[test]
fn interrupts_and_dead_rooms_end_the_session_from_every_phase() {
    let to_phase: [(&str, Vec<Event>); 5] = [
        ("idle", vec![]),
        ("reading", vec![heard_at(0)]),
        (
            "asking",
            vec![heard_at(0), transcript(1, "hi"), interpreted(1, Interpretation::Ask(Words::from("hi")))],
        ),
        ("saying", vec![heard_at(0), transcript(1, "hi"), answer_here(1, "Hello.")]),
        (
            "finishing",
            vec![heard_at(0), transcript(1, "hi"), answer_here(1, "Hello."), spoken(1, 0), played(1)],
        ),
    ];
    for (phase, events) in to_phase {
        for dead in [false, true] {
            let mut script = Script::new(true, false);
            for event in &events {
                script.feed(copy(event));
            }
            let last = if dead {
                Event::RoomClosed { room: Room::Whisper, cause: Some("boom".into()) }
            } else {
                Event::Interrupted
            };
            assert_eq!(script.feed(last), ["abort", "drop", "hush", "report 1", "exit"], "{phase}");
            let error = script.reports[0].error.as_ref().unwrap();
            assert_eq!(error.kind, if dead { "room_died" } else { "interrupted" });
            assert!(script.feed(heard_at(0)).is_empty(), "{phase}: the session is over");
        }
    }
}

/// Events are not `Clone` on purpose; the few this test repeats are rebuilt.
fn copy(event: &Event) -> Event {
    match event {
        Event::Heard { .. } => heard_at(0),
        Event::Read { .. } => transcript(1, "hi"),
        Event::Interpreted { interpretation, .. } => interpreted(1, interpretation.clone()),
        Event::Spoken { .. } => spoken(1, 0),
        Event::Played { .. } => played(1),
        other => panic!("not in this test's scripts: {other:?}"),
    }
}

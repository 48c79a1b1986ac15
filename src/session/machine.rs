//! The machine: what happens next. A total, pure function from a state and an event to a state and effects.
//!
//! Enters: [`Stamped`] events. Leaves: [`Effect`]s. Never here: I/O, a clock, a thread. An event whose turn is not the
//! current one is dropped on purpose: it belongs to a turn that was given up.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::{ops::Range, sync::Arc};

use super::{
    Interpretation, apology,
    event::{Effect, Event, Room, Stamped},
    state::Call,
};
use crate::{
    answer::AnswerEvent,
    flow::{Fault, Language, Transcript, Utterance},
    report::{Route, Understood},
    script::Scribe,
    units::{Probability, SAMPLES_PER_MS, SampleIndex, TurnId, Words},
};

pub use super::state::{Phase, Plan, State};

/// The state after `stamped`, and what is to be done.
#[must_use]
pub fn step(mut state: State, stamped: Stamped) -> (State, Vec<Effect>) {
    let Stamped { at_ms, event } = stamped;
    if state.phase == Phase::Ended {
        return (state, Vec::new());
    }
    let effects = match event {
        Event::Heard { source, span, pcm } => heard(&mut state, (source, span), pcm, at_ms),
        Event::Typed { words, language } => typed(&mut state, words, language, at_ms),
        Event::Unheard { source, span, fault } => {
            state.addressed = true;
            let mut turn = state.open((source, span), at_ms);
            turn.fail(fault);
            vec![Effect::Report(turn.into_report(at_ms))]
        }
        Event::SourceEnded { source } => source_ended(&mut state, source, at_ms),
        Event::Exhausted => {
            state.exhausted = true;
            if state.phase == Phase::Idle { end(&mut state) } else { Vec::new() }
        }
        Event::Read { turn, result } => read(&mut state, turn, result, at_ms),
        Event::Interpreted { turn, interpretation } => interpreted(&mut state, turn, interpretation, at_ms),
        Event::Answered { turn, event } => answer(&mut state, turn, event, at_ms),
        Event::Spoken { turn, result } => {
            let play = state.current(turn).and_then(|current| current.voiced(result, at_ms));
            proceed(&mut state, play.into_iter().collect(), at_ms)
        }
        Event::Played { turn, result } => {
            if let Some(current) = state.current(turn) {
                current.played(result);
            }
            proceed(&mut state, Vec::new(), at_ms)
        }
        Event::SinkFinished { turn, result } => sink_finished(&mut state, turn, result, at_ms),
        Event::RoomClosed { room, cause } => room_closed(&mut state, room, cause, at_ms),
        Event::Interrupted => {
            let fault = Fault {
                kind: "interrupted",
                message: "stopped by the user".into(),
                remedy: "run the command again".into(),
            };
            give_up(&mut state, fault, at_ms)
        }
        Event::Unread => {
            state.turn = None;
            let mut effects = stop_all(state.last);
            effects.extend(end(&mut state));
            effects
        }
    };
    (state, effects)
}

fn heard(
    state: &mut State,
    place: (Arc<str>, Range<SampleIndex>),
    pcm: Arc<[f32]>,
    at_ms: u64,
) -> Vec<Effect> {
    if state.phase != Phase::Idle {
        return Vec::new();
    }
    let span = place.1.clone();
    let for_wake =
        state.plan.wake && !state.awake.as_ref().is_some_and(|call| call.covers(&place.0, span.start));
    let turn = state.open(place, at_ms);
    let utterance = Utterance { turn: turn.id(), span, pcm, for_wake };
    state.turn = Some(turn);
    state.phase = Phase::Reading;
    vec![Effect::Transcribe(utterance)]
}

fn typed(state: &mut State, words: Words, language: Language, at_ms: u64) -> Vec<Effect> {
    if state.phase != Phase::Idle {
        return Vec::new();
    }
    let nowhere = SampleIndex::default();
    let mut turn = state.open(("text".into(), nowhere..nowhere), at_ms);
    let transcript =
        Transcript { turn: turn.id(), words, language, confidence: Probability::ONE, wake: None };
    turn.heard(&transcript);
    state.turn = Some(turn);
    state.phase = Phase::Reading;
    vec![Effect::Interpret { transcript, addressed: true }]
}

fn source_ended(state: &mut State, source: Arc<str>, at_ms: u64) -> Vec<Effect> {
    let missed = state.plan.wake && !state.addressed;
    let called = state.awake.take();
    state.addressed = false;
    let (span, kind, message) = match called {
        Some(call) => (call.span, "no_command", format!("no command followed the wake phrase in {source}")),
        None if missed => {
            let nowhere = SampleIndex::default();
            (nowhere..nowhere, "no_wake_phrase", format!("the wake phrase was not heard in {source}"))
        }
        None => return Vec::new(),
    };
    let remedy = if kind == "no_command" {
        "say the command with the wake phrase, or soon after it; wake.follow_up_ms sets how soon"
    } else {
        "say it at the start of the command, change wake.phrases, or leave --wake out"
    };
    let mut turn = state.open((source, span), at_ms);
    turn.fail(Fault { kind, message, remedy: remedy.into() });
    vec![Effect::Report(turn.into_report(at_ms))]
}

fn read(state: &mut State, id: TurnId, result: Result<Transcript, Fault>, at_ms: u64) -> Vec<Effect> {
    let wake = state.plan.wake;
    let awake = state.awake.clone();
    let Some(turn) = state.current(id) else { return Vec::new() };
    turn.report.ms.transcribe = Some(turn.since_began(at_ms));
    // The window after the wake phrase is judged by where the command began.
    let began = SampleIndex::from_ms(turn.report.span_ms[0]);
    let addressed = !wake || awake.is_some_and(|call| call.covers(&turn.place.0, began));
    match result {
        Ok(transcript) => {
            turn.heard(&transcript);
            vec![Effect::Interpret { transcript, addressed }]
        }
        // Behind a wake phrase, sound that is no speech was simply not meant for us.
        Err(_) if wake && !addressed => drop_turn(state),
        Err(fault) => apologise(state, fault, at_ms),
    }
}

fn interpreted(state: &mut State, id: TurnId, what: Interpretation, at_ms: u64) -> Vec<Effect> {
    let follow_up = state.plan.follow_up_ms.saturating_mul(SAMPLES_PER_MS);
    let Some(turn) = state.current(id) else { return Vec::new() };
    match what {
        Interpretation::Answer { intent, reply } => {
            turn.report.intent = Some(Understood::from(&intent));
            turn.report.route.reason =
                format!("{} is answered on this device; no words left it", intent.name);
            let sentence = turn.sentence(0, reply);
            turn.say(sentence, at_ms);
            turn.answer_is_complete();
            state.addressed = true;
            state.awake = None;
            state.phase = Phase::Saying;
            proceed(state, Vec::new(), at_ms)
        }
        Interpretation::Ask(words) => {
            let language = turn.language.clone();
            state.addressed = true;
            state.awake = None;
            state.phase = Phase::Asking;
            vec![Effect::Ask { turn: id, words, language }]
        }
        Interpretation::NotAddressed => drop_turn(state),
        Interpretation::WakePhraseAlone => {
            let (source, end) = turn.place.clone();
            let [start, _] = turn.report.span_ms;
            let span = SampleIndex::from_ms(start)..end;
            state.awake = Some(Call { source, span, until: end.plus(follow_up) });
            state.addressed = true;
            drop_turn(state)
        }
        Interpretation::Failed { intent, fault } => {
            turn.report.intent = intent.as_ref().map(Understood::from);
            state.addressed = true;
            state.awake = None;
            apologise(state, fault, at_ms)
        }
    }
}

fn answer(state: &mut State, id: TurnId, event: AnswerEvent, at_ms: u64) -> Vec<Effect> {
    if state.phase != Phase::Asking {
        return Vec::new();
    }
    let region = state.plan.region.clone();
    let Some(turn) = state.current(id) else { return Vec::new() };
    match event {
        AnswerEvent::Route { by, reason } => {
            turn.report.route = Route { region, by, reason };
            Vec::new()
        }
        AnswerEvent::Passed { .. } => Vec::new(),
        AnswerEvent::FirstWord => {
            turn.first_word(at_ms);
            Vec::new()
        }
        AnswerEvent::Sentence(sentence) => {
            turn.say(sentence, at_ms);
            proceed(state, Vec::new(), at_ms)
        }
        AnswerEvent::Done { .. } => {
            turn.answer_is_complete();
            state.phase = Phase::Saying;
            proceed(state, Vec::new(), at_ms)
        }
        // What was said before the answer broke off stands, and nothing is added to it.
        AnswerEvent::Failed(fault) if !turn.report.reply.text.is_blank() => {
            turn.fail(fault);
            turn.answer_is_complete();
            state.phase = Phase::Saying;
            proceed(state, Vec::new(), at_ms)
        }
        AnswerEvent::Failed(fault) => apologise(state, fault, at_ms),
    }
}

/// Ends the turn with `fault`, saying so where something should be said.
fn apologise(state: &mut State, fault: Fault, at_ms: u64) -> Vec<Effect> {
    if let Some(turn) = state.turn.as_mut() {
        if let Some(words) = apology::sentence(&fault, &turn.language) {
            let script = state.plan.script.or_that_of(turn.report.transcript.text.as_str());
            let words = Scribe::new(script).write(words.to_owned(), &turn.language);
            let sentence = turn.sentence(0, words.into());
            turn.say(sentence, at_ms);
        }
        turn.fail(fault);
        turn.answer_is_complete();
    }
    state.phase = Phase::Saying;
    proceed(state, Vec::new(), at_ms)
}

/// Moves sentences on and closes the turn once all is said.
fn proceed(state: &mut State, mut effects: Vec<Effect>, at_ms: u64) -> Vec<Effect> {
    let Some(turn) = state.turn.as_mut() else { return effects };
    effects.extend(turn.next_sentences());
    if state.phase == Phase::Saying && turn.is_said() {
        if turn.sounded() {
            state.phase = Phase::Finishing;
            effects.push(Effect::FinishSink(turn.id()));
        } else {
            effects.extend(close(state, at_ms));
        }
    }
    effects
}

fn sink_finished(
    state: &mut State,
    id: TurnId,
    result: Result<Option<std::path::PathBuf>, Fault>,
    at_ms: u64,
) -> Vec<Effect> {
    let Some(turn) = state.current(id) else { return Vec::new() };
    match result {
        Ok(file) => turn.report.reply.audio = file.map(|path| path.display().to_string()),
        Err(fault) => turn.fail(fault),
    }
    close(state, at_ms)
}

/// Reports the current turn and goes on.
fn close(state: &mut State, at_ms: u64) -> Vec<Effect> {
    let mut effects: Vec<Effect> =
        state.turn.take().map(|turn| Effect::Report(turn.into_report(at_ms))).into_iter().collect();
    effects.extend(go_on(state));
    effects
}

/// Forgets the current turn without a word.
fn drop_turn(state: &mut State) -> Vec<Effect> {
    state.turn = None;
    go_on(state)
}

fn go_on(state: &mut State) -> Vec<Effect> {
    state.phase = Phase::Idle;
    if state.exhausted { end(state) } else { vec![Effect::Listen] }
}

fn end(state: &mut State) -> Vec<Effect> {
    state.phase = Phase::Ended;
    vec![Effect::Exit]
}

/// A room that ends before the session does leaves the turn unanswerable, and the session with it.
fn room_closed(state: &mut State, room: Room, cause: Option<String>, at_ms: u64) -> Vec<Effect> {
    if room == Room::Listen && cause.is_none() {
        // The ear ends by itself when all recordings did; `Exhausted` came before.
        return Vec::new();
    }
    let fault = Fault {
        kind: "room_died",
        message: format!(
            "the {} thread ended: {}",
            room.name(),
            cause.unwrap_or_else(|| "no reason given".into())
        ),
        remedy: "run the command again; if it happens again, report it with the recording".into(),
    };
    give_up(state, fault, at_ms)
}

fn give_up(state: &mut State, fault: Fault, at_ms: u64) -> Vec<Effect> {
    let mut turn = state.turn.take().unwrap_or_else(|| {
        let nowhere = SampleIndex::default();
        state.open(("session".into(), nowhere..nowhere), at_ms)
    });
    turn.fail(fault);
    let mut effects = stop_all(turn.id());
    effects.push(Effect::Report(turn.into_report(at_ms)));
    effects.extend(end(state));
    effects
}

/// Ends all work on `turn` and those before it.
fn stop_all(turn: TurnId) -> Vec<Effect> {
    vec![Effect::AbortReading, Effect::DropAnswer, Effect::Hush(turn)]
}

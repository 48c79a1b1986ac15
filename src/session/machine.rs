//! The machine: what happens next. A total, pure function from a state and an event to a state and effects.
//!
//! Enters: [`Stamped`] events. Leaves: [`Effect`]s. Never here: I/O, a clock, a thread. An event whose turn is not the
//! current one is dropped on purpose: it belongs to a turn that was given up. Utterances that are not yet turns are
//! `hearing`'s, what comes of them is `commit`'s, what a live ear and other programs tell is
//! `live`'s; this file holds the turn, from its words to its report.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::sync::Arc;

use super::{
    apology, disclosing, due,
    event::{EarOrder, Effect, Event, Room, Stamped},
    glimpse, hearing, live,
    turn::Turn,
    utterance::Ended,
};
use crate::{
    answer::AnswerEvent,
    flow::{Asks, Fault, Provenance},
    report::{Notice, Route},
    script::Scribe,
    units::{SampleIndex, TurnId, Words},
};

pub use super::state::{Live, Patience, Phase, Plan, State};

/// The state after `stamped`, and what is to be done.
#[must_use]
pub fn step(mut state: State, stamped: Stamped) -> (State, Vec<Effect>) {
    let Stamped { at_ms, event } = stamped;
    if state.phase == Phase::Ended {
        return (state, Vec::new());
    }
    let mut effects = happened(&mut state, event, at_ms);
    if state.is_live() {
        // The key may have gone up, or what it opened may have been nothing.
        effects.extend(hearing::commit_known(&mut state, at_ms));
    }
    if state.is_live() || state.plan.tells_due {
        effects.extend(live::next_waiting(&mut state, at_ms));
    }
    // Before what lets the ear go on.
    effects.splice(0..0, live::attend(&mut state));
    if state.is_live() {
        let present = state.present();
        if present != state.presence {
            let (before, after) = (live::is_attentive(state.presence), live::is_attentive(present));
            if before != after {
                effects.push(Effect::Attend(after));
            }
            state.presence = present;
            effects.push(Effect::Tell(Notice::State { state: present }));
        }
    }
    if state.phase == Phase::Ended {
        // After it nothing is carried out.
        effects.retain(|effect| !matches!(effect, Effect::Exit));
        effects.push(Effect::Exit);
    }
    (state, effects)
}

fn happened(state: &mut State, event: Event, at_ms: u64) -> Vec<Effect> {
    match event {
        Event::Began { source, at } => hearing::began(state, &source, at),
        Event::Paused(sound) => hearing::paused(state, sound),
        Event::Resumed => hearing::resumed(state),
        Event::GoesOn(sound) => hearing::goes_on(state, sound),
        Event::Glimpse(sound) => glimpse::caught(state, sound),
        Event::Ended { sound, as_paused, silence_ms } => {
            hearing::ended(state, Ended { sound, silence_ms: Some(silence_ms), at_ms }, as_paused)
        }
        Event::Dropped => hearing::dropped(state),
        Event::Read { reading, result } => hearing::read(state, reading, result, at_ms),
        Event::Understood { reading, meaning } => hearing::understood(state, reading, meaning, at_ms),
        Event::Level { at, level, speech } => live::level(state, at, level, speech),
        Event::Microphone(news) => live::microphone(state, news),
        Event::Key(event) => live::key(state, event),
        Event::Talk { open, stays } => live::talk(state, open, stays, at_ms),
        Event::Asked { request, command } => live::asked(state, request, command, at_ms),
        Event::Typed { words, language } => hearing::typed(state, words, language, at_ms),
        Event::Unheard { source, span, fault } => {
            state.addressed = true;
            let mut turn = state.open((source, span), at_ms);
            turn.fail(fault);
            report(state, turn, at_ms)
        }
        Event::SourceEnded { source } => source_ended(state, source, at_ms),
        Event::Exhausted => {
            state.exhausted = true;
            let busy = state.turn.is_some() || state.hearing.is_some() || !state.closing.is_empty();
            if busy { Vec::new() } else { end(state) }
        }
        Event::Performed { turn, said, asks, facts, fault } => {
            performed(state, turn, (said, asks, facts), fault, at_ms)
        }
        Event::NeedsYes { turn, asks, question } => needs_yes(state, turn, asks, question, at_ms),
        Event::Due(due) => {
            due::fell(state, due);
            Vec::new()
        }
        Event::Answered { turn, event } => answer(state, turn, event, at_ms),
        Event::Spoken { turn, result } => {
            let play = state.current(turn).and_then(|current| current.voiced(result, at_ms));
            proceed(state, play.into_iter().collect(), at_ms)
        }
        Event::Played { turn, result } => {
            if let Some(current) = state.current(turn) {
                current.played(result);
            }
            proceed(state, Vec::new(), at_ms)
        }
        Event::SinkFinished { turn, result } => sink_finished(state, turn, result, at_ms),
        Event::RoomClosed { room, cause } => room_closed(state, room, cause, at_ms),
        Event::Seen(seen) => {
            state.seen = Some(seen);
            Vec::new()
        }
        Event::Interrupted => live::interrupted(state, at_ms),
        Event::Unread => {
            state.turn = None;
            let mut effects = stop_all(state.last);
            effects.extend(end(state));
            effects
        }
    }
}

fn source_ended(state: &mut State, source: Arc<str>, at_ms: u64) -> Vec<Effect> {
    let missed = state.plan.wake && !state.addressed;
    let called = state.window.take();
    state.addressed = false;
    let (span, kind, message) = match called {
        Some(window) => {
            (window.span, "no_command", format!("no command followed the wake phrase in {source}"))
        }
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
    report(state, turn, at_ms)
}

fn performed(
    state: &mut State,
    id: TurnId,
    (said, asks, facts): (Vec<Words>, Option<Asks>, Vec<Provenance>),
    fault: Option<Fault>,
    at_ms: u64,
) -> Vec<Effect> {
    let Some(turn) = state.current(id) else { return Vec::new() };
    turn.asks = asks.is_some();
    if !said.is_empty() {
        let name = turn.report.intent.as_ref().map_or("it", |intent| intent.name.as_str());
        turn.report.route.reason = format!("{name} is answered on this device; no words left it");
    }
    if !facts.is_empty() {
        // Each that was asked, and why: what one part left here does not speak for another's.
        let (mut by, mut reason): (Vec<String>, Vec<String>) =
            facts.into_iter().map(|Provenance { by, reason }| (by, reason)).unzip();
        by.dedup();
        reason.dedup();
        turn.report.route.by = by.join(", ");
        turn.report.route.reason = reason.join("; ");
    }
    let mut behind = 0;
    for words in said {
        let sentence = turn.sentence(behind, words);
        turn.say(sentence, at_ms);
        behind += 1;
    }
    if let Some(fault) = fault {
        return apologise(state, fault, behind, at_ms);
    }
    turn.answer_is_complete();
    state.phase = Phase::Saying;
    proceed(state, asks.into_iter().map(Effect::Asking).collect(), at_ms)
}

/// The place of a question behind a model's answer; no answer has so many sentences.
const QUESTION: u32 = 100_000;

/// Ends the model's answer with a question of Mynah's own: no model is trusted to ask it.
fn needs_yes(state: &mut State, id: TurnId, asks: Asks, question: Words, at_ms: u64) -> Vec<Effect> {
    let asking = state.phase == Phase::Asking;
    let Some(turn) = state.current(id).filter(|_| asking) else { return Vec::new() };
    let sentence = turn.sentence(QUESTION, question);
    turn.say(sentence, at_ms);
    turn.asks = true;
    turn.needs_yes = Some(asks);
    proceed(state, Vec::new(), at_ms)
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
        AnswerEvent::Passed { .. } | AnswerEvent::Waiting { .. } | AnswerEvent::Used(_) => Vec::new(),
        AnswerEvent::FirstWord => {
            turn.first_word(at_ms);
            Vec::new()
        }
        AnswerEvent::Sentence(sentence) => {
            let effects = disclosing::generated(state);
            if let Some(turn) = state.current(id) {
                turn.say(sentence, at_ms);
            }
            proceed(state, effects, at_ms)
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
        AnswerEvent::Failed(fault) => apologise(state, fault, 0, at_ms),
    }
}

/// Ends the turn with `fault`, saying so where something should be said, behind `behind` sentences.
pub(super) fn apologise(state: &mut State, fault: Fault, behind: u32, at_ms: u64) -> Vec<Effect> {
    if let Some(turn) = state.turn.as_mut() {
        if let Some(words) = apology::sentence(&fault, &turn.language) {
            let script = state.plan.script.or_that_of(turn.report.transcript.text.as_str());
            let words = Scribe::new(script).write(words.to_owned(), &turn.language);
            let sentence = turn.sentence(behind, words.into());
            turn.say(sentence, at_ms);
        }
        turn.fail(fault);
        turn.answer_is_complete();
    }
    state.phase = Phase::Saying;
    proceed(state, Vec::new(), at_ms)
}

/// Moves sentences on and closes the turn once all is said.
pub(super) fn proceed(state: &mut State, mut effects: Vec<Effect>, at_ms: u64) -> Vec<Effect> {
    disclosing::open(state);
    let Some(turn) = state.turn.as_mut() else { return effects };
    effects.extend(turn.next_sentences());
    if state.phase != Phase::Saying || !turn.is_said() {
        return effects;
    }
    effects.extend(disclosing::close(state));
    let Some(turn) = state.turn.as_mut() else { return effects };
    // A mark may have been added behind.
    effects.extend(turn.next_sentences());
    if !turn.is_said() {
        return effects;
    }
    if turn.sounded() {
        state.phase = Phase::Finishing;
        effects.push(Effect::FinishSink(turn.id()));
    } else {
        effects.extend(close(state, at_ms));
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
        Err(fault) => turn.lose_sound(fault),
    }
    close(state, at_ms)
}

/// Reports the current turn and goes on.
fn close(state: &mut State, at_ms: u64) -> Vec<Effect> {
    let Some(mut turn) = state.turn.take() else { return Vec::new() };
    // A yes to what nobody heard is a yes to something else.
    let asks = turn.needs_yes.take().filter(|_| !turn.is_unheard());
    let text = &turn.report.reply.text;
    if !text.is_blank() {
        state.said = Some((text.clone(), turn.language.clone()));
    }
    live::follow_up(state, &turn);
    let told = disclosing::heard(state, &turn);
    // The ear waits for what comes of its own words alone.
    let beside = due::is_told(&turn) && !state.exhausted;
    let mut effects = report(state, turn, at_ms);
    effects.extend(told);
    effects.extend(asks.map(Effect::Asking));
    if beside {
        state.phase = Phase::Idle;
    } else {
        effects.extend(go_on(state));
    }
    effects
}

/// Reports `turn`, to whoever asked for it too.
pub(super) fn report(state: &mut State, turn: Turn, at_ms: u64) -> Vec<Effect> {
    state.turns += 1;
    let report = turn.into_report(at_ms);
    let mut effects = live::reply_with(state, &report);
    effects.push(Effect::Report(report));
    effects
}

/// No turn: the ear goes on, or the session ends with the recordings.
pub(super) fn go_on(state: &mut State) -> Vec<Effect> {
    state.phase = Phase::Idle;
    if state.exhausted { end(state) } else { vec![Effect::Ear(EarOrder::GoOn)] }
}

pub(super) fn end(state: &mut State) -> Vec<Effect> {
    state.phase = Phase::Ended;
    vec![Effect::Exit]
}

/// A room that ends before the session does leaves the turn unanswerable, and the session with it.
fn room_closed(state: &mut State, room: Room, cause: Option<String>, at_ms: u64) -> Vec<Effect> {
    if room == Room::Listen && cause.is_none() && !state.is_live() {
        // The ear ends by itself when all recordings did; `Exhausted` came before.
        return Vec::new();
    }
    if matches!(room, Room::Key | Room::Duck) {
        // The key's ends by itself where there is no desktop; and neither is a reason to go deaf.
        return cause.map(|_| live::broke(room)).into_iter().collect();
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

/// Ends the session with `fault`, told in the current turn or in one of its own.
pub(super) fn give_up(state: &mut State, fault: Fault, at_ms: u64) -> Vec<Effect> {
    let heard = state.closing.pop_front().and_then(|hearing| hearing.ended);
    let mut turn = state.turn.take().unwrap_or_else(|| {
        let nowhere = SampleIndex::default();
        let place = heard.map(|ended| (ended.sound.source, ended.sound.span));
        state.open(place.unwrap_or_else(|| ("session".into(), nowhere..nowhere)), at_ms)
    });
    turn.fail(fault);
    let mut effects = stop_all(turn.id());
    effects.extend(report(state, turn, at_ms));
    effects.extend(end(state));
    effects
}

/// Ends all work on `turn` and those before it. The recogniser is stopped for good when the session ends.
pub(super) fn stop_all(turn: TurnId) -> Vec<Effect> {
    vec![Effect::DropAnswer, Effect::Hush(turn)]
}

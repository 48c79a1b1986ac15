//! Commit: what a finished utterance leads to.
//!
//! Enters: an utterance whose words are known, or known not to be there. Leaves: a turn, an open ear, or nothing. Never
//! here: I/O, a clock, a second reading of the words.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::{
    Meaning, due,
    event::Effect,
    hearing, machine,
    state::{Phase, State, Window},
    utterance::{Ended, Hearing, Words},
};
use crate::{
    flow::{Fault, Language, Transcript},
    play::Earcon,
    report::Notice,
    units::Words as Text,
};

/// From this score on a draft's call stands, though the whole of the utterance does not read like one. The strongest other
/// speech in four hours scored 0.58.
const CLEAR_CALL: f32 = 0.75;

/// The intent to hear once more what was said last.
const REPEAT: &str = "repeat";

/// Acts on a finished utterance.
pub(super) fn commit(state: &mut State, hearing: Hearing, at_ms: u64) -> Vec<Effect> {
    let for_us = hearing.is_for_us();
    let called = hearing.is_called() || is_awaited(state);
    let Some(ended) = hearing.ended else { return Vec::new() };
    let called = called || ended.is_typed();
    let clear = hearing.woken.filter(|woken| woken.score >= CLEAR_CALL);
    let began = state.last;
    let effects = match hearing.words {
        Words::Understood(transcript, meaning) => {
            // Whoever called clearly is asked for the command, where its words and the call with them became unreadable.
            let meaning = match (meaning, clear) {
                (Meaning::NotAddressed, Some(woken)) => Meaning::WakePhraseAlone(woken),
                (meaning, _) => meaning,
            };
            meant(state, ended, transcript, meaning, called)
        }
        // Behind a wake phrase, sound that is no speech was simply not meant for us. After a reply it need not have been.
        Words::Failed(fault) if for_us && called => misheard(state, ended, fault),
        Words::Failed(_) | Words::None | Words::Asked(_) | Words::Read(..) => go_on(state),
    };
    if let Some(turn) = state.turn.as_mut().filter(|turn| turn.id() > began) {
        turn.read_at(at_ms);
    }
    effects
}

/// Whether the user is known to be talking to Mynah: headless without a wake phrase, or called and waiting.
fn is_awaited(state: &State) -> bool {
    !state.plan.wake || state.window.as_ref().is_some_and(|window| window.called)
}

fn meant(
    state: &mut State,
    ended: Ended,
    transcript: Transcript,
    meaning: Meaning,
    called: bool,
) -> Vec<Effect> {
    match meaning {
        Meaning::Command { intent, more, words, .. } => {
            let at = if ended.is_typed() { state.ear.now } else { ended.sound.span.start };
            let at_ms = ended.at_ms;
            let mut effects = open(state, ended, &transcript);
            if let Some(turn) = state.turn.as_mut() {
                turn.understood(&intent, &more);
                let again = state.said.clone().filter(|_| intent.name == REPEAT && more.is_empty());
                if let Some((words, language)) = again {
                    effects.extend(say_again(state, words, language, at_ms));
                    return effects;
                }
                let (language, intents) = (transcript.language, [vec![intent], more].concat());
                effects.push(Effect::Perform { turn: turn.id(), intents, at, words, language });
            }
            effects
        }
        Meaning::Question { words, .. } => {
            let mut effects = open(state, ended, &transcript);
            if state.is_live() {
                effects.push(Effect::Chime(Earcon::Heard));
            }
            effects.push(Effect::Ask { turn: state.last, words, language: transcript.language });
            effects
        }
        // Who typed waits for an answer, though there is nothing to say.
        Meaning::WakePhraseAlone(_) | Meaning::NotAddressed | Meaning::OwnWords | Meaning::Stop
            if ended.is_typed() && state.is_live() =>
        {
            let at_ms = ended.at_ms;
            let mut effects = open(state, ended, &transcript);
            if let Some(turn) = state.turn.as_mut() {
                turn.answer_is_complete();
            }
            state.phase = Phase::Saying;
            effects.extend(machine::proceed(state, Vec::new(), at_ms));
            effects
        }
        Meaning::WakePhraseAlone(_) => listen(state, &ended),
        Meaning::Stop => {
            let mut effects = cut(state, ended.at_ms);
            state.window = None;
            effects.extend(go_on(state));
            effects
        }
        Meaning::Broken(fault) if called => misheard(state, ended, fault),
        Meaning::NotAddressed | Meaning::OwnWords | Meaning::Broken(_) => go_on(state),
    }
}

/// Says what was said last once more, in the turn that asks for it.
fn say_again(state: &mut State, words: Text, language: Language, at_ms: u64) -> Vec<Effect> {
    if let Some(turn) = state.turn.as_mut() {
        turn.report.route.reason = format!("{REPEAT} is answered on this device; no words left it");
        turn.language = language;
        let sentence = turn.sentence(0, words);
        turn.say(sentence, at_ms);
        turn.answer_is_complete();
    }
    state.phase = Phase::Saying;
    machine::proceed(state, Vec::new(), at_ms)
}

/// Opens a turn for `transcript`, cutting off the one before.
fn open(state: &mut State, ended: Ended, transcript: &Transcript) -> Vec<Effect> {
    let mut effects = begin(state, ended);
    if let Some(turn) = state.turn.as_mut() {
        turn.heard(transcript);
        if state.plan.live.is_some() {
            let (turn, text) = (turn.id(), transcript.words.clone());
            effects.push(Effect::Tell(Notice::Transcript { turn, text }));
        }
    }
    effects
}

/// A turn that only says that nothing was understood.
fn misheard(state: &mut State, ended: Ended, fault: Fault) -> Vec<Effect> {
    let at_ms = ended.at_ms;
    let mut effects = begin(state, ended);
    effects.extend(machine::apologise(state, fault, 0, at_ms));
    effects
}

fn begin(state: &mut State, ended: Ended) -> Vec<Effect> {
    let effects = cut(state, ended.at_ms);
    let Ended { sound, silence_ms, at_ms } = ended;
    let mut turn = state.open((sound.source, sound.span), at_ms);
    turn.report.ms.endpoint = silence_ms;
    state.turn = Some(turn);
    state.phase = Phase::Asking;
    state.addressed = true;
    state.window = None;
    effects
}

/// Called by name: what begins soon is meant for us.
fn listen(state: &mut State, ended: &Ended) -> Vec<Effect> {
    let mut effects = cut(state, ended.at_ms);
    let (source, span) = (ended.sound.source.clone(), ended.sound.span.clone());
    // A live ear has heard on while the words were read.
    let from = span.end.max(state.ear.now);
    let until = State::until(from, state.plan.follow_up_ms);
    state.window = Some(Window { source, span, until, called: true });
    state.addressed = true;
    if state.is_live() {
        effects.push(Effect::Chime(Earcon::Woken));
    }
    effects.extend(hearing::called(state));
    effects.extend(go_on(state));
    effects
}

/// Gives up the oldest utterance that waits for the recogniser, which cannot keep up, and says so.
pub(super) fn give_up_oldest(state: &mut State, at_ms: u64) -> Vec<Effect> {
    let Some(mut oldest) = state.closing.pop_front() else { return Vec::new() };
    let for_us = oldest.is_for_us();
    let mut effects: Vec<Effect> = oldest.give_up_reading().map(Effect::AbortReading).into_iter().collect();
    let fault = Fault {
        kind: "too_slow",
        message: "what was said could not be transcribed in time".into(),
        remedy: "use a smaller model (`mynah models list`), or give the machine less else to do".into(),
    };
    match oldest.ended {
        // Beside another turn its report would come out of order.
        Some(ended) if for_us && state.turn.is_none() => {
            let mut turn = state.open((ended.sound.source, ended.sound.span), ended.at_ms);
            turn.fail(fault);
            effects.extend(machine::report(state, turn, at_ms));
        }
        // It may have been anybody's.
        Some(_) | None => effects.push(Effect::Tell(Notice::Trouble(fault))),
    }
    effects
}

/// Cuts the current turn off, if there is one: it is silenced and reported with what was said of it.
pub(super) fn cut(state: &mut State, at_ms: u64) -> Vec<Effect> {
    let Some(turn) = state.turn.take() else { return Vec::new() };
    let id = turn.id();
    let mut effects = vec![Effect::Hush(id), Effect::DropAnswer, Effect::Tell(Notice::BargeIn { turn: id })];
    effects.extend(due::is_told(&turn).then_some(Effect::Heed));
    effects.extend(machine::report(state, turn, at_ms));
    state.phase = Phase::Idle;
    effects
}

/// Says `words` as they stand, in their language, as a turn of `source`.
pub(super) fn say(
    state: &mut State,
    source: &str,
    (words, language): (Text, Language),
    at_ms: u64,
) -> Vec<Effect> {
    let nowhere = crate::units::SampleIndex::default();
    let mut turn = state.open((source.into(), nowhere..nowhere), at_ms);
    turn.language = language;
    let sentence = turn.sentence(0, words);
    turn.say(sentence, at_ms);
    turn.answer_is_complete();
    state.turn = Some(turn);
    state.phase = Phase::Saying;
    machine::proceed(state, Vec::new(), at_ms)
}

/// Nothing came of it: the ear goes on.
fn go_on(state: &mut State) -> Vec<Effect> {
    if state.turn.is_some() { Vec::new() } else { machine::go_on(state) }
}

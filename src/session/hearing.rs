//! Hearing: an utterance from its first sound until it is known what it means.
//!
//! Enters: the gate's events and the recogniser's drafts, as the machine passes them on. Leaves: effects, and the meaning
//! of a finished utterance for [`super::commit`]. A draft is read at the first silence, so that at the endpoint the words
//! are there; what it means sets how long the silence has to be. Never here: I/O, a clock, a turn's answer.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use std::sync::Arc;

use super::{
    Meaning, commit,
    event::{EarOrder, Effect, ReadingId, Sound},
    glimpse,
    meaning::Need,
    state::State,
    utterance::{Ended, Hearing, Words},
};
use crate::{
    flow::{Fault, Language, Transcript, Utterance},
    report::Notice,
    understand::Completeness,
    units::{Probability, SampleIndex, Words as Text, length_u64},
};

/// Longer utterances are not read before they end, in samples: 10 s. Reading all so far at each pause would cost more
/// than it gains, and a command is shorter.
const LONGEST_DRAFT: u64 = 160_000;

/// Utterances that may wait for the recogniser; more means it cannot keep up, and the oldest is given up.
const CLOSING: usize = 4;

/// Mynah's own voice in at least this share of an utterance: what was heard may be itself. A user who repeats its words
/// while their last echo fades has less.
const OWN_VOICE: f32 = 0.3;

/// Somebody began to speak.
pub(super) fn began(state: &mut State, source: &Arc<str>, at: SampleIndex) -> Vec<Effect> {
    let by_key = state.key_down;
    let need = if by_key {
        Need::Nothing
    } else if state.is_live() && state.turn.is_some() {
        Need::WakePhraseOrStop
    } else if state.is_open_to(source, at) {
        Need::Nothing
    } else {
        Need::WakePhrase
    };
    state.hearing = Some(Hearing { by_key, ..Hearing::new(at, need) });
    Vec::new()
}

/// A first silence: reads what was said so far.
pub(super) fn paused(state: &mut State, sound: Sound) -> Vec<Effect> {
    let Some(hearing) = state.hearing.as_mut() else { return vec![Effect::Ear(EarOrder::GoOn)] };
    hearing.in_pause = true;
    let sound = hearing.unjudged(sound);
    hearing.asked_until = sound.span.end;
    let (spent, asked) = (hearing.spent, hearing.give_up_reading());
    let mut effects: Vec<Effect> = asked.and_then(|reading| stop(state, reading)).into_iter().collect();
    if spent || length_u64(sound.pcm.len()) > LONGEST_DRAFT {
        effects.push(Effect::Ear(EarOrder::GoOn));
    } else {
        effects.push(ask(state, sound));
    }
    effects
}

/// Speech goes on: the draft is void.
pub(super) fn resumed(state: &mut State) -> Vec<Effect> {
    let usual = state.plan.patience.usual_ms;
    let Some(hearing) = state.hearing.as_mut() else { return Vec::new() };
    hearing.in_pause = false;
    let asked = hearing.give_up_reading();
    let mut effects: Vec<Effect> = asked.and_then(|reading| stop(state, reading)).into_iter().collect();
    effects.push(Effect::Ear(EarOrder::Patience(usual)));
    effects
}

/// Somebody talks on without a pause: looks for the wake phrase in it, or shows what was said so far.
pub(super) fn goes_on(state: &mut State, sound: Sound) -> Vec<Effect> {
    let wanted = state.hearing.as_ref().is_some_and(|hearing| {
        let idle = matches!(hearing.words, Words::None | Words::Failed(_) | Words::Understood(..));
        let of_use = hearing.need != Need::Nothing || state.is_live();
        idle && of_use && !hearing.spent && length_u64(sound.pcm.len()) <= LONGEST_DRAFT
    });
    if !wanted {
        return vec![Effect::Ear(EarOrder::GoOn)];
    }
    let from = sound.span.start;
    if let Some(hearing) = state.hearing.as_mut()
        && hearing.woken.is_none()
        && hearing.need != Need::Nothing
        && from > hearing.at
    {
        // Behind other words; where the phrase is found, the utterance begins anew there.
        (hearing.anywhere, hearing.behind, hearing.at) = (true, true, from);
    }
    vec![ask(state, sound)]
}

/// The utterance ended; its words may be there already.
pub(super) fn ended(state: &mut State, ended: Ended, as_paused: bool) -> Vec<Effect> {
    let (engaged, at_ms) = (state.window.is_some(), ended.at_ms);
    let Some(mut hearing) = state.hearing.take() else { return vec![Effect::Ear(EarOrder::GoOn)] };
    if hearing.spent {
        return vec![Effect::Ear(EarOrder::GoOn)];
    }
    let mut effects = Vec::new();
    // A reply that ended meanwhile leaves words that are the user's own: they may follow it up.
    if hearing.need == Need::WakePhraseOrStop
        && state.turn.is_none()
        && engaged
        && ended.sound.own.get() < OWN_VOICE
    {
        effects.extend(admit(state, &mut hearing));
    }
    let sound = ended.sound.clone();
    hearing.over_own_voice = sound.own.get() >= OWN_VOICE;
    hearing.ended = Some(ended);
    let reading = match &hearing.words {
        Words::Asked(_) | Words::Read(..) | Words::Understood(..) | Words::Failed(_) if as_paused => None,
        Words::Asked(reading) => Some(Some(*reading)),
        Words::None | Words::Read(..) | Words::Understood(..) | Words::Failed(_) => Some(None),
    };
    match reading {
        None => {}
        Some(stale) => {
            effects.extend(stale.and_then(|stale| stop(state, stale)));
            let reading = state.next_reading();
            hearing.words = Words::Asked(reading);
            let sound = hearing.unjudged(sound);
            effects.push(transcribe(state, reading, sound, hearing.is_for_wake()));
        }
    }
    if !hearing.is_known() && state.closing.len() >= CLOSING {
        effects.extend(commit::give_up_oldest(state, at_ms));
    }
    state.closing.push_back(hearing);
    effects.extend(commit_known(state, at_ms));
    effects
}

/// What had begun was no speech.
pub(super) fn dropped(state: &mut State) -> Vec<Effect> {
    let asked = state.hearing.take().and_then(|mut hearing| hearing.give_up_reading());
    asked.and_then(|reading| stop(state, reading)).into_iter().collect()
}

/// The user called, and perhaps went on before that was known: what was said since is meant for Mynah.
pub(super) fn called(state: &mut State) -> Vec<Effect> {
    let (mut open, mut closing) = (state.hearing.take(), std::mem::take(&mut state.closing));
    let mut effects = Vec::new();
    for hearing in closing.iter_mut().chain(&mut open) {
        if !hearing.spent && !hearing.is_for_us() {
            effects.extend(admit(state, hearing));
        }
    }
    (state.hearing, state.closing) = (open, closing);
    effects
}

/// What was said is not to be answered any more. Typed words have somebody who waits for their answer.
pub(super) fn forget(state: &mut State) -> Vec<Effect> {
    if let Some(hearing) = state.hearing.as_mut().filter(|hearing| hearing.is_for_us()) {
        hearing.spent = true;
    }
    let is_typed = |hearing: &Hearing| hearing.ended.as_ref().is_some_and(Ended::is_typed);
    let (typed, said) = std::mem::take(&mut state.closing).into_iter().partition::<Vec<_>, _>(is_typed);
    state.closing = typed.into();
    said.into_iter().filter_map(|mut hearing| hearing.give_up_reading()).map(Effect::AbortReading).collect()
}

/// `hearing` is meant for Mynah after all. What was read of it without that being known has to be understood anew, and
/// read anew where it was read for the wake phrase alone.
fn admit(state: &mut State, hearing: &mut Hearing) -> Option<Effect> {
    let for_wake = hearing.is_for_wake();
    hearing.need = Need::Nothing;
    hearing.anywhere = false;
    let words = std::mem::replace(&mut hearing.words, Words::None);
    if for_wake {
        // An open one is read when it ends.
        let Some(ended) = &hearing.ended else { return None };
        let reading = state.next_reading();
        hearing.words = Words::Asked(reading);
        return Some(transcribe(state, reading, ended.sound.clone(), false));
    }
    match words {
        Words::Understood(transcript, _) => {
            let reading = state.next_reading();
            let listening = hearing.listening();
            hearing.words = Words::Read(reading, transcript.clone());
            Some(Effect::Understand { reading, transcript, listening })
        }
        Words::None | Words::Asked(_) | Words::Read(..) | Words::Failed(_) => {
            hearing.words = words;
            None
        }
    }
}

/// Words were typed: an utterance that is over and read.
pub(super) fn typed(state: &mut State, words: Text, language: Language, at_ms: u64) -> Vec<Effect> {
    let nowhere = SampleIndex::default();
    let reading = state.next_reading();
    let transcript =
        Transcript { turn: state.last.next(), words, language, confidence: Probability::ONE, wake: None };
    let sound =
        Sound { source: "text".into(), span: nowhere..nowhere, pcm: Arc::from([]), own: Probability::ZERO };
    let hearing = Hearing {
        words: Words::Read(reading, transcript.clone()),
        ended: Some(Ended { sound, silence_ms: None, at_ms }),
        // Typed while the microphone was there.
        ..Hearing::new(state.ear.now, Need::Nothing)
    };
    let listening = hearing.listening();
    state.closing.push_back(hearing);
    vec![Effect::Understand { reading, transcript, listening }]
}

/// The recogniser is done with a reading.
pub(super) fn read(
    state: &mut State,
    reading: ReadingId,
    result: Result<Transcript, Fault>,
    at_ms: u64,
) -> Vec<Effect> {
    let Some(hearing) = find(state, reading) else { return Vec::new() };
    match result {
        Ok(transcript) => {
            let listening = hearing.listening();
            hearing.words = Words::Read(reading, transcript.clone());
            vec![Effect::Understand { reading, transcript, listening }]
        }
        Err(fault) => {
            hearing.words = Words::Failed(fault);
            // A glimpse that shows nothing says nothing; a pause does.
            hearing.withholds &= std::mem::take(&mut hearing.glimpse);
            // Half a word reads badly: whoever talks to us may not have finished.
            let for_us = hearing.is_for_us();
            settle(state, if for_us { Completeness::Unfinished } else { Completeness::Usual }, at_ms)
        }
    }
}

/// What the words of a reading mean.
pub(super) fn understood(state: &mut State, reading: ReadingId, meaning: Meaning, at_ms: u64) -> Vec<Effect> {
    let live = state.is_live();
    let Some(hearing) = find(state, reading) else { return Vec::new() };
    let Words::Read(_, transcript) = std::mem::replace(&mut hearing.words, Words::None) else {
        return Vec::new();
    };
    if hearing.ended.is_none() && !glimpse::tells(hearing, &transcript, &meaning) {
        return Vec::new();
    }
    let text = transcript.words.clone();
    let (completeness, woken) = match &meaning {
        Meaning::Command { completeness, woken, .. } | Meaning::Question { completeness, woken, .. } => {
            (*completeness, woken.clone())
        }
        Meaning::WakePhraseAlone(woken) => (Completeness::Complete, Some(woken.clone())),
        Meaning::Stop => (Completeness::Complete, None),
        Meaning::NotAddressed | Meaning::OwnWords | Meaning::Broken(_) => (Completeness::Usual, None),
    };
    let stop = meaning == Meaning::Stop;
    hearing.words = Words::Understood(transcript, meaning);
    let mut effects = Vec::new();
    let open = hearing.ended.is_none();
    let newly = woken.is_some() && hearing.woken.is_none();
    if let Some(woken) = woken.filter(|_| newly) {
        if open && hearing.behind {
            effects.push(Effect::Ear(EarOrder::DropBefore(hearing.at)));
        }
        if open || live {
            effects.push(Effect::Tell(Notice::Woken { phrase: woken.phrase.clone(), score: woken.score }));
        }
        hearing.woken = Some(woken);
    }
    if open {
        if hearing.woken.is_none() && hearing.in_pause {
            hearing.judged_until = Some(hearing.asked_until);
        }
        hearing.spent |= stop;
        let for_us = hearing.is_for_us();
        // Whoever calls or says stop is not to wait for the end of his own words.
        if (newly || stop) && state.turn.is_some() && state.is_live() {
            effects.extend(commit::cut(state, at_ms));
        }
        if for_us && state.is_live() {
            effects.push(Effect::Tell(Notice::Partial { turn: state.last.next(), text }));
        }
    }
    effects.extend(settle(state, completeness, at_ms));
    effects
}

/// After a reading: finished utterances are committed in order; for one that is still open, the ear is told how long a
/// silence ends it, and goes on.
fn settle(state: &mut State, completeness: Completeness, at_ms: u64) -> Vec<Effect> {
    let mut effects = commit_known(state, at_ms);
    if let Some(hearing) = state.hearing.as_ref().filter(|hearing| hearing.is_known()) {
        let patience = state.plan.patience;
        let ms = match completeness {
            Completeness::Complete => patience.finished_ms,
            Completeness::Usual => patience.usual_ms,
            Completeness::Unfinished => patience.unfinished_ms,
        };
        // Where somebody still talks, the words so far say nothing of the pause to come.
        effects.extend(hearing.in_pause.then_some(Effect::Ear(EarOrder::Patience(ms))));
        effects.push(Effect::Ear(EarOrder::GoOn));
    }
    effects
}

/// Commits finished utterances in order, as far as it is known what they mean. Whoever uses the key is not talked over:
/// what was said before waits until their words are known too, and is done then.
pub(super) fn commit_known(state: &mut State, at_ms: u64) -> Vec<Effect> {
    let mut effects = Vec::new();
    let unread = |hearing: &Hearing| hearing.by_key && !hearing.is_known();
    while !state.key_down
        && !state.hearing.iter().chain(&state.closing).any(unread)
        && state.closing.front().is_some_and(Hearing::is_known)
        && let Some(known) = state.closing.pop_front()
    {
        effects.extend(commit::commit(state, known, at_ms));
    }
    effects
}

fn find(state: &mut State, reading: ReadingId) -> Option<&mut Hearing> {
    state.hearing.iter_mut().chain(&mut state.closing).find(|hearing| hearing.is_read_by(reading))
}

/// Stops `reading`. That stops those before it too, so one that is still wanted is waited for.
fn stop(state: &State, reading: ReadingId) -> Option<Effect> {
    let wanted = |hearing: &Hearing| matches!(hearing.words, Words::Asked(earlier) if earlier < reading);
    (!state.closing.iter().any(wanted)).then_some(Effect::AbortReading(reading))
}

/// Asks for a reading of `sound` for the utterance that is open.
pub(super) fn ask(state: &mut State, sound: Sound) -> Effect {
    let reading = state.next_reading();
    let mut for_wake = false;
    if let Some(hearing) = state.hearing.as_mut() {
        hearing.over_own_voice = sound.own.get() >= OWN_VOICE;
        hearing.glimpse = false;
        hearing.words = Words::Asked(reading);
        for_wake = hearing.is_for_wake();
    }
    transcribe(state, reading, sound, for_wake)
}

fn transcribe(state: &State, reading: ReadingId, sound: Sound, for_wake: bool) -> Effect {
    let utterance = Utterance { turn: state.last.next(), span: sound.span, pcm: sound.pcm, for_wake };
    Effect::Transcribe { reading, utterance }
}

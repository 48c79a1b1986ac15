//! Live: what a microphone, a key and other programs tell, and what they are told.
//!
//! Enters: levels, device news, commands, as the machine passes them on. Leaves: effects. Never here: I/O, a clock; the
//! time in which a follow-up needs no wake phrase is counted in samples of the microphone.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::{
    command::{Answer, Command},
    commit, due,
    event::{EarOrder, Effect, Room, Stance},
    hearing, machine,
    state::{Phase, State, Window},
    turn::Turn,
    utterance::Hearing,
};
use crate::{
    flow::{Fault, Language},
    key::{KeyEdge, KeyEvent, KeyNews, PttInput},
    play::Earcon,
    report::{Notice, Presence, Status, TurnReport},
    source::DeviceNews,
    units::{Dbfs, SampleIndex},
};

/// Commands that may wait for a turn to end.
const WAITING: usize = 8;

/// The name of the live source in reports.
pub(super) const MICROPHONE: &str = "microphone";

/// How loud it is, and how far was heard: closes the window in time.
pub(super) fn level(state: &mut State, at: SampleIndex, level: Dbfs, speech: bool) -> Vec<Effect> {
    state.ear.now = at;
    let mut effects = vec![Effect::Tell(Notice::Level { dbfs: level.0, speech })];
    let over = state.window.as_ref().is_some_and(|window| window.until < at);
    if over && state.hearing.is_none() && state.closing.is_empty() {
        // Who called and then said nothing learns that nobody waits any more.
        let called = state.window.take().is_some_and(|window| window.called);
        effects.extend(called.then_some(Effect::Chime(Earcon::Done)));
    }
    effects
}

/// Tells the ear whether somebody talks to Mynah, and the voice whether somebody else speaks: what follows from how the
/// session stands, so that neither outlasts its cause.
pub(super) fn attend(state: &mut State) -> Vec<Effect> {
    let called = state.hearing.iter().chain(&state.closing).any(Hearing::is_called);
    let talking = state.is_live()
        && (state.key_down
            || state.window.is_some()
            || state.turn.as_ref().is_some_and(|turn| &*turn.place.0 == MICROPHONE));
    let over_reply = state
        .hearing
        .as_ref()
        .filter(|hearing| state.plan.live.is_some() && state.turn.is_some() && hearing.is_over_reply());
    let stance = match over_reply {
        None => Stance::Forward,
        Some(hearing) if hearing.withholds => Stance::Withheld,
        Some(_) => Stance::Back,
    };
    let mut effects = Vec::new();
    if std::mem::replace(&mut state.engaged, called || talking) != state.engaged {
        effects.push(Effect::Ear(EarOrder::Engage(state.engaged)));
    }
    // The reply steps back while somebody seems to speak; if it was nothing, it comes forward again.
    if std::mem::replace(&mut state.stance, stance) != stance {
        effects.push(Effect::Duck(stance));
    }
    effects
}

/// What became of the microphone.
pub(super) fn microphone(state: &mut State, news: DeviceNews) -> Vec<Effect> {
    let message = match news {
        DeviceNews::Ready { name, rate, because } => {
            state.ear.ready = true;
            state.ear.name = Some(name);
            because.unwrap_or_else(|| format!("ready, {rate} Hz"))
        }
        DeviceNews::Lost(fault) => {
            state.ear.ready = true;
            state.ear.name = None;
            forget(state);
            return vec![Effect::Chime(Earcon::Failed), Effect::Tell(Notice::Trouble(fault))];
        }
        DeviceNews::Muted => {
            state.ear.name = None;
            "muted".into()
        }
        DeviceNews::Overrun { samples } => {
            state.ear.lost = state.ear.lost.saturating_add(samples);
            format!("{} ms of sound were lost: the machine is too busy", SampleIndex(samples).ms())
        }
    };
    vec![Effect::Tell(Notice::Microphone { device: state.ear.name.clone(), message })]
}

/// The hotkey moved, or how it stands with it.
pub(super) fn key(state: &State, event: KeyEvent) -> Vec<Effect> {
    let notice = match event {
        KeyEvent::Edge(KeyEdge::Pressed) if no_ear(state).is_some() => {
            return vec![Effect::Chime(Earcon::Failed)];
        }
        KeyEvent::Edge(edge) => return vec![Effect::Ear(EarOrder::Key(PttInput::Key(edge)))],
        KeyEvent::News(KeyNews::Ready { via, trigger }) => {
            Notice::HotKey { message: format!("push-to-talk: {trigger}, through {}", via.name()) }
        }
        KeyEvent::News(KeyNews::Unavailable(fault)) => Notice::Trouble(fault),
    };
    vec![Effect::Tell(notice)]
}

/// A room that the session can do without broke.
pub(super) fn broke(room: Room) -> Effect {
    Effect::Tell(Notice::Trouble(Fault {
        kind: "room_died",
        message: format!("the {} thread ended; the place in the program is on standard error", room.name()),
        remedy: "what it did is missing until Mynah is started again; report it with that line".into(),
    }))
}

/// Whether there is a talk with the user.
pub(super) const fn is_attentive(presence: Presence) -> bool {
    match presence {
        Presence::Listening | Presence::Hearing | Presence::Thinking | Presence::Speaking => true,
        Presence::Starting | Presence::Asleep | Presence::Muted | Presence::Deaf | Presence::Ending => false,
    }
}

/// What was half heard cannot be completed any more.
fn forget(state: &mut State) {
    state.hearing = None;
    state.key_down = false;
    state.window = None;
}

/// A key, another program or the user at a terminal asks for something.
pub(super) fn asked(state: &mut State, request: u64, command: Command, at_ms: u64) -> Vec<Effect> {
    let mut effects = match command {
        Command::Status => return vec![reply(request, Answer::Status(Box::new(status(state, at_ms))))],
        Command::Ask(_) | Command::Say(_) => return wait(state, request, command),
        Command::Press => return told_to_talk(state, request, PttInput::Press),
        Command::Release => return told_to_talk(state, request, PttInput::Release),
        Command::Toggle => return told_to_talk(state, request, PttInput::Toggle),
        Command::Stop => {
            let mut effects: Vec<Effect> =
                state.waiting.drain(..).map(|(request, _)| stopped(request)).collect();
            effects.extend(commit::cut(state, at_ms));
            effects.extend(hearing::forget(state));
            effects.extend(state.request.take().map(stopped));
            state.window = None;
            state.due.clear();
            effects.push(Effect::Heed);
            effects
        }
        Command::Mute => {
            state.ear.muted = true;
            forget(state);
            vec![Effect::Ear(EarOrder::Mute(true))]
        }
        Command::Unmute => {
            state.ear.muted = false;
            // It is not known yet how it stands.
            state.ear.ready = false;
            vec![Effect::Ear(EarOrder::Mute(false))]
        }
        Command::Moved => {
            // Before all that waits: by the old rules nothing would be sent.
            if !state.waiting.iter().any(|(_, waiting)| *waiting == Command::Moved) {
                state.waiting.push_front((request, Command::Moved));
            }
            return Vec::new();
        }
        Command::Reload | Command::Quit => {
            // Whoever started the session reads the settings anew and starts another.
            state.restart = command == Command::Reload;
            let mut effects = vec![reply(request, Answer::Done)];
            effects.extend(interrupted(state, at_ms));
            return effects;
        }
    };
    effects.push(reply(request, Answer::Done));
    effects
}

/// Push-to-talk began or ended: no wake phrase is needed meanwhile, and what is being said is cut off. Where it `stays`
/// open by itself, a sound tells that it is.
pub(super) fn talk(state: &mut State, open: bool, stays: bool, at_ms: u64) -> Vec<Effect> {
    if open == state.key_down {
        return Vec::new();
    }
    state.key_down = open;
    if !open {
        return Vec::new();
    }
    let mut effects = commit::cut(state, at_ms);
    effects.extend(stays.then_some(Effect::Chime(Earcon::Listening)));
    effects
}

/// A program presses the key.
fn told_to_talk(state: &State, request: u64, input: PttInput) -> Vec<Effect> {
    match no_ear(state) {
        Some(fault) => vec![Effect::Reply { request, answer: Err(fault) }],
        None => vec![Effect::Ear(EarOrder::Key(input)), reply(request, Answer::Done)],
    }
}

/// Why the key is of no use now, if so.
fn no_ear(state: &State) -> Option<Fault> {
    let (message, remedy) = if state.ear.muted {
        ("the microphone is muted", "run `mynah unmute` first")
    } else if state.ear.ready && state.ear.name.is_none() {
        ("there is no microphone", "connect it, or run `mynah doctor`")
    } else {
        return None;
    };
    Some(Fault { kind: "not_listening", message: message.into(), remedy: remedy.into() })
}

/// Puts a command behind those that wait.
fn wait(state: &mut State, request: u64, command: Command) -> Vec<Effect> {
    if state.waiting.len() < WAITING {
        state.waiting.push_back((request, command));
        return Vec::new();
    }
    let fault = Fault {
        kind: "busy",
        message: format!("{WAITING} requests wait already"),
        remedy: "wait for one of them to be answered, or run `mynah stop` to drop them".into(),
    };
    vec![Effect::Reply { request, answer: Err(fault) }]
}

/// Begins with what waits, where nothing is going on. What was said before is answered before: two at once would cut each
/// other off. Whoever called is heard out before.
pub(super) fn next_waiting(state: &mut State, at_ms: u64) -> Vec<Effect> {
    let called = state.window.as_ref().is_some_and(|window| window.called);
    let talked_to =
        called || state.key_down || state.hearing.iter().any(Hearing::is_for_us) || !state.closing.is_empty();
    if state.phase != Phase::Idle || state.turn.is_some() || talked_to {
        return Vec::new();
    }
    if let Some(effects) = due::tell(state, at_ms) {
        return effects;
    }
    let Some((request, command)) = state.waiting.pop_front() else { return Vec::new() };
    if command == Command::Moved {
        return asked(state, request, Command::Reload, at_ms);
    }
    state.request = Some(request);
    match command {
        Command::Ask(words) => {
            let language = Language::of_text(words.as_str());
            hearing::typed(state, words, language, at_ms)
        }
        Command::Say(words) => {
            let language = Language::of_text(words.as_str());
            commit::say(state, "say", (words, language), at_ms)
        }
        Command::Status
        | Command::Press
        | Command::Release
        | Command::Toggle
        | Command::Reload
        | Command::Moved
        | Command::Stop
        | Command::Mute
        | Command::Unmute
        | Command::Quit => Vec::new(),
    }
}

/// Answers the request that the turn of `report` was for.
pub(super) fn reply_with(state: &mut State, report: &TurnReport) -> Vec<Effect> {
    let of_request = matches!(report.source.as_str(), "text" | "say");
    let request = if of_request { state.request.take() } else { None };
    request.map(|request| reply(request, Answer::Turn(Box::new(report.clone())))).into_iter().collect()
}

/// After a reply to what was spoken, or something due: a follow-up needs no wake phrase for a while.
pub(super) fn follow_up(state: &mut State, turn: &Turn) {
    let Some(live) = &state.plan.live else { return };
    // Whoever is asked something is waited for as after a call.
    let asked = turn.asks;
    let ms = if asked { live.after_reply_ms.max(state.plan.follow_up_ms) } else { live.after_reply_ms };
    if ms == 0 || !(&*turn.place.0 == MICROPHONE || due::is_told(turn)) {
        return;
    }
    let (end, until) = (turn.place.1, State::until(state.ear.now, ms));
    state.window = Some(Window { source: MICROPHONE.into(), span: end..end, until, called: asked });
}

/// The user wants the program to end: a recording's turn is told as interrupted, a live session just ends.
pub(super) fn interrupted(state: &mut State, at_ms: u64) -> Vec<Effect> {
    if state.is_live() {
        let mut effects = commit::cut(state, at_ms);
        effects.extend(machine::end(state));
        return effects;
    }
    let fault = Fault {
        kind: "interrupted",
        message: "stopped by the user".into(),
        remedy: "run the command again".into(),
    };
    machine::give_up(state, fault, at_ms)
}

fn stopped(request: u64) -> Effect {
    let fault = Fault {
        kind: "stopped",
        message: "it was stopped before its turn came".into(),
        remedy: "ask again".into(),
    };
    Effect::Reply { request, answer: Err(fault) }
}

fn reply(request: u64, answer: Answer) -> Effect {
    Effect::Reply { request, answer: Ok(answer) }
}

fn status(state: &State, at_ms: u64) -> Status {
    let (model, pid) =
        state.plan.live.as_ref().map_or((String::new(), 0), |live| (live.model.clone(), live.pid));
    Status {
        state: state.present(),
        muted: state.ear.muted,
        microphone: state.ear.name.clone(),
        region: state.plan.region.clone(),
        badge: state.plan.disclosing.badge().to_owned(),
        answerer: state.plan.disclosing.shown(state.answerer.as_ref()),
        model,
        turns: state.turns,
        lost_samples: state.ear.lost,
        uptime_s: at_ms / 1_000,
        pid,
        version: env!("CARGO_PKG_VERSION"),
    }
}

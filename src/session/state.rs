//! State: all that the session remembers between two events.
//!
//! Enters: a [`Plan`]. Leaves: a [`State`] that only the machine changes. Never here: a decision, a clock, I/O.

use std::{collections::VecDeque, ops::Range, sync::Arc};

use super::{
    Disclosing, Surroundings,
    command::Command,
    doing::Due,
    event::{ReadingId, Stance},
    turn::Turn,
    utterance::Hearing,
};
use crate::{
    flow::{Language, Script},
    report::{Answerer, Presence},
    units::{SAMPLES_PER_MS, SampleIndex, TurnId, Words},
};

/// How long a silence ends an utterance, ms, by what was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// A command that is complete.
    pub finished_ms: u64,
    /// A question, or nothing known yet.
    pub usual_ms: u64,
    /// Words that ask for more.
    pub unfinished_ms: u64,
}

/// What only a session with a microphone needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// After a reply: how long a follow-up needs no wake phrase, ms.
    pub after_reply_ms: u64,
    /// The speech model in use, for the status.
    pub model: String,
    /// The process's number, for the status.
    pub pid: u32,
}

/// What the session was set up for.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The region in force, for the report.
    pub region: String,
    /// Whether replies are given a voice.
    pub spoken: bool,
    /// Whether only what follows the wake phrase is answered.
    pub wake: bool,
    /// After the wake phrase alone: how long the command may take to begin, in ms of the recording.
    pub follow_up_ms: u64,
    /// How long a silence ends an utterance.
    pub patience: Patience,
    /// How the session's own Mandarin is written.
    pub script: Script,
    /// Whether what falls due is told: a session over recordings has nobody to tell it to, unless it plays days through.
    pub tells_due: bool,
    /// What the region wants users told.
    pub disclosing: Disclosing,
    /// With a microphone; `None` for recordings and typed words, which end.
    pub live: Option<Live>,
}

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No turn.
    Idle,
    /// Words are there; a skill works, or the language model has not answered yet.
    Asking,
    /// All sentences are known; voice and sink work.
    Saying,
    /// The sink completes the turn.
    Finishing,
    /// The session is over.
    Ended,
}

/// A time in which words are meant for Mynah without the wake phrase.
#[derive(Debug, Clone)]
pub(super) struct Window {
    pub(super) source: Arc<str>,
    /// What opened it: the wake phrase, or the utterance that was answered.
    pub(super) span: Range<SampleIndex>,
    /// Until where words may begin.
    pub(super) until: SampleIndex,
    /// Whether the user called and waits; else it follows a reply, and what is not understood was not meant.
    pub(super) called: bool,
}

/// The microphone, as far as told.
#[derive(Debug, Default)]
pub(super) struct Ear {
    /// Its name, while it gives sound.
    pub(super) name: Option<String>,
    /// Whether it is known how it stands: it gave sound, or cannot.
    pub(super) ready: bool,
    pub(super) muted: bool,
    /// Until where was heard.
    pub(super) now: SampleIndex,
    /// Samples lost.
    pub(super) lost: u64,
}

/// The session between two events.
#[derive(Debug)]
pub struct State {
    pub(super) plan: Plan,
    pub(super) phase: Phase,
    pub(super) turn: Option<Turn>,
    pub(super) last: TurnId,
    readings: u64,
    /// What is being said now.
    pub(super) hearing: Option<Hearing>,
    /// What was said and is still being read, in order.
    pub(super) closing: VecDeque<Hearing>,
    pub(super) window: Option<Window>,
    /// Whether the current recording addressed Mynah at all.
    pub(super) addressed: bool,
    pub(super) exhausted: bool,
    pub(super) ear: Ear,
    pub(super) key_down: bool,
    /// Whether the ear was told that somebody talks to Mynah, and how the voice was told to stand.
    pub(super) engaged: bool,
    pub(super) stance: Stance,
    /// Commands that wait for the turn to end: the request and what it asks.
    pub(super) waiting: VecDeque<(u64, Command)>,
    /// What fell due and was not told yet.
    pub(super) due: VecDeque<Due>,
    /// What of it was told last.
    pub(super) telling: Option<u64>,
    /// What was said last, to the end.
    pub(super) said: Option<(Words, Language)>,
    /// The request that the current turn answers.
    pub(super) request: Option<u64>,
    pub(super) presence: Presence,
    pub(super) turns: u64,
    /// What is around the session, once told.
    pub(super) seen: Option<Surroundings>,
    /// The language model that answered last.
    pub(super) answerer: Option<Answerer>,
    /// Whether the session ends so that another begins.
    pub(super) restart: bool,
}

impl State {
    /// The state before the first event.
    #[must_use]
    pub const fn new(plan: Plan) -> Self {
        Self {
            plan,
            phase: Phase::Idle,
            turn: None,
            last: TurnId(0),
            readings: 0,
            hearing: None,
            closing: VecDeque::new(),
            window: None,
            addressed: false,
            exhausted: false,
            ear: Ear { name: None, ready: false, muted: false, now: SampleIndex(0), lost: 0 },
            key_down: false,
            engaged: false,
            stance: Stance::Forward,
            waiting: VecDeque::new(),
            due: VecDeque::new(),
            telling: None,
            said: None,
            request: None,
            presence: Presence::Starting,
            turns: 0,
            seen: None,
            answerer: None,
            restart: false,
        }
    }

    /// Where the current turn stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// Whether the session ended so that another begins, with settings read anew.
    #[must_use]
    pub const fn wants_restart(&self) -> bool {
        self.restart
    }

    /// Until where the microphone was heard.
    #[must_use]
    pub const fn heard_until(&self) -> SampleIndex {
        self.ear.now
    }

    /// What the session is doing, as a user would say it.
    #[must_use]
    pub const fn presence(&self) -> Presence {
        self.presence
    }

    pub(super) const fn is_live(&self) -> bool {
        self.plan.live.is_some()
    }

    pub(super) fn open(&mut self, place: (Arc<str>, Range<SampleIndex>), at_ms: u64) -> Turn {
        self.last = self.last.next();
        Turn::new(self.last, place, &self.plan.region, at_ms, self.plan.spoken)
    }

    /// The current turn, if it is `turn`.
    pub(super) fn current(&mut self, turn: TurnId) -> Option<&mut Turn> {
        self.turn.as_mut().filter(|current| current.id() == turn)
    }

    pub(super) const fn next_reading(&mut self) -> ReadingId {
        self.readings += 1;
        ReadingId(self.readings)
    }

    /// Whether words that begin at `at` are meant for Mynah without the wake phrase.
    pub(super) fn is_open_to(&self, source: &Arc<str>, at: SampleIndex) -> bool {
        !self.plan.wake
            || self.window.as_ref().is_some_and(|window| window.source == *source && at <= window.until)
    }

    /// What the session is doing now.
    pub(super) fn present(&self) -> Presence {
        let heard = self.hearing.iter().any(Hearing::is_for_us);
        match (&self.turn, self.phase) {
            (_, Phase::Ended) => Presence::Ending,
            (Some(turn), _) if turn.sounded() => Presence::Speaking,
            (Some(_), _) => Presence::Thinking,
            (None, _) if !self.key_down && self.closing.iter().any(Hearing::is_for_us) => Presence::Thinking,
            (None, _) if heard => Presence::Hearing,
            (None, _) if self.key_down => Presence::Listening,
            (None, _) if self.ear.muted => Presence::Muted,
            (None, _) if self.ear.ready && self.ear.name.is_none() => Presence::Deaf,
            (None, _) if self.ear.name.is_none() => Presence::Starting,
            (None, _) if self.window.is_some() => Presence::Listening,
            (None, _) => Presence::Asleep,
        }
    }

    /// The end of a window of `ms` that begins at `from`.
    pub(super) const fn until(from: SampleIndex, ms: u64) -> SampleIndex {
        from.plus(ms.saturating_mul(SAMPLES_PER_MS))
    }
}

//! State: all that the session remembers between two events.
//!
//! Enters: a [`Plan`]. Leaves: a [`State`] that only the machine changes. Never here: a decision, a clock, I/O.

use std::{ops::Range, sync::Arc};

use super::turn::Turn;
use crate::{
    flow::Script,
    units::{SampleIndex, TurnId},
};

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
    /// How the session's own Mandarin is written.
    pub script: Script,
}

/// Where a turn stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Waiting for words.
    Idle,
    /// The recogniser works.
    Reading,
    /// The language model answers; sentences may be spoken already.
    Asking,
    /// All sentences are known; voice and sink work.
    Saying,
    /// The sink completes the turn.
    Finishing,
    /// The session is over.
    Ended,
}

/// The wake phrase alone, with the command still to come.
#[derive(Debug, Clone)]
pub(super) struct Call {
    pub(super) source: Arc<str>,
    /// Where the phrase was said.
    pub(super) span: Range<SampleIndex>,
    /// Until where a command counts as addressed.
    pub(super) until: SampleIndex,
}

impl Call {
    /// Whether what begins `at` in `source` is the command.
    pub(super) fn covers(&self, source: &Arc<str>, at: SampleIndex) -> bool {
        self.source == *source && at <= self.until
    }
}

/// The session between two events.
#[derive(Debug)]
pub struct State {
    pub(super) plan: Plan,
    pub(super) phase: Phase,
    pub(super) turn: Option<Turn>,
    pub(super) last: TurnId,
    /// After the wake phrase alone: what opens the next utterance to an answer.
    pub(super) awake: Option<Call>,
    /// Whether the current recording addressed Mynah at all.
    pub(super) addressed: bool,
    pub(super) exhausted: bool,
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
            awake: None,
            addressed: false,
            exhausted: false,
        }
    }

    /// Where the current turn stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn open(&mut self, place: (Arc<str>, Range<SampleIndex>), at_ms: u64) -> Turn {
        self.last = self.last.next();
        Turn::new(self.last, place, &self.plan.region, at_ms, self.plan.spoken)
    }

    /// The current turn, if it is `turn`.
    pub(super) fn current(&mut self, turn: TurnId) -> Option<&mut Turn> {
        self.turn.as_mut().filter(|current| current.id() == turn)
    }
}

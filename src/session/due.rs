//! Due: timers, alarms and reminders that fell due, told as soon as nobody talks.
//!
//! Enters: [`Due`]s, as the machine passes them on; the same one again until it is heeded. Leaves: turns that only say it.
//! Whoever cuts such a turn off has heeded it. Never here: a clock, what is due.

#![deny(clippy::wildcard_enum_match_arm, clippy::match_wildcard_for_single_variants)]

use super::{commit, doing::Due, event::Effect, state::State, turn::Turn};
use crate::play::Earcon;

/// What fell due and waits to be told; more than that is told as it comes again.
const WAITING: usize = 16;

/// The source of such turns in reports.
pub(super) const SOURCE: &str = "due";

/// Something fell due.
pub(super) fn fell(state: &mut State, due: Due) {
    let waits = state.due.iter().any(|waiting| waiting.id == due.id);
    let told = state.telling == Some(due.id) && state.turn.as_ref().is_some_and(is_told);
    if state.plan.tells_due && !waits && !told && state.due.len() < WAITING {
        state.due.push_back(due);
    }
}

/// Tells what waits first.
pub(super) fn tell(state: &mut State, at_ms: u64) -> Option<Vec<Effect>> {
    let due = state.due.pop_front()?;
    state.telling = Some(due.id);
    let mut effects = vec![Effect::Chime(Earcon::Due)];
    effects.extend(commit::say(state, SOURCE, (due.words, due.language), at_ms));
    Some(effects)
}

/// Whether `turn` tells of something due.
pub(super) fn is_told(turn: &Turn) -> bool {
    &*turn.place.0 == SOURCE
}

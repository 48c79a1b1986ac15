//! Options: when the gate opens and closes, in the units of a user and of the gate.
//!
//! Enters: ms. Leaves: the same, in frames and within its bounds. Never here: a decision.

use crate::{
    flow::FRAME_SAMPLES,
    units::{Probability, SAMPLES_PER_MS},
};

/// When the gate opens and closes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GateOptions {
    /// Sound kept from before the first voiced frame, in ms; 0..=1000, default 300.
    pub pre_roll_ms: u64,
    /// Silence after which [`GateEvent::Paused`](super::GateEvent::Paused) is given, in ms, and as much of it is kept at the end of an utterance;
    /// 80..=`hangover_ms`, default 160.
    pub pause_ms: u64,
    /// Silence that ends an utterance, in ms; 200..=3000, default 600.
    pub hangover_ms: u64,
    /// The longest utterance, in ms; 2000..=60000, default 30000, which is what Whisper takes at once.
    pub max_ms: u64,
    /// A frame at least this likely counts towards opening; default 0.65.
    pub onset: Probability,
    /// A frame at least this likely keeps the gate open; default 0.5, never above `onset`.
    pub offset: Probability,
}

impl Default for GateOptions {
    fn default() -> Self {
        Self {
            pre_roll_ms: 300,
            pause_ms: 160,
            hangover_ms: 600,
            max_ms: 30_000,
            onset: Probability::clamped(0.65),
            offset: Probability::clamped(0.5),
        }
    }
}

/// Whole frames that last at least `ms`.
pub(super) fn frames(ms: u64, lowest: u64, highest: u64) -> usize {
    let samples = ms.clamp(lowest, highest) * SAMPLES_PER_MS;
    usize::try_from(samples).unwrap_or(usize::MAX).div_ceil(FRAME_SAMPLES)
}

//! Wishes: what any thread may want of Mynah's voice while it sounds, also while no output is open.
//!
//! Enters: how loud, how far turned down, which chime. Leaves: the same, for the card's callback. Never here: a lock, a wait.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering::Relaxed};

use super::Earcon;

/// What is wished for.
#[derive(Debug)]
pub(super) struct Wishes {
    /// The gain of everything; another one is the next session's.
    pub(super) volume: f32,
    /// Bits of an `f32`: the gain of speech on top.
    duck: AtomicU32,
    /// 1 + place in [`Earcon::ALL`]; 0 for none.
    chime: AtomicU8,
}

impl Wishes {
    pub(super) fn new(volume: f32) -> Self {
        // Loudness is felt as a power of the amplitude: half way is -12 dB.
        let volume = unit(volume).powi(2);
        Self { volume, duck: AtomicU32::new(1_f32.to_bits()), chime: AtomicU8::new(0) }
    }

    pub(super) fn set_duck(&self, factor: f32) {
        self.duck.store(unit(factor).to_bits(), Relaxed);
    }

    pub(super) fn ask_chime(&self, earcon: Earcon) {
        let place = Earcon::ALL.iter().position(|one| *one == earcon).unwrap_or_default();
        self.chime.store(u8::try_from(place + 1).unwrap_or_default(), Relaxed);
    }

    /// The gain of speech that is wished for now.
    pub(super) fn duck(&self) -> f32 {
        f32::from_bits(self.duck.load(Relaxed))
    }

    /// The place in [`Earcon::ALL`] of the chime that was asked for since the last look, if one was.
    pub(super) fn take_chime(&self) -> Option<usize> {
        // A load alone where nothing is asked: the callback looks hundreds of times a second.
        let asked = if self.chime.load(Relaxed) == 0 { 0 } else { self.chime.swap(0, Relaxed) };
        usize::from(asked).checked_sub(1)
    }
}

/// Within 0..=1; NaN counts as 0.
fn unit(x: f32) -> f32 {
    if x.is_nan() { 0.0 } else { x.clamp(0.0, 1.0) }
}

//! Pace: how fast replies are spoken, as the user asked for it meanwhile.
//!
//! Enters: what a skill sets. Leaves: what the voice reads for each sentence. Never here: the setting; this is a factor on it.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering::Relaxed},
};

/// The slowest and the fastest, in percent.
const RANGE: (u8, u8) = (60, 180);

/// A pace that a skill and the voice share: percent of the one in the settings, 100 until somebody asks for another.
#[derive(Debug, Clone)]
pub struct Pace(Arc<AtomicU8>);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(AtomicU8::new(100)))
    }
}

impl Pace {
    /// Percent of the pace in the settings.
    #[must_use]
    pub fn percent(&self) -> u8 {
        self.0.load(Relaxed)
    }

    /// Sets it, within 60 to 180 percent; whether that is another than before.
    pub fn set(&self, percent: u8) -> bool {
        let percent = percent.clamp(RANGE.0, RANGE.1);
        self.0.swap(percent, Relaxed) != percent
    }
}

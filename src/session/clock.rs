//! The clock: the one place where wall time is read.
//!
//! Enters: nothing. Leaves: elapsed ms, civil time, a time stamp for the ledger. Never here: a decision; listening counts
//! samples.

use std::{fmt, sync::Arc, time::Instant};

use jiff::Zoned;

/// Measures from its own making.
#[derive(Debug, Clone, Copy)]
pub struct Clock(Instant);

impl Clock {
    /// A clock that starts now.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one reader of wall time")]
    #[expect(clippy::new_without_default, reason = "a clock that starts by default would hide when")]
    pub fn new() -> Self {
        Self(Instant::now())
    }

    /// Whole ms since it was made.
    #[must_use]
    pub fn elapsed_ms(&self) -> u64 {
        u64::try_from(self.0.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// Where a session reads civil time: this machine's clock, or one that somebody moves by hand.
#[derive(Clone)]
pub struct Wall(Arc<dyn Fn() -> Zoned + Send + Sync>);

impl Wall {
    /// This machine's clock.
    #[must_use]
    pub fn machine() -> Self {
        Self::showing(now)
    }

    /// A clock that shows what `read` gives.
    #[must_use]
    pub fn showing(read: impl Fn() -> Zoned + Send + Sync + 'static) -> Self {
        Self(Arc::new(read))
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> Zoned {
        (self.0)()
    }

    /// The month it shows, for what policy knows to have been checked long ago.
    #[must_use]
    pub fn month(&self) -> crate::policy::Month {
        crate::policy::Month::of(self.now().date())
    }
}

impl fmt::Debug for Wall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wall").finish_non_exhaustive()
    }
}

/// Civil time where this machine stands.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one reader of civil time")]
pub fn now() -> Zoned {
    Zoned::now()
}

/// The month it is, for what policy knows to have been checked long ago.
#[must_use]
pub fn month() -> crate::policy::Month {
    crate::policy::Month::of(now().date())
}

/// UTC in RFC 3339, for the ledger.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one reader of civil time")]
pub fn time_stamp() -> String {
    jiff::Timestamp::now().to_string()
}

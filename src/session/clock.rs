//! The clock: the one place where wall time is read.
//!
//! Enters: nothing. Leaves: elapsed ms, civil time, a time stamp for the ledger. Never here: a decision; listening counts
//! samples.

use std::time::Instant;

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

/// Civil time where this machine stands.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one reader of civil time")]
pub fn now() -> jiff::Zoned {
    jiff::Zoned::now()
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

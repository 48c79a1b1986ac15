//! Beside: a look that may hang, on a thread that nobody has to wait for.
//!
//! Enters: the look. Leaves: its result, or nothing once time is up. Never here: a thread that is joined; sound libraries
//! and dead network disks may hold one for ever, and the process ends without it.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::{Receiver, sync_channel},
    time::Duration,
};

use super::Finding;
use crate::session::clock::Clock;

/// Something being looked at.
pub(super) struct Beside<T>(Option<Receiver<T>>);

impl<T: Send + 'static> Beside<T> {
    /// Starts `look` on a thread called `name`.
    pub(super) fn start(name: &str, look: impl FnOnce() -> T + Send + 'static) -> Self {
        let (send, receive) = sync_channel(1);
        let body = move || {
            if let Ok(found) = catch_unwind(AssertUnwindSafe(look)) {
                // Whoever asked may have given up waiting.
                let _ = send.send(found);
            }
        };
        #[expect(clippy::disallowed_methods, reason = "a look that hangs must not hold up the others")]
        let started = std::thread::Builder::new().name(name.to_owned()).spawn(body);
        Self(started.is_ok().then_some(receive))
    }

    /// What was found, if it is found before `clock` shows `until_ms`.
    pub(super) fn found(&self, clock: &Clock, until_ms: u64) -> Option<T> {
        let left = until_ms.saturating_sub(clock.elapsed_ms());
        self.0.as_ref()?.recv_timeout(Duration::from_millis(left)).ok()
    }
}

/// The finding for a look that did not end in time.
pub(super) fn unfinished(check: &'static str, message: &str) -> Finding {
    Finding::problem(
        check,
        message,
        "run `mynah doctor` again when the machine is less busy; if it stays so, this is what hangs",
    )
}

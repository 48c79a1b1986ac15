//! Notify: tells the service manager that Mynah is ready, what it does, and that it is alive. The one file that names
//! sd-notify.
//!
//! Enters: the session's state. Leaves: datagrams to systemd, where it asked for them; nothing anywhere else. Never here: a
//! wait (a datagram is sent or lost), words of the user's. Programs that Mynah starts get none of its environment, so
//! none of them can speak for it.

use std::time::Duration;

use crate::settings::environment::variable;

/// Tells the service manager, where there is one that listens.
#[derive(Debug, Clone)]
pub struct Notifier {
    listened_to: bool,
    fed_every: Option<Duration>,
}

impl Notifier {
    /// As the environment says: `NOTIFY_SOCKET`, `WATCHDOG_USEC`, `WATCHDOG_PID`.
    #[must_use]
    pub fn of_environment() -> Self {
        let limit = variable("WATCHDOG_USEC");
        let ours = variable("WATCHDOG_PID").is_none_or(|pid| pid == std::process::id().to_string());
        let listened_to = cfg!(target_os = "linux") && variable("NOTIFY_SOCKET").is_some();
        Self {
            listened_to,
            fed_every: limit.filter(|_| ours && listened_to).and_then(|limit| half_of(&limit)),
        }
    }

    /// How often [`Self::watchdog`] is to be called: half the time after which systemd takes Mynah for dead. `None` where
    /// nobody watches.
    #[must_use]
    pub const fn fed_every(&self) -> Option<Duration> {
        self.fed_every
    }

    /// The first sample was processed; or there is no microphone yet and it is looked for.
    pub fn ready(&self) {
        self.tell(&State::Ready);
    }

    /// What Mynah does, in a word or two, for `systemctl status`.
    pub fn status(&self, what: &str) {
        self.tell(&State::Status(what));
    }

    /// The settings are read anew; [`Self::ready`] says when that is done.
    pub fn reloading(&self) {
        self.tell(&State::Reloading);
    }

    /// Mynah is ending.
    pub fn stopping(&self) {
        self.tell(&State::Stopping);
    }

    /// The session and its ear are alive.
    pub fn watchdog(&self) {
        self.tell(&State::Watchdog);
    }

    #[cfg(target_os = "linux")]
    fn tell(&self, state: &State<'_>) {
        use sd_notify::NotifyState;

        if !self.listened_to {
            return;
        }
        let told = match state {
            State::Ready => sd_notify::notify(&[NotifyState::Ready]),
            // A line break would begin another message.
            State::Status(what) => {
                sd_notify::notify(&[NotifyState::Status(what.lines().next().unwrap_or_default())])
            }
            // systemd 253 and later want the time with it, to tell this reload from an older one.
            State::Reloading => NotifyState::monotonic_usec_now()
                .and_then(|now| sd_notify::notify(&[NotifyState::Reloading, now])),
            State::Stopping => sd_notify::notify(&[NotifyState::Stopping]),
            State::Watchdog => sd_notify::notify(&[NotifyState::Watchdog]),
        };
        if let Err(error) = told {
            tracing::debug!(%error, "the service manager was not told");
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn tell(&self, state: &State<'_>) {
        tracing::debug!(?state, listened_to = self.listened_to, "no service manager to tell");
    }
}

#[derive(Debug)]
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "read by its Debug alone"))]
enum State<'a> {
    Ready,
    Status(&'a str),
    Reloading,
    Stopping,
    Watchdog,
}

/// Half of a number of microseconds; none for what is no such number, and for no time at all.
fn half_of(limit: &str) -> Option<Duration> {
    let limit: u64 = limit.parse().ok()?;
    (limit > 1).then(|| Duration::from_micros(limit / 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_watchdog_is_fed_twice_within_its_limit() {
        assert_eq!(half_of("30000000"), Some(Duration::from_secs(15)));
        for nothing in ["0", "1", "", "-3", "soon"] {
            assert_eq!(half_of(nothing), None, "{nothing}");
        }
    }
}

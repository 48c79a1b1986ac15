//! Keyring: the system's own store of secrets, with an end to every wait.
//!
//! Enters: accounts, each an endpoint and the host that its key was given for. Leaves: keys, or why there are none. Linux
//! and the BSDs are asked over D-Bus (Secret Service: GNOME Keyring, KWallet, KeePassXC), macOS and Windows through their
//! own libraries. Never here: a dialog where nobody waits for one, a wait without an end, a key in a message.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::sync_channel,
    time::Duration,
};

use crate::egress::Secret;

#[cfg(target_os = "macos")]
mod apple;
#[cfg(any(target_os = "macos", windows, test))]
mod each;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
mod none;
#[cfg(target_os = "linux")]
mod secret_service;
#[cfg(windows)]
mod windows;

#[cfg(target_os = "macos")]
use apple as system;
#[cfg(not(any(target_os = "linux", target_os = "macos", windows)))]
use none as system;
#[cfg(target_os = "linux")]
use secret_service as system;
#[cfg(windows)]
use windows as system;

/// Under this name the keyring's own program shows what is Mynah's.
const APPLICATION: &str = "mynah";

/// Whose key it is. A key that was set for one host is not found under another. The key of what Mynah keeps goes under the
/// name "store", with the name of the key for a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Account {
    /// The endpoint's id, or "store".
    pub(super) endpoint: String,
    /// The host it was given for.
    pub(super) host: String,
}

/// How long somebody waits, and whether somebody is there to answer a dialog.
#[derive(Debug, Clone, Copy)]
pub(super) struct Patience {
    /// The end of the wait.
    pub(super) limit: Duration,
    /// Whether the keyring may ask to be unlocked.
    pub(super) may_ask: bool,
}

/// Why the keyring gave or took nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum KeyringError {
    /// This system has none, or none runs.
    #[error("there is no keyring here ({0})")]
    Absent(String),
    /// It is locked.
    #[error("the keyring is locked")]
    Locked,
    /// The user closed its dialog.
    #[error("the keyring's question was not answered")]
    Dismissed,
    /// It did not answer.
    #[error("the keyring did not answer within {} s", .0.as_secs_f32())]
    Slow(Duration),
    /// It answered with an error.
    #[error("the keyring failed ({0})")]
    Failed(String),
}

/// An account with its key, or with nothing where what is kept for it cannot be a key.
pub(super) type Found = (Account, Option<Secret>);

/// What is kept for those of `accounts` that have something.
pub(super) fn find(accounts: Vec<Account>, patience: Patience) -> Result<Vec<Found>, KeyringError> {
    in_time(patience, move || Ok(system::find(&accounts, patience)?.into_iter().map(taken).collect()))
}

fn taken((account, mut bytes): (Account, Vec<u8>)) -> Found {
    let secret = str::from_utf8(&bytes).ok().and_then(|text| Secret::new("the keyring", text).ok());
    bytes.fill(0);
    (account, secret)
}

/// Keeps `key` for `account`, in the place of an older one.
pub(super) fn keep(account: Account, key: &Secret, patience: Patience) -> Result<(), KeyringError> {
    let mut bytes = key.bytes();
    in_time(patience, move || {
        let kept = system::keep(&account, &bytes, patience);
        bytes.fill(0);
        kept
    })
}

/// Forgets every key of `endpoint` at `hosts`; whether there was one.
pub(super) fn forget(accounts: Vec<Account>, patience: Patience) -> Result<bool, KeyringError> {
    in_time(patience, move || system::forget(&accounts, patience))
}

/// `work` on a thread that nobody waits for any longer than `patience`.
fn in_time<T: Send + 'static>(
    patience: Patience,
    work: impl FnOnce() -> Result<T, KeyringError> + Send + 'static,
) -> Result<T, KeyringError> {
    let (send, receive) = sync_channel(1);
    let body = move || {
        let done = catch_unwind(AssertUnwindSafe(work));
        let done = done.unwrap_or_else(|_| Err(KeyringError::Failed("its library broke".to_owned())));
        // Whoever asked may have given up waiting.
        let _ = send.send(done);
    };
    #[expect(clippy::disallowed_methods, reason = "a keyring that hangs must not hold up the program")]
    let started = std::thread::Builder::new().name("keyring".to_owned()).spawn(body);
    started.map_err(|error| KeyringError::Failed(error.to_string()))?;
    receive.recv_timeout(patience.limit).unwrap_or(Err(KeyringError::Slow(patience.limit)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keyring_that_hangs_or_breaks_is_an_error_in_time() {
        let patience = Patience { limit: Duration::from_millis(50), may_ask: false };
        let (never, told) = std::sync::mpsc::channel::<()>();
        let hung = in_time(patience, move || told.recv().map_err(|_| KeyringError::Locked));
        assert_eq!(hung, Err(KeyringError::Slow(patience.limit)));
        drop(never);
        let patient = Patience { limit: Duration::from_secs(20), may_ask: false };
        let broke: Result<(), _> = in_time(patient, || panic!("as a library may"));
        assert_eq!(broke, Err(KeyringError::Failed("its library broke".to_owned())));
    }
}

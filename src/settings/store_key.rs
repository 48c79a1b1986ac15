//! Store key: the key of what Mynah keeps, in the system's keyring.
//!
//! Enters: the name that a file gives to its key. Leaves: the key, or in half a sentence why nobody can be asked. Never
//! here: a key in a message, a wait for a keyring that does not answer, a key in a file.

use super::{
    Settings,
    keyring::{self, Account, KeyringError, Patience},
    stored::{ATTENDED, UNATTENDED},
};
use crate::egress::Secret;

/// The keyring, as far as it holds keys of what Mynah keeps.
#[derive(Debug, Clone, Copy)]
pub struct StoreKeys {
    keyring: bool,
    patience: Patience,
}

impl Settings {
    /// The keyring for the store's key. `attended`: somebody is there who may be asked to unlock it; else every call ends
    /// within 1.5 s.
    #[must_use]
    pub const fn store_keys(&self, attended: bool) -> StoreKeys {
        StoreKeys { keyring: self.keyring, patience: if attended { ATTENDED } else { UNATTENDED } }
    }
}

impl StoreKeys {
    /// The key kept as `id`.
    ///
    /// # Errors
    /// Why nobody can be asked.
    pub fn find(&self, id: &str) -> Result<Option<Secret>, String> {
        let found = keyring::find(vec![self.account(id)?], self.patience).map_err(|error| told(&error))?;
        Ok(found.into_iter().find_map(|(_, key)| key))
    }

    /// Keeps `key` as `id`.
    ///
    /// # Errors
    /// Why it is not kept.
    pub fn keep(&self, id: &str, key: &Secret) -> Result<(), String> {
        keyring::keep(self.account(id)?, key, self.patience).map_err(|error| told(&error))
    }

    /// Forgets the key kept as `id`.
    ///
    /// # Errors
    /// Why it may still be there.
    pub fn forget(&self, id: &str) -> Result<(), String> {
        keyring::forget(vec![self.account(id)?], self.patience).map(drop).map_err(|error| told(&error))
    }

    fn account(&self, id: &str) -> Result<Account, String> {
        let account = Account { endpoint: "store".to_owned(), host: id.to_owned() };
        self.keyring.then_some(account).ok_or_else(|| "keys.store is \"file\"".to_owned())
    }
}

fn told(error: &KeyringError) -> String {
    error.to_string()
}

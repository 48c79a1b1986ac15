//! The Windows credential manager.
//!
//! Enters: accounts. Leaves: keys. Never here: a key in a message.

use keyring_core::{Entry, Error, api::CredentialStoreApi};
use windows_native_keyring_store::Store;

use super::{APPLICATION, Account, KeyringError, Patience, each};

pub(super) fn find(
    accounts: &[Account],
    _patience: Patience,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    each::find(accounts, |account| match entry(account)?.get_secret() {
        Ok(key) => Ok(Some(key)),
        Err(Error::NoEntry) => Ok(None),
        Err(error) => Err(told(&error)),
    })
}

pub(super) fn keep(account: &Account, key: &[u8], _patience: Patience) -> Result<(), KeyringError> {
    entry(account)?.set_secret(key).map_err(|error| told(&error))
}

pub(super) fn forget(accounts: &[Account], _patience: Patience) -> Result<bool, KeyringError> {
    each::forget(accounts, |account| match entry(account)?.delete_credential() {
        Ok(()) => Ok(true),
        Err(Error::NoEntry) => Ok(false),
        Err(error) => Err(told(&error)),
    })
}

fn entry(account: &Account) -> Result<Entry, KeyringError> {
    let store = Store::new().map_err(|error| told(&error))?;
    store.build(APPLICATION, &each::name(account), None).map_err(|error| told(&error))
}

fn told(error: &Error) -> KeyringError {
    match error {
        Error::NoStorageAccess(_) => KeyringError::Locked,
        // The library's words may hold the secret.
        _ => KeyringError::Failed("the credential manager refused".to_owned()),
    }
}

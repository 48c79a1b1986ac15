//! The Windows credential manager.
//!
//! Enters: accounts. Leaves: keys. Never here: a key in a message.

use keyring_core::{Entry, Error, api::CredentialStoreApi};
use windows_native_keyring_store::Store;

use super::{APPLICATION, Account, KeyringError, Patience};

pub(super) fn find(
    accounts: &[Account],
    _patience: Patience,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    let mut found = Vec::new();
    for account in accounts {
        match entry(account)?.get_secret() {
            Ok(key) => found.push((account.clone(), key)),
            Err(Error::NoEntry) => {}
            Err(error) => return Err(told(&error)),
        }
    }
    Ok(found)
}

pub(super) fn keep(account: &Account, key: &[u8], _patience: Patience) -> Result<(), KeyringError> {
    entry(account)?.set_secret(key).map_err(|error| told(&error))
}

pub(super) fn forget(accounts: &[Account], _patience: Patience) -> Result<bool, KeyringError> {
    let mut some = false;
    for account in accounts {
        match entry(account)?.delete_credential() {
            Ok(()) => some = true,
            Err(Error::NoEntry) => {}
            Err(error) => return Err(told(&error)),
        }
    }
    Ok(some)
}

fn entry(account: &Account) -> Result<Entry, KeyringError> {
    let store = Store::new().map_err(|error| told(&error))?;
    let user = format!("{}@{}", account.endpoint, account.host);
    store.build(APPLICATION, &user, None).map_err(|error| told(&error))
}

fn told(error: &Error) -> KeyringError {
    match error {
        Error::NoStorageAccess(_) => KeyringError::Locked,
        // The library's words may hold the secret.
        _ => KeyringError::Failed("the credential manager refused".to_owned()),
    }
}

//! The macOS keychain: generic passwords of the service `mynah`.
//!
//! Enters: accounts. Leaves: keys. Never here: a key in a message.

use security_framework::{
    base::Error,
    passwords::{delete_generic_password, get_generic_password, set_generic_password},
};

use super::{APPLICATION, Account, KeyringError, Patience};

/// `errSecItemNotFound`, `errSecUserCanceled`, `errSecInteractionNotAllowed`.
const MISSING: i32 = -25300;
const CANCELLED: i32 = -128;
const NOT_ALLOWED: i32 = -25308;

pub(super) fn find(
    accounts: &[Account],
    _patience: Patience,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    let mut found = Vec::new();
    for account in accounts {
        match get_generic_password(APPLICATION, &name(account)) {
            Ok(key) => found.push((account.clone(), key)),
            Err(error) if error.code() == MISSING => {}
            Err(error) => return Err(told(error)),
        }
    }
    Ok(found)
}

pub(super) fn keep(account: &Account, key: &[u8], _patience: Patience) -> Result<(), KeyringError> {
    set_generic_password(APPLICATION, &name(account), key).map_err(told)
}

pub(super) fn forget(accounts: &[Account], _patience: Patience) -> Result<bool, KeyringError> {
    let mut some = false;
    for account in accounts {
        match delete_generic_password(APPLICATION, &name(account)) {
            Ok(()) => some = true,
            Err(error) if error.code() == MISSING => {}
            Err(error) => return Err(told(error)),
        }
    }
    Ok(some)
}

fn name(account: &Account) -> String {
    format!("{}@{}", account.endpoint, account.host)
}

fn told(error: Error) -> KeyringError {
    match error.code() {
        CANCELLED => KeyringError::Dismissed,
        NOT_ALLOWED => KeyringError::Locked,
        code => KeyringError::Failed(format!("OSStatus {code}")),
    }
}

//! The macOS keychain: generic passwords of the service `mynah`.
//!
//! Enters: accounts. Leaves: keys. Never here: a key in a message.

use security_framework::{
    base::Error,
    passwords::{delete_generic_password, get_generic_password, set_generic_password},
};

use super::{APPLICATION, Account, KeyringError, Patience, each};

/// `errSecItemNotFound`, `errSecUserCanceled`, `errSecInteractionNotAllowed`.
const MISSING: i32 = -25300;
const CANCELLED: i32 = -128;
const NOT_ALLOWED: i32 = -25308;

pub(super) fn find(
    accounts: &[Account],
    _patience: Patience,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    each::find(accounts, |account| match get_generic_password(APPLICATION, &each::name(account)) {
        Ok(key) => Ok(Some(key)),
        Err(error) if error.code() == MISSING => Ok(None),
        Err(error) => Err(told(error)),
    })
}

pub(super) fn keep(account: &Account, key: &[u8], _patience: Patience) -> Result<(), KeyringError> {
    set_generic_password(APPLICATION, &each::name(account), key).map_err(told)
}

pub(super) fn forget(accounts: &[Account], _patience: Patience) -> Result<bool, KeyringError> {
    each::forget(accounts, |account| match delete_generic_password(APPLICATION, &each::name(account)) {
        Ok(()) => Ok(true),
        Err(error) if error.code() == MISSING => Ok(false),
        Err(error) => Err(told(error)),
    })
}

fn told(error: Error) -> KeyringError {
    match error.code() {
        CANCELLED => KeyringError::Dismissed,
        NOT_ALLOWED => KeyringError::Locked,
        code => KeyringError::Failed(format!("OSStatus {code}")),
    }
}

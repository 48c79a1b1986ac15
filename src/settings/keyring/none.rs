//! No keyring: systems whose store is not known here.
//!
//! Enters: accounts. Leaves: that there is none.

use super::{Account, KeyringError, Patience};

pub(super) fn find(
    _accounts: &[Account],
    _patience: Patience,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    Err(absent())
}

pub(super) fn keep(_account: &Account, _key: &[u8], _patience: Patience) -> Result<(), KeyringError> {
    Err(absent())
}

pub(super) fn forget(_accounts: &[Account], _patience: Patience) -> Result<bool, KeyringError> {
    Err(absent())
}

fn absent() -> KeyringError {
    KeyringError::Absent("none is known for this system".to_owned())
}

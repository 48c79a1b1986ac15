//! Each: accounts one after the other, for stores that are asked for one at a time.
//!
//! Enters: accounts, and how one is asked for. Leaves: what all of them came to. Never here: a store of its own.

use super::{Account, KeyringError};

/// What is kept for those of `accounts` that `one` has something for.
pub(super) fn find(
    accounts: &[Account],
    one: impl Fn(&Account) -> Result<Option<Vec<u8>>, KeyringError>,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    let mut found = Vec::new();
    for account in accounts {
        found.extend(one(account)?.map(|key| (account.clone(), key)));
    }
    Ok(found)
}

/// Whether `one`, which forgets an account's key, had any.
pub(super) fn forget(
    accounts: &[Account],
    one: impl Fn(&Account) -> Result<bool, KeyringError>,
) -> Result<bool, KeyringError> {
    accounts.iter().try_fold(false, |some, account| Ok(one(account)? || some))
}

/// The name that `account` has in such a store.
pub(super) fn name(account: &Account) -> String {
    format!("{}@{}", account.endpoint, account.host)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_asked_for_and_the_first_fault_ends_it() {
        let account = |endpoint: &str| Account { endpoint: endpoint.into(), host: "api.example".into() };
        let accounts = [account("none"), account("some"), account("none")];
        let is_some = |account: &Account| account.endpoint == "some";
        let key = |account: &Account| Ok(is_some(account).then(|| name(account).into_bytes()));
        assert_eq!(find(&accounts, key), Ok(vec![(account("some"), b"some@api.example".to_vec())]));
        let asked = std::cell::Cell::new(0);
        let gone = |account: &Account| {
            asked.set(asked.get() + 1);
            Ok(is_some(account))
        };
        assert_eq!((forget(&accounts, gone), asked.get()), (Ok(true), 3));
        assert_eq!(forget(&accounts[..1], gone), Ok(false));
        assert_eq!(find(&accounts, |_| Err(KeyringError::Locked)), Err(KeyringError::Locked));
    }
}

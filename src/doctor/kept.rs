//! Kept: whether what Mynah keeps can be read, and whether it is encrypted.
//!
//! Enters: where it lies, and how it is opened. Leaves: a finding. Never here: words of the user, a file made.

use std::path::Path;

use super::Finding;
use crate::{
    skills::Opener,
    store::{AtRest, StoreError},
};

/// How the words at `path` lie on the disk.
pub(super) fn kept(path: &Path, open: &mut Opener) -> Finding {
    if !path.exists() {
        return Finding::ok("store", "nothing is kept yet");
    }
    let found = open().and_then(|mut store| store.at_rest());
    match found {
        Ok(AtRest::Encrypted) => Finding::ok("store", "what is kept is encrypted").with("encrypted", true),
        Ok(AtRest::Plain(why)) => {
            Finding::ok("store", format!("what is kept is not encrypted: {why}; only you can read it"))
                .with("encrypted", false)
        }
        Ok(AtRest::Locked(reason)) => {
            Finding::failed("store", &StoreError::KeyAway { reason }).with("encrypted", true)
        }
        Ok(AtRest::Lost) => {
            Finding::failed("store", &StoreError::KeyLost { path: path.to_owned() }).with("encrypted", true)
        }
        Err(error) => Finding::failed("store", &error),
    }
}

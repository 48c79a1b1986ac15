//! Store: what must survive a restart: timers, alarms, reminders, lists, notes, what is remembered, the conversation.
//!
//! Enters: values of the skills. Leaves: the same, after a crash too. One SQLite file, readable by its owner alone, open in
//! several processes at once; words are encrypted where somebody holds a key. Never here: a clock (the caller gives the
//! time), words in an error or a log.

mod cipher;
mod due;
mod lists;
mod open;
mod sealing;
mod texts;
mod turns;

pub use cipher::Key;
pub use due::{Entry, Kind, Moment, Sealed, Stand};
pub use lists::{Fold, List, Put, Room};
pub use open::Store;
pub use sealing::{AtRest, KeyHolder};
pub use texts::{Text, TextKind};
pub use turns::Turn;

use std::path::PathBuf;

use crate::flow::Remedy;

/// Why something could not be kept or read back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened or made.
    #[error("{path}: {reason}")]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system says.
        reason: String,
    },
    /// A later Mynah made the file.
    #[error("{path} was written by a later version of Mynah (its layout is {found}, this one knows {known})")]
    Later {
        /// The file.
        path: PathBuf,
        /// Its layout's number.
        found: i64,
        /// The latest that is known.
        known: i64,
    },
    /// Another process held the file for too long.
    #[error("another process is busy with what Mynah keeps")]
    Busy,
    /// The disk is full.
    #[error("there is no room left on the disk")]
    Full,
    /// What is kept is encrypted, and its key cannot be had now.
    #[error("what Mynah keeps is encrypted, and its key cannot be had now: {reason}")]
    KeyAway {
        /// Why.
        reason: String,
    },
    /// What is kept is encrypted, and its key is gone.
    #[error("what Mynah keeps in {path} is encrypted, and the keyring no longer has its key")]
    KeyLost {
        /// The file.
        path: PathBuf,
    },
    /// The database refused.
    #[error("what Mynah keeps cannot be read or written: {reason}")]
    Broken {
        /// What it says; it never holds words of the user.
        reason: String,
    },
}

impl Remedy for StoreError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Unusable { .. } => "store_unusable",
            Self::Later { .. } => "store_later",
            Self::Busy => "store_busy",
            Self::Full => "store_full",
            Self::KeyAway { .. } => "store_locked",
            Self::KeyLost { .. } => "store_key_lost",
            Self::Broken { .. } => "store_broken",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Unusable { path, .. } => {
                format!(
                    "Make {} readable and writable for you, or move it away to begin anew.",
                    path.display()
                )
            }
            Self::Later { path, .. } => {
                format!("Use the version that wrote it, or move {} away to begin anew.", path.display())
            }
            Self::Busy => "Try again.".to_owned(),
            Self::Full => "Make room on the disk and try again; nothing that was kept is lost.".to_owned(),
            Self::KeyAway { .. } => "Unlock the keyring and try again; nothing that was kept is lost.".to_owned(),
            Self::KeyLost { .. } => "Bring back the keyring of this machine from a backup; if it is gone for good, \
                                     `mynah history erase --unreadable` deletes what nobody can read any more, so that \
                                     Mynah can keep things again."
                .to_owned(),
            Self::Broken { .. } => "Move the file mynah.db away to begin anew, and report this.".to_owned(),
        }
    }
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            Some(ErrorCode::DiskFull) => Self::Full,
            // The code alone: a message may quote a statement's values.
            Some(code) => Self::Broken { reason: format!("{code:?}") },
            None => Self::Broken { reason: "a value has another type than expected".to_owned() },
        }
    }
}

//! Open: the database file, made where it is missing and brought to the latest layout.
//!
//! Enters: a path. Leaves: a [`Store`]. Never here: a file that others can read, a layout changed halfway.

use std::{
    fmt, fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rusqlite::Connection;

use super::{
    StoreError, due, lists,
    sealing::{self, Seal},
    texts, turns,
};

/// How long another process may hold the file: a write takes a few ms.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long lies between two tries of what SQLite itself does not wait for.
const STEP: Duration = Duration::from_millis(5);

/// What leads from each layout to the next, from an empty file on. Entries are added, never changed: they have run.
const LAYOUTS: &[&str] = &[
    due::LAYOUT,
    sealing::LAYOUT,
    lists::LAYOUT,
    texts::LAYOUT,
    turns::LAYOUT,
    due::SKIPS_LAYOUT,
    sealing::DUE_LAYOUT,
];

/// What is kept.
pub struct Store {
    /// One a process; statements are short.
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    pub(super) seal: Seal,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Store {
    /// Opens the file at `path`, making it and its folder, readable by this user alone, where they are missing.
    ///
    /// # Errors
    /// [`StoreError::Unusable`] and [`StoreError::Later`]; the others where the file is at fault.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let unusable = |reason: String| StoreError::Unusable { path: path.to_owned(), reason };
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|error| unusable(error.to_string()))?;
        }
        private(path).map_err(|error| unusable(error.to_string()))?;
        let connection = Connection::open(path).map_err(|error| unusable(error.to_string()))?;
        Self::on(connection, path)
    }

    /// One that is kept nowhere, for what must not outlast the process.
    ///
    /// # Errors
    /// None that is known; the database's own.
    pub fn in_memory() -> Result<Self, StoreError> {
        Self::on(Connection::open_in_memory()?, Path::new("(memory)"))
    }

    fn on(mut connection: Connection, path: &Path) -> Result<Self, StoreError> {
        connection.busy_timeout(PATIENCE)?;
        connection.pragma_update(None, "foreign_keys", true)?;
        // Readers and the one writer do not wait for each other, and a power cut loses no committed write.
        in_time(|| connection.pragma_update(None, "journal_mode", "wal"))?;
        connection.pragma_update(None, "synchronous", "full")?;
        connection.pragma_update(None, "secure_delete", true)?;
        let known = i64::try_from(LAYOUTS.len()).unwrap_or(i64::MAX);
        let change = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let found: i64 = change.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Later { path: path.to_owned(), found, known });
        }
        for layout in LAYOUTS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            change.execute_batch(layout)?;
        }
        change.pragma_update(None, "user_version", known)?;
        change.commit()?;
        Ok(Self { connection, path: path.to_owned(), seal: Seal::none() })
    }
}

/// Does what SQLite refuses at once, and does not wait for, where another process does the same.
fn in_time(mut work: impl FnMut() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    let busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy);
    let mut left = PATIENCE;
    loop {
        match work() {
            Err(error) if busy(&error) && !left.is_zero() => {
                thread::sleep(STEP);
                left = left.saturating_sub(STEP);
            }
            done => return done,
        }
    }
}

/// Makes the file where it is missing, and takes it from everybody else; what SQLite puts beside it is made alike.
fn private(path: &Path) -> std::io::Result<()> {
    let mut options = fs::OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
        options.mode(0o600);
        options.open(path)?.set_permissions(fs::Permissions::from_mode(0o600))
    }
    #[cfg(not(unix))]
    options.open(path).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_another_or_of_a_later_layout_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("state/mynah.db");
        drop(Store::open(&path).unwrap());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        let store = Store::open(&path).unwrap();
        store.connection.pragma_update(None, "user_version", 9_999).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Later { found: 9_999, .. })));
        assert_eq!(
            store.connection.pragma_query_value(None, "secure_delete", |row| row.get::<_, i64>(0)).unwrap(),
            1
        );
        let foreign = dir.path().join("notes.txt");
        fs::write(&foreign, "these are notes, and no database at all".repeat(40)).unwrap();
        assert!(Store::open(&foreign).is_err());
        assert!(fs::read_to_string(&foreign).unwrap().starts_with("these are notes"));
        assert!(matches!(Store::open(dir.path()), Err(StoreError::Unusable { .. })));
    }

    #[test]
    fn a_file_of_the_first_layout_keeps_what_it_has() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mynah.db");
        let old = Connection::open(&path).unwrap();
        old.execute_batch(due::LAYOUT).unwrap();
        old.execute_batch(
            "INSERT INTO due (kind, language, created_ms, state, at_ms) VALUES ('timer', 'en', 1, 'waiting', 2);
             PRAGMA user_version = 1;",
        )
        .unwrap();
        drop(old);
        let mut store = Store::open(&path).unwrap();
        assert_eq!(store.entries().unwrap().len(), 1);
        assert!(store.lists().unwrap().is_empty());
    }

    #[test]
    fn a_full_disk_is_named_and_what_was_kept_stays() {
        use crate::{flow::Language, store::TextKind};
        let dir = tempfile::tempdir().unwrap();
        let mut store = Store::open(&dir.path().join("mynah.db")).unwrap();
        store.connection.pragma_update(None, "max_page_count", 24).unwrap();
        let words = "words ".repeat(500);
        let mut add = || {
            store.add_text(TextKind::Note, (&words, &Language::ENGLISH), jiff::Timestamp::UNIX_EPOCH, 1_000)
        };
        let kept = (0..100).take_while(|_| add().is_ok()).count();
        assert!(matches!(add(), Err(StoreError::Full)), "{kept}");
        assert_eq!(store.texts(TextKind::Note).unwrap().len(), kept);
    }
}

//! Sealing: whether the words of a file are encrypted, and with which key.
//!
//! Enters: whoever holds keys, and whether words are to be sealed. Leaves: a [`Cipher`] to read and write with. A file is
//! sealed or plain as a whole; going from one to the other is one transaction, after which no trace of the plain words is
//! left in the file. Never here: plain words written into a sealed file, a wait that the holder does not end, words
//! thrown away because a key is missing.

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use super::{
    Store, StoreError,
    cipher::{Cipher, Key},
};

/// The second layout.
pub(super) const LAYOUT: &str = "
    CREATE TABLE sealing (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        id TEXT NOT NULL,
        proof ANY NOT NULL
    ) STRICT;
";

/// The seventh layout: what falls due has its sealed words beside the plain ones, so that an earlier Mynah which still runs
/// finds none and goes on ringing; and whether traces of plain words may be left.
pub(super) const DUE_LAYOUT: &str = "
    ALTER TABLE due ADD COLUMN sealed ANY;
    ALTER TABLE sealing ADD COLUMN traces INTEGER NOT NULL DEFAULT 1;
";

/// Every table with words in it, and the columns for plain and for sealed ones.
const COLUMNS: &[(&str, &str, &str)] = &[
    ("lists", "name", "name"),
    ("items", "words", "words"),
    ("texts", "words", "words"),
    ("turns", "asked", "asked"),
    ("turns", "answered", "answered"),
    ("due", "words", "sealed"),
];

/// What a key must open to be the right one.
const PROOF: (&str, &str) = ("sealing.proof", "mynah");

/// How often another process may seal or unseal the file between a look at it and the work: it does so once in its life.
const ROUNDS: usize = 4;

/// Who holds keys: the system's keyring. Every call ends in bounded time, which may be as long as the user takes to unlock it.
pub trait KeyHolder: Send {
    /// The key kept as `id`.
    ///
    /// # Errors
    /// Why nobody can be asked, in half a sentence: "the keyring is locked".
    fn find(&self, id: &str) -> Result<Option<Key>, String>;

    /// Keeps `key` as `id`.
    ///
    /// # Errors
    /// Why it is not kept.
    fn keep(&self, id: &str, key: &Key) -> Result<(), String>;

    /// Forgets the key kept as `id`, with which nothing was sealed.
    fn forget(&self, id: &str);
}

/// How the words of a file lie on the disk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AtRest {
    /// Encrypted, and the key is there.
    Encrypted,
    /// As they are, and why.
    Plain(String),
    /// Encrypted, and the key cannot be had now; why.
    Locked(String),
    /// Encrypted, and the key is gone.
    Lost,
}

/// What a store knows of sealing.
pub(super) struct Seal {
    pub(super) cipher: Cipher,
    holder: Option<Box<dyn KeyHolder>>,
    wanted: bool,
    /// Why the holder took no key; it is not asked again.
    refused: Option<String>,
    /// The name of the key that could not be had; who can do without does not ask again.
    away: Option<String>,
}

impl Seal {
    pub(super) const fn none() -> Self {
        Self { cipher: Cipher::Plain, holder: None, wanted: false, refused: None, away: None }
    }
}

impl Store {
    /// The same store, whose words are sealed with a key that `holder` keeps, where `wanted` and it takes one. Without
    /// `wanted`, words that are sealed become plain with the next change.
    #[must_use]
    pub fn sealed_by(mut self, holder: Box<dyn KeyHolder>, wanted: bool) -> Self {
        self.seal = Seal { holder: Some(holder), wanted, ..Seal::none() };
        self
    }

    /// How the words lie on the disk.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn at_rest(&mut self) -> Result<AtRest, StoreError> {
        match self.settle() {
            Ok(()) if self.seal.cipher.id().is_some() => Ok(AtRest::Encrypted),
            Ok(()) => Ok(AtRest::Plain(self.plain_because())),
            Err(StoreError::KeyAway { reason }) => Ok(AtRest::Locked(reason)),
            Err(StoreError::KeyLost { .. }) => Ok(AtRest::Lost),
            Err(error) => Err(error),
        }
    }

    fn plain_because(&self) -> String {
        if !self.seal.wanted {
            return "store.encrypt is \"never\"".to_owned();
        }
        let refused = || self.seal.refused.clone();
        let asked = || self.seal.holder.as_ref().and_then(|holder| holder.find("-").err());
        refused().or_else(asked).unwrap_or_else(|| {
            "the keyring took no key so far; it is encrypted with the next thing that is kept, where the keyring is open"
                .to_owned()
        })
    }

    /// Reads words.
    pub(super) fn reading<T>(
        &mut self,
        work: impl FnOnce(&Connection, &Cipher) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 0..ROUNDS {
            self.settle()?;
            // One look at the file for both: whether it is sealed, and what it holds.
            let look = Transaction::new(&mut self.connection, TransactionBehavior::Deferred)?;
            if sealed_under(&look)?.as_deref() == self.seal.cipher.id() {
                return work(&look, &self.seal.cipher);
            }
        }
        Err(StoreError::Busy)
    }

    /// Changes words, in one transaction.
    pub(super) fn changing<T>(
        &mut self,
        work: impl FnOnce(&Transaction<'_>, &Cipher) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 0..ROUNDS {
            self.settle()?;
            match (&self.seal.cipher, self.seal.wanted) {
                (Cipher::Sealed(..), false) if self.seal.holder.is_some() => self.unseal()?,
                (Cipher::Plain, true) if self.seal.refused.is_none() => self.begin_sealing()?,
                _ => {}
            }
            let change = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
            if sealed_under(&change)?.as_deref() != self.seal.cipher.id() {
                continue;
            }
            let done = work(&change, &self.seal.cipher)?;
            change.commit()?;
            // What is done is done; the next change tries this again.
            self.cleanse().ok();
            return Ok(done);
        }
        Err(StoreError::Busy)
    }

    /// Asks for the key, where the words are sealed and it is not known.
    ///
    /// # Errors
    /// It cannot be had.
    pub fn unlock(&mut self) -> Result<(), StoreError> {
        self.settle()
    }

    /// Reads what is of use without its words too, without asking for a key that could not be had before.
    pub(super) fn reading_in_part<T>(
        &mut self,
        work: impl FnOnce(&Connection, &Cipher) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        for _ in 0..ROUNDS {
            let id = sealed_under(&self.connection)?;
            if id.is_none() || id != self.seal.away {
                match self.settle() {
                    Err(StoreError::KeyAway { .. } | StoreError::KeyLost { .. }) => {
                        self.seal.away.clone_from(&id)
                    }
                    settled => settled?,
                }
            }
            // Words that an earlier Mynah wrote meanwhile; a disk that takes nothing more keeps nothing from being read.
            self.cleanse().ok();
            let look = Transaction::new(&mut self.connection, TransactionBehavior::Deferred)?;
            if sealed_under(&look)? == id {
                return work(&look, &self.seal.cipher);
            }
        }
        Err(StoreError::Busy)
    }

    /// Deletes all words of a file whose key is gone, so that it begins anew; timers, alarms and reminders stay, without their
    /// names. Gives how many values were deleted: none where the words can be read, or might be once the keyring is open.
    ///
    /// # Errors
    /// They are still there.
    pub fn erase_unreadable(&mut self) -> Result<usize, StoreError> {
        match self.settle() {
            Err(StoreError::KeyLost { .. }) => {}
            settled => return settled.map(|()| 0),
        }
        let change = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let mut gone = 0;
        for table in ["items", "lists", "texts", "turns"] {
            gone += change.execute(&format!("DELETE FROM {table}"), [])?;
        }
        gone += change.execute("UPDATE due SET sealed = NULL WHERE sealed IS NOT NULL", [])?;
        change.execute("DELETE FROM sealing", [])?;
        change.commit()?;
        self.scrub()?;
        Ok(gone)
    }

    /// Leaves nothing of what was deleted in the file or beside it. What is deleted is overwritten anyway; this also takes
    /// the older pages in the log away.
    pub(super) fn scrub(&self) -> Result<(), StoreError> {
        self.connection.execute_batch("VACUUM")?;
        self.checkpoint()
    }

    /// Brings the log into the file and empties it.
    pub(super) fn checkpoint(&self) -> Result<(), StoreError> {
        let busy: bool =
            self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy { Err(StoreError::Busy) } else { Ok(()) }
    }

    /// Takes the cipher that the file is under now.
    fn settle(&mut self) -> Result<(), StoreError> {
        let id = sealed_under(&self.connection)?;
        if id.as_deref() == self.seal.cipher.id() {
            return Ok(());
        }
        self.seal.cipher = match id {
            None => Cipher::Plain,
            Some(id) => self.unlocked(id)?,
        };
        self.seal.away = None;
        Ok(())
    }

    /// Seals what lies plain in a sealed file, and leaves no trace of what did: a process may have been killed before it came
    /// to that.
    fn cleanse(&mut self) -> Result<(), StoreError> {
        if self.seal.cipher.id().is_none() {
            return Ok(());
        }
        let rest: bool = self.connection.query_row(
            "SELECT EXISTS (SELECT 1 FROM sealing WHERE traces) OR EXISTS (SELECT 1 FROM due WHERE words IS NOT NULL)",
            [],
            |row| row.get(0),
        )?;
        if !rest {
            return Ok(());
        }
        let change = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        if sealed_under(&change)?.as_deref() != self.seal.cipher.id() {
            return Err(StoreError::Busy);
        }
        if rewrite(&change, &Cipher::Plain, &self.seal.cipher)? > 0 {
            change.execute("UPDATE sealing SET traces = 1", [])?;
        }
        change.commit()?;
        self.scrub()?;
        self.connection.execute("UPDATE sealing SET traces = 0", [])?;
        Ok(())
    }

    fn unlocked(&self, id: String) -> Result<Cipher, StoreError> {
        let away = |reason: String| StoreError::KeyAway { reason };
        let holder = self.seal.holder.as_ref().ok_or_else(|| away("no keyring is asked".to_owned()))?;
        let lost = || StoreError::KeyLost { path: self.path.clone() };
        let key = holder.find(&id).map_err(away)?.ok_or_else(lost)?;
        let cipher = Cipher::under(id, &key);
        let proof = self.connection.query_row("SELECT proof FROM sealing", [], |row| {
            Ok(cipher.open(PROOF.0, row, 0).is_ok_and(|proof| proof == PROOF.1))
        })?;
        if proof { Ok(cipher) } else { Err(lost()) }
    }

    /// Seals all words with a key of their own, where the holder takes one. The holder is asked before the file is locked, for
    /// nobody else could keep anything while it asks the user. Of two processes that both made a key, one forgets its own.
    fn begin_sealing(&mut self) -> Result<(), StoreError> {
        let Some(holder) = &self.seal.holder else { return Ok(()) };
        let (key, id) = (Key::random(), Key::random().text()[..16].to_owned());
        // A keyring that takes a key and does not give it back would cost all words.
        let kept = holder.keep(&id, &key).and_then(|()| match holder.find(&id)? {
            Some(found) if found.same(&key) => Ok(()),
            _ => Err("the keyring does not give back what it took".to_owned()),
        });
        if let Err(reason) = kept {
            self.seal.refused = Some(reason);
            return Ok(());
        }
        match self.seal_under(Cipher::under(id.clone(), &key)) {
            // Another process that reads just now keeps the log from being emptied; the next change empties it.
            Ok(true) => self.cleanse().or_else(unless_busy),
            other => {
                // A commit that failed may have been done all the same; where that cannot be told, the key stays.
                if let (Ok(under), Some(holder)) = (sealed_under(&self.connection), &self.seal.holder)
                    && under.as_ref() != Some(&id)
                {
                    holder.forget(&id);
                }
                other?;
                self.settle()
            }
        }
    }

    /// Seals all words with `cipher`, in one transaction; `false` where the file is sealed already.
    fn seal_under(&mut self, cipher: Cipher) -> Result<bool, StoreError> {
        let change = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        if sealed_under(&change)?.is_some() {
            return Ok(false);
        }
        let proof = cipher.seal(PROOF.0, PROOF.1)?;
        change.execute(
            "INSERT INTO sealing (one, id, proof) VALUES (1, ?1, ?2)",
            params![cipher.id(), proof],
        )?;
        rewrite(&change, &Cipher::Plain, &cipher)?;
        change.commit()?;
        self.seal.cipher = cipher;
        Ok(true)
    }

    fn unseal(&mut self) -> Result<(), StoreError> {
        let change = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        if sealed_under(&change)?.as_deref() != self.seal.cipher.id() {
            return Err(StoreError::Busy);
        }
        rewrite(&change, &self.seal.cipher, &Cipher::Plain)?;
        change.execute("DELETE FROM sealing", [])?;
        change.commit()?;
        self.seal.cipher = Cipher::Plain;
        Ok(())
    }
}

/// What is not worth failing for.
pub(super) fn unless_busy(error: StoreError) -> Result<(), StoreError> {
    if matches!(error, StoreError::Busy) { Ok(()) } else { Err(error) }
}

/// The name of the key that the file is under.
pub(super) fn sealed_under(connection: &Connection) -> Result<Option<String>, StoreError> {
    let mut statement = connection.prepare_cached("SELECT id FROM sealing")?;
    Ok(statement.query_row([], |row| row.get(0)).optional()?)
}

/// Writes all words anew that lie as `from` has them; gives how many there are.
fn rewrite(change: &Transaction<'_>, from: &Cipher, to: &Cipher) -> Result<usize, StoreError> {
    let mut moved = 0;
    for (table, plain, sealed) in COLUMNS {
        let name = format!("{table}.{plain}");
        let column = |cipher: &Cipher| if cipher.id().is_some() { sealed } else { plain };
        let lies = if from.id().is_some() { "blob" } else { "text" };
        let (from_column, to_column) = (column(from), column(to));
        let mut all = change.prepare(&format!(
            "SELECT id, {from_column} FROM {table} WHERE typeof({from_column}) = '{lies}'"
        ))?;
        // Of a column that is named twice, the last value counts.
        let mut update = change
            .prepare(&format!("UPDATE {table} SET {from_column} = NULL, {to_column} = ?2 WHERE id = ?1"))?;
        let mut rows = all.query([])?;
        let mut words: Vec<(i64, String)> = Vec::new();
        while let Some(row) = rows.next()? {
            words.push((row.get(0)?, from.open(&name, row, 1)?));
        }
        for (id, words) in words {
            moved += update.execute(params![id, to.seal(&name, &words)?])?;
        }
    }
    Ok(moved)
}

#[cfg(test)]
mod tests;

//! Texts: notes, and what the user asked to be remembered.
//!
//! Enters and leaves: [`Text`]s. Never here: what is said, which text is meant.

use jiff::Timestamp;
use rusqlite::params;

use super::{Store, StoreError, sealing::unless_busy};
use crate::flow::Language;

/// The fourth layout.
pub(super) const LAYOUT: &str = "
    CREATE TABLE texts (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        words ANY NOT NULL,
        language TEXT NOT NULL,
        at_ms INTEGER NOT NULL
    ) STRICT;
";

const WORDS: &str = "texts.words";

/// What a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TextKind {
    /// A note.
    Note,
    /// Something that is remembered.
    Memory,
}

impl TextKind {
    /// The longest such text, in characters: of notes some four minutes of speech.
    #[must_use]
    pub const fn longest(self) -> usize {
        match self {
            Self::Note => 4_000,
            Self::Memory => 500,
        }
    }
}

/// A note, or something that is remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Its number, never given again.
    pub id: i64,
    /// The words, as said.
    pub words: String,
    /// Their language.
    pub language: Language,
    /// When they were said.
    pub at: Timestamp,
}

impl Store {
    /// Keeps `words`, unless there are `most` of the kind already; gives its number.
    ///
    /// # Errors
    /// They are not kept.
    pub fn add_text(
        &mut self,
        kind: TextKind,
        (words, language): (&str, &Language),
        at: Timestamp,
        most: usize,
    ) -> Result<Option<i64>, StoreError> {
        self.changing(|change, cipher| {
            let count: i64 =
                change.query_row("SELECT count(*) FROM texts WHERE kind = ?1", [name(kind)], |row| {
                    row.get(0)
                })?;
            if usize::try_from(count).is_ok_and(|count| count >= most) {
                return Ok(None);
            }
            change.execute(
                "INSERT INTO texts (kind, words, language, at_ms) VALUES (?1, ?2, ?3, ?4)",
                params![name(kind), cipher.seal(WORDS, words)?, language.code(), at.as_millisecond()],
            )?;
            Ok(Some(change.last_insert_rowid()))
        })
    }

    /// All of a kind, the oldest first.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn texts(&mut self, kind: TextKind) -> Result<Vec<Text>, StoreError> {
        self.reading(|connection, cipher| {
            let mut all = connection
                .prepare_cached("SELECT id, words, language, at_ms FROM texts WHERE kind = ?1 ORDER BY id")?;
            let mut rows = all.query([name(kind)])?;
            let odd =
                |column: &str| StoreError::Broken { reason: format!("the column {column} holds nonsense") };
            let mut texts = Vec::new();
            while let Some(row) = rows.next()? {
                let code: String = row.get(2)?;
                texts.push(Text {
                    id: row.get(0)?,
                    words: cipher.open(WORDS, row, 1)?,
                    language: Language::from_code(&code).ok_or_else(|| odd("texts.language"))?,
                    at: Timestamp::from_millisecond(row.get(3)?).map_err(|_| odd("texts.at_ms"))?,
                });
            }
            Ok(texts)
        })
    }

    /// Puts other words in the place of those of number `id`; `false` where there is none.
    ///
    /// # Errors
    /// They stay as they are.
    pub fn replace_text(
        &mut self,
        kind: TextKind,
        id: i64,
        (words, language): (&str, &Language),
    ) -> Result<bool, StoreError> {
        let changed = self.changing(|change, cipher| {
            Ok(change.execute(
                "UPDATE texts SET words = ?3, language = ?4 WHERE id = ?1 AND kind = ?2",
                params![id, name(kind), cipher.seal(WORDS, words)?, language.code()],
            )?)
        })?;
        self.checkpoint().or_else(unless_busy)?;
        Ok(changed > 0)
    }

    /// Deletes those with these numbers, or all of the kind, so that nothing of them is left in the file; gives how many.
    /// Words that cannot be read are deleted too.
    ///
    /// # Errors
    /// They are still there, or a trace of them may be.
    pub fn erase_texts(&mut self, kind: TextKind, ids: Option<&[i64]>) -> Result<usize, StoreError> {
        let change = self.connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let mut gone = 0;
        match ids {
            None => gone = change.execute("DELETE FROM texts WHERE kind = ?1", [name(kind)])?,
            Some(ids) => {
                for id in ids {
                    gone += change
                        .execute("DELETE FROM texts WHERE id = ?1 AND kind = ?2", params![id, name(kind)])?;
                }
            }
        }
        change.commit()?;
        if gone > 0 {
            self.checkpoint().or_else(unless_busy)?;
        }
        Ok(gone)
    }
}

const fn name(kind: TextKind) -> &'static str {
    match kind {
        TextKind::Note => "note",
        TextKind::Memory => "memory",
    }
}

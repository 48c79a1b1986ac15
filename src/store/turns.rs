//! Turns: what was asked and what was answered, for as long as the user wants that kept.
//!
//! Enters and leaves: [`Turn`]s. Never here: a clock, a turn of somebody who did not talk to Mynah.

use jiff::Timestamp;
use rusqlite::params;

use super::{Store, StoreError, sealing::unless_busy};

/// The fifth layout.
pub(super) const LAYOUT: &str = "
    CREATE TABLE turns (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at_ms INTEGER NOT NULL,
        asked ANY NOT NULL,
        answered ANY NOT NULL,
        answerer TEXT NOT NULL,
        region TEXT NOT NULL
    ) STRICT;
    CREATE INDEX turns_at ON turns (at_ms);
";

const ASKED: &str = "turns.asked";
const ANSWERED: &str = "turns.answered";

/// One turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// When it was asked.
    pub at: Timestamp,
    /// What was asked.
    pub asked: String,
    /// What was answered; empty where nothing was.
    pub answered: String,
    /// By whom: "device", an endpoint's identifier, or "refused".
    pub by: String,
    /// Whose rules held.
    pub region: String,
}

impl Store {
    /// Keeps `turn`, and deletes those from before `from`.
    ///
    /// # Errors
    /// It is not kept.
    pub fn add_turn(&mut self, turn: &Turn, from: Timestamp) -> Result<(), StoreError> {
        self.changing(|change, cipher| {
            change.execute(
                "INSERT INTO turns (at_ms, asked, answered, answerer, region) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    turn.at.as_millisecond(),
                    cipher.seal(ASKED, &turn.asked)?,
                    cipher.seal(ANSWERED, &turn.answered)?,
                    turn.by,
                    turn.region
                ],
            )?;
            Ok(())
        })?;
        self.forget_turns(Some(from)).map(drop)
    }

    /// The turns from `from` on and before `until`, the oldest first, of which `wanted` says what to keep: at most `most`,
    /// the latest.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn turns(
        &mut self,
        (from, until): (Timestamp, Timestamp),
        most: usize,
        wanted: &dyn Fn(&Turn) -> bool,
    ) -> Result<Vec<Turn>, StoreError> {
        self.reading(|connection, cipher| {
            let mut some = connection.prepare_cached(
                "SELECT at_ms, asked, answered, answerer, region FROM turns WHERE at_ms >= ?1 AND at_ms < ?2
                 ORDER BY at_ms DESC, id DESC",
            )?;
            let mut rows = some.query(params![from.as_millisecond(), until.as_millisecond()])?;
            let mut turns = Vec::new();
            while let Some(row) = rows.next()?.filter(|_| turns.len() < most) {
                let turn = Turn {
                    at: Timestamp::from_millisecond(row.get(0)?).map_err(|_| StoreError::Broken {
                        reason: "the column turns.at_ms holds nonsense".into(),
                    })?,
                    asked: cipher.open(ASKED, row, 1)?,
                    answered: cipher.open(ANSWERED, row, 2)?,
                    by: row.get(3)?,
                    region: row.get(4)?,
                };
                if wanted(&turn) {
                    turns.push(turn);
                }
            }
            turns.reverse();
            Ok(turns)
        })
    }

    /// Deletes the turns from before `before`, or all; gives how many. Those that cannot be read are deleted too.
    ///
    /// # Errors
    /// They are still there.
    pub fn forget_turns(&mut self, before: Option<Timestamp>) -> Result<usize, StoreError> {
        let before = before.map_or(i64::MAX, Timestamp::as_millisecond);
        let gone = self.connection.execute("DELETE FROM turns WHERE at_ms < ?1", [before])?;
        if gone > 0 {
            self.checkpoint().or_else(unless_busy)?;
        }
        Ok(gone)
    }

    /// The same, so that nothing of them is left in the file or beside it.
    ///
    /// # Errors
    /// They are still there, or a trace of them may be: another process reads just now.
    pub fn erase_turns(&mut self, before: Option<Timestamp>) -> Result<usize, StoreError> {
        let gone = self.forget_turns(before)?;
        self.scrub()?;
        Ok(gone)
    }
}

//! Lists: named, each with its items in the order in which they were put on it.
//!
//! Enters: names and items, and what tells two of them to be the same. Leaves: the same, and what was changed. Each change
//! is one transaction, so that two processes put nothing on twice. Never here: what is said.

use jiff::Timestamp;
use rusqlite::{Connection, Transaction, params};

use super::{Store, StoreError, cipher::Cipher, sealing::unless_busy};

/// The third layout.
pub(super) const LAYOUT: &str = "
    CREATE TABLE lists (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        name ANY NOT NULL,
        changed_ms INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE items (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        list INTEGER NOT NULL REFERENCES lists (id) ON DELETE CASCADE,
        words ANY NOT NULL
    ) STRICT;
    CREATE INDEX items_of ON items (list);
";

const NAME: &str = "lists.name";
const WORDS: &str = "items.words";

/// A list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct List {
    id: i64,
    /// Its name, as it was given.
    pub name: String,
    /// When something was last put on it or taken off.
    pub changed: Timestamp,
    /// What is on it.
    pub items: Vec<String>,
}

/// How many lists there may be, and how many items on one.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Lists.
    pub lists: usize,
    /// Items on each.
    pub items: usize,
}

/// What came of putting something on a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Put {
    /// What was put on.
    pub new: Vec<String>,
    /// What was on it before.
    pub there: Vec<String>,
    /// What found no room.
    pub left: Vec<String>,
    /// Whether the list was made for it.
    pub made: bool,
}

/// Tells names and items to be the same by what this makes of them.
pub type Fold<'f> = &'f dyn Fn(&str) -> String;

impl Store {
    /// All lists, the one that changed last first.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn lists(&mut self) -> Result<Vec<List>, StoreError> {
        self.reading(all)
    }

    /// Puts `items` on the list `name`, which is made where there is none; `None` where there is no room for another list.
    ///
    /// # Errors
    /// The list stays as it is.
    pub fn put_on(
        &mut self,
        name: &str,
        items: &[String],
        (at, room): (Timestamp, Room),
        fold: Fold<'_>,
    ) -> Result<Option<Put>, StoreError> {
        self.changing(|change, cipher| {
            let lists = all(change, cipher)?;
            let known = lists.iter().find(|list| fold(&list.name) == fold(name));
            let (id, mut folded) = match known {
                Some(list) => (list.id, list.items.iter().map(|item| fold(item)).collect::<Vec<_>>()),
                None if lists.len() >= room.lists => return Ok(None),
                None => {
                    let name = cipher.seal(NAME, name)?;
                    change.execute(
                        "INSERT INTO lists (name, changed_ms) VALUES (?1, ?2)",
                        params![name, at.as_millisecond()],
                    )?;
                    (change.last_insert_rowid(), Vec::new())
                }
            };
            let mut put = Put { new: Vec::new(), there: Vec::new(), left: Vec::new(), made: known.is_none() };
            for item in items {
                if folded.contains(&fold(item)) {
                    put.there.push(item.clone());
                } else if folded.len() >= room.items {
                    put.left.push(item.clone());
                } else {
                    let words = cipher.seal(WORDS, item)?;
                    change.execute("INSERT INTO items (list, words) VALUES (?1, ?2)", params![id, words])?;
                    folded.push(fold(item));
                    put.new.push(item.clone());
                }
            }
            touch(change, id, at)?;
            Ok(Some(put))
        })
    }

    /// Takes off the list `name` every item that `goes`, and gives them; `None` where there is no such list.
    ///
    /// # Errors
    /// The list stays as it is.
    pub fn take_off(
        &mut self,
        name: &str,
        goes: &dyn Fn(&str) -> bool,
        at: Timestamp,
        fold: Fold<'_>,
    ) -> Result<Option<Vec<String>>, StoreError> {
        let gone = self.changing(|change, cipher| {
            let lists = all(change, cipher)?;
            let Some(list) = lists.into_iter().find(|list| fold(&list.name) == fold(name)) else {
                return Ok(None);
            };
            let mut gone = Vec::new();
            for (id, item) in items(change, cipher, list.id)? {
                if goes(&item) {
                    change.execute("DELETE FROM items WHERE id = ?1", [id])?;
                    gone.push(item);
                }
            }
            if !gone.is_empty() {
                touch(change, list.id, at)?;
            }
            Ok(Some(gone))
        })?;
        self.checkpoint().or_else(unless_busy)?;
        Ok(gone)
    }

    /// Makes the item `old` of the list `name` read `new`, where it stands; `false` where there is no such item.
    ///
    /// # Errors
    /// The list stays as it is.
    pub fn reword(
        &mut self,
        name: &str,
        old: &str,
        new: &str,
        at: Timestamp,
        fold: Fold<'_>,
    ) -> Result<bool, StoreError> {
        let changed = self.changing(|change, cipher| {
            let lists = all(change, cipher)?;
            let Some(list) = lists.into_iter().find(|list| fold(&list.name) == fold(name)) else {
                return Ok(false);
            };
            let known = items(change, cipher, list.id)?.into_iter().find(|(_, item)| item == old);
            let Some((id, _)) = known else { return Ok(false) };
            let words = cipher.seal(WORDS, new)?;
            change.execute("UPDATE items SET words = ?2 WHERE id = ?1", params![id, words])?;
            touch(change, list.id, at)?;
            Ok(true)
        })?;
        self.checkpoint().or_else(unless_busy)?;
        Ok(changed)
    }

    /// Forgets the list `name` with all that is on it, and gives how many items that were; `None` where there is no such
    /// list.
    ///
    /// # Errors
    /// The list stays as it is.
    pub fn drop_list(&mut self, name: &str, fold: Fold<'_>) -> Result<Option<usize>, StoreError> {
        let gone = self.changing(|change, cipher| {
            let lists = all(change, cipher)?;
            let Some(list) = lists.into_iter().find(|list| fold(&list.name) == fold(name)) else {
                return Ok(None);
            };
            change.execute("DELETE FROM lists WHERE id = ?1", [list.id])?;
            Ok(Some(list.items.len()))
        })?;
        self.checkpoint().or_else(unless_busy)?;
        Ok(gone)
    }
}

fn all(connection: &Connection, cipher: &Cipher) -> Result<Vec<List>, StoreError> {
    let mut all = connection
        .prepare_cached("SELECT id, name, changed_ms FROM lists ORDER BY changed_ms DESC, id DESC")?;
    let mut rows = all.query([])?;
    let mut lists = Vec::new();
    while let Some(row) = rows.next()? {
        let id = row.get(0)?;
        let changed = Timestamp::from_millisecond(row.get(2)?).map_err(|_| StoreError::Broken {
            reason: "the column lists.changed_ms holds nonsense".into(),
        })?;
        let items = items(connection, cipher, id)?.into_iter().map(|(_, words)| words).collect();
        lists.push(List { id, name: cipher.open(NAME, row, 1)?, changed, items });
    }
    Ok(lists)
}

fn items(connection: &Connection, cipher: &Cipher, list: i64) -> Result<Vec<(i64, String)>, StoreError> {
    let mut all = connection.prepare_cached("SELECT id, words FROM items WHERE list = ?1 ORDER BY id")?;
    let mut rows = all.query([list])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        items.push((row.get(0)?, cipher.open(WORDS, row, 1)?));
    }
    Ok(items)
}

fn touch(change: &Transaction<'_>, list: i64, at: Timestamp) -> Result<(), StoreError> {
    change.execute("UPDATE lists SET changed_ms = ?2 WHERE id = ?1", params![list, at.as_millisecond()])?;
    Ok(())
}

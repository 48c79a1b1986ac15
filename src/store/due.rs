//! Due: timers, alarms and reminders, and how each stands.
//!
//! Enters and leaves: [`Entry`]s. A change is made to an entry as it was read, or, where another process changed it
//! meanwhile, not at all; each is one transaction, on the disk before it is claimed. Never here: a clock, a zone, what is
//! said.

use jiff::{
    Timestamp,
    civil::{Date, DateTime, Weekday},
};
use rusqlite::{Row, Transaction, TransactionBehavior, params, types::Value};

use super::{Store, StoreError, cipher::Cipher, sealing::sealed_under};
use crate::flow::{Language, Repeat};

/// The first layout.
pub(super) const LAYOUT: &str = "
    CREATE TABLE due (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        kind TEXT NOT NULL,
        words TEXT,
        language TEXT NOT NULL,
        created_ms INTEGER NOT NULL,
        length_ms INTEGER,
        repeat TEXT,
        state TEXT NOT NULL,
        at_ms INTEGER,
        civil TEXT,
        left_ms INTEGER
    ) STRICT;
";

/// The sixth layout.
pub(super) const SKIPS_LAYOUT: &str = "ALTER TABLE due ADD COLUMN skips TEXT NOT NULL DEFAULT '';";

const WORDS: &str = "due.words";

/// Where the sealed words stand in a row that is read.
const SEALED: usize = 0;

/// What falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// After so long.
    Timer,
    /// At a time, to be woken or called.
    Alarm,
    /// At a time, with what is to be done.
    Reminder,
}

/// When something falls due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At this instant, whatever the clocks say.
    Instant(Timestamp),
    /// When the clocks show this where the machine is then.
    Civil(DateTime),
}

/// How an entry stands. What was heeded or cancelled is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stand {
    /// It falls due then.
    Waiting(Moment),
    /// A timer that was stopped with so many ms left.
    Paused(i64),
    /// It fell due then, and is told until it is heeded.
    Ringing(Timestamp),
    /// It fell due then, was told, and nobody heeded it.
    Missed(Timestamp),
}

/// Words as they lie in the file, whose key cannot be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed(Vec<u8>);

/// A timer, an alarm or a reminder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, given when it is kept and never given again.
    pub id: i64,
    /// What it is.
    pub kind: Kind,
    /// Its name, or what a reminder is about.
    pub words: Option<String>,
    /// The same where nobody can read it now; there are no `words` then.
    pub sealed: Option<Sealed>,
    /// The language it was asked for in.
    pub language: Language,
    /// When that was.
    pub created: Timestamp,
    /// How long a timer runs in all, ms.
    pub length_ms: Option<i64>,
    /// How it comes again.
    pub repeat: Option<Repeat>,
    /// The days on which it would come and does not.
    pub skips: Vec<Date>,
    /// How it stands.
    pub stand: Stand,
}

impl Store {
    /// Keeps `entry` under a number of its own, and gives it as it is read back: with that, and its instants in whole ms.
    ///
    /// # Errors
    /// It is not kept.
    pub fn add(&mut self, entry: Entry) -> Result<Entry, StoreError> {
        match &entry.words {
            Some(words) => self.changing(|change, cipher| {
                let words = cipher.seal(WORDS, words)?;
                insert(change, entry.clone(), words)
            }),
            None => {
                // Of a file that begins anew since, nobody has the key.
                let sealed = match (&entry.sealed, sealed_under(&self.connection)?) {
                    (Some(sealed), Some(_)) => Value::Blob(sealed.0.clone()),
                    _ => Value::Null,
                };
                insert(&self.connection, entry, sealed)
            }
        }
    }

    /// All entries, the oldest first; without their words where these are sealed and their key cannot be had.
    ///
    /// # Errors
    /// They cannot be read.
    pub fn entries(&mut self) -> Result<Vec<Entry>, StoreError> {
        self.reading_in_part(|connection, cipher| {
            let mut all = connection.prepare_cached(
                "SELECT sealed, id, kind, words, language, created_ms, length_ms, repeat, skips, state, at_ms, civil,
                    left_ms
                 FROM due ORDER BY id",
            )?;
            let mut rows = all.query([])?;
            let mut entries = Vec::new();
            while let Some(row) = rows.next()? {
                entries.push(entry(row, cipher)?);
            }
            Ok(entries)
        })
    }

    /// Makes `old` what `new` is, in its length, in when it comes again and in how it stands; `false` where it is no longer as it was read.
    ///
    /// # Errors
    /// It stays as it is.
    pub fn replace(&self, old: &Entry, new: &Entry) -> Result<bool, StoreError> {
        update(&self.connection, old, new)
    }

    /// Forgets `old`; `false` where it is no longer as it was read.
    ///
    /// # Errors
    /// It stays as it is.
    pub fn remove(&self, old: &Entry) -> Result<bool, StoreError> {
        let (state, at, civil, left) = columns(&old.stand);
        let gone = self.connection.execute(
            "DELETE FROM due WHERE id = ?1 AND state = ?2 AND at_ms IS ?3 AND civil IS ?4 AND left_ms IS ?5",
            params![old.id, state, at, civil, left],
        )?;
        Ok(gone == 1)
    }

    /// Notes that `old`, which waited, fell due at `since`, and gives what rings now; `None` where it no longer waits. One
    /// that comes again at `again` goes on waiting, and what rings is an entry of its own.
    ///
    /// # Errors
    /// It goes on waiting.
    pub fn ring(
        &mut self,
        old: &Entry,
        since: Timestamp,
        again: Option<Moment>,
    ) -> Result<Option<Entry>, StoreError> {
        let mut ringing = Entry { stand: Stand::Ringing(since), ..old.clone() };
        let Some(moment) = again else {
            return Ok(self.replace(old, &ringing)?.then_some(ringing));
        };
        ringing.repeat = None;
        ringing.skips.clear();
        self.part(old, &Entry { stand: Stand::Waiting(moment), ..old.clone() }, ringing)
    }

    /// Makes `old` what `new` is and keeps `beside`, with the words of `old`, as well, both or neither; gives that as it is read back, and `None` where
    /// `old` is no longer as it was read.
    ///
    /// # Errors
    /// All stays as it is.
    pub fn part(&mut self, old: &Entry, new: &Entry, beside: Entry) -> Result<Option<Entry>, StoreError> {
        let change = Transaction::new(&mut self.connection, TransactionBehavior::Immediate)?;
        let kept = if update(&change, old, new)? {
            // As they lie there: who rings needs no key.
            let lie = "SELECT coalesce(sealed, words) FROM due WHERE id = ?1";
            let words = change.query_row(lie, [old.id], |row| row.get(0))?;
            Some(insert(&change, beside, words)?)
        } else {
            None
        };
        change.commit()?;
        Ok(kept)
    }

    /// A number that is another one whenever another process has changed something.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn version(&self) -> Result<i64, StoreError> {
        Ok(self.connection.pragma_query_value(None, "data_version", |row| row.get(0))?)
    }
}

/// Keeps `entry`, whose words lie as `words`, under a number of its own, and gives it as it is read back.
fn insert(connection: &rusqlite::Connection, entry: Entry, words: Value) -> Result<Entry, StoreError> {
    let (state, at, civil, left) = columns(&entry.stand);
    let (plain, sealed) = match words {
        Value::Blob(_) => (Value::Null, words),
        _ => (words, Value::Null),
    };
    connection.execute(
        "INSERT INTO due (kind, words, language, created_ms, length_ms, repeat, state, at_ms, civil, left_ms, skips,
            sealed)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            kind_name(entry.kind),
            plain,
            entry.language.code(),
            entry.created.as_millisecond(),
            entry.length_ms,
            entry.repeat.as_ref().map(written),
            state,
            at,
            civil,
            left,
            dates(&entry.skips),
            sealed
        ],
    )?;
    let whole = |at: Timestamp| Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at);
    let stand = match entry.stand {
        Stand::Waiting(Moment::Instant(at)) => Stand::Waiting(Moment::Instant(whole(at))),
        Stand::Ringing(since) => Stand::Ringing(whole(since)),
        Stand::Missed(since) => Stand::Missed(whole(since)),
        stand @ (Stand::Waiting(Moment::Civil(_)) | Stand::Paused(_)) => stand,
    };
    Ok(Entry { id: connection.last_insert_rowid(), created: whole(entry.created), stand, ..entry })
}

fn update(connection: &rusqlite::Connection, old: &Entry, new: &Entry) -> Result<bool, StoreError> {
    let (state, at, civil, left) = columns(&old.stand);
    let (new_state, new_at, new_civil, new_left) = columns(&new.stand);
    let changed = connection.execute(
        "UPDATE due SET length_ms = ?7, state = ?8, at_ms = ?9, civil = ?10, left_ms = ?11, repeat = ?12,
            skips = ?13
         WHERE id = ?1 AND state = ?2 AND at_ms IS ?3 AND civil IS ?4 AND left_ms IS ?5 AND length_ms IS ?6
            AND skips = ?14",
        params![
            old.id,
            state,
            at,
            civil,
            left,
            old.length_ms,
            new.length_ms,
            new_state,
            new_at,
            new_civil,
            new_left,
            new.repeat.as_ref().map(written),
            dates(&new.skips),
            dates(&old.skips)
        ],
    )?;
    Ok(changed == 1)
}

/// How a stand is written: its name, an instant, a civil time, what is left.
fn columns(stand: &Stand) -> (&'static str, Option<i64>, Option<String>, Option<i64>) {
    match stand {
        Stand::Waiting(Moment::Instant(at)) => ("waiting", Some(at.as_millisecond()), None, None),
        Stand::Waiting(Moment::Civil(civil)) => ("waiting", None, Some(civil.to_string()), None),
        Stand::Paused(left) => ("paused", None, None, Some(*left)),
        Stand::Ringing(since) => ("ringing", Some(since.as_millisecond()), None, None),
        Stand::Missed(since) => ("missed", Some(since.as_millisecond()), None, None),
    }
}

fn entry(row: &Row<'_>, cipher: &Cipher) -> Result<Entry, StoreError> {
    let odd = |column: &str| StoreError::Broken { reason: format!("the column {column} holds nonsense") };
    let instant = |column: &str, ms: i64| Timestamp::from_millisecond(ms).map_err(|_| odd(column));
    let at = row.get::<_, Option<i64>>("at_ms")?.map(|ms| instant("at_ms", ms)).transpose()?;
    let civil = row.get::<_, Option<String>>("civil")?;
    let civil = civil.map(|text| text.parse::<DateTime>()).transpose().map_err(|_| odd("civil"))?;
    let left: Option<i64> = row.get("left_ms")?;
    let state: String = row.get("state")?;
    let stand = match (state.as_str(), at, civil, left) {
        ("waiting", Some(at), None, None) => Stand::Waiting(Moment::Instant(at)),
        ("waiting", None, Some(civil), None) => Stand::Waiting(Moment::Civil(civil)),
        ("paused", None, None, Some(left)) => Stand::Paused(left),
        ("ringing", Some(since), None, None) => Stand::Ringing(since),
        ("missed", Some(since), None, None) => Stand::Missed(since),
        _ => return Err(odd("state")),
    };
    let kind: String = row.get("kind")?;
    let language: String = row.get("language")?;
    let repeat = row.get::<_, Option<String>>("repeat")?;
    let skips: String = row.get("skips")?;
    let plain: Option<String> = row.get("words")?;
    let sealed: Option<Vec<u8>> = row.get(SEALED)?;
    let opened = sealed.as_ref().and_then(|_| cipher.open(WORDS, row, SEALED).ok());
    let words = plain.or(opened);
    Ok(Entry {
        id: row.get("id")?,
        kind: kind_of(&kind).ok_or_else(|| odd("kind"))?,
        sealed: sealed.filter(|_| words.is_none()).map(Sealed),
        words,
        language: Language::from_code(&language).ok_or_else(|| odd("language"))?,
        created: instant("created_ms", row.get("created_ms")?)?,
        length_ms: row.get("length_ms")?,
        repeat: repeat.map(|text| read(&text).ok_or_else(|| odd("repeat"))).transpose()?,
        skips: skips
            .split_whitespace()
            .map(str::parse)
            .collect::<Result<_, _>>()
            .map_err(|_| odd("skips"))?,
        stand,
    })
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Timer => "timer",
        Kind::Alarm => "alarm",
        Kind::Reminder => "reminder",
    }
}

fn kind_of(name: &str) -> Option<Kind> {
    [Kind::Timer, Kind::Alarm, Kind::Reminder].into_iter().find(|kind| kind_name(*kind) == name)
}

/// Days as text: `2026-11-24 2026-11-25`.
fn dates(days: &[Date]) -> String {
    days.iter().map(Date::to_string).collect::<Vec<_>>().join(" ")
}

/// A repeat as text: `weekly 135` (Monday is 1), `workdays`, `monthly 31`, `yearly 2-29`, `every 3600`.
fn written(repeat: &Repeat) -> String {
    match repeat {
        Repeat::Weekly(days) => {
            let days = days.iter().map(|day| day.to_monday_one_offset().to_string());
            format!("weekly {}", days.collect::<String>())
        }
        Repeat::Workdays => "workdays".to_owned(),
        Repeat::Monthly(day) => format!("monthly {day}"),
        Repeat::Yearly { month, day } => format!("yearly {month}-{day}"),
        Repeat::Every(seconds) => format!("every {seconds}"),
    }
}

fn read(text: &str) -> Option<Repeat> {
    let (name, rest) = text.split_once(' ').unwrap_or((text, ""));
    Some(match name {
        "weekly" => {
            let day =
                |digit: char| Weekday::from_monday_one_offset(digit.to_digit(10)?.try_into().ok()?).ok();
            Repeat::Weekly(rest.chars().map(day).collect::<Option<_>>()?)
        }
        "workdays" => Repeat::Workdays,
        "monthly" => Repeat::Monthly(rest.parse().ok()?),
        "yearly" => {
            let (month, day) = rest.split_once('-')?;
            Repeat::Yearly { month: month.parse().ok()?, day: day.parse().ok()? }
        }
        "every" => Repeat::Every(rest.parse().ok()?),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn alarm(repeat: Option<Repeat>) -> Entry {
        Entry {
            id: 0,
            kind: Kind::Alarm,
            words: Some("gym".into()),
            sealed: None,
            language: Language::MANDARIN,
            created: at("2026-11-23T02:00:00.123Z"),
            length_ms: None,
            repeat,
            skips: Vec::new(),
            stand: Stand::Waiting(Moment::Civil("2026-11-24T07:00".parse().unwrap())),
        }
    }

    #[test]
    fn what_is_kept_is_there_after_the_file_was_closed() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mynah.db");
        let repeats = [
            None,
            Some(Repeat::Weekly(vec![Weekday::Monday, Weekday::Sunday])),
            Some(Repeat::Workdays),
            Some(Repeat::Monthly(31)),
            Some(Repeat::Yearly { month: 2, day: 29 }),
            Some(Repeat::Every(3_600)),
        ];
        let mut store = Store::open(&path).unwrap();
        let mut kept: Vec<_> = repeats.into_iter().map(|repeat| store.add(alarm(repeat)).unwrap()).collect();
        for stand in [
            Stand::Waiting(Moment::Instant(at("2026-11-23T02:10:00Z"))),
            Stand::Paused(1_500),
            Stand::Ringing(at("2026-11-23T02:10:00Z")),
            Stand::Missed(at("2026-11-23T02:10:00Z")),
        ] {
            let timer = Entry { kind: Kind::Timer, length_ms: Some(600_000), stand, ..alarm(None) };
            kept.push(store.add(timer).unwrap());
        }
        let skips = vec!["2026-11-24".parse().unwrap(), "2027-01-04".parse().unwrap()];
        kept.push(store.add(Entry { skips, ..alarm(Some(Repeat::Workdays)) }).unwrap());
        drop(store);
        assert_eq!(Store::open(&path).unwrap().entries().unwrap(), kept);
    }

    #[test]
    fn what_is_kept_is_given_as_it_is_read_back() {
        let mut store = Store::in_memory().unwrap();
        let now = at("2026-11-23T02:00:00.123456789Z");
        for stand in [Stand::Waiting(Moment::Instant(now)), Stand::Ringing(now), Stand::Missed(now)] {
            let added = store.add(Entry { created: now, stand, ..alarm(None) }).unwrap();
            assert_eq!(store.entries().unwrap().last(), Some(&added));
        }
    }

    #[test]
    fn what_another_process_changed_is_noticed_and_not_changed_twice() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mynah.db");
        let (mut one, mut other) = (Store::open(&path).unwrap(), Store::open(&path).unwrap());
        let (before, own) = (one.version().unwrap(), other.version().unwrap());
        let entry = other.add(alarm(None)).unwrap();
        assert_ne!(one.version().unwrap(), before);
        assert_eq!(other.version().unwrap(), own);
        let since = at("2026-11-24T07:00:00Z");
        let ringing = one.ring(&entry, since, None).unwrap().unwrap();
        assert_eq!(ringing.stand, Stand::Ringing(since));
        assert_eq!(other.ring(&entry, since, None).unwrap(), None);
        assert!(!other.remove(&entry).unwrap());
        assert!(!other.replace(&entry, &Entry { stand: Stand::Paused(1), ..entry.clone() }).unwrap());
        assert_eq!(other.entries().unwrap(), std::slice::from_ref(&ringing));
        assert!(other.remove(&ringing).unwrap() && one.entries().unwrap().is_empty());
    }

    #[test]
    fn what_comes_again_waits_and_rings_at_once() {
        let mut store = Store::in_memory().unwrap();
        let entry = store.add(alarm(Some(Repeat::Workdays))).unwrap();
        let next = Moment::Civil("2026-11-25T07:00".parse().unwrap());
        let ringing = store.ring(&entry, at("2026-11-24T07:00:00Z"), Some(next)).unwrap().unwrap();
        let waiting = Entry { stand: Stand::Waiting(next), ..entry };
        assert_eq!((ringing.repeat.as_ref(), ringing.id > waiting.id), (None, true));
        assert_eq!(store.entries().unwrap(), [waiting, ringing]);
    }

    #[test]
    fn a_day_that_another_process_left_out_meanwhile_stays_left_out() {
        let mut store = Store::in_memory().unwrap();
        let entry = store.add(alarm(Some(Repeat::Workdays))).unwrap();
        let without = |day: &str| Entry { skips: vec![day.parse().unwrap()], ..entry.clone() };
        assert!(store.replace(&entry, &without("2026-11-25")).unwrap());
        assert!(!store.replace(&entry, &without("2026-11-26")).unwrap());
        assert_eq!(store.part(&entry, &without("2026-11-26"), alarm(None)).unwrap(), None);
        assert_eq!(store.entries().unwrap(), [without("2026-11-25")]);
    }
}

//! Ringing: what fell due is told until it is heeded, for so long, and then kept as missed.
//!
//! Enters: the time, again and again. Leaves: what to tell now, and how long until the next look. What is over is marked in
//! the store before it is told, so that nothing falls due twice. Never here: a clock of its own; sound.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::{
    SkillContext, alarms,
    kept::{Kept, Teller},
    next::{again, instant},
    reminders, timers,
};
use crate::store::{Entry, Kind, Stand, StoreError};

/// How soon something that another process kept, a clock that was set or the end of a sleep is noticed: SQLite tells
/// whether anything changed without reading the file.
const LOOK: Duration = Duration::from_secs(2);

/// The same for a store that cannot be opened.
const RETRY: Duration = Duration::from_secs(30);

/// Who is not the teller needs no look at all.
pub(super) const NEVER: Duration = Duration::from_secs(3_600);

/// How soon it is told again.
const AGAIN: SignedDuration = SignedDuration::from_secs(10);

/// How long what was missed is remembered.
const REMEMBERED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// How long what was heeded can still be snoozed: who calls Mynah by name to say so has heeded it.
const SNOOZABLE: SignedDuration = SignedDuration::from_mins(2);

/// How something that rings was told here.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told {
    times: u32,
    last: Timestamp,
    /// Whether it was late when it was first told; it is told once then.
    late: bool,
}

/// Something to tell now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Fallen {
    pub(super) entry: Entry,
    /// When it fell due.
    pub(super) since: Timestamp,
    pub(super) late: bool,
}

/// How often a kind is told, and how long after its time it is late.
const fn patience(kind: Kind) -> (u32, SignedDuration) {
    match kind {
        Kind::Timer => (6, SignedDuration::from_mins(1)),
        Kind::Alarm => (30, SignedDuration::from_mins(5)),
        Kind::Reminder => (2, SignedDuration::from_mins(1)),
    }
}

impl Kept {
    /// What is to be told at `now`, and how long it may be until the next look.
    pub(super) fn due(&mut self, now: &Zoned) -> (Vec<Fallen>, Duration) {
        if !matches!(self.teller, Teller::Here) {
            return (Vec::new(), NEVER);
        }
        let mut fallen = Vec::new();
        let looked = self.fall(now).and_then(|wait| Ok(wait.min(self.tell(now, &mut fallen)?)));
        let wait = looked.unwrap_or_else(|error| {
            tracing::warn!("what is due cannot be looked up: {error}");
            RETRY
        });
        (fallen, wait.max(Duration::from_millis(10)))
    }

    /// Marks what is over as ringing, and gives how long until more is.
    fn fall(&mut self, now: &Zoned) -> Result<Duration, StoreError> {
        let mut wait = LOOK;
        for entry in self.entries()?.iter() {
            match entry.stand {
                Stand::Waiting(moment) => {
                    let Some(at) = instant(moment, now.time_zone()) else { continue };
                    if at > now.timestamp() {
                        wait = wait.min(until(at, now));
                        continue;
                    }
                    let again = entry.repeat.as_ref().and_then(|repeat| again(repeat, moment, now));
                    self.store()?.ring(entry, at, again)?;
                }
                Stand::Missed(since) if now.timestamp().duration_since(since) > REMEMBERED => {
                    self.store()?.remove(entry)?;
                }
                Stand::Missed(_) | Stand::Paused(_) | Stand::Ringing(_) => {}
            }
        }
        Ok(wait)
    }

    /// Gathers what rings and is to be told now, and gives how long until more is.
    fn tell(&mut self, now: &Zoned, fallen: &mut Vec<Fallen>) -> Result<Duration, StoreError> {
        let mut wait = LOOK;
        let entries = self.entries()?;
        self.told.retain(|id, _| entries.iter().any(|entry| entry.id == *id));
        for entry in entries.iter() {
            let Stand::Ringing(since) = entry.stand else { continue };
            let (most, rings) = patience(entry.kind);
            let late = now.timestamp().duration_since(since) > rings;
            let at = now.timestamp();
            let told = self.told.entry(entry.id).or_insert(Told { times: 0, last: at, late });
            let next = told.last.checked_add(AGAIN).unwrap_or(at);
            // A clock that was set back does not silence it.
            if told.times > 0 && (told.last..next).contains(&at) {
                wait = wait.min(until(next, now));
                continue;
            }
            if told.times >= if told.late { 1 } else { most } {
                self.told.remove(&entry.id);
                let missed = Entry { stand: Stand::Missed(since), ..entry.clone() };
                self.store()?.replace(entry, &missed)?;
                continue;
            }
            told.times += 1;
            told.last = at;
            fallen.push(Fallen { entry: entry.clone(), since, late: told.late });
        }
        Ok(wait)
    }

    /// The user knows of all that rings. Gives how many that were.
    pub(super) fn heed(&mut self, now: Timestamp) -> Result<usize, StoreError> {
        let ringing = self.ringing()?;
        for entry in &ringing {
            self.store()?.remove(entry)?;
            self.told.remove(&entry.id);
        }
        let count = ringing.len();
        if count > 0 {
            self.heeded = (Some(now), ringing);
        }
        Ok(count)
    }

    /// Lets what rings, or was heeded just now, ring again at `until`. Gives what that is.
    pub(super) fn snooze(&mut self, until: Timestamp, now: Timestamp) -> Result<Vec<Entry>, StoreError> {
        let again = |entry: &Entry| Entry {
            stand: Stand::Waiting(crate::store::Moment::Instant(until)),
            repeat: None,
            ..entry.clone()
        };
        let ringing = self.ringing()?;
        let mut snoozed = Vec::new();
        for entry in &ringing {
            if self.store()?.replace(entry, &again(entry))? {
                self.told.remove(&entry.id);
                snoozed.push(entry.clone());
            }
        }
        let (heeded_at, heeded) = std::mem::take(&mut self.heeded);
        let just_now = heeded_at.is_some_and(|at| (at..=at + SNOOZABLE).contains(&now));
        if snoozed.is_empty() && just_now {
            for entry in &heeded {
                snoozed.push(self.store()?.add(again(entry))?);
            }
        }
        Ok(snoozed)
    }

    fn ringing(&mut self) -> Result<Vec<Entry>, StoreError> {
        let rings = |entry: &&Entry| matches!(entry.stand, Stand::Ringing(_));
        Ok(self.entries()?.iter().filter(rings).cloned().collect())
    }
}

/// What is said of `fallen`.
pub(super) fn words(fallen: &Fallen, context: &SkillContext) -> String {
    let since = fallen.since.to_zoned(context.now.time_zone().clone());
    let ago = fallen.late.then(|| context.now.timestamp().duration_since(fallen.since));
    let ago = ago.map(|ago| i64::try_from(ago.as_millis()).unwrap_or(i64::MAX));
    let (english, mandarin) = match fallen.entry.kind {
        Kind::Timer => timers::told(&fallen.entry, ago, context),
        Kind::Alarm => alarms::told(&fallen.entry, &since, ago, context),
        Kind::Reminder => reminders::told(&fallen.entry, ago, context),
    };
    super::Reply::in_language(context, english, mandarin).text
}

fn until(at: Timestamp, now: &Zoned) -> Duration {
    Duration::try_from(at.duration_since(now.timestamp())).unwrap_or_default()
}

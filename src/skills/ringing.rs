//! Ringing: what fell due is told until it is heeded, for so long, and then kept as missed.
//!
//! Enters: the time, again and again. Leaves: what to tell now, and how long until the next look. What is over is marked in
//! the store before it is told, so that nothing falls due twice. Never here: a clock of its own; sound.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp, Zoned};

use super::{
    SkillContext, alarms,
    changes::Step,
    kept::{Kept, Teller},
    next::{again, instant},
    reminders, timers,
};
use crate::store::{Entry, Kind, Stand, StoreError};

/// How soon something that another process kept, a clock that was set or the end of a sleep is noticed: SQLite tells
/// whether anything changed without reading the file.
pub(super) const LOOK: Duration = Duration::from_secs(2);

/// The same for a store that cannot be opened.
const RETRY: Duration = Duration::from_secs(30);

/// How soon the key is asked for again where words are sealed: the keyring may be open by then.
const ASKED_AGAIN: SignedDuration = SignedDuration::from_mins(1);

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

impl Told {
    /// When it is told again.
    fn next(&self) -> Option<Timestamp> {
        self.last.checked_add(AGAIN).ok()
    }
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
        self.unlock(now.timestamp());
        let looked = self.fall(now, &mut fallen).and_then(|()| self.tell(now, &mut fallen));
        let wait = match looked {
            Ok(()) => {
                self.complained = false;
                self.until_next(now)
            }
            Err(error) => {
                if !std::mem::replace(&mut self.complained, true) {
                    tracing::warn!("what is due cannot be looked up or noted: {error}");
                }
                if self.store.is_none() { RETRY } else { self.until_next(now) }
            }
        };
        (fallen, wait.max(Duration::from_millis(10)))
    }

    /// Asks for the key of words that are sealed, now and then; what is due is told without it too.
    fn unlock(&mut self, now: Timestamp) {
        let just_now = |at: Timestamp| now.duration_since(at).abs() < ASKED_AGAIN;
        let sealed = self.entries.1.iter().any(|entry| entry.sealed.is_some());
        if !sealed || self.asked.is_some_and(just_now) {
            return;
        }
        self.asked = Some(now);
        if let Ok(store) = self.store() {
            store.unlock().ok();
        }
    }

    /// Marks what is over as ringing. What cannot be marked is told all the same.
    fn fall(&mut self, now: &Zoned, fallen: &mut Vec<Fallen>) -> Result<(), StoreError> {
        let mut result = Ok(());
        for entry in self.entries()?.iter() {
            match entry.stand {
                Stand::Waiting(moment) => {
                    let at = instant(moment, now.time_zone()).filter(|at| *at <= now.timestamp());
                    let Some(at) = at else { continue };
                    let again = entry
                        .repeat
                        .as_ref()
                        .and_then(|repeat| again(repeat, moment, now, (&self.workdays, &entry.skips)));
                    if let Err(error) = self.store()?.ring(entry, at, again) {
                        self.turn(entry, at, now, fallen);
                        result = Err(error);
                    }
                }
                Stand::Missed(since) if now.timestamp().duration_since(since) > REMEMBERED => {
                    self.store()?.remove(entry)?;
                }
                Stand::Missed(_) | Stand::Paused(_) | Stand::Ringing(_) => {}
            }
        }
        result
    }

    /// Gathers what rings and is to be told now; what was told for long enough is missed.
    fn tell(&mut self, now: &Zoned, fallen: &mut Vec<Fallen>) -> Result<(), StoreError> {
        let entries = self.entries()?;
        self.told.retain(|id, _| entries.iter().any(|entry| entry.id == *id));
        let mut result = Ok(());
        for entry in entries.iter() {
            let Stand::Ringing(since) = entry.stand else { continue };
            if self.turn(entry, since, now, fallen) {
                continue;
            }
            let missed = Entry { stand: Stand::Missed(since), ..entry.clone() };
            match self.store()?.replace(entry, &missed) {
                Ok(_) => drop(self.told.remove(&entry.id)),
                Err(error) => result = Err(error),
            }
        }
        result
    }

    /// Tells `entry` if it is its turn again; `false` where it was told for long enough.
    fn turn(&mut self, entry: &Entry, since: Timestamp, now: &Zoned, fallen: &mut Vec<Fallen>) -> bool {
        let (most, rings) = patience(entry.kind);
        let at = now.timestamp();
        let late = at.duration_since(since) > rings;
        let told = self.told.entry(entry.id).or_insert(Told { times: 0, last: at, late });
        if told.times > 0 && told.next().is_some_and(|next| (told.last..next).contains(&at)) {
            return true;
        }
        if told.times >= if told.late { 1 } else { most } {
            return false;
        }
        told.times += 1;
        told.last = at;
        fallen.push(Fallen { entry: entry.clone(), since, late: told.late });
        true
    }

    /// How long until something falls due or is told again, as far as is known.
    fn until_next(&self, now: &Zoned) -> Duration {
        let waiting = self.entries.1.iter().filter_map(|entry| match entry.stand {
            Stand::Waiting(moment) => instant(moment, now.time_zone()),
            Stand::Ringing(_) | Stand::Paused(_) | Stand::Missed(_) => None,
        });
        let again = self.told.values().filter_map(Told::next);
        let to_come = waiting.chain(again).filter(|at| *at > now.timestamp());
        to_come.map(|at| until(at, now)).fold(self.look, Duration::min)
    }

    /// The user knows of all that rings; gives whether anything did.
    pub(super) fn heed(&mut self, now: Timestamp) -> Result<bool, StoreError> {
        // Even where the disk takes no more it is silent now.
        for told in self.told.values_mut() {
            told.times = u32::MAX;
        }
        let ringing = self.ringing()?;
        for entry in &ringing {
            self.store()?.remove(entry)?;
            self.told.remove(&entry.id);
        }
        let rang = !ringing.is_empty();
        if rang {
            self.heeded_at = Some(now);
            self.heeded = ringing.into_iter().map(|entry| (entry, None)).collect();
        }
        Ok(rang)
    }

    /// Lets what rings, or was heeded just now, ring again at `until` where it is one that `fits` names; `false` where there is
    /// none.
    pub(super) fn snooze(
        &mut self,
        until: Timestamp,
        now: Timestamp,
        fits: impl Fn(&Entry) -> bool,
    ) -> Result<bool, StoreError> {
        let again = |entry: &Entry| Entry {
            stand: Stand::Waiting(crate::store::Moment::Instant(until)),
            repeat: None,
            skips: Vec::new(),
            ..entry.clone()
        };
        let mut snoozed = false;
        for entry in self.ringing()?.iter().filter(|entry| fits(entry)) {
            snoozed |= self.replace(entry, &again(entry))?;
        }
        let just_now = self.heeded_at.is_some_and(|at| (at..=at + SNOOZABLE).contains(&now));
        if snoozed || !just_now {
            return Ok(snoozed);
        }
        // They stay known: "make it fifteen" puts them off anew.
        let mut heeded = std::mem::take(&mut self.heeded);
        let result = heeded.iter_mut().filter(|(entry, _)| fits(entry)).try_for_each(|(entry, put_off)| {
            let waits = self.entries()?.iter().find(|known| Some(known.id) == *put_off).cloned();
            match waits {
                Some(waits) if !fits(&waits) => return Ok(()),
                Some(waits) => snoozed |= self.replace(&waits, &again(&waits))?,
                None => {
                    let added = self.store()?.add(again(entry))?;
                    *put_off = Some(added.id);
                    self.changes.push(Step::Added(added));
                    snoozed = true;
                }
            }
            Ok(())
        });
        self.heeded = heeded;
        result.map(|()| snoozed)
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
    let (locked, locked_zh) = match (fallen.entry.kind, &fallen.entry.sealed) {
        (Kind::Timer | Kind::Alarm, Some(_)) => (" Its name is locked.", "它的名字锁着。"),
        _ => ("", ""),
    };
    let (english, mandarin) = (english + locked, mandarin + locked_zh);
    super::Reply::in_language(context, english, mandarin).text
}

fn until(at: Timestamp, now: &Zoned) -> Duration {
    Duration::try_from(at.duration_since(now.timestamp())).unwrap_or_default()
}

//! Changes: what was done for the user, so that it can be taken back.
//!
//! Enters: each step, as the store has taken it. Leaves: the store as it was before. Only what this process changed since it
//! started can be taken back. Never here: something that somebody else changed since.

use jiff::Zoned;

use super::{
    SkillError,
    kept::Kept,
    next::{again, instant},
};
use crate::{
    flow::Intent,
    store::{Entry, Moment, Stand, StoreError},
};

/// One thing that was done to the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// This was kept.
    Added(Entry),
    /// This was forgotten.
    Removed(Entry),
    /// This became that.
    Changed { old: Entry, new: Entry },
}

/// How something that was done is taken back.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Back {
    /// These steps are reversed, the last first.
    Kept(Vec<Step>),
    /// This is done.
    By(Intent),
    /// It stays done.
    Never,
}

impl Kept {
    /// Takes `steps` back at `now`, and gives those that were; what has changed since, or is over, stays as it is.
    ///
    /// # Errors
    /// The store cannot be written; `steps` are those that were not taken back yet.
    pub(super) fn take_back(&mut self, steps: &mut Vec<Step>, now: &Zoned) -> Result<Vec<Step>, SkillError> {
        // What was forgotten comes back in the order in which it was.
        let forward = steps.iter().all(|step| matches!(step, Step::Removed(_)));
        let mut done = Vec::new();
        while !steps.is_empty() {
            let next = if forward { 0 } else { steps.len() - 1 };
            let reversed = self.reverse(&steps[next], now)?;
            let step = steps.remove(next);
            if reversed {
                done.push(step);
            }
        }
        Ok(done)
    }

    /// Does `steps` once more, which were just taken back: what stood in their place was not to be.
    pub(super) fn bring_back(&mut self, steps: Vec<Step>) -> Result<(), SkillError> {
        // The first step was taken back last.
        for step in steps.into_iter().rev() {
            let again = match step {
                Step::Added(entry) => Step::Added(self.store()?.add(entry)?),
                Step::Removed(entry) => match self.as_it_is(&entry)? {
                    Some(now) if self.store()?.remove(&now)? => Step::Removed(now),
                    _ => continue,
                },
                Step::Changed { old, new } => match self.as_it_is(&old)? {
                    Some(now) if self.store()?.replace(&now, &new)? => Step::Changed { old, new },
                    _ => continue,
                },
            };
            self.changes.push(again);
        }
        Ok(())
    }

    /// Undoes `step` at `now`; `false` where what it made is no longer there, or no longer as it was made.
    fn reverse(&mut self, step: &Step, now: &Zoned) -> Result<bool, SkillError> {
        let (made, reversed) = match step {
            Step::Removed(entry) => {
                let entry = self.to_come(entry, now);
                self.store()?.add(entry)?;
                return Ok(true);
            }
            Step::Added(made) => (made, None),
            Step::Changed { old, new } => (new, Some(self.to_come(old, now))),
        };
        let Some(known) = self.as_it_is(made)? else { return Ok(false) };
        if let Some(old) = &reversed
            && (!is_still(&known, made) || is_over(old, &known))
        {
            return Ok(false);
        }
        self.told.remove(&known.id);
        let done = match reversed {
            None => self.store()?.remove(&known)?,
            Some(old) => self.store()?.replace(&known, &old)?,
        };
        if done { Ok(true) } else { Err(StoreError::Busy.into()) }
    }

    /// `entry` as it would stand at `now` had it been left alone: what comes again does not ring for what is over.
    fn to_come(&self, entry: &Entry, now: &Zoned) -> Entry {
        let next = match (&entry.repeat, entry.stand) {
            (Some(repeat), Stand::Waiting(moment))
                if instant(moment, now.time_zone()).is_some_and(|at| at <= now.timestamp()) =>
            {
                again(repeat, moment, now, (&self.workdays, &entry.skips))
            }
            _ => None,
        };
        Entry { stand: next.map_or(entry.stand, Stand::Waiting), ..entry.clone() }
    }

    /// How the entry that is known as `entry` stands in the store; something forgotten and kept again has another number.
    fn as_it_is(&mut self, entry: &Entry) -> Result<Option<Entry>, SkillError> {
        let entries = self.entries()?;
        let same = |known: &&Entry| {
            (known.kind, known.created, &known.words, known.length_ms, known.repeat.is_some())
                == (entry.kind, entry.created, &entry.words, entry.length_ms, entry.repeat.is_some())
        };
        let known = entries.iter().find(|known| known.id == entry.id).or_else(|| entries.iter().find(same));
        Ok(known.cloned())
    }
}

/// Whether nothing is to come that `old` would come on and `known` does not, or the other way round.
fn is_over(old: &Entry, known: &Entry) -> bool {
    let Stand::Waiting(Moment::Civil(next)) = known.stand else { return false };
    let later =
        |entry: &Entry| entry.skips.iter().filter(|day| **day > next.date()).copied().collect::<Vec<_>>();
    old.skips != known.skips && old.stand == known.stand && later(old) == later(known)
}

/// Whether `known` is still as it was `made`; what comes again may have come meanwhile.
fn is_still(known: &Entry, made: &Entry) -> bool {
    let came = match (known.stand, made.stand) {
        (Stand::Waiting(Moment::Civil(known)), Stand::Waiting(Moment::Civil(made))) => {
            known.time() == made.time()
        }
        (Stand::Waiting(Moment::Instant(_)), Stand::Waiting(Moment::Instant(_))) => true,
        _ => false,
    };
    (known.length_ms, &known.repeat, &known.skips) == (made.length_ms, &made.repeat, &made.skips)
        && (known.stand == made.stand || made.repeat.is_some() && came)
}

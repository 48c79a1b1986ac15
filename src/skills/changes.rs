//! Changes: what was changed for the user, so that it can be taken back.
//!
//! Enters: each step, as the store has taken it. Leaves: the store as it was before the latest change. Only what this process
//! changed since it started can be taken back. Never here: something that somebody else changed since.

use super::{SkillError, kept::Kept};
use crate::store::{Entry, StoreError};

/// Changes that are remembered.
const MOST: usize = 16;

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

/// All that one intent did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Change {
    /// The intent's name.
    pub(super) intent: String,
    pub(super) steps: Vec<Step>,
}

/// What was changed, the latest last.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// The intent now at work.
    at_work: String,
    list: Vec<Change>,
    /// Whether the intent now at work has changed something.
    begun: bool,
}

impl Changes {
    /// The intent named `intent` begins its work.
    pub(super) fn begin(&mut self, intent: &str) {
        intent.clone_into(&mut self.at_work);
        self.begun = false;
    }

    /// Notes what was done.
    pub(super) fn note(&mut self, step: Step) {
        if !std::mem::replace(&mut self.begun, true) {
            self.list.push(Change { intent: self.at_work.clone(), steps: Vec::new() });
            if self.list.len() > MOST {
                self.list.remove(0);
            }
        }
        if let Some(change) = self.list.last_mut() {
            change.steps.push(step);
        }
    }

    /// Whether the intent now at work has changed something.
    pub(super) const fn has_begun(&self) -> bool {
        self.begun
    }

    /// What changed last.
    pub(super) fn last(&self) -> Option<&Change> {
        self.list.last()
    }
}

impl Kept {
    /// Takes the latest change back, and gives what was taken back; `None` where there is none. What has changed since, or
    /// is over, stays as it is.
    ///
    /// # Errors
    /// The store cannot be written; what was not taken back yet can still be.
    pub(super) fn take_back(&mut self) -> Result<Option<Change>, SkillError> {
        let Some(mut change) = self.changes.list.pop() else { return Ok(None) };
        if change.steps.iter().all(|step| matches!(step, Step::Removed(_))) {
            // They come back in the order in which they were.
            change.steps.reverse();
        }
        let mut done = Change { intent: change.intent.clone(), steps: Vec::new() };
        while let Some(step) = change.steps.pop() {
            let result = self.reverse(&step);
            match result {
                Ok(true) => done.steps.push(step),
                Ok(false) => {}
                Err(error) => {
                    change.steps.push(step);
                    self.changes.list.push(change);
                    return Err(error);
                }
            }
        }
        Ok(Some(done))
    }

    /// Does `change` once more, which was just taken back: what stood in its place was not to be.
    pub(super) fn bring_back(&mut self, change: Change) -> Result<(), SkillError> {
        self.changes.begin(&change.intent);
        // The first step was taken back last.
        for step in change.steps.into_iter().rev() {
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
            self.changes.note(again);
        }
        Ok(())
    }

    /// Undoes `step`; `false` where what it made is no longer there.
    fn reverse(&mut self, step: &Step) -> Result<bool, SkillError> {
        let (made, reversed) = match step {
            Step::Removed(entry) => {
                self.store()?.add(entry.clone())?;
                return Ok(true);
            }
            Step::Added(made) => (made, None),
            Step::Changed { old, new } => (new, Some(old)),
        };
        let Some(now) = self.as_it_is(made)? else { return Ok(false) };
        self.told.remove(&now.id);
        let done = match reversed {
            None => self.store()?.remove(&now)?,
            Some(old) => self.store()?.replace(&now, old)?,
        };
        if done { Ok(true) } else { Err(StoreError::Busy.into()) }
    }

    /// How the entry that is known as `entry` stands in the store; something forgotten and kept again has another number.
    fn as_it_is(&mut self, entry: &Entry) -> Result<Option<Entry>, SkillError> {
        let same = |known: &&Entry| {
            known.id == entry.id
                || (known.kind, known.created, &known.words, known.length_ms)
                    == (entry.kind, entry.created, &entry.words, entry.length_ms)
        };
        Ok(self.entries()?.iter().find(same).cloned())
    }
}

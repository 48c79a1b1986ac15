//! Kept: the store as the skills share it, opened when it is first needed.
//!
//! Enters: entries to keep, change and forget. Leaves: what was kept, or why not. A store that cannot be opened is tried
//! again each time. Never here: a claim that something is kept before it is on the disk.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    Reply, SkillContext, SkillError,
    changes::Step,
    holidays::Workdays,
    ringing::{LOOK, Told},
};
use crate::store::{Entry, Kind, Store, StoreError};

/// More of one kind than anybody has use for; each is looked at whenever one may be due.
const MOST: usize = 100;

/// More characters than anybody says in one go.
const LONGEST: usize = 500;

/// Opens what is kept.
pub type Opener = Box<dyn FnMut() -> Result<Store, StoreError> + Send>;

/// Who tells what falls due.
pub enum Teller {
    /// This process.
    Here,
    /// Another one; says whether it runs.
    Elsewhere(Box<dyn Fn() -> bool + Send>),
}

/// What is kept, and what is told of it.
pub(super) struct Kept {
    open: Opener,
    pub(super) store: Option<Store>,
    pub(super) teller: Teller,
    /// How soon it is noticed that another process kept something, or that the clock was set.
    pub(super) look: Duration,
    /// The entries, as of the store's version.
    pub(super) entries: (Option<i64>, Arc<[Entry]>),
    /// What rings, and how often it was told.
    pub(super) told: HashMap<i64, Told>,
    /// When the key was last asked for of words that are sealed.
    pub(super) asked: Option<Timestamp>,
    /// Whether it was logged already that the store does not work.
    pub(super) complained: bool,
    /// When something was heeded last.
    pub(super) heeded_at: Option<Timestamp>,
    /// What that was, each with the number under which it was put off since.
    pub(super) heeded: Vec<(Entry, Option<i64>)>,
    /// The days that are worked where the user lives.
    pub(super) workdays: Workdays,
    /// What the skill at work has changed so far.
    pub(super) changes: Vec<Step>,
}

/// One for all skills, which take turns.
#[derive(Clone)]
pub(super) struct Shared(Arc<Mutex<Kept>>);

impl Shared {
    pub(super) fn new(open: Opener, teller: Teller, workdays: Workdays) -> Self {
        Self(Arc::new(Mutex::new(Kept {
            open,
            store: None,
            teller,
            look: LOOK,
            entries: (None, Arc::default()),
            told: HashMap::new(),
            asked: None,
            complained: false,
            heeded_at: None,
            heeded: Vec::new(),
            workdays,
            changes: Vec::new(),
        })))
    }

    /// A skill that broke left nothing half done: each change is whole in the store.
    pub(super) fn get(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn opened(&mut self) -> Result<&mut Store, StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => (self.open)()?,
        };
        Ok(self.store.insert(store))
    }

    /// The store, to change something in it.
    pub(super) fn store(&mut self) -> Result<&mut Store, StoreError> {
        self.entries.0 = None;
        self.opened()
    }

    /// All entries, read anew only where something changed.
    pub(super) fn entries(&mut self) -> Result<Arc<[Entry]>, StoreError> {
        let known = self.entries.0;
        let store = self.opened()?;
        let version = store.version()?;
        if known != Some(version) {
            let entries = store.entries()?.into();
            self.entries = (Some(version), entries);
        }
        Ok(self.entries.1.clone())
    }

    /// The entries of one kind. For words that are sealed, their key is asked for.
    pub(super) fn of(&mut self, kind: Kind) -> Result<Vec<Entry>, StoreError> {
        self.look_up(kind, false)
    }

    /// The same to find one by its name, where `named`: what nobody can read is not told to be missing.
    pub(super) fn look_up(&mut self, kind: Kind, named: bool) -> Result<Vec<Entry>, StoreError> {
        let of = |kept: &mut Self| -> Result<Vec<Entry>, StoreError> {
            Ok(kept.entries()?.iter().filter(|entry| entry.kind == kind).cloned().collect())
        };
        let entries = of(self)?;
        if entries.iter().all(|entry| entry.sealed.is_none()) {
            return Ok(entries);
        }
        match self.store()?.unlock() {
            Err(error) if named => Err(error),
            _ => of(self),
        }
    }

    /// Keeps `entry`, and gives `done` to say; what cannot be kept is told instead.
    pub(super) fn keep(
        &mut self,
        entry: Entry,
        done: (String, String),
        context: &SkillContext,
    ) -> Result<Reply, SkillError> {
        if let Some(full) = self.full(entry.kind, context)? {
            return Ok(full);
        }
        if entry.words.as_ref().is_some_and(|words| words.chars().count() > LONGEST) {
            return Ok(Reply::in_language(
                context,
                "That's too long for me to keep, so I set nothing.",
                "这段话太长，我没有设。",
            ));
        }
        let added = self.store()?.add(entry)?;
        self.changes.push(Step::Added(added));
        let (mut english, mut mandarin) = done;
        if let Teller::Elsewhere(runs) = &self.teller
            && !runs()
        {
            english.push_str(" Mynah isn't running, so you will hear of it only while it runs.");
            mandarin.push_str("Mynah现在没有运行，要等它运行时才会提醒你。");
        }
        Ok(Reply::in_language(context, english, mandarin))
    }

    /// What to say where no more of `kind` are kept.
    fn full(&mut self, kind: Kind, context: &SkillContext) -> Result<Option<Reply>, StoreError> {
        Ok((self.of(kind)?.len() >= MOST).then(|| {
            Reply::in_language(
                context,
                format!("There are {MOST} of those already, so I set nothing. Cancel some first."),
                format!("已经有{MOST}个了，所以没有再设。先取消几个吧。"),
            )
        }))
    }

    /// Makes `old` what `new` is and keeps `beside` as well, and gives `done` to say.
    pub(super) fn part(
        &mut self,
        old: &Entry,
        new: &Entry,
        beside: Entry,
        done: (String, String),
        context: &SkillContext,
    ) -> Result<Reply, SkillError> {
        if let Some(full) = self.full(beside.kind, context)? {
            return Ok(full);
        }
        let Some(added) = self.store()?.part(old, new, beside)? else { return Err(StoreError::Busy.into()) };
        // Taken back in the other order: who is stopped between the two is called twice, and not never.
        self.changes.push(Step::Added(added));
        self.changes.push(Step::Changed { old: old.clone(), new: new.clone() });
        Ok(Reply::in_language(context, done.0, done.1))
    }

    /// Makes `old` what `new` is.
    pub(super) fn change(&mut self, old: &Entry, new: &Entry) -> Result<(), SkillError> {
        if self.replace(old, new)? { Ok(()) } else { Err(StoreError::Busy.into()) }
    }

    /// Makes `old` what `new` is; `false` where it is no longer as it was read.
    pub(super) fn replace(&mut self, old: &Entry, new: &Entry) -> Result<bool, StoreError> {
        let replaced = self.store()?.replace(old, new)?;
        self.told.remove(&old.id);
        if replaced {
            self.changes.push(Step::Changed { old: old.clone(), new: new.clone() });
        }
        Ok(replaced)
    }

    /// Forgets `entries`. One that changed meanwhile was told or cancelled by somebody else.
    pub(super) fn forget(&mut self, entries: &[Entry]) -> Result<(), SkillError> {
        for entry in entries {
            if !self.store()?.remove(entry)? {
                return Err(StoreError::Busy.into());
            }
            self.told.remove(&entry.id);
            self.changes.push(Step::Removed(entry.clone()));
        }
        Ok(())
    }
}

//! Keeping: what Mynah keeps for the user, as every way in opens it, and the thread that writes the history.
//!
//! Enters: settings, finished turns. Leaves: stores that are opened when they are needed, a row a turn, what the language
//! model is told of what the user asked to have remembered. A disk or a keyring that takes its time holds nobody up who
//! listens or speaks. Never here: a turn in which nobody talked to Mynah; words in a note.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    time::Duration,
};

use jiff::{Timestamp, ToSpan};
use tokio::sync::oneshot;

use super::Note;
use crate::{
    egress::Secret,
    report::{Notice, TurnReport},
    session::clock,
    settings::{Settings, StoreKeys},
    skills::Opener,
    store::{Key, KeyHolder, Store, StoreError, TextKind, Turn},
};

/// How long a run that is over at once waits until its turn is written.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long the end of a session waits for what is still to be written.
const LAST_PATIENCE: Duration = Duration::from_secs(2);

/// How long a question waits for what is remembered; usually it takes a millisecond.
const RECALL_PATIENCE: Duration = Duration::from_secs(1);

/// How often what is too old is deleted where nobody asks anything.
const TIDY_EVERY: Duration = Duration::from_secs(6 * 3_600);

/// The longest answer that is kept, in characters.
const LONGEST: usize = 20_000;

/// Where everything is kept.
#[must_use]
pub fn store_path(settings: &Settings) -> PathBuf {
    settings.ledger.with_file_name("mynah.db")
}

/// Opens what is kept. `attended`: somebody is there who may be asked to unlock the keyring.
#[must_use]
pub fn store_opener(settings: &Settings, attended: bool) -> Opener {
    let (path, keys, wanted) = (store_path(settings), settings.store_keys(attended), settings.encrypt_store);
    Box::new(move || Ok(Store::open(&path)?.sealed_by(Box::new(Keyring(keys)), wanted)))
}

/// The system's keyring, as the store asks it.
struct Keyring(StoreKeys);

impl KeyHolder for Keyring {
    fn find(&self, id: &str) -> Result<Option<Key>, String> {
        let Some(secret) = self.0.find(id)? else { return Ok(None) };
        let mut bytes = secret.bytes();
        let key = str::from_utf8(&bytes).ok().and_then(Key::read);
        bytes.fill(0);
        Ok(key)
    }

    fn keep(&self, id: &str, key: &Key) -> Result<(), String> {
        let text = key.text();
        let secret = Secret::new("the store", &text).map_err(|error| error.to_string());
        text.into_bytes().fill(0);
        self.0.keep(id, &secret?)
    }

    fn forget(&self, id: &str) {
        // A key too many opens nothing.
        self.0.forget(id).ok();
    }
}

enum Order {
    /// Keep this, and tell when it is done.
    Turn(Turn, Sender<()>),
    /// Give what is remembered.
    Recall(oneshot::Sender<Vec<String>>),
}

/// Keeps the history until it is dropped, which waits a moment for what is left.
pub(super) struct Keeper {
    /// Goes first, which ends the thread.
    orders: Option<Sender<Order>>,
    done: Mutex<Receiver<()>>,
    live: bool,
}

impl Keeper {
    /// Begins to keep. `live`: nobody waits until a turn is written. Where no thread can be had, nothing is kept.
    pub(super) fn start(settings: &Settings, live: bool, note: Note) -> Self {
        let (orders, work) = channel();
        let (alive, done) = channel();
        let mut desk = Desk {
            open: store_opener(settings, false),
            store: None,
            path: store_path(settings),
            keep_days: settings.history_keep_days,
            note,
            complained: false,
        };
        let body = move || {
            let _alive: Sender<()> = alive;
            desk.work(&work, live);
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a disk or a keyring that hangs must not hold up a session"
        )]
        let started = std::thread::Builder::new().name("keep".to_owned()).spawn(body);
        drop(started);
        Self { orders: Some(orders), done: Mutex::new(done), live }
    }

    /// Keeps the turn of `report`, if somebody talked to Mynah in it.
    pub(super) fn record(&self, report: &TurnReport) {
        let Some(turn) = turn(report, self.live) else { return };
        let (told, written) = channel();
        if self.orders.as_ref().is_some_and(|orders| orders.send(Order::Turn(turn, told)).is_ok())
            && !self.live
        {
            // The next turn may ask for this one.
            written.recv_timeout(PATIENCE).ok();
        }
    }

    /// What the user asked to have remembered, the latest first; nothing where it cannot be had in time.
    pub(super) async fn recall(&self) -> Vec<String> {
        let (told, recalled) = oneshot::channel();
        match &self.orders {
            Some(orders) if orders.send(Order::Recall(told)).is_ok() => {}
            _ => return Vec::new(),
        }
        match tokio::time::timeout(RECALL_PATIENCE, recalled).await {
            Ok(Ok(words)) => words,
            Ok(Err(_)) | Err(_) => Vec::new(),
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        drop(self.orders.take());
        let done = self.done.get_mut().unwrap_or_else(PoisonError::into_inner);
        done.recv_timeout(LAST_PATIENCE).ok();
    }
}

/// `watch`, behind which `keeper` keeps every turn that it is told of.
pub(super) fn recorded(
    keeper: Arc<Keeper>,
    mut watch: Box<dyn FnMut(Notice) + Send>,
) -> Box<dyn FnMut(Notice) + Send> {
    Box::new(move |notice| {
        if let Notice::Turn(report) = &notice {
            keeper.record(report);
        }
        watch(notice);
    })
}

/// What is kept of `report`. Of what Mynah says by itself, nothing.
fn turn(report: &TurnReport, live: bool) -> Option<Turn> {
    let by_itself = live && matches!(report.source.as_str(), "say" | "due");
    let not_addressed = report.error.as_ref().is_some_and(|fault| fault.kind == "no_wake_phrase");
    let asked = report.transcript.text.as_str().trim();
    if by_itself || not_addressed || asked.is_empty() {
        return None;
    }
    let now = clock::now().timestamp();
    let took = i64::try_from(report.ms.total).unwrap_or(0).milliseconds();
    Some(Turn {
        at: now.checked_sub(took).unwrap_or(now),
        asked: asked.chars().take(LONGEST).collect(),
        answered: report.reply.text.as_str().trim().chars().take(LONGEST).collect(),
        by: report.route.by.clone(),
        region: report.route.region.clone(),
    })
}

/// The thread's own.
struct Desk {
    open: Opener,
    store: Option<Store>,
    path: PathBuf,
    keep_days: u32,
    note: Note,
    /// Whether it was told already that nothing is kept.
    complained: bool,
}

impl Desk {
    fn work(&mut self, work: &Receiver<Order>, live: bool) {
        if live || self.keep_days == 0 {
            self.tidy();
        }
        loop {
            match work.recv_timeout(TIDY_EVERY) {
                Ok(Order::Turn(turn, done)) => {
                    self.keep(&turn);
                    // Nobody may wait.
                    done.send(()).ok();
                }
                Ok(Order::Recall(told)) => {
                    let words = self.recall();
                    told.send(words).ok();
                }
                Err(RecvTimeoutError::Timeout) => self.tidy(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn keep(&mut self, turn: &Turn) {
        if self.keep_days == 0 {
            return;
        }
        let from = self.oldest();
        let kept = self.store().and_then(|store| store.add_turn(turn, from));
        self.told("what you asked is not kept", kept);
    }

    /// Deletes what is too old, where there is anything.
    fn tidy(&mut self) {
        if !self.path.exists() {
            return;
        }
        let before = (self.keep_days > 0).then(|| self.oldest());
        let gone = self.store().and_then(|store| store.forget_turns(before).map(drop));
        self.told("what you asked long ago is not deleted", gone);
    }

    fn recall(&mut self) -> Vec<String> {
        if !self.path.exists() {
            return Vec::new();
        }
        let texts = self.store().and_then(|store| store.texts(TextKind::Memory));
        match texts {
            Ok(texts) => texts.into_iter().rev().map(|text| text.words).collect(),
            Err(error) => {
                self.told("the language model is not told what you asked to have remembered", Err(error));
                Vec::new()
            }
        }
    }

    fn oldest(&self) -> Timestamp {
        let now = clock::now().timestamp();
        now.checked_sub((i64::from(self.keep_days) * 24).hours()).unwrap_or(Timestamp::MIN)
    }

    fn store(&mut self) -> Result<&mut Store, StoreError> {
        let store = match self.store.take() {
            Some(store) => store,
            None => (self.open)()?,
        };
        Ok(self.store.insert(store))
    }

    /// Notes a failure, once until something works again.
    fn told(&mut self, what: &str, done: Result<(), StoreError>) {
        let Err(error) = done else {
            self.complained = false;
            return;
        };
        if !std::mem::replace(&mut self.complained, true) {
            (self.note)(&format!("{what}: {error}; {}", crate::flow::Remedy::remedy(&error)));
        }
    }
}

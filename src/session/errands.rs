//! Errands: what a language model asks to have done, on the thread that does what the user asks for, so that both take
//! turns.
//!
//! Enters: intents, from the task that asks the model. Leaves: what came of each, or that it is not known. Never here: an
//! errand that is begun after whoever sent it was told that nothing was done, or is gone; a thread kept alive by errands.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak,
        atomic::{AtomicU8, Ordering},
        mpsc::SyncSender,
    },
    time::Duration,
};

use tokio::sync::oneshot;

use super::{doing::Order, rooms};
use crate::{
    flow::{Asks, Fault, Intent, Language, Wanted},
    units::Words,
};

/// How long one may take, waiting for its turn included.
const PATIENCE: Duration = Duration::from_secs(5);

/// How an errand stands.
const WAITS: u8 = 0;
const BEGUN: u8 = 1;
const GIVEN_UP: u8 = 2;

/// Something done for a language model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What there is to say of it.
    pub words: Words,
    /// Whether something is other than before.
    pub changed: bool,
}

/// What came of an errand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// It was done, as far as it says.
    Done(Done),
    /// It failed.
    Failed(Fault),
    /// It was not begun, and will not be.
    Not,
    /// It was begun, and broke or took too long: nobody knows.
    Unknown,
}

/// The way to the thread that does what was understood. It leads nowhere before the session runs and after it.
#[derive(Clone, Default)]
pub struct Errands {
    inbox: Arc<OnceLock<Weak<SyncSender<Order>>>>,
    /// What a model asked for that needs the user's yes first, and the question.
    asks: Arc<Mutex<Option<(Asks, Words)>>>,
}

/// An errand on its way.
pub(super) struct Sent {
    pub(super) intent: Intent,
    pub(super) words: Words,
    pub(super) language: Language,
    state: Arc<AtomicU8>,
    reply: oneshot::Sender<Result<Done, Fault>>,
}

/// Gives an errand up that has not begun, when whoever sent it waits no longer.
struct Waiting(Arc<AtomicU8>);

impl Waiting {
    /// Whether it was not begun, and now never is.
    fn give_up(&self) -> bool {
        self.0.compare_exchange(WAITS, GIVEN_UP, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.give_up();
    }
}

impl Errands {
    /// Leads to `inbox` from now on.
    pub(super) fn lead_to(&self, inbox: &Arc<SyncSender<Order>>) {
        // A session has one such thread.
        self.inbox.set(Arc::downgrade(inbox)).ok();
    }

    /// Has the user asked by `question`, behind the model's answer, whether `intent` is to be done. Their yes does it, by the
    /// same road as what they ask for themselves; of several in one answer the last is asked about.
    pub fn needs_yes(&self, intent: Intent, question: Words) {
        let asks = Asks { intent, slot: "yes", wants: Wanted::YesNo, then: Vec::new() };
        *self.asks() = Some((asks, question));
    }

    /// What the user is to be asked behind the answer that ends now, and by which words.
    pub(super) fn take_asks(&self) -> Option<(Asks, Words)> {
        self.asks().take()
    }

    fn asks(&self) -> MutexGuard<'_, Option<(Asks, Words)>> {
        self.asks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Has `intent` done, which a model asks for in answer to `words`, and waits until it is or too long.
    pub async fn run(&self, intent: Intent, words: Words, language: Language) -> Errand {
        self.run_within(PATIENCE, intent, words, language).await
    }

    async fn run_within(
        &self,
        patience: Duration,
        intent: Intent,
        words: Words,
        language: Language,
    ) -> Errand {
        let (reply, done) = oneshot::channel();
        let state = Arc::new(AtomicU8::new(WAITS));
        let waiting = Waiting(state.clone());
        let sent = Order::Errand(Sent { intent, words, language, state, reply });
        let taken =
            self.inbox.get().and_then(Weak::upgrade).is_some_and(|inbox| inbox.try_send(sent).is_ok());
        if !taken {
            return Errand::Not;
        }
        match tokio::time::timeout(patience, done).await {
            Ok(Ok(Ok(done))) => Errand::Done(done),
            Ok(Ok(Err(fault))) => Errand::Failed(fault),
            Ok(Err(_)) | Err(_) if waiting.give_up() => Errand::Not,
            Ok(Err(_)) | Err(_) => Errand::Unknown,
        }
    }
}

impl Sent {
    /// Does it by `perform`, unless whoever sent it waits no longer.
    pub(super) fn begin(self, perform: impl FnOnce(&Intent, &Words, &Language) -> Result<Done, Fault>) {
        let Self { intent, words, language, state, reply } = self;
        if state.compare_exchange(WAITS, BEGUN, Ordering::AcqRel, Ordering::Acquire).is_err() {
            return;
        }
        // Of a skill that broke nobody knows how far it came.
        if let Some(done) = rooms::caught(|| perform(&intent, &words, &language)) {
            // Whoever sent it may be gone.
            reply.send(done).ok();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{Receiver, sync_channel};

    use super::*;

    fn way() -> (Errands, Arc<SyncSender<Order>>, Receiver<Order>) {
        let (inbox, orders) = sync_channel(1);
        let (errands, inbox) = (Errands::default(), Arc::new(inbox));
        errands.lead_to(&inbox);
        (errands, inbox, orders)
    }

    fn intent() -> Intent {
        Intent { name: "timer.list".into(), slots: Vec::new() }
    }

    async fn run(errands: &Errands, ms: u64) -> Errand {
        let patience = Duration::from_millis(ms);
        errands.run_within(patience, intent(), "w".into(), Language::ENGLISH).await
    }

    /// Takes the next errand and does it so.
    fn begin(orders: &Receiver<Order>, perform: impl FnOnce() -> Result<Done, Fault>) {
        let Ok(Order::Errand(sent)) = orders.recv() else { panic!("no errand") };
        sent.begin(|_, _, _| perform());
    }

    #[tokio::test]
    async fn an_errand_is_done_or_known_not_to_be_or_known_to_be_unknown() {
        let (errands, inbox, orders) = way();
        let done = Done { words: "There is no timer.".into(), changed: false };
        let told = done.clone();
        let (errand, ()) = tokio::join!(run(&errands, 5_000), async { begin(&orders, || Ok(told)) });
        assert_eq!(errand, Errand::Done(done));
        let broken = async { begin(&orders, || panic!("a skill broke")) };
        let (errand, ()) = tokio::join!(run(&errands, 5_000), broken);
        assert_eq!(errand, Errand::Unknown);
        // Nobody takes it up in time: whoever does later leaves it.
        assert_eq!(run(&errands, 1).await, Errand::Not);
        begin(&orders, || panic!("it was given up"));
        // Whoever sent it is gone, because the user interrupted.
        let mut gone = Box::pin(run(&errands, 5_000));
        assert!(futures_util::poll!(&mut gone).is_pending());
        drop(gone);
        begin(&orders, || panic!("it was given up"));
        // It was begun, and is not over in time.
        let mut slow = Box::pin(run(&errands, 1));
        assert!(futures_util::poll!(&mut slow).is_pending());
        let Ok(Order::Errand(sent)) = orders.recv() else { panic!("no errand") };
        sent.state.store(BEGUN, Ordering::Release);
        assert_eq!(slow.await, Errand::Unknown);
        // A full inbox, a thread that is gone, a session that never ran.
        let mut first = Box::pin(run(&errands, 5_000));
        assert!(futures_util::poll!(&mut first).is_pending());
        assert_eq!(run(&errands, 5_000).await, Errand::Not);
        drop((inbox, orders));
        assert_eq!(run(&errands, 5_000).await, Errand::Not);
        assert_eq!(run(&Errands::default(), 5_000).await, Errand::Not);
    }
}

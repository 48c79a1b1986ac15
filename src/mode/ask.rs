//! Asking: the session's road to the answer room, with the history of the run.
//!
//! Enters: words. Leaves: the answer room's events. The door is opened with the first question that has somewhere to go,
//! so that a run which asks nobody writes no ledger. Never here: a choice of endpoint.

use std::{
    future::Future,
    pin::Pin,
    sync::{Mutex, OnceLock, PoisonError},
};

use tokio::sync::mpsc;

use super::{Note, options};
use crate::{
    answer::{AnswerEvent, Asker, Doorway, History, Request, Situation},
    egress::{Door, EgressError},
    flow::Language,
    session::{
        Ask,
        clock::{self, Clock},
    },
    units::{TurnId, Words},
};

/// A door that opens when it is first needed.
pub(super) struct LazyDoor {
    pub(super) how: options::Network,
    pub(super) door: OnceLock<Door>,
}

impl Doorway for LazyDoor {
    fn door(&self) -> Result<&Door, EgressError> {
        if let Some(door) = self.door.get() {
            return Ok(door);
        }
        let opened = self.how.open()?;
        Ok(self.door.get_or_init(|| opened))
    }
}

/// The language model's side of a session.
pub(super) struct Asking {
    pub(super) asker: Asker<LazyDoor>,
    pub(super) region: String,
    pub(super) history: Mutex<History>,
    /// How long without an exchange until the conversation is forgotten, ms; `None` keeps it for the run.
    pub(super) memory_ms: Option<u64>,
    /// Since the last exchange.
    pub(super) since: Mutex<Clock>,
    /// Told when an endpoint was passed over for the next one of the region.
    pub(super) note: Note,
}

impl Asking {
    /// What the model is reminded of: nothing after a long silence.
    fn history(&self) -> History {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        let mut since = self.since.lock().unwrap_or_else(PoisonError::into_inner);
        if self.memory_ms.is_some_and(|memory| since.elapsed_ms() >= memory) {
            history.clear();
        }
        *since = Clock::new();
        history.clone()
    }
}

impl Ask for Asking {
    fn ask<'a>(
        &'a self,
        turn: TurnId,
        words: Words,
        language: Language,
        out: mpsc::Sender<AnswerEvent>,
    ) -> Pin<Box<dyn Future<Output = ()> + Send + 'a>> {
        Box::pin(async move {
            let history = self.history();
            let now = clock::now().strftime("%A %-d %B %Y, %H:%M, %Q").to_string();
            let situation = Situation { now, region: self.region.clone() };
            let (words_asked, month) = (words.clone(), clock::month());
            let request = Request { turn, words: words_asked, language, month, situation, history };
            let (inner, mut events) = mpsc::channel(16);
            let remember = async {
                while let Some(event) = events.recv().await {
                    match &event {
                        AnswerEvent::Done { text, .. } => {
                            self.history.lock().unwrap_or_else(PoisonError::into_inner).add(&words, text);
                        }
                        AnswerEvent::Waiting { endpoint, ms } => {
                            (self.note)(&format!("{endpoint} is busy; it is asked once more in {ms} ms"));
                        }
                        AnswerEvent::Passed { fault, .. } => {
                            (self.note)(&format!("{}; {}", fault.message, fault.remedy));
                        }
                        AnswerEvent::Used(usage) => {
                            tracing::debug!(read = usage.read, written = usage.written, "tokens");
                            continue;
                        }
                        _ => (),
                    }
                    if out.send(event).await.is_err() {
                        return;
                    }
                }
            };
            let answer = async {
                let inner = inner;
                self.asker.answer(&request, &inner).await;
            };
            tokio::join!(answer, remember);
        })
    }
}

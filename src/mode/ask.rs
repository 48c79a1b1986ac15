//! Asking: the session's road to the answer room, with the history of the run.
//!
//! Enters: words. Leaves: the answer room's events. Never here: a choice of endpoint.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::sync::mpsc;

use super::{
    Declaration, Note,
    keeping::Keeper,
    lazy_door::LazyDoor,
    servers::{CALL, Programs},
};
use crate::{
    answer::{AnswerEvent, Asker, History, Outcome, Ran, Request, Situation},
    egress::{Denial, EgressError},
    flow::{Fault, Intent, Language, Remedy},
    report::ToolRun,
    session::{
        Ask, Elsewhere,
        clock::{Clock, Wall},
    },
    units::{TurnId, Words},
};

/// The language model's side of a session.
pub(super) struct Asking {
    pub(super) asker: Asker<Arc<LazyDoor>>,
    /// What other programs do.
    pub(super) programs: Arc<Programs>,
    /// Which of its words go through.
    pub(super) door: Arc<LazyDoor>,
    pub(super) region: String,
    /// Who knows what the user asked to have remembered; `None` where the model is not told.
    pub(super) keeper: Option<Arc<Keeper>>,
    pub(super) wall: Wall,
    pub(super) history: Mutex<History>,
    /// How long without an exchange until the conversation is forgotten, ms; `None` keeps it for the run.
    pub(super) memory_ms: Option<u64>,
    /// The turn that was asked about last, and what its model called.
    pub(super) ran: Mutex<(TurnId, Ran)>,
    /// Since the last exchange.
    pub(super) since: Mutex<Clock>,
    /// The region, and who refused the place.
    pub(super) declaration: Declaration,
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

    /// What was said before was meant for the endpoints of another place.
    fn forget(&self) {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).clear();
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
            if let Some(moved) = self.door.moved() {
                self.forget();
                // Where nobody hears of it, nobody waits for it either.
                let _ = out.send(AnswerEvent::Failed(Fault::from(&moved))).await;
                return;
            }
            let mut asked = String::new();
            let history = self.history();
            let now = self.wall.now().strftime("%A %-d %B %Y, %H:%M, %Q").to_string();
            let remembered = match &self.keeper {
                Some(keeper) => keeper.recall().await,
                None => Vec::new(),
            };
            let situation = Situation { now, region: self.region.clone(), remembered };
            let (words_asked, month) = (words.clone(), self.wall.month());
            let ran = Ran::default();
            *self.ran.lock().unwrap_or_else(PoisonError::into_inner) = (turn, ran.clone());
            let request = Request {
                turn,
                words: words_asked,
                language,
                month,
                situation,
                history,
                ran,
                verbatim: None,
            };
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
                        AnswerEvent::Route { by, .. } => asked.clone_from(by),
                        AnswerEvent::Failed(fault) if fault.kind == Denial::Place.kind() => {
                            self.declaration.refused(&asked);
                        }
                        // In the middle of an answer whose model asked this device.
                        AnswerEvent::Failed(fault) if fault.kind == EgressError::Moved.kind() => {
                            self.forget()
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

    fn elsewhere(self: Arc<Self>, intent: &Intent, language: &Language) -> Option<Elsewhere> {
        let (intent, language) = (intent.clone(), language.clone());
        (intent.name == CALL).then(|| -> Elsewhere {
            Box::pin(async move { self.programs.call_after_yes(&intent, &language).await })
        })
    }

    fn ran(&self, turn: TurnId) -> Vec<ToolRun> {
        let (of, ran) = self.ran.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let run = |(name, outcome): (String, Outcome)| ToolRun { name, outcome: outcome.word() };
        if of == turn { ran.calls().into_iter().map(run).collect() } else { Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use futures_util::poll;
    use tokio::sync::Notify;

    use super::*;
    use crate::{
        mode::{
            options,
            parts::{self, Side},
        },
        session::Errands,
        settings::{self, EndpointSettings},
    };

    /// What asks the language model on this machine, of which `is_here` says whether it still is where it was, with an
    /// exchange in its memory; and who is told when it is not.
    fn asking(is_here: impl Fn() -> bool + Send + Sync + 'static) -> (Asking, Arc<Notify>) {
        let moved = Arc::<Notify>::default();
        let mut settings = settings::shipped().unwrap();
        settings.endpoints = vec![EndpointSettings {
            id: "llamacpp".into(),
            model: Some("m".into()),
            url: None,
            key: None,
            attested: false,
        }];
        let network = options::Network::of(&settings);
        let note: Note = Arc::new(|_| ());
        let door = LazyDoor::new(network, Box::new(is_here), moved.clone());
        let asker = parts::asker(&mut settings, &door);
        let programs = parts::programs(&mut settings, &door, asker.clone(), &note);
        let side = Side {
            understanding: parts::built_in().unwrap(),
            door,
            wall: Wall::machine(),
            keeper: None,
            errands: Errands::default(),
            asker,
            programs,
            memory_ms: None,
            note,
        };
        let asking = parts::asking(&settings, side);
        asking.history.lock().unwrap().add(&"why is the sky blue".into(), &"It scatters.".into());
        (asking, moved)
    }

    #[tokio::test]
    async fn from_elsewhere_nothing_is_sent_and_what_was_said_is_forgotten() {
        // Elsewhere at once; and behind the first look, in the middle of an answer.
        for looks_here in [0, 1] {
            let looks = AtomicUsize::new(0);
            let (asking, moved) = asking(move || looks.fetch_add(1, Ordering::Relaxed) < looks_here);
            let (out, mut events) = mpsc::channel(4);
            asking.ask(TurnId(1), "and the sea".into(), Language::ENGLISH, out).await;
            let Some(AnswerEvent::Failed(fault)) = events.recv().await else { panic!("it was asked") };
            assert_eq!(fault.kind, "region_changed");
            assert!(events.recv().await.is_none());
            assert_eq!(asking.history.lock().unwrap().exchanges().count(), 0);
            // Whoever reads the settings anew was told.
            assert!(poll!(Box::pin(moved.notified())).is_ready());
        }
    }
}

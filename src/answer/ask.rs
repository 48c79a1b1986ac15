//! Ask: walks the region's endpoints until one answers, and passes its sentences on as they come.
//!
//! Enters: a [`Request`]. Leaves: [`AnswerEvent`]s; the last one is [`AnswerEvent::Done`] or [`AnswerEvent::Failed`].
//! Dropping the future closes the connection. Never here: an endpoint outside the region's list, a request without a
//! permit of its own, a second endpoint once a payload came or the first one refused, or a second request to the same one
//! but with less history.

use std::{
    collections::BTreeSet,
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    AnswerError,
    dialect::{self, Prompt},
    history::History,
    prompt::{self, Situation},
    reader::{self, Finish},
    route::{self, ChatSetup},
    speaking::{Progress, Speaking},
};
use crate::{
    egress::{ChatRequest, Denial, Door, EgressError, Ending, EventStream, Secret},
    flow::{Fault, Language, Script, Sentence},
    policy::{
        self, Capability, DataClass, Endpoint, EndpointId, Month, Permit, Question, Refusal, Region, Rules,
        Verdict,
    },
    units::{TurnId, Words},
};
use serde_json::Value;
use tokio::sync::mpsc;

/// Most payloads read after the model's last word: usage, the closing mark, an empty chunk or two.
const AFTER_THE_END: usize = 8;

/// The way to an endpoint: the door, or a script in tests.
pub trait Wire: Send + Sync {
    /// What comes back.
    type Payloads: Payloads;

    /// Spends `permit` on sending `body`.
    fn open(
        &self,
        permit: Permit,
        body: Value,
        key: Option<&Secret>,
    ) -> impl Future<Output = Result<Self::Payloads, EgressError>> + Send;

    /// Records that policy kept words here.
    fn refused(&self, question: &Question, refusal: &Refusal) -> Result<(), EgressError>;
}

/// The payloads of one answer.
pub trait Payloads: Send {
    /// The next one; `None` after the last.
    fn next(&mut self) -> impl Future<Output = Result<Option<String>, EgressError>> + Send;

    /// Notes that the answer is complete; what still comes is of no matter.
    fn complete(&mut self);
}

/// A way to the door, which the first one through may open.
pub trait Doorway: Send + Sync {
    /// The open door.
    ///
    /// # Errors
    /// Whatever keeps it shut.
    fn door(&self) -> Result<&Door, EgressError>;
}

impl Doorway for Arc<Door> {
    fn door(&self) -> Result<&Door, EgressError> {
        Ok(self)
    }
}

impl<D: Doorway> Wire for D {
    type Payloads = Answer;

    async fn open(&self, permit: Permit, body: Value, key: Option<&Secret>) -> Result<Answer, EgressError> {
        let stream = self.door()?.send(permit, ChatRequest { body, key }).await?;
        Ok(Answer { stream, mark_given: false })
    }

    fn refused(&self, question: &Question, refusal: &Refusal) -> Result<(), EgressError> {
        self.door()?.ledger().refused(question, refusal)
    }
}

/// An answer through the door.
#[derive(Debug)]
pub struct Answer {
    stream: EventStream,
    mark_given: bool,
}

impl Payloads for Answer {
    async fn next(&mut self) -> Result<Option<String>, EgressError> {
        let next = self.stream.next().await?;
        // The door keeps the closing mark; a server that sends no finish reason ends its answer with nothing else.
        let mark = next.is_none() && self.stream.ending() == Ending::Done && !self.mark_given;
        self.mark_given |= mark;
        Ok(if mark { Some(reader::DONE.to_owned()) } else { next })
    }

    fn complete(&mut self) {
        self.stream.complete();
    }
}

/// How questions are asked.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Longest answer, in tokens: 16 to 4096, 300 by default, about a minute and a half of speech.
    pub max_tokens: u32,
    /// How Mandarin answers are to be written.
    pub script: Script,
}

impl Default for Options {
    fn default() -> Self {
        Self { max_tokens: 300, script: Script::default() }
    }
}

/// A question for a language model.
#[derive(Debug, Clone)]
pub struct Request {
    /// The turn it belongs to.
    pub turn: TurnId,
    /// What the user said.
    pub words: Words,
    /// The language to answer in.
    pub language: Language,
    /// The month it is, for policy.
    pub month: Month,
    /// Here and now, as far as the model is told.
    pub situation: Situation,
    /// What was said before.
    pub history: History,
}

/// What an answer is made of, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum AnswerEvent {
    /// Who is asked, and why the region allows it; or "refused" and why nobody may be. Of several, the last one holds:
    /// before [`AnswerEvent::Failed`] it is the endpoint that the fault is about.
    Route {
        /// The endpoint's id, or "refused".
        by: String,
        /// Why, for the user.
        reason: String,
    },
    /// One of several endpoints could not be had or may not be asked; the next one of the region, if any, follows. For
    /// the user to read as a note: without it, nothing tells why another one answered than the first.
    Passed {
        /// The endpoint's id.
        endpoint: String,
        /// What happened: one line each for what and for the remedy, with the endpoint's name and nobody's words.
        fault: Fault,
    },
    /// The first word arrived.
    FirstWord,
    /// A sentence is complete.
    Sentence(Sentence),
    /// The answer is complete.
    Done {
        /// All its sentences, for the history.
        text: Words,
        /// How it ended.
        finish: Finish,
    },
    /// There is no answer, or no more of it than the sentences so far.
    Failed(Fault),
}

/// Asks language models.
#[derive(Debug)]
pub struct Asker<W> {
    wire: W,
    rules: Arc<Rules>,
    region: Region,
    setups: Vec<ChatSetup>,
    options: Options,
    /// Endpoints that refused the place in this run; they are not asked again in it.
    unserved: Mutex<BTreeSet<EndpointId>>,
}

/// Why an answer ends early.
enum Stop {
    Failed(AnswerError),
    /// The endpoint could not be had, and nothing came of it.
    Next(AnswerError),
    /// It may have been too much for the endpoint's model, and nothing came of it.
    TooLong(AnswerError),
    /// Nobody listens any more.
    Unheard,
}

impl<W: Wire> Asker<W> {
    /// An asker for `region`, by `rules`, with the endpoints in `setups`.
    #[must_use]
    pub const fn new(
        wire: W,
        rules: Arc<Rules>,
        region: Region,
        setups: Vec<ChatSetup>,
        options: Options,
    ) -> Self {
        Self { wire, rules, region, setups, options, unserved: Mutex::new(BTreeSet::new()) }
    }

    /// Answers `request` into `out`. Ends early, and drops the connection, when nobody receives any more.
    pub async fn answer(&self, request: &Request, out: &mpsc::Sender<AnswerEvent>) {
        let ended = tokio::select! {
            ended = self.walk(request, out) => ended,
            () = out.closed() => return,
        };
        let error = match ended {
            Ok(()) | Err(Stop::Unheard) => return,
            Err(Stop::Failed(error) | Stop::Next(error) | Stop::TooLong(error)) => error,
        };
        if let AnswerError::Egress(EgressError::Denied { endpoint, denial: Denial::Place, .. }) = &error {
            self.unserved.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint.clone());
        }
        if matches!(error, AnswerError::Refused(_) | AnswerError::NoEndpoint { .. }) {
            let route = AnswerEvent::Route { by: "refused".to_owned(), reason: error.to_string() };
            if out.send(route).await.is_err() {
                return;
            }
        }
        // Where nobody hears of the failure, nobody waits for it either.
        let _ = out.send(AnswerEvent::Failed((&error).into())).await;
    }

    async fn walk(&self, request: &Request, out: &mpsc::Sender<AnswerEvent>) -> Result<(), Stop> {
        // Of several failures the first is told: it is the endpoint that the user would rather have had.
        let mut first: Option<(&Endpoint, AnswerError)> = None;
        let mut asked = Vec::new();
        let ready = route::ready(&self.rules, &self.region, &self.setups);
        for (endpoint, setup) in &ready {
            let error = match self.ask(endpoint, setup, &asked, request, out).await {
                Err(Stop::Next(error)) => error,
                ended => return ended,
            };
            if ready.len() > 1 {
                let fault = (&error).into();
                send(out, AnswerEvent::Passed { endpoint: endpoint.id().to_string(), fault }).await?;
            }
            if route::words_were_sent(&error) {
                asked.push(*endpoint);
            }
            first.get_or_insert((endpoint, error));
        }
        let Some((endpoint, error)) = first else {
            return Err(Stop::Failed(AnswerError::NoEndpoint {
                region: self.region.to_string(),
                remedy: route::how_to_set_up(&self.rules, &self.region),
            }));
        };
        if ready.len() > 1 && !matches!(error, AnswerError::Refused(_)) {
            send(out, self.route(endpoint, &[])).await?; // others were asked since, and the error is this one's
        }
        Err(Stop::Failed(error))
    }

    async fn ask(
        &self,
        endpoint: &Endpoint,
        setup: &ChatSetup,
        asked: &[&Endpoint],
        request: &Request,
        out: &mpsc::Sender<AnswerEvent>,
    ) -> Result<(), Stop> {
        let mut permit = self.permit(endpoint, setup, request)?;
        send(out, self.route(endpoint, asked)).await?;
        let mut history = request.history.clone();
        loop {
            match self.ask_once(permit, endpoint, setup, &history, request, out).await {
                // A local model's context may hold less than the history; with ever less of it, it answers in the end.
                Err(Stop::TooLong(_)) if history.forget_older_half() => {}
                ended => return ended,
            }
            permit = self.permit(endpoint, setup, request)?;
        }
    }

    async fn ask_once(
        &self,
        permit: Permit,
        endpoint: &Endpoint,
        setup: &ChatSetup,
        history: &History,
        request: &Request,
        out: &mpsc::Sender<AnswerEvent>,
    ) -> Result<(), Stop> {
        let system = prompt::system(&request.language, self.options.script, &request.situation);
        let prompt = Prompt {
            model: permit.model(),
            system: &system,
            history,
            words: &request.words,
            max_tokens: self.options.max_tokens,
        };
        let body = dialect::body(endpoint.backend(), &prompt);
        let opened = self.wire.open(permit, body, setup.key.as_ref()).await;
        let payloads = opened.map_err(|error| lost(error, endpoint, true))?;
        receive(payloads, endpoint, self.options.script, request, out).await
    }

    fn route(&self, endpoint: &Endpoint, asked: &[&Endpoint]) -> AnswerEvent {
        let reason = route::reason(endpoint, &self.region, asked);
        AnswerEvent::Route { by: endpoint.id().to_string(), reason }
    }

    fn permit(
        &self,
        endpoint: &Endpoint,
        setup: &ChatSetup,
        &Request { turn, month, .. }: &Request,
    ) -> Result<Permit, Stop> {
        let question = Question {
            turn,
            region: self.region.clone(),
            capability: Capability::Chat,
            endpoint: endpoint.id().clone(),
            url: setup.url.clone().unwrap_or_else(|| endpoint.url().clone()),
            model: setup.model.clone().unwrap_or_else(|| endpoint.model().to_owned()),
            data: DataClass::Words,
            attested: setup.attested,
            month,
        };
        let refused_us = self.unserved.lock().unwrap_or_else(PoisonError::into_inner).contains(endpoint.id());
        let verdict = if refused_us {
            Verdict::Refuse(policy::not_served(endpoint.id()))
        } else {
            policy::decide(&self.rules, &question)
        };
        match verdict {
            Verdict::Allow(permit) => Ok(permit),
            Verdict::Refuse(refusal) => {
                self.wire.refused(&question, &refusal).map_err(|error| Stop::Failed(error.into()))?;
                // A rule about the region or the data holds for every endpoint; others are about this one.
                let for_all = refusal.rule.starts_with("region.") || refusal.rule.starts_with("data.");
                let error = AnswerError::Refused(refusal);
                Err(if for_all { Stop::Failed(error) } else { Stop::Next(error) })
            }
        }
    }
}

/// Passes an answer's sentences on until it ends.
async fn receive(
    mut payloads: impl Payloads,
    endpoint: &Endpoint,
    script: Script,
    request: &Request,
    out: &mpsc::Sender<AnswerEvent>,
) -> Result<(), Stop> {
    let mut speaking = Speaking::new(request.turn, &request.language, script, endpoint.id().as_str());
    let (mut begun, mut heard) = (false, false);
    let broken = loop {
        let payload = match payloads.next().await {
            Ok(Some(payload)) => payload,
            Ok(None) => break None,
            Err(error) => break Some(error),
        };
        let mut sentences = Vec::new();
        let progress = speaking.read(&payload, &mut sentences).map_err(Stop::Failed)?;
        begun = true;
        if speaking.has_begun() && !std::mem::replace(&mut heard, true) {
            send(out, AnswerEvent::FirstWord).await?;
        }
        for sentence in sentences {
            send(out, AnswerEvent::Sentence(sentence)).await?;
        }
        if progress == Progress::Ended {
            break None;
        }
    };
    let mut rest = Vec::new();
    let finish = speaking.finish(&mut rest);
    for sentence in rest {
        send(out, AnswerEvent::Sentence(sentence)).await?;
    }
    let finish = match (finish, broken) {
        (Ok(finish), _) => finish,
        (Err(AnswerError::CutOff { .. }), Some(error)) => return Err(lost(error, endpoint, !begun)),
        (Err(error), _) => return Err(Stop::Failed(error)),
    };
    // Before anybody learns of it: a program that has its answer ends, and takes this task with it.
    payloads.complete();
    send(out, AnswerEvent::Done { text: speaking.said(), finish }).await?;
    // The user need not wait for the usage and the closing mark, but a connection that ends well can be used again.
    for _ in 0..AFTER_THE_END {
        if !matches!(payloads.next().await, Ok(Some(_))) {
            break;
        }
    }
    Ok(())
}

/// What to do about an error of the door. `before` tells that nothing of the answer had come.
fn lost(error: EgressError, endpoint: &Endpoint, before: bool) -> Stop {
    let too_long = before && route::may_be_too_long(&error, endpoint);
    let endpoint = endpoint.id().to_string();
    match error {
        EgressError::Denied { denial: Denial::Content, .. } => {
            Stop::Failed(AnswerError::ContentRefused { endpoint })
        }
        EgressError::CutOff { .. } if too_long => Stop::TooLong(AnswerError::CutOff { endpoint }),
        EgressError::CutOff { .. } => Stop::Failed(AnswerError::CutOff { endpoint }),
        error if too_long => Stop::TooLong(error.into()),
        error if before && error.may_try_next() => Stop::Next(error.into()),
        error => Stop::Failed(error.into()),
    }
}

async fn send(out: &mpsc::Sender<AnswerEvent>, event: AnswerEvent) -> Result<(), Stop> {
    out.send(event).await.map_err(|_| Stop::Unheard)
}

//! Ask: walks the region's endpoints until one answers, and has done what the model asks of this device.
//!
//! Enters: a [`Request`]. Leaves: [`AnswerEvent`]s; the last one is [`AnswerEvent::Done`] or [`AnswerEvent::Failed`], but
//! for what it cost. Dropping the future closes the connection. Never here: an endpoint outside the region's list, a
//! request without a permit of its own, a second endpoint once a payload came or the first one refused, or a second
//! request to the same one but with less in it: less history, fewer fields, or with what its tools answered. What a tool
//! did is not done again by asking anew.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use super::{
    AnswerError,
    completion::Verbatim,
    dialect::{Dialect, Form, Prompt, Round},
    history::History,
    prompt::{self, Reach, Situation},
    reader::{Finish, Usage},
    receive::{Stop, lost, receive, send},
    route::{self, ChatSetup, Ready},
    speaking::Speaking,
    tool::{self, OnDevice, Ran},
    tool_calls::Call,
    toolbox::Toolbox,
    wire::Wire,
};
use crate::{
    egress::{ChatRequest, Denial, EgressError},
    flow::{Fault, Language, Script, Sentence},
    policy::{
        self, Backend, Capability, DataClass, Endpoint, EndpointId, Month, Permit, Question, Region, Rules,
        Verdict,
    },
    units::{TurnId, Words},
};
use tokio::sync::mpsc;

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
    /// Where the model's calls are noted.
    pub ran: Ran,
    /// Where it is not the user who asks, what another program wants, which gets the answer as it was written.
    pub verbatim: Option<Verbatim>,
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
    /// The endpoint has too much to do and named a short time, after which it is asked once more.
    Waiting {
        /// The endpoint's id.
        endpoint: String,
        /// How long, ms.
        ms: u64,
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
    /// What the answer cost; behind [`AnswerEvent::Done`], and only where the endpoint tells.
    Used(Usage),
}

/// Asks language models. A clone knows of the same refusals.
#[derive(Debug, Clone)]
pub struct Asker<W> {
    wire: W,
    rules: Arc<Rules>,
    region: Region,
    setups: Arc<[ChatSetup]>,
    options: Options,
    /// Endpoints that refused the place in this run; they are not asked again in it.
    unserved: Arc<Mutex<BTreeSet<EndpointId>>>,
    on_device: Option<Arc<dyn OnDevice>>,
    /// Endpoints whose model takes the plain form only, as far as it showed in this run.
    plain: Arc<Mutex<Vec<EndpointId>>>,
}

impl<W: Wire> Asker<W> {
    /// An asker for `region`, by `rules`, with the endpoints in `setups`.
    #[must_use]
    pub fn new(wire: W, rules: Arc<Rules>, region: Region, setups: Vec<ChatSetup>, options: Options) -> Self {
        Self {
            wire,
            rules,
            region,
            setups: setups.into(),
            options,
            unserved: Arc::default(),
            on_device: None,
            plain: Arc::default(),
        }
    }

    /// The same asker, whose models may ask of `device` what it offers.
    #[must_use]
    pub fn offering(self, device: Arc<dyn OnDevice>) -> Self {
        Self { on_device: Some(device), ..self }
    }

    /// Answers `request` into `out`. Ends early, and drops the connection, when nobody receives any more.
    pub async fn answer(&self, request: &Request, out: &mpsc::Sender<AnswerEvent>) {
        let ended = tokio::select! {
            ended = self.walk(request, out) => ended,
            () = out.closed() => return,
        };
        let error = match ended {
            Ok(()) | Err(Stop::Unheard) => return,
            Err(
                Stop::Failed(error) | Stop::Next(error) | Stop::TooLong(error) | Stop::Unliked { error, .. },
            ) => error,
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
        for ready_one in &ready {
            let endpoint = ready_one.endpoint;
            let error = match self.ask(ready_one, &asked, request, out).await {
                Err(Stop::Next(error)) => error,
                ended => return ended,
            };
            if ready.len() > 1 {
                let fault = (&error).into();
                send(out, AnswerEvent::Passed { endpoint: endpoint.id().to_string(), fault }).await?;
            }
            if route::words_were_sent(&error) {
                asked.push(endpoint);
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
        ready: &Ready<'_>,
        asked: &[&Endpoint],
        request: &Request,
        out: &mpsc::Sender<AnswerEvent>,
    ) -> Result<(), Stop> {
        let (endpoint, id) = (ready.endpoint, ready.endpoint.id());
        let mut permit = self.permit(ready, request, DataClass::Words)?;
        send(out, self.route(endpoint, asked)).await?;
        if endpoint.backend() == Backend::Ollama {
            // Its name tells nothing: a cloud model can be copied under any other.
            let look = self.permit(ready, request, DataClass::ModelRequest)?;
            let vouched = self.wire.vouch(look, ready.setup.key.as_ref()).await;
            vouched.map_err(|error| lost(error, endpoint, true))?;
        }
        let (mut waited, mut unliked) = (false, None);
        let mut history = request.history.clone();
        let mut form = if self.plain().contains(id) { Form::Plain } else { Form::Whole };
        loop {
            match self.ask_once(permit, ready, &history, form, request, out).await {
                // A local model's context may hold less than the history; with ever less of it, it answers in the end.
                Err(Stop::TooLong(_)) if request.verbatim.is_none() && history.forget_older_half() => {}
                Err(Stop::Next(error)) if !waited && route::worth_waiting(&error).is_some() => {
                    waited = true;
                    let wait = route::worth_waiting(&error).unwrap_or_default();
                    let ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    send(out, AnswerEvent::Waiting { endpoint: id.to_string(), ms }).await?;
                    tokio::time::sleep(wait).await;
                }
                Err(Stop::Unliked { error, next }) if form == Form::Whole => {
                    (form, unliked) = (Form::Plain, Some((error, next)));
                }
                Err(Stop::Unliked { error, next: true }) => return Err(Stop::Next(error)),
                ended => {
                    if ended.is_ok() && form == Form::Plain && !self.plain().contains(id) {
                        self.plain().push(id.clone());
                    }
                    return match (ended, unliked) {
                        // A server that breaks off without a word at the second try failed at the first.
                        (Err(Stop::TooLong(AnswerError::CutOff { .. })), Some((error, next))) => {
                            Err(if next { Stop::Next(error) } else { Stop::Failed(error) })
                        }
                        (ended, _) => ended,
                    };
                }
            }
            permit = self.permit(ready, request, DataClass::Words)?;
        }
    }

    fn plain(&self) -> std::sync::MutexGuard<'_, Vec<EndpointId>> {
        self.plain.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn ask_once(
        &self,
        mut permit: Permit,
        ready: &Ready<'_>,
        history: &History,
        form: Form,
        request: &Request,
        out: &mpsc::Sender<AnswerEvent>,
    ) -> Result<(), Stop> {
        let (endpoint, dialect, script) = (ready.endpoint, ready.dialect, self.options.script);
        let device = self.device(request).filter(|_| form == Form::Whole);
        let functions = match device {
            Some(device) => [device.functions(), &device.others().await].concat(),
            None => Vec::new(),
        };
        let (turn, id) = (request.turn, endpoint.id().as_str());
        let mut speaking = Speaking::new(turn, &request.language, script, id, dialect);
        let (system, max_tokens) = match &request.verbatim {
            Some(Verbatim { system, max_tokens }) => {
                speaking = speaking.verbatim();
                (system.clone(), *max_tokens)
            }
            None => (
                prompt::system(&request.language, script, &request.situation, Reach::of(&functions)),
                self.options.max_tokens,
            ),
        };
        let mut toolbox = device.map(|device| Toolbox::new(device, &functions, request));
        let mut rounds: Vec<Round> = Vec::new();
        loop {
            let model = permit.model().to_owned();
            let prompt = Prompt {
                model: &model,
                system: &system,
                history,
                words: &request.words,
                max_tokens,
                tools: &functions,
                may_call: toolbox.as_ref().is_some_and(Toolbox::is_open),
                rounds: &rounds,
            };
            let key = ready.setup.key.as_ref();
            let Dialect { path, query, headers, .. } = *dialect;
            let body = dialect.body(&prompt, form);
            let opened = self.wire.open(permit, ChatRequest { path, query, headers, body, key }).await;
            let received = match opened {
                Ok(payloads) => receive(payloads, endpoint, &mut speaking, out).await,
                Err(error) => Err(lost(error, endpoint, rounds.is_empty())),
            };
            let stop = match (received, toolbox.as_mut()) {
                (Ok(calls), _) if calls.is_empty() => return Ok(()),
                (Ok(calls), Some(toolbox)) if toolbox.is_open() => {
                    let results = toolbox.round(&calls).await;
                    speaking.confirmed(toolbox.confirmed());
                    let input = |call: &Call| {
                        let function = functions.iter().find(|function| function.name == call.name);
                        tool::understood(function, &call.arguments)
                    };
                    let inputs = calls.iter().map(input).collect();
                    let (text, thoughts) = speaking.go_on();
                    rounds.push(Round { text, thoughts, calls, inputs, results });
                    match self.permit(ready, request, DataClass::Words) {
                        Ok(next) => {
                            permit = next;
                            continue;
                        }
                        Err(stop) => stop,
                    }
                }
                (Ok(_), _) => Stop::Failed(AnswerError::ToolCall { endpoint: id.to_owned() }),
                (Err(stop), _) => stop,
            };
            let Some(toolbox) = toolbox.filter(|_| !rounds.is_empty()) else { return Err(stop) };
            return self.settle(stop, toolbox, speaking, out).await;
        }
    }

    /// Ends an answer that broke off behind a call. What the device said stands for what the model did not say: what was
    /// done is told. Nothing is asked anew, for it would be done again.
    async fn settle(
        &self,
        stop: Stop,
        mut toolbox: Toolbox<'_>,
        mut speaking: Speaking,
        out: &mpsc::Sender<AnswerEvent>,
    ) -> Result<(), Stop> {
        let error = match stop {
            Stop::Unheard => return Err(Stop::Unheard),
            Stop::Failed(error) | Stop::Next(error) | Stop::TooLong(error) | Stop::Unliked { error, .. } => {
                error
            }
        };
        if speaking.has_said_since() {
            return Err(Stop::Failed(error));
        }
        let mut sentences = Vec::new();
        speaking.say_itself(toolbox.take_said(), &mut sentences);
        let told = !sentences.is_empty();
        for sentence in sentences {
            send(out, AnswerEvent::Sentence(sentence)).await?;
        }
        // A model with nothing to add to what the device said has answered.
        if told && matches!(error, AnswerError::Empty { .. } | AnswerError::ToolCall { .. }) {
            return send(out, AnswerEvent::Done { text: speaking.said(), finish: Finish::Stop }).await;
        }
        Err(Stop::Failed(error))
    }

    /// The device that the model of `request` may ask.
    fn device(&self, request: &Request) -> Option<&dyn OnDevice> {
        self.on_device.as_deref().filter(|_| request.verbatim.is_none())
    }

    fn route(&self, endpoint: &Endpoint, asked: &[&Endpoint]) -> AnswerEvent {
        let tools = self.on_device.as_ref().map(|device| device.passes_on_to()).unwrap_or_default();
        let reason = route::reason(endpoint, &self.region, asked, &tools);
        AnswerEvent::Route { by: endpoint.id().to_string(), reason }
    }

    fn permit(
        &self,
        ready: &Ready<'_>,
        &Request { turn, month, .. }: &Request,
        data: DataClass,
    ) -> Result<Permit, Stop> {
        let Ready { endpoint, setup, .. } = *ready;
        let question = Question {
            turn,
            region: self.region.clone(),
            capability: Capability::Chat,
            endpoint: endpoint.id().clone(),
            url: setup.url.clone().unwrap_or_else(|| endpoint.url().clone()),
            model: setup.model.clone().unwrap_or_else(|| endpoint.model().to_owned()),
            data,
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

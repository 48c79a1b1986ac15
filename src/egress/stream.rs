//! Stream: an answer's payloads, one by one.
//!
//! Enters: the body of an accepted chat request. Leaves: the text of each event, in order; then how it ended. Never
//! here: half an event, a fault passed off as an answer, or an answer without a line in the ledger.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt, mem,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Deserialize;

use crate::{
    egress::{
        Denial, DoorOptions, EgressError, Said,
        body::Body,
        ledger::Outcome,
        proof::{Broken, Proof},
        said::Scrub,
        sse::{Limits, SseError, SseParser, Tail},
    },
    policy::EndpointId,
    units::length_u64,
};

/// The most bytes of an answer that comes in one piece instead of as events.
const WHOLE: usize = 1024 * 1024;

/// Endpoints that broke their terms; the door and its streams share one list.
#[derive(Debug, Clone, Default)]
pub(super) struct Barred(Arc<Mutex<BTreeSet<EndpointId>>>);

impl Barred {
    pub(super) fn holds(&self, endpoint: &EndpointId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(endpoint)
    }

    fn add(&self, endpoint: &EndpointId) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint.clone());
    }
}

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// There may be more.
    Open,
    /// The endpoint said that it is done: the closing mark, or an answer in one piece.
    Done,
    /// The endpoint closed after a whole event, without the mark; look whether the answer has a finish reason.
    Closed,
    /// An error ended it.
    Broken,
}

enum Form {
    Events(SseParser),
    Whole(Vec<u8>),
}

/// The payloads of one answer. Dropping it before it is complete hangs up, which the ledger records as abandoned.
pub struct EventStream {
    body: Body,
    form: Form,
    ready: VecDeque<String>,
    fault: Option<EgressError>,
    some: bool,
    ending: Ending,
    outcome: Outcome,
    scrub: Scrub,
    proof: Proof,
    /// What came before the proof.
    held: VecDeque<String>,
    barred: Barred,
}

impl EventStream {
    /// The payloads of `body`, or why it holds none.
    pub(super) fn new(
        body: Body,
        mut outcome: Outcome,
        scrub: Scrub,
        proof: Proof,
        barred: Barred,
        options: &DoorOptions,
    ) -> Result<Self, EgressError> {
        // None was asked for. What is packed could unfold to any size, and nothing here unpacks it.
        if body.header("content-encoding").is_some_and(|coding| !coding.eq_ignore_ascii_case("identity")) {
            let (endpoint, detail) = (body.endpoint().clone(), "it is compressed".to_owned());
            let status = Some(body.status());
            return Err(outcome.failed(EgressError::Garbled { endpoint, detail }, status));
        }
        let kind = body.header("content-type").unwrap_or_default().to_ascii_lowercase();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        let form = match kind {
            "application/json" => Form::Whole(Vec::new()),
            "text/event-stream" | "text/plain" | "application/octet-stream" | "" => {
                Form::Events(SseParser::new(Limits { response: options.max_response, ..Limits::default() }))
            }
            other => {
                // The header is foreign text like any other: it is named, not shown.
                let what = if other == "text/html" { "a web page" } else { "another kind of content" };
                let detail = format!("{what} instead of events");
                let (endpoint, status) = (body.endpoint().clone(), Some(body.status()));
                return Err(outcome.failed(EgressError::Garbled { endpoint, detail }, status));
            }
        };
        Ok(Self {
            body,
            form,
            ready: VecDeque::new(),
            fault: None,
            some: false,
            ending: Ending::Open,
            outcome,
            scrub,
            proof,
            held: VecDeque::new(),
            barred,
        })
    }

    /// The next payload: one JSON text, as sent. `None` when the answer is over. Safe to drop while it waits.
    ///
    /// # Errors
    /// Whatever cut the answer short, fault payloads under status 200 among them; afterwards `None`.
    pub async fn next(&mut self) -> Result<Option<String>, EgressError> {
        loop {
            if self.proof.is_complete()
                && let Some(payload) = self.held.pop_front()
            {
                return Ok(Some(payload));
            }
            match self.proven().await? {
                Some(payload) if self.proof.is_complete() && self.held.is_empty() => {
                    return Ok(Some(payload));
                }
                Some(payload) => self.held.push_back(payload),
                None => return Ok(None),
            }
        }
    }

    /// The next payload, unless it is a fault or speaks against the rules.
    async fn proven(&mut self) -> Result<Option<String>, EgressError> {
        let next = self.advance().await;
        match next {
            Ok(Some(payload)) => match Said::in_payload(&payload, &self.scrub) {
                None => {
                    if let Err(broken) = self.proof.read(&payload) {
                        return self.violated(broken);
                    }
                    let seen = &mut self.outcome.seen;
                    seen.place = self.proof.place();
                    if seen.model.is_none() {
                        seen.model = named_model(&payload);
                    }
                    Ok(Some(payload))
                }
                Some(said) => {
                    let endpoint = self.body.endpoint().clone();
                    let status = said.status().unwrap_or_else(|| self.body.status());
                    let denial = Denial::of(status, &said, true, None);
                    self.fail(EgressError::Denied { endpoint, status, denial, said })
                }
            },
            Ok(None) => Ok(None),
            Err(error) => self.fail(error),
        }
    }

    fn violated<T>(&mut self, broken: Broken) -> Result<T, EgressError> {
        let endpoint = self.body.endpoint().clone();
        self.barred.add(&endpoint);
        let Broken { field, wanted, found } = broken;
        self.outcome.seen.broken = Some("response.assert");
        self.outcome.seen.place.clone_from(&found);
        self.break_off();
        let error = EgressError::Violation { endpoint, field, wanted, found };
        Err(self.outcome.violated(error, Some(self.body.status())))
    }

    /// Records the answer as complete, though the closing mark may still come: a model's finish reason ends it too.
    pub fn complete(&mut self) {
        // A ledger that fails now has nothing left to prevent; the next request finds it unwritable and stops.
        let _ = self.outcome.answered(self.body.status());
    }

    /// How far it has come.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        self.ending
    }

    fn fail<T>(&mut self, error: EgressError) -> Result<T, EgressError> {
        self.break_off();
        Err(self.outcome.failed(error, Some(self.body.status())))
    }

    fn break_off(&mut self) {
        self.ending = Ending::Broken;
        self.ready.clear();
        self.held.clear();
    }

    async fn advance(&mut self) -> Result<Option<String>, EgressError> {
        loop {
            if let Some(payload) = self.ready.pop_front() {
                if payload.trim() == "[DONE]" {
                    return self.end(Ending::Done);
                }
                self.some = true;
                return Ok(Some(payload));
            }
            if let Some(fault) = self.fault.take() {
                return Err(fault);
            }
            if self.ending != Ending::Open {
                return Ok(None);
            }
            match &mut self.form {
                Form::Whole(_) if self.some => return self.end(Ending::Done),
                Form::Whole(whole) => {
                    self.body.append_whole(whole, WHOLE).await?;
                    self.outcome.seen.bytes_in = length_u64(whole.len());
                    let text = String::from_utf8(mem::take(whole))
                        .map_err(|_| self.unreadable(SseError::NotUtf8))?;
                    self.ready.push_back(text);
                }
                Form::Events(parser) => {
                    let Some(piece) = self.body.next().await? else {
                        return self.hung_up();
                    };
                    let bytes_in = &mut self.outcome.seen.bytes_in;
                    *bytes_in = bytes_in.saturating_add(length_u64(piece.len()));
                    // What came whole before a fault is handed over first.
                    let read = parser.push(&piece, &mut self.ready);
                    self.fault = read.err().map(|error| self.unreadable(error));
                }
            }
        }
    }

    fn hung_up(&mut self) -> Result<Option<String>, EgressError> {
        let tail = match &mut self.form {
            Form::Events(parser) => mem::take(parser).finish(),
            Form::Whole(_) => Tail::Whole,
        };
        let cut = |detail: &str| {
            Err(EgressError::CutOff { endpoint: self.body.endpoint().clone(), detail: detail.to_owned() })
        };
        match tail {
            Tail::Done => self.end(Ending::Done),
            Tail::Whole if self.some => self.end(Ending::Closed),
            Tail::Whole => cut("it closed the connection without an answer"),
            Tail::Cut => cut("it closed the connection in the middle of an event"),
        }
    }

    fn end(&mut self, ending: Ending) -> Result<Option<String>, EgressError> {
        if let Some(broken) = self.proof.missing() {
            return self.violated(broken);
        }
        self.ending = ending;
        self.ready.clear();
        self.fault = None;
        self.outcome.answered(self.body.status()).map(|()| None)
    }

    fn unreadable(&self, error: SseError) -> EgressError {
        let endpoint = self.body.endpoint().clone();
        match error {
            SseError::NotUtf8 => EgressError::Garbled { endpoint, detail: "it is not UTF-8".to_owned() },
            SseError::TooLarge(what, limit) => EgressError::TooLarge { endpoint, what, limit },
        }
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let endpoint = self.body.endpoint();
        f.debug_struct("EventStream")
            .field("endpoint", endpoint)
            .field("ending", &self.ending)
            .finish_non_exhaustive()
    }
}

/// The model that `payload` says it is from. Only what looks like a model's name is taken: the record holds no sentence.
fn named_model(payload: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        model: String,
    }
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b':' | b'/' | b'@');
    let Named { model } = serde_json::from_str(payload).ok()?;
    ((1..=100).contains(&model.len()) && model.bytes().all(fits)).then_some(model)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_name_is_a_models_name() {
        for (payload, name) in [
            (r#"{"id":1,"model":"qwen3:4b","choices":[]}"#, Some("qwen3:4b")),
            (r#"{"model":"why is the sky blue"}"#, None),
            (r#"{"model":""}"#, None),
            (r#"{"model":7}"#, None),
            (r#"{"choices":[]}"#, None),
            ("[", None),
        ] {
            assert_eq!(named_model(payload).as_deref(), name, "{payload}");
        }
    }
}

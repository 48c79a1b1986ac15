//! Payloads: what an answer's body holds, one by one, whoever gave it.
//!
//! Enters: the body of an accepted request. Leaves: the text of each event in order, or all of an answer in one piece; then
//! how it ended. Never here: half an event, a body that is packed, an answer without a line in the ledger.

use std::{collections::VecDeque, mem};

use crate::{
    egress::{
        EgressError,
        body::Body,
        ledger::Outcome,
        sse::{Limits, SseError, SseParser, Tail},
    },
    policy::EndpointId,
    units::length_u64,
};

/// The most bytes of an answer that comes in one piece instead of as events.
const WHOLE: usize = 1024 * 1024;

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

/// The payloads of one answer. Dropped before its end is on record, it hangs up, which the ledger records as abandoned.
pub(super) struct Payloads {
    body: Body,
    form: Form,
    ready: VecDeque<String>,
    fault: Option<EgressError>,
    some: bool,
    ending: Ending,
    /// Its line in the ledger.
    pub(super) outcome: Outcome,
}

impl Payloads {
    /// The payloads of `body` within `limits`, or why it holds none.
    pub(super) fn new(body: Body, mut outcome: Outcome, limits: Limits) -> Result<Self, EgressError> {
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
                Form::Events(SseParser::new(limits))
            }
            other => {
                // The header is foreign text like any other: it is named, not shown.
                let what = if other == "text/html" { "a web page" } else { "another kind of content" };
                let detail = format!("{what} instead of events");
                let (endpoint, status) = (body.endpoint().clone(), Some(body.status()));
                return Err(outcome.failed(EgressError::Garbled { endpoint, detail }, status));
            }
        };
        let (ready, fault, some, ending) = (VecDeque::new(), None, false, Ending::Open);
        Ok(Self { body, form, ready, fault, some, ending, outcome })
    }

    /// Who sends them.
    pub(super) const fn endpoint(&self) -> &EndpointId {
        self.body.endpoint()
    }

    /// The status that the answer began with.
    pub(super) fn status(&self) -> u16 {
        self.body.status()
    }

    /// How far they have come.
    pub(super) const fn ending(&self) -> Ending {
        self.ending
    }

    /// The next one, as sent; `None` at the end. Neither that nor an error is on record then: see [`Payloads::answered`] and
    /// [`Payloads::fail`]. Safe to drop while it waits.
    pub(super) async fn next(&mut self) -> Result<Option<String>, EgressError> {
        loop {
            if let Some(payload) = self.ready.pop_front() {
                if payload.trim() == "[DONE]" {
                    return Ok(self.end(Ending::Done));
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
                Form::Whole(_) if self.some => return Ok(self.end(Ending::Done)),
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

    /// Records that all that was wanted came.
    pub(super) fn answered(&mut self) -> Result<(), EgressError> {
        self.outcome.answered(self.body.status())
    }

    /// Gives up, records `error` and gives it back.
    pub(super) fn fail(&mut self, error: EgressError) -> EgressError {
        self.break_off();
        self.outcome.failed(error, Some(self.body.status()))
    }

    /// Gives up; what came is dropped.
    pub(super) fn break_off(&mut self) {
        self.ending = Ending::Broken;
        self.ready.clear();
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
            Tail::Done => Ok(self.end(Ending::Done)),
            Tail::Whole if self.some => Ok(self.end(Ending::Closed)),
            Tail::Whole => cut("it closed the connection without an answer"),
            Tail::Cut => cut("it closed the connection in the middle of an event"),
        }
    }

    fn end(&mut self, ending: Ending) -> Option<String> {
        self.ending = ending;
        self.ready.clear();
        self.fault = None;
        None
    }

    fn unreadable(&self, error: SseError) -> EgressError {
        let endpoint = self.body.endpoint().clone();
        match error {
            SseError::NotUtf8 => EgressError::Garbled { endpoint, detail: "it is not UTF-8".to_owned() },
            SseError::TooLarge(what, limit) => EgressError::TooLarge { endpoint, what, limit },
        }
    }
}

//! Stream: an answer's payloads, one by one.
//!
//! Enters: the body of an accepted chat request. Leaves: the text of each event, in order; then how it ended. Never
//! here: half an event, a fault passed off as an answer, or an answer without a line in the ledger.

use std::{
    collections::{BTreeSet, VecDeque},
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use serde::Deserialize;

use crate::{
    egress::{
        Denial, DoorOptions, EgressError, Ending, Said,
        body::Body,
        ledger::Outcome,
        payloads::Payloads,
        proof::{Broken, Proof},
        said::Scrub,
        sse::Limits,
    },
    policy::EndpointId,
};

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

/// The payloads of one answer. Dropping it before it is complete hangs up, which the ledger records as abandoned.
pub struct EventStream {
    payloads: Payloads,
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
        outcome: Outcome,
        scrub: Scrub,
        proof: Proof,
        barred: Barred,
        options: &DoorOptions,
    ) -> Result<Self, EgressError> {
        let limits = Limits { response: options.max_response, ..Limits::default() };
        let payloads = Payloads::new(body, outcome, limits)?;
        Ok(Self { payloads, scrub, proof, held: VecDeque::new(), barred })
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
        let next = self.payloads.next().await;
        match next {
            Ok(Some(payload)) => match Said::in_payload(&payload, &self.scrub) {
                None => {
                    if let Err(broken) = self.proof.read(&payload) {
                        return self.violated(broken);
                    }
                    let seen = &mut self.payloads.outcome.seen;
                    seen.place = self.proof.place();
                    if seen.model.is_none() {
                        seen.model = named_model(&payload);
                    }
                    Ok(Some(payload))
                }
                Some(said) => {
                    let endpoint = self.payloads.endpoint().clone();
                    let status = said.status().unwrap_or_else(|| self.payloads.status());
                    let denial = Denial::of(status, &said, true, None);
                    self.fail(EgressError::Denied { endpoint, status, denial, said })
                }
            },
            Ok(None) => self.over(),
            Err(error) => self.fail(error),
        }
    }

    /// Records the end, where the answer proved what it had to.
    fn over(&mut self) -> Result<Option<String>, EgressError> {
        if self.payloads.ending() == Ending::Broken {
            return Ok(None);
        }
        if let Some(broken) = self.proof.missing() {
            return self.violated(broken);
        }
        match self.payloads.answered() {
            Ok(()) => Ok(None),
            Err(error) => self.fail(error),
        }
    }

    fn violated<T>(&mut self, broken: Broken) -> Result<T, EgressError> {
        let endpoint = self.payloads.endpoint().clone();
        self.barred.add(&endpoint);
        let Broken { field, wanted, found } = broken;
        self.payloads.outcome.seen.broken = Some("response.assert");
        self.payloads.outcome.seen.place.clone_from(&found);
        self.break_off();
        let error = EgressError::Violation { endpoint, field, wanted, found };
        let status = Some(self.payloads.status());
        Err(self.payloads.outcome.violated(error, status))
    }

    /// Records the answer as complete, though the closing mark may still come: a model's finish reason ends it too.
    pub fn complete(&mut self) {
        // A ledger that fails now has nothing left to prevent; the next request finds it unwritable and stops.
        let _ = self.payloads.answered();
    }

    /// How far it has come.
    #[must_use]
    pub const fn ending(&self) -> Ending {
        self.payloads.ending()
    }

    fn fail<T>(&mut self, error: EgressError) -> Result<T, EgressError> {
        self.held.clear();
        Err(self.payloads.fail(error))
    }

    fn break_off(&mut self) {
        self.payloads.break_off();
        self.held.clear();
    }
}

impl fmt::Debug for EventStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventStream")
            .field("endpoint", self.payloads.endpoint())
            .field("ending", &self.ending())
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

//! Wire: the way to an endpoint.
//!
//! Enters: a permit and a request. Leaves: the payloads of the answer. Never here: a way round the door.

use std::future::Future;

use super::reader;
use crate::{
    egress::{ChatRequest, Doorway, EgressError, Ending, EventStream, Secret},
    policy::{Permit, Question, Refusal},
};

/// The way to an endpoint: the door, or a script in tests.
pub trait Wire: Send + Sync {
    /// What comes back.
    type Payloads: Payloads;

    /// Spends `permit` on sending `request`.
    fn open(
        &self,
        permit: Permit,
        request: ChatRequest<'_>,
    ) -> impl Future<Output = Result<Self::Payloads, EgressError>> + Send;

    /// Spends `permit`, for a model's name alone, on asking a server of this machine whether it computes the model itself.
    fn vouch(
        &self,
        permit: Permit,
        key: Option<&Secret>,
    ) -> impl Future<Output = Result<(), EgressError>> + Send;

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

impl<D: Doorway> Wire for D {
    type Payloads = Answer;

    async fn open(&self, permit: Permit, request: ChatRequest<'_>) -> Result<Answer, EgressError> {
        let stream = self.door()?.send(permit, request).await?;
        Ok(Answer { stream, mark_given: false })
    }

    async fn vouch(&self, permit: Permit, key: Option<&Secret>) -> Result<(), EgressError> {
        self.door()?.vouch(permit, key).await
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

//! Body: the bytes of one response, under every deadline and limit.
//!
//! Enters: a response whose headers are read. Leaves: its pieces, or why there are no more. Never here: a wait without
//! an end.

use std::{error::Error, iter, pin::Pin, time::Duration};

use reqwest::Response;
use tokio::time::{Sleep, timeout};

use crate::{
    egress::{
        DoorOptions, EgressError,
        address::{NotNear, NotPublic},
    },
    policy::EndpointId,
    units::length_u64,
};

/// The end of the time that a whole answer may take.
pub(super) struct Deadline {
    sleep: Pin<Box<Sleep>>,
    limit: Duration,
}

impl Deadline {
    pub(super) fn after(limit: Duration) -> Self {
        Self { sleep: Box::pin(tokio::time::sleep(limit)), limit }
    }

    /// `future`, unless the deadline comes first.
    pub(super) async fn or<F: Future>(
        &mut self,
        endpoint: &EndpointId,
        future: F,
    ) -> Result<F::Output, EgressError> {
        tokio::select! {
            biased;
            () = &mut self.sleep => {
                Err(EgressError::Timeout { endpoint: endpoint.clone(), stage: "the whole answer", limit: self.limit })
            }
            output = future => Ok(output),
        }
    }
}

/// A response's body.
pub(super) struct Body {
    endpoint: EndpointId,
    response: Response,
    deadline: Option<Deadline>,
    first: Duration,
    idle: Duration,
    begun: bool,
}

impl Body {
    pub(super) fn new(
        endpoint: &EndpointId,
        response: Response,
        deadline: Option<Deadline>,
        options: &DoorOptions,
    ) -> Self {
        let (first, idle) = (options.first_byte, options.idle);
        Self { endpoint: endpoint.clone(), response, deadline, first, idle, begun: false }
    }

    pub(super) const fn endpoint(&self) -> &EndpointId {
        &self.endpoint
    }

    pub(super) fn status(&self) -> u16 {
        self.response.status().as_u16()
    }

    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.response.headers().get(name).and_then(|value| value.to_str().ok())
    }

    /// The length that the endpoint announced.
    pub(super) fn length(&self) -> Option<u64> {
        self.response.content_length()
    }

    /// The next piece; `None` at the end. May be dropped while waiting without losing a byte.
    pub(super) async fn next(&mut self) -> Result<Option<Vec<u8>>, EgressError> {
        let (limit, stage) =
            if self.begun { (self.idle, "its next part") } else { (self.first, "its first part") };
        let piece = timeout(limit, self.response.chunk());
        let piece = match &mut self.deadline {
            Some(deadline) => deadline.or(&self.endpoint, piece).await?,
            None => piece.await,
        };
        let endpoint = || self.endpoint.clone();
        match piece {
            Err(_) => Err(EgressError::Timeout { endpoint: endpoint(), stage, limit }),
            Ok(Err(error)) => Err(EgressError::CutOff { endpoint: endpoint(), detail: innermost(&error) }),
            Ok(Ok(piece)) => {
                self.begun = true;
                Ok(piece.map(Vec::from))
            }
        }
    }

    /// The body as far as `most` bytes; what fails or comes after is left. For error bodies, which only inform.
    pub(super) async fn start(&mut self, most: usize) -> Vec<u8> {
        let mut start = Vec::new();
        while start.len() < most {
            match self.next().await {
                Ok(Some(piece)) => start.extend_from_slice(&piece[..piece.len().min(most - start.len())]),
                Ok(None) | Err(_) => break,
            }
        }
        start
    }

    /// The whole body, at most `most` bytes.
    pub(super) async fn append_whole(&mut self, whole: &mut Vec<u8>, most: usize) -> Result<(), EgressError> {
        while let Some(piece) = self.next().await? {
            if whole.len() + piece.len() > most {
                let (endpoint, limit) = (self.endpoint.clone(), length_u64(most));
                return Err(EgressError::TooLarge { endpoint, what: "an answer in one piece", limit });
            }
            whole.extend_from_slice(&piece);
        }
        Ok(())
    }
}

/// The error of a request that got no headers back, in this room's terms.
pub(super) fn no_answer(
    endpoint: &EndpointId,
    host: String,
    on_this_machine: bool,
    connect: Duration,
    error: &reqwest::Error,
) -> EgressError {
    let endpoint = endpoint.clone();
    let not_public = causes(error).find_map(|cause| cause.downcast_ref::<NotPublic>());
    if let Some(NotPublic { host, address }) = not_public {
        return EgressError::PrivateAddress { endpoint, host: host.clone(), address: address.to_string() };
    }
    let not_near = causes(error).find_map(|cause| cause.downcast_ref::<NotNear>());
    if let Some(NotNear { host, address }) = not_near {
        return EgressError::PublicAddress { endpoint, host: host.clone(), address: address.to_string() };
    }
    if error.is_timeout() {
        return EgressError::Timeout { endpoint, stage: "a connection", limit: connect };
    }
    if error.is_connect() {
        return EgressError::Unreachable { endpoint, host, on_this_machine, detail: innermost(error) };
    }
    EgressError::CutOff { endpoint, detail: innermost(error) }
}

fn causes<'a>(error: &'a reqwest::Error) -> impl Iterator<Item = &'a (dyn Error + 'static)> + 'a {
    iter::successors(error.source(), |&cause| cause.source())
}

/// The deepest cause: the library's own message would repeat the URL.
pub(super) fn innermost(error: &reqwest::Error) -> String {
    causes(error).last().map_or_else(|| "the connection failed".to_owned(), ToString::to_string)
}

//! Client: asks the running daemon.
//!
//! Enters: a request. Leaves: the daemon's line, or why there is none, in bounded time. Never here: what is shown of it.

use std::{path::Path, time::Duration};

use serde_json::Value;
use tokio::time::timeout;

use super::{
    ServeError, Wanted,
    protocol::request,
    socket::Stream,
    wire::{Incoming, Wire},
};
use crate::flow::Fault;

/// How long connecting and sending may take.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);

/// The longest line that is taken from a daemon: a turn with the longest words and reply, many times over.
const LONGEST_ANSWER: usize = 4 * 1024 * 1024;

/// A connection to the running daemon.
#[derive(Debug)]
pub struct Client {
    wire: Wire,
}

/// A line of the daemon's.
#[derive(Debug, Clone, PartialEq)]
pub struct Response {
    /// As it came.
    pub line: String,
    /// The same, read: an object.
    pub fields: Value,
}

impl Response {
    /// What went wrong, if the daemon refused or failed.
    #[must_use]
    pub fn fault(&self) -> Option<Fault> {
        let error = self.fields.get("error").filter(|error| error.is_object())?;
        let text = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        Some(Fault { kind: "refused", message: text("message"), remedy: text("remedy") })
    }
}

impl Client {
    /// Reaches the daemon that listens at `path`.
    ///
    /// # Errors
    /// [`ServeError::NotRunning`] where there is none.
    pub async fn connect(path: &Path) -> Result<Self, ServeError> {
        let stream = Stream::connect(path, CONNECT_PATIENCE).await?;
        Ok(Self { wire: Wire::new(stream, LONGEST_ANSWER) })
    }

    /// Asks for `wanted` and waits for the answer, at most `patience` where one is given. What the daemon refuses is an
    /// answer too.
    ///
    /// # Errors
    /// There is no answer.
    pub async fn ask(&mut self, wanted: &Wanted, patience: Option<Duration>) -> Result<Response, ServeError> {
        // A daemon that lets nobody in says so before it hangs up, so that a failed write may still have an answer.
        let sent = self.wire.send(&request(wanted)).await;
        let line = match patience {
            Some(patience) => {
                timeout(patience, self.next()).await.map_err(|_| ServeError::NoAnswer { patience })?
            }
            None if sent.is_err() => timeout(CONNECT_PATIENCE, self.next())
                .await
                .map_err(|_| ServeError::NoAnswer { patience: CONNECT_PATIENCE })?,
            None => self.next().await,
        };
        line?.ok_or(ServeError::HungUp)
    }

    /// The next event, once events were asked for; `None` when the daemon ended the stream.
    ///
    /// # Errors
    /// The connection broke, or what came is no line of the protocol.
    pub async fn next(&mut self) -> Result<Option<Response>, ServeError> {
        let line = match self.wire.line().await {
            Ok(Incoming::Line(line)) => String::from_utf8(line).map_err(|_| ServeError::Garbled)?,
            Ok(Incoming::TooLong) => return Err(ServeError::Garbled),
            Ok(Incoming::End) => return Ok(None),
            Err(_) => return Err(ServeError::HungUp),
        };
        let fields: Value = serde_json::from_str(&line).map_err(|_| ServeError::Garbled)?;
        if fields.is_object() { Ok(Some(Response { line, fields })) } else { Err(ServeError::Garbled) }
    }
}

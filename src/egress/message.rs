//! Message: one of the Model Context Protocol, posted to a server of tools of the user's own.
//!
//! Enters: a permit for tools, a message, the session that the server gave. Leaves: what the server says to it, message by
//! message. Never here: a followed redirect, another path than the endpoint's own, an answer without an end, a stream that is
//! opened for a server to speak unasked.

use std::fmt;

use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderValue};
use serde_json::Value;

use crate::{
    egress::{
        Door, EgressError, Secret, begin::Outgoing, check::check_capability, payloads::Payloads, said::Scrub,
        sse::Limits,
    },
    policy::{Capability, DataClass, Permit},
};

/// Where a session is named, and the protocol's version.
const SESSION: &str = "mcp-session-id";
const VERSION: &str = "mcp-protocol-version";

/// Longest name of a session that is kept, bytes; some servers put all they must know into it.
const LONGEST_SESSION: usize = 4 * 1024;

/// The most that is read of an answer, bytes. A text file of any use to a voice is smaller.
const LIMITS: Limits = Limits { line: 1 << 20, event: 1 << 20, response: 4 << 20 };

/// What is posted.
#[derive(Debug)]
pub struct Message<'a> {
    /// The message.
    pub body: &'a Value,
    /// Whether an answer is waited for; what comes back to any other message is not read.
    pub asks: bool,
    /// The session that the server opened.
    pub session: Option<&'a str>,
    /// The version of the protocol, once it is agreed.
    pub version: Option<&'a str>,
    /// The endpoint's key.
    pub key: Option<&'a Secret>,
}

/// What a server says to one message. Dropped before it is complete, it hangs up, which the ledger records as abandoned.
pub struct Replies {
    session: Option<String>,
    payloads: Option<Payloads>,
}

impl Door {
    /// Posts `message` to the server of `permit`, which is spent.
    ///
    /// # Errors
    /// Every [`EgressError`] but `BadSecret` and those about models.
    pub async fn tell(&self, permit: Permit, message: Message<'_>) -> Result<Replies, EgressError> {
        let Message { body, asks, session, version, key } = message;
        if let Err(error) = check_capability(&permit, Capability::Tools, DataClass::Words) {
            return Err(self.refused(&permit, error));
        }
        let url = permit.url().clone();
        let mut call = self.client(&permit, &url)?.post(url.clone());
        call = call
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json, text/event-stream");
        for (name, value) in [(SESSION, session), (VERSION, version)] {
            if let Some(mut value) = value.and_then(|value| HeaderValue::from_str(value).ok()) {
                value.set_sensitive(name == SESSION); // whoever has it is in the session
                call = call.header(name, value);
            }
        }
        let scrub = Scrub::whole(body, key.map(Secret::expose));
        let (bytes, limit) = (body.to_string().into_bytes(), self.options.total);
        let outgoing =
            Outgoing { body: Some(bytes), asked: None, key, scrub: &scrub, holds: "words are", limit };
        let (body, mut outcome) = self.begin(&permit, &url, call, outgoing).await?;
        let named = body.header(SESSION).filter(|name| {
            (1..=LONGEST_SESSION).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_graphic())
        });
        let session = named.map(str::to_owned);
        if !asks {
            outcome.answered(body.status())?;
            return Ok(Replies { session, payloads: None });
        }
        Ok(Replies { session, payloads: Some(Payloads::new(body, outcome, LIMITS)?) })
    }
}

impl Replies {
    /// The session that the server opened with this answer.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// The next message, as sent; `None` when there are no more. Safe to drop while it waits.
    ///
    /// # Errors
    /// Whatever cut the answer short; afterwards `None`.
    pub async fn next(&mut self) -> Result<Option<String>, EgressError> {
        let Some(payloads) = &mut self.payloads else { return Ok(None) };
        match payloads.next().await {
            Ok(Some(payload)) => Ok(Some(payload)),
            Ok(None) => {
                self.complete();
                Ok(None)
            }
            Err(error) => {
                let error = payloads.fail(error);
                self.payloads = None;
                Err(error)
            }
        }
    }

    /// Records that all that was asked for came, and hangs up.
    pub fn complete(&mut self) {
        if let Some(mut payloads) = self.payloads.take() {
            // A ledger that fails now has nothing left to prevent; the next request finds it unwritable and stops.
            let _ = payloads.answered();
        }
    }
}

impl fmt::Debug for Replies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let open = self.payloads.is_some();
        f.debug_struct("Replies").field("open", &open).finish_non_exhaustive()
    }
}

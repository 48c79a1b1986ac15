//! Begin: one request that leaves, as far as the head of an answer that was accepted.
//!
//! Enters: a permit, a request without key and body, what goes with it. Leaves: the answer's body to be read, and its line in
//! the ledger to be ended. Never here: a followed redirect, a request before its line in the ledger, a key for another
//! endpoint.

use std::time::Duration;

use reqwest::RequestBuilder;
use url::Url;

use crate::{
    egress::{
        Door, EgressError, Secret, auth,
        body::{Body, Deadline},
        check::check_key,
        door::{denied, location},
        ledger::{Outcome, Sending},
        redact,
        said::Scrub,
    },
    policy::Permit,
};

/// What goes with a request.
pub(super) struct Outgoing<'a> {
    /// What is posted.
    pub(super) body: Option<Vec<u8>>,
    /// What the record counts and hashes instead of that alone, where the URL says what is asked.
    pub(super) asked: Option<Vec<u8>>,
    /// The endpoint's key.
    pub(super) key: Option<&'a Secret>,
    /// What no refusal may repeat.
    pub(super) scrub: &'a Scrub,
    /// What a followed redirect would pass on.
    pub(super) holds: &'static str,
    /// How long all of it may take.
    pub(super) limit: Duration,
}

impl Door {
    /// Sends `call` to `url` under `permit`; the body of an answer that was no refusal, and its line in the ledger.
    pub(super) async fn begin(
        &self,
        permit: &Permit,
        url: &Url,
        mut call: RequestBuilder,
        Outgoing { body, asked, key, scrub, holds, limit }: Outgoing<'_>,
    ) -> Result<(Body, Outcome), EgressError> {
        let mut deadline = Deadline::after(limit);
        if let Err(error) = check_key(permit, key).and_then(|()| self.check_way(permit, url)) {
            return Err(self.refused(permit, error));
        }
        if let Some((name, value)) = key.and_then(|key| auth::header(permit.auth(), key)) {
            call = call.header(name, value);
        }
        let proxy = self.proxy(permit, url);
        let recorded = asked.as_deref().or(body.as_deref());
        let sending = Sending { body: recorded, proxy: proxy.as_deref(), ..Sending::default() };
        let mut outcome = self.ledger.sent(permit, url, sending)?;
        if let Some(body) = body {
            call = call.body(body);
        }
        let response = match deadline.or(permit.endpoint(), self.head(permit.endpoint(), url, call)).await {
            Ok(Ok(response)) => response,
            Ok(Err(error)) | Err(error) => return Err(outcome.failed(error, None)),
        };
        outcome.seen.address = response.remote_addr().map(|address| address.ip());
        let mut body = Body::new(permit.endpoint(), response, Some(deadline), &self.options);
        let status = body.status();
        match status {
            200..=299 => Ok((body, outcome)),
            300..=399 => {
                // The path may repeat what was sent; the host tells who stands in between.
                let to =
                    location(&body, url).1.map_or_else(|| "nowhere".to_owned(), |to| redact::origin(&to));
                let (endpoint, reason) = (permit.endpoint().clone(), format!("{holds} not passed on"));
                let error = EgressError::Redirected { endpoint, status, to, reason };
                Err(outcome.failed(error, Some(status)))
            }
            _ => Err(denied(&mut body, &mut outcome, scrub, key.is_some()).await),
        }
    }
}

//! Download: a model file, from where the region allows it.
//!
//! Enters: a permit for a mirror, a path below its URL, and how much is there already. Leaves: the bytes. Redirects are
//! followed by hand, each hop judged by policy and recorded. Never here: anything of the user's, a key, or trust in what
//! arrives; the caller checks size and checksum.

use std::fmt;

use reqwest::header::{ACCEPT_ENCODING, CONTENT_RANGE, RANGE};
use serde_json::Value;
use url::Url;

use crate::{
    egress::{
        Door, EgressError,
        body::Body,
        check::check_capability,
        door::{below, denied, location},
        ledger::{Outcome, Sending},
        redact,
        said::Scrub,
    },
    policy::{Capability, DataClass, EndpointId, Permit, may_follow},
    units::length_u64,
};

/// How many redirects a download follows.
const HOPS: u32 = 3;

/// A file on its way.
pub struct Download {
    body: Body,
    outcome: Outcome,
    resumed: bool,
    total: Option<u64>,
    received: u64,
    most: u64,
    over: bool,
}

impl Door {
    /// Begins to fetch `path` below the permitted mirror's URL, from byte `from_byte`. The permit is spent.
    ///
    /// # Errors
    /// Every [`EgressError`] but `BadSecret` and `KeyMissing`; `Denied` with `range_not_satisfiable` when the file ends
    /// at or before `from_byte`.
    pub async fn fetch(&self, permit: Permit, path: &str, from_byte: u64) -> Result<Download, EgressError> {
        if let Err(error) = check_capability(&permit, Capability::ModelMirror, DataClass::ModelRequest)
            .and_then(|()| check_path(&permit, path))
        {
            return Err(self.refused(&permit, error));
        }
        let mut url = below(permit.url(), path.split('/'));
        for hops in 0..=HOPS {
            let (mut body, mut outcome) = self.ask(&permit, &url, from_byte, hops).await?;
            match body.status() {
                200 | 206 => return Download::new(body, outcome, from_byte, self.options.max_download),
                300..=399 => url = self.follow(&permit, &body, &mut outcome, &url)?,
                _ => return Err(denied(&mut body, &mut outcome, &Scrub::new(&Value::Null, None), true).await),
            }
        }
        let (endpoint, to) = (permit.endpoint().clone(), redact::url(&url));
        self.ledger.refused_at_door(&permit, url.host_str().unwrap_or_default(), "redirect.hops")?;
        let reason = format!("it is the redirect after {HOPS} others");
        Err(EgressError::Redirected { endpoint, status: 302, to, reason })
    }

    async fn ask(
        &self,
        permit: &Permit,
        url: &Url,
        from_byte: u64,
        hops: u32,
    ) -> Result<(Body, Outcome), EgressError> {
        if let Err(error) = self.check_way(permit, url) {
            return Err(self.refused(permit, error));
        }
        let mut call = self.client(permit, url)?.get(url.clone()).header(ACCEPT_ENCODING, "identity");
        if from_byte > 0 {
            call = call.header(RANGE, format!("bytes={from_byte}-"));
        }
        let mut outcome = self.ledger.sent(
            permit,
            url,
            Sending { hops, proxy: self.proxy(permit, url).as_deref(), ..Sending::default() },
        )?;
        match self.head(permit.endpoint(), url, call).await {
            Ok(response) => {
                outcome.seen.address = response.remote_addr().map(|address| address.ip());
                Ok((Body::new(permit.endpoint(), response, None, &self.options), outcome))
            }
            Err(error) => Err(outcome.failed(error, None)),
        }
    }

    /// Where the redirect in `body` leads, if policy lets a download go there.
    fn follow(
        &self,
        permit: &Permit,
        body: &Body,
        outcome: &mut Outcome,
        from: &Url,
    ) -> Result<Url, EgressError> {
        let status = body.status();
        let redirected =
            |to, reason| EgressError::Redirected { endpoint: permit.endpoint().clone(), status, to, reason };
        let (shown, to) = location(body, from);
        let Some(to) = to else {
            return Err(
                outcome.failed(redirected(shown, "its Location cannot be read".to_owned()), Some(status))
            );
        };
        outcome.answered(status)?;
        if let Err(refusal) = may_follow(permit, &to) {
            self.ledger.refused_at_door(permit, to.host_str().unwrap_or_default(), refusal.rule)?;
            return Err(redirected(shown, refusal.reason));
        }
        Ok(to)
    }
}

impl Download {
    fn new(body: Body, mut outcome: Outcome, from_byte: u64, most: u64) -> Result<Self, EgressError> {
        let (resumed, total) =
            match (body.status(), body.header(CONTENT_RANGE.as_str()).and_then(content_range)) {
                (200, _) => (false, body.length()),
                (_, Some((start, total))) if start == from_byte => (from_byte > 0, total),
                _ => {
                    let (endpoint, status) = (body.endpoint().clone(), Some(body.status()));
                    let detail = format!("a part that does not begin at byte {from_byte}");
                    return Err(outcome.failed(EgressError::Garbled { endpoint, detail }, status));
                }
            };
        Ok(Self { body, outcome, resumed, total, received: 0, most, over: false })
    }

    /// Who sends it.
    #[must_use]
    pub const fn endpoint(&self) -> &EndpointId {
        self.body.endpoint()
    }

    /// Whether it goes on from the byte asked for; if not, it begins at byte 0 and what is there must go.
    #[must_use]
    pub const fn resumed(&self) -> bool {
        self.resumed
    }

    /// Bytes of the whole file, what is there already included, if the mirror says.
    #[must_use]
    pub const fn total(&self) -> Option<u64> {
        self.total
    }

    /// The next bytes; `None` at the end. Safe to drop while it waits.
    ///
    /// # Errors
    /// `Timeout`, `CutOff`, `TooLarge`; what came before is good and can be resumed from.
    pub async fn next_chunk(&mut self) -> Result<Option<Vec<u8>>, EgressError> {
        if self.over {
            return Ok(None);
        }
        let next = self.body.next().await;
        let status = self.body.status();
        match next {
            Ok(Some(piece)) => {
                self.received = self.received.saturating_add(length_u64(piece.len()));
                self.outcome.seen.bytes_in = self.received;
                if self.received <= self.most {
                    return Ok(Some(piece));
                }
                self.over = true;
                let (endpoint, limit) = (self.body.endpoint().clone(), self.most);
                Err(self
                    .outcome
                    .failed(EgressError::TooLarge { endpoint, what: "a file", limit }, Some(status)))
            }
            Ok(None) => {
                self.over = true;
                self.outcome.answered(status).map(|()| None)
            }
            Err(error) => {
                self.over = true;
                Err(self.outcome.failed(error, Some(status)))
            }
        }
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Download");
        shown.field("resumed", &self.resumed).field("total", &self.total).finish_non_exhaustive()
    }
}

/// Whether `path` is plain: names of letters, digits and `. _ - +`, none of them `.` or `..`.
fn check_path(permit: &Permit, path: &str) -> Result<(), EgressError> {
    let plain = |name: &str| {
        !matches!(name, "" | "." | "..")
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'+'))
    };
    if path.split('/').all(plain) {
        return Ok(());
    }
    let detail = format!("`{}` is no plain path below the mirror's URL", redact::line(path, 100));
    Err(EgressError::NotPermitted { endpoint: permit.endpoint().clone(), rule: "download.path", detail })
}

/// First byte and whole size from `bytes 100-199/200`.
fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, total) = text.trim().strip_prefix("bytes ")?.split_once('/')?;
    let (start, _) = range.split_once('-')?;
    Some((start.trim().parse().ok()?, total.trim().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_range_is_read_or_left() {
        assert_eq!(content_range("bytes 100-199/200"), Some((100, Some(200))));
        assert_eq!(content_range("bytes 0-1/*"), Some((0, None)));
        for text in ["", "bytes */200", "bytes x-1/2", "items 0-1/2", "bytes 99999999999999999999-1/2"] {
            assert_eq!(content_range(text), None, "{text}");
        }
    }
}

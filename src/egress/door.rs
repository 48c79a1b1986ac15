//! Door: the HTTP client, built once, and the one way to use it.
//!
//! Enters: a permit by value, a body, a key. Leaves: an [`EventStream`] or a typed error. Never here: a followed redirect for
//! words, a cookie, a referer, a repeated POST, a request before its line in the ledger.

use std::{fmt, sync::OnceLock, time::Duration};

use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_TYPE, LOCATION},
};
use serde_json::Value;
use tokio::time::timeout;
use url::Url;

use crate::{
    egress::{
        Denial, EgressError, EventStream, Ledger, Said, Secret,
        address::Resolver,
        begin::Outgoing,
        body::{Body, no_answer},
        check::check_chat,
        ledger::Outcome,
        proof::Proof,
        redact,
        retry_after::retry_after,
        said::Scrub,
        stream::Barred,
    },
    policy::{EndpointId, Permit, host::is_loopback},
};

#[cfg(test)]
pub(crate) mod double;
#[cfg(test)]
mod near;
mod way;

pub use way::Way;
use way::{client, no_certificates};

/// The most bytes of an error's body that are read for its code and message.
const ERROR_BODY: usize = 64 * 1024;

/// How long the door waits and how much it takes. Zero waits fail at once; sizes are bytes.
#[derive(Debug, Clone)]
pub struct DoorOptions {
    /// For a connection, TLS included; 5 s.
    pub connect: Duration,
    /// For the headers, and then for the first byte of the body: a cold local model reads its prompt first; 20 s.
    pub first_byte: Duration,
    /// Between two pieces of a body; 15 s.
    pub idle: Duration,
    /// For a whole answer; 120 s. Downloads have no such end.
    pub total: Duration,
    /// A whole answer as events; 8 MiB.
    pub max_response: u64,
    /// A whole download; 4 GiB, more than the largest Whisper model (3.1 GB).
    pub max_download: u64,
    /// How other machines are reached; directly.
    pub way: Way,
}

impl Default for DoorOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            first_byte: Duration::from_secs(20),
            idle: Duration::from_secs(15),
            total: Duration::from_secs(120),
            max_response: 8 * 1024 * 1024,
            max_download: 4 * 1024 * 1024 * 1024,
            way: Way::Direct,
        }
    }
}

/// What is asked of a language model.
#[derive(Debug)]
pub struct ChatRequest<'a> {
    /// The path below the endpoint's base URL, segment by segment; what is strange to a path is escaped.
    pub path: &'a [&'a str],
    /// What follows the path, pair by pair.
    pub query: &'static [(&'static str, &'static str)],
    /// Headers of the endpoint's own, none of them about keys.
    pub headers: &'static [(&'static str, &'static str)],
    /// What is posted; its `model` must be the permitted one.
    pub body: Value,
    /// The endpoint's key.
    pub key: Option<&'a Secret>,
}

/// The only network out.
#[expect(clippy::disallowed_types, reason = "this is the door")]
pub struct Door {
    pub(super) options: DoorOptions,
    pub(super) ledger: Ledger,
    plain: reqwest::Client,
    tls: OnceLock<reqwest::Client>,
    /// By which the names of hosts are found that programs are connected to.
    pub(super) far: Resolver,
    /// For the local network: without TLS, and with it.
    near: [OnceLock<reqwest::Client>; 2],
    /// Endpoints that broke what the rules promise of them; settings that are read anew bring a new door, and another try.
    barred: Barred,
}

impl fmt::Debug for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Door")
            .field("options", &self.options)
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

impl Door {
    /// A door that records in `ledger`. Opens no connection.
    ///
    /// # Errors
    /// [`EgressError::NoCertificates`] if the TLS library cannot even start; missing CA certificates are found out by
    /// the first https request.
    pub fn new(options: DoorOptions, ledger: Ledger) -> Result<Self, EgressError> {
        let plain = client(&options, Resolver::loopback_only())
            .tls_certs_only([]) // without this, a missing CA store would fail plain http too
            .build()
            .map_err(|error| no_certificates(&error))?;
        let far = match &options.way {
            Way::Through(relay) => Resolver::beside(relay.url().host_str().unwrap_or_default()),
            Way::Direct | Way::Barred(_) => Resolver::public(),
        };
        Ok(Self {
            options,
            ledger,
            far,
            plain,
            tls: OnceLock::new(),
            near: Default::default(),
            barred: Barred::default(),
        })
    }

    /// The ledger, to record refusals that never reach the door.
    #[must_use]
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Sends `request` under `permit`, which is spent. The answer is read from what is returned.
    ///
    /// # Errors
    /// Every [`EgressError`] but [`EgressError::BadSecret`]. Nothing was sent if it is `NotPermitted`, `Barred`,
    /// `KeyMissing`, `NoCertificates` or `LedgerUnwritable`.
    pub async fn send(&self, permit: Permit, request: ChatRequest<'_>) -> Result<EventStream, EgressError> {
        let ChatRequest { path, query, headers, body, key } = request;
        let judged = self.check_endpoint(&permit).and_then(|()| check_chat(&permit, body));
        let body = match judged {
            Ok(body) => body,
            Err(error) => return Err(self.refused(&permit, error)),
        };
        let scrub = Scrub::new(&body, key.map(Secret::expose));
        let mut url = below(permit.url(), path.iter().copied());
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        let mut call = self.client(&permit, &url)?.post(url.clone());
        call = call
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "text/event-stream, application/json");
        for (name, value) in headers {
            call = call.header(*name, *value);
        }
        let bytes = body.to_string().into_bytes();
        let (holds, limit) = ("words are", self.options.total);
        let outgoing = Outgoing { body: Some(bytes), asked: None, key, scrub: &scrub, holds, limit };
        let (body, outcome) = self.begin(&permit, &url, call, outgoing).await?;
        let proof = permit.terms().map(|terms| Proof::new(terms.response_assert())).unwrap_or_default();
        EventStream::new(body, outcome, scrub, proof, self.barred.clone(), &self.options)
    }

    /// Sends `call` and waits for the headers.
    pub(super) async fn head(
        &self,
        endpoint: &EndpointId,
        url: &Url,
        call: RequestBuilder,
    ) -> Result<reqwest::Response, EgressError> {
        let limit = self.options.first_byte;
        match timeout(limit, call.send()).await {
            Ok(Ok(response)) => Ok(response),
            Ok(Err(error)) => {
                let host = url.host_str().unwrap_or_default();
                let host = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
                Err(no_answer(endpoint, host, is_loopback(url), self.options.connect, &error))
            }
            Err(_) => {
                Err(EgressError::Timeout { endpoint: endpoint.clone(), stage: "an answer to begin", limit })
            }
        }
    }

    fn check_endpoint(&self, permit: &Permit) -> Result<(), EgressError> {
        if self.barred.holds(permit.endpoint()) {
            return Err(EgressError::Barred { endpoint: permit.endpoint().clone() });
        }
        Ok(())
    }

    /// Records that the door refused, and gives the error back; a ledger that fails is the greater one.
    pub(super) fn refused(&self, permit: &Permit, error: EgressError) -> EgressError {
        let recorded = match &error {
            EgressError::NotPermitted { rule, .. } => {
                self.ledger.refused_at_door(permit, permit.host(), rule)
            }
            EgressError::Barred { .. } => {
                self.ledger.refused_at_door(permit, permit.host(), "endpoint.barred")
            }
            _ => Ok(()),
        };
        recorded.err().unwrap_or(error)
    }
}

/// `base` with `path` below it.
pub(super) fn below<'a>(base: &Url, path: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut segments) = url.path_segments_mut() {
        segments.pop_if_empty().extend(path);
    }
    url
}

/// Where a redirect points: to show, and to follow if it can be read.
pub(super) fn location(body: &Body, from: &Url) -> (String, Option<Url>) {
    let to = body.header(LOCATION.as_str()).and_then(|to| from.join(to).ok());
    (to.as_ref().map_or_else(|| "nowhere".to_owned(), redact::url), to)
}

/// The error for a refusing status, with the endpoint's code for it.
pub(super) async fn denied(
    body: &mut Body,
    outcome: &mut Outcome,
    scrub: &Scrub,
    key_sent: bool,
) -> EgressError {
    let wait = retry_after(|name| body.header(name));
    let said = Said::read(&body.start(ERROR_BODY).await, scrub);
    let (endpoint, status) = (body.endpoint().clone(), body.status());
    let denial = Denial::of(status, &said, key_sent, wait);
    outcome.failed(EgressError::Denied { endpoint, status, denial, said }, Some(status))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use serde_json::json;

    use super::*;
    use crate::{
        flow::Remedy,
        policy::{Capability, DataClass, Month, Question, Rules, Verdict, decide},
        units::TurnId,
    };

    #[tokio::test]
    async fn one_private_answer_condemns_a_public_name() {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger"), String::new).unwrap();
        let door = Door::new(DoorOptions::default(), ledger).unwrap();
        let mixed = Resolver::asking(|_| {
            Box::pin(async { Ok(vec![([8, 8, 8, 8], 0).into(), ([10, 0, 0, 1], 0).into()]) })
        });
        let tls = client(&door.options, mixed).tls_certs_only([]).https_only(true).build().unwrap();
        door.tls.set(tls).unwrap();

        let (rules, id) = (Rules::built_in(), EndpointId::from("openai"));
        let question = Question {
            turn: TurnId(1),
            region: rules.region("us").unwrap(),
            capability: Capability::Chat,
            url: rules.endpoint(&id).unwrap().url().clone(),
            endpoint: id,
            model: "m".to_owned(),
            data: DataClass::Words,
            attested: false,
            month: Month::new(2026, 11).unwrap(),
        };
        let key = Secret::new("test", "k").unwrap().bound_to(&EndpointId::from("openai"));
        let send = async |door: &Door| {
            let Verdict::Allow(permit) = decide(&rules, &question) else { panic!("not allowed") };
            let (path, body) = (&["chat", "completions"][..], json!({ "model": "m" }));
            let request = ChatRequest { path, query: &[], headers: &[], body, key: Some(&key) };
            door.send(permit, request).await.unwrap_err()
        };
        let error = send(&door).await;
        assert_eq!(error.kind(), "private_address");
        assert!(error.to_string().contains("api.openai.com of openai resolves to 10.0.0.1"), "{error}");

        // Rebinding: whatever a name led to the first time, each connection judges anew where it leads, before it is made.
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let turning = Resolver::asking(|_| {
            let first = ASKED.fetch_add(1, Ordering::Relaxed) == 0;
            Box::pin(async move {
                if first {
                    return Err(std::io::Error::other("nobody is there the first time"));
                }
                Ok(vec![([127, 0, 0, 1], 0).into()])
            })
        });
        let ledger = Ledger::open(&directory.path().join("second"), String::new).unwrap();
        let door = Door::new(DoorOptions::default(), ledger).unwrap();
        let tls = client(&door.options, turning).tls_certs_only([]).https_only(true).build().unwrap();
        door.tls.set(tls).unwrap();
        assert_eq!(send(&door).await.kind(), "endpoint_unreachable");
        let error = send(&door).await;
        assert!(error.to_string().contains("resolves to 127.0.0.1"), "{error}");
    }
}

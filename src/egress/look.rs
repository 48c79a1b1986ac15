//! Look: what a server says of its models, before it is told anything.
//!
//! Enters: a permit for a model's name alone. Leaves: names of models, or whether a model of a server on this machine is
//! really computed here. Never here: words; a model that is believed to be local because its name looks so.

use std::time::Duration;

use reqwest::{
    RequestBuilder,
    header::{ACCEPT, CONTENT_ENCODING, CONTENT_TYPE},
};
use serde_json::{Value, json};
use url::Url;

use crate::{
    egress::{
        Door, EgressError, Secret, begin::Outgoing, check::check_capability, door::below, redact, said::Scrub,
    },
    policy::{Capability, DataClass, Permit},
    units::length_u64,
};

/// The most bytes of such an answer: Ollama gives a model's licence and template with it.
const LONGEST: usize = 4 * 1024 * 1024;

/// Fields by which Ollama says that another machine computes: the host, and the model's name there.
const REMOTE: [&str; 2] = ["remote_host", "remote_model"];

/// What goes with a request for the list of models.
#[derive(Debug, Clone, Copy, Default)]
pub struct ModelsRequest<'a> {
    /// What follows the path, pair by pair.
    pub query: &'static [(&'static str, &'static str)],
    /// Headers of the endpoint's own.
    pub headers: &'static [(&'static str, &'static str)],
    /// The endpoint's key.
    pub key: Option<&'a Secret>,
}

/// What goes with a small question, and what its answer may be.
pub(super) struct Sent {
    /// What is posted.
    pub(super) body: Option<Vec<u8>>,
    /// What the record counts and hashes instead of that alone, where the URL says what is asked.
    pub(super) asked: Option<Vec<u8>>,
    /// The most bytes of the answer.
    pub(super) most: usize,
    /// How long all of it may take.
    pub(super) limit: Duration,
}

impl Door {
    /// The models that the endpoint of `permit` offers (`GET {url}/models`), as it calls them. The permit is spent.
    ///
    /// # Errors
    /// Every [`EgressError`] but `BadSecret`; `Denied` with `endpoint_not_found` where the endpoint keeps no list.
    pub async fn models(
        &self,
        permit: Permit,
        request: ModelsRequest<'_>,
    ) -> Result<Vec<String>, EgressError> {
        let mut url = below(permit.url(), ["models"]);
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(request.query);
        }
        let mut call = self.client(&permit, &url)?.get(url.clone());
        for (name, value) in request.headers {
            call = call.header(*name, *value);
        }
        let answer = self.look(&permit, &url, call, None, request.key).await?;
        let list = answer.get("data").or_else(|| answer.get("models")).unwrap_or(&answer);
        let name = |model: &Value| {
            let name = model.get("id").or_else(|| model.get("name"))?.as_str()?;
            // Gemini names its models below a folder, and is asked for them without it.
            Some(redact::line(name.strip_prefix("models/").unwrap_or(name), 100))
        };
        Ok(list.as_array().map(|list| list.iter().filter_map(name).collect()).unwrap_or_default())
    }

    /// Asks the Ollama server of `permit` where its model is computed. The permit is spent.
    ///
    /// # Errors
    /// [`EgressError::Elsewhere`] when it is not on this machine; every other [`EgressError`] but `BadSecret` when that
    /// cannot be learnt, which is no better.
    pub async fn vouch(&self, permit: Permit, key: Option<&Secret>) -> Result<(), EgressError> {
        let mut url = permit.url().clone();
        url.set_path("/api/show"); // not part of the interface of OpenAI's dialect that the base URL names
        let body = json!({ "model": permit.model() }).to_string().into_bytes();
        let call = self.client(&permit, &url)?.post(url.clone()).header(CONTENT_TYPE, "application/json");
        let answer = self.look(&permit, &url, call, Some(body), key).await?;
        let mut told = REMOTE.iter().filter_map(|field| answer.get(field));
        let Some(remote) = told.find(|value| !value.is_null() && value.as_str() != Some("")) else {
            return Ok(());
        };
        let host = remote.as_str().map(|host| redact::line(host, 100)).unwrap_or_default();
        self.ledger.refused_at_door(&permit, permit.host(), "model.elsewhere")?;
        let (endpoint, model) = (permit.endpoint().clone(), permit.model().to_owned());
        Err(EgressError::Elsewhere { endpoint, model, host })
    }

    async fn look(
        &self,
        permit: &Permit,
        url: &Url,
        mut call: RequestBuilder,
        body: Option<Vec<u8>>,
        key: Option<&Secret>,
    ) -> Result<Value, EgressError> {
        if let Err(error) = check_capability(permit, Capability::Chat, DataClass::ModelRequest) {
            return Err(self.refused(permit, error));
        }
        call = call.header(ACCEPT, "application/json");
        let sent = Sent { body, asked: None, most: LONGEST, limit: self.options.total };
        self.exchange(permit, url, call, sent, key, |whole, _| {
            serde_json::from_slice(&whole).map_err(|_| "it is no JSON".to_owned())
        })
        .await
    }

    /// One small question and its whole answer, as `read` makes it out of the bytes and their encoding. No redirect is
    /// followed.
    pub(super) async fn exchange<T>(
        &self,
        permit: &Permit,
        url: &Url,
        call: RequestBuilder,
        sent: Sent,
        key: Option<&Secret>,
        read: impl FnOnce(Vec<u8>, &str) -> Result<T, String>,
    ) -> Result<T, EgressError> {
        let Sent { body, asked, most, limit } = sent;
        let scrub = Scrub::new(&Value::Null, key.map(Secret::expose));
        let outgoing = Outgoing { body, asked, key, scrub: &scrub, holds: "a key is", limit };
        let (mut body, mut outcome) = self.begin(permit, url, call, outgoing).await?;
        let status = body.status();
        let mut whole = Vec::new();
        if let Err(error) = body.append_whole(&mut whole, most).await {
            return Err(outcome.failed(error, Some(status)));
        }
        outcome.seen.bytes_in = length_u64(whole.len());
        let answer = read(whole, body.header(CONTENT_ENCODING.as_str()).unwrap_or_default());
        match answer {
            Ok(answer) => outcome.answered(status).map(|()| answer),
            Err(detail) => {
                let endpoint = permit.endpoint().clone();
                Err(outcome.failed(EgressError::Garbled { endpoint, detail }, Some(status)))
            }
        }
    }
}

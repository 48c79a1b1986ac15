//! Endpoints and mirrors: one entry each of the region table.
//!
//! Enters: `[endpoint.*]` and `[mirror.*]` of the rules. Leaves: what the other rooms may know of them. Never here: a
//! verdict, or a way to change an entry.

use serde::{Deserialize, Deserializer, de::Error as _};
use url::Url;

use crate::policy::{Auth, Backend, EndpointId, host::HostPattern};

/// The one place that is this machine.
pub(super) const LOCAL: &str = "LOCAL";

/// A language-model endpoint. The fields are the keys of `[endpoint.*]` in `config/regions.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    #[serde(skip)]
    pub(super) id: EndpointId,
    by: String,
    pub(super) can: Vec<String>,
    #[serde(deserialize_with = "base_url")]
    url: Url,
    pub(super) hosts: Vec<HostPattern>,
    #[serde(default)]
    pub(super) model_deny: Vec<String>,
    pub(super) infer: Vec<String>,
    store: Vec<String>,
    pub(super) attest: Option<String>,
    auth: Auth,
    dialect: Backend,
    model: String,
    filing: Option<String>,
    pub(super) src: String,
    pub(super) verified: String,
}

/// A place to fetch model files from. The fields are the keys of `[mirror.*]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    #[serde(skip)]
    pub(super) id: EndpointId,
    pub(super) by: String,
    #[serde(deserialize_with = "base_url")]
    url: Url,
    pub(super) hosts: Vec<HostPattern>,
    #[serde(default)]
    pub(super) redirect_hosts: Vec<HostPattern>,
    #[serde(default)]
    pub(super) refuse_redirect: Vec<HostPattern>,
    pub(super) src: String,
    pub(super) verified: String,
}

fn base_url<'de, D: Deserializer<'de>>(from: D) -> Result<Url, D::Error> {
    let text = String::deserialize(from)?;
    Url::parse(&text).map_err(|error| D::Error::custom(format!("`{text}` is no URL: {error}")))
}

impl Endpoint {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &EndpointId {
        &self.id
    }

    /// Who runs it.
    #[must_use]
    pub fn by(&self) -> &str {
        &self.by
    }

    /// Its base URL; `/chat/completions` goes below it.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// Which kind of server it is.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.dialect
    }

    /// How it wants to be paid.
    #[must_use]
    pub const fn auth(&self) -> Auth {
        self.auth
    }

    /// Whether it is unusable without a key.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        self.auth == Auth::Bearer
    }

    /// The model to ask for unless the user names another.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether it is on this machine; only then may the user give another (loopback) URL.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.infer == [LOCAL]
    }

    /// Where words are computed on, in the words of `[token]`.
    #[must_use]
    pub fn infer(&self) -> &[String] {
        &self.infer
    }

    /// Where data is kept, in the words of `[token]`.
    #[must_use]
    pub fn store(&self) -> &[String] {
        &self.store
    }

    /// What only the user can confirm, if anything.
    #[must_use]
    pub fn attest(&self) -> Option<&str> {
        self.attest.as_deref()
    }

    /// The public filing number of its models, where the region asks for one.
    #[must_use]
    pub fn filing(&self) -> Option<&str> {
        self.filing.as_deref()
    }
}

impl Mirror {
    /// Its id.
    #[must_use]
    pub const fn id(&self) -> &EndpointId {
        &self.id
    }

    /// Its base URL; a file's path goes below it.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }
}

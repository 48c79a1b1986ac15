//! Endpoints and mirrors: one entry each of the region table.
//!
//! Enters: `[endpoint.*]` and `[mirror.*]` of the rules. Leaves: what the other rooms may know of them. Never here: a
//! verdict, or a way to change an entry.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use crate::policy::{Auth, Backend, Capability, EndpointId, Month, host::HostPattern};

/// The one place that is this machine.
pub(super) const LOCAL: &str = "LOCAL";
/// The places that are the user's own to name; only a server that the user adds may have it.
pub(super) const OWN: &str = "OWN";

/// What the user confirms of a server of their own, and of any server on this machine that could be a gateway.
const OWN_STATEMENT: &str =
    "I run this server; it answers with a model on my own machines and passes no words on";

/// What the user confirms of a server of tools of their own.
const TOOLS_STATEMENT: &str =
    "I run this server; its tools work on my own machines and pass nothing on that they are given";

/// What the user confirms of their Home Assistant.
const HOME_STATEMENT: &str =
    "I run this Home Assistant, and it is mine to say what is switched and locked by it";

/// An endpoint that words may be sent to. The fields are the keys of `[endpoint.*]` in `config/regions.toml`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Endpoint {
    #[serde(skip)]
    pub(super) id: EndpointId,
    by: String,
    pub(super) can: Vec<Capability>,
    url: BaseUrl,
    pub(super) hosts: Vec<HostPattern>,
    #[serde(default)]
    pub(super) assets: Vec<HostPattern>,
    #[serde(default)]
    pub(super) model_allow: Vec<ModelPattern>,
    #[serde(default)]
    pub(super) model_deny: Vec<ModelPattern>,
    #[serde(default)]
    body_require: Map<String, Value>,
    #[serde(default)]
    response_assert: BTreeMap<String, String>,
    pub(super) infer: Vec<String>,
    store: Vec<String>,
    pub(super) attest: Option<String>,
    pub(super) min_age: Option<u8>,
    auth: Auth,
    dialect: Backend,
    #[serde(default)]
    model: String,
    #[serde(default)]
    pub(super) models: BTreeMap<Capability, String>,
    filing: Option<String>,
    pub(super) src: String,
    pub(super) verified: Month,
    pub(super) doubt: Option<String>,
    /// Whether the user's own file added it.
    #[serde(skip)]
    own: bool,
}

/// A place to fetch model files from. The fields are the keys of `[mirror.*]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mirror {
    #[serde(skip)]
    pub(super) id: EndpointId,
    pub(super) by: String,
    url: BaseUrl,
    pub(super) hosts: Vec<HostPattern>,
    #[serde(default)]
    pub(super) redirect_hosts: Vec<HostPattern>,
    #[serde(default)]
    pub(super) refuse_redirect: Vec<HostPattern>,
    pub(super) src: String,
    pub(super) verified: Month,
}

/// A base URL, in which a `{word}` may stand for a label that only the user knows.
#[derive(Debug, Clone, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct BaseUrl {
    /// With the word itself, without its braces, as the label.
    url: Url,
    /// The word in braces, if there is one.
    pub(super) placeholder: Option<String>,
}

impl TryFrom<String> for BaseUrl {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let placeholder =
            text.split_once("://{").and_then(|(_, rest)| rest.split_once("}.")).map(|(word, _)| word);
        if placeholder.is_some_and(|word| word.is_empty() || !word.bytes().all(|b| b.is_ascii_lowercase())) {
            return Err(format!("`{text}`: what stands in braces is one word in lower case"));
        }
        let plain =
            placeholder.map_or_else(|| text.clone(), |word| text.replacen(&format!("{{{word}}}"), word, 1));
        let url = Url::parse(&plain).map_err(|error| format!("`{text}` is no URL: {error}"))?;
        Ok(Self { url, placeholder: placeholder.map(str::to_owned) })
    }
}

/// A model's name in the rules, in any case; a star at either end stands for anything.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct ModelPattern {
    middle: String,
    open_start: bool,
    open_end: bool,
}

impl TryFrom<String> for ModelPattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let middle = text.trim_matches('*');
        if middle.is_empty() || middle.contains('*') || middle.contains(char::is_whitespace) {
            return Err(format!("`{text}` is no model name; it may have a star at its ends only"));
        }
        let (open_start, open_end) = (text.starts_with('*'), text.ends_with('*'));
        Ok(Self { middle: middle.to_ascii_lowercase(), open_start, open_end })
    }
}

impl ModelPattern {
    /// Whether `name`, in lower case, is meant.
    pub(super) fn matches(&self, name: &str) -> bool {
        match (self.open_start, self.open_end) {
            (true, true) => name.contains(&self.middle),
            (true, false) => name.ends_with(&self.middle),
            (false, true) => name.starts_with(&self.middle),
            (false, false) => name == self.middle,
        }
    }
}

impl Endpoint {
    /// A server of the user's own. Its facts are the user's statement, which has no date to grow old.
    pub(super) fn of_user(
        id: EndpointId,
        url: Url,
        (dialect, auth): (Backend, Auth),
        model: String,
        (infer, verified): (Vec<String>, Month),
    ) -> Self {
        let statement = if dialect == Backend::Mcp { TOOLS_STATEMENT } else { OWN_STATEMENT };
        Self {
            id,
            by: "a server of your own".to_owned(),
            can: dialect.can().to_vec(),
            url: BaseUrl { url, placeholder: None },
            hosts: Vec::new(),
            assets: Vec::new(),
            model_allow: Vec::new(),
            model_deny: Vec::new(),
            body_require: Map::new(),
            response_assert: BTreeMap::new(),
            store: infer.clone(),
            infer,
            attest: Some(statement.to_owned()),
            min_age: None,
            auth,
            dialect,
            model,
            models: BTreeMap::new(),
            filing: None,
            src: "your own file of rules".to_owned(),
            verified,
            doubt: None,
            own: true,
        }
    }

    /// The user's own Home Assistant.
    pub(super) fn of_home(id: EndpointId, url: Url, verified: Month) -> Self {
        let kind = (Backend::HomeAssistant, Auth::Bearer);
        Self {
            by: "your own Home Assistant".to_owned(),
            can: vec![Capability::Home],
            attest: Some(HOME_STATEMENT.to_owned()),
            src: "home.url in your settings".to_owned(),
            ..Self::of_user(id, url, kind, String::new(), (vec![OWN.to_owned()], verified))
        }
    }

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

    /// What it offers.
    #[must_use]
    pub fn capabilities(&self) -> &[Capability] {
        &self.can
    }

    /// Its base URL; the paths of its dialect go below it. Where it has a [`placeholder`](Self::placeholder), the user's
    /// own must be used.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url.url
    }

    /// What the user must put into the URL (`workspace`), if anything.
    #[must_use]
    pub fn placeholder(&self) -> Option<&str> {
        self.url.placeholder.as_deref()
    }

    /// The hosts that results may be fetched from.
    #[must_use]
    pub fn assets(&self) -> &[HostPattern] {
        &self.assets
    }

    /// Fields that every request's body must carry, as they stand here.
    #[must_use]
    pub const fn body_require(&self) -> &Map<String, Value> {
        &self.body_require
    }

    /// What an answer must say: a dotted path and the text there (`usage.inference_geo`, `us`).
    #[must_use]
    pub const fn response_assert(&self) -> &BTreeMap<String, String> {
        &self.response_assert
    }

    /// What is not certain about it, if anything.
    #[must_use]
    pub fn doubt(&self) -> Option<&str> {
        self.doubt.as_deref()
    }

    /// When its facts were last checked.
    #[must_use]
    pub const fn verified(&self) -> Month {
        self.verified
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
        self.auth.needs_key()
    }

    /// The model to ask for unless the user names another: the one for chat, where it chats.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// The model to ask for `capability` unless the user names another.
    #[must_use]
    pub fn model_for(&self, capability: Capability) -> &str {
        self.models.get(&capability).unwrap_or(&self.model)
    }

    /// Whether it is on this machine; only then may the user give another (loopback) URL.
    #[must_use]
    pub fn is_local(&self) -> bool {
        self.infer == [LOCAL]
    }

    /// Whether it is a server of the user's own, added by the user's own file: on this machine, on the local network, or
    /// at a public address.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        self.own
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

    /// What only the user can confirm, if anything: what it is about, and the age of those who speak.
    #[must_use]
    pub fn statement(&self) -> Option<String> {
        let age = self.min_age.map(|age| format!("everyone who speaks to Mynah here is {age} or older"));
        match (&self.attest, age) {
            (Some(attest), Some(age)) => Some(format!("{attest}; and {age}")),
            (attest, age) => attest.clone().or(age),
        }
    }

    /// Whether there is something that only the user can confirm.
    #[must_use]
    pub const fn needs_statement(&self) -> bool {
        self.attest.is_some() || self.min_age.is_some()
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
        &self.url.url
    }

    pub(super) fn placeholder(&self) -> Option<&str> {
        self.url.placeholder.as_deref()
    }
}

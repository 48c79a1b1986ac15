//! Questions and answers: what policy is asked, and what it says.
//!
//! Enters: the fields of a [`Question`]. Leaves: a [`Verdict`]. Never here: a data class for sound. A voice cannot be
//! asked about, so it cannot be allowed.

use std::{borrow::Borrow, fmt};

use serde::Deserialize;
use url::Url;

use crate::{
    flow::Remedy,
    policy::{Month, Permit, Region},
    units::TurnId,
};

/// An endpoint's or a mirror's id, as the rules spell it (`qwen-cn`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(transparent)]
pub struct EndpointId(String);

impl EndpointId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The environment variable that its key is read from, unless the settings name another: `MYNAH_KEY_QWEN_CN`.
    #[must_use]
    pub fn key_variable(&self) -> String {
        format!("MYNAH_KEY_{}", self.0.replace('-', "_").to_uppercase())
    }
}

impl From<&str> for EndpointId {
    fn from(id: &str) -> Self {
        Self(id.to_owned())
    }
}

impl Borrow<str> for EndpointId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EndpointId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the network is wanted for. Each is judged alone: leave to chat is no leave to search.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Capability {
    /// An answer from a language model.
    Chat,
    /// A look at the web.
    Search,
    /// A picture changed as the user says.
    ImageEdit,
    /// Text spoken by somebody else's voice.
    Speech,
    /// What the weather is somewhere, or will be.
    Weather,
    /// What one currency is worth in others.
    Rates,
    /// The lights, locks and heating of the user's home.
    Home,
    /// Something done by a tool of the user's own server, with arguments made of what the user said.
    Tools,
    /// A model file.
    #[serde(rename = "mirror")]
    ModelMirror,
}

impl Capability {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 9] = [
        Self::Chat,
        Self::Search,
        Self::ImageEdit,
        Self::Speech,
        Self::Weather,
        Self::Rates,
        Self::Home,
        Self::Tools,
        Self::ModelMirror,
    ];

    /// The word for it in rules, records and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Search => "search",
            Self::ImageEdit => "image_edit",
            Self::Speech => "speech",
            Self::Weather => "weather",
            Self::Rates => "rates",
            Self::Home => "home",
            Self::Tools => "tools",
            Self::ModelMirror => "mirror",
        }
    }

    /// What leaves for it.
    #[must_use]
    pub const fn data(self) -> DataClass {
        match self {
            Self::Chat | Self::Search | Self::ImageEdit | Self::Speech | Self::Tools => DataClass::Words,
            Self::Weather | Self::Rates | Self::Home => DataClass::Query,
            Self::ModelMirror => DataClass::ModelRequest,
        }
    }

    /// Whether it is asked of a model that has a name; of the others, some have one.
    pub(super) const fn names_a_model(self) -> bool {
        match self {
            Self::Chat | Self::ImageEdit | Self::Speech | Self::ModelMirror => true,
            Self::Search | Self::Weather | Self::Rates | Self::Home | Self::Tools => false,
        }
    }
}

/// What would leave the machine. There is deliberately no class for sound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataClass {
    /// What the user said, as text.
    Words,
    /// What was asked for, without the words that it was asked in: a place, currencies, a device and what it is to do.
    Query,
    /// The name of a public model file; nothing of the user's.
    ModelRequest,
}

impl DataClass {
    /// The word for it in records and messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Words => "words",
            Self::Query => "query",
            Self::ModelRequest => "model_request",
        }
    }
}

/// May this leave?
#[derive(Debug, Clone)]
pub struct Question {
    /// The turn that asks; 0 for a command that belongs to no turn.
    pub turn: TurnId,
    /// The region whose rules hold.
    pub region: Region,
    /// What for.
    pub capability: Capability,
    /// To whom.
    pub endpoint: EndpointId,
    /// The base URL that would be used: the endpoint's own, or the user's for one on this machine.
    pub url: Url,
    /// The model asked for, or the name of the model file.
    pub model: String,
    /// What would leave.
    pub data: DataClass,
    /// Whether the user confirmed the endpoint's `attest` statement in the configuration.
    pub attested: bool,
    /// The month it is; policy has no clock. Facts that nobody checked for too long count no more.
    pub month: Month,
}

/// The answer. An allowing one is good for one request.
#[derive(Debug)]
#[must_use]
pub enum Verdict {
    /// It may leave, once, with this permit.
    Allow(Permit),
    /// It stays here.
    Refuse(Refusal),
}

/// Why something stays here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The rule that refused, a stable dotted word for records.
    pub rule: &'static str,
    /// Why, in a sentence that can be spoken.
    pub reason: String,
    /// What the user can do.
    pub remedy: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl Remedy for Refusal {
    fn kind(&self) -> &'static str {
        "refused_by_policy"
    }

    fn remedy(&self) -> String {
        self.remedy.clone()
    }
}

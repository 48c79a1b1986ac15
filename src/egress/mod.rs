//! Egress: **the only network out**.
//!
//! Enters: a [`Permit`](crate::policy::Permit), spent by value, and a request body or a file's path. Leaves: the
//! payloads of an answer ([`EventStream`], [`Replies`]) or the bytes of a file ([`Download`]); with a
//! [`Passage`](crate::policy::Passage), a connection of a program's ([`Listed`]); and one line in the [`Ledger`] before
//! anything is sent and one after. Runs on tokio; nothing blocks but the ledger's short writes (some 50 us). Never here: a request
//! without a permit, a followed redirect for words, a proxy from the environment, a type that holds sound.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{flow::Remedy, policy::EndpointId};

mod address;
pub mod audit;
mod auth;
mod begin;
mod body;
mod check;
mod codes;
mod denial;
pub mod door;
pub mod download;
pub mod ledger;
pub mod look;
pub mod lookup;
pub mod message;
pub mod passing;
mod payloads;
mod proof;
pub mod redact;
mod retry_after;
mod said;
pub mod secret;
pub mod sse;
pub mod stream;
mod tunnel;

pub use codes::refuses_content;
pub use denial::Denial;
pub use door::{ChatRequest, Door, DoorOptions, Way};
pub use download::Download;
pub use ledger::{Grounds, Ledger};
pub use look::ModelsRequest;
pub use lookup::Lookup;
pub use message::{Message, Replies};
pub use passing::{Listed, Serving};
pub use payloads::Ending;
pub use said::Said;
pub use secret::Secret;
pub use stream::EventStream;

/// Why nothing, or not everything, came back.
#[derive(Debug, thiserror::Error)]
pub enum EgressError {
    /// No connection: wrong address, server not running, no network, bad certificate.
    #[error("{endpoint} cannot be reached at {host}: {detail}")]
    Unreachable {
        /// The endpoint.
        endpoint: EndpointId,
        /// Its host and port.
        host: String,
        /// Whether that is this machine.
        on_this_machine: bool,
        /// What the system said.
        detail: String,
    },
    /// The endpoint took longer than the door waits.
    #[error("{endpoint} took longer than {} s for {stage}", limit.as_secs_f32())]
    Timeout {
        /// The endpoint.
        endpoint: EndpointId,
        /// What was waited for.
        stage: &'static str,
        /// How long.
        limit: Duration,
    },
    /// The endpoint answered, but said no.
    #[error("{endpoint} answered {status}, {denial}{said}")]
    Denied {
        /// The endpoint.
        endpoint: EndpointId,
        /// The HTTP status.
        status: u16,
        /// What it means.
        denial: Denial,
        /// The endpoint's own code.
        said: Said,
    },
    /// The endpoint pointed elsewhere; that was not followed.
    #[error("{endpoint} answered {status} and points to {to}, which is not followed: {reason}")]
    Redirected {
        /// The endpoint.
        endpoint: EndpointId,
        /// The HTTP status.
        status: u16,
        /// Where to, without query and user.
        to: String,
        /// Why not.
        reason: String,
    },
    /// The answer is not what the protocol says.
    #[error("{endpoint} sent something that cannot be read: {detail}")]
    Garbled {
        /// The endpoint.
        endpoint: EndpointId,
        /// What.
        detail: String,
    },
    /// The connection ended before the answer did.
    #[error("{endpoint} broke off: {detail}")]
    CutOff {
        /// The endpoint.
        endpoint: EndpointId,
        /// Where.
        detail: String,
    },
    /// The answer is larger than anything sensible.
    #[error("{endpoint} sent {what} of more than {limit} bytes")]
    TooLarge {
        /// The endpoint.
        endpoint: EndpointId,
        /// What was too large.
        what: &'static str,
        /// The limit in bytes.
        limit: u64,
    },
    /// A public name led to an address inside this network.
    #[error("{host} of {endpoint} resolves to {address}, which is not a public address")]
    PrivateAddress {
        /// The endpoint.
        endpoint: EndpointId,
        /// The name.
        host: String,
        /// Where it led.
        address: String,
    },
    /// A name of the local network led out of it.
    #[error("{host} of {endpoint} resolves to {address}, which is not in the local network")]
    PublicAddress {
        /// The endpoint.
        endpoint: EndpointId,
        /// The name.
        host: String,
        /// Where it led.
        address: String,
    },
    /// No certificates to trust, so no https.
    #[error("https is not possible here: {detail}")]
    NoCertificates {
        /// What the TLS library said.
        detail: String,
    },
    /// The record of what leaves cannot be written, so nothing leaves.
    #[error("the ledger {} cannot be written: {detail}", path.display())]
    LedgerUnwritable {
        /// The ledger.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
    /// The endpoint needs a key and none was given.
    #[error("{endpoint} needs a key and none is configured")]
    KeyMissing {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// A key cannot be sent as it is.
    #[error("the key from {name} is unusable: {detail}")]
    BadSecret {
        /// Where it came from.
        name: String,
        /// What is wrong with it; never the key itself.
        detail: &'static str,
    },
    /// The answer says of itself what the rules forbid, or does not say what they want.
    #[error("{endpoint} does not keep to its terms: `{field}` should be {wanted} and is {}", found.as_deref().unwrap_or("not shown"))]
    Violation {
        /// The endpoint.
        endpoint: EndpointId,
        /// The field of the answer.
        field: String,
        /// What the rules want there.
        wanted: String,
        /// What stands there, where it can be shown.
        found: Option<String>,
    },
    /// The endpoint broke its terms before, and is not asked any more.
    #[error("{endpoint} broke its terms before, so it is not asked again")]
    Barred {
        /// The endpoint.
        endpoint: EndpointId,
    },
    /// A server on this machine has the model computed somewhere else.
    #[error("the model {model} of {endpoint} is computed at {host}, not on this machine")]
    Elsewhere {
        /// The endpoint.
        endpoint: EndpointId,
        /// The model.
        model: String,
        /// Where, as the server says.
        host: String,
    },
    /// The body asks for what policy did not judge.
    #[error("the request to {endpoint} is not what was permitted: {detail}")]
    NotPermitted {
        /// The endpoint.
        endpoint: EndpointId,
        /// The rule, a dotted word for records.
        rule: &'static str,
        /// What is asked for beyond it.
        detail: String,
    },
    /// The machine, or what its settings say, is no longer where the region was resolved for.
    #[error(
        "this machine's time zone or its settings changed, so the region is resolved anew; nothing more is sent by the old rules"
    )]
    Moved,
}

/// A way to the door, which the first one through may open.
pub trait Doorway: Send + Sync {
    /// The open door.
    ///
    /// # Errors
    /// Whatever keeps it shut.
    fn door(&self) -> Result<&Door, EgressError>;
}

impl Doorway for Door {
    fn door(&self) -> Result<&Door, EgressError> {
        Ok(self)
    }
}

impl<D: Doorway + ?Sized> Doorway for Arc<D> {
    fn door(&self) -> Result<&Door, EgressError> {
        self.as_ref().door()
    }
}

impl EgressError {
    /// Whether the next endpoint **of the same region** may be asked: where this one could not be had, or nothing was
    /// sent to it. What it refused, where it pointed and what it answered is not carried elsewhere, and a fault on this
    /// side is told at once.
    #[must_use]
    pub const fn may_try_next(&self) -> bool {
        match self {
            Self::Unreachable { .. }
            | Self::Timeout { .. }
            | Self::PrivateAddress { .. }
            | Self::PublicAddress { .. }
            | Self::NoCertificates { .. }
            | Self::Barred { .. }
            | Self::Elsewhere { .. } => true,
            Self::Denied { denial, .. } => {
                matches!(denial, Denial::Failed | Denial::Busy(_) | Denial::RateLimited(_))
            }
            Self::Redirected { .. }
            | Self::Garbled { .. }
            | Self::CutOff { .. }
            | Self::TooLarge { .. }
            | Self::Violation { .. }
            | Self::LedgerUnwritable { .. }
            | Self::KeyMissing { .. }
            | Self::BadSecret { .. }
            | Self::NotPermitted { .. }
            | Self::Moved => false,
        }
    }
}

impl EgressError {
    /// Whether what was to be sent may have left this machine.
    #[must_use]
    pub const fn may_have_left(&self) -> bool {
        match self {
            Self::Timeout { .. }
            | Self::Denied { .. }
            | Self::Redirected { .. }
            | Self::Garbled { .. }
            | Self::CutOff { .. }
            | Self::TooLarge { .. }
            | Self::Violation { .. }
            // The line of the end is written like that of the beginning.
            | Self::LedgerUnwritable { .. } => true,
            Self::Unreachable { .. }
            | Self::PrivateAddress { .. }
            | Self::PublicAddress { .. }
            | Self::NoCertificates { .. }
            | Self::KeyMissing { .. }
            | Self::BadSecret { .. }
            | Self::Barred { .. }
            | Self::Elsewhere { .. }
            | Self::NotPermitted { .. }
            | Self::Moved => false,
        }
    }
}

impl Remedy for EgressError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Unreachable { .. } => "endpoint_unreachable",
            Self::Timeout { .. } => "endpoint_timeout",
            Self::Denied { denial, .. } => denial.kind(),
            Self::Redirected { .. } => "endpoint_redirected",
            Self::Garbled { .. } => "endpoint_garbled",
            Self::CutOff { .. } => "endpoint_cut_off",
            Self::TooLarge { .. } => "response_too_large",
            Self::PrivateAddress { .. } => "private_address",
            Self::PublicAddress { .. } => "public_address",
            Self::NoCertificates { .. } => "certificates_missing",
            Self::LedgerUnwritable { .. } => "ledger_unwritable",
            Self::KeyMissing { .. } => "key_missing",
            Self::BadSecret { .. } => "key_unusable",
            Self::Violation { .. } => "endpoint_violation",
            Self::Barred { .. } => "endpoint_barred",
            Self::Elsewhere { .. } => "model_elsewhere",
            Self::NotPermitted { .. } => "not_permitted",
            Self::Moved => "region_changed",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Unreachable { endpoint, on_this_machine: true, .. } => {
                format!("start the server of {endpoint}, or correct its URL in the settings")
            }
            Self::Unreachable { .. } => "check the network, or ask again later".to_owned(),
            Self::Timeout { .. } => {
                "ask again, choose a smaller model, or be more patient: the limits stand under [network]"
                    .to_owned()
            }
            Self::Denied { endpoint, denial, .. } => denial.remedy(endpoint),
            Self::Redirected { .. } => {
                "check the endpoint's URL; a login page or a proxy on this network redirects like this"
                    .to_owned()
            }
            Self::Garbled { .. } | Self::TooLarge { .. } => {
                "check that the URL is an OpenAI-style API and that nothing on this network stands in for it"
                    .to_owned()
            }
            Self::CutOff { .. } => "ask again; if it stays, look at the server's own log".to_owned(),
            Self::PrivateAddress { .. } => {
                "check this network's DNS; a server on this machine is reached as 127.0.0.1 or localhost"
                    .to_owned()
            }
            Self::PublicAddress { .. } => {
                "name your server by its private address in regions.user.toml, or by https and with `infer` if it stands \
                 elsewhere"
                    .to_owned()
            }
            Self::NoCertificates { .. } => {
                "install the system's CA certificates (Debian and Ubuntu: apt install ca-certificates)"
                    .to_owned()
            }
            Self::LedgerUnwritable { path, .. } => format!(
                "free space or correct the permissions of {}; nothing is sent unrecorded",
                path.display()
            ),
            Self::KeyMissing { endpoint } => denial::set_key(endpoint),
            Self::BadSecret { name, .. } => format!("copy the key into {name} again, on one line"),
            Self::Violation { endpoint, .. } | Self::Barred { endpoint } => format!(
                "look at the account of {endpoint} (where may it compute?); it is asked again once Mynah was started or its settings were read anew"
            ),
            Self::Elsewhere { .. } => {
                "choose a model that was pulled to this machine, and run the server with OLLAMA_NO_CLOUD=1"
                    .to_owned()
            }
            Self::NotPermitted { rule, .. } if rule.starts_with("proxy.") => {
                "correct network.proxy in the settings, or use none".to_owned()
            }
            Self::NotPermitted { .. } => {
                "remove that from the request; policy must see everything that is asked for".to_owned()
            }
            Self::Moved => "ask again; `mynah region explain` tells which rules hold".to_owned(),
        }
    }
}

//! Remote: a server over HTTP, which is an endpoint of the user's own under the rules.
//!
//! Enters: messages. Leaves: what it says to each, or why there is nothing, in words of our own. Never here: a message that
//! policy did not judge, one by one; a refusal that is not on record.

use std::{fmt, sync::Arc};

use url::Url;

use crate::{
    egress::{Door, Doorway, EgressError, Message, Replies, Secret},
    flow::{Fault, Remedy},
    policy::{Capability, Endpoint, EndpointId, Month, Permit, Question, Region, Rules, Verdict, decide},
    units::TurnId,
};

/// A server over HTTP, and all that is needed to ask it.
pub struct Remote {
    /// Its id in the user's own rules.
    pub endpoint: EndpointId,
    /// The rules in force.
    pub rules: Arc<Rules>,
    /// The region in force.
    pub region: Region,
    /// The address that the user's settings give it; policy takes none but its own.
    pub url: Option<Url>,
    /// Its key.
    pub key: Option<Secret>,
    /// Whether the user confirmed its `attest` statement.
    pub attested: bool,
    /// The way out.
    pub door: Arc<dyn Doorway>,
    /// The month it is.
    pub month: fn() -> Month,
}

/// Why a message was not answered.
#[derive(Debug, Clone)]
pub(super) struct Failure {
    /// What happened.
    pub(super) fault: Fault,
    /// Whether the message may have left.
    pub(super) sent: bool,
    /// Whether the server may have done what it was told even so.
    pub(super) may_be_done: bool,
    /// Whether it refused the message as it does one of a session that it does not know.
    pub(super) forgot_session: bool,
}

impl Remote {
    /// Its address, where the rules have it.
    pub(super) fn address(&self) -> Option<&str> {
        self.declared().map(|endpoint| endpoint.url().as_str())
    }

    fn declared(&self) -> Option<&Endpoint> {
        self.rules.endpoint(&self.endpoint)
    }

    /// Whether the rules let it be asked; nothing is put on record.
    pub(super) fn may_be_asked(&self) -> bool {
        let question = self.declared().map(|endpoint| self.question(endpoint));
        question.is_some_and(|question| matches!(decide(&self.rules, &question), Verdict::Allow(_)))
    }

    fn question(&self, endpoint: &Endpoint) -> Question {
        let capability = Capability::Tools;
        Question {
            turn: TurnId::default(),
            region: self.region.clone(),
            capability,
            endpoint: self.endpoint.clone(),
            url: self.url.as_ref().unwrap_or_else(|| endpoint.url()).clone(),
            model: String::new(),
            data: capability.data(),
            attested: self.attested,
            month: (self.month)(),
        }
    }

    /// The permit for one message, and the door that it opens.
    fn permit(&self) -> Result<(Permit, &Door), Failure> {
        let Some(endpoint) = self.declared() else {
            return Err(Failure::before(Fault {
                kind: "tool_endpoint_unknown",
                message: format!("your own rules have no endpoint {}", self.endpoint),
                remedy: format!(
                    "put [endpoint.{}] with `dialect = \"mcp\"` into regions.user.toml beside your settings",
                    self.endpoint
                ),
            }));
        };
        let question = self.question(endpoint);
        let door = self.door.door().map_err(|error| self.failure(&error))?;
        match decide(&self.rules, &question) {
            Verdict::Allow(permit) => Ok((permit, door)),
            Verdict::Refuse(refusal) => {
                let recorded = door.ledger().refused(&question, &refusal);
                recorded.map_err(|error| self.failure(&error))?;
                Err(Failure::before(Fault::from(&refusal)))
            }
        }
    }

    /// Posts one message in the session and the version that are given.
    pub(super) async fn tell(
        &self,
        body: &serde_json::Value,
        asks: bool,
        (session, version): (Option<&str>, Option<&str>),
    ) -> Result<Replies, Failure> {
        let (permit, door) = self.permit()?;
        let message = Message { body, asks, session, version, key: self.key.as_ref() };
        let told = door.tell(permit, message).await;
        told.map_err(|error| {
            let refused = matches!(error, EgressError::Denied { status: 400 | 404, .. });
            Failure { forgot_session: refused && session.is_some(), ..self.failure(&error) }
        })
    }

    /// What `error` means for a message.
    pub(super) fn failure(&self, error: &EgressError) -> Failure {
        let id = &self.endpoint;
        let remedy = match error {
            EgressError::Denied { status: 401 | 403, .. } => format!(
                "run `mynah key set {id}` with a token that the server takes; logging in by way of a browser (OAuth) is not there"
            ),
            EgressError::Denied { .. } | EgressError::Garbled { .. } | EgressError::Redirected { .. } => {
                format!(
                    "check `url` of [endpoint.{id}] in regions.user.toml, which is taken to the letter (often it ends in /mcp), and \
                 look at the server's own log"
                )
            }
            EgressError::TooLarge { .. } => {
                "ask for less, or deny the tool in its [[tools.server]]".to_owned()
            }
            error => error.remedy(),
        };
        // What it refused it did not do, and what it pointed elsewhere for neither.
        let may_be_done = match error {
            EgressError::Denied { status, .. } => *status >= 500,
            EgressError::Redirected { .. } => false,
            error => error.may_have_left(),
        };
        let fault = Fault { kind: error.kind(), message: error.to_string(), remedy };
        Failure { fault, sent: error.may_have_left(), may_be_done, forgot_session: false }
    }
}

impl Failure {
    /// Nothing was sent.
    const fn before(fault: Fault) -> Self {
        Self { fault, sent: false, may_be_done: false, forgot_session: false }
    }
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remote").field("endpoint", &self.endpoint).finish_non_exhaustive()
    }
}

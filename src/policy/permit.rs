//! Permits: the proof that policy allowed one request.
//!
//! Enters: a judged question, from this room alone. Leaves: a [`Permit`] that the door takes by value. Never here: a
//! way to make one elsewhere, to copy one, or to change one.

use std::sync::Arc;

use url::Url;

use crate::{
    policy::{
        Auth, Capability, DataClass, Endpoint, EndpointId, Question, Region,
        host::{HostPattern, is_loopback, is_neighbour},
    },
    units::TurnId,
};

/// How far away the host is that a permit is for, which decides what addresses its name may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distance {
    /// A loopback address.
    ThisMachine,
    /// A private address of the local network: a server of the user's own.
    LocalNetwork,
    /// A public address, by https.
    Public,
}

/// Leave to send one request to one host, for one turn.
///
/// The door spends it by value:
/// ```
/// fn once(permit: mynah::policy::Permit) -> mynah::policy::Permit {
///     permit
/// }
/// ```
/// It cannot be spent twice:
/// ```compile_fail,E0382
/// fn twice(permit: mynah::policy::Permit) -> (mynah::policy::Permit, mynah::policy::Permit) {
///     (permit, permit)
/// }
/// ```
/// nor copied:
/// ```compile_fail,E0277
/// fn copy(permit: &mynah::policy::Permit) -> mynah::policy::Permit {
///     Clone::clone(permit)
/// }
/// ```
/// nor built by hand, in one go or from another:
/// ```compile_fail,E0624
/// fn forge(question: &mynah::policy::Question) -> mynah::policy::Permit {
///     mynah::policy::Permit::new(question, None, &[], &[])
/// }
/// ```
/// ```compile_fail,E0451
/// fn bend(permit: mynah::policy::Permit, url: url::Url) -> mynah::policy::Permit {
///     mynah::policy::Permit { url, ..permit }
/// }
/// ```
/// ```compile_fail,E0277
/// fn conjure() -> mynah::policy::Permit {
///     Default::default()
/// }
/// ```
#[derive(Debug)]
#[must_use = "a permit that is not spent sends nothing"]
pub struct Permit {
    turn: TurnId,
    region: Region,
    capability: Capability,
    endpoint: EndpointId,
    url: Url,
    model: String,
    data: DataClass,
    terms: Option<Arc<Endpoint>>,
    follow: Vec<HostPattern>,
    never_follow: Vec<HostPattern>,
}

impl Permit {
    /// The permit for what `question` asks. Only `decide` calls this, after every rule said yes.
    pub(in crate::policy) fn new(
        question: &Question,
        terms: Option<&Arc<Endpoint>>,
        follow: &[HostPattern],
        never_follow: &[HostPattern],
    ) -> Self {
        Self {
            turn: question.turn,
            region: question.region.clone(),
            capability: question.capability,
            endpoint: question.endpoint.clone(),
            url: question.url.clone(),
            model: question.model.clone(),
            data: question.data,
            terms: terms.cloned(),
            follow: follow.to_vec(),
            never_follow: never_follow.to_vec(),
        }
    }

    /// The turn it is for.
    #[must_use]
    pub const fn turn(&self) -> TurnId {
        self.turn
    }

    /// The region whose rules allowed it.
    #[must_use]
    pub const fn region(&self) -> &Region {
        &self.region
    }

    /// What it is for.
    #[must_use]
    pub const fn capability(&self) -> Capability {
        self.capability
    }

    /// Whom it is for.
    #[must_use]
    pub const fn endpoint(&self) -> &EndpointId {
        &self.endpoint
    }

    /// The base URL; the request's path is below it.
    #[must_use]
    pub const fn url(&self) -> &Url {
        &self.url
    }

    /// The host; never empty, because a URL without one is refused.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// The model that was judged; the request must ask for this one.
    #[must_use]
    pub fn model(&self) -> &str {
        &self.model
    }

    /// What may leave.
    #[must_use]
    pub const fn data(&self) -> DataClass {
        self.data
    }

    /// How far away its host is.
    #[must_use]
    pub fn distance(&self) -> Distance {
        self.distance_to(&self.url)
    }

    /// How far away the host of `url` is. In the local network there is nobody but the server of the user's own that it
    /// was given for.
    #[must_use]
    pub fn distance_to(&self, url: &Url) -> Distance {
        let own = self.terms.as_ref().is_some_and(|terms| terms.is_own());
        if is_loopback(url) {
            Distance::ThisMachine
        } else if own && is_neighbour(url) && url.origin() == self.url.origin() {
            Distance::LocalNetwork
        } else {
            Distance::Public
        }
    }

    /// How the key is sent, if one is needed.
    #[must_use]
    pub fn auth(&self) -> Auth {
        self.terms.as_ref().map_or(Auth::None, |terms| terms.auth())
    }

    /// The rules' entry that the permit keeps to: dialect, what the body must carry, what the answer must say. `None` for
    /// a mirror.
    #[must_use]
    pub fn terms(&self) -> Option<&Endpoint> {
        self.terms.as_deref()
    }

    pub(in crate::policy) fn follows(&self, host: &str) -> bool {
        host == self.host() || self.follow.iter().any(|pattern| pattern.matches(host))
    }

    pub(in crate::policy) fn never_follows(&self, host: &str) -> bool {
        self.never_follow.iter().any(|pattern| pattern.matches(host))
    }
}

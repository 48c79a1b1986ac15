//! Way: how a host is reached, and by which client.
//!
//! Enters: a permit, a URL. Leaves: the client for it: plain http to this machine, which needs no certificates; https, built
//! when first needed, so that a system without CA certificates can still ask its own server; and two for servers of the
//! user's own in the local network, whose names may lead nowhere else. Never here: a followed redirect, a proxy from the
//! environment, one that policy did not accept for the region.

use std::time::Duration;

use url::Url;

use super::{Door, DoorOptions};
use crate::{
    egress::{EgressError, address::Resolver, body::innermost, redact},
    policy::{Distance, EndpointId, Permit, Refusal, Region, Relay, host::is_loopback},
};

/// How other machines are reached. This one, and the user's own in the local network, are always reached directly.
#[derive(Debug, Clone, Default)]
pub enum Way {
    /// Without anything in between.
    #[default]
    Direct,
    /// Through a proxy that policy accepted.
    Through(Relay),
    /// Not at all: policy refused the proxy that the user wants.
    Barred(Refusal),
}

impl Door {
    /// The client for `url`, which `permit` is for or leads to: plain http for this machine and for servers of the user's
    /// own in the local network, https for all else.
    #[expect(clippy::disallowed_types, reason = "this is the door")]
    pub(in crate::egress) fn client(
        &self,
        permit: &Permit,
        url: &Url,
    ) -> Result<&reqwest::Client, EgressError> {
        match permit.distance_to(url) {
            Distance::ThisMachine if url.scheme() == "http" => return Ok(&self.plain),
            Distance::LocalNetwork => return self.near(url.scheme() == "https"),
            Distance::ThisMachine | Distance::Public => {}
        }
        if let Some(client) = self.tls.get() {
            return Ok(client);
        }
        let mut builder = match self.relay() {
            None => client(&self.options, Resolver::public()),
            Some(relay) => {
                let at = relay.url().clone();
                let resolver = Resolver::beside(at.host_str().unwrap_or_default());
                let chosen = move |url: &Url| (!is_loopback(url)).then(|| at.clone());
                client(&self.options, resolver).proxy(reqwest::Proxy::custom(chosen))
            }
        };
        builder = builder.https_only(true);
        let built = builder.build();
        let built = built.map_err(|error| no_certificates(&error))?;
        Ok(self.tls.get_or_init(|| built))
    }

    /// The client for the local network.
    #[expect(clippy::disallowed_types, reason = "this is the door")]
    fn near(&self, tls: bool) -> Result<&reqwest::Client, EgressError> {
        let [without, with] = &self.near;
        let cell = if tls { with } else { without };
        if let Some(client) = cell.get() {
            return Ok(client);
        }
        let builder = client(&self.options, Resolver::near()).https_only(tls);
        let builder = if tls { builder } else { builder.tls_certs_only([]) };
        let built = builder.build().map_err(|error| no_certificates(&error))?;
        Ok(cell.get_or_init(|| built))
    }

    /// The proxy that other machines are reached through.
    pub(in crate::egress) const fn relay(&self) -> Option<&Relay> {
        match &self.options.way {
            Way::Through(relay) => Some(relay),
            Way::Direct | Way::Barred(_) => None,
        }
    }

    /// The proxy that `url` is reached through, for the record.
    pub(in crate::egress) fn proxy(&self, permit: &Permit, url: &Url) -> Option<String> {
        self.relay()
            .filter(|_| permit.distance_to(url) == Distance::Public)
            .map(|relay| redact::origin(relay.url()))
    }

    /// Whether `url` may be reached the way that is set up, under the region of `permit`.
    pub(in crate::egress) fn check_way(&self, permit: &Permit, url: &Url) -> Result<(), EgressError> {
        if permit.distance_to(url) != Distance::Public {
            return Ok(());
        }
        self.check_way_of(permit.region(), permit.endpoint())
    }

    /// Whether the way that is set up may be taken under `region`, for the sake of `endpoint`.
    pub(in crate::egress) fn check_way_of(
        &self,
        region: &Region,
        endpoint: &EndpointId,
    ) -> Result<(), EgressError> {
        let (rule, detail) = match &self.options.way {
            Way::Direct => return Ok(()),
            Way::Through(relay) if relay.region() == region => return Ok(()),
            Way::Through(relay) => {
                ("proxy.region", format!("the proxy was judged for region {}", relay.region()))
            }
            Way::Barred(refusal) => (refusal.rule, refusal.reason.clone()),
        };
        Err(EgressError::NotPermitted { endpoint: endpoint.clone(), rule, detail })
    }
}

#[expect(clippy::disallowed_types, reason = "this is the door")]
pub(super) fn client(options: &DoorOptions, resolver: Resolver) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .user_agent(concat!("mynah/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none()) // its default replays a POST body to the second host
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy() // its default obeys HTTP_PROXY and the like
        .dns_resolver(resolver)
        .connect_timeout(options.connect)
        .pool_idle_timeout(Duration::from_secs(60))
}

pub(super) fn no_certificates(error: &reqwest::Error) -> EgressError {
    EgressError::NoCertificates { detail: innermost(error) }
}

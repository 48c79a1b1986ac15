//! Facts: weather, exchange rates and the user's home, asked of services behind the door.
//!
//! Enters: a place's name, two currencies, an order for a device. Leaves: numbers and states that were checked, as the
//! skills' traits want them. Runs on the skills' thread, which waits some seconds at most. Never here: the words of the user,
//! a request that policy did not judge, a text from a service that was not cut to size and cleaned.

use std::{sync::Arc, time::Duration};

use serde::de::DeserializeOwned;
use tokio::{runtime::Handle, time::timeout};
use url::Url;

use crate::{
    egress::{Door, Doorway, EgressError, Lookup, Secret},
    flow::{Fault, Language},
    policy::{
        self, Capability, Endpoint, EndpointId, HOME, Month, Permit, Question, Region, Rules, Verdict, decide,
    },
    skills::outside::{DayAhead, Device, Facts, Found, House, NoFact, Now, Order, Rates, Weather},
    units::TurnId,
};

mod home_assistant;
mod open_meteo;
mod qweather;
mod tables;

/// How long somebody waits for a fact; less than a session gives its rooms to end.
pub const PATIENCE: Duration = Duration::from_millis(4_500);

/// What the user set up for one service.
#[derive(Debug)]
pub struct FactSetup {
    /// The endpoint's id in the rules.
    pub endpoint: EndpointId,
    /// Another address, where the rules leave a part of it open.
    pub url: Option<Url>,
    /// The key.
    pub key: Option<Secret>,
    /// Whether the user confirmed the endpoint's `attest` statement.
    pub attested: bool,
}

/// What services need to be asked.
pub struct Wiring {
    /// The rules in force.
    pub rules: Arc<Rules>,
    /// The region in force.
    pub region: Region,
    /// What was set up.
    pub setups: Vec<FactSetup>,
    /// The way out.
    pub door: Arc<dyn Doorway>,
    /// The month it is.
    pub month: fn() -> Month,
    /// What waits for answers; `None` asks nobody.
    pub handle: Option<Handle>,
    /// How long to wait; usually [`PATIENCE`].
    pub patience: Duration,
}

/// The services behind the door.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    wiring: Wiring,
}

impl Services {
    /// Services that are asked as `wiring` says. Opens no connection.
    #[must_use]
    pub fn new(wiring: Wiring) -> Self {
        Self(Arc::new(Inner { wiring }))
    }
}

impl Facts for Services {
    fn weather(&mut self, place: &str, language: &Language) -> Result<Found<Weather>, NoFact> {
        self.0.wait("weather", self.0.weather(place, language))
    }

    fn rates(&mut self, of: [&str; 2]) -> Result<Found<Rates>, NoFact> {
        self.0.wait("rates", self.0.rates(of))
    }
}

impl House for Services {
    fn devices(&mut self) -> Result<Found<Vec<Device>>, NoFact> {
        self.0.wait(HOME, home_assistant::devices(&self.0))
    }

    fn order(&mut self, order: &Order) -> Result<Found<Vec<Device>>, NoFact> {
        self.0.wait(HOME, home_assistant::order(&self.0, order))
    }
}

/// A service to be asked.
#[derive(Clone, Copy)]
struct Service<'a> {
    capability: Capability,
    endpoint: &'a Endpoint,
    setup: Option<&'a FactSetup>,
}

impl Inner {
    /// What `fact` comes to, waited for here.
    fn wait<T>(&self, by: &str, fact: impl Future<Output = Result<T, NoFact>>) -> Result<T, NoFact> {
        let Some(handle) = &self.wiring.handle else {
            return Err(refused(
                "nobody",
                "nobody waits for an answer here".into(),
                "ask Mynah itself".into(),
            ));
        };
        handle
            .block_on(async { timeout(self.wiring.patience, fact).await })
            .unwrap_or_else(|_| Err(NoFact::TooSlow { by: by.to_owned() }))
    }

    async fn weather(&self, place: &str, language: &Language) -> Result<Found<Weather>, NoFact> {
        let mut none = None;
        let services = self.listed(Capability::Weather)?;
        let share = self.share(&services);
        for service in services {
            let told = async {
                match service.endpoint.backend() {
                    policy::Backend::QWeather => qweather::weather(self, service, place, language).await,
                    _ => open_meteo::weather(self, service, place, language).await,
                }
            };
            match within(share, service, told).await {
                Err(error) if may_try_next(&error) => none = none.or(Some(error)),
                told => return told,
            }
        }
        Err(none.unwrap_or_else(|| self.nobody(Capability::Weather)))
    }

    async fn rates(&self, of: [&str; 2]) -> Result<Found<Rates>, NoFact> {
        let mut none = None;
        let services = self.listed(Capability::Rates)?;
        let share = self.share(&services);
        for service in services {
            match within(share, service, tables::rates(self, service)).await {
                Ok(found)
                    if of.iter().all(|code| found.what.per_euro.iter().any(|(known, _)| known == code)) =>
                {
                    return Ok(found);
                }
                Ok(found) => none = Some(NoFact::Unknown { by: found.by }),
                Err(error) if may_try_next(&error) => none = none.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        Err(none.unwrap_or_else(|| self.nobody(Capability::Rates)))
    }

    /// How long each of `services` may take: the last one too is asked while somebody still waits.
    fn share(&self, services: &[Service<'_>]) -> Duration {
        self.wiring.patience / u32::try_from(services.len()).unwrap_or(u32::MAX).max(1)
    }

    /// Whom the region lists for `capability`, best first.
    fn listed(&self, capability: Capability) -> Result<Vec<Service<'_>>, NoFact> {
        let Wiring { rules, region, setups, .. } = &self.wiring;
        let one = |id: &EndpointId| {
            let setup = setups.iter().find(|setup| setup.endpoint == *id);
            rules.endpoint(id).map(|endpoint| Service { capability, endpoint, setup })
        };
        let listed: Vec<Service<'_>> =
            policy::order(rules, region, capability).into_iter().filter_map(one).collect();
        if listed.is_empty() { Err(self.nobody(capability)) } else { Ok(listed) }
    }

    fn nobody(&self, capability: Capability) -> NoFact {
        let region = &self.wiring.region;
        if capability == Capability::Home && self.wiring.rules.endpoint(&HOME.into()).is_none() {
            return refused(
                "home.unset",
                "no Home Assistant is set up".into(),
                format!(
                    "set home.url in the settings, and `mynah key set {HOME}` with a long-lived access token"
                ),
            );
        }
        if *region == Region::offline() {
            return refused(
                "region.offline",
                "Mynah is offline, so nothing leaves this machine".into(),
                "say where you live: `mynah region set` with your country".into(),
            );
        }
        let reason = format!("region {region} lists nobody for {}", capability.name());
        refused("order.nobody", reason, "`mynah region explain` shows whom each region lists".into())
    }

    fn door(&self, by: &EndpointId) -> Result<&Door, NoFact> {
        self.wiring.door.door().map_err(|error| failed(by, &error))
    }

    /// The permit to ask `service` once, at `base` where that is another of its addresses.
    fn permit(&self, service: Service<'_>, base: Option<&Url>) -> Result<Permit, NoFact> {
        let Service { capability, endpoint, setup } = service;
        let id = endpoint.id();
        if endpoint.needs_key() && setup.is_none_or(|setup| setup.key.is_none()) {
            let remedy = format!("run `mynah key set {id}`, or set {}", id.key_variable());
            return Err(refused("key.missing", format!("there is no key for {id}"), remedy));
        }
        let own = setup.and_then(|setup| setup.url.as_ref()).filter(|_| base.is_none());
        let question = Question {
            turn: TurnId::default(),
            region: self.wiring.region.clone(),
            capability,
            endpoint: id.clone(),
            url: own.or(base).unwrap_or_else(|| endpoint.url()).clone(),
            model: String::new(),
            data: capability.data(),
            attested: setup.is_some_and(|setup| setup.attested),
            month: (self.wiring.month)(),
        };
        match decide(&self.wiring.rules, &question) {
            Verdict::Allow(permit) => Ok(permit),
            Verdict::Refuse(refusal) => {
                let recorded = self.door(id)?.ledger().refused(&question, &refusal);
                recorded.map_err(|error| failed(id, &error))?;
                Err(refused(refusal.rule, refusal.reason, refusal.remedy))
            }
        }
    }

    /// What `service` says below `path` to `query`. Where it could not be reached or broke off, it is asked once more.
    async fn get(
        &self,
        service: Service<'_>,
        base: Option<&Url>,
        path: &[&str],
        query: &[(&str, &str)],
    ) -> Result<Vec<u8>, NoFact> {
        let (id, mut again) = (service.endpoint.id(), true);
        let key = service.setup.and_then(|setup| setup.key.as_ref());
        loop {
            let permit = self.permit(service, base)?;
            let lookup = Lookup { path, query, post: None, key };
            match self.door(id)?.look_up(permit, lookup).await {
                Err(EgressError::Unreachable { .. } | EgressError::CutOff { .. }) if again => again = false,
                answer => return answer.map_err(|error| failed(id, &error)),
            }
        }
    }

    /// Has `service` do what `body` says. Never repeated: it may have been done.
    async fn post(
        &self,
        service: Service<'_>,
        path: &[&str],
        body: &serde_json::Value,
    ) -> Result<Vec<u8>, NoFact> {
        let id = service.endpoint.id();
        let key = service.setup.and_then(|setup| setup.key.as_ref());
        let permit = self.permit(service, None)?;
        let lookup = Lookup { path, query: &[], post: Some(body), key };
        self.door(id)?.look_up(permit, lookup).await.map_err(|error| failed(id, &error))
    }
}

/// What `service` tells, unless it takes longer than `share`.
async fn within<T>(
    share: Duration,
    service: Service<'_>,
    told: impl Future<Output = Result<T, NoFact>>,
) -> Result<T, NoFact> {
    let too_slow = |_| Err(NoFact::TooSlow { by: service.endpoint.id().to_string() });
    timeout(share, told).await.unwrap_or_else(too_slow)
}

/// Whether the next service of the region's list may be asked: where nothing was sent, or nobody answered.
fn may_try_next(none: &NoFact) -> bool {
    match none {
        NoFact::Refused { .. } | NoFact::TooSlow { .. } => true,
        NoFact::Failed { fault, .. } => {
            matches!(
                fault.kind,
                "endpoint_unreachable" | "endpoint_failed" | "endpoint_busy" | "endpoint_rate_limited"
            )
        }
        NoFact::Unknown { .. } => false,
    }
}

fn refused(rule: &str, reason: String, remedy: String) -> NoFact {
    NoFact::Refused { rule: rule.to_owned(), reason, remedy }
}

fn failed(by: &EndpointId, error: &EgressError) -> NoFact {
    if matches!(error, EgressError::Timeout { .. }) {
        return NoFact::TooSlow { by: by.to_string() };
    }
    NoFact::Failed { by: by.to_string(), fault: Fault::from(error) }
}

/// An answer that says nothing that can be told; what it says is not repeated.
fn garbled(by: &EndpointId, what: &str) -> NoFact {
    let fault = Fault {
        kind: "fact_garbled",
        message: format!("{by} sent {what}"),
        remedy: "ask again later; if it stays, the service has changed and Mynah must learn of it".to_owned(),
    };
    NoFact::Failed { by: by.to_string(), fault }
}

/// `bytes` as JSON of the form wanted.
fn json<T: DeserializeOwned>(by: &EndpointId, bytes: &[u8]) -> Result<T, NoFact> {
    serde_json::from_slice(bytes).map_err(|_| garbled(by, "something that is not of the documented form"))
}

/// A temperature that occurs on Earth, degrees Celsius.
fn celsius(value: f64) -> Option<f64> {
    (-95.0..=65.0).contains(&value).then_some(value)
}

/// The weather, where `days` are some and follow each other.
fn told(country: Option<String>, now: Now, days: Vec<DayAhead>) -> Option<Weather> {
    let in_order = days.windows(2).all(|two| two[0].date.tomorrow().is_ok_and(|next| next == two[1].date));
    (!days.is_empty() && in_order).then_some(Weather { country, now, days })
}

/// A name that can be spoken: letters and a little between them.
fn spoken(name: &str) -> Option<String> {
    let name = name.trim();
    let fits = |c: char| c.is_alphabetic() || matches!(c, ' ' | '-' | '\'' | '’' | '.');
    (!name.is_empty() && name.chars().count() <= 40 && name.chars().all(fits)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests;

//! Outside: what skills may ask beyond this device, made from the settings.
//!
//! Enters: settings. Leaves: services behind the door that words leave by. Never here: a choice
//! of service; the region's list has that.

use std::sync::Arc;

use tokio::runtime::Handle;

use super::lazy_door::LazyDoor;
use crate::{
    facts::{FactSetup, PATIENCE, Services, Wiring},
    policy::{Capability, DataClass, Endpoint, EndpointId},
    session::clock,
    settings::{EndpointSettings, Settings},
    skills::Outside,
};

/// What `settings` set up, behind `door`; keys are moved out of them.
pub(super) fn outside(settings: &mut Settings, door: Arc<LazyDoor>) -> Outside {
    let rules = settings.rules.clone();
    let tells = |id: &str| rules.endpoint(&EndpointId::from(id)).is_some_and(tells_facts);
    let (ours, others) =
        std::mem::take(&mut settings.endpoints).into_iter().partition(|setup: &_| tells(&setup.id));
    settings.endpoints = others;
    let setup = |setup: EndpointSettings| FactSetup {
        endpoint: EndpointId::from(setup.id.as_str()),
        url: setup.url,
        key: setup.key,
        attested: setup.attested,
    };
    let ours: Vec<EndpointSettings> = ours;
    let services = Services::new(Wiring {
        rules: settings.rules.clone(),
        region: settings.region.clone(),
        setups: ours.into_iter().map(setup).collect(),
        door,
        month: clock::month,
        handle: Handle::try_current().ok(),
        patience: PATIENCE,
    });
    Outside {
        facts: Box::new(services.clone()),
        house: Box::new(services),
        home_place: settings.home_place.clone(),
        fahrenheit: settings.fahrenheit,
    }
}

/// Whether nothing that `endpoint` offers is for words.
fn tells_facts(endpoint: &Endpoint) -> bool {
    endpoint.capabilities().iter().copied().map(Capability::data).all(|data| data == DataClass::Query)
}

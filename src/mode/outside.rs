//! Outside: what skills may ask beyond this device, made from the settings.
//!
//! Enters: settings. Leaves: services behind a door of their own, opened when something is asked first. Never here: a choice
//! of service; the region's list has that.

use std::sync::Arc;

use tokio::{runtime::Handle, sync::Notify};

use super::{ask::moved_fault, options};
use crate::{
    facts::{FactSetup, PATIENCE, Services, Wiring},
    policy::{Capability, DataClass, Endpoint, EndpointId},
    session::clock,
    settings::{Settings, surroundings},
    skills::Outside,
};

/// What `settings` set up; keys are moved out of them. `moved` is told when the machine is somewhere else.
pub(super) fn outside(settings: &mut Settings, moved: Arc<Notify>) -> Outside {
    let rules = settings.rules.clone();
    let tells = |id: &str| rules.endpoint(&EndpointId::from(id)).is_some_and(tells_facts);
    let (ours, others) =
        std::mem::take(&mut settings.endpoints).into_iter().partition(|setup: &_| tells(&setup.id));
    settings.endpoints = others;
    let setup = |setup: crate::settings::EndpointSettings| FactSetup {
        endpoint: EndpointId::from(setup.id.as_str()),
        url: setup.url,
        key: setup.key,
        attested: setup.attested,
    };
    let ours: Vec<crate::settings::EndpointSettings> = ours;
    let network = options::Network::of(settings);
    let zone = settings.inputs.zone.clone();
    let services = Services::new(Wiring {
        rules: settings.rules.clone(),
        region: settings.region.clone(),
        setups: ours.into_iter().map(setup).collect(),
        open: Box::new(move || network.open()),
        month: clock::month,
        moved: Box::new(move || {
            let here = surroundings().zone == zone;
            if !here {
                moved.notify_one();
            }
            (!here).then(moved_fault)
        }),
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

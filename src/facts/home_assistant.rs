//! Home Assistant: what there is at home, how it stands, and orders for it, by its REST interface.
//!
//! Enters: an order. Leaves: devices with names that were cut to size and cleaned, and how they stand once the order was
//! carried out. Never here: a claim that something was done; a device whose identifier is not of the documented form.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Map, Value, json as object};

use super::{Inner, Service, json};
use crate::{
    egress::redact,
    policy::Capability,
    skills::outside::{Device, Found, NoFact, Order},
};

/// The longest name that is read out, in characters.
const LONGEST_NAME: usize = 60;

/// More devices than a home has.
const MOST: usize = 5_000;

/// How often a device is looked at after an order, and the pause between: a lamp needs some tenths of a second to tell.
const LOOKS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct State {
    entity_id: String,
    state: String,
    #[serde(default)]
    attributes: Map<String, Value>,
}

/// Everything at home.
pub(super) async fn devices(services: &Inner) -> Result<Found<Vec<Device>>, NoFact> {
    let service = home(services)?;
    let states = states(services, service).await?;
    Ok(found(service, states))
}

/// Carries `order` out, and gives those that it is for.
pub(super) async fn order(services: &Inner, order: &Order) -> Result<Found<Vec<Device>>, NoFact> {
    let service = home(services)?;
    let mut body = object!({ "entity_id": order.ids });
    if let Some((name, value)) = order.with {
        body[name] = number(value);
    }
    services.post(service, &["api", "services", &order.domain, order.service], &body).await?;
    let mut after = Vec::new();
    for look in 0..LOOKS {
        after = match order.ids.as_slice() {
            [id] => {
                let bytes = services.get(service, None, &["api", "states", id], &[]).await?;
                device(json::<State>(service.endpoint.id(), &bytes)?).into_iter().collect()
            }
            _ => states(services, service).await?,
        };
        after.retain(|device| order.ids.contains(&device.id));
        if after.len() == order.ids.len() && after.iter().all(|device| is_done(order, device)) {
            break;
        }
        if look + 1 < LOOKS {
            tokio::time::sleep(PAUSE).await;
        }
    }
    Ok(found(service, after))
}

fn home(services: &Inner) -> Result<Service<'_>, NoFact> {
    services.listed(Capability::Home).map(|listed| listed[0])
}

fn found(service: Service<'_>, what: Vec<Device>) -> Found<Vec<Device>> {
    let host = service.endpoint.url().host_str().unwrap_or_default();
    let reason =
        format!("your own Home Assistant at {host} was asked and told which devices are meant, and no words");
    Found { what, by: service.endpoint.id().to_string(), credit: "Home Assistant", reason }
}

async fn states(services: &Inner, service: Service<'_>) -> Result<Vec<Device>, NoFact> {
    let bytes = services.get(service, None, &["api", "states"], &[]).await?;
    let states: Vec<State> = json(service.endpoint.id(), &bytes)?;
    Ok(states.into_iter().take(MOST).filter_map(device).collect())
}

/// Whether `device` is as `order` wants it.
fn is_done(order: &Order, device: &Device) -> bool {
    match order.with {
        Some(("temperature", wanted)) => device.wanted.is_some_and(|now| (now - wanted).abs() < 0.6),
        Some((_, wanted)) => device.percent.is_some_and(|now| (now - wanted).abs() <= 3.0),
        None => order.done.contains(&device.state.as_str()),
    }
}

/// A whole number as such: some services take no other for a percentage.
fn number(value: f64) -> Value {
    let whole = format!("{value:.0}").parse::<i64>().ok().filter(|_| value.fract() == 0.0);
    whole.map_or_else(|| Value::from(value), Value::from)
}

/// The device of a state; `None` where its identifier is none, or it has no name that could be said.
fn device(state: State) -> Option<Device> {
    let State { entity_id: id, state, attributes } = state;
    let (domain, name) = id.split_once('.')?;
    let plain = |text: &str| {
        (1..=100).contains(&text.len())
            && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
    };
    if !plain(domain) || !plain(name) || state.len() > 60 {
        return None;
    }
    let named = attributes.get("friendly_name").and_then(Value::as_str).unwrap_or(name);
    let name = cleaned(named);
    let read = |key: &str| attributes.get(key).and_then(Value::as_f64).filter(|value| value.is_finite());
    let percent = match domain {
        "light" => read("brightness").map(|level| level / 2.55),
        "fan" => read("percentage"),
        "cover" => read("current_position"),
        _ => None,
    };
    let percent = percent.filter(|percent| (0.0..=100.5).contains(percent));
    let degrees = |key: &str| read(key).filter(|degrees| (-60.0..=150.0).contains(degrees));
    let (wanted, measured) = (degrees("temperature"), degrees("current_temperature"));
    (!name.is_empty()).then_some(Device { id, name, state, percent, wanted, measured })
}

/// A name as it may be read out: letters, digits and a little between them, on one line.
fn cleaned(name: &str) -> String {
    let fits =
        |c: char| if c.is_alphanumeric() || matches!(c, '-' | '\'' | '’' | '&' | '+') { c } else { ' ' };
    let plain: String = name.chars().take(4 * LONGEST_NAME).map(fits).collect();
    redact::line(&plain, LONGEST_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_a_device_only_where_it_is_of_the_documented_form() {
        let read = |id: &str, name: &str| {
            let state = object!({ "entity_id": id, "state": "on", "attributes": { "friendly_name": name, "brightness": 128 } });
            device(serde_json::from_value(state).unwrap())
        };
        let lamp = read("light.kitchen", "Kitchen \u{1b}[31mlight\n<script>").unwrap();
        assert_eq!(lamp.name, "Kitchen 31mlight script");
        assert_eq!(lamp.percent.map(|percent| format!("{percent:.0}")).as_deref(), Some("50"));
        assert_eq!(read("light.x", &"a".repeat(9_000)).unwrap().name.chars().count(), LONGEST_NAME + 1);
        for id in ["light", "light.", ".kitchen", "light.kitchen/../../x", "Light.Kitchen", "light.a b", ""] {
            assert!(read(id, "x").is_none(), "{id}");
        }
        assert!(read("light.x", "\u{202e}\u{0}  ").is_none());
    }
}

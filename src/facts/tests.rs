//! Services as they should be and as they should not: what is sent, what is believed, what is recorded.

use std::sync::Mutex;

use serde_json::{Value, json as object};
use tokio::runtime::Runtime;

use super::*;
use crate::{
    egress::{
        DoorOptions, Ledger,
        door::double::{Asked, Double},
    },
    flow::{Intent, Script, Slot, SlotValue},
    skills::{Given, Outside, SkillContext, Skills, Teller},
};

mod services;
mod weather;

/// Names of the services, all of which lead to the double.
const NAMES: [&str; 5] = [
    "api.open-meteo.com",
    "geocoding-api.open-meteo.com",
    "www.ecb.europa.eu",
    "api.frankfurter.dev",
    "abc.qweatherapi.com",
];

/// A machine in a region, with services played by a double.
struct Desk {
    skills: Skills,
    double: Arc<Double>,
    ledger: tempfile::TempDir,
    language: Language,
    region: String,
    _runtime: Runtime,
}

type Answers = Box<dyn FnMut(&Asked) -> Vec<u8> + Send>;

/// The way to a door that the machine has moved away from.
struct Shut;

impl Doorway for Shut {
    fn door(&self) -> Result<&Door, EgressError> {
        Err(EgressError::Moved)
    }
}

impl Desk {
    fn new(region: &str, setups: Vec<FactSetup>, home: Option<&str>, answers: Answers) -> Self {
        Self::behind(region, setups, home, answers, |door| Arc::new(door))
    }

    fn behind(
        region: &str,
        setups: Vec<FactSetup>,
        home: Option<&str>,
        answers: Answers,
        way: impl FnOnce(Door) -> Arc<dyn Doorway>,
    ) -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let double = Arc::new(Double::start(&NAMES.map(str::to_owned), answers));
        let ledger = tempfile::tempdir().unwrap();
        let rules = Rules::built_in();
        let (path, doors) = (ledger.path().join("ledger.jsonl"), Arc::clone(&double));
        let services = Services::new(Wiring {
            region: rules.region(region).unwrap(),
            rules: Arc::new(rules),
            setups,
            door: way(doors.door(
                DoorOptions::default(),
                Ledger::open(&path, || "2026-11-23T12:00:00Z".to_owned()).unwrap(),
            )),
            month: || Month::new(2026, 11).unwrap(),
            handle: Some(runtime.handle().clone()),
            patience: Duration::from_millis(1_500),
        });
        let outside = Outside {
            facts: Box::new(services.clone()),
            house: Box::new(services),
            home_place: home.map(str::to_owned),
            fahrenheit: region == "US",
        };
        let given =
            Given { outside, ..Given::new(Box::new(|| unreachable!("nothing is kept here")), Teller::Here) };
        let (skills, region) = (Skills::new(given), region.to_owned());
        Self { skills, double, ledger, language: Language::ENGLISH, region, _runtime: runtime }
    }

    /// What is answered, and by whom it was told, for what reason.
    fn ask(&mut self, name: &str, slots: &[(&'static str, &str)]) -> (String, String, String) {
        // A day is a text, though it looks like a number.
        let value = |text: &str| {
            let number = text.parse().ok().filter(|_| !text.starts_with(['+', '-']));
            number.map_or_else(|| SlotValue::Text(text.to_owned()), SlotValue::Number)
        };
        let slots = slots.iter().map(|(name, text)| Slot { name, value: value(text), span: 0..0 });
        let intent = Intent { name: name.to_owned(), slots: slots.collect() };
        let context = SkillContext {
            now: "2026-11-23T12:00[Europe/Berlin]".parse().unwrap(),
            language: self.language.clone(),
            script: Script::Simplified,
            region: Some(self.region.clone()),
            clock_24h: None,
        };
        let reply = self.skills.answer(&intent, &context).unwrap();
        let facts = reply.facts.map(|facts| (facts.by, facts.reason)).unwrap_or_default();
        (reply.text, facts.0, facts.1)
    }

    /// The lines of the audit.
    fn records(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(self.ledger.path().join("ledger.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

fn set_up(id: &str, url: Option<&str>, key: Option<&str>) -> FactSetup {
    let endpoint = EndpointId::from(id);
    let key = key.map(|key| Secret::new("test", key).unwrap().bound_to(&endpoint));
    FactSetup { endpoint, url: url.map(|url| url.parse().unwrap()), key, attested: true }
}

fn ok(body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}")
        .into_bytes()
}

fn place() -> String {
    object!({ "results": [{ "id": 2_950_159, "name": "Berlin", "latitude": 52.524_37, "longitude": 13.410_53,
        "country": "Germany", "country_code": "DE", "timezone": "Europe/Berlin" }] })
    .to_string()
}

/// Ten days from Monday the 23rd of November 2026.
fn forecast() -> Value {
    let days: Vec<String> = (23..=30).map(|day| format!("2026-11-{day}")).collect();
    object!({
        "latitude": 52.52, "longitude": 13.42, "timezone": "Europe/Berlin",
        "current": { "time": "2026-11-23T12:00", "interval": 900, "temperature_2m": -0.4, "weather_code": 3 },
        "daily": {
            "time": days,
            "weather_code": [3, 61, 0, 71, 2, 95, 45, null],
            "temperature_2m_max": [4.2, 6.6, 7.0, 1.0, 3.0, 9.5, 2.0, null],
            "temperature_2m_min": [-2.1, 1.4, 2.0, -4.0, -1.0, 3.0, 0.2, null],
            "precipitation_probability_max": [5, 80, 0, 65, 30, 70, 10, null],
        }
    })
}

fn weather_service(forecast: Value) -> Answers {
    Box::new(move |asked| {
        let gazetteer = asked.header("host") == Some("geocoding-api.open-meteo.com");
        if gazetteer { ok(&place()) } else { ok(&forecast.to_string()) }
    })
}

fn berlin(forecast: Value) -> Desk {
    Desk::new("EU", vec![set_up("open-meteo", None, None)], Some("Berlin"), weather_service(forecast))
}

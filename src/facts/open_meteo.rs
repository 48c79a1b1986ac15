//! Open-Meteo: where a place is, and what the weather is there.
//!
//! Enters: a place's name. Leaves: the weather, each number within what occurs. What is sent is the name, and then its
//! coordinates to two decimals, a kilometre or so. Never here: the user's own position, which nobody asked for.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Inner, Service, celsius, garbled, json, spoken, told};
use crate::{
    flow::Language,
    skills::outside::{DayAhead, Found, NoFact, Now, Sky, Weather},
};

/// The host that knows where places are.
const GAZETTEER: &str = "geocoding-api.open-meteo.com";

#[derive(Deserialize)]
struct Places {
    #[serde(default)]
    results: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    latitude: f64,
    longitude: f64,
    country: Option<String>,
}

#[derive(Deserialize)]
struct Forecast {
    current: Current,
    daily: Daily,
}

#[derive(Deserialize)]
struct Current {
    temperature_2m: f64,
    weather_code: u16,
}

#[derive(Deserialize)]
struct Daily {
    time: Vec<String>,
    weather_code: Vec<Option<u16>>,
    temperature_2m_min: Vec<Option<f64>>,
    temperature_2m_max: Vec<Option<f64>>,
    #[serde(default)]
    precipitation_probability_max: Vec<Option<f64>>,
}

pub(super) async fn weather(
    services: &Inner,
    service: Service<'_>,
    place: &str,
    language: &Language,
) -> Result<Found<Weather>, NoFact> {
    let id = service.endpoint.id();
    let mut gazetteer = service.endpoint.url().clone();
    gazetteer.set_host(Some(GAZETTEER)).map_err(|_| garbled(id, "no address"))?;
    let language = if *language == Language::MANDARIN { "zh" } else { "en" };
    let asked = [("name", place), ("count", "1"), ("language", language), ("format", "json")];
    let places: Places = json(id, &services.get(service, Some(&gazetteer), &["search"], &asked).await?)?;
    let Some(at) = places.results.into_iter().next() else {
        return Err(NoFact::Unknown { by: id.to_string() });
    };
    if !(-90.0..=90.0).contains(&at.latitude) || !(-180.0..=180.0).contains(&at.longitude) {
        return Err(garbled(id, "a place that is not on Earth"));
    }
    let (latitude, longitude) = (format!("{:.2}", at.latitude), format!("{:.2}", at.longitude));
    let asked = [
        ("latitude", latitude.as_str()),
        ("longitude", longitude.as_str()),
        ("current", "temperature_2m,weather_code"),
        ("daily", "weather_code,temperature_2m_max,temperature_2m_min,precipitation_probability_max"),
        ("timezone", "auto"),
        ("forecast_days", "16"),
    ];
    let forecast: Forecast = json(id, &services.get(service, None, &["forecast"], &asked).await?)?;
    let what = checked(&forecast, at.country.as_deref().and_then(spoken))
        .ok_or_else(|| garbled(id, "weather that does not occur"))?;
    Ok(Found {
        what,
        by: id.to_string(),
        credit: "Open-Meteo.com",
        reason: format!(
            "{id} was told the place's name and coordinates, and no words; weather data by Open-Meteo.com, CC BY 4.0, \
             https://open-meteo.com"
        ),
    })
}

/// The weather, where every number can be one.
fn checked(forecast: &Forecast, country: Option<String>) -> Option<Weather> {
    let Forecast { current, daily } = forecast;
    let now = Now { sky: sky(current.weather_code)?, celsius: celsius(current.temperature_2m)? };
    let mut days = Vec::new();
    for (at, time) in daily.time.iter().take(16).enumerate() {
        let date: Date = time.parse().ok()?;
        // The last days have no numbers yet.
        let (Some(Some(code)), Some(Some(low)), Some(Some(high))) =
            (daily.weather_code.get(at), daily.temperature_2m_min.get(at), daily.temperature_2m_max.get(at))
        else {
            break;
        };
        let percent = daily.precipitation_probability_max.get(at).copied().flatten();
        let wet_percent = percent.filter(|percent| (0.0..=100.0).contains(percent));
        if percent.is_some() && wet_percent.is_none() || low > high {
            return None;
        }
        days.push(DayAhead {
            date,
            sky: sky(*code)?,
            low: celsius(*low)?,
            high: celsius(*high)?,
            wet_percent,
        });
    }
    told(country, now, days)
}

/// The WMO's code for the weather (table 4677, as far as models tell it).
const fn sky(code: u16) -> Option<Sky> {
    Some(match code {
        0 => Sky::Clear,
        1 => Sky::MostlyClear,
        2 => Sky::PartlyCloudy,
        3 => Sky::Overcast,
        45 | 48 => Sky::Fog,
        51 | 53 | 55 => Sky::Drizzle,
        56 | 57 | 66 | 67 => Sky::FreezingRain,
        61 => Sky::LightRain,
        63 => Sky::Rain,
        65 => Sky::HeavyRain,
        71 | 77 => Sky::LightSnow,
        73 => Sky::Snow,
        75 => Sky::HeavySnow,
        80..=82 => Sky::Showers,
        85 | 86 => Sky::SnowShowers,
        95 => Sky::Thunderstorm,
        96 | 99 => Sky::Hail,
        _ => return None,
    })
}

//! `QWeather` (和风天气): where a place is, and what the weather is there.
//!
//! Enters: a place's name. Leaves: the weather, each number within what occurs. Its numbers come as texts, its weather as the
//! number of a picture, and its errors under status 200. Never here: a text of its own; the pictures are put into words.

use jiff::civil::Date;
use serde::Deserialize;

use super::{Inner, Service, celsius, garbled, json, spoken, told};
use crate::{
    flow::Language,
    skills::outside::{DayAhead, Found, NoFact, Now, Sky, Weather},
};

#[derive(Deserialize)]
struct Places {
    code: String,
    #[serde(default)]
    location: Vec<Place>,
}

#[derive(Deserialize)]
struct Place {
    id: String,
    country: Option<String>,
}

#[derive(Deserialize)]
struct Current {
    code: String,
    now: Option<Observed>,
}

#[derive(Deserialize)]
struct Observed {
    temp: String,
    icon: String,
}

#[derive(Deserialize)]
struct Forecast {
    code: String,
    #[serde(default)]
    daily: Vec<Daily>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Daily {
    fx_date: String,
    temp_max: String,
    temp_min: String,
    icon_day: String,
}

pub(super) async fn weather(
    services: &Inner,
    service: Service<'_>,
    place: &str,
    language: &Language,
) -> Result<Found<Weather>, NoFact> {
    let id = service.endpoint.id();
    let language = if *language == Language::MANDARIN { "zh" } else { "en" };
    let asked = [("location", place), ("number", "1"), ("lang", language)];
    let places: Places =
        json(id, &services.get(service, None, &["geo", "v2", "city", "lookup"], &asked).await?)?;
    if places.code == "404" || places.code == "204" {
        return Err(NoFact::Unknown { by: id.to_string() });
    }
    let Some(at) = places.location.into_iter().next().filter(|_| places.code == "200") else {
        return Err(garbled(id, "a place without a number"));
    };
    if at.id.is_empty() || at.id.len() > 20 || !at.id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(garbled(id, "a place without a number"));
    }
    let asked = [("location", at.id.as_str())];
    let now: Current = json(id, &services.get(service, None, &["v7", "weather", "now"], &asked).await?)?;
    let days: Forecast = json(id, &services.get(service, None, &["v7", "weather", "7d"], &asked).await?)?;
    let what = checked(&now, &days, at.country.as_deref().and_then(spoken))
        .ok_or_else(|| garbled(id, "weather that does not occur"))?;
    Ok(Found {
        what,
        by: id.to_string(),
        credit: "和风天气",
        reason: format!("{id} was told the place's name, and no words; weather data by QWeather"),
    })
}

fn checked(now: &Current, days: &Forecast, country: Option<String>) -> Option<Weather> {
    let observed = now.now.as_ref().filter(|_| now.code == "200" && days.code == "200")?;
    let now = Now { sky: sky(&observed.icon)?, celsius: celsius(observed.temp.parse().ok()?)? };
    let day = |day: &Daily| {
        let date: Date = day.fx_date.parse().ok()?;
        let (low, high) = (celsius(day.temp_min.parse().ok()?)?, celsius(day.temp_max.parse().ok()?)?);
        let sky = sky(&day.icon_day)?;
        (low <= high).then_some(DayAhead { date, sky, low, high, wet_percent: None })
    };
    let days: Vec<DayAhead> = days.daily.iter().take(16).map(day).collect::<Option<_>>()?;
    told(country, now, days)
}

/// The weather that a picture's number stands for.
fn sky(icon: &str) -> Option<Sky> {
    Some(match icon.parse::<u16>().ok()? {
        100 | 150 | 900 | 901 => Sky::Clear,
        102 | 103 | 152 | 153 => Sky::MostlyClear,
        101 | 151 => Sky::PartlyCloudy,
        104 | 154 => Sky::Overcast,
        300 | 301 | 350 | 351 => Sky::Showers,
        302 | 303 => Sky::Thunderstorm,
        304 => Sky::Hail,
        305 | 314 => Sky::LightRain,
        306 | 315 | 399 => Sky::Rain,
        307 | 308 | 310..=312 | 316..=318 => Sky::HeavyRain,
        309 => Sky::Drizzle,
        313 => Sky::FreezingRain,
        400 | 408 => Sky::LightSnow,
        401 | 409 | 499 => Sky::Snow,
        402 | 403 | 410 => Sky::HeavySnow,
        404..=406 | 456 => Sky::Sleet,
        407 | 457 => Sky::SnowShowers,
        500 | 501 | 509 | 510 | 514 | 515 => Sky::Fog,
        502..=508 | 511..=513 => Sky::Haze,
        _ => return None,
    })
}

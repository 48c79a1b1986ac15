//! Places: which time zone a city or country keeps.
//!
//! Enters: names. Leaves: an IANA zone, or [`SEVERAL`] for a country that spans more than one. The names are
//! those of `config/intents`, and the cities that the time zone database itself is named after.

use std::collections::HashMap;

use jiff::tz::TimeZoneDatabase;

use crate::flow::is_han;

/// In place of a zone: this place has several, and which one was not said. The files add the areas of the time zone
/// database that they lie in: "several America Pacific".
pub(super) const SEVERAL: &str = "several";

/// Words no place's name contains: without them "what time is it in the meeting" would ask for a zone.
const NOT_IN_NAMES: [&str; 50] = [
    "the",
    "a",
    "an",
    "my",
    "your",
    "our",
    "his",
    "her",
    "their",
    "this",
    "that",
    "here",
    "there",
    "it",
    "me",
    "us",
    "you",
    "is",
    "are",
    "was",
    "for",
    "to",
    "of",
    "and",
    "or",
    "at",
    "on",
    "in",
    "by",
    "with",
    "morning",
    "afternoon",
    "evening",
    "minutes",
    "hours",
    "hour",
    "english",
    "seconds",
    "right",
    "now",
    "currently",
    "moment",
    "today",
    "tonight",
    "tomorrow",
    "yesterday",
    "next",
    "week",
    "weekend",
    "still",
];

/// The same for Mandarin, where a name is written without spaces.
const NOT_IN_MANDARIN_NAMES: [&str; 32] = [
    "我", "你", "他", "她", "它", "们", "会", "议", "点", "几", "什", "么", "的", "是", "在", "了", "吃",
    "开", "去", "到", "月", "号", "年", "天", "现", "时", "候", "电", "影", "课", "播", "放",
];

/// Whether a city that keeps `zone` may lie in the country of `around`: there is a London in Canada too.
fn keeps(around: &str, zone: &str) -> bool {
    match around.strip_prefix(SEVERAL) {
        Some(areas) => zone.split_once('/').is_some_and(|(area, _)| areas.split(' ').any(|a| a == area)),
        None => zone == around,
    }
}

/// Names and their zones.
#[derive(Default)]
pub(super) struct Places {
    zones: HashMap<String, String>,
}

impl Places {
    /// Adds a name: tokens joined by spaces.
    pub(super) fn add(&mut self, name: String, zone: &str) {
        self.zones.entry(name).or_insert_with(|| zone.to_owned());
    }

    /// Adds the cities that zones are named after ("America/New_York" gives "new york").
    pub(super) fn add_zone_cities(&mut self) {
        let areas =
            ["Africa/", "America/", "Asia/", "Atlantic/", "Australia/", "Europe/", "Indian/", "Pacific/"];
        for name in TimeZoneDatabase::bundled().available() {
            let zone = name.as_str();
            if areas.iter().any(|area| zone.starts_with(area))
                && let Some((_, city)) = zone.rsplit_once('/')
            {
                self.add(city.to_lowercase().replace(['_', '-'], " "), zone);
            }
        }
    }

    /// The zone of the place that `tokens` name as a whole, "Paris, France" included.
    pub(super) fn zone(&self, tokens: &[&str]) -> Option<&str> {
        let tokens = tokens.strip_prefix(&["the"]).unwrap_or(tokens);
        let known = |part: &[&str]| self.zones.get(&part.join(" ")).map(String::as_str);
        if let Some(zone) = known(tokens) {
            return Some(if zone.starts_with(SEVERAL) { SEVERAL } else { zone });
        }
        (1..tokens.len()).rev().map(|at| tokens.split_at(at)).find_map(|(city, country)| {
            let (zone, around) = (known(city)?, known(country)?);
            keeps(around, zone).then_some(zone)
        })
    }

    /// Whether `tokens` may name a place that is not in the table.
    pub(super) fn plausible(tokens: &[&str]) -> bool {
        let mandarin = tokens.first().is_some_and(|t| t.chars().all(is_han));
        let word = |t: &&str| t.len() > 1 && t.chars().all(|c| c.is_alphabetic() && is_han(c) == mandarin);
        if mandarin {
            (2..=8).contains(&tokens.len())
                && tokens.iter().all(|t| word(t) && !NOT_IN_MANDARIN_NAMES.contains(t))
        } else {
            (1..=3).contains(&tokens.len()) && tokens.iter().all(|t| word(t) && !NOT_IN_NAMES.contains(t))
        }
    }
}

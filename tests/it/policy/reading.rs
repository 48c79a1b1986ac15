//! A second reading of the shipped rules, from the bare TOML and in its own words, against the reviewed table and against
//! `decide`: three must agree on every region, endpoint and capability.

use mynah::policy::{Capability, EndpointId, Question, Region};
use toml::{Table, Value};

use super::{RULES, own_url, question, rule};

/// Reviewed by eye; a change of the rules that changes who may hear what changes this file too.
const TABLE: &str = include_str!("verdicts.txt");

fn shipped() -> Table {
    include_str!("../../../config/regions.toml").parse().unwrap()
}

fn words(value: Option<&Value>) -> Vec<&str> {
    value.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// What the file says of `who` for `what` in `region`: "yes", or the rule that stands against it.
fn reading(file: &Table, region: &str, who: &str, what: &str) -> &'static str {
    let region = &file["region"][region];
    let listed = words(region["order"].get(what)).contains(&who);
    if what == "mirror" {
        let known = file["mirror"].get(who).is_some();
        return if listed {
            "yes"
        } else if known {
            "endpoint.region"
        } else {
            "endpoint.unknown"
        };
    }
    let Some(entry) = file["endpoint"].get(who) else { return "endpoint.unknown" };
    if region.get("deny").is_some_and(|deny| deny.get(who).is_some()) {
        return "endpoint.denied";
    }
    if !listed {
        return "endpoint.region";
    }
    if !words(entry.get("can")).contains(&what) {
        return "endpoint.capability";
    }
    let query = matches!(what, "weather" | "rates" | "home");
    let accepted = words(region.get("query_ok").filter(|_| query).or(region.get("infer_ok")));
    if words(entry.get("infer")).iter().any(|place| !accepted.contains(place)) {
        return "infer";
    }
    let wants_filing =
        region.get("require").and_then(|all| all.get("filing")).and_then(Value::as_bool) == Some(true);
    let at_home = words(entry.get("infer")) == ["LOCAL"];
    if wants_filing && what != "search" && !query && !at_home && entry.get("filing").is_none() {
        return "filing";
    }
    "yes"
}

fn everyone(file: &Table) -> Vec<String> {
    ["endpoint", "mirror"].iter().flat_map(|kind| file[*kind].as_table().unwrap().keys().cloned()).collect()
}

#[test]
fn the_reviewed_table_says_what_the_file_says() {
    let file = shipped();
    let mut rows: Vec<&str> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
    let regions: Vec<&str> = rows.remove(0).split_whitespace().collect();
    assert_eq!(regions, file["region"].as_table().unwrap().keys().collect::<Vec<_>>());
    let names: Vec<&str> = rows.iter().map(|row| row.split_whitespace().next().unwrap()).collect();
    assert_eq!(names, everyone(&file));
    for row in rows {
        let mut cells = row.split_whitespace();
        let who = cells.next().unwrap();
        for region in &regions {
            let letters = [
                ("chat", 'c'),
                ("search", 's'),
                ("image_edit", 'i'),
                ("speech", 'v'),
                ("weather", 'w'),
                ("rates", 'r'),
                ("home", 'h'),
                ("tools", 't'),
                ("mirror", 'm'),
            ];
            let said: Vec<&str> = letters.iter().map(|(what, _)| reading(&file, region, who, what)).collect();
            let may: String = letters
                .iter()
                .zip(&said)
                .filter(|(_, said)| **said == "yes")
                .map(|((_, letter), _)| letter)
                .collect();
            let expected = match (may.as_str(), said.contains(&"endpoint.denied")) {
                ("", true) => "x",
                ("", false) => ".",
                (may, _) => may,
            };
            assert_eq!(cells.next(), Some(expected), "{who} in {region}");
        }
    }
}

#[test]
fn decide_says_what_the_file_says_for_everyone_everywhere() {
    let (file, rules) = (shipped(), &*RULES);
    let mut asked = 0;
    for region in rules.all_regions() {
        for who in everyone(&file) {
            for capability in Capability::ALL {
                let data = capability.data();
                let base = question(region.as_str(), &who);
                let entry = rules.endpoint(&EndpointId::from(who.as_str()));
                let model = entry.map_or("tiny", |entry| entry.model_for(capability)).to_owned();
                let asks = Question { capability, data, model, url: own_url(&base), ..base };
                let expected = reading(&file, region.as_str(), &who, capability.name());
                assert_eq!(rule(&asks), expected, "{who} for {} in {region}", capability.name());
                asked += 1;
            }
        }
    }
    assert_eq!(asked, 11 * 51 * 9);
}

#[test]
fn where_regions_meet_all_must_agree() {
    let (file, rules) = (shipped(), &*RULES);
    let all: Vec<Region> = rules.all_regions().collect();
    for one in &all {
        for other in &all {
            let both = Region::meet([one, other]);
            for who in everyone(&file).iter().filter(|who| file["endpoint"].get(who.as_str()).is_some()) {
                for capability in [Capability::Chat, Capability::Weather, Capability::Rates] {
                    let base = question(one.as_str(), who);
                    let data = capability.data();
                    let asks =
                        Question { url: own_url(&base), region: both.clone(), capability, data, ..base };
                    let expected =
                        [one, other].map(|region| reading(&file, region.as_str(), who, capability.name()));
                    assert_eq!(rule(&asks) == "yes", expected == ["yes", "yes"], "{who} in {both}");
                }
            }
        }
    }
}

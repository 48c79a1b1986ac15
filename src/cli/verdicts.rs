//! Verdicts: the region, its inputs and what it allows, as a person or a program reads them.
//!
//! Enters: settings. Leaves: text without anything a terminal would obey, or JSON as `config/region.schema.json` has it.
//! Never here: a judgement.

use serde_json::{Value, json};
use url::Url;

use crate::{
    policy::{
        DataClass, Destination, EndpointId, Refusal, Region,
        resolve::Input,
        survey::{self, Reach, Row, SetUp},
    },
    report::printable,
    session::clock,
    settings::{Settings, ToolNetwork},
};

/// The JSON Schema of what `mynah region --json` prints.
pub const SCHEMA: &str = include_str!("../../config/region.schema.json");

/// What settings and rules say together.
pub(super) struct Sight<'a> {
    settings: &'a Settings,
    rows: Vec<Row>,
}

impl<'a> Sight<'a> {
    pub(super) fn of(settings: &'a Settings) -> Self {
        let rows =
            survey::survey(&settings.rules, &settings.region, clock::month(), |id| set_up(settings, id));
        Self { settings, rows }
    }

    /// As lines: the region and whom it lists; with `whole`, every input and every verdict.
    pub(super) fn text(&self, whole: bool) -> String {
        let resolution = &self.settings.resolution;
        let mut lines = vec![format!("{}: {}", resolution.region, resolution.reason)];
        if let Some(remedy) = &resolution.remedy {
            lines.push(format!("  what to do   {remedy}"));
        }
        if !self.settings.declared_in.is_empty() {
            lines.push(format!("  declared in  {}", self.settings.declared_in));
        }
        if whole {
            lines.push(String::new());
            lines.extend(table(&resolution.inputs.iter().map(input_cells).collect::<Vec<_>>()));
            lines.push(String::new());
            lines.extend(table(&self.rows.iter().map(|row| self.cells(row)).collect::<Vec<_>>()));
        } else {
            lines.extend(self.lists());
        }
        let unjudged = unjudged(self.settings);
        if !unjudged.is_empty() {
            lines.push(format!(
                "  {:<12} programs of yours with `network = true`: {}; what they send, the rules do not judge and the audit \
                 does not record",
                "unjudged",
                unjudged.join(", ")
            ));
        }
        for (name, hosts) in fenced(self.settings) {
            let barred = if self.settings.region.parts().any(|part| part == Region::offline().as_str()) {
                "; not now: nothing leaves in OFFLINE"
            } else {
                ""
            };
            lines.push(format!(
                "  {:<12} a program of yours, {name}, reaches {} alone, each connection on record{barred}",
                "fenced",
                hosts.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
            ));
        }
        lines.iter().map(|line| printable(line).trim_end().to_owned()).collect::<Vec<_>>().join("\n")
    }

    /// Whom the region lets be asked, a line a capability.
    fn lists(&self) -> Vec<String> {
        let mut lists: Vec<(&str, Vec<String>)> = Vec::new();
        for row in &self.rows {
            let name = row.capability.name();
            if lists.last().is_none_or(|(last, _)| *last != name) {
                lists.push((name, Vec::new()));
            }
            if let (None, Some((_, ids))) = (&row.refusal, lists.last_mut()) {
                let missing = if self.is_set_up(row) { "" } else { " (not set up)" };
                ids.push(format!("{}{missing}", row.endpoint));
            }
        }
        let told = |ids: Vec<String>| if ids.is_empty() { "nobody".to_owned() } else { ids.join(", ") };
        lists.into_iter().map(|(name, ids)| format!("  {name:<12} {}", told(ids))).collect()
    }

    fn cells(&self, row: &Row) -> Vec<String> {
        let places = if row.local { "this machine".to_owned() } else { row.places.join("+") };
        let (verdict, reason) = match &row.refusal {
            None if self.is_set_up(row) => ("yes", format!("{} by region {}", row.by, self.settings.region)),
            None => ("yes", format!("{} by region {}; not set up", row.by, self.settings.region)),
            Some(refusal) => (refusal.rule, format!("{}; {}", refusal.reason, refusal.remedy)),
        };
        vec![row.capability.name().to_owned(), row.endpoint.to_string(), places, verdict.to_owned(), reason]
    }

    /// Whether nothing more is needed from the user.
    fn is_set_up(&self, row: &Row) -> bool {
        is_set_up(self.settings, row)
    }

    /// The same as one object; the verdicts only with `whole`.
    pub(super) fn json(&self, whole: bool) -> String {
        let mut object = head(self.settings);
        if whole {
            object["verdicts"] = self.rows.iter().map(|row| verdict(self.settings, row)).collect();
        }
        object.to_string()
    }
}

/// Whether anything could be asked at `url`.
pub(super) fn reach(settings: &Settings, url: &Url) -> Reach {
    survey::reach(&settings.rules, &settings.region, clock::month(), url, |id| set_up(settings, id))
}

/// The same as lines.
pub(super) fn reach_text(settings: &Settings, url: &Url, reach: &Reach) -> String {
    let host = url.host_str().unwrap_or_default();
    let mut lines = vec![match &reach.refusal {
        None => format!("yes: region {} lets {host} be asked", settings.region),
        Some(refusal) => format!("no: {}\n  what to do   {}", refusal.reason, refusal.remedy),
    }];
    let sight = Sight { settings, rows: reach.rows.clone() };
    lines.extend(table(&sight.rows.iter().map(|row| sight.cells(row)).collect::<Vec<_>>()));
    lines.iter().flat_map(|text| text.lines()).map(printable).collect::<Vec<_>>().join("\n")
}

/// The same as one object.
pub(super) fn reach_json(settings: &Settings, url: &Url, reach: &Reach) -> String {
    let mut object = head(settings);
    object["url"] = url.as_str().into();
    object["reached"] = reach.refusal.is_none().into();
    object["refusal"] = reach.refusal.as_ref().map_or(Value::Null, refusal);
    object["verdicts"] = reach.rows.iter().map(|row| verdict(settings, row)).collect();
    object.to_string()
}

/// Servers of tools to which the user gave the network: what they do there, nobody here sees.
fn unjudged(settings: &Settings) -> Vec<&str> {
    settings
        .tool_servers
        .iter()
        .filter(|server| server.network() == Some(&ToolNetwork::Whole))
        .map(|server| server.name.as_str())
        .collect()
}

/// Servers of tools that reach the hosts alone that the user lists for them.
fn fenced(settings: &Settings) -> impl Iterator<Item = (&str, &[Destination])> {
    settings.tool_servers.iter().filter_map(|server| match server.network() {
        Some(ToolNetwork::Hosts(hosts)) => Some((server.name.as_str(), hosts.as_slice())),
        Some(ToolNetwork::None | ToolNetwork::Whole) | None => None,
    })
}

fn head(settings: &Settings) -> Value {
    let resolution = &settings.resolution;
    let inputs: Vec<Value> = resolution.inputs.iter().map(input).collect();
    json!({
        "version": env!("CARGO_PKG_VERSION"),
        "region": resolution.region.as_str(),
        "reason": resolution.reason,
        "remedy": resolution.remedy,
        "declared_in": Some(&settings.declared_in).filter(|place| !place.is_empty()),
        "inputs": inputs,
        "unjudged": unjudged(settings),
        "fenced": fenced(settings).map(|(server, hosts)| json!({
            "server": server,
            "hosts": hosts.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })).collect::<Vec<_>>(),
    })
}

fn input(input: &Input) -> Value {
    json!({
        "input": input.name,
        "said": input.said,
        "country": input.country,
        "region": input.region.as_ref().map(|region| region.as_str()),
        "answer": input.answer.name(),
        "counts": input.counts,
        "note": input.note,
    })
}

fn verdict(settings: &Settings, row: &Row) -> Value {
    json!({
        "capability": row.capability.name(),
        "endpoint": row.endpoint.as_str(),
        "by": row.by,
        "places": row.places,
        "rank": row.rank,
        "allowed": row.refusal.is_none(),
        "set_up": is_set_up(settings, row),
        "refusal": row.refusal.as_ref().map_or(Value::Null, refusal),
    })
}

fn refusal(refusal: &Refusal) -> Value {
    json!({ "rule": refusal.rule, "reason": refusal.reason, "remedy": refusal.remedy })
}

fn input_cells(input: &Input) -> Vec<String> {
    let said = input.said.clone().unwrap_or_else(|| "-".to_owned());
    let region = input.region.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let counts = if input.counts { "counts" } else { "set aside" };
    let cells = [input.name, &said, &region, input.answer.name(), counts, &input.note];
    cells.into_iter().map(str::to_owned).collect()
}

/// What the user set for the endpoint `id`.
fn set_up(settings: &Settings, id: &EndpointId) -> SetUp {
    let Some(found) = settings.said_of(id.as_str()) else { return SetUp::default() };
    SetUp { url: found.url.clone(), model: found.model.clone(), attested: found.attested }
}

fn is_set_up(settings: &Settings, row: &Row) -> bool {
    let Some(endpoint) = settings.rules.endpoint(&row.endpoint) else { return true };
    let nothing_to_say = !endpoint.needs_key() && !endpoint.needs_statement();
    match settings.said_of(row.endpoint.as_str()) {
        Some(found) => found.is_enough_for(endpoint),
        // Who tells facts, and wants neither key nor statement, is asked as it is.
        None => nothing_to_say && row.capability.data() == DataClass::Query,
    }
}

/// `rows` with their cells below one another.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let width = |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..).map_while(width).collect();
    let line = |row: &Vec<String>| {
        let padded = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        format!("  {}", padded.collect::<Vec<_>>().join("  ")).trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

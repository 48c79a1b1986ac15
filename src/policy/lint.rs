//! Lint: what is unwise, old or unproven in a rules file that holds together.
//!
//! Enters: rules and the month it is. Leaves: findings, each about one key. Pure. Never here: a repair, or a rule that
//! `check` already refuses to read.

use std::{collections::BTreeSet, fmt};

use url::Url;

use crate::{
    policy::{
        Capability, Endpoint, EndpointId, Freshness, Mirror, Month, Question, Region, Rules, SoundMark,
        Verdict, decide,
        endpoint::{LOCAL, OWN},
        host::HostPattern,
        rules::RegionRules,
    },
    units::TurnId,
};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// To be looked at: something grew old, or has no use.
    Warning,
    /// To be mended before anybody relies on the file.
    Error,
}

/// What was found in the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// Which check found it, a stable dotted word.
    pub id: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The key, as a dotted path.
    pub key: String,
    /// What is wrong, in a sentence.
    pub text: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: `{}`: {}", self.id, self.key, self.text)
    }
}

/// A part of a host's name that tells a place, and the places it may stand for.
const SIGNS: [(&str, &[&str]); 13] = [
    ("cn-beijing", &["CN"]),
    ("cn-hongkong", &["HK"]),
    ("ap-southeast-1", &["SG", "INTL"]),
    ("ap-northeast-1", &["JP"]),
    ("us-east-1", &["US"]),
    ("eu-central-1", &["EU"]),
    ("eu-west-1", &["EU"]),
    ("dashscope-us", &["US"]),
    ("dashscope-intl", &["SG", "INTL"]),
    ("us", &["US"]),
    ("eu", &["EU"]),
    ("jp", &["JP"]),
    ("cn", &["CN"]),
];

/// Everything found in `rules`, as it stands in the month `now`; errors first.
#[must_use]
pub fn lint(rules: &Rules, now: Month) -> Vec<Finding> {
    let mut found = Findings(Vec::new());
    for endpoint in rules.endpoints().filter(|endpoint| !endpoint.is_own()) {
        place(endpoint, &mut found);
        proof(endpoint, &mut found);
        use_of(rules, endpoint, &mut found);
        let local = endpoint.is_local();
        age(rules, &format!("endpoint.{}", endpoint.id()), endpoint.verified(), now, local, &mut found);
    }
    for mirror in rules.mirrors() {
        age(rules, &format!("mirror.{}", mirror.id()), mirror.verified, now, true, &mut found);
        unused_mirror(rules, mirror, &mut found);
    }
    shared_hosts(rules, &mut found);
    for region_id in rules.all_regions() {
        let id = region_id.as_str();
        let Some(region) = rules.region_rules(id) else { continue };
        for capability in Capability::ALL {
            approved(rules, &region_id, region, capability, &mut found);
        }
        if !region.order.chat.iter().filter_map(|id| rules.endpoint(id)).any(Endpoint::is_local) {
            found.error(
                "order.local",
                format!("region.{id}.order.chat"),
                "nobody on this machine can answer",
            );
        }
        told(id, region, &mut found);
        let key = format!("region.{id}.disclose");
        age(rules, &key, region.disclose.verified, now, true, &mut found);
    }
    unused_tokens(rules, &mut found);
    found.0.sort_by(|a, b| b.severity.cmp(&a.severity).then_with(|| a.key.cmp(&b.key)));
    found.0
}

struct Findings(Vec<Finding>);

impl Findings {
    fn error(&mut self, id: &'static str, key: String, text: impl Into<String>) {
        self.0.push(Finding { id, severity: Severity::Error, key, text: text.into() });
    }

    fn warning(&mut self, id: &'static str, key: String, text: impl Into<String>) {
        self.0.push(Finding { id, severity: Severity::Warning, key, text: text.into() });
    }
}

/// Whether the hosts' names contradict `infer`: vendors' own pages have printed one region's host under another's name.
fn place(endpoint: &Endpoint, found: &mut Findings) {
    for host in endpoint.hosts.iter().map(ToString::to_string) {
        for (sign, places) in SIGNS.iter().filter(|(sign, _)| host.split('.').any(|label| label == *sign)) {
            let says = |place: &String| {
                place == "GLOBAL"
                    || places.contains(&place.as_str())
                    || (place == "INTL" && places != &["CN"])
            };
            if !endpoint.infer().iter().any(says) {
                let text = format!(
                    "{host} tells of {} by `{sign}`, the entry of {}",
                    places.join(" or "),
                    endpoint.infer().join(", ")
                );
                found.error("host.place", format!("endpoint.{}.hosts", endpoint.id()), text);
            }
        }
    }
}

/// Whether a claim of one certain place rests on something: a host that names it, a statement of the user's, a proof in
/// the answer, a public filing, or at least an open doubt.
fn proof(endpoint: &Endpoint, found: &mut Findings) {
    let vague = |place: &String| matches!(place.as_str(), "GLOBAL" | LOCAL | OWN);
    let named = endpoint
        .hosts
        .iter()
        .map(ToString::to_string)
        .any(|host| SIGNS.iter().any(|(sign, _)| host.split('.').any(|label| label == *sign)));
    let rests = named
        || endpoint.attest.is_some()
        || !endpoint.response_assert().is_empty()
        || !endpoint.model_allow.is_empty()
        || endpoint.filing().is_some()
        || endpoint.doubt().is_some();
    if !rests && !endpoint.infer().iter().all(vague) {
        let text =
            format!("nothing but this line says {}; add a proof or a `doubt`", endpoint.infer().join(", "));
        found.error("infer.unproven", format!("endpoint.{}.infer", endpoint.id()), text);
    }
}

/// Whether everything that an endpoint can do is asked of it somewhere, or a doubt says why not.
fn use_of(rules: &Rules, endpoint: &Endpoint, found: &mut Findings) {
    let serves = |capability: &Capability| {
        rules.regions.values().any(|region| region.order.of(*capability).contains(endpoint.id()))
    };
    let idle = endpoint.capabilities().iter().filter(|capability| !serves(capability));
    let idle: Vec<&str> = idle.map(|capability| capability.name()).collect();
    if !idle.is_empty() && endpoint.doubt().is_none() {
        let text = format!("no region lists it for {}, and no `doubt` says why", idle.join(", "));
        found.warning("endpoint.unlisted", format!("endpoint.{}.can", endpoint.id()), text);
    }
}

fn unused_mirror(rules: &Rules, mirror: &Mirror, found: &mut Findings) {
    if !rules.regions.values().any(|region| region.order.mirror.contains(mirror.id())) {
        found.warning("mirror.unlisted", format!("mirror.{}", mirror.id()), "no region lists it");
    }
}

/// Whether a fact grew old. `kept`: one that counts however old it is.
fn age(rules: &Rules, key: &str, checked: Month, now: Month, kept: bool, found: &mut Findings) {
    let key = format!("{key}.verified");
    if checked > rules.verified() {
        let text = format!("{checked} is after the whole table was, {}", rules.verified());
        found.error("age.order", key.clone(), text);
    }
    match rules.freshness(checked, now) {
        Freshness::Fresh => {}
        Freshness::Stale if !kept => {
            found.warning(
                "age.stale",
                key,
                format!("{checked} is so long ago that it is not asked any more"),
            );
        }
        Freshness::Ageing | Freshness::Stale => {
            found.warning("age.ageing", key, format!("{checked} is long ago, it should be checked again"));
        }
        Freshness::Ahead => {
            found.error("age.ahead", key, format!("{checked} has not come yet, it is {now}"));
        }
    }
}

/// Whether endpoints of different places share a host, so that the host alone says nothing, and each of a certain place
/// has something else that tells it apart.
fn shared_hosts(rules: &Rules, found: &mut Findings) {
    let meet = |one: &HostPattern, other: &HostPattern| {
        one.matches(&other.to_string().replace('*', "any")) || one == other
    };
    for endpoint in rules.endpoints() {
        let shares = |other: &&Endpoint| {
            other.infer() != endpoint.infer()
                && endpoint.hosts.iter().any(|a| other.hosts.iter().any(|b| meet(a, b) || meet(b, a)))
        };
        let apart = endpoint.attest.is_some()
            || !endpoint.response_assert().is_empty()
            || !endpoint.model_allow.is_empty()
            || endpoint.infer() == ["GLOBAL"];
        if let Some(other) = rules.endpoints().find(shares)
            && !apart
        {
            let text =
                format!("{} has the same host and another place; nothing tells them apart", other.id());
            found.error("host.shared", format!("endpoint.{}.hosts", endpoint.id()), text);
        }
    }
}

/// Whether everybody that a region lists would be allowed there: place, filing, denial, model and form of the URL.
fn approved(rules: &Rules, id: &Region, region: &RegionRules, capability: Capability, found: &mut Findings) {
    for name in region.order.of(capability) {
        let Some(question) = ideal(rules, id, capability, name) else { continue };
        if let Verdict::Refuse(refusal) = decide(rules, &question) {
            let key = format!("region.{id}.order.{}", capability.name());
            found.error("order.unapproved", key, format!("{name} is listed and refused: {refusal}"));
        }
    }
}

/// The question of a user who did everything right, in the month of the last check; `None` for a name without an entry,
/// which `check` refuses.
fn ideal(rules: &Rules, region: &Region, capability: Capability, name: &EndpointId) -> Option<Question> {
    let endpoint = rules.endpoint(name);
    let month = endpoint.map_or_else(|| rules.verified(), Endpoint::verified);
    let url = endpoint.map_or_else(|| rules.mirror(name).map(|mirror| mirror.url().clone()), filled_in)?;
    Some(Question {
        turn: TurnId::default(),
        region: region.clone(),
        capability,
        endpoint: name.clone(),
        url,
        model: endpoint.map_or("file", |endpoint| endpoint.model_for(capability)).to_owned(),
        data: capability.data(),
        attested: true,
        month,
    })
}

/// The endpoint's URL with a label of the user's own.
fn filled_in(endpoint: &Endpoint) -> Option<Url> {
    let mut url = endpoint.url().clone();
    if let Some(word) = endpoint.placeholder() {
        let host = url.host_str()?.replacen(word, "lint", 1);
        url.set_host(Some(&host)).ok()?;
    }
    Some(url)
}

/// Whether a region says all it must to people, in both of Mynah's languages.
fn told(id: &str, region: &RegionRules, found: &mut Findings) {
    let disclose = &region.disclose;
    for (name, texts) in disclose.texts() {
        for (language, text) in texts {
            let key = format!("region.{id}.disclose.{name}.{language}");
            if text.trim().is_empty() || text.chars().any(char::is_control) {
                found.error("disclose.text", key, "is blank, or has control characters");
            } else if language == "zh" && name != "first_use" && !(names_ai(text) && names_making(text)) {
                found.error("disclose.elements", key, "must name AI (人工智能, AI) and making (生成, 合成)");
            } else if !names_ai(text) {
                found.error("disclose.elements", key, "does not say that it is an AI");
            }
        }
        if !texts.contains_key("zh") {
            found.error(
                "disclose.language",
                format!("region.{id}.disclose.{name}"),
                "has no text in Mandarin, `zh`",
            );
        }
    }
    let marks = disclose.no_screen > SoundMark::None && disclose.export_audio > SoundMark::None;
    if region.require.filing && !(disclose.model_and_filing && marks && disclose.export_metadata) {
        let text = "where filings are asked for, model and filing are shown, and sound is marked";
        found.error("disclose.marks", format!("region.{id}.disclose"), text);
    }
    if !disclose.export_metadata {
        let text = "files would not tell machines that a machine made them";
        found.warning("disclose.metadata", format!("region.{id}.disclose.export_metadata"), text);
    }
    if disclose.src.trim().is_empty() {
        found.error("disclose.src", format!("region.{id}.disclose.src"), "is blank");
    }
}

fn names_ai(text: &str) -> bool {
    ["AI", "KI", "IA", "人工智", "인공지능"].iter().any(|word| text.contains(word))
}

fn names_making(text: &str) -> bool {
    ["生成", "合成"].iter().any(|word| text.contains(word))
}

fn unused_tokens(rules: &Rules, found: &mut Findings) {
    let endpoints = rules.endpoints().flat_map(|endpoint| endpoint.infer().iter().chain(endpoint.store()));
    let used: BTreeSet<&String> = endpoints
        .chain(rules.regions.values().flat_map(|r| r.infer_ok.iter().chain(r.query_ok.iter().flatten())))
        .collect();
    for word in rules.token.keys().filter(|word| *word != OWN && !used.contains(word)) {
        found.warning("token.unused", format!("token.{word}"), "no entry uses it");
    }
}

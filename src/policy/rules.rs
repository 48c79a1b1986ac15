//! Rules: the region table as data, read and checked.
//!
//! Enters: the text of a rules file. Leaves: [`Rules`] that hold together, or an error naming line or key. Never here: a
//! verdict (see `decide`), or a table that is half right.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Deserializer};
use url::Url;

use crate::policy::{
    Capability, Disclosure, Endpoint, EndpointId, Mirror, Month, OWN_MIRROR, PolicyError, Region,
    endpoint::LOCAL,
    host::{HostPattern, is_ip_literal, is_loopback},
};

/// The region table: endpoints, mirrors, and which region may use which.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    schema: u32,
    pub(super) verified: Month,
    warn_after_months: u32,
    refuse_after_months: u32,
    token: BTreeMap<String, String>,
    #[serde(default, rename = "endpoint", deserialize_with = "shared")]
    pub(super) endpoints: BTreeMap<EndpointId, Arc<Endpoint>>,
    #[serde(default, rename = "mirror")]
    mirrors: BTreeMap<EndpointId, Mirror>,
    #[serde(rename = "region")]
    pub(super) regions: BTreeMap<String, RegionRules>,
    /// Endpoints that said they do not serve the place where this machine is.
    #[serde(skip)]
    pub(super) unserved: BTreeSet<EndpointId>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionRules {
    pub(super) countries: Vec<String>,
    pub(super) infer_ok: Vec<String>,
    /// Endpoints that never serve here, each with the reason that the user is told.
    #[serde(default)]
    pub(super) deny: BTreeMap<EndpointId, String>,
    #[serde(default)]
    pub(super) require: Require,
    pub(super) order: Order,
    pub(super) disclose: Disclosure,
}

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Require {
    /// Whether what generates must have a public filing number.
    #[serde(default)]
    pub(super) filing: bool,
}

/// Whom to ask for what, best first. Nobody is an answer, and must be written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    chat: Vec<EndpointId>,
    search: Vec<EndpointId>,
    image_edit: Vec<EndpointId>,
    speech: Vec<EndpointId>,
    pub(super) mirror: Vec<EndpointId>,
}

impl Order {
    pub(super) fn of(&self, capability: Capability) -> &[EndpointId] {
        match capability {
            Capability::Chat => &self.chat,
            Capability::Search => &self.search,
            Capability::ImageEdit => &self.image_edit,
            Capability::Speech => &self.speech,
            Capability::ModelMirror => &self.mirror,
        }
    }
}

/// How old a checked fact is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    /// It was checked lately.
    Fresh,
    /// It should be checked again.
    Ageing,
    /// It was checked so long ago that it counts no more.
    Stale,
    /// It was checked in a month that has not come: the clock is wrong.
    Ahead,
}

/// Each entry, with its id in it, to be shared with the permits that keep to it.
fn shared<'de, D: Deserializer<'de>>(from: D) -> Result<BTreeMap<EndpointId, Arc<Endpoint>>, D::Error> {
    let entries = BTreeMap::<EndpointId, Endpoint>::deserialize(from)?;
    let called = |(id, mut entry): (EndpointId, Endpoint)| {
        entry.id = id.clone();
        (id, Arc::new(entry))
    };
    Ok(entries.into_iter().map(called).collect())
}

impl Rules {
    /// The rules in `text`.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`] with the line, or [`PolicyError::Wrong`] with the key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut rules: Self = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        for (id, mirror) in &mut rules.mirrors {
            mirror.id = id.clone();
        }
        rules.check()?;
        text.clone_into(&mut rules.text);
        Ok(rules)
    }

    /// The rules that Mynah was built with, `config/regions.toml`.
    #[must_use]
    pub fn built_in() -> Self {
        Self::parse(include_str!("../../config/regions.toml"))
            .expect("the shipped rules are parsed by this file's tests")
    }

    /// The text that these rules were read from, so that a record can say which they were.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The endpoint called `id`.
    #[must_use]
    pub fn endpoint(&self, id: &EndpointId) -> Option<&Endpoint> {
        self.endpoints.get(id).map(Arc::as_ref)
    }

    pub(super) fn shared_endpoint(&self, id: &EndpointId) -> Option<&Arc<Endpoint>> {
        self.endpoints.get(id)
    }

    /// How a fact that was checked in `checked` counts in the month `now`.
    #[must_use]
    pub const fn freshness(&self, checked: Month, now: Month) -> Freshness {
        let age = now.since(checked);
        if checked.since(now) > 0 {
            Freshness::Ahead
        } else if age > self.refuse_after_months {
            Freshness::Stale
        } else if age > self.warn_after_months {
            Freshness::Ageing
        } else {
            Freshness::Fresh
        }
    }

    /// What `region` wants told; of several that met, everything that any of them wants. `None` for one that the rules do
    /// not have.
    #[must_use]
    pub fn disclosure(&self, region: &Region) -> Option<Disclosure> {
        let mut all = region.parts().map(|part| self.region_rules(part).map(|rules| &rules.disclose));
        let first = all.next()??.clone();
        all.try_fold(first, |so_far, next| Some(so_far.with(next?)))
    }

    /// The mirror called `id`.
    #[must_use]
    pub fn mirror(&self, id: &EndpointId) -> Option<&Mirror> {
        self.mirrors.get(id)
    }

    /// Every endpoint, by id.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.values().map(Arc::as_ref)
    }

    /// Every mirror, by id.
    pub fn mirrors(&self) -> impl Iterator<Item = &Mirror> {
        self.mirrors.values()
    }

    pub(super) fn region_rules(&self, part: &str) -> Option<&RegionRules> {
        self.regions.get(part)
    }

    fn check(&self) -> Result<(), PolicyError> {
        if self.schema != 1 {
            return wrong("schema", format!("{} is unknown, this version reads 1", self.schema));
        }
        if self.warn_after_months == 0 || self.refuse_after_months <= self.warn_after_months {
            return wrong(
                "refuse_after_months",
                "must be more than `warn_after_months`, and that not 0".to_owned(),
            );
        }
        for endpoint in self.endpoints.values() {
            self.check_endpoint(endpoint)?;
        }
        for mirror in self.mirrors.values() {
            if mirror.id.as_str() == OWN_MIRROR {
                return wrong("mirror.self", "the id belongs to the mirror that the user names".to_owned());
            }
            let key = format!("mirror.{}", mirror.id);
            check_source(&key, &mirror.by, &mirror.src)?;
            check_url(&key, mirror.url(), &mirror.hosts, is_loopback(mirror.url()))?;
        }
        let mut countries = BTreeSet::new();
        for (id, region) in &self.regions {
            self.check_region(id, region)?;
            for country in &region.countries {
                let elsewhere = country != id && self.regions.contains_key(country);
                if elsewhere || !countries.insert(country) {
                    return wrong(&format!("region.{id}.countries"), format!("`{country}` has two regions"));
                }
            }
        }
        let offline = self.regions.get(Region::offline().as_str());
        if offline.is_none_or(|r| r.infer_ok != [LOCAL] || !r.order.mirror.is_empty()) {
            return wrong(
                "region.OFFLINE",
                "must exist, with infer_ok = [\"LOCAL\"] and no mirror".to_owned(),
            );
        }
        Ok(())
    }

    fn check_endpoint(&self, endpoint: &Endpoint) -> Result<(), PolicyError> {
        let key = |field: &str| format!("endpoint.{}.{field}", endpoint.id);
        self.check_places(&key("infer"), &endpoint.infer)?;
        self.check_places(&key("store"), endpoint.store())?;
        if let Some(what) = endpoint.can.iter().find(|what| !endpoint.backend().can().contains(what)) {
            return wrong(&key("can"), format!("its dialect has no {}", what.name()));
        }
        if endpoint.can.is_empty() || endpoint.models.keys().any(|what| !endpoint.can.contains(what)) {
            return wrong(&key("can"), "is empty, or `models` names one for something else".to_owned());
        }
        let touches_local = endpoint.infer.iter().any(|place| place == LOCAL);
        if touches_local != endpoint.is_local() || endpoint.is_local() != is_loopback(endpoint.url()) {
            return wrong(&key("infer"), "LOCAL stands alone, and only with a loopback `url`".to_owned());
        }
        let key = format!("endpoint.{}", endpoint.id);
        check_source(&key, endpoint.by(), &endpoint.src)?;
        check_url(&key, endpoint.url(), &endpoint.hosts, endpoint.is_local())
    }

    fn check_region(&self, id: &str, region: &RegionRules) -> Result<(), PolicyError> {
        if id.is_empty() || !id.bytes().all(|b| b.is_ascii_uppercase()) {
            return wrong(&format!("region.{id}"), "a region's id is upper-case letters".to_owned());
        }
        self.check_places(&format!("region.{id}.infer_ok"), &region.infer_ok)?;
        let fits = |code: &&String| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        if let Some(code) = region.countries.iter().find(|code| !fits(code)) {
            return wrong(
                &format!("region.{id}.countries"),
                format!("`{code}` is no two-letter country code"),
            );
        }
        for capability in Capability::ALL {
            let mut seen = BTreeSet::new();
            for name in region.order.of(capability) {
                let known = match capability {
                    Capability::Chat | Capability::Search | Capability::ImageEdit | Capability::Speech => {
                        self.endpoints.contains_key(name)
                    }
                    Capability::ModelMirror => self.mirrors.contains_key(name),
                };
                if !known || !seen.insert(name) {
                    let key = format!("region.{id}.order.{}", capability.name());
                    return wrong(&key, format!("`{name}` is unknown or twice"));
                }
            }
        }
        if let Some(name) = region.deny.keys().find(|name| !self.endpoints.contains_key(*name)) {
            return wrong(&format!("region.{id}.deny"), format!("`{name}` is unknown"));
        }
        for (name, texts) in region.disclose.texts() {
            if texts.get("en").is_none_or(|text| text.trim().is_empty()) {
                return wrong(
                    &format!("region.{id}.disclose.{name}"),
                    "has no text in English, `en`".to_owned(),
                );
            }
        }
        Ok(())
    }

    fn check_places(&self, key: &str, places: &[String]) -> Result<(), PolicyError> {
        if places.is_empty() {
            return wrong(key, "is empty; a place that is not known is GLOBAL".to_owned());
        }
        match places.iter().find(|place| !self.token.contains_key(*place)) {
            Some(place) => wrong(key, format!("`{place}` is not explained under [token]")),
            None => Ok(()),
        }
    }
}

/// Whom `region` may ask for `capability`, best first: endpoints, or mirrors. Of several regions that met, only what all
/// of them list, in the order of the first; nothing for one that `rules` do not have.
#[must_use]
pub fn order<'a>(rules: &'a Rules, region: &Region, capability: Capability) -> Vec<&'a EndpointId> {
    let mut orders =
        region.parts().map(|part| rules.region_rules(part).map_or(&[][..], |r| r.order.of(capability)));
    let first = orders.next().unwrap_or_default();
    let rest: Vec<_> = orders.collect();
    first.iter().filter(|id| rest.iter().all(|order| order.contains(id))).collect()
}

/// The endpoints that may answer in `region`, as [`order`] has them.
#[must_use]
pub fn chat_order<'a>(rules: &'a Rules, region: &Region) -> Vec<&'a EndpointId> {
    order(rules, region, Capability::Chat)
}

/// The mirrors that `region` may fetch model files from, as [`order`] has them.
#[must_use]
pub fn mirror_order<'a>(rules: &'a Rules, region: &Region) -> Vec<&'a EndpointId> {
    order(rules, region, Capability::ModelMirror)
}

fn wrong<T>(key: &str, detail: String) -> Result<T, PolicyError> {
    Err(PolicyError::Wrong { key: key.to_owned(), detail })
}

/// Whether an entry says who it is about and where its facts come from.
fn check_source(key: &str, by: &str, src: &str) -> Result<(), PolicyError> {
    for (field, text) in [("by", by), ("src", src)] {
        if text.trim().is_empty() {
            return wrong(&format!("{key}.{field}"), "is blank".to_owned());
        }
    }
    Ok(())
}

fn check_url(key: &str, url: &Url, hosts: &[HostPattern], local: bool) -> Result<(), PolicyError> {
    let key = format!("{key}.url");
    let host = url.host_str().unwrap_or_default();
    if !hosts.iter().any(|pattern| pattern.matches(host)) {
        return wrong(&key, format!("its host `{host}` is not in `hosts`"));
    }
    if !local && (url.scheme() != "https" || is_ip_literal(url)) {
        return wrong(&key, "must be https with a host name; only loopback may be otherwise".to_owned());
    }
    let bare = url.username().is_empty() && url.password().is_none() && url.query().is_none();
    if !bare || url.fragment().is_some() || !matches!(url.scheme(), "http" | "https") {
        return wrong(&key, "must be http(s) without user, password, query and fragment".to_owned());
    }
    Ok(())
}

fn unreadable(text: &str, error: &toml::de::Error) -> PolicyError {
    let start = error.span().map_or(0, |span| span.start.min(text.len()));
    let before = text.get(..start).unwrap_or_default();
    let line = before.matches('\n').count() + 1;
    let source: String = text.lines().nth(line - 1).unwrap_or_default().trim().chars().take(100).collect();
    PolicyError::Unreadable { detail: format!("line {line} (`{source}`): {}", error.message()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../config/regions.toml");

    #[test]
    fn the_shipped_rules_hold_together_and_offline_has_the_local_endpoints_alone() {
        let rules = Rules::parse(SHIPPED).unwrap();
        assert!(rules.endpoints().count() > 40);
        let offline: Vec<_> =
            chat_order(&rules, &Region::offline()).iter().filter_map(|id| rules.endpoint(id)).collect();
        assert!(offline.len() == 4 && offline.iter().all(|endpoint| endpoint.is_local()));
    }

    #[test]
    fn a_bad_file_is_refused_with_its_line_or_key() {
        for (from, to, told) in [
            ("auth = \"bearer\"", "auth = \"free\"", "unknown variant `free`"),
            ("by = \"OpenAI\"", "bye = \"OpenAI\"", "(`bye = \"OpenAI\"`): unknown field `bye`"),
            ("schema = 1", "schema = 2", "`schema`"),
            ("verified = \"2026-11\"", "verified = \"lately\"", "`lately` is no month"),
            ("verified = \"2026-10\"", "verified = \"2026-13\"", "`2026-13` is no month"),
            ("by = \"OpenAI\"", "by = \" \"", "`endpoint.openai.by`: is blank"),
            ("infer = [\"GLOBAL\"]", "infer = []", "`endpoint.mimo.infer`"),
            ("infer = [\"GLOBAL\"]", "infer = [\"LOCAL\"]", "`endpoint.mimo.infer`"),
            ("infer = [\"GLOBAL\"]", "infer = [\"MARS\"]", "`MARS`"),
            ("https://api.openai.com/v1", "http://api.openai.com/v1", "must be https"),
            ("https://api.openai.com/v1", "https://me@api.openai.com/v1", "without user"),
            ("https://api.openai.com/v1", "https://api.openai.example/v1", "is not in `hosts`"),
            ("hosts = [\"api.openai.com\"]", "hosts = [\"*.com\"]", "too wide"),
            ("\"*:cloud\"", "\"a*b\"", "`a*b` is no model name"),
            ("chat = [\"openai-us\",", "chat = [\"openay\",", "`region.US.order.chat`"),
            ("countries = [\"CN\"]", "countries = [\"CN\", \"DE\"]", "`DE` has two regions"),
            ("countries = [\"CN\"]", "countries = [\"CN\", \"US\"]", "`US` has two regions"),
            ("[mirror.hf-mirror]", "[mirror.self]", "`mirror.self`"),
            ("countries = []\ninfer_ok = [", "countries = []\ninfer_ok = [\"US\", ", "`region.OFFLINE`"),
        ] {
            assert!(SHIPPED.contains(from), "{from}");
            let error = Rules::parse(&SHIPPED.replacen(from, to, 1)).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(told), "{to}: {error}");
        }
        assert!(Rules::parse("").is_err());
        assert!(Rules::parse("schema = ").is_err());
    }
}

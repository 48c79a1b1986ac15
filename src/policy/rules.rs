//! Rules: the region table as data, read and checked.
//!
//! Enters: the text of a rules file. Leaves: [`Rules`] that hold together, or an error naming line or key. Never here: a
//! verdict (see `decide`), or a table that is half right.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use url::Url;

use crate::policy::{
    Capability, Endpoint, EndpointId, Mirror, OWN_MIRROR, PolicyError, Region,
    endpoint::LOCAL,
    host::{HostPattern, is_ip_literal, is_loopback},
};

/// The region table: endpoints, mirrors, and which region may use which.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rules {
    schema: u32,
    verified: String,
    token: BTreeMap<String, String>,
    #[serde(default, rename = "endpoint")]
    endpoints: BTreeMap<EndpointId, Endpoint>,
    #[serde(default, rename = "mirror")]
    mirrors: BTreeMap<EndpointId, Mirror>,
    #[serde(rename = "region")]
    pub(super) regions: BTreeMap<String, RegionRules>,
    #[serde(skip)]
    text: String,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RegionRules {
    pub(super) countries: Vec<String>,
    pub(super) infer_ok: Vec<String>,
    #[serde(default)]
    pub(super) require_filing: bool,
    pub(super) order: Order,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    pub(super) chat: Vec<EndpointId>,
    pub(super) mirror: Vec<EndpointId>,
}

impl Rules {
    /// The rules in `text`.
    ///
    /// # Errors
    /// [`PolicyError::Unreadable`] with the line, or [`PolicyError::Wrong`] with the key.
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let mut rules: Self = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
        for (id, endpoint) in &mut rules.endpoints {
            endpoint.id = id.clone();
        }
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
        self.endpoints.get(id)
    }

    /// The mirror called `id`.
    #[must_use]
    pub fn mirror(&self, id: &EndpointId) -> Option<&Mirror> {
        self.mirrors.get(id)
    }

    /// Every endpoint, by id.
    pub fn endpoints(&self) -> impl Iterator<Item = &Endpoint> {
        self.endpoints.values()
    }

    /// Every mirror, by id.
    pub fn mirrors(&self) -> impl Iterator<Item = &Mirror> {
        self.mirrors.values()
    }

    pub(super) fn region_rules(&self, region: &Region) -> Option<&RegionRules> {
        self.regions.get(region.as_str())
    }

    fn check(&self) -> Result<(), PolicyError> {
        if self.schema != 1 {
            return wrong("schema", format!("{} is unknown, this version reads 1", self.schema));
        }
        check_month("verified", &self.verified)?;
        for endpoint in self.endpoints.values() {
            self.check_endpoint(endpoint)?;
        }
        for mirror in self.mirrors.values() {
            if mirror.id.as_str() == OWN_MIRROR {
                return wrong("mirror.self", "the id belongs to the mirror that the user names".to_owned());
            }
            let key = format!("mirror.{}", mirror.id);
            check_source(&key, &mirror.by, &mirror.src, &mirror.verified)?;
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
        if endpoint.can != [Capability::Chat.name()] {
            return wrong(
                &key("can"),
                format!("{:?} is unknown, this version knows [\"chat\"]", endpoint.can),
            );
        }
        let touches_local = endpoint.infer.iter().any(|place| place == LOCAL);
        if touches_local != endpoint.is_local() || endpoint.is_local() != is_loopback(endpoint.url()) {
            return wrong(&key("infer"), "LOCAL stands alone, and only with a loopback `url`".to_owned());
        }
        if let Some(pattern) =
            endpoint.model_deny.iter().find(|p| p.trim_matches('*').contains('*') || *p == "*")
        {
            return wrong(&key("model_deny"), format!("`{pattern}` may have a star at its ends only"));
        }
        let key = format!("endpoint.{}", endpoint.id);
        check_source(&key, endpoint.by(), &endpoint.src, &endpoint.verified)?;
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
        let (mut chat, mut mirror) = (BTreeSet::new(), BTreeSet::new());
        for endpoint in &region.order.chat {
            if !self.endpoints.contains_key(endpoint) || !chat.insert(endpoint) {
                return wrong(
                    &format!("region.{id}.order.chat"),
                    format!("`{endpoint}` is unknown or twice"),
                );
            }
        }
        for name in &region.order.mirror {
            if !self.mirrors.contains_key(name) || !mirror.insert(name) {
                return wrong(&format!("region.{id}.order.mirror"), format!("`{name}` is unknown or twice"));
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

/// The endpoints that may answer in `region`, best first; empty for a region that `rules` do not have.
#[must_use]
pub fn chat_order<'a>(rules: &'a Rules, region: &Region) -> &'a [EndpointId] {
    rules.region_rules(region).map_or(&[], |region| &region.order.chat)
}

/// The mirrors that `region` may fetch model files from, best first; empty for a region that `rules` do not have.
#[must_use]
pub fn mirror_order<'a>(rules: &'a Rules, region: &Region) -> &'a [EndpointId] {
    rules.region_rules(region).map_or(&[], |region| &region.order.mirror)
}

fn wrong<T>(key: &str, detail: String) -> Result<T, PolicyError> {
    Err(PolicyError::Wrong { key: key.to_owned(), detail })
}

/// Whether an entry says who it is about, where its facts come from, and when they were checked.
fn check_source(key: &str, by: &str, src: &str, verified: &str) -> Result<(), PolicyError> {
    for (field, text) in [("by", by), ("src", src)] {
        if text.trim().is_empty() {
            return wrong(&format!("{key}.{field}"), "is blank".to_owned());
        }
    }
    check_month(&format!("{key}.verified"), verified)
}

fn check_month(key: &str, text: &str) -> Result<(), PolicyError> {
    let fits = text.split_once('-').is_some_and(|(year, month)| {
        let digits = |part: &str, n| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        digits(year, 4) && digits(month, 2) && ("01"..="12").contains(&month)
    });
    if fits { Ok(()) } else { wrong(key, format!("`{text}` is no month like 2026-11")) }
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
        let ids: Vec<_> = rules.endpoints().map(|e| e.id().to_string()).collect();
        assert_eq!(ids, ["llamacpp", "mistral-eu", "ollama", "openai", "qwen-cn"]);
        let offline: Vec<_> =
            chat_order(&rules, &Region::offline()).iter().filter_map(|id| rules.endpoint(id)).collect();
        assert!(offline.len() == 2 && offline.iter().all(|endpoint| endpoint.is_local()));
    }

    #[test]
    fn a_bad_file_is_refused_with_its_line_or_key() {
        for (from, to, told) in [
            ("auth = \"bearer\"", "auth = \"free\"", "unknown variant `free`"),
            ("by = \"OpenAI\"", "bye = \"OpenAI\"", "(`bye = \"OpenAI\"`): unknown field `bye`"),
            ("schema = 1", "schema = 2", "`schema`"),
            ("verified = \"2026-11\"", "verified = \"lately\"", "`verified`: `lately` is no month"),
            ("verified = \"2026-10\"", "verified = \"2026-13\"", ".verified`: `2026-13`"),
            ("by = \"OpenAI\"", "by = \" \"", "`endpoint.openai.by`: is blank"),
            ("infer = [\"GLOBAL\"]", "infer = []", "`endpoint.openai.infer`"),
            ("infer = [\"GLOBAL\"]", "infer = [\"LOCAL\"]", "`endpoint.openai.infer`"),
            ("infer = [\"GLOBAL\"]", "infer = [\"MARS\"]", "`MARS`"),
            ("https://api.openai.com/v1", "http://api.openai.com/v1", "must be https"),
            ("https://api.openai.com/v1", "https://me@api.openai.com/v1", "without user"),
            ("https://api.openai.com/v1", "https://api.openai.example/v1", "is not in `hosts`"),
            ("hosts = [\"api.openai.com\"]", "hosts = [\"*.com\"]", "too wide"),
            ("\"*:cloud\"", "\"a*b\"", "`endpoint.ollama.model_deny`"),
            ("chat = [\"openai\",", "chat = [\"openay\",", "`region.US.order.chat`"),
            ("countries = [\"CN\"]", "countries = [\"CN\", \"DE\"]", "`DE` has two regions"),
            ("countries = [\"CN\"]", "countries = [\"CN\", \"US\"]", "`US` has two regions"),
            ("[mirror.hf-mirror]", "[mirror.self]", "`mirror.self`"),
            ("infer_ok = [\"LOCAL\"]", "infer_ok = [\"LOCAL\", \"US\"]", "`region.OFFLINE`"),
        ] {
            assert!(SHIPPED.contains(from), "{from}");
            let error = Rules::parse(&SHIPPED.replacen(from, to, 1)).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(told), "{to}: {error}");
        }
        assert!(Rules::parse("").is_err());
        assert!(Rules::parse("schema = ").is_err());
    }

    #[test]
    fn hosts_name_the_place_that_infer_claims() {
        // Vendors' own pages have printed one region's host under another's name.
        let signs = [("cn-beijing", "CN"), ("api.eu.", "EU"), ("-us.", "US"), ("api.us.", "US")];
        let foreign = ["intl", "ap-southeast", "ap-northeast", "hongkong", "eu-central", "us-east"];
        for endpoint in Rules::built_in().endpoints() {
            for host in endpoint.hosts.iter().map(ToString::to_string) {
                for (sign, place) in signs {
                    assert!(
                        !host.contains(sign) || endpoint.infer() == [place],
                        "{host} in {}",
                        endpoint.id()
                    );
                }
                assert!(!foreign.iter().any(|sign| host.contains(sign)), "{host} in {}", endpoint.id());
            }
        }
    }
}

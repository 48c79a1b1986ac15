//! Check: whether a rules file holds together.
//!
//! Enters: rules as they were read. Leaves: nothing, or the key that contradicts another or is unsafe. Never here: a
//! verdict (see `decide`), or what is only unwise (see `lint`).

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use crate::policy::{
    Capability, Endpoint, OWN_MIRROR, PolicyError, Region, Rules,
    endpoint::{LOCAL, OWN},
    host::{HostPattern, is_ip_literal, is_loopback},
    rules::RegionRules,
};

impl Rules {
    /// Whether they hold together.
    pub(super) fn check(&self) -> Result<(), PolicyError> {
        if self.schema != 1 {
            return wrong("schema", format!("{} is unknown, this version reads 1", self.schema));
        }
        if self.warn_after_months == 0 || self.refuse_after_months <= self.warn_after_months {
            return wrong(
                "refuse_after_months",
                "must be more than `warn_after_months`, and that not 0".to_owned(),
            );
        }
        let mut variables = BTreeMap::new();
        for endpoint in self.endpoints.values() {
            self.check_endpoint(endpoint)?;
            if let Some(other) = variables.insert(endpoint.id.key_variable(), &endpoint.id) {
                let detail = format!("its key would be the one of {other}");
                return wrong(&format!("endpoint.{}", endpoint.id), detail);
            }
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
        if offline.is_none_or(|r| r.infer_ok != [LOCAL] || r.query_ok.is_some() || !r.order.mirror.is_empty())
        {
            return wrong(
                "region.OFFLINE",
                "must exist, with infer_ok = [\"LOCAL\"], no query_ok and no mirror".to_owned(),
            );
        }
        Ok(())
    }

    fn check_endpoint(&self, endpoint: &Endpoint) -> Result<(), PolicyError> {
        let key = |field: &str| format!("endpoint.{}.{field}", endpoint.id);
        let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if endpoint.id.as_str().is_empty() || !endpoint.id.as_str().bytes().all(fits) {
            let key = format!("endpoint.{}", endpoint.id);
            return wrong(&key, "an endpoint's id is lower-case letters, digits and hyphens".to_owned());
        }
        self.check_places(&key("infer"), &endpoint.infer)?;
        self.check_places(&key("store"), endpoint.store())?;
        if let Some(what) = endpoint.can.iter().find(|what| !endpoint.backend().can().contains(what)) {
            return wrong(&key("can"), format!("its dialect has no {}", what.name()));
        }
        if endpoint.can.is_empty() || endpoint.models.keys().any(|what| !endpoint.can.contains(what)) {
            return wrong(&key("can"), "is empty, or `models` names one for something else".to_owned());
        }
        if endpoint.infer.iter().any(|place| place == OWN) != (endpoint.is_own() && endpoint.infer == [OWN]) {
            return wrong(&key("infer"), "OWN is for servers of the user's own".to_owned());
        }
        if endpoint.is_own() {
            return Ok(());
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
        if let Some(places) = &region.query_ok {
            let key = format!("region.{id}.query_ok");
            self.check_places(&key, places)?;
            if !region.infer_ok.iter().all(|place| places.contains(place)) {
                return wrong(&key, "leaves out a place where even words may go".to_owned());
            }
        }
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
                    Capability::Chat
                    | Capability::Search
                    | Capability::ImageEdit
                    | Capability::Speech
                    | Capability::Weather
                    | Capability::Rates
                    | Capability::Home
                    | Capability::Tools => self.endpoints.contains_key(name),
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

pub(super) fn wrong<T>(key: &str, detail: String) -> Result<T, PolicyError> {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::chat_order;

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
            (
                "dialect = \"mistral\"",
                "dialect = \"xai\"",
                "`endpoint.mistral-eu.can`: its dialect has no speech",
            ),
            ("models = { speech", "models = { search", "`endpoint.minimax-intl.can`"),
            ("[endpoint.mimo]", "[endpoint.MiMo]", "lower-case letters"),
            ("infer = [\"GLOBAL\"]", "infer = [\"OWN\"]", "`endpoint.mimo.infer`: OWN is"),
            ("https://{workspace}.eu", "https://{work space}.eu", "one word in lower case"),
            ("en = \"AI-generated\"", "en = \"\"", "`region.CN.disclose.badge`"),
            ("deny = { deepseek", "deny = { deepsea", "`region.EU.deny`: `deepsea` is unknown"),
            ("warn_after_months = 4", "warn_after_months = 18", "`refuse_after_months`"),
            ("[mirror.hf-mirror]", "[mirror.self]", "`mirror.self`"),
            ("query_ok = [\"EU\", ", "query_ok = [", "`region.EU.query_ok`: leaves out"),
            ("query_ok = [\"EU\", ", "query_ok = [\"MARS\", ", "`MARS`"),
            ("countries = []\n", "countries = []\nquery_ok = [\"LOCAL\"]\n", "`region.OFFLINE`"),
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

//! Own: what the user's own file of rules may change.
//!
//! Enters: rules and the text of the user's file. Leaves: the rules with fewer endpoints in them, and with servers of the
//! user's own. Never here: an endpoint, a place or a host that the rules do not have and the user does not run; one such
//! line and the whole file is refused.

use std::{collections::BTreeMap, sync::Arc};

use serde::Deserialize;
use toml::Spanned;
use url::Url;

use crate::policy::{
    Auth, Backend, Capability, Endpoint, EndpointId, PolicyError, Rules,
    check::wrong,
    endpoint::{LOCAL, OWN},
    host::{is_ip_literal, is_loopback, is_neighbour},
    rules::{line, unreadable},
};

/// The id of the user's own Home Assistant, which the settings name; rules may not use it for another.
pub const HOME: &str = "home-assistant";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnFile {
    #[serde(default)]
    region: BTreeMap<Spanned<String>, Narrower>,
    #[serde(default)]
    endpoint: BTreeMap<Spanned<String>, OwnEndpoint>,
}

/// What may be changed of a region: nothing that lets more out.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Narrower {
    #[serde(default)]
    deny: Vec<Spanned<EndpointId>>,
    #[serde(default)]
    order: BTreeMap<Capability, Vec<Spanned<EndpointId>>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OwnEndpoint {
    /// Always "self"; it says whose server it is where the file is read.
    operator: Operator,
    url: Spanned<String>,
    dialect: Spanned<Backend>,
    /// Of a language model server, and of no other.
    model: Option<Spanned<String>>,
    /// Where it stands, if that is not the local network.
    #[serde(default)]
    infer: Vec<Spanned<String>>,
    #[serde(default = "no_key")]
    auth: Auth,
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
enum Operator {
    #[serde(rename = "self")]
    User,
}

const fn no_key() -> Auth {
    Auth::None
}

/// `rules` as `text` narrows them.
pub(super) fn narrowed(rules: &Rules, text: &str) -> Result<Rules, PolicyError> {
    let file: OwnFile = toml::from_str(text).map_err(|error| unreadable(text, &error))?;
    let mut narrowed = rules.clone();
    for (id, own) in file.endpoint {
        let endpoint = endpoint(rules, text, &id, own)?;
        for region in narrowed.regions.values_mut() {
            if endpoint.infer.iter().all(|place| place == OWN || region.infer_ok.contains(place)) {
                for capability in &endpoint.can {
                    region.order.of_mut(*capability).insert(0, endpoint.id.clone());
                }
            }
        }
        narrowed.endpoints.insert(endpoint.id.clone(), Arc::new(endpoint));
    }
    for (id, narrower) in file.region {
        let key = |what: &str| format!("region.{}.{what}", id.get_ref());
        let Some(region) = narrowed.regions.get_mut(id.get_ref()) else {
            return loosens(text, &id, key(""), format!("the rules have no region {}", id.get_ref()));
        };
        for (capability, kept) in narrower.order {
            let before = region.order.of_mut(capability);
            let mut after: Vec<EndpointId> = Vec::new();
            for name in kept.into_iter().filter(|name| !is_home_without_address(rules, name.get_ref())) {
                if !before.contains(name.get_ref()) || after.contains(name.get_ref()) {
                    let what = format!("order.{}", capability.name());
                    let detail =
                        format!("the region does not list {}, or it stands there twice", name.get_ref());
                    return loosens(text, &name, key(&what), detail);
                }
                after.push(name.into_inner());
            }
            *before = after;
        }
        for name in narrower.deny.into_iter().filter(|name| !is_home_without_address(rules, name.get_ref())) {
            // A name that is not there denies nothing, and its writer believes it does.
            if !narrowed.endpoints.contains_key(name.get_ref()) {
                let detail = format!("there is no endpoint {} to deny", name.get_ref());
                return loosens(text, &name, key("deny"), detail);
            }
            for capability in Capability::ALL {
                region.order.of_mut(capability).retain(|listed| listed != name.get_ref());
            }
            let why = "your own rules say so".to_owned();
            region.deny.entry(name.into_inner()).or_insert(why);
        }
    }
    Ok(narrowed)
}

/// Whether `id` is the user's own home while the settings name none: rules about it are no mistake, they have nothing to
/// keep yet.
fn is_home_without_address(rules: &Rules, id: &EndpointId) -> bool {
    id.as_str() == HOME && !rules.endpoints.contains_key(id)
}

fn endpoint(
    rules: &Rules,
    text: &str,
    id: &Spanned<String>,
    own: OwnEndpoint,
) -> Result<Endpoint, PolicyError> {
    let OwnEndpoint { operator: Operator::User, url, dialect, model, infer, auth } = own;
    let key = |what: &str| format!("endpoint.{}.{what}", id.get_ref());
    let id_here = EndpointId::from(id.get_ref().as_str());
    if id_here.as_str() == HOME || rules.endpoints.contains_key(&id_here) || rules.mirror(&id_here).is_some()
    {
        let detail = "the rules have an entry of that name, which stays as it is".to_owned();
        return loosens(text, id, format!("endpoint.{}", id.get_ref()), detail);
    }
    let tools = *dialect.get_ref() == Backend::Mcp;
    if !tools && !dialect.get_ref().is_local() {
        let detail =
            "a server of your own speaks as ollama, llamacpp, lmstudio or vllm do, or is one of tools, mcp";
        return loosens(text, &dialect, key("dialect"), detail.to_owned());
    }
    let model = match (model, tools) {
        (Some(model), false) => model.into_inner(),
        (None, true) => String::new(),
        (None, false) => {
            let detail = "it is missing: a server of a language model is asked for one by name".to_owned();
            return loosens(text, &dialect, key("model"), detail);
        }
        (Some(model), true) => {
            return loosens(text, &model, key("model"), "a server of tools has none".to_owned());
        }
    };
    let vendor = |host: &str| is_vendor(rules, host);
    let Ok(to) = Url::parse(url.get_ref()) else {
        return loosens(text, &url, key("url"), "it is no URL".to_owned());
    };
    let bare = to.username().is_empty()
        && to.password().is_none()
        && to.query().is_none()
        && to.fragment().is_none();
    if !bare || !matches!(to.scheme(), "http" | "https") {
        let detail = "it must be http(s) without user, password, query and fragment".to_owned();
        return loosens(text, &url, key("url"), detail);
    }
    let here = is_loopback(&to) || is_neighbour(&to);
    if !here && (is_ip_literal(&to) || to.scheme() != "https" || to.host_str().is_none_or(vendor)) {
        let detail =
            "outside the local network it must be https with a host name, and no vendor's".to_owned();
        return loosens(text, &url, key("url"), detail);
    }
    if here != infer.is_empty() {
        let detail = "it says where a server outside the local network stands, and only that".to_owned();
        return match infer.first() {
            Some(first) => loosens(text, first, key("infer"), detail),
            None => loosens(text, &url, key("infer"), detail),
        };
    }
    let known = |place: &str| rules.token.contains_key(place) && place != LOCAL && place != OWN;
    if let Some(place) = infer.iter().find(|place| !known(place.get_ref())) {
        let detail = format!("{} is no place that the rules explain", place.get_ref());
        return loosens(text, place, key("infer"), detail);
    }
    let places =
        if here { vec![OWN.to_owned()] } else { infer.into_iter().map(Spanned::into_inner).collect() };
    let kind = (dialect.into_inner(), auth);
    Ok(Endpoint::of_user(id_here, to, kind, model, (places, rules.verified)))
}

/// Whether `host` belongs to somebody other than the user whom the rules know. Not their listed hosts alone: their others
/// compute elsewhere. A dot at the end is another spelling of a name.
fn is_vendor(rules: &Rules, host: &str) -> bool {
    let listed = rules.endpoints().filter(|known| !known.is_own()).flat_map(|known| &known.hosts);
    let others = rules.mirrors().flat_map(|known| &known.hosts).chain(&rules.vendors);
    host.ends_with('.') || listed.chain(others).any(|pattern| pattern.owner_has(host))
}

/// `rules` with the user's own Home Assistant at `url`. Every region has it where it stands in the local network; beyond that
/// only a region out of which something may go, and it is asked by https and by name alone, as it is from a phone.
pub(super) fn at_home(rules: &Rules, url: &Url) -> Result<Rules, PolicyError> {
    let bare = url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !bare || !matches!(url.scheme(), "http" | "https") {
        return wrong("home.url", "must be http(s) without user, password, query and fragment".to_owned());
    }
    let near = is_loopback(url) || is_neighbour(url);
    let named = url.scheme() == "https" && !is_ip_literal(url);
    if !near && (!named || url.host_str().is_none_or(|host| is_vendor(rules, host))) {
        let detail = "outside the local network it must be https with a host name of your own".to_owned();
        return wrong("home.url", detail);
    }
    let mut rules = rules.clone();
    let id = EndpointId::from(HOME);
    for region in rules.regions.values_mut() {
        if near || region.infer_ok.iter().any(|place| place != LOCAL) {
            region.order.home = vec![id.clone()];
        }
    }
    let endpoint = Endpoint::of_home(id.clone(), url.clone(), rules.verified);
    rules.endpoints.insert(id, Arc::new(endpoint));
    Ok(rules)
}

fn loosens<T, S>(text: &str, at: &Spanned<S>, key: String, detail: String) -> Result<T, PolicyError> {
    let key = key.trim_end_matches('.').to_owned();
    Err(PolicyError::Loosens { line: line(text, at.span().start), key, detail })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Region, chat_order, order};

    fn ids(rules: &Rules, region: &str, capability: Capability) -> Vec<String> {
        let region = rules.region(region).unwrap();
        order(rules, &region, capability).into_iter().map(ToString::to_string).collect()
    }

    #[test]
    fn endpoints_are_left_out_put_in_another_order_or_denied() {
        let text =
            "[region.US]\ndeny = [\"openai\"]\norder = { chat = [\"ollama\", \"openai\", \"gemini\"] }";
        let rules = Rules::built_in().with_own(text).unwrap();
        assert_eq!(ids(&rules, "US", Capability::Chat), ["ollama", "gemini"]);
        assert_eq!(ids(&rules, "US", Capability::Speech), ["openai-us"]);
        assert!(ids(&rules, "GB", Capability::Chat).contains(&"openai".to_owned()));
    }

    #[test]
    fn a_server_of_ones_own_comes_first_where_its_place_is_accepted() {
        let text = r#"
            [endpoint.nas]
            operator = "self"
            url = "http://192.168.1.5:8080/v1"
            dialect = "llamacpp"
            model = "default"
            [endpoint.vps]
            operator = "self"
            url = "https://llm.example.org/v1"
            dialect = "vllm"
            model = "m"
            infer = ["EU"]
            auth = "bearer"
        "#;
        let rules = Rules::built_in().with_own(text).unwrap();
        assert_eq!(ids(&rules, "EU", Capability::Chat)[..2], ["vps", "nas"]);
        assert_eq!(ids(&rules, "CN", Capability::Chat)[..2], ["nas", "qwen-cn"]);
        assert_eq!(chat_order(&rules, &Region::offline())[0].as_str(), "nas");
        let nas = rules.endpoint(&"nas".into()).unwrap();
        assert!(nas.is_own() && !nas.is_local() && nas.needs_statement() && !nas.needs_key());
    }

    #[test]
    fn a_server_of_tools_is_listed_for_tools_alone_where_its_place_is_accepted() {
        let text = r#"
            [endpoint.notes]
            operator = "self"
            url = "http://192.168.1.5:8080/mcp"
            dialect = "mcp"
            [endpoint.far]
            operator = "self"
            url = "https://tools.example.org/mcp"
            dialect = "mcp"
            infer = ["EU"]
            auth = "bearer"
        "#;
        let rules = Rules::built_in().with_own(text).unwrap();
        for (region, listed) in [
            ("EU", &["notes", "far"][..]),
            ("GB", &["notes", "far"]),
            ("CN", &["notes"]),
            ("RESTRICTED", &["notes"]),
            ("OFFLINE", &["notes"]),
        ] {
            let mut tools = ids(&rules, region, Capability::Tools);
            tools.sort_by_key(|id| id != "notes");
            assert_eq!(tools, listed, "{region}");
            assert!(!ids(&rules, region, Capability::Chat).iter().any(|id| listed.contains(&id.as_str())));
        }
        let notes = rules.endpoint(&"notes".into()).unwrap();
        assert_eq!((notes.capabilities(), notes.model()), (&[Capability::Tools][..], ""));
        assert!(notes.statement().unwrap().contains("its tools work on my own machines"));
        let narrowed = rules.with_own("[region.EU]\norder = { tools = [\"far\"] }").unwrap();
        assert_eq!(ids(&narrowed, "EU", Capability::Tools), ["far"]);
    }

    #[test]
    fn what_loosens_is_refused_with_line_and_key() {
        let own = |more: &str| {
            format!("[endpoint.nas]\noperator = \"self\"\ndialect = \"llamacpp\"\nmodel = \"m\"\n{more}")
        };
        for (text, told) in [
            ("[region.EU]\ndeny = [\"mistral\"]", "line 2, `region.EU.deny`"),
            ("[region.EU.order]\nchat = [\n\"openai\"]", "line 3, `region.EU.order.chat`"),
            ("[region.EU.order]\nchat = [\"ollama\", \"ollama\"]", "line 2, `region.EU.order.chat`"),
            ("\n[region.XX]\ndeny = []", "line 2, `region.XX`"),
            ("[region.EU]\ninfer_ok = [\"GLOBAL\"]", "line 2 (`infer_ok = [\"GLOBAL\"]`)"),
            ("[region.EU]\ncountries = [\"CN\"]", "unknown field `countries`"),
            ("refuse_after_months = 99", "unknown field `refuse_after_months`"),
            ("[endpoint.openai]\nhosts = [\"evil.example\"]", "unknown field `hosts`"),
            ("[mirror.mine]\nurl = \"https://a.example\"", "unknown field `mirror`"),
            (&own("url = \"http://8.8.8.8/v1\""), "line 5, `endpoint.nas.url`"),
            (&own("url = \"http://llm.example.org/v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://api.openai.com/v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://x.openai.azure.com/v1\"\ninfer = [\"EU\"]"), "`endpoint.nas.url`"),
            (&own("url = \"https://api.openai.com./v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://llm.example.org./v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://api.x.ai/v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://openrouter.ai/v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://ollama.com/v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"https://api.groq.com/v1\"\ninfer = [\"EU\"]"), "line 5, `endpoint.nas.url`"),
            (&own("url = \"http://u@nas.local/v1\""), "`endpoint.nas.url`"),
            (&own("url = \"https://llm.example.org/v1\""), "line 5, `endpoint.nas.infer`"),
            (
                &own("url = \"https://llm.example.org/v1\"\ninfer = [\"LOCAL\"]"),
                "line 6, `endpoint.nas.infer`",
            ),
            (
                &own("url = \"https://llm.example.org/v1\"\ninfer = [\"MARS\"]"),
                "line 6, `endpoint.nas.infer`",
            ),
            (&own("url = \"http://nas/v1\"\ninfer = [\"EU\"]"), "line 6, `endpoint.nas.infer`"),
            (&own("url = \"http://nas/v1\"").replace("nas]", "ollama]"), "line 1, `endpoint.ollama`"),
            (
                &own("url = \"http://nas/v1\"").replace("nas]", "home-assistant]"),
                "line 1, `endpoint.home-assistant`",
            ),
            ("[region.CN.order]\nweather = [\"open-meteo\"]", "line 2, `region.CN.order.weather`"),
            (&own("url = \"http://nas/v1\"").replace("nas]", "Nas]"), "lower-case letters"),
            (&own("url = \"http://nas/v1\"").replace("llamacpp", "openai"), "line 3, `endpoint.nas.dialect`"),
            (&own("url = \"http://nas/v1\"").replace("self", "vendor"), "unknown variant `vendor`"),
            (
                &own("url = \"http://nas/v1\"").replace("operator = \"self\"\n", ""),
                "missing field `operator`",
            ),
            (
                &own("url = \"http://nas/v1\"").replace("llamacpp", "mcp"),
                "line 4, `endpoint.nas.model`: a server of tools has none",
            ),
            (
                &own("url = \"http://nas/v1\"").replace("model = \"m\"", ""),
                "line 3, `endpoint.nas.model`: it is missing",
            ),
            (
                "[endpoint.t]\noperator = \"self\"\ndialect = \"mcp\"\nurl = \"https://api.openai.com/mcp\"\ninfer = [\"US\"]",
                "line 4, `endpoint.t.url`",
            ),
            (
                "[endpoint.t]\noperator = \"self\"\ndialect = \"mcp\"\nurl = \"https://api.githubcopilot.com/mcp\"\ninfer = [\"US\"]",
                "line 4, `endpoint.t.url`",
            ),
            ("[region.EU.order]\ntools = [\"openai\"]", "line 2, `region.EU.order.tools`"),
            ("region = 3", "line 1"),
        ] {
            let error = Rules::built_in().with_own(text).map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(told), "{text}: {error}");
        }
        assert!(Rules::built_in().with_own("").is_ok());
    }

    #[test]
    fn a_home_may_be_narrowed_whether_or_not_it_has_an_address() {
        let denied = "[region.GB]\ndeny = [\"home-assistant\"]\n[region.EU]\norder = { home = [] }";
        let kept = "[region.GB]\norder = { home = [\"home-assistant\"] }";
        let url = Url::parse("http://192.168.1.5:8123").unwrap();
        let home = Rules::built_in().with_home(&url).unwrap();
        assert!(
            home.text().ends_with("http://192.168.1.5:8123/\n"),
            "a record says which home the rules had"
        );
        for (text, listed) in [(denied, [0, 0, 1]), (kept, [1, 1, 1])] {
            let narrowed = home.with_own(text).unwrap();
            let count = |region: &&str| ids(&narrowed, region, Capability::Home).len();
            assert_eq!(["GB", "EU", "US"].each_ref().map(count), listed, "{text}");
            assert!(Rules::built_in().with_own(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_home_beyond_the_local_network_is_nowhere_that_nothing_leaves() {
        for (url, there) in [("https://home.example.org", 0), ("http://192.168.1.5:8123", 1)] {
            let rules = Rules::built_in().with_home(&Url::parse(url).unwrap()).unwrap();
            for (region, expected) in [("OFFLINE", there), ("RESTRICTED", there), ("CN", 1), ("EU", 1)] {
                assert_eq!(ids(&rules, region, Capability::Home).len(), expected, "{url} in {region}");
            }
        }
    }

    #[test]
    fn a_host_of_the_users_may_be_home_and_language_model_at_once() {
        let url = Url::parse("https://me.example.org/home").unwrap();
        let own = "[endpoint.mine]\noperator = \"self\"\nurl = \"https://me.example.org/v1\"\n\
                   dialect = \"vllm\"\nmodel = \"m\"\ninfer = [\"EU\"]";
        assert!(Rules::built_in().with_home(&url).unwrap().with_own(own).is_ok());
    }
}

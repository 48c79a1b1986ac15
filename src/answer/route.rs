//! Route: whom to ask, and why the region allows it.
//!
//! Enters: the rules, the region, what the user set up. Leaves: the endpoints that could be asked, in the region's
//! order, and the sentences about them for the user. Never here: an endpoint the region does not list, or a verdict
//! (that is [`crate::policy`]'s).

use url::Url;

use crate::{
    egress::Secret,
    policy::{self, Endpoint, EndpointId, Region, Rules},
};

/// What the user set up for one endpoint.
#[derive(Debug)]
pub struct ChatSetup {
    /// The endpoint's id in the rules.
    pub endpoint: EndpointId,
    /// Another address; policy allows it for endpoints on this machine only.
    pub url: Option<Url>,
    /// Another model than the rules' default.
    pub model: Option<String>,
    /// The key; without one, an endpoint that needs it is not set up.
    pub key: Option<Secret>,
    /// Whether the user confirmed the endpoint's `attest` statement.
    pub attested: bool,
}

/// The region's endpoints that are set up, best first. One on this machine is set up where the user named it.
pub(super) fn ready<'a>(
    rules: &'a Rules,
    region: &Region,
    setups: &'a [ChatSetup],
) -> Vec<(&'a Endpoint, &'a ChatSetup)> {
    let order = policy::chat_order(rules, region).iter();
    order
        .filter_map(|id| {
            let endpoint = rules.endpoint(id)?;
            let setup = setups.iter().find(|setup| setup.endpoint == *id)?;
            (!endpoint.needs_key() || setup.key.is_some()).then_some((endpoint, setup))
        })
        .collect()
}

/// What would set up an endpoint of `region`.
pub(super) fn how_to_set_up(rules: &Rules, region: &Region) -> String {
    let one = |id: &EndpointId| {
        let endpoint = rules.endpoint(id)?;
        Some(if endpoint.needs_key() {
            format!("set a key for {id}: {} or key_file", id.key_variable())
        } else {
            format!("name the model of {id} on this machine under [endpoint.{id}]")
        })
    };
    let ways: Vec<String> = policy::chat_order(rules, region).iter().filter_map(one).collect();
    if ways.is_empty() {
        "choose a region whose rules list a language model".to_owned()
    } else {
        ways.join("; or ")
    }
}

/// Why `region` lets words go to `endpoint`, for the user.
pub(super) fn reason(endpoint: &Endpoint, region: &Region) -> String {
    if endpoint.is_local() {
        return format!("{} runs on this machine, so no words leave it", endpoint.id());
    }
    let place = |token: &String| match token.as_str() {
        "CN" => "in mainland China".to_owned(),
        "US" => "in the United States".to_owned(),
        "EU" => "in the EU".to_owned(),
        "GLOBAL" => "where it chooses".to_owned(),
        other => format!("in {other}"),
    };
    let places: Vec<String> = endpoint.infer().iter().map(place).collect();
    format!("{} computes {}, which region {region} allows", endpoint.by(), places.join(" and "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(id: &str, key: Option<&str>) -> ChatSetup {
        let key = key.map(|text| Secret::new("test", text).unwrap());
        ChatSetup { endpoint: id.into(), url: None, model: None, key, attested: false }
    }

    #[test]
    fn only_what_the_region_lists_and_the_user_set_up_is_ready_in_the_regions_order() {
        let rules = Rules::built_in();
        let setups = [
            setup("ollama", None),
            setup("openai", Some("k")),
            setup("mistral-eu", Some("k")),
            setup("qwen-cn", None),
        ];
        let ids = |region: &str| {
            let region = rules.region(region).unwrap();
            ready(&rules, &region, &setups).iter().map(|(e, _)| e.id().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(ids("EU"), ["mistral-eu", "ollama"]);
        assert_eq!(ids("US"), ["openai", "ollama"]);
        assert_eq!(ids("CN"), ["ollama"]); // qwen-cn lacks its key
        assert_eq!(ids("OFFLINE"), ["ollama"]);
    }

    #[test]
    fn the_user_is_told_what_to_set_and_why_an_endpoint_is_allowed() {
        let rules = Rules::built_in();
        let region = rules.region("EU").unwrap();
        let told = how_to_set_up(&rules, &region);
        assert!(
            told.starts_with("set a key for mistral-eu: MYNAH_KEY_MISTRAL_EU or key_file; or "),
            "{told}"
        );
        let why = |id: &str| reason(rules.endpoint(&id.into()).unwrap(), &region);
        assert_eq!(why("mistral-eu"), "Mistral computes in the EU, which region EU allows");
        assert_eq!(why("ollama"), "ollama runs on this machine, so no words leave it");
    }
}

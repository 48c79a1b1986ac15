//! Route: whom to ask, and why the region allows it.
//!
//! Enters: the rules, the region, what the user set up. Leaves: the endpoints that could be asked, in the region's
//! order, and the sentences about them for the user. Never here: an endpoint the region does not list, or a verdict
//! (that is [`crate::policy`]'s).

use std::time::Duration;

use url::Url;

use super::{
    AnswerError,
    dialect::{self, Dialect},
};
use crate::{
    egress::{Denial, EgressError, Secret},
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

/// An endpoint that could be asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ready<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) setup: &'a ChatSetup,
    pub(super) dialect: &'static Dialect,
}

/// The region's endpoints that are set up, best first. One on this machine is set up where the user named it.
pub(super) fn ready<'a>(rules: &'a Rules, region: &Region, setups: &'a [ChatSetup]) -> Vec<Ready<'a>> {
    policy::chat_order(rules, region)
        .into_iter()
        .filter_map(|id| {
            let endpoint = rules.endpoint(id)?;
            let setup = setups.iter().find(|setup| setup.endpoint == *id)?;
            let dialect = dialect::of(endpoint.backend())?;
            let ready = Ready { endpoint, setup, dialect };
            (!endpoint.needs_key() || setup.key.is_some()).then_some(ready)
        })
        .collect()
}

/// As many ways as a person reads; a region may list a dozen.
const MOST_WAYS: usize = 4;

/// What would set up an endpoint of `region`.
pub(super) fn how_to_set_up(rules: &Rules, region: &Region) -> String {
    let one = |id: &EndpointId| {
        let endpoint = rules.endpoint(id)?;
        Some(if endpoint.needs_key() {
            format!("run `mynah key set {id}`, or set {} or key_file", id.key_variable())
        } else if endpoint.is_own() {
            format!(
                "set `attested = true` under [endpoint.{id}], if what `mynah region explain` says of it is true"
            )
        } else {
            format!("name the model of {id} on this machine under [endpoint.{id}]")
        })
    };
    let listed = policy::chat_order(rules, region);
    let mut ways: Vec<String> = listed.iter().copied().filter_map(one).take(MOST_WAYS).collect();
    if listed.len() > MOST_WAYS {
        ways.push("choose another one that `mynah region` lists".to_owned());
    }
    if *region == Region::offline() {
        ways.push("say where you live (region = \"EU\" or --region), and the language model approved there can be set up".to_owned());
    }
    if region.parts().nth(1).is_some() {
        ways.push(format!("run `mynah region explain` for why {region} hold together"));
    }
    if ways.is_empty() {
        "choose a region whose rules list a language model".to_owned()
    } else {
        ways.join("; or ")
    }
}

/// Why `region` lets words go to `endpoint`, for the user; `asked` are those that got the words before and gave no
/// answer, and `tools` the endpoints whose tools it may call.
pub(super) fn reason(endpoint: &Endpoint, region: &Region, asked: &[&Endpoint], tools: &[String]) -> String {
    let none_left = tools.is_empty() && asked.iter().all(|before| before.is_local());
    let mut why = why_allowed(endpoint, region, none_left);
    let ids: Vec<&str> = asked.iter().map(|before| before.id().as_str()).collect();
    if !ids.is_empty() {
        why.push_str(&format!("; {} got the words before and gave no answer", ids.join(", ")));
    }
    if !tools.is_empty() {
        why.push_str(&format!("; it may call tools of {} with what was said", tools.join(", ")));
    }
    why
}

/// What a server on this machine does with words is its own affair; Mynah tells of itself, and only while it is so.
fn why_allowed(endpoint: &Endpoint, region: &Region, none_left: bool) -> String {
    match (endpoint.is_local(), none_left) {
        (true, true) => {
            return format!(
                "{} is a server on this machine, so Mynah sends the words nowhere else",
                endpoint.id()
            );
        }
        (true, false) => return format!("{} is a server on this machine", endpoint.id()),
        (false, _) => {}
    }
    let place = |token: &String| match token.as_str() {
        "CN" => "in mainland China".to_owned(),
        "US" => "in the United States".to_owned(),
        "EU" => "in the EU".to_owned(),
        "CH" => "in Switzerland".to_owned(),
        "HK" => "in Hong Kong".to_owned(),
        "JP" => "in Japan".to_owned(),
        "SG" => "in Singapore".to_owned(),
        "GLOBAL" => "where it chooses".to_owned(),
        "INTL" => "where it chooses outside mainland China".to_owned(),
        "OWN" => "on a machine that you run".to_owned(),
        other => format!("in {other}"),
    };
    let places: Vec<String> = endpoint.infer().iter().map(place).collect();
    format!("{} computes {}, which region {region} allows", endpoint.by(), places.join(" and "))
}

/// How long to wait before the same endpoint is asked once more after `error`, where that is short.
pub(super) fn worth_waiting(error: &AnswerError) -> Option<Duration> {
    match error {
        AnswerError::Egress(EgressError::Denied { denial, .. }) => denial.worth_waiting(),
        _ => None,
    }
}

/// Whether words may have gone out with a request that ended in `error`.
pub(super) const fn words_were_sent(error: &AnswerError) -> bool {
    match error {
        AnswerError::Refused(_) => false,
        AnswerError::Egress(error) => error.may_have_left(),
        _ => true,
    }
}

/// Whether `endpoint` may be asked again with less history after `error`, which came before the first payload: it said
/// that this was too much for its model, or it is a server on this machine that broke off without a word, as
/// llama-cpp-python does then.
pub(super) fn may_be_too_long(error: &EgressError, endpoint: &Endpoint) -> bool {
    match error {
        EgressError::Denied { denial, .. } => *denial == Denial::TooLong,
        EgressError::CutOff { .. } => endpoint.is_local(),
        _ => false,
    }
}

/// Whether an endpoint may be asked again in the plain form after `error`, which came before the first payload: it
/// rejected the request as such, or it is a server on this machine that broke over it, as llama-server without templates
/// does over a tool.
pub(super) fn may_be_the_form(error: &EgressError, on_this_machine: bool) -> bool {
    let EgressError::Denied { status, denial, .. } = error else { return false };
    match denial {
        Denial::Rejected => matches!(status, 400 | 422),
        Denial::Failed => on_this_machine && matches!(status, 500 | 501),
        _ => false,
    }
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
            ready(&rules, &region, &setups)
                .iter()
                .map(|ready| ready.endpoint.id().to_string())
                .collect::<Vec<_>>()
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
            told.starts_with("run `mynah key set mistral-eu`, or set MYNAH_KEY_MISTRAL_EU or key_file; or "),
            "{told}"
        );
        let endpoint = |id: &str| rules.endpoint(&id.into()).unwrap();
        let why = |id: &str, asked: &[&str]| {
            let asked: Vec<&Endpoint> = asked.iter().map(|id| endpoint(id)).collect();
            reason(endpoint(id), &region, &asked, &[])
        };
        let nowhere = "is a server on this machine, so Mynah sends the words nowhere else";
        assert_eq!(why("mistral-eu", &[]), "Mistral computes in the EU, which region EU allows");
        assert_eq!(why("ollama", &[]), format!("ollama {nowhere}"));
        let before = "got the words before and gave no answer";
        assert_eq!(why("llamacpp", &["ollama"]), format!("llamacpp {nowhere}; ollama {before}"));
        assert_eq!(
            reason(endpoint("llamacpp"), &region, &[], &["notes".to_owned()]),
            "llamacpp is a server on this machine; it may call tools of notes with what was said"
        );
        assert_eq!(
            why("llamacpp", &["mistral-eu", "ollama"]),
            format!("llamacpp is a server on this machine; mistral-eu, ollama {before}")
        );
    }
}

//! Decide: the judgement itself.
//!
//! Enters: rules and a question. Leaves: a permit, or the first rule that says no with its reason and remedy. Pure and
//! total. Never here: a wildcard arm, a match on part of a host name, or a way round a rule.

use url::Url;

use crate::policy::{
    Backend, Capability, DataClass, Endpoint, EndpointId, Permit, Question, Refusal, Rules, Verdict,
    host::{HostPattern, is_ip_literal, is_loopback},
    rules::RegionRules,
};

/// The id of the mirror that the user's settings name. It must be on this machine, so every region has it; rules may not
/// use the id for another.
pub const OWN_MIRROR: &str = "self";

/// Whether what `question` asks may happen under `rules`. What is not allowed by name is refused.
pub fn decide(rules: &Rules, question: &Question) -> Verdict {
    match judge(rules, question) {
        Ok(permit) => Verdict::Allow(permit),
        Err(refusal) => Verdict::Refuse(refusal),
    }
}

/// Whether a download under `permit` may follow a redirect to `to`. Words never follow one.
///
/// # Errors
/// The refusal, for the record and the user.
pub fn may_follow(permit: &Permit, to: &Url) -> Result<(), Refusal> {
    let host = to.host_str().unwrap_or_default();
    let remedy = || "use another mirror of the region, or import the file by hand".to_owned();
    match permit.capability() {
        Capability::Chat => {
            return refuse(
                "redirect.words",
                format!("{} redirects to {host}, and words are not passed on", permit.endpoint()),
                "check the endpoint's URL; a language model answers where it is asked".to_owned(),
            );
        }
        Capability::ModelMirror => {}
    }
    check_form(to)?;
    if permit.never_follows(host) || !permit.follows(host) {
        let reason = format!("{} redirects to {host}, which the rules do not list for it", permit.endpoint());
        return refuse("redirect.host", reason, remedy());
    }
    // A host on the list is only meant at its usual port; this machine has no usual one.
    if !is_loopback(to) && (to.scheme() != "https" || to.port().is_some()) {
        let reason = format!("{} redirects to {host} without https at its usual port", permit.endpoint());
        return refuse("redirect.https", reason, remedy());
    }
    if is_loopback(to) && !is_loopback(permit.url()) {
        let reason = format!("{} redirects to this machine", permit.endpoint());
        return refuse("redirect.host", reason, remedy());
    }
    Ok(())
}

fn judge(rules: &Rules, question: &Question) -> Result<Permit, Refusal> {
    let Some(region) = rules.region_rules(&question.region) else {
        return refuse(
            "region.unknown",
            format!("the rules have no region {}", question.region),
            "choose a region that the rules list, or OFFLINE".to_owned(),
        );
    };
    match (question.capability, question.data) {
        (Capability::Chat, DataClass::Words) => judge_chat(rules, region, question),
        (Capability::ModelMirror, DataClass::ModelRequest) => judge_mirror(rules, region, question),
        (Capability::Chat, DataClass::ModelRequest) | (Capability::ModelMirror, DataClass::Words) => refuse(
            "data.class",
            format!("{} is not what {} is for", question.data.name(), question.capability.name()),
            "ask for what the endpoint offers".to_owned(),
        ),
    }
}

fn judge_chat(rules: &Rules, region: &RegionRules, question: &Question) -> Result<Permit, Refusal> {
    let Some(endpoint) = rules.endpoint(&question.endpoint) else {
        return unlisted(question, false);
    };
    if !region.order.chat.contains(endpoint.id()) {
        return unlisted(question, true);
    }
    if let Some(place) = endpoint.infer().iter().find(|place| !region.infer_ok.contains(place)) {
        return refuse(
            "infer",
            format!(
                "{} computes in {place}, which region {} does not accept",
                endpoint.id(),
                question.region
            ),
            "choose an endpoint that computes inside the region".to_owned(),
        );
    }
    if region.require_filing && !endpoint.is_local() && endpoint.filing().is_none() {
        return refuse(
            "filing",
            format!("{} has no filing number, which region {} asks for", endpoint.id(), question.region),
            "choose an endpoint whose models are filed".to_owned(),
        );
    }
    if rules.unserved.contains(endpoint.id()) {
        return Err(not_served(endpoint.id()));
    }
    check_model(endpoint, &question.model)?;
    check_target(question, endpoint.url(), &endpoint.hosts, endpoint.is_local())?;
    if let (Some(statement), false) = (endpoint.attest(), question.attested) {
        return refuse(
            "attest",
            format!("{} needs a statement that only you can make: \"{statement}\"", endpoint.id()),
            format!(
                "if it is true, set `attested = true` under [endpoint.{}] in the settings",
                endpoint.id()
            ),
        );
    }
    Ok(Permit::new(question, endpoint.auth(), &[], &[]))
}

fn judge_mirror(rules: &Rules, region: &RegionRules, question: &Question) -> Result<Permit, Refusal> {
    if question.endpoint.as_str() == OWN_MIRROR {
        // Any region may read from the machine it is on.
        check_target(question, &question.url, &[], true)?;
        return Ok(Permit::new(question, crate::policy::Auth::None, &[], &[]));
    }
    let Some(mirror) = rules.mirror(&question.endpoint) else {
        return unlisted(question, false);
    };
    if !region.order.mirror.contains(mirror.id()) {
        return unlisted(question, true);
    }
    check_target(question, mirror.url(), &mirror.hosts, is_loopback(mirror.url()))?;
    Ok(Permit::new(question, crate::policy::Auth::None, &mirror.redirect_hosts, &mirror.refuse_redirect))
}

/// The form any URL must have, whoever it belongs to.
pub(super) fn check_form(url: &Url) -> Result<(), Refusal> {
    let host = url.host_str().unwrap_or_default();
    if !url.username().is_empty() || url.password().is_some() {
        let remedy = "take user name and password out of the URL; keys go into the configuration".to_owned();
        return refuse("url.user_info", format!("the URL for {host} carries a user name"), remedy);
    }
    if !matches!(url.scheme(), "http" | "https") {
        let reason = format!("{} is neither http nor https", url.scheme());
        return refuse("url.scheme", reason, "use an http(s) URL".to_owned());
    }
    if is_ip_literal(url) && !is_loopback(url) {
        let remedy = "use the endpoint's host name; by number only this machine may be named".to_owned();
        return refuse("url.ip_literal", format!("{host} names a host by number"), remedy);
    }
    Ok(())
}

/// Whether the question's URL is the endpoint's own, or, for one on this machine, another loopback URL.
fn check_target(question: &Question, own: &Url, hosts: &[HostPattern], local: bool) -> Result<(), Refusal> {
    let (url, id) = (&question.url, &question.endpoint);
    let host = url.host_str().unwrap_or_default();
    // Whoever names a host of the local network by number is not told to use its name, which is refused as well.
    let neighbour = local && is_ip_literal(url) && !is_loopback(url);
    if !neighbour {
        check_form(url)?;
    }
    let own_remedy = || format!("leave the URL of {id} as the rules have it");
    if local {
        if !is_loopback(url) {
            return refuse(
                "url.not_loopback",
                format!("{id} runs on this machine, and {host} is not this machine"),
                "run the server on this machine and name it as 127.0.0.1 or localhost; other hosts, those of the local \
                 network too, are not asked"
                    .to_owned(),
            );
        }
    } else if !hosts.iter().any(|pattern| pattern.matches(host)) {
        return refuse("url.host", format!("{host} is no host of {id}"), own_remedy());
    } else if url.scheme() != "https" {
        return refuse("url.https", format!("{id} would be reached without https"), own_remedy());
    } else if url.path() != own.path() || url.port() != own.port() {
        return refuse("url.path", format!("{id} would be reached at another port or path"), own_remedy());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return refuse("url.query", format!("the base URL of {id} carries a query"), own_remedy());
    }
    Ok(())
}

fn check_model(endpoint: &Endpoint, model: &str) -> Result<(), Refusal> {
    if model.is_empty() || model.chars().any(|c| c.is_whitespace() || c.is_control()) {
        let reason = format!("the model's name for {} is empty or has spaces", endpoint.id());
        return refuse("model.name", reason, "name a model as the endpoint lists it".to_owned());
    }
    let denied = endpoint.model_deny.iter().any(|pattern| fits(pattern, model));
    // Each kind of server says here what its names or its place can hide.
    let hidden = match endpoint.backend() {
        Backend::Ollama => !endpoint.is_local() || fits("*:cloud", model) || fits("*-cloud", model),
        Backend::LlamaCpp => !endpoint.is_local(),
        Backend::OpenAi | Backend::DashScope | Backend::Mistral => false,
    };
    if denied || hidden {
        let reason = format!("the model {model} of {} would be computed somewhere else", endpoint.id());
        return refuse("model.denied", reason, "choose a model that runs where the endpoint is".to_owned());
    }
    Ok(())
}

/// Whether `name` is `pattern`, in any case; a star at either end stands for anything.
fn fits(pattern: &str, name: &str) -> bool {
    let (pattern, name) = (pattern.to_ascii_lowercase(), name.to_ascii_lowercase());
    let middle = pattern.trim_matches('*');
    match (pattern.starts_with('*'), pattern.ends_with('*')) {
        (true, true) => name.contains(middle),
        (true, false) => name.ends_with(middle),
        (false, true) => name.starts_with(middle),
        (false, false) => name == middle,
    }
}

/// The refusal of an endpoint that itself refused the place where this machine is.
#[must_use]
pub fn not_served(endpoint: &EndpointId) -> Refusal {
    Refusal {
        rule: "endpoint.place",
        reason: format!("{endpoint} said that it does not serve the place where this machine is"),
        remedy: "set up another endpoint of your region; `mynah region set` with your region lets it be asked again"
            .to_owned(),
    }
}

fn unlisted<T>(question: &Question, known: bool) -> Result<T, Refusal> {
    let Question { endpoint, region, capability, .. } = question;
    let (rule, reason) = if known {
        ("endpoint.region", format!("region {region} does not list {endpoint} for {}", capability.name()))
    } else {
        ("endpoint.unknown", format!("the rules have no {endpoint} for {}", capability.name()))
    };
    refuse(rule, reason, format!("choose one that region {region} lists, or let this machine answer"))
}

fn refuse<T>(rule: &'static str, reason: String, remedy: String) -> Result<T, Refusal> {
    Err(Refusal { rule, reason, remedy })
}

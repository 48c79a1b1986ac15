//! Decide: the judgement itself.
//!
//! Enters: rules and a question. Leaves: a permit, or the first rule that says no with its reason and remedy. Pure and
//! total. Never here: a wildcard arm, a match on part of a host name, or a way round a rule.

use url::Url;

use crate::policy::{
    Backend, Capability, DataClass, Endpoint, EndpointId, Permit, Question, Refusal, Rules, Verdict,
    endpoint::OWN,
    host::{HostPattern, is_ip_literal, is_loopback},
    rules::{Freshness, RegionRules},
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

/// Whether what `permit` began may go on at `to`: a download's redirect, or the result of a picture or of speech, which
/// is fetched without the key. Words never go on.
///
/// # Errors
/// The refusal, for the record and the user.
pub fn may_follow(permit: &Permit, to: &Url) -> Result<(), Refusal> {
    let host = to.host_str().unwrap_or_default();
    let remedy = || "use another mirror of the region, or import the file by hand".to_owned();
    match permit.capability() {
        Capability::ImageEdit | Capability::Speech if is_result(permit, to) => return Ok(()),
        Capability::Chat
        | Capability::Search
        | Capability::ImageEdit
        | Capability::Speech
        | Capability::Weather
        | Capability::Rates
        | Capability::Home
        | Capability::Tools => {
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

/// Whether `to` is where the endpoint of `permit` leaves results to be fetched: by https, without the key.
fn is_result(permit: &Permit, to: &Url) -> bool {
    let listed =
        |host| permit.terms().is_some_and(|terms| terms.assets().iter().any(|asset| asset.matches(host)));
    let plain = to.username().is_empty() && to.password().is_none() && to.port().is_none();
    to.scheme() == "https" && plain && to.host_str().is_some_and(listed)
}

fn judge(rules: &Rules, question: &Question) -> Result<Permit, Refusal> {
    for part in question.region.parts() {
        if rules.region_rules(part).is_none() {
            return refuse(
                "region.unknown",
                format!("the rules have no region {part}"),
                "choose a region that the rules list, or OFFLINE".to_owned(),
            );
        }
    }
    match (question.capability, question.data) {
        (
            Capability::Chat
            | Capability::Search
            | Capability::ImageEdit
            | Capability::Speech
            | Capability::Tools,
            DataClass::Words,
        )
        // Which models there are, and where one is computed: told to nobody who may not have words as well.
        | (Capability::Chat, DataClass::ModelRequest)
        // A place or a currency: judged as words are, though less of the user is in it.
        | (Capability::Weather | Capability::Rates | Capability::Home, DataClass::Query) => {
            judge_words(rules, question)
        }
        (Capability::ModelMirror, DataClass::ModelRequest) => judge_mirror(rules, question),
        (
            Capability::Search
            | Capability::ImageEdit
            | Capability::Speech
            | Capability::Weather
            | Capability::Rates
            | Capability::Home
            | Capability::Tools,
            DataClass::ModelRequest,
        )
        | (Capability::Weather | Capability::Rates | Capability::Home, DataClass::Words)
        | (
            Capability::Chat
            | Capability::Search
            | Capability::ImageEdit
            | Capability::Speech
            | Capability::Tools,
            DataClass::Query,
        )
        | (Capability::ModelMirror, DataClass::Words | DataClass::Query) => refuse(
            "data.class",
            format!("{} is not what {} is for", question.data.name(), question.capability.name()),
            "ask for what the endpoint offers".to_owned(),
        ),
    }
}

fn judge_words(rules: &Rules, question: &Question) -> Result<Permit, Refusal> {
    let Some(endpoint) = rules.shared_endpoint(&question.endpoint) else {
        return unlisted(question, None);
    };
    // Where several regions met, every one of them must agree.
    for part in question.region.parts() {
        if let Some(region) = rules.region_rules(part) {
            check_region(endpoint, part, region, question)?;
        }
    }
    if rules.unserved.contains(endpoint.id()) {
        return Err(not_served(endpoint.id()));
    }
    check_age(rules, endpoint, question)?;
    check_model(endpoint, question)?;
    if endpoint.is_own() {
        check_own_target(endpoint, question)?;
    } else {
        let (own, word) = (endpoint.url(), endpoint.placeholder());
        check_target(question, own, word, &endpoint.hosts, endpoint.is_local())?;
    }
    check_statement(endpoint, question)?;
    Ok(Permit::new(question, Some(endpoint), &[], &[]))
}

/// Whether `region` itself lets words go to `endpoint` for this.
fn check_region(
    endpoint: &Endpoint,
    id: &str,
    region: &RegionRules,
    question: &Question,
) -> Result<(), Refusal> {
    let capability = question.capability;
    if let Some(why) = region.deny.get(endpoint.id()) {
        let reason = format!("region {id} denies {}: {why}", endpoint.id());
        return refuse("endpoint.denied", reason, choose_another(question));
    }
    if !region.order.of(capability).contains(endpoint.id()) {
        return unlisted(question, Some(id));
    }
    if !endpoint.can.contains(&capability) {
        return refuse(
            "endpoint.capability",
            format!("{} does not offer {}", endpoint.id(), capability.name()),
            choose_another(question),
        );
    }
    let own = |place: &str| endpoint.is_own() && place == OWN;
    let accepted = region.accepts(question.data);
    let elsewhere = |place: &&String| !own(place) && !accepted.contains(place);
    if let Some(place) = endpoint.infer().iter().find(elsewhere) {
        return refuse(
            "infer",
            format!("{} computes in {place}, which region {id} does not accept", endpoint.id()),
            "choose an endpoint that computes inside the region".to_owned(),
        );
    }
    // A filing is for what is offered to the public; the user's own machines are not.
    let offered = !endpoint.is_local() && !endpoint.is_own();
    if region.require.filing && generates(capability) && offered && endpoint.filing().is_none() {
        return refuse(
            "filing",
            format!("{} has no filing number, which region {id} asks for", endpoint.id()),
            "choose an endpoint whose models are filed".to_owned(),
        );
    }
    Ok(())
}

/// Whether what comes back was made by a model, which is what filings are about.
pub(super) const fn generates(capability: Capability) -> bool {
    match capability {
        Capability::Chat | Capability::ImageEdit | Capability::Speech => true,
        Capability::Search
        | Capability::Weather
        | Capability::Rates
        | Capability::Home
        | Capability::Tools
        | Capability::ModelMirror => false,
    }
}

/// Whether the facts about `endpoint` were checked lately. What a server on this machine or one of the user's own does
/// with a request is no vendor's to change, so its facts do not age.
fn check_age(rules: &Rules, endpoint: &Endpoint, question: &Question) -> Result<(), Refusal> {
    if endpoint.is_local() || endpoint.is_own() {
        return Ok(());
    }
    let (now, checked, id) = (question.month, endpoint.verified(), endpoint.id());
    match rules.freshness(checked, now) {
        Freshness::Fresh | Freshness::Ageing => Ok(()),
        Freshness::Stale => refuse(
            "age.stale",
            format!("what is known of {id} was last checked in {checked}, too long before {now}"),
            "update Mynah; its rules are checked anew with each version".to_owned(),
        ),
        Freshness::Ahead => refuse(
            "age.clock",
            format!("the clock says {now}, but what is known of {id} was checked in {checked}"),
            "set this machine's clock".to_owned(),
        ),
    }
}

/// Whether the user confirmed what only the user can know.
fn check_statement(endpoint: &Endpoint, question: &Question) -> Result<(), Refusal> {
    if question.attested || !endpoint.needs_statement() {
        return Ok(());
    }
    let (id, statement) = (endpoint.id(), endpoint.statement().unwrap_or_default());
    refuse(
        if endpoint.attest.is_some() { "attest" } else { "min_age" },
        format!("{id} needs a statement that only you can make: \"{statement}\""),
        format!("if it is true, set `attested = true` under [endpoint.{id}] in the settings"),
    )
}

fn judge_mirror(rules: &Rules, question: &Question) -> Result<Permit, Refusal> {
    if question.endpoint.as_str() == OWN_MIRROR {
        // Any region may read from the machine it is on.
        check_target(question, &question.url, None, &[], true)?;
        return Ok(Permit::new(question, None, &[], &[]));
    }
    let Some(mirror) = rules.mirror(&question.endpoint) else {
        return unlisted(question, None);
    };
    for part in question.region.parts() {
        if !rules.region_rules(part).is_some_and(|region| region.order.mirror.contains(mirror.id())) {
            return unlisted(question, Some(part));
        }
    }
    check_target(question, mirror.url(), mirror.placeholder(), &mirror.hosts, is_loopback(mirror.url()))?;
    Ok(Permit::new(question, None, &mirror.redirect_hosts, &mirror.refuse_redirect))
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
fn check_target(
    question: &Question,
    own: &Url,
    placeholder: Option<&str>,
    hosts: &[HostPattern],
    local: bool,
) -> Result<(), Refusal> {
    let (url, id) = (&question.url, &question.endpoint);
    let host = url.host_str().unwrap_or_default();
    // Whoever names a host of the local network by number is not told to use its name, which is refused as well.
    let neighbour = local && is_ip_literal(url) && !is_loopback(url);
    if !neighbour {
        check_form(url)?;
    }
    if let Some(word) = placeholder.filter(|_| url == own) {
        let remedy =
            format!("set `url` under [endpoint.{id}]: {} with your own {word} in front", own.as_str());
        return refuse("url.placeholder", format!("the URL of {id} lacks your {word}"), remedy);
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

/// A server of the user's own is asked where the user's own file says, to the letter.
fn check_own_target(endpoint: &Endpoint, question: &Question) -> Result<(), Refusal> {
    if question.url == *endpoint.url() {
        return Ok(());
    }
    refuse(
        "url.own",
        format!("{} is a server of your own, and its URL is another", endpoint.id()),
        "leave `url` out of the settings; the URL stands in your own file of rules".to_owned(),
    )
}

fn check_model(endpoint: &Endpoint, question: &Question) -> Result<(), Refusal> {
    let (id, model) = (endpoint.id(), question.model.as_str());
    // A search service has one model at most, and most have none to name; those that tell facts have none.
    let nameless = model.is_empty() && !question.capability.names_a_model();
    if !nameless && (model.is_empty() || model.chars().any(|c| c.is_whitespace() || c.is_control())) {
        let reason = format!("the model's name for {id} is empty or has spaces");
        return refuse("model.name", reason, "name a model as the endpoint lists it".to_owned());
    }
    let name = model.to_ascii_lowercase();
    if endpoint.model_deny.iter().any(|pattern| pattern.matches(&name)) || hides_elsewhere(endpoint, &name) {
        let reason = format!("the model {model} of {id} would be computed somewhere else");
        return refuse("model.denied", reason, "choose a model that runs where the endpoint is".to_owned());
    }
    if !endpoint.model_allow.is_empty() && !endpoint.model_allow.iter().any(|pattern| pattern.matches(&name))
    {
        let reason = format!("the model {model} is none of those that {id} may be asked for");
        return refuse(
            "model.allow",
            reason,
            format!("leave the model as the rules have it, {}", endpoint.model()),
        );
    }
    Ok(())
}

/// Whether a model's name, in lower case, or the endpoint's place hides a server elsewhere. Each kind says what it can
/// hide, whatever the rules say.
fn hides_elsewhere(endpoint: &Endpoint, name: &str) -> bool {
    let ours = endpoint.is_local() || endpoint.is_own();
    match endpoint.backend() {
        // Ollama's cloud by its names for it, which any entry could lead to whose URL is that of an Ollama server.
        Backend::Ollama | Backend::LlamaCpp | Backend::LmStudio | Backend::Vllm => {
            !ours || name.ends_with(":cloud") || name.ends_with("-cloud")
        }
        Backend::OpenRouter => name.starts_with("openrouter/") || name.ends_with(":online"),
        Backend::OpenAi
        | Backend::Azure
        | Backend::DashScope
        | Backend::Qianfan
        | Backend::Ark
        | Backend::DeepSeek
        | Backend::Moonshot
        | Backend::Glm
        | Backend::MiniMax
        | Backend::Pangu
        | Backend::MiMo
        | Backend::Mistral
        | Backend::Gemini
        | Backend::Anthropic
        | Backend::Xai
        | Backend::DashScopeMedia
        | Backend::VolcSpeech
        | Backend::Bocha
        | Backend::GlmSearch
        | Backend::Brave
        | Backend::Tavily
        | Backend::OpenMeteo
        | Backend::QWeather
        | Backend::Ecb
        | Backend::Frankfurter
        | Backend::HomeAssistant
        | Backend::Mcp => false,
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

/// `region`: the one that does not list the endpoint; `None` where the rules do not have it at all.
fn unlisted<T>(question: &Question, region: Option<&str>) -> Result<T, Refusal> {
    let (endpoint, capability) = (&question.endpoint, question.capability.name());
    let (rule, reason) = match region {
        Some(region) => {
            ("endpoint.region", format!("region {region} does not list {endpoint} for {capability}"))
        }
        None => ("endpoint.unknown", format!("the rules have no {endpoint} for {capability}")),
    };
    refuse(rule, reason, choose_another(question))
}

fn choose_another(question: &Question) -> String {
    format!("choose one that region {} lists, or let this machine answer", question.region)
}

fn refuse<T>(rule: &'static str, reason: String, remedy: String) -> Result<T, Refusal> {
    Err(Refusal { rule, reason, remedy })
}

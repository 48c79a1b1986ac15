//! Survey: every verdict at once, for who wants to see what the region allows before anything is asked.
//!
//! Enters: rules, a region, what the user set up, the month. Leaves: a [`Row`] for each capability of each endpoint and
//! mirror. Never here: a judgement of its own; each row is what [`decide()`](super::decide()) says.

use url::Url;

use crate::{
    policy::{
        Capability, DataClass, Endpoint, EndpointId, Month, Question, Refusal, Region, Rules, Verdict,
        decide, decide::check_form, host::is_loopback, order,
    },
    units::TurnId,
};

/// What the user set for an endpoint.
#[derive(Debug, Clone, Default)]
pub struct SetUp {
    /// Another URL than the rules'.
    pub url: Option<Url>,
    /// Another model, for chat.
    pub model: Option<String>,
    /// Whether the endpoint's statement was confirmed.
    pub attested: bool,
}

/// One verdict.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// What for.
    pub capability: Capability,
    /// Whom.
    pub endpoint: EndpointId,
    /// Who runs it.
    pub by: String,
    /// Where it computes; empty for a mirror, which computes nothing.
    pub places: Vec<String>,
    /// Its place in the region's order, from 1; `None` where the region does not list it.
    pub rank: Option<usize>,
    /// Why not, if it is refused.
    pub refusal: Option<Refusal>,
    /// Whether it runs on this machine.
    pub local: bool,
}

/// The verdict for every capability of every endpoint in `region`: by capability, what is allowed first, in the region's
/// order.
#[must_use]
pub fn survey(
    rules: &Rules,
    region: &Region,
    month: Month,
    set_up: impl Fn(&EndpointId) -> SetUp,
) -> Vec<Row> {
    let mut rows = Vec::new();
    for endpoint in rules.endpoints() {
        let SetUp { url, model, attested } = set_up(endpoint.id());
        let url = url.unwrap_or_else(|| endpoint.url().clone());
        for capability in endpoint.capabilities() {
            let model = model.clone().filter(|_| *capability == Capability::Chat);
            let question = Question {
                turn: TurnId(0),
                region: region.clone(),
                capability: *capability,
                endpoint: endpoint.id().clone(),
                url: url.clone(),
                model: model.unwrap_or_else(|| endpoint.model_for(*capability).to_owned()),
                data: capability.data(),
                attested,
                month,
            };
            rows.push(Row {
                places: endpoint.infer().to_vec(),
                local: endpoint.is_local(),
                ..row(rules, &question, endpoint.by())
            });
        }
    }
    for mirror in rules.mirrors() {
        let question = Question {
            turn: TurnId(0),
            region: region.clone(),
            capability: Capability::ModelMirror,
            endpoint: mirror.id().clone(),
            url: mirror.url().clone(),
            model: "model".to_owned(),
            data: DataClass::ModelRequest,
            attested: false,
            month,
        };
        rows.push(Row { local: is_loopback(mirror.url()), ..row(rules, &question, &mirror.by) });
    }
    rows.sort_by_key(|row| {
        let rank = row.rank.unwrap_or(usize::MAX);
        (row.capability, row.refusal.is_some(), rank, row.endpoint.clone())
    });
    rows
}

/// What `region` lists beyond this machine and `before` does not: the reason to ask before a move.
#[must_use]
pub fn gained(rules: &Rules, region: &Region, before: &Region) -> Vec<(Capability, EndpointId)> {
    let far = |id: &EndpointId| rules.endpoint(id).is_none_or(|endpoint| !endpoint.is_local());
    let one = |capability| {
        let known = order(rules, before, capability);
        let new =
            order(rules, region, capability).into_iter().filter(move |id| !known.contains(id) && far(id));
        new.map(move |id| (capability, id.clone()))
    };
    Capability::ALL.into_iter().flat_map(one).collect()
}

/// What the region says of a URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    /// The verdicts of those whose host it is.
    pub rows: Vec<Row>,
    /// Why nothing could ever be asked there, if so.
    pub refusal: Option<Refusal>,
}

/// Whether anything could be asked at `url` in `region`, and as what.
#[must_use]
pub fn reach(
    rules: &Rules,
    region: &Region,
    month: Month,
    url: &Url,
    set_up: impl Fn(&EndpointId) -> SetUp,
) -> Reach {
    // One of the user's own may be named by number and without https, as it stands in the user's own file.
    let own = rules.endpoints().any(|it| is_own_at(it, url));
    if let Err(refusal) = check_form(url).or_else(|refusal| if own { Ok(()) } else { Err(refusal) }) {
        return Reach { rows: Vec::new(), refusal: Some(refusal) };
    }
    let owners = owners(rules, url);
    let mut rows = survey(rules, region, month, set_up);
    rows.retain(|row| owners.contains(&&row.endpoint));
    let host = url.host_str().unwrap_or_default();
    let refusal = if rows.is_empty() {
        Some(Refusal {
            rule: "host.unknown",
            reason: format!("{host} is no host of any endpoint in the rules"),
            remedy: "nothing is ever asked there; a server on this machine is reached as 127.0.0.1"
                .to_owned(),
        })
    } else if url.scheme() != "https" && !own && !is_loopback(url) {
        Some(Refusal {
            rule: "url.https",
            reason: format!("{host} is asked by https alone"),
            remedy: "write https".to_owned(),
        })
    } else if rows.iter().any(|row| row.refusal.is_none()) {
        None
    } else {
        rows.iter().find_map(|row| row.refusal.clone())
    };
    Reach { rows, refusal }
}

/// The endpoints and mirrors that `url`'s host belongs to, those too that only send results or downloads there.
fn owners<'a>(rules: &'a Rules, url: &Url) -> Vec<&'a EndpointId> {
    let host = url.host_str().unwrap_or_default();
    let endpoints = rules.endpoints().filter(|it| {
        let mut patterns = it.hosts.iter().chain(it.assets());
        patterns.any(|pattern| pattern.matches(host))
            || it.is_local() && is_loopback(url)
            || is_own_at(it, url)
    });
    let mirrors = rules.mirrors().filter(|it| {
        let mut patterns = it.hosts.iter().chain(&it.redirect_hosts);
        patterns.any(|pattern| pattern.matches(host))
    });
    endpoints.map(|it| it.id()).chain(mirrors.map(|it| it.id())).collect()
}

/// Whether `endpoint` is a server of the user's own, and `url` leads to it.
fn is_own_at(endpoint: &Endpoint, url: &Url) -> bool {
    let bare = url.username().is_empty() && url.password().is_none();
    endpoint.is_own() && bare && endpoint.url().origin() == url.origin()
}

fn row(rules: &Rules, question: &Question, by: &str) -> Row {
    let order = order(rules, &question.region, question.capability);
    let refusal = match decide(rules, question) {
        Verdict::Allow(_) => None,
        Verdict::Refuse(refusal) => Some(refusal),
    };
    Row {
        capability: question.capability,
        endpoint: question.endpoint.clone(),
        by: by.to_owned(),
        places: Vec::new(),
        rank: order.iter().position(|id| **id == question.endpoint).map(|at| at + 1),
        refusal,
        local: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_of_ones_own_is_reached_as_it_stands_in_the_file_and_no_other_neighbour_is() {
        let own = "[endpoint.nas]\noperator = \"self\"\nurl = \"http://10.0.0.7:8080/v1\"\ndialect = \"llamacpp\"\nmodel = \"m\"";
        let rules = Rules::built_in().with_own(own).unwrap();
        let rule = |url: &str, attested| {
            let set_up = |_: &EndpointId| SetUp { attested, ..SetUp::default() };
            let (url, month) = (Url::parse(url).unwrap(), Month::new(2026, 11).unwrap());
            reach(&rules, &Region::offline(), month, &url, set_up).refusal.map(|refusal| refusal.rule)
        };
        assert_eq!(rule("http://10.0.0.7:8080/v1/chat/completions", true), None);
        assert_eq!(rule("http://10.0.0.7:8080/v1", false), Some("attest"));
        assert_eq!(rule("http://10.0.0.7:8081/v1", true), Some("url.ip_literal"));
        assert_eq!(rule("http://10.0.0.8:8080/v1", true), Some("url.ip_literal"));
        assert_eq!(rule("http://u@10.0.0.7:8080/v1", true), Some("url.user_info"));
        assert_eq!(rule("http://nas.lan:8080/v1", true), Some("host.unknown"));
    }
}

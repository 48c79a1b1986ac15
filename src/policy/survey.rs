//! Survey: every verdict at once, for who wants to see what the region allows before anything is asked.
//!
//! Enters: rules, a region, what the user set up. Leaves: a [`Row`] for each capability of each endpoint and mirror. Never
//! here: a judgement of its own; each row is what [`decide`] says.

use url::Url;

use crate::policy::{
    Capability, DataClass, EndpointId, Question, Refusal, Region, Rules, Verdict, chat_order, decide,
    decide::check_form, host::is_loopback, mirror_order,
};
use crate::units::TurnId;

/// What the user set for an endpoint.
#[derive(Debug, Clone, Default)]
pub struct SetUp {
    /// Another URL than the rules'.
    pub url: Option<Url>,
    /// Another model.
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

/// The verdict for every capability of every endpoint in `region`: what is allowed first, in the region's order.
#[must_use]
pub fn survey(rules: &Rules, region: &Region, set_up: impl Fn(&EndpointId) -> SetUp) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for endpoint in rules.endpoints() {
        let SetUp { url, model, attested } = set_up(endpoint.id());
        let url = url.as_ref().unwrap_or(endpoint.url());
        let question = question(region, Capability::Chat, endpoint.id(), url, DataClass::Words);
        let question =
            Question { model: model.unwrap_or_else(|| endpoint.model().to_owned()), attested, ..question };
        let mut row = row(rules, &question, endpoint.by(), endpoint.is_local());
        row.places = endpoint.infer().to_vec();
        rows.push(row);
    }
    for mirror in rules.mirrors() {
        let data = DataClass::ModelRequest;
        let question = question(region, Capability::ModelMirror, mirror.id(), mirror.url(), data);
        rows.push(row(rules, &question, &mirror.by, false));
    }
    rows.sort_by_key(|row| {
        (row.capability.name(), row.refusal.is_some(), row.rank.unwrap_or(usize::MAX), row.endpoint.clone())
    });
    rows
}

/// What `region` allows beyond this machine and `before` does not: the reason to ask before a move.
#[must_use]
pub fn gained(rules: &Rules, region: &Region, before: &Region) -> Vec<(Capability, EndpointId)> {
    let one = |capability| {
        let known = order(rules, before, capability);
        let far = |id: &EndpointId| rules.endpoint(id).is_none_or(|endpoint| !endpoint.is_local());
        let new =
            order(rules, region, capability).into_iter().filter(move |id| !known.contains(id) && far(id));
        new.map(move |id| (capability, id)).collect::<Vec<_>>()
    };
    [Capability::Chat, Capability::ModelMirror].into_iter().flat_map(one).collect()
}

/// Whom `region` lists for `capability`, best first.
#[must_use]
pub fn order(rules: &Rules, region: &Region, capability: Capability) -> Vec<EndpointId> {
    match capability {
        Capability::Chat => chat_order(rules, region).to_vec(),
        Capability::ModelMirror => mirror_order(rules, region).to_vec(),
    }
}

impl Rules {
    /// The endpoints and mirrors that `url`'s host belongs to, those too that only send downloads there.
    fn owners(&self, url: &Url) -> Vec<EndpointId> {
        let host = url.host_str().unwrap_or_default();
        let endpoints = self.endpoints().filter(|it| {
            it.hosts.iter().any(|pattern| pattern.matches(host)) || it.is_local() && is_loopback(url)
        });
        let mirrors = self.mirrors().filter(|it| {
            let mut patterns = it.hosts.iter().chain(&it.redirect_hosts);
            patterns.any(|pattern| pattern.matches(host))
        });
        endpoints.map(|it| it.id().clone()).chain(mirrors.map(|it| it.id().clone())).collect()
    }
}

fn question(
    region: &Region,
    capability: Capability,
    endpoint: &EndpointId,
    url: &Url,
    data: DataClass,
) -> Question {
    Question {
        turn: TurnId(0),
        region: region.clone(),
        capability,
        endpoint: endpoint.clone(),
        url: url.clone(),
        model: "model".to_owned(),
        data,
        attested: false,
    }
}

fn row(rules: &Rules, question: &Question, by: &str, local: bool) -> Row {
    let rank =
        order(rules, &question.region, question.capability).iter().position(|id| *id == question.endpoint);
    let refusal = match decide(rules, question) {
        Verdict::Allow(_) => None,
        Verdict::Refuse(refusal) => Some(refusal),
    };
    Row {
        capability: question.capability,
        endpoint: question.endpoint.clone(),
        by: by.to_owned(),
        places: Vec::new(),
        rank: rank.map(|at| at + 1),
        refusal,
        local,
    }
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
pub fn reach(rules: &Rules, region: &Region, url: &Url, set_up: impl Fn(&EndpointId) -> SetUp) -> Reach {
    if let Err(refusal) = check_form(url) {
        return Reach { rows: Vec::new(), refusal: Some(refusal) };
    }
    let owners = rules.owners(url);
    let mut rows = survey(rules, region, set_up);
    rows.retain(|row| owners.contains(&row.endpoint));
    let host = url.host_str().unwrap_or_default();
    let refusal = if rows.is_empty() {
        Some(Refusal {
            rule: "host.unknown",
            reason: format!("{host} is no host of any endpoint in the rules"),
            remedy: "nothing is ever asked there; a server on this machine is reached as 127.0.0.1"
                .to_owned(),
        })
    } else if url.scheme() != "https" && !is_loopback(url) {
        Some(Refusal {
            rule: "url.https",
            reason: format!("{host} is asked by https alone"),
            remedy: "use https".to_owned(),
        })
    } else {
        rows.iter().all(|row| row.refusal.is_some()).then(|| rows[0].refusal.clone()).flatten()
    };
    Reach { rows, refusal }
}

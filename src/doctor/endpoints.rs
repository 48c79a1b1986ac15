//! Endpoints: whether each still has the model that it would be asked for.
//!
//! Enters: settings, and whether other machines may be asked. Leaves: findings. A server of this machine is always asked;
//! others only when the user wants it, for their key goes with the question. Never here: words, a question without a
//! permit.

use std::time::Duration;

use super::Finding;
use crate::{
    answer::dialect,
    egress::{Denial, Door, EgressError, ModelsRequest},
    flow::Remedy,
    mode::Network,
    policy::{self, Backend, Capability, DataClass, Endpoint, Permit, Question, Verdict},
    session::clock,
    settings::{EndpointSettings, Settings},
    units::TurnId,
};

/// How long one endpoint may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Asks each endpoint of the region that is set up; others than this machine only if `online`.
pub(super) fn models(settings: &Settings, online: bool) -> Vec<Finding> {
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return Vec::new(); // the other looks tell of a system that has nothing left to give
    };
    let mut asked = settings.ready_endpoints();
    asked.retain(|(endpoint, _)| online || endpoint.is_local());
    if asked.is_empty() {
        return Vec::new();
    }
    let door = match Network::of(settings).open() {
        Ok(door) => door,
        Err(error) => return vec![Finding::failed("endpoint_model", &error)],
    };
    runtime.block_on(async {
        let all = asked.into_iter().map(|(endpoint, setup)| one(&door, settings, endpoint, setup));
        futures_util::future::join_all(all).await.into_iter().flatten().collect()
    })
}

async fn one(
    door: &Door,
    settings: &Settings,
    endpoint: &Endpoint,
    setup: &EndpointSettings,
) -> Option<Finding> {
    let model = setup.model.as_deref().unwrap_or_else(|| endpoint.model());
    let looked = tokio::time::timeout(PATIENCE, look(door, settings, endpoint, setup, model)).await;
    let id = endpoint.id();
    let finding = match looked {
        // Not what policy allows: another finding tells of it.
        Ok(None) => return None,
        Ok(Some(Ok(()))) => Finding::ok("endpoint_model", format!("{id} has {model}")),
        Ok(Some(Err(Missing::Gone(models)))) => {
            let message = format!("{id} has no model {model}; it lists {models} others");
            let remedy = format!("name one of them as `model` under [endpoint.{id}]");
            Finding::problem("endpoint_model", message, remedy)
        }
        Ok(Some(Err(Missing::NotPulled))) => {
            let remedy =
                format!("run `ollama pull {model}`, or name another as `model` under [endpoint.{id}]");
            Finding::problem("endpoint_model", format!("{id} has no model {model}"), remedy)
        }
        Ok(Some(Err(Missing::Error(EgressError::Denied { denial: Denial::NotFound, .. })))) => {
            Finding::ok("endpoint_model", format!("{id} keeps no list of its models, or has no {model}"))
        }
        Ok(Some(Err(Missing::Error(error)))) => {
            Finding::warning("endpoint_model", error.to_string(), error.remedy())
        }
        Err(_) => {
            let message = format!("{id} did not say within {} s which models it has", PATIENCE.as_secs());
            Finding::warning("endpoint_model", message, "look whether its server works too much")
        }
    };
    Some(finding.with("endpoint", id.as_str()).with("model", model))
}

enum Missing {
    /// So many others are there.
    Gone(usize),
    /// Ollama would have to fetch it first.
    NotPulled,
    Error(EgressError),
}

async fn look(
    door: &Door,
    settings: &Settings,
    endpoint: &Endpoint,
    setup: &EndpointSettings,
    model: &str,
) -> Option<Result<(), Missing>> {
    let permit = || permit(settings, endpoint, setup);
    let key = setup.key.as_ref();
    if endpoint.backend() == Backend::Ollama {
        // Says both at once: whether it has the model, and whether it computes it itself.
        return Some(door.vouch(permit()?, key).await.map_err(|error| match error {
            EgressError::Denied { denial: Denial::NotFound, .. } => Missing::NotPulled,
            error => Missing::Error(error),
        }));
    }
    let dialect = dialect::of(endpoint.backend())?;
    let request = ModelsRequest { query: dialect.query(), headers: dialect.headers(), key };
    let models = match door.models(permit()?, request).await {
        Ok(models) => models,
        Err(error) => return Some(Err(Missing::Error(error))),
    };
    // llama.cpp answers with what it was started with, whatever name it is sent; an empty list tells nothing.
    let fine = models.is_empty()
        || endpoint.backend() == Backend::LlamaCpp
        || models.iter().any(|one| one.eq_ignore_ascii_case(model));
    Some(if fine { Ok(()) } else { Err(Missing::Gone(models.len())) })
}

fn permit(settings: &Settings, endpoint: &Endpoint, setup: &EndpointSettings) -> Option<Permit> {
    match policy::decide(&settings.rules, &question(settings, endpoint, setup, DataClass::ModelRequest)) {
        Verdict::Allow(permit) => Some(permit),
        Verdict::Refuse(_) => None,
    }
}

/// Whether `data` may go to `endpoint`, as it is set up.
pub(super) fn question(
    settings: &Settings,
    endpoint: &Endpoint,
    setup: &EndpointSettings,
    data: DataClass,
) -> Question {
    // What it is there for, where that is not to be talked with.
    let usual = endpoint.capabilities().first().copied().unwrap_or(Capability::Chat);
    let capability =
        if endpoint.capabilities().contains(&Capability::Chat) { Capability::Chat } else { usual };
    Question {
        turn: TurnId(0),
        region: settings.region.clone(),
        capability,
        endpoint: endpoint.id().clone(),
        url: setup.url.clone().unwrap_or_else(|| endpoint.url().clone()),
        model: setup.model.clone().unwrap_or_else(|| endpoint.model_for(capability).to_owned()),
        data,
        attested: setup.attested,
        month: clock::month(),
    }
}

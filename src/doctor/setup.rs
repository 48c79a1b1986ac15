//! Setup: the settings, the region, and who may be sent words.
//!
//! Enters: settings, or why there are none. Leaves: findings. Never here: a key's text, a request.

use std::{fs, path::Path};

use super::{Finding, endpoints::question};
use crate::{
    flow::Fault,
    policy::{self, DataClass, Endpoint, EndpointId, Region, Verdict},
    settings::{EndpointSettings, Settings, SettingsFile},
};

/// How it stands with the file, and with what stands in it.
pub(super) fn settings(file: Option<&SettingsFile>, wrong: Option<&Fault>) -> Finding {
    let place = file.map(|file| file.path.display().to_string()).unwrap_or_default();
    let finding = match wrong {
        Some(fault) => Finding::problem("settings", fault.message.clone(), fault.remedy.clone()),
        None if file.is_some_and(|file| file.path.is_file()) => {
            Finding::ok("settings", format!("{place} is in use"))
        }
        None => Finding::ok("settings", format!("the defaults are in use; there is no {place}")),
    };
    finding.with("file", place)
}

/// The region, and what may leave this machine.
pub(super) fn region(settings: &Settings) -> Finding {
    let region = &settings.region;
    if let Some(fault) = &settings.wrong_rules {
        return Finding::problem("region", fault.message.clone(), fault.remedy.clone())
            .with("region", region.as_str());
    }
    let remedy = "say where you live: `region = \"EU\"`, \"CN\", \"US\" or a country code; then a language model \
                  approved there can be set up";
    let allowed: Vec<&str> = settings
        .endpoints
        .iter()
        .filter(|setup| unusable(settings, setup).is_none() && hears_words(settings, setup))
        .map(|setup| setup.id.as_str())
        .collect();
    let listed: Vec<&str> =
        policy::chat_order(&settings.rules, region).into_iter().map(EndpointId::as_str).collect();
    let told = settings.resolution.remedy.clone().filter(|_| !settings.declared_in.is_empty());
    let finding = if let Some(remedy) = told {
        let words = if allowed.is_empty() { "nobody".to_owned() } else { allowed.join(", ") };
        let message = format!("{region}: {}; words may go to {words}", settings.resolution.reason);
        Finding::warning("region", message, remedy)
    } else if !allowed.is_empty() {
        let message = format!("{region}: your voice stays here; words may go to {}", allowed.join(", "));
        Finding::ok("region", message)
    } else if *region == Region::offline() {
        Finding::warning(
            "region",
            "offline: nothing leaves this machine, and open questions stay unanswered",
            remedy,
        )
    } else {
        let message = format!("{region}: no words leave this machine, because no endpoint can be used");
        Finding::warning("region", message, format!("set up one of {}", listed.join(", ")))
    };
    finding.with("region", region.as_str()).with("endpoints", allowed)
}

fn hears_words(settings: &Settings, setup: &EndpointSettings) -> bool {
    let endpoint = settings.rules.endpoint(&EndpointId::from(setup.id.as_str()));
    endpoint.is_some_and(|endpoint| data_of(endpoint) == DataClass::Words)
}

/// Each endpoint that something was set for.
pub(super) fn endpoints(settings: &Settings) -> Vec<Finding> {
    let one = |setup: &EndpointSettings| {
        let finding = match unusable(settings, setup) {
            None if setup.key.is_some() => {
                Finding::ok("endpoint", format!("{}: the key is there (not tried)", setup.id))
            }
            None => Finding::ok("endpoint", format!("{}: is set up (not tried)", setup.id)),
            Some((message, remedy)) => {
                Finding::warning("endpoint", format!("{}: {message}", setup.id), remedy)
            }
        };
        finding.with("endpoint", setup.id.as_str()).with("key", setup.key.is_some())
    };
    settings.endpoints.iter().map(one).collect()
}

/// A kept key that cannot be used; the line says why and what to do.
pub(super) fn key_not_used(line: String) -> Finding {
    Finding::warning("key", line, "`mynah key list` shows every key that is found")
}

/// What leaves for `endpoint`.
fn data_of(endpoint: &Endpoint) -> DataClass {
    let words = endpoint.capabilities().iter().any(|what| what.data() == DataClass::Words);
    if words { DataClass::Words } else { DataClass::Query }
}

/// Why nothing may go to `setup`'s endpoint, and what to do.
fn unusable(settings: &Settings, setup: &EndpointSettings) -> Option<(String, String)> {
    let id = EndpointId::from(setup.id.as_str());
    let Some(endpoint) = settings.rules.endpoint(&id) else {
        return Some(("the rules know no such endpoint".into(), "remove it from the settings".into()));
    };
    if !setup.is_enough_for(endpoint) {
        let remedy =
            format!("run `mynah key set {id}`, set {}, or name a file under key_file", id.key_variable());
        return Some(("there is no key".into(), remedy));
    }
    match policy::decide(&settings.rules, &question(settings, endpoint, setup, data_of(endpoint))) {
        Verdict::Allow(_) => None,
        Verdict::Refuse(refusal) => Some((refusal.reason, refusal.remedy)),
    }
}

/// The file that a systemd service reads keys from; nothing where there is none.
pub(super) fn environment_file(file: &Path) -> Option<Finding> {
    let about = fs::metadata(file).ok()?;
    let place = file.display();
    #[cfg(unix)]
    let mode = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o777;
    #[cfg(not(unix))]
    let mode = if about.is_file() { 0o600 } else { 0o700 };
    Some(if mode & 0o077 == 0 {
        Finding::ok("environment_file", format!("{place} is for you alone (mode {mode:03o})"))
    } else {
        let message = format!("others may read {place}, where keys lie (mode {mode:03o})");
        Finding::problem("environment_file", message, format!("run `chmod 600 {place}`"))
    })
}

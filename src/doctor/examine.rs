//! Examine: all looks, beside one another, within one time.
//!
//! Enters: an [`Examination`]. Leaves: a [`Report`], in the order in which a person would ask.

use std::{path::PathBuf, sync::Arc};

use super::{
    Finding, Report,
    beside::{Beside, unfinished},
    endpoints, kept, model, phrases, places, running, service, setup, sound, voice, wake,
};
use crate::{
    flow::{Fault, Remedy},
    key::Desktop,
    mode::{store_opener, store_path, voice_options},
    service::{Manager, ServiceOptions},
    session::clock::Clock,
    settings::{self, Settings, SettingsFile},
};

/// After so many ms the report is given, whatever hangs.
pub const LONGEST_MS: u64 = 6_000;

/// After so many ms nothing more is waited for.
const UNTIL_MS: u64 = 5_700;

/// What is to be looked at.
#[derive(Debug)]
pub struct Examination {
    /// The settings in force, or why there are none; the rest is then looked at by the defaults.
    pub settings: Result<Settings, Fault>,
    /// The settings file.
    pub file: Option<SettingsFile>,
    /// The file a systemd service reads keys from.
    pub environment_file: Option<PathBuf>,
    /// What an installation of the service would write; `None` where there is no service manager.
    pub service: Option<(Manager, ServiceOptions)>,
    /// What is known of the desktop.
    pub desktop: Desktop,
    /// Whether a tone may be played.
    pub tone: bool,
    /// Whether other machines may be asked which models they have.
    pub online: bool,
    /// Since when the time runs.
    pub clock: Clock,
}

/// Looks at everything.
#[must_use]
pub fn examine(examination: Examination) -> Report {
    let Examination { settings, file, environment_file, service, desktop, tone, online, clock } = examination;
    let mut findings = vec![setup::settings(file.as_ref(), settings.as_ref().err())];
    let valid = settings.is_ok();
    let mut settings = match settings.or_else(|_| settings::shipped()) {
        Ok(settings) => settings,
        Err(error) => {
            findings.push(Finding::problem("settings", error.to_string(), error.remedy()));
            return Report::of(findings);
        }
    };
    let unusable = settings.find_stored_keys();
    let options = voice_options(&settings);
    let language = settings.language.clone();
    let voices = Beside::start("doctor voice", move || voice::voices(&options, language.as_ref()));
    let settings = Arc::new(settings);
    let spoken = Arc::clone(&settings);
    let waking = Beside::start("doctor wake", move || wake::wake(&spoken));
    let asking = Arc::clone(&settings);
    let models = valid.then(|| Beside::start("doctor endpoints", move || endpoints::models(&asking, online)));
    let (socket, key) = (settings.socket.clone(), settings.hotkey.clone());
    let running = Beside::start("doctor running", move || {
        let (socket, daemon) = running::socket(&socket);
        let hotkey = running::hotkey(key.as_deref(), &desktop, daemon);
        vec![hotkey, socket]
    });
    let installed = service.map(|(manager, options)| {
        Beside::start("doctor service", move || service::service(manager, &options))
    });
    let (at, mut open) = (store_path(&settings), store_opener(&settings, false));
    let keeps = Beside::start("doctor kept", move || vec![kept::kept(&at, &mut open)]);
    let path = settings.ledger.clone();
    let written = Beside::start("doctor places", move || {
        places::disk(&path).into_iter().chain([places::ledger(&path)]).collect::<Vec<_>>()
    });
    let (chosen, listed) = model::Wanted::of(&settings).chosen();
    let unverified = chosen.clone();
    let model = listed.map(|model| Beside::start("doctor model", move || model::verified(chosen, &model)));

    if valid {
        findings.push(setup::region(&settings));
        findings.extend(setup::endpoints(&settings));
        findings.extend(unusable.into_iter().map(setup::key_not_used));
        findings.extend(phrases::phrases(&settings));
    }
    findings.extend(environment_file.and_then(|file| setup::environment_file(&file)));
    // The one look that takes its time anyway; the others end meanwhile.
    let heard = sound::sound(&sound::Wanted::of(&settings), tone, &clock, UNTIL_MS);
    let model = model.and_then(|model| model.found(&clock, UNTIL_MS));
    findings.push(model.unwrap_or_else(|| unverified.with("checksum", "not compared in time")));
    let late = |check, message| vec![unfinished(check, message)];
    findings.extend(
        waking
            .found(&clock, UNTIL_MS)
            .unwrap_or_else(|| late("wake_phrase", "the speech model could not be looked into in time")),
    );
    findings.extend(
        voices
            .found(&clock, UNTIL_MS)
            .unwrap_or_else(|| late("voice", "the speech programs did not end in time")),
    );
    findings.extend(heard);
    findings.extend(
        running
            .found(&clock, UNTIL_MS)
            .unwrap_or_else(|| late("control_socket", "the socket or the desktop did not answer in time")),
    );
    if let Some(models) = models {
        findings.extend(
            models
                .found(&clock, UNTIL_MS)
                .unwrap_or_else(|| late("endpoint_model", "the endpoints did not answer in time")),
        );
    }
    if let Some(installed) = installed {
        let found = installed.found(&clock, UNTIL_MS);
        findings.push(
            found.unwrap_or_else(|| unfinished("service", "the service manager did not answer in time")),
        );
    }
    findings.extend(
        keeps
            .found(&clock, UNTIL_MS)
            .unwrap_or_else(|| late("store", "what is kept could not be looked at in time")),
    );
    findings.extend(
        written
            .found(&clock, UNTIL_MS)
            .unwrap_or_else(|| late("ledger", "the disk of the ledger does not answer")),
    );
    Report::of(findings)
}

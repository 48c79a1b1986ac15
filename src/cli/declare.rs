//! `mynah region set`: where the user lives, on record.
//!
//! Enters: a region, a yes. Leaves: the settings file, a line in the ledger where more may leave than before, a running
//! Mynah that knows. Never here: a less strict region without the user's yes and its record.

use std::{
    io::{self, BufRead, IsTerminal, Write},
    path::Path,
    sync::Arc,
    time::Duration,
};

use super::{ANSWERED, Console, SOME_FAILED, region::SetArgs};
use crate::{
    flow::Fault,
    mode::{Declaration, Network},
    policy::{self, Inputs, Rules, place::is_country, survey::gained},
    serve::{Client, Wanted},
    service::{self, Manager},
    session::Command,
    settings::{self, Settings, environment},
};

/// How long the running Mynah may take to load its model anew.
const PATIENCE: Duration = Duration::from_secs(60);

/// Declares where the user lives.
///
/// # Errors
/// The settings cannot be used or written, the region is unknown, or the user did not confirm.
pub(super) fn run(args: &SetArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let mut settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    let overrides =
        ["MYNAH_REGION", "MYNAH_TRAVELLING"].into_iter().find(|it| environment::variable(it).is_some());
    if let Some(name) = overrides {
        let message = format!("{name} is set, and stronger than the settings file");
        return Err(usage(message, format!("unset {name}, and say it again")));
    }
    let file = settings::file(config).ok_or_else(|| {
        usage(
            "no home directory is known for the settings file".into(),
            "set HOME, or name it with --config".into(),
        )
    })?;
    let before = settings.region.clone();
    let spelt = spelt(&settings, &args.region)?;
    let mut rules = Rules::clone(&settings.rules);
    settings.inputs = Inputs {
        home: Some(spelt.clone()),
        travelling: args.travelling,
        unserved: Vec::new(),
        ..settings.inputs.clone()
    };
    rules.unserved(&settings.inputs.unserved);
    if settings.wrong_rules.is_none() {
        settings.resolution = policy::resolve(&rules, &settings.inputs);
    }
    settings.region = settings.resolution.region.clone();
    settings.rules = Arc::new(rules);
    settings.declared_in = "mynah region set".to_owned();
    let more = gained(&settings.rules, &settings.region, &before);
    if !more.is_empty() {
        let ids: Vec<String> = more.iter().map(|(what, id)| format!("{id} ({})", what.name())).collect();
        let question = format!("{before} to {}: {} may be asked then", settings.region, ids.join(", "));
        confirmed(args.yes, &question)?;
    }
    let declaration = Declaration::of(&settings);
    if more.is_empty() {
        declaration.tightened();
    } else {
        let ledger = Network::of(&settings).ledger();
        ledger
            .and_then(|ledger| declaration.record(&ledger, &before))
            .map_err(|error| Fault::from(&error))?;
    }
    settings::declare(&file.path, &spelt, args.travelling).map_err(|error| Fault::from(&error))?;
    declaration.forget_refusals().ok();
    stale_service(&settings, config);
    tell(&settings, &file.path)
}

/// Tells where the background service was written for other rules: an offline one has no network.
fn stale_service(settings: &Settings, config: Option<&Path>) {
    let Ok(manager) = Manager::here() else { return };
    let Ok(options) = super::service::options(manager, config, Some(settings)) else { return };
    if service::state(manager, &options).is_ok_and(|state| state.installed && !state.current) {
        Console::new(false)
            .note("the background service was made for other settings: run `mynah service install` again");
    }
}

/// Says what holds now, here and in the running Mynah.
fn tell(settings: &Settings, file: &Path) -> Result<u8, Fault> {
    let resolution = &settings.resolution;
    let mut text = format!("{}: {}", resolution.region, resolution.reason);
    if let Some(remedy) = &resolution.remedy {
        text.push_str(&format!("\n  what to do   {remedy}"));
    }
    text.push_str(&format!("\n  declared in  {}", file.display()));
    super::region::print(&text)?;
    let console = Console::new(false);
    match running(&settings.socket) {
        None => {}
        Some(Ok(region)) if region == resolution.region.as_str() => {
            console.note(&format!("the running Mynah is in {region} now"));
        }
        Some(Ok(region)) => {
            console
                .note(&format!("the running Mynah stays in {region}: what it was started with is stronger"));
            return Ok(SOME_FAILED);
        }
        Some(Err(fault)) => {
            console.fault(&fault);
            return Ok(SOME_FAILED);
        }
    }
    Ok(ANSWERED)
}

/// Lets the running Mynah read its settings anew, and asks for its region then; `None` where none runs.
fn running(socket: &Path) -> Option<Result<String, Fault>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
    runtime.block_on(async {
        let mut client = Client::connect(socket).await.ok()?;
        let answers = async {
            let reload = client.ask(&Wanted::Command(Command::Reload), Some(PATIENCE)).await;
            if let Some(fault) = reload.map_err(|error| Fault::from(&error))?.fault() {
                return Err(fault);
            }
            let status = client.ask(&Wanted::Command(Command::Status), Some(PATIENCE)).await;
            let status = status.map_err(|error| Fault::from(&error))?;
            let region = status.fields.pointer("/status/region").and_then(serde_json::Value::as_str);
            Ok(region.unwrap_or_default().to_owned())
        };
        Some(answers.await)
    })
}

/// `said` as it is written down: a region's id, or a country in capitals. One that no region lists is told at once.
fn spelt(settings: &Settings, said: &str) -> Result<String, Fault> {
    match settings.rules.region(said) {
        Ok(_) => Ok(said.trim().to_ascii_uppercase()),
        Err(error) if is_country(said.trim()) => {
            let code = said.trim().to_ascii_uppercase();
            Err(usage(format!("no region of the rules lists {code}"), format!("{}; or OFFLINE", error)))
        }
        Err(error) => Err(Fault::from(&error)),
    }
}

/// Asks on the terminal, unless `yes` was said already.
fn confirmed(yes: bool, question: &str) -> Result<(), Fault> {
    let refused = |message: String| Fault {
        kind: "unconfirmed",
        message,
        remedy: "say it again with --yes, if that is what you want".into(),
    };
    if yes {
        return Ok(());
    }
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Err(refused(format!("more may leave this machine than before: {question}")));
    }
    let mut answer = String::new();
    write!(io::stderr().lock(), "mynah: {question}. Do you want that? [y/N] ")
        .and_then(|()| io::stdin().lock().read_line(&mut answer))
        .map_err(|error| refused(error.to_string()))?;
    if matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes") {
        Ok(())
    } else {
        Err(refused("nothing was changed".into()))
    }
}

fn usage(message: String, remedy: String) -> Fault {
    Fault { kind: "usage", message, remedy }
}

//! `mynah service`: installs, removes, and tells of the background service.
//!
//! Enters: arguments. Leaves: what was done, a line each, on standard output. Never here: a change that a dry run did not
//! show.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};

use super::{ANSWERED, Console, SOME_FAILED};
use crate::{
    flow::Fault,
    policy::Region,
    service::{self, Done, Manager, ServiceError, ServiceOptions, ServiceState, Step},
    settings::{self, Settings, ToolNetwork, ToolServer, environment},
};

/// Run Mynah in the background from log-in on.
#[derive(Debug, Args)]
#[command(after_help = "Example: mynah service install --dry-run")]
pub struct ServiceArgs {
    /// What to do
    #[command(subcommand)]
    pub command: ServiceCommand,
}

/// What to do with the service.
#[derive(Debug, Subcommand)]
pub enum ServiceCommand {
    /// Install and start it; again after an upgrade or a change of region
    #[command(after_help = "Example: mynah service install --dry-run\n\n\
        Linux: a systemd user unit in ~/.config/systemd/user. macOS: a launchd agent, and Mynah.app in ~/Applications, \
        which macOS asks for the microphone.\n\
        Keys of endpoints that stand in your shell's variables are not seen by a service: put them into ~/.config/mynah/environment (Linux), or name files with key_file in the settings.")]
    Install {
        /// Show what would be written and run, and do nothing
        #[arg(long, alias = "print")]
        dry_run: bool,
    },
    /// Stop and remove it; settings, models and records stay
    #[command(after_help = "Example: mynah service uninstall")]
    Uninstall {
        /// Show what would be removed and run, and do nothing
        #[arg(long, alias = "print")]
        dry_run: bool,
    },
    /// Tell whether it is installed and runs; exit code 1 where it does not run
    #[command(after_help = "Example: mynah service status")]
    Status,
}

/// Carries out `mynah service`.
///
/// # Errors
/// The settings cannot be used, this system has no manager known here, or the service's file is somebody else's.
pub fn run(args: &ServiceArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let console = Console::new(false);
    let fault = |error: ServiceError| Fault::from(&error);
    let manager = Manager::here().map_err(fault)?;
    match &args.command {
        ServiceCommand::Install { dry_run } => {
            // A service with wrong settings would only fail later, and out of sight.
            let settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
            let options = options(manager, config, Some(&settings))?;
            unseen(manager, &options, &console);
            let steps = service::install(manager, &options).map_err(fault)?;
            follow(&steps, *dry_run, &console)
        }
        ServiceCommand::Uninstall { dry_run } => {
            let steps = service::uninstall(manager, &options(manager, config, None)?).map_err(fault)?;
            if steps.is_empty() {
                tell(&console, "the service is not installed; there is nothing to remove")?;
            }
            follow(&steps, *dry_run, &console)
        }
        ServiceCommand::Status => {
            let settings = settings::load(config, &[]).ok();
            let options = options(manager, config, settings.as_ref())?;
            let state = service::state(manager, &options).map_err(fault)?;
            for line in lines(&state) {
                tell(&console, &line)?;
            }
            Ok(if state.active == "active" { ANSWERED } else { SOME_FAILED })
        }
    }
}

/// What the service is made from; without settings only what says where it lies.
///
/// # Errors
/// No home directory, or no path of the binary.
pub(super) fn options(
    manager: Manager,
    config: Option<&Path>,
    settings: Option<&Settings>,
) -> Result<ServiceOptions, Fault> {
    let folders = settings::folders().ok_or_else(|| Fault::from(&ServiceError::NoHome))?;
    let absolute = |path: PathBuf| std::path::absolute(&path).unwrap_or(path);
    let unknown = |error: io::Error| Fault {
        kind: "system",
        message: format!("could not learn where this program lies: {error}"),
        remedy: "call mynah by its full path".into(),
    };
    let written = |settings: &Settings| {
        let above = |path: &Path| path.parent().map(Path::to_owned);
        let mut folders: Vec<PathBuf> = [above(&settings.ledger), Some(settings.wake_samples.clone())]
            .into_iter()
            .chain([above(&settings.socket)])
            .flatten()
            .map(absolute)
            .collect();
        folders.sort();
        folders.dedup();
        folders
    };
    Ok(ServiceOptions {
        program: std::env::current_exe().map_err(unknown)?,
        config: settings::file(config).filter(|file| file.named).map(|file| absolute(file.path)),
        home: folders.home,
        config_home: folders.config,
        writable: settings.map(written).unwrap_or_default(),
        without_network: settings
            .is_some_and(|settings| settings.region == Region::offline() && settings.endpoints.is_empty()),
        graphical: service::graphical(manager),
        namespaces: service::namespaces(),
        tool_servers: settings
            .is_some_and(|settings| settings.tool_servers.iter().any(ToolServer::is_program)),
        listed_hosts: settings.is_some_and(|settings| {
            let listed = |server: &ToolServer| matches!(server.network(), Some(ToolNetwork::Hosts(_)));
            settings.tool_servers.iter().any(listed)
        }),
    })
}

/// Tells of variables that Mynah sees in this shell and would not see as a service.
fn unseen(manager: Manager, options: &ServiceOptions, console: &Console) {
    let file = options.config_home.join("mynah/environment");
    let written = fs::read_to_string(&file).unwrap_or_default();
    let missing: Vec<String> = environment::names()
        .into_iter()
        .filter(|name| !written.lines().any(|line| line.trim_start().starts_with(&format!("{name}="))))
        .collect();
    if missing.is_empty() {
        return;
    }
    let remedy = match manager {
        Manager::Systemd => format!("write them into {} (chmod 600)", file.display()),
        Manager::Launchd => "set them in the settings file, keys by key_file".to_owned(),
    };
    console.note(&format!("the service will not see {} of this shell: {remedy}", missing.join(", ")));
}

fn follow(steps: &[Step], dry_run: bool, console: &Console) -> Result<u8, Fault> {
    let mut left = steps.iter();
    while let Some(step) = left.next() {
        if dry_run {
            tell(console, &format!("would {step}"))?;
            if let Step::Write { text, .. } = step {
                text.lines().try_for_each(|line| tell(console, &format!("    {line}")))?;
            }
            continue;
        }
        match service::carry_out(step) {
            Ok(Done::Changed) => tell(console, &format!("done: {step}"))?,
            Ok(Done::AsItWas) => tell(console, &format!("nothing to do: {step}"))?,
            Err(error) => {
                console.fault(&Fault::from(&error));
                left.try_for_each(|step| tell(console, &format!("not done: {step}")))?;
                return Ok(SOME_FAILED);
            }
        }
    }
    Ok(ANSWERED)
}

fn lines(state: &ServiceState) -> Vec<String> {
    let mut lines = vec![match (state.installed, state.current) {
        (true, true) => format!("installed: {}", state.file.display()),
        (true, false) => format!(
            "installed: {}, by another version or other settings; `mynah service install` brings it up to date",
            state.file.display()
        ),
        (false, _) => format!("not installed: there is no {}", state.file.display()),
    }];
    if let Some(why) = &state.unasked {
        lines.push(format!("whether it runs is not known: {why}"));
    } else if state.installed {
        lines.push(format!("at log-in: {}", state.enabled));
        let since = if state.since.is_empty() { String::new() } else { format!(", since {}", state.since) };
        lines.push(format!("runs: {}{since}", state.active));
        if !state.status.is_empty() {
            lines.push(format!("last told: {}", state.status));
        }
        lines.push(format!("log: {}", state.log));
    }
    lines
}

fn tell(console: &Console, line: &str) -> Result<(), Fault> {
    match console.answer(line) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(super::unwritable(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

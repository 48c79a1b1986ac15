//! Service: Mynah under the system's service manager.
//!
//! Enters: where the binary lies, what the settings say. Leaves: a systemd user unit or a launchd agent, installed, removed
//! or told of; and to a running manager, that Mynah is ready and alive. Runs on the caller's thread. Never here: root, a
//! file that is not Mynah's own overwritten or removed, a word of the user's in a status line.
//!
//! What is to be done is a list of [`Step`]s, made without touching anything: a dry run prints it, an installation carries
//! it out.

use std::path::PathBuf;

use crate::flow::Remedy;

mod launchd;
mod notify;
mod state;
mod steps;
mod surroundings;
mod systemd;
mod unit;

pub use notify::Notifier;
pub use state::{ServiceState, state};
pub use steps::{Done, Step, carry_out};
pub use surroundings::{graphical, namespaces};

/// Which service manager, and its form of a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manager {
    /// systemd's manager for one user (Linux).
    Systemd,
    /// launchd's agents (macOS).
    Launchd,
}

impl Manager {
    /// The one of this system.
    ///
    /// # Errors
    /// [`ServiceError::NoManager`] where there is none that Mynah knows.
    pub const fn here() -> Result<Self, ServiceError> {
        if cfg!(target_os = "linux") {
            Ok(Self::Systemd)
        } else if cfg!(target_os = "macos") {
            Ok(Self::Launchd)
        } else {
            Err(ServiceError::NoManager)
        }
    }
}

/// What the service is made from.
#[derive(Debug, Clone)]
pub struct ServiceOptions {
    /// The binary, an absolute path.
    pub program: PathBuf,
    /// The settings file to name, an absolute path; `None` for the usual one.
    pub config: Option<PathBuf>,
    /// The user's home.
    pub home: PathBuf,
    /// The user's configuration directory (`~/.config` on Linux).
    pub config_home: PathBuf,
    /// Folders the daemon writes to; made if need be.
    pub writable: Vec<PathBuf>,
    /// Whether no packet need leave: no endpoint is set up and the region is offline.
    pub without_network: bool,
    /// Whether the desktop tells systemd of its session.
    pub graphical: bool,
    /// Whether the kernel lets a user have namespaces.
    pub namespaces: bool,
    /// Whether the user has servers of tools: programs of others that want a fence made of namespaces, and that may compile
    /// while they run.
    pub tool_servers: bool,
    /// Whether one of them may reach some hosts: its fence then has a network of its own inside, which is set up.
    pub listed_hosts: bool,
}

/// The steps that install the service, or bring an installed one up to date.
///
/// # Errors
/// [`ServiceError::NotOurs`], [`ServiceError::Unwritable`] for a path that cannot stand in a unit.
pub fn install(manager: Manager, options: &ServiceOptions) -> Result<Vec<Step>, ServiceError> {
    match manager {
        Manager::Systemd => systemd::install(options),
        Manager::Launchd => launchd::install(options),
    }
}

/// The steps that take the service away again; none where it is not installed.
///
/// # Errors
/// [`ServiceError::NotOurs`].
pub fn uninstall(manager: Manager, options: &ServiceOptions) -> Result<Vec<Step>, ServiceError> {
    match manager {
        Manager::Systemd => systemd::uninstall(options),
        Manager::Launchd => launchd::uninstall(options),
    }
}

/// Why the service could not be managed.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Neither systemd nor launchd.
    #[error("Mynah knows no service manager of this system")]
    NoManager,
    /// The user's home is not known.
    #[error("no home directory is known")]
    NoHome,
    /// Somebody else's file has the service's name.
    #[error("{} was not written by Mynah", .path.display())]
    NotOurs {
        /// The file.
        path: PathBuf,
    },
    /// A path that no unit can name.
    #[error("{} cannot be named in a service: {why}", .path.display())]
    BadPath {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file could not be written, copied or removed.
    #[error("{} could not be changed: {cause}", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// A command of the service manager is not installed.
    #[error("{command} is not installed here")]
    NoCommand {
        /// The whole command line.
        command: String,
    },
    /// A command of the service manager failed.
    #[error("`{command}` failed: {why}")]
    CommandFailed {
        /// The whole command line.
        command: String,
        /// What it said.
        why: String,
    },
}

impl Remedy for ServiceError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NoManager => "no_service_manager",
            Self::NoHome => "no_home",
            Self::NotOurs { .. } => "service_not_ours",
            Self::BadPath { .. } => "service_bad_path",
            Self::Unwritable { .. } => "service_unwritable",
            Self::NoCommand { .. } => "no_service_command",
            Self::CommandFailed { .. } => "service_command_failed",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoManager => {
                "start `mynah run` by other means, such as the task scheduler at log-on on Windows".into()
            }
            Self::NoHome => "set HOME to your home directory".into(),
            Self::NotOurs { path } => format!("move {} away, then run the command again", path.display()),
            Self::BadPath { .. } => {
                "move it to a path of plain characters, then run the command again".into()
            }
            Self::Unwritable { path, .. } => {
                format!("check that you may write {} and that its disk has room", path.display())
            }
            Self::NoCommand { command } => {
                format!("where your service manager runs, run `{command}` by hand; the files are in place")
            }
            Self::CommandFailed { command, .. } => {
                format!(
                    "run `{command}` by hand in a session of your own (not through sudo or su) and see what it says"
                )
            }
        }
    }
}

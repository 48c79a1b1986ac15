//! State: how the service stands.
//!
//! Enters: files and what the service manager says. Leaves: a [`ServiceState`]. Never here: a change of anything.

use std::{collections::HashMap, fs, path::PathBuf, time::Duration};

use super::{
    Manager, ServiceError, ServiceOptions, launchd,
    steps::{ask, command},
    systemd, unit,
};

/// How long the manager may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// How the service stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceState {
    /// The unit or property list.
    pub file: PathBuf,
    /// Whether it is there.
    pub installed: bool,
    /// Whether it is what an installation would write now.
    pub current: bool,
    /// Whether it starts by itself ("enabled", "disabled"); empty where nobody says.
    pub enabled: String,
    /// Whether it runs ("active", "failed", "inactive"); empty where nobody says.
    pub active: String,
    /// Since when, as the manager writes it; empty where nobody says.
    pub since: String,
    /// What the daemon last told the manager, with its number of restarts; empty where nobody says.
    pub status: String,
    /// Where its log is read.
    pub log: String,
    /// Why the manager could not be asked.
    pub unasked: Option<String>,
}

/// How the service made from `options` stands.
///
/// # Errors
/// [`ServiceError::NotOurs`]: somebody else's file has its name; [`ServiceError::BadPath`].
pub fn state(manager: Manager, options: &ServiceOptions) -> Result<ServiceState, ServiceError> {
    match manager {
        Manager::Systemd => {
            let file = systemd::file(options);
            let installed = systemd::ours(&file)?;
            let current = installed
                && fs::read_to_string(&file).is_ok_and(|text| Ok(text) == unit::unit(options).map_err(drop));
            let keys =
                "--property=ActiveState,SubState,UnitFileState,ActiveEnterTimestamp,StatusText,NRestarts";
            let asked = ask(&command(&["systemctl", "--user", "show", systemd::UNIT, keys]), PATIENCE);
            let log = format!("journalctl --user --unit {}", systemd::UNIT);
            Ok(from_systemd(ServiceState { file, installed, current, log, ..blank() }, asked))
        }
        Manager::Launchd => {
            let file = launchd::file(options);
            let installed = launchd::ours(&file)?;
            let asked = ask(&command(&["launchctl", "print", &launchd::target(options)]), PATIENCE);
            let log = launchd::log(options).display().to_string();
            Ok(from_launchd(ServiceState { file, installed, current: installed, log, ..blank() }, asked))
        }
    }
}

const fn blank() -> ServiceState {
    ServiceState {
        file: PathBuf::new(),
        installed: false,
        current: false,
        enabled: String::new(),
        active: String::new(),
        since: String::new(),
        status: String::new(),
        log: String::new(),
        unasked: None,
    }
}

fn from_systemd(mut state: ServiceState, asked: Result<String, ServiceError>) -> ServiceState {
    let said = match asked {
        Ok(said) => said,
        Err(error) => {
            state.unasked = Some(error.to_string());
            return state;
        }
    };
    let pairs: HashMap<&str, &str> = said.lines().filter_map(|line| line.split_once('=')).collect();
    let value = |key: &str| pairs.get(key).copied().unwrap_or_default().to_owned();
    state.enabled = value("UnitFileState");
    state.active = value("ActiveState");
    state.since = value("ActiveEnterTimestamp");
    state.status = value("StatusText");
    let restarts = value("NRestarts");
    if !matches!(restarts.as_str(), "" | "0") {
        let gap = if state.status.is_empty() { "" } else { "; " };
        state.status.push_str(&format!("{gap}restarted {restarts} times"));
    }
    state
}

fn from_launchd(mut state: ServiceState, asked: Result<String, ServiceError>) -> ServiceState {
    match asked {
        Ok(said) => {
            let value = |key: &str| {
                said.lines()
                    .find_map(|line| line.trim().strip_prefix(key)?.strip_prefix(" = ").map(str::to_owned))
            };
            state.enabled = "enabled".to_owned();
            let running = value("state").is_some_and(|state| state == "running");
            state.active = if running { "active" } else { "inactive" }.to_owned();
            state.status =
                value("last exit code").map(|code| format!("last exit code {code}")).unwrap_or_default();
        }
        // launchctl knows only what is loaded.
        Err(ServiceError::CommandFailed { .. }) => state.active = "inactive".to_owned(),
        Err(error) => state.unasked = Some(error.to_string()),
    }
    state
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_systemd_says_is_read_by_its_keys() {
        let said = "ActiveState=active\nUnitFileState=enabled\nActiveEnterTimestamp=Sun 2026-11-22\nNRestarts=2\nStatusText=Listening";
        let state = from_systemd(blank(), Ok(said.to_owned()));
        assert_eq!(
            (state.enabled.as_str(), state.active.as_str(), state.since.as_str(), state.status.as_str()),
            ("enabled", "active", "Sun 2026-11-22", "Listening; restarted 2 times")
        );
        let gone = from_systemd(blank(), Err(ServiceError::NoCommand { command: "systemctl".into() }));
        assert!(gone.unasked.is_some() && gone.active.is_empty());
    }

    #[test]
    fn what_launchd_says_is_read_by_its_keys() {
        let said = "gui/501/local.mynah.assistant = {\n\tstate = running\n\tlast exit code = 0\n}";
        let state = from_launchd(blank(), Ok(said.to_owned()));
        assert_eq!((state.active.as_str(), state.status.as_str()), ("active", "last exit code 0"));
    }
}

//! Systemd: the service as a unit of the user's own manager.
//!
//! Enters: [`ServiceOptions`]. Leaves: steps. Never here: the system's manager, which would need root and has no sound.

use std::{fs, io::ErrorKind, path::PathBuf};

use super::{
    ServiceError, ServiceOptions, Step,
    steps::command,
    unit::{MARK, unit},
};

/// The unit's name.
pub(super) const UNIT: &str = "mynah.service";

/// Where the unit lies.
pub(super) fn file(options: &ServiceOptions) -> PathBuf {
    options.config_home.join("systemd/user").join(UNIT)
}

pub(super) fn install(options: &ServiceOptions) -> Result<Vec<Step>, ServiceError> {
    let path = file(options);
    ours(&path)?;
    let mut steps: Vec<Step> = options.writable.iter().cloned().map(Step::Folder).collect();
    steps.push(Step::Write { path, text: unit(options)? });
    steps.push(must(&["daemon-reload"]));
    // Enabled anew, so that a changed target takes the place of the old one.
    steps.push(must(&["reenable", UNIT]));
    // Restarted, so that an upgraded binary takes over; not waited for, because readiness is the first sample heard.
    steps.push(must(&["restart", "--no-block", UNIT]));
    Ok(steps)
}

pub(super) fn uninstall(options: &ServiceOptions) -> Result<Vec<Step>, ServiceError> {
    let path = file(options);
    if !ours(&path)? {
        return Ok(Vec::new());
    }
    Ok(vec![
        // Without a manager (a container, a rescue shell) there is nothing running to be stopped.
        may(&["disable", "--now", UNIT]),
        Step::Remove(path),
        may(&["daemon-reload"]),
        may(&["reset-failed", UNIT]),
    ])
}

/// Whether the unit is there; a unit that somebody else wrote is an error.
pub(super) fn ours(path: &std::path::Path) -> Result<bool, ServiceError> {
    match fs::read_to_string(path) {
        Ok(text) if text.starts_with(MARK) => Ok(true),
        Ok(_) => Err(ServiceError::NotOurs { path: path.to_owned() }),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(cause) => Err(ServiceError::Unwritable { path: path.to_owned(), cause }),
    }
}

fn systemctl(words: &[&str]) -> Vec<std::ffi::OsString> {
    command(&[&["systemctl", "--user"], words].concat())
}

fn must(words: &[&str]) -> Step {
    Step::Run { command: systemctl(words), must: true }
}

fn may(words: &[&str]) -> Step {
    Step::Run { command: systemctl(words), must: false }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::service::{steps::carry_out, unit::tests::options};

    #[test]
    fn what_is_installed_is_taken_away_whole_and_twice_is_as_good_as_once() {
        let home = tempfile::tempdir().unwrap();
        let options = options(home.path());
        assert_eq!(uninstall(&options).unwrap(), []);
        for _ in 0..2 {
            for step in install(&options).unwrap().iter().filter(|step| !matches!(step, Step::Run { .. })) {
                carry_out(step).unwrap();
            }
        }
        let file = home.path().join(".config/systemd/user/mynah.service");
        assert!(file.is_file() && home.path().join("state").is_dir());
        let told: Vec<String> = uninstall(&options).unwrap().iter().map(ToString::to_string).collect();
        assert_eq!(told[0], "run systemctl --user disable --now mynah.service");
        assert_eq!(told[1], format!("remove {}", file.display()));
    }

    #[test]
    fn a_unit_that_the_user_wrote_is_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let options = options(home.path());
        let path = file(&options);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "[Service]\nExecStart=/bin/mine\n").unwrap();
        assert!(matches!(install(&options), Err(ServiceError::NotOurs { .. })));
        assert!(matches!(uninstall(&options), Err(ServiceError::NotOurs { .. })));
    }
}

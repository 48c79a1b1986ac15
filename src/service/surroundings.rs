//! Surroundings: what of this machine decides how the service is made.
//!
//! Enters: the kernel's settings, the user's service manager. Leaves: answers. Never here: a change of anything.

use std::{fs, path::Path, time::Duration};

use super::{
    Manager,
    steps::{ask, command},
};

/// How long the manager may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// Whether the desktop tells systemd of its session. Those that do not never reach the target, and what waits for it
/// would never start.
#[must_use]
pub fn graphical(manager: Manager) -> bool {
    match manager {
        Manager::Systemd => {
            ask(&command(&["systemctl", "--user", "is-active", "graphical-session.target"]), PATIENCE).is_ok()
        }
        Manager::Launchd => true,
    }
}

/// Whether the kernel lets a user have namespaces, without which a user's service manager builds no walls round files.
#[must_use]
pub fn namespaces() -> bool {
    namespaces_by(Path::new("/proc/sys"))
}

fn namespaces_by(settings: &Path) -> bool {
    let number = |name: &str| fs::read_to_string(settings.join(name)).ok()?.trim().parse::<u64>().ok();
    // The second is Debian's own switch; where it is not, the first decides.
    number("user/max_user_namespaces").is_some_and(|most| most > 0)
        && number("kernel/unprivileged_userns_clone") != Some(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_switch_forbids_namespaces() {
        let dir = tempfile::tempdir().unwrap();
        let set = |name: &str, value: &str| {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, value).unwrap();
        };
        assert!(!namespaces_by(dir.path()));
        set("user/max_user_namespaces", "511\n");
        assert!(namespaces_by(dir.path()));
        set("kernel/unprivileged_userns_clone", "0\n");
        assert!(!namespaces_by(dir.path()));
        set("kernel/unprivileged_userns_clone", "1\n");
        assert!(namespaces_by(dir.path()));
        set("user/max_user_namespaces", "0\n");
        assert!(!namespaces_by(dir.path()));
    }
}

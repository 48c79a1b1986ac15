//! Service: how it stands with the background service.
//!
//! Enters: what an installation would write now. Leaves: a finding.

use super::Finding;
use crate::service::{Manager, ServiceOptions, ServiceState, state};

/// How the service stands.
pub(super) fn service(manager: Manager, options: &ServiceOptions) -> Finding {
    match state(manager, options) {
        Ok(state) => judged(&state),
        Err(error) => Finding::failed("service", &error),
    }
}

fn judged(state: &ServiceState) -> Finding {
    let again = "run `mynah service install` again";
    let file = state.file.display();
    let finding = if !state.installed {
        Finding::ok("service", "not installed; `mynah service install` starts Mynah at log-in from then on")
    } else if !state.current {
        let message = format!("{file} was made by another version, or for other settings or another region");
        Finding::warning("service", message, again)
    } else if let Some(why) = &state.unasked {
        Finding::warning("service", format!("installed; whether it runs is not known: {why}"), again)
    } else {
        match state.active.as_str() {
            "active" => Finding::ok("service", format!("runs since {}", state.since)),
            "failed" => Finding::problem("service", "it failed to start", format!("see why: {}", state.log)),
            "" | "inactive" => Finding::warning(
                "service",
                "installed, but it does not run",
                format!("{again}; its log: {}", state.log),
            ),
            other => Finding::warning("service", format!("it is {other}"), format!("its log: {}", state.log)),
        }
    };
    finding.with("installed", state.installed).with("active", state.active.as_str())
}

#[cfg(test)]
mod tests {
    use super::{super::Health, *};

    #[test]
    fn each_state_is_told_by_how_bad_it_is() {
        let state = |installed, current, active: &str| ServiceState {
            file: "mynah.service".into(),
            installed,
            current,
            enabled: String::new(),
            active: active.to_owned(),
            since: String::new(),
            status: String::new(),
            log: "journalctl".to_owned(),
            unasked: None,
        };
        let health = |state: ServiceState| judged(&state).health;
        assert_eq!(health(state(false, false, "")), Health::Ok);
        assert_eq!(health(state(true, true, "active")), Health::Ok);
        assert_eq!(health(state(true, false, "active")), Health::Warning);
        assert_eq!(health(state(true, true, "inactive")), Health::Warning);
        assert_eq!(health(state(true, true, "activating")), Health::Warning);
        assert_eq!(health(state(true, true, "failed")), Health::Problem);
    }
}

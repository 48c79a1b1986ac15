//! Running: whether a daemon runs, and by which way its hotkey would be heard.
//!
//! Enters: the socket's path, the hotkey, what is known of the desktop. Leaves: findings. Never here: a key taken from a
//! running daemon; a dialog of the desktop, which the portal opens when it is asked for a shortcut.

use std::{path::Path, time::Duration};

use super::Finding;
use crate::{
    flow::Remedy,
    key::{Desktop, HotKey},
    serve::{Client, ServeError, Wanted},
    session::Command,
};

/// How long a running daemon may take to answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// The longest path a socket may have: 108 bytes with its closing zero on Linux, 104 on macOS.
const LONGEST: usize = if cfg!(target_os = "linux") { 107 } else { 103 };

/// How it stands with the socket, and whether a daemon is behind it.
pub(super) fn socket(path: &Path) -> (Finding, bool) {
    let check = "control_socket";
    let length = path.as_os_str().len();
    if length > LONGEST {
        let message = format!("{} has {length} bytes; a socket's path may have {LONGEST}", path.display());
        return (Finding::problem(check, message, "name a shorter path under control.socket"), false);
    }
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            let message = format!("could not start the runtime: {error}");
            return (Finding::problem(check, message, "free what the system ran out of"), false);
        }
    };
    let asked = runtime.block_on(async {
        let mut client = Client::connect(path).await?;
        client.ask(&Wanted::Command(Command::Status), Some(PATIENCE)).await
    });
    match asked {
        Ok(answer) => {
            let told = |name: &str| {
                answer.fields.pointer(&format!("/status/{name}")).or_else(|| answer.fields.get(name)).cloned()
            };
            let pid = told("pid").map(|pid| format!(" (process {pid})")).unwrap_or_default();
            let finding = Finding::ok(check, format!("a daemon runs{pid} and answers at {}", path.display()));
            (finding.with("running", true), true)
        }
        Err(ServeError::NotRunning { .. }) => {
            let message = format!("no daemon runs; its socket would be {}", path.display());
            (Finding::ok(check, message).with("running", false), false)
        }
        Err(error @ (ServeError::NoAnswer { .. } | ServeError::HungUp | ServeError::Garbled)) => {
            (Finding::problem(check, error.to_string(), error.remedy()).with("running", true), true)
        }
        Err(error) => (Finding::failed(check, &error), false),
    }
}

/// By which way the hotkey would be heard.
pub(super) fn hotkey(key: Option<&str>, desktop: &Desktop, daemon: bool) -> Finding {
    let check = "hotkey";
    let Some(text) = key else { return Finding::ok(check, "none is set").with("via", "none") };
    let parsed = match HotKey::parse(text) {
        Ok(parsed) => parsed,
        Err(error) => return Finding::failed(check, &error),
    };
    if !cfg!(target_os = "linux") {
        return Finding::ok(check, format!("{text} through the system (not tried)")).with("via", "system");
    }
    if daemon {
        return Finding::ok(check, format!("{text} is the running daemon's; `mynah events` tells of it"));
    }
    if desktop.wayland {
        return wayland(text, desktop.bus.is_some());
    }
    x11(text, parsed, desktop)
}

fn wayland(text: &str, bus: bool) -> Finding {
    if bus {
        let message =
            format!("{text} through the desktop portal, which asks you at the first start (not tried)");
        return Finding::ok("hotkey", message).with("via", "portal");
    }
    let message =
        "this is a Wayland session without a session bus, so there is no portal to ask for a hotkey";
    let remedy = "start Mynah inside the desktop session, or bind keys of your desktop to `mynah ptt press` and \
                  `mynah ptt release`";
    Finding::warning("hotkey", message, remedy).with("via", "none")
}

/// Takes the key for a moment, as the daemon would, and gives it back.
#[cfg(target_os = "linux")]
fn x11(text: &str, key: HotKey, desktop: &Desktop) -> Finding {
    use std::sync::mpsc::sync_channel;

    use super::beside::{Beside, unfinished};
    use crate::{
        key::{KeyEvent, KeyNews, Keys},
        session::clock::Clock,
    };

    let Ok((keys, stop)) = Keys::new(key, desktop.clone()) else {
        return unfinished("hotkey", "the system has no pipe left to give");
    };
    let (tell, told) = sync_channel(1);
    let running = Beside::start("doctor key", move || {
        keys.run(|event| {
            if let KeyEvent::News(news) = event {
                // Only the first is looked at.
                let _ = tell.try_send(news);
            }
        });
    });
    let news = told.recv_timeout(PATIENCE);
    drop(stop);
    // The key is given back before anything else is looked at.
    let _ = running.found(&Clock::new(), 500);
    match news {
        Ok(KeyNews::Ready { via, trigger }) => {
            Finding::ok("hotkey", format!("{trigger} is heard through {}", via.name())).with("via", "x11")
        }
        // Without a desktop (a server, a speaker in the kitchen) there is no key to press either.
        Ok(KeyNews::Unavailable(fault)) => {
            Finding::warning("hotkey", fault.message, fault.remedy).with("via", "none")
        }
        Err(_) => unfinished("hotkey", &format!("the display did not answer when asked for {text}")),
    }
}

#[cfg(not(target_os = "linux"))]
fn x11(text: &str, _key: HotKey, _desktop: &Desktop) -> Finding {
    Finding::ok("hotkey", format!("{text} (not tried)"))
}

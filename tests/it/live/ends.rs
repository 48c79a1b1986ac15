//! The end, by signal, in every state: soon, and with exit code 0.

use std::{sync::mpsc, time::Duration};

use super::{Daemon, Rig, rig::LONG};
use crate::support::server::{Server, Step};

/// More than the end takes in any state, and less than a service manager or a user waits.
const SOON: Duration = Duration::from_secs(2);

fn ends_well(daemon: Daemon, signal: &str, state: &str) {
    daemon.signal(signal);
    let (took, ran) = daemon.ended();
    assert_eq!(ran.code, Some(0), "{state}: {}", ran.stderr);
    assert!(took < SOON, "{state}: {took:?}");
    assert!(!ran.stderr.contains("broke at"), "{state}: {}", ran.stderr);
    for word in ["river", "sky"] {
        assert!(!ran.stderr.contains(word), "{state}: {}", ran.stderr);
    }
}

#[test]
fn live_signals_end_it_soon_in_every_state() {
    ends_well(Daemon::start(Rig::new("")), "TERM", "starting");
    ends_well(Daemon::asleep(Rig::new("")), "INT", "asleep");

    let mut daemon = Daemon::asleep(Rig::new(""));
    daemon.tell(&["ptt", "press"]);
    daemon.becomes("listening");
    ends_well(daemon, "TERM", "listening");

    let mut daemon = Daemon::asleep(Rig::new(""));
    let mut saying = daemon.begin(&["say", LONG]);
    daemon.becomes("speaking");
    ends_well(daemon, "TERM", "speaking");
    saying.wait().unwrap();

    let (told, asked) = mpsc::channel();
    let server = Server::start(vec![vec![Step::Request, Step::Tell(told), Step::Hang]]);
    let daemon = Daemon::asleep(Rig::new(&format!(
        "[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"",
        server.url()
    )));
    let mut asking = daemon.begin(&["ask", "--running", "why is the sky blue"]);
    asked.recv_timeout(super::SOON).unwrap();
    ends_well(daemon, "INT", "thinking");
    asking.wait().unwrap();

    let daemon = Daemon::asleep(Rig::new(""));
    daemon.tell(&["mute"]);
    daemon.until_it_is("muted");
    ends_well(daemon, "TERM", "muted");

    let mut daemon = Daemon::asleep(Rig::new(""));
    daemon.rig.pulse.kill();
    daemon.until_it_is("deaf");
    ends_well(daemon, "INT", "deaf");

    // A sound server that hangs answers nothing.
    let daemon = Daemon::asleep(Rig::new(""));
    daemon.rig.pulse.signal("STOP");
    ends_well(daemon, "TERM", "beside a server that hangs");
}

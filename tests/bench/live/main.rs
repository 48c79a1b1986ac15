//! The live daemon through a virtual microphone and loudspeaker, in real time: how soon it answers, what it costs while
//! nobody or somebody else speaks, how soon it is silent, and whether a busy machine costs it sound.
//!
//! `make bench`, or `PARTS=latency,idle,talk,barge,load MODEL=ggml-base.en.bin cargo bench --bench live`. `SECONDS`
//! sets how long `idle`, `talk` and `load` last, `ROUNDS` how many commands and interruptions of each kind there are,
//! `BINARY` names another build of Mynah to measure. All is measured outside the daemon: at the monitors of a private
//! PulseAudio, in `/proc`, on the control socket.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking, and its line is the report")]
#![expect(clippy::print_stdout, reason = "the table is what a benchmark is for")]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it drives a daemon from outside: programs, threads, clocks, and the control socket are its tools"
)]

mod barge;
mod clips;
mod cost;
mod daemon;
mod latency;
mod report;
mod rig;
mod room;

use std::{path::PathBuf, process::Command};

use daemon::Daemon;
use report::Report;
use rig::Rig;
use room::Room;

/// How much of everything there is to be.
pub(crate) struct Plan {
    pub(crate) rounds: usize,
    pub(crate) seconds: Option<u64>,
    pub(crate) model: Option<PathBuf>,
    pub(crate) binary: Option<String>,
    parts: Option<String>,
}

impl Plan {
    fn of_environment() -> Self {
        let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        // `cargo test` runs benches too, without this flag: one round shows that all works.
        let quick = !std::env::args().any(|arg| arg == "--bench");
        Self {
            rounds: text("ROUNDS").and_then(|value| value.parse().ok()).unwrap_or(if quick {
                1
            } else {
                usize::MAX
            }),
            seconds: text("SECONDS").and_then(|value| value.parse().ok()).or(quick.then_some(5)),
            model: text("MODEL").map(PathBuf::from),
            binary: text("BINARY"),
            parts: text("PARTS"),
        }
    }

    fn has(&self, part: &str) -> bool {
        self.parts.as_ref().is_none_or(|parts| parts.split(',').any(|one| one.trim() == part))
    }
}

fn main() {
    let plan = Plan::of_environment();
    for program in ["pulseaudio", "pactl", "parec", "pacat", "flite"] {
        let found = Command::new(program).arg("--version").output();
        if found.is_err() {
            println!("live: not run: {program} is missing (packages pulseaudio, pulseaudio-utils, flite)");
            return;
        }
    }
    let rig = Rig::start();
    let room = Room::open(&rig);
    let mut report = Report::new(&plan);
    // Each part has a daemon of its own, so that none inherits another's warmth.
    if plan.has("idle") {
        cost::idle(&Daemon::start(&rig, &plan, true), &rig, &plan, &mut report);
    }
    if plan.has("latency") {
        latency::measure(&mut Daemon::start(&rig, &plan, false), &room, &plan, &mut report);
    }
    if plan.has("barge") {
        barge::measure(&mut Daemon::start(&rig, &plan, false), &room, &plan, &mut report);
    }
    if plan.has("talk") {
        cost::talk(&mut Daemon::start(&rig, &plan, true), &room, &plan, &mut report);
    }
    if plan.has("load") {
        cost::load(&mut Daemon::start(&rig, &plan, true), &plan, &mut report);
    }
    report.print();
    report.write();
}

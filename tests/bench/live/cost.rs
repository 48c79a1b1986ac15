//! Cost: processor time and memory while nobody speaks and while somebody else does, and sound lost on a busy machine.

use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};

use super::{
    Plan,
    clips::{self, TALK},
    daemon::Daemon,
    report::{Cost, Load, Report},
    rig::Rig,
    room::Room,
};
use mynah::units::length_f64;

/// Seconds of a clock tick in `/proc`, as on every Linux there is.
const TICK: f64 = 0.01;

/// Samples of one level event.
const LEVEL_S: f64 = 0.096;

pub(crate) fn idle(daemon: &Daemon, rig: &Rig, plan: &Plan, report: &mut Report) {
    std::thread::sleep(Duration::from_secs(4));
    let (daemon_s, server_s, begun) = (cpu(daemon.pid()), cpu(rig.pid()), Instant::now());
    std::thread::sleep(Duration::from_secs(plan.seconds.unwrap_or(60)));
    let wall = begun.elapsed().as_secs_f64();
    let (daemon_s, server_s) = (cpu(daemon.pid()) - daemon_s, cpu(rig.pid()) - server_s);
    report.idle = Some(Cost { share: daemon_s / wall, seconds: wall, rss: rss(daemon.pid()), woken: 0 });
    println!(
        "idle: {:.2} % of a core (the sound server beside it {:.2} %), {:.1} MB resident, {} outputs open",
        daemon_s / wall * 100.0,
        server_s / wall * 100.0,
        rss(daemon.pid()),
        rig.outputs(),
    );
}

pub(crate) fn talk(daemon: &mut Daemon, room: &Room, plan: &Plan, report: &mut Report) {
    let all: Vec<Vec<i16>> = TALK
        .iter()
        .enumerate()
        .map(|(at, text)| {
            let mut pcm = clips::spoken(["slt", "rms", "awb"][at % 3], text);
            pcm.extend(clips::pause([150, 500, 900, 250][at % 4]));
            pcm
        })
        .collect();
    let length = Duration::from_secs(plan.seconds.unwrap_or(120));
    let (begun, before) = (Instant::now(), cpu(daemon.pid()));
    daemon.told();
    let mut woken = 0;
    'talk: loop {
        for pcm in &all {
            room.say(pcm);
            std::thread::sleep(Duration::from_secs_f64(length_f64(pcm.len()) / 16_000.0));
            woken += daemon.told().iter().filter(|(_, told)| told["event"] == "woken").count();
            if begun.elapsed() > length {
                break 'talk;
            }
        }
    }
    let wall = begun.elapsed().as_secs_f64();
    let share = (cpu(daemon.pid()) - before) / wall;
    report.talk = Some(Cost { share, seconds: wall, rss: rss(daemon.pid()), woken });
}

pub(crate) fn load(daemon: &mut Daemon, plan: &Plan, report: &mut Report) {
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let mut busy: Vec<_> =
        (0..cores).map(|_| Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap()).collect();
    std::thread::sleep(Duration::from_secs(2));
    daemon.told();
    let (begun, lost) = (Instant::now(), daemon.lost());
    let mut levels = 0_usize;
    let length = Duration::from_secs(plan.seconds.unwrap_or(60));
    let (mut first, mut last) = (None, begun);
    while begun.elapsed() < length {
        std::thread::sleep(Duration::from_millis(500));
        for (at, _) in daemon.told().into_iter().filter(|(_, told)| told["event"] == "level") {
            first.get_or_insert(at);
            last = at;
            levels += 1;
        }
    }
    for child in &mut busy {
        let _ = child.kill();
        let _ = child.wait();
    }
    let wall = first.map_or(0.0, |first| last.duration_since(first).as_secs_f64());
    let heard = length_f64(levels.saturating_sub(1)) * LEVEL_S;
    report.load = Some(Load { seconds: wall, heard, lost: daemon.lost() - lost, cores });
}

/// Processor time of a process, s.
fn cpu(pid: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    let ticks: f64 = fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap();
    ticks * TICK
}

/// Resident memory of a process, MB.
fn rss(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<f64>().unwrap() / 1_000.0
}

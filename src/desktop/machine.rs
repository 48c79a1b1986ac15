//! Machine: battery, disk, memory and connections as the kernel tells them.
//!
//! Enters: nothing. Leaves: values from `/sys` and `/proc`. Never here: a packet sent, a value made up where the kernel gives
//! none.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Around, Battery, Charge, DesktopError, Machine, Network, Room, network};

const BATTERY: &str = "battery";

/// This machine.
pub(super) struct Here {
    root: PathBuf,
    /// Where the user's files lie.
    files: PathBuf,
}

impl Here {
    pub(super) fn new(around: &Around) -> Self {
        let files = around.home.clone().unwrap_or_else(|| "/".into());
        Self { root: around.root.clone(), files }
    }
}

impl Machine for Here {
    fn battery(&mut self) -> Result<Battery, DesktopError> {
        let folder = self.root.join("sys/class/power_supply");
        let mut supplies: Vec<PathBuf> =
            fs::read_dir(folder).into_iter().flatten().flatten().take(64).map(|entry| entry.path()).collect();
        supplies.sort();
        let is = |path: &Path, kind: &str| word(&path.join("type")).as_deref() == Some(kind);
        // A mouse has a battery too.
        let own =
            |path: &&PathBuf| is(path, "Battery") && word(&path.join("scope")).as_deref() != Some("Device");
        let batteries: Vec<&PathBuf> = supplies.iter().filter(own).collect();
        let outside: Vec<bool> = supplies
            .iter()
            .filter(|path| is(path, "Mains") || is(path, "USB"))
            .filter_map(|path| number(&path.join("online")).map(|online| online != 0))
            .collect();
        let plugged = (!outside.is_empty()).then(|| outside.contains(&true));
        together(&batteries, plugged).ok_or(DesktopError::Absent(BATTERY))
    }

    fn disk(&mut self) -> Result<Room, DesktopError> {
        let about = rustix::fs::statvfs(&self.files)
            .map_err(|error| DesktopError::Failed("disk", error.kind().to_string()))?;
        let bytes = |blocks: u64| blocks.saturating_mul(about.f_frsize);
        Ok(Room { free: bytes(about.f_bavail), whole: bytes(about.f_blocks) })
    }

    fn memory(&mut self) -> Result<Room, DesktopError> {
        let text = fs::read_to_string(self.root.join("proc/meminfo")).unwrap_or_default();
        let bytes = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name))?;
            line.split_whitespace().next()?.parse::<u64>().ok()?.checked_mul(1_024)
        };
        let room = bytes("MemAvailable:").zip(bytes("MemTotal:"));
        room.map(|(free, whole)| Room { free, whole }).ok_or(DesktopError::Unsupported)
    }

    fn network(&mut self) -> Result<Network, DesktopError> {
        network::look(&self.root)
    }

    fn uptime(&mut self) -> Result<Duration, DesktopError> {
        let text = fs::read_to_string(self.root.join("proc/uptime")).unwrap_or_default();
        let seconds = text.split('.').next().and_then(|seconds| seconds.parse().ok());
        seconds.map(Duration::from_secs).ok_or(DesktopError::Unsupported)
    }
}

pub(super) fn word(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

pub(super) fn number(path: &Path) -> Option<u64> {
    word(path)?.parse().ok()
}

/// Several batteries are one to the user: their charges together.
fn together(batteries: &[&PathBuf], plugged: Option<bool>) -> Option<Battery> {
    let (mut now, mut full, mut flow, mut states) = (0, 0, 0, Vec::new());
    let mut percents = Vec::new();
    for battery in batteries {
        let read = |name: &str| number(&battery.join(name));
        percents.extend(read("capacity").filter(|percent| *percent <= 100));
        let energy = ["energy", "charge"]
            .into_iter()
            .find_map(|kind| Some((read(&format!("{kind}_now"))?, read(&format!("{kind}_full"))?, kind)));
        if let Some((of_it, of_all, kind)) = energy {
            now += of_it.min(1 << 40);
            full += of_all.min(1 << 40);
            flow +=
                read(if kind == "energy" { "power_now" } else { "current_now" }).unwrap_or(0).min(1 << 40);
        }
        states.push(word(&battery.join("status")).unwrap_or_default());
    }
    let several = u64::try_from(percents.len()).ok().filter(|count| *count > 0);
    // What the system's own sign shows, where there is but one.
    let percent = match (percents.as_slice(), several) {
        ([one], _) => *one,
        (_, Some(count)) if full == 0 => percents.iter().sum::<u64>() / count,
        _ if full > 0 => (now * 100 / full).min(100),
        _ => return None,
    };
    let any = |state: &str| states.iter().any(|it| it == state);
    let state = if any("Charging") {
        Charge::Charging
    } else if any("Discharging") {
        Charge::Discharging
    } else if any("Full") {
        Charge::Full
    } else {
        Charge::Resting
    };
    let missing = match state {
        Charge::Charging => full.saturating_sub(now),
        Charge::Discharging => now,
        Charge::Full | Charge::Resting => 0,
    };
    // More than two days is a battery that hardly flows, which tells nothing.
    let seconds = (missing * 3_600).checked_div(flow).filter(|seconds| (60..172_800).contains(seconds));
    let percent = u32::try_from(percent).ok()?;
    let plugged = plugged.or(match state {
        Charge::Charging => Some(true),
        Charge::Discharging => Some(false),
        Charge::Full | Charge::Resting => None,
    });
    Some(Battery { percent, state, plugged, left: seconds.map(Duration::from_secs) })
}

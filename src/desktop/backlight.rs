//! Backlight: the brightness of the built-in screen.
//!
//! Enters: percents. Leaves: what the kernel says afterwards. It is read from `/sys/class/backlight` and set through
//! logind, which lets the user at the machine do it without root. Never here: a screen turned dark, an external screen.

use std::{fs, path::PathBuf};

use super::{
    Around, Brightness, DesktopError,
    bus::{self, To},
};

const SCREEN: &str = "backlight";

/// The session that a program without one, such as a service of the user's, is answered for.
const SESSION: To<'_> = To {
    name: "org.freedesktop.login1",
    path: "/org/freedesktop/login1/session/auto",
    interface: "org.freedesktop.login1.Session",
    what: "login service",
};

/// The built-in screen.
pub(super) struct Backlight {
    devices: PathBuf,
    bus: Option<String>,
}

struct Device {
    name: String,
    now: u64,
    most: u64,
}

impl Device {
    fn percent(&self) -> u32 {
        u32::try_from((self.now.min(self.most) * 100 + self.most / 2) / self.most).unwrap_or(100)
    }
}

impl Backlight {
    pub(super) fn new(around: &Around) -> Self {
        Self { devices: around.root.join("sys/class/backlight"), bus: around.system_bus.clone() }
    }

    /// The screen's own device; where a machine has several, the firmware's way is what its keys use.
    fn device(&self) -> Result<Device, DesktopError> {
        let number = |path: PathBuf| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let mut devices: Vec<(u8, Device)> = fs::read_dir(&self.devices)
            .into_iter()
            .flatten()
            .flatten()
            .take(16)
            .filter_map(|entry| {
                let (path, name) = (entry.path(), entry.file_name().into_string().ok()?);
                let most = number(path.join("max_brightness")).filter(|most| (1..1 << 32).contains(most))?;
                let kind = fs::read_to_string(path.join("type")).unwrap_or_default();
                let rank = ["firmware", "platform", "raw"].iter().position(|known| *known == kind.trim());
                let rank = rank.and_then(|rank| u8::try_from(rank).ok()).unwrap_or(u8::MAX);
                Some((rank, Device { name, now: number(path.join("brightness"))?, most }))
            })
            .collect();
        devices.sort_by(|(a, one), (b, other)| (a, &one.name).cmp(&(b, &other.name)));
        devices.into_iter().next().map(|(_, device)| device).ok_or(DesktopError::Absent(SCREEN))
    }
}

impl Brightness for Backlight {
    fn percent(&mut self) -> Result<u32, DesktopError> {
        self.device().map(|device| device.percent())
    }

    fn set(&mut self, percent: u32) -> Result<u32, DesktopError> {
        let device = self.device()?;
        // On many screens 0 is off.
        let raw = ((u64::from(percent.clamp(1, 100)) * device.most + 50) / 100).max(1);
        let raw = u32::try_from(raw).unwrap_or(u32::MAX);
        bus::on(self.bus.as_deref(), SESSION.what, async |bus| {
            SESSION.call::<_, ()>(bus, "SetBrightness", &("backlight", &device.name, raw)).await
        })?;
        self.percent()
    }
}

//! Devices: which sound devices there are.
//!
//! Enters: devices as the system tells them. Leaves: what a user is to know of them. Never here: a device.

use serde::Serialize;

use crate::named::{Named, meant};

/// The wish for whatever the system takes by default; also the meaning of an empty list.
pub const DEFAULT_DEVICE: &str = "default";

/// The host that PulseAudio is found through on a second, worse road.
pub(super) const ALSA: &str = "ALSA";

/// What ALSA lists beside devices: converters, and roads to other sound systems. Opening the one to JACK fills stderr.
pub(super) const ALSA_PLUGINS: &[&str] =
    &["jack", "lavrate", "null", "oss", "samplerate", "speex", "speexrate", "upmix", "vdownmix"];

/// A sound device of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DeviceInfo {
    /// Its name, as the settings may name it.
    pub name: String,
    /// What the sound system calls it; the settings may name this too.
    pub id: String,
    /// The sound system it was found through ("PulseAudio", "ALSA", "CoreAudio", "WASAPI").
    pub host: String,
    /// Whether it takes sound in or gives it out.
    pub direction: Direction,
    /// Whether it is the system's default of its direction.
    pub default: bool,
    /// Its own rate, Hz; what Mynah opens it at.
    pub rate: u32,
    /// The lowest and the highest rate it takes, Hz.
    pub rates: [u32; 2],
    /// Its channels.
    pub channels: u16,
}

/// Which way sound goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A microphone.
    Input,
    /// A loudspeaker.
    Output,
}

impl DeviceInfo {
    /// Whether `wish`, from the settings, means this one among `all`.
    #[must_use]
    pub fn is_meant(&self, wish: &str, all: &[Self]) -> bool {
        let same: Vec<&Self> = all.iter().filter(|other| other.direction == self.direction).collect();
        if wish == DEFAULT_DEVICE {
            return self.default;
        }
        let named: Vec<Named<'_>> = same.iter().map(|it| Named { name: &it.name, id: &it.id }).collect();
        meant(wish, &named).is_some_and(|at| same[at] == self)
    }
}

//! Devices: which sound devices there are, and which of them is meant.
//!
//! Enters: names as the user wrote them, devices as the system tells them. Leaves: the one that is meant. Never here: a
//! device.

use serde::Serialize;

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

/// A device as [`meant`] looks at it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Named<'a> {
    pub(super) name: &'a str,
    pub(super) id: &'a str,
}

/// The device that `wish` means: by its exact name or identifier, else the first whose name holds the wish, whatever the
/// case ("headset" means "Jabra Evolve Headset"). What an output plays is recorded only where it is named exactly.
pub(super) fn meant(wish: &str, devices: &[Named<'_>]) -> Option<usize> {
    let exact = devices.iter().position(|it| it.name == wish || it.id == wish);
    exact.or_else(|| {
        let wish = wish.to_lowercase();
        let near = |it: &Named<'_>| !is_monitor(it.id) && it.name.to_lowercase().contains(&wish);
        if wish.trim().is_empty() { None } else { devices.iter().position(near) }
    })
}

/// Whether a sound server calls so what an output plays.
pub(super) fn is_monitor(id: &str) -> bool {
    id.ends_with(".monitor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_an_identifier_or_a_part_of_the_name_will_do_and_the_exact_one_wins() {
        let named = |name, id| Named { name, id };
        let devices = [
            named("Monitor of Jabra Evolve Headset", "out.1.monitor"),
            named("Jabra Evolve Headset (2)", "in.1"),
            named("Jabra Evolve Headset", "in.2"),
            named("Built-in Audio", "in.3"),
        ];
        for (wish, at) in [
            ("Jabra Evolve Headset", Some(2)),
            ("in.3", Some(3)),
            ("headset", Some(1)),
            ("BUILT-IN", Some(3)),
            ("out.1.monitor", Some(0)),
            ("monitor of", None),
            ("Yeti", None),
            ("", None),
            (" ", None),
        ] {
            assert_eq!(meant(wish, &devices), at, "{wish:?}");
        }
    }
}

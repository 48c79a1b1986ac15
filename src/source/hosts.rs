//! Hosts: the sound systems of this machine, and the devices that each names.
//!
//! Enters: a wish. Leaves: the device that is meant, or a list of them all. Never here: an open device; asking a host may
//! hang for ever, so whoever asks does so on a thread that nobody joins.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::mpsc::channel,
    time::Duration,
};

use cpal::{
    Device, HostId,
    traits::{DeviceTrait, HostTrait},
};

use super::{
    aside::{detached, quietly},
    devices::{ALSA_PLUGINS, DEFAULT_DEVICE, DeviceInfo, Direction},
};
use crate::named::{Named, is_monitor, meant};

/// What a list of devices may take at most; a sound server that does not answer has none.
const LISTING: Duration = Duration::from_secs(5);

/// Where PulseAudio stands in [`host_ids`].
#[cfg(target_os = "linux")]
pub(super) const PULSE: usize = 0;

/// Whether the host at this place is a sound server, beside which another host leads to the same devices.
pub(super) const fn is_server(host: usize) -> bool {
    #[cfg(target_os = "linux")]
    let server = host == PULSE;
    #[cfg(not(target_os = "linux"))]
    let server = host == usize::MAX;
    server
}

/// Hosts in the order in which they are tried. A sound server's own protocol tells when the server dies, where ALSA's
/// road to it hangs for ever.
#[cfg(target_os = "linux")]
pub(super) fn host_ids() -> Vec<HostId> {
    vec![HostId::PulseAudio, HostId::Alsa]
}

#[cfg(not(target_os = "linux"))]
pub(super) fn host_ids() -> Vec<HostId> {
    cpal::available_hosts()
}

/// The host that replies are played through: on Linux ALSA, see `play/speaker.rs`.
fn output_host() -> Option<cpal::Host> {
    #[cfg(target_os = "linux")]
    let host = cpal::host_from_id(HostId::Alsa).ok();
    #[cfg(not(target_os = "linux"))]
    let host = Some(cpal::default_host());
    host
}

/// The device that `wish` means, if the host has it.
pub(super) fn device_for(
    wish: &str,
    host: &cpal::Host,
    found: &mut Vec<String>,
) -> Result<Option<Device>, cpal::Error> {
    if wish == DEFAULT_DEVICE {
        // Where there is no microphone, PulseAudio's default is what the loudspeaker plays.
        let device = host.default_input_device().filter(|it| !is_monitor(&id_of(it)));
        // A host whose server is gone says the same as one without devices, but to this.
        return if device.is_none() { host.devices().map(|_| None) } else { Ok(device) };
    }
    let mut devices = devices_of(host, Direction::Input)?;
    let names: Vec<(String, String)> = devices.iter().map(|it| (name_of(it), id_of(it))).collect();
    let named: Vec<Named<'_>> = names.iter().map(|(name, id)| Named { name, id }).collect();
    for (name, _) in &names {
        if !found.contains(name) {
            found.push(name.clone());
        }
    }
    Ok(meant(wish, &named).map(|at| devices.swap_remove(at)))
}

/// The devices of one direction, without ALSA's plugins.
fn devices_of(host: &cpal::Host, direction: Direction) -> Result<Vec<Device>, cpal::Error> {
    if !cfg!(target_os = "linux") {
        return Ok(match direction {
            Direction::Input => host.input_devices()?.collect(),
            Direction::Output => host.output_devices()?.collect(),
        });
    }
    // Here the above would open every device to see what it can, some of which wait for servers of their own.
    let fits = |device: &Device| {
        let described = device.description().is_ok_and(|it| match direction {
            Direction::Input => it.supports_input(),
            Direction::Output => it.supports_output(),
        });
        described && !ALSA_PLUGINS.contains(&id_of(device).as_str())
    };
    Ok(host.devices()?.filter(fits).collect())
}

pub(super) fn name_of(device: &Device) -> String {
    device.description().map_or_else(|_| "a device without a name".to_owned(), |it| it.name().to_owned())
}

pub(super) fn id_of(device: &Device) -> String {
    device.id().map_or_else(|_| name_of(device), |id| id.id().to_owned())
}

/// All devices that Mynah can use: microphones as it looks for them, outputs as it plays on them. Empty where the sound
/// system does not answer within 5 s.
#[must_use]
pub fn devices() -> Vec<DeviceInfo> {
    let (found, finding) = channel();
    detached("device list", move || {
        let listed = catch_unwind(AssertUnwindSafe(|| quietly(list)));
        drop(found.send(listed.unwrap_or_default()));
    });
    finding.recv_timeout(LISTING).unwrap_or_default()
}

fn list() -> Vec<DeviceInfo> {
    let mut listed = Vec::new();
    for id in host_ids() {
        let Ok(host) = cpal::host_from_id(id) else { continue };
        let default = host.default_input_device().map(|it| id_of(&it));
        let devices = devices_of(&host, Direction::Input).unwrap_or_default();
        listed.extend(
            devices.iter().filter_map(|it| info(it, id.name(), Direction::Input, default.as_deref())),
        );
        if !listed.is_empty() {
            // ALSA's names beside a sound server's are the same devices, and a dozen plugins.
            break;
        }
    }
    if let Some(host) = output_host() {
        let default = host.default_output_device().map(|it| id_of(&it));
        let devices = devices_of(&host, Direction::Output).unwrap_or_default();
        let host = host.id().name();
        listed.extend(devices.iter().filter_map(|it| info(it, host, Direction::Output, default.as_deref())));
    }
    listed
}

fn info(device: &Device, host: &str, direction: Direction, default: Option<&str>) -> Option<DeviceInfo> {
    let (config, ranges): (_, Vec<_>) = match direction {
        Direction::Input => {
            (device.default_input_config().ok()?, device.supported_input_configs().ok()?.collect())
        }
        Direction::Output => {
            (device.default_output_config().ok()?, device.supported_output_configs().ok()?.collect())
        }
    };
    let lowest = ranges.iter().map(|it| it.min_sample_rate()).min();
    let highest = ranges.iter().map(|it| it.max_sample_rate()).max();
    let id = id_of(device);
    Some(DeviceInfo {
        name: name_of(device),
        default: default == Some(id.as_str()),
        id,
        host: host.to_owned(),
        direction,
        rate: config.sample_rate(),
        rates: [lowest.unwrap_or(config.sample_rate()), highest.unwrap_or(config.sample_rate())],
        channels: config.channels(),
    })
}

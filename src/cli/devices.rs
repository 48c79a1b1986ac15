//! `mynah devices`: which microphones and outputs there are.
//!
//! Enters: arguments and the settings. Leaves: lines, and an exit code. Never here: a device that is opened.

use std::path::Path;

use clap::Args;
use serde::Serialize;

use super::{ANSWERED, Console, SOME_FAILED};
use crate::{
    flow::Fault,
    report::printable,
    settings,
    source::{DeviceInfo, Direction, devices},
};

/// Microphones and outputs: their names for the settings, which is the default, which is in use.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example:\n  mynah devices --json")]
pub struct DevicesArgs {
    /// One JSON object a device
    #[arg(long)]
    pub json: bool,
}

/// One line of `--json`.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    device: &'a DeviceInfo,
    /// Which entry of `listen.devices` means it, from 1; 1 for `play.device`.
    wanted: Option<usize>,
}

/// Carries out `mynah devices`.
///
/// # Errors
/// The settings cannot be used.
pub fn run(args: &DevicesArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    let all = devices();
    let console = Console::new(false);
    let outputs: Vec<String> = settings.play_device.iter().cloned().collect();
    for device in &all {
        let wishes = match device.direction {
            Direction::Input => &settings.microphones,
            Direction::Output => &outputs,
        };
        let wanted = wishes.iter().position(|wish| device.is_meant(wish, &all)).map(|at| at + 1);
        let line = if args.json {
            serde_json::to_string(&Line { device, wanted }).map_err(|error| Fault {
                kind: "system",
                message: format!("could not write a device as JSON: {error}"),
                remedy: "run it without --json".into(),
            })?
        } else {
            paragraph(device, wanted)
        };
        match console.answer(&line) {
            Ok(()) => {}
            // The reader left early (`mynah devices | head -1`).
            Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => return Ok(ANSWERED),
            Err(error) => return Err(super::unwritable(&error)),
        }
    }
    if all.is_empty() {
        console.fault(&Fault {
            kind: "no_devices",
            message: "no sound device was found".into(),
            remedy: "plug one in, or start the sound server (PipeWire or PulseAudio)".into(),
        });
        return Ok(SOME_FAILED);
    }
    Ok(ANSWERED)
}

fn paragraph(device: &DeviceInfo, wanted: Option<usize>) -> String {
    let direction = match device.direction {
        Direction::Input => "input ",
        Direction::Output => "output",
    };
    let mark = if device.default { "*" } else { " " };
    let [lowest, highest] = device.rates;
    let chosen = wanted.map(|at| format!(", number {at} in the settings")).unwrap_or_default();
    let (name, id) = (printable(&device.name), printable(&device.id));
    format!(
        "{direction} {mark} {name}\n           {id} ({}): {} Hz ({lowest} to {highest}), {} channels{}{chosen}",
        device.host,
        device.rate,
        device.channels,
        if device.default { ", the default" } else { "" },
    )
}

//! Sink: the loudness of the sound server's default output.
//!
//! Enters: percents. Leaves: what the server says the output is set to afterwards. PipeWire speaks the same protocol. Never
//! here: a level that was not read back, a setting of a program's own stream.

use std::{ffi::CString, io, path::PathBuf, time::Duration};

use pulseaudio::protocol::{
    ChannelVolume, Command, GetSinkInfo, ServerInfo, SetDeviceMuteParams, SetDeviceVolumeParams, SinkInfo,
    Volume,
};

use super::{Around, DesktopError, Level, Loudness};
use crate::pulse::Server;

const SERVER: &str = "sound server";
const OUTPUT: &str = "sound output";

/// What a server that works answers in a hundredth of. The first answer that does not come ends the wish.
const PATIENCE: Duration = Duration::from_millis(500);

/// What a server without any output calls the one that it makes up.
const NO_OUTPUT: &[u8] = b"auto_null";

/// The default output of the user's sound server.
pub(super) struct DefaultSink {
    server: Option<PathBuf>,
}

impl DefaultSink {
    pub(super) fn new(around: &Around) -> Self {
        Self { server: around.sound_server.clone() }
    }

    /// Has `change` done to the output as it is, if any, and reads it back.
    fn with(&self, change: impl FnOnce(&SinkInfo) -> Option<Command>) -> Result<Level, DesktopError> {
        let server = Server::connect(self.server.as_deref(), PATIENCE).map_err(|error| told(&error))?;
        let mut server = server.ok_or(DesktopError::Absent(SERVER))?;
        let about: ServerInfo = server.ask(&Command::GetServerInfo).map_err(|error| told(&error))?;
        let name = about.default_sink_name.filter(|name| name.as_bytes() != NO_OUTPUT);
        let name = name.ok_or(DesktopError::Absent(OUTPUT))?;
        let sink = look(&mut server, &name)?;
        let Some(command) = change(&sink) else { return Ok(level(&sink)) };
        if !server.tell(&command).map_err(|error| told(&error))? {
            return Err(DesktopError::Refused(SERVER));
        }
        look(&mut server, &name).map(|sink| level(&sink))
    }
}

fn look(server: &mut Server, name: &CString) -> Result<SinkInfo, DesktopError> {
    let wanted = GetSinkInfo { index: None, name: Some(name.clone()) };
    server.ask(&Command::GetSinkInfo(wanted)).map_err(|error| told(&error))
}

impl Loudness for DefaultSink {
    fn level(&mut self) -> Result<Level, DesktopError> {
        self.with(|_| None)
    }

    fn set(&mut self, percent: u32) -> Result<Level, DesktopError> {
        self.with(|sink| {
            let volume = balanced(&sink.cvolume, percent.min(100));
            let (device_index, device_name) = (Some(sink.index), None);
            Some(Command::SetSinkVolume(SetDeviceVolumeParams { device_index, device_name, volume }))
        })
    }

    fn mute(&mut self, mute: bool) -> Result<Level, DesktopError> {
        self.with(|sink| {
            let (device_index, device_name) = (Some(sink.index), None);
            Some(Command::SetSinkMute(SetDeviceMuteParams { device_index, device_name, mute }))
        })
    }
}

fn loudest(volume: &ChannelVolume) -> u64 {
    u64::from(volume.channels().iter().map(Volume::as_u32).max().unwrap_or(0))
}

/// Rounded, as the desktop's sliders do; the loudest channel counts.
fn level(sink: &SinkInfo) -> Level {
    let norm = u64::from(Volume::NORM.as_u32());
    let percent = (loudest(&sink.cvolume) * 100 + norm / 2) / norm;
    Level { percent: u32::try_from(percent).unwrap_or(u32::MAX), muted: sink.muted }
}

/// `old` with its loudest channel at `percent` and the others as they stand to it.
fn balanced(old: &ChannelVolume, percent: u32) -> ChannelVolume {
    let target = (u64::from(percent) * u64::from(Volume::NORM.as_u32()) + 50) / 100;
    let loudest = loudest(old);
    let mut volume = ChannelVolume::empty();
    for channel in old.channels() {
        let raw = match loudest {
            0 => target,
            _ => u64::from(channel.as_u32()) * target / loudest,
        };
        volume.push(Volume::from_u32_clamped(u32::try_from(raw).unwrap_or(u32::MAX)));
    }
    volume
}

fn told(error: &io::Error) -> DesktopError {
    match error.kind() {
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => DesktopError::Slow(SERVER),
        io::ErrorKind::ConnectionRefused | io::ErrorKind::UnexpectedEof => DesktopError::Absent(SERVER),
        kind => DesktopError::Failed(SERVER, kind.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_balance_stays() {
        let mut old = ChannelVolume::empty();
        old.push(Volume::from_u32_clamped(0x10000));
        old.push(Volume::from_u32_clamped(0x8000));
        let raw = |volume: &ChannelVolume| volume.channels().iter().map(Volume::as_u32).collect::<Vec<_>>();
        assert_eq!(raw(&balanced(&old, 50)), [0x8000, 0x4000]);
        let silent = balanced(&old, 0);
        assert_eq!(raw(&silent), [0, 0]);
        assert_eq!(raw(&balanced(&silent, 100)), [0x10000, 0x10000]);
        for percent in 0..=100 {
            let sink = SinkInfo { cvolume: balanced(&old, percent), ..SinkInfo::default() };
            assert_eq!(level(&sink).percent, percent);
        }
    }
}

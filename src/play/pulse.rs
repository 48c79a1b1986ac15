//! Pulse: the streams of other programs on a PulseAudio or PipeWire server.
//!
//! Enters: wishes to see them and to set their volumes. Leaves: what the server says. Never here: an answer waited
//! for longer than [`PATIENCE`], a stream of Mynah's own. What plays into a device that only exists in the server (a virtual
//! microphone, a recording) is nothing the user hears; turned down, it would be their own voice that grows faint.

use std::{ffi::CString, io, time::Duration};

use pulseaudio::protocol::{
    ChannelVolume, Command, Prop, ServerInfo, SetStreamVolumeParams, SinkFlags, SinkInfoList, SinkInputInfo,
    SinkInputInfoList, Volume,
};

use super::duck::{Stream, Streams};
use crate::pulse::Server;

/// What a server that works answers in a hundredth of.
const PATIENCE: Duration = Duration::from_millis(300);

/// What is never turned down: a call, and a screen reader.
const SPARED: [&str; 2] = ["phone", "a11y"];

/// A connection to the user's sound server.
pub(super) struct Pulse(Server);

impl Pulse {
    /// Connects to the server that the environment names; `None` where there is none on this machine.
    pub(super) fn connect() -> io::Result<Option<Self>> {
        Ok(Server::connect(None, PATIENCE)?.map(Self))
    }
}

impl Streams for Pulse {
    fn list(&mut self) -> io::Result<Vec<Stream>> {
        let own = std::process::id().to_string();
        let inputs: SinkInputInfoList = self.0.ask(&Command::GetSinkInputInfoList)?;
        let server: ServerInfo = self.0.ask(&Command::GetServerInfo)?;
        let sinks: SinkInfoList = self.0.ask(&Command::GetSinkInfoList)?;
        let in_the_room = SinkFlags::HARDWARE | SinkFlags::NETWORK;
        let is_own = |input: &SinkInputInfo| is_of(input, &own);
        let mut heard: Vec<u32> =
            inputs.iter().filter(|input| is_own(input)).map(|input| input.sink_index).collect();
        heard.extend(sinks.iter().filter_map(|sink| {
            let default = server.default_sink_name.as_ref() == Some(&sink.name);
            (default || sink.flags.intersects(in_the_room)).then_some(sink.index)
        }));
        let foreign = inputs.iter().filter(|input| !is_own(input) && may_be_changed(input));
        Ok(foreign.map(|input| stream(input, heard.contains(&input.sink_index))).collect())
    }

    fn set(&mut self, index: u32, volume: &[u32]) -> io::Result<()> {
        let mut channels = ChannelVolume::empty();
        volume.iter().for_each(|raw| channels.push(Volume::from_u32_clamped(*raw)));
        // One that ended in between is left alone.
        self.0.tell(&Command::SetSinkInputVolume(SetStreamVolumeParams { index, volume: channels })).map(drop)
    }
}

/// Whether `input` is of the process `pid`.
fn is_of(input: &SinkInputInfo, pid: &str) -> bool {
    property(input, Prop::ApplicationProcessId).is_some_and(|process| process == pid)
}

/// Whether the volume of `input` may be set, and it is nothing that is spared.
fn may_be_changed(input: &SinkInputInfo) -> bool {
    let spared = property(input, Prop::MediaRole).is_some_and(|role| SPARED.contains(&role.as_str()));
    // Without a client it is a part of the server, such as a loopback between two devices.
    input.client_index.is_some() && input.has_volume && input.volume_writable && !spared
}

fn stream(input: &SinkInputInfo, heard: bool) -> Stream {
    // What the server itself remembers a stream's volume under.
    let by = [Prop::MediaRole, Prop::ApplicationId, Prop::ApplicationName, Prop::MediaName];
    let identity = by.iter().find_map(|prop| property(input, *prop).map(|text| format!("{prop:?}:{text}")));
    Stream {
        index: input.index,
        identity: identity.unwrap_or_default(),
        volume: input.cvolume.channels().iter().map(Volume::as_u32).collect(),
        heard,
    }
}

/// A text property, without the zero at its end.
fn property(input: &SinkInputInfo, prop: Prop) -> Option<String> {
    let bytes = input.props.get(prop)?;
    let end = bytes.iter().position(|byte| *byte == 0).unwrap_or(bytes.len());
    let text = CString::new(&bytes[..end]).ok()?.into_string().ok()?;
    (!text.is_empty()).then_some(text)
}

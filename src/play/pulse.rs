//! Pulse: the streams of other programs on a PulseAudio or PipeWire server.
//!
//! Enters: wishes to see them and to set their volumes. Leaves: what the server says. Speaks the server's own protocol
//! over its socket in the user's runtime directory. Never here: an answer waited for longer than [`PATIENCE`], a byte
//! beyond this machine, a stream of Mynah's own. What plays into a device that only exists in the server (a virtual
//! microphone, a recording) is nothing the user hears; turned down, it would be their own voice that grows faint.

use std::{
    ffi::CString,
    io::{self, BufReader},
    time::Duration,
};

use pulseaudio::protocol::{
    AuthParams, AuthReply, ChannelVolume, Command, CommandReply, MAX_VERSION, Prop, Props, ProtocolError,
    ServerInfo, SetClientNameReply, SetStreamVolumeParams, SinkFlags, SinkInfoList, SinkInputInfo,
    SinkInputInfoList, Volume, read_ack_message, read_reply_message, write_command_message,
};

use super::duck::{Stream, Streams};

/// What a server that works answers in a hundredth of.
const PATIENCE: Duration = Duration::from_millis(300);

/// What is never turned down: a call, and a screen reader.
const SPARED: [&str; 2] = ["phone", "a11y"];

/// A connection to the user's sound server.
pub(super) struct Pulse {
    socket: BufReader<Socket>,
    version: u16,
    sequence: u32,
}

#[expect(clippy::disallowed_types, reason = "the sound server's socket; it plays, and leads nowhere on")]
type Socket = std::os::unix::net::UnixStream;

impl Pulse {
    /// Connects to the server that the environment names; `None` where there is none on this machine.
    pub(super) fn connect() -> io::Result<Option<Self>> {
        let Some(path) = pulseaudio::socket_path_from_env() else { return Ok(None) };
        let socket = match Socket::connect(path) {
            Ok(socket) => socket,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.set_write_timeout(Some(PATIENCE))?;
        let mut pulse = Self { socket: BufReader::new(socket), version: MAX_VERSION, sequence: 0 };
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let auth = AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            cookie: cookie.unwrap_or_default(),
        };
        let agreed: AuthReply = pulse.ask(&Command::Auth(auth))?;
        pulse.version = agreed.version.min(MAX_VERSION);
        let mut about = Props::new();
        about.set(Prop::ApplicationName, c"Mynah");
        let _: SetClientNameReply = pulse.ask(&Command::SetClientName(about))?;
        Ok(Some(pulse))
    }

    fn send(&mut self, command: &Command) -> io::Result<()> {
        self.sequence += 1;
        write_command_message(self.socket.get_mut(), self.sequence, command, self.version).map_err(system)
    }

    fn ask<T: CommandReply>(&mut self, command: &Command) -> io::Result<T> {
        self.send(command)?;
        read_reply_message(&mut self.socket, self.version).map(|(_, reply)| reply).map_err(system)
    }
}

impl Streams for Pulse {
    fn list(&mut self) -> io::Result<Vec<Stream>> {
        let own = std::process::id().to_string();
        let inputs: SinkInputInfoList = self.ask(&Command::GetSinkInputInfoList)?;
        let server: ServerInfo = self.ask(&Command::GetServerInfo)?;
        let sinks: SinkInfoList = self.ask(&Command::GetSinkInfoList)?;
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
        self.send(&Command::SetSinkInputVolume(SetStreamVolumeParams { index, volume: channels }))?;
        match read_ack_message(&mut self.socket) {
            // The stream ended in between.
            Ok(_) | Err(ProtocolError::ServerError(_)) => Ok(()),
            Err(error) => Err(system(error)),
        }
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

fn system(error: ProtocolError) -> io::Error {
    match error {
        ProtocolError::Io(cause) => cause,
        other => io::Error::other(other.to_string()),
    }
}

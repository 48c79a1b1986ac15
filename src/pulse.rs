//! Pulse: a conversation with the user's PulseAudio or PipeWire server, in its own protocol.
//!
//! Enters: commands. Leaves: the server's answers. Goes to the server's socket in the user's runtime directory. Never here:
//! an answer waited for longer than the caller's patience, a byte beyond this machine.

use std::{
    io::{self, BufReader},
    path::{Path, PathBuf},
    time::Duration,
};

use pulseaudio::protocol::{
    AuthParams, AuthReply, Command, CommandReply, MAX_VERSION, Prop, Props, ProtocolError,
    SetClientNameReply, read_ack_message, read_reply_message, write_command_message,
};

/// The length of a cookie, bytes.
const COOKIE: usize = 256;

/// A connection to the user's sound server.
pub(crate) struct Server {
    socket: BufReader<Socket>,
    version: u16,
    sequence: u32,
}

#[expect(clippy::disallowed_types, reason = "the sound server's socket; it leads nowhere on")]
pub(crate) type Socket = std::os::unix::net::UnixStream;

impl Server {
    /// Connects to the server `at` a socket, else to the one that the environment names; `None` where there is none on this
    /// machine. Each answer is waited for as long as `patience`.
    pub(crate) fn connect(at: Option<&Path>, patience: Duration) -> io::Result<Option<Self>> {
        let path: Option<PathBuf> = at.map(Path::to_owned).or_else(pulseaudio::socket_path_from_env);
        let Some(path) = path else { return Ok(None) };
        let socket = match Socket::connect(path) {
            Ok(socket) => socket,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        };
        socket.set_read_timeout(Some(patience))?;
        socket.set_write_timeout(Some(patience))?;
        let mut server = Self { socket: BufReader::new(socket), version: MAX_VERSION, sequence: 0 };
        let cookie = pulseaudio::cookie_path_from_env().and_then(|path| std::fs::read(path).ok());
        let auth = AuthParams {
            version: MAX_VERSION,
            supports_shm: false,
            supports_memfd: false,
            // PulseAudio hangs up on any other length, also where it asks nobody for a cookie.
            cookie: cookie.unwrap_or_else(|| vec![0; COOKIE]),
        };
        let agreed: AuthReply = server.ask(&Command::Auth(auth))?;
        server.version = agreed.version.min(MAX_VERSION);
        let mut about = Props::new();
        about.set(Prop::ApplicationName, c"Mynah");
        let _: SetClientNameReply = server.ask(&Command::SetClientName(about))?;
        Ok(Some(server))
    }

    /// The answer to `command`.
    pub(crate) fn ask<T: CommandReply>(&mut self, command: &Command) -> io::Result<T> {
        self.request(command).map_err(system)
    }

    /// The same, with what the server refuses as it says it.
    pub(crate) fn request<T: CommandReply>(&mut self, command: &Command) -> Result<T, ProtocolError> {
        self.send(command)?;
        read_reply_message(&mut self.socket, self.version).map(|(_, reply)| reply)
    }

    /// What comes from the server from now on, and the version of the protocol that was agreed upon: for who listens to a
    /// stream and asks no more.
    pub(crate) fn into_stream(self) -> (BufReader<Socket>, u16) {
        (self.socket, self.version)
    }

    /// Has `command` done; `false` where the server would not, as for a stream that ended in between.
    pub(crate) fn tell(&mut self, command: &Command) -> io::Result<bool> {
        self.send(command)?;
        match read_ack_message(&mut self.socket) {
            Ok(_) => Ok(true),
            Err(ProtocolError::ServerError(_)) => Ok(false),
            Err(error) => Err(system(error)),
        }
    }

    fn send(&mut self, command: &Command) -> io::Result<()> {
        self.sequence += 1;
        write_command_message(self.socket.get_mut(), self.sequence, command, self.version).map_err(system)
    }
}

fn system(error: ProtocolError) -> io::Error {
    match error {
        ProtocolError::Io(cause) => cause,
        other => io::Error::other(other.to_string()),
    }
}

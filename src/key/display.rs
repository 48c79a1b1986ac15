//! Display: a connection to the X server on this machine in which no wait lasts for ever.
//!
//! Enters: the display's name, the pipe that ends the room. Leaves: an x11rb connection, and [`wait`]. Never here: a
//! server on another machine, a meaning of events.

use std::{
    io::{self, IoSlice, PipeReader},
    os::fd::{AsFd, BorrowedFd},
    time::Duration,
};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use x11rb::{
    errors::ConnectError,
    reexports::x11rb_protocol::{
        parse_display::{ConnectAddress, parse_display},
        xauth::get_auth,
    },
    rust_connection::{DefaultStream, PollMode, RustConnection, Stream},
    utils::RawFdContainer,
};

use super::KeyError;

/// How long the server may take for one answer. A server under load answers within milliseconds; one that was stopped
/// never does.
const PATIENCE: Duration = Duration::from_secs(3);

/// What ended a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Woken {
    /// The room is to end.
    Stopped,
    /// There is something to read or to write.
    Ready,
    /// Nothing happened in time.
    TimedOut,
}

/// Waits for `stop`, for `other` to be as asked for, or for `patience` to run out; `None` waits without end.
pub(super) fn wait(
    stop: &PipeReader,
    other: Option<(BorrowedFd<'_>, PollFlags)>,
    patience: Option<Duration>,
) -> io::Result<Woken> {
    let patience = patience.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    // Nothing is ever written into the pipe, so all that can come is its end.
    let mut watched = vec![PollFd::new(stop, PollFlags::IN)];
    watched.extend(other.map(|(file, events)| PollFd::from_borrowed_fd(file, events)));
    match poll(&mut watched, patience.as_ref()) {
        Ok(0) => Ok(Woken::TimedOut),
        Ok(_) if !watched[0].revents().is_empty() => Ok(Woken::Stopped),
        // A signal's interruption is a wake-up for nothing, which every caller stands.
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(Woken::Ready),
        Err(error) => Err(error.into()),
    }
}

/// A stream to the server whose waits end with the room, or after [`PATIENCE`].
#[derive(Debug)]
pub(super) struct Bounded {
    stream: DefaultStream,
    stop: PipeReader,
}

impl Stream for Bounded {
    fn poll(&self, mode: PollMode) -> io::Result<()> {
        let mut events = PollFlags::empty();
        events.set(PollFlags::IN, mode.readable());
        events.set(PollFlags::OUT, mode.writable());
        match wait(&self.stop, Some((self.stream.as_fd(), events)), Some(PATIENCE))? {
            Woken::Ready => Ok(()),
            Woken::Stopped => Err(io::Error::new(io::ErrorKind::ConnectionAborted, "Mynah is ending")),
            Woken::TimedOut => Err(io::Error::new(io::ErrorKind::TimedOut, "the server does not answer")),
        }
    }

    fn read(&self, buffer: &mut [u8], files: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.stream.read(buffer, files)
    }

    fn write(&self, buffer: &[u8], files: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.stream.write(buffer, files)
    }

    fn write_vectored(&self, buffers: &[IoSlice<'_>], files: &mut Vec<RawFdContainer>) -> io::Result<usize> {
        self.stream.write_vectored(buffers, files)
    }
}

impl AsFd for Bounded {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

/// Connects to the server named `display`, as programs in its session do: with the user's cookie.
pub(super) fn connect(display: &str, stop: &PipeReader) -> Result<RustConnection<Bounded>, KeyError> {
    let no = |cause: String| KeyError::NoDisplay { display: display.to_owned(), cause };
    let parsed = parse_display(Some(display)).map_err(|error| no(error.to_string()))?;
    let (mut here, mut cause) = (false, None);
    for address in parsed.connect_instruction().filter(is_on_this_machine) {
        here = true;
        match DefaultStream::connect(&address) {
            Ok((stream, (family, peer))) => {
                let cookie = get_auth(family, &peer, parsed.display).ok().flatten().unwrap_or_default();
                let stop = stop.try_clone().map_err(|error| no(error.to_string()))?;
                let stream = Bounded { stream, stop };
                return RustConnection::connect_to_stream_with_auth_info(
                    stream,
                    parsed.screen.into(),
                    cookie.0,
                    cookie.1,
                )
                .map_err(|error| no(refusal(&error)));
            }
            // The first is the socket that a server on this machine has; what follows only says less.
            Err(error) => cause = cause.or(Some(error)),
        }
    }
    if !here {
        return Err(KeyError::RemoteDisplay { display: display.to_owned() });
    }
    Err(no(cause.map_or_else(|| "it has no address".to_owned(), |error| error.to_string())))
}

/// What a user presses does not go over a network, and a connection that could hang is not begun. Forwarded displays
/// (`ssh -X`) end on this machine too.
fn is_on_this_machine(address: &ConnectAddress<'_>) -> bool {
    match address {
        ConnectAddress::Socket(_) => true,
        ConnectAddress::Hostname(host, _) => matches!(*host, "localhost" | "127.0.0.1" | "::1"),
        _ => false,
    }
}

fn refusal(error: &ConnectError) -> String {
    match error {
        ConnectError::SetupFailed(failed) => {
            // The server's own words, for instance that no cookie was shown.
            let reason = String::from_utf8_lossy(&failed.reason);
            let reason: String = reason.trim().chars().filter(|c| !c.is_control()).take(200).collect();
            format!("it refuses: {reason}")
        }
        other => other.to_string(),
    }
}

//! Pulse: a microphone of a PulseAudio or PipeWire server, recorded over the server's own protocol.
//!
//! Enters: a source of the server by name. Leaves: mono samples in a [`Drain`]. Never here: a byte beyond this machine;
//! between the server and the ring nothing but arithmetic and the wait for the next block.
//!
//! cpal's road to the same server asks it to keep no more than one block (its `max_length` is the fragment), so that by
//! the protocol whatever finds the server later than a block is dropped, untold. Here blocks are small and the server
//! keeps 2 s. It is cheaper too: cpal's client clears a megabyte with each read. In a quiet room the whole daemon took
//! 3.3 % of a core with cpal's blocks of 100 ms and 0.9 % with these of 20 ms (15 s each, one run, on a loaded machine).

use std::{
    ffi::CString,
    io::{self, BufReader, Read},
    net::Shutdown,
    sync::Arc,
    time::Duration,
};

use pulseaudio::protocol::{
    ChannelMap, Command, CreateRecordStreamReply, Descriptor, Prop, Props, ProtocolError, PulseError,
    RecordStreamParams, SampleFormat, SampleSpec, read_descriptor,
    stream::{BufferAttr, StreamFlags},
};

use super::{
    tap::{Drain, Tap, tap},
    watchdog::Alarm,
};
use crate::{
    pulse::{Server, Socket},
    units::{SampleRate, length_u64},
};

/// What the server may take for each step of opening a stream.
const PATIENCE: Duration = Duration::from_secs(3);

/// Blocks a second that are asked for: 20 ms each.
const BLOCKS_A_SECOND: u32 = 50;

/// What the server keeps for us at most: 2 s, as the ring behind it.
const KEPT_SECONDS: u32 = 2;

/// Bytes of a sample: 32-bit floats.
const BYTES: usize = 4;

/// Samples handed on at once.
const PIECE: usize = 1_024;

/// The longest message that is no sound; a server's are below a kilobyte.
const LONGEST_COMMAND: u32 = 1 << 16;

/// A stream being recorded; it ends with the value.
pub(super) struct Recording(Socket);

impl Drop for Recording {
    fn drop(&mut self) {
        // The reader's wait ends with it. A server that is gone has closed its end already.
        self.0.shutdown(Shutdown::Both).ok();
    }
}

/// What a message was.
#[derive(Debug, PartialEq, Eq)]
enum Message {
    Sound,
    Other,
    /// The source is gone.
    Killed,
}

/// A connection that records.
struct Reader {
    socket: BufReader<Socket>,
    version: u16,
    tap: Tap,
    bytes: [u8; PIECE * BYTES],
    piece: [f32; PIECE],
    command: Vec<u8>,
}

/// Records `source` at `rate` and waits for its first sound, however long that takes. The work that remains is to be run
/// on a thread of its own; it ends with the recording or with the server, which it tells to `alarm`.
pub(super) fn record(
    source: &str,
    rate: SampleRate,
    alarm: Arc<Alarm>,
) -> Result<(Recording, Drain, impl FnOnce() + Send + 'static), ProtocolError> {
    let (tap, drain) = tap(rate, 1);
    let server = Server::connect(None, PATIENCE)?;
    let mut server = server.ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
    start(&mut server, source, rate)?;
    let (socket, version) = server.into_stream();
    let mut reader =
        Reader { socket, version, tap, bytes: [0; PIECE * BYTES], piece: [0.0; PIECE], command: Vec::new() };
    let recording = Recording(reader.socket.get_ref().try_clone()?);
    recording.0.set_read_timeout(None)?;
    while reader.message()? != Message::Sound {}
    let read_on = move || {
        while matches!(reader.message(), Ok(Message::Sound | Message::Other)) {}
        alarm.gone();
    };
    Ok((recording, drain, read_on))
}

/// Has the `server` record `source` at `rate`.
fn start(server: &mut Server, source: &str, rate: SampleRate) -> Result<(), ProtocolError> {
    let a_second = rate.hz().saturating_mul(u32::try_from(BYTES).unwrap_or(u32::MAX));
    let format =
        if cfg!(target_endian = "little") { SampleFormat::Float32Le } else { SampleFormat::Float32Be };
    let name = CString::new(source).map_err(|_| ProtocolError::ServerError(PulseError::NoEntity))?;
    let mut props = Props::new();
    props.set(Prop::MediaName, c"microphone");
    let wanted = RecordStreamParams {
        sample_spec: SampleSpec { format, channels: 1, sample_rate: rate.hz() },
        channel_map: ChannelMap::mono(),
        source_name: Some(name),
        buffer_attr: BufferAttr {
            max_length: a_second.saturating_mul(KEPT_SECONDS),
            fragment_size: a_second / BLOCKS_A_SECOND,
            ..BufferAttr::default()
        },
        // The source itself is to deliver as often as that.
        flags: StreamFlags { adjust_latency: true, ..StreamFlags::default() },
        props,
        ..RecordStreamParams::default()
    };
    let _: CreateRecordStreamReply = server.request(&Command::CreateRecordStream(wanted))?;
    Ok(())
}

impl Reader {
    /// Waits for the next message and takes what sound it holds.
    fn message(&mut self) -> Result<Message, ProtocolError> {
        let Descriptor { length, channel, .. } = read_descriptor(&mut self.socket)?;
        if channel == u32::MAX {
            return self.told(length);
        }
        let mut left = usize::try_from(length).unwrap_or(usize::MAX);
        while left > 0 {
            let bytes = &mut self.bytes[..left.min(PIECE * BYTES)];
            self.socket.read_exact(bytes)?;
            left -= bytes.len();
            let samples = bytes.as_chunks::<BYTES>().0;
            for (sample, bytes) in self.piece.iter_mut().zip(samples) {
                *sample = f32::from_ne_bytes(*bytes);
            }
            self.tap.take(&self.piece[..samples.len()], |sample| sample);
        }
        Ok(Message::Sound)
    }

    /// Reads a message that is no sound; all but the end of the source is of no interest.
    fn told(&mut self, length: u32) -> Result<Message, ProtocolError> {
        if length > LONGEST_COMMAND {
            return Err(ProtocolError::Invalid("a message that is too long".to_owned()));
        }
        self.command.clear();
        self.socket.by_ref().take(u64::from(length)).read_to_end(&mut self.command)?;
        if length_u64(self.command.len()) < u64::from(length) {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof).into());
        }
        let told = Command::read_tag_prefixed(&mut self.command.as_slice(), self.version);
        Ok(match told {
            Ok((_, Command::RecordStreamKilled(_))) => Message::Killed,
            // A server may be newer than this.
            Ok(_) | Err(_) => Message::Other,
        })
    }
}

//! Source: where sound comes from.
//!
//! Enters: a file, a pipe, a microphone, at any rate and channel count. Leaves: [`Frame`]s of 256 samples,
//! 16 kHz mono, -1..1, without a gap. Runs on the listen thread. Never here: a decision about speech, a panic on
//! foreign bytes, memory that grows with the length of a recording.

use std::io;

use crate::flow::{Fault, Frame, Remedy};

mod aside;
mod blocks;
mod coded;
mod content;
mod devices;
mod file;
mod folder;
mod hosts;
mod hunt;
mod intake;
mod live;
mod mic;
#[cfg(target_os = "linux")]
mod pulse;
mod resample;
mod tap;
mod watchdog;
mod wav;

pub use self::{
    blocks::Flaws,
    devices::{DEFAULT_DEVICE, DeviceInfo, Direction},
    file::{FileSource, Limits, decode_bytes},
    folder::{AUDIO_EXTENSIONS, expand, is_audio_file},
    hosts::devices,
    live::{Microphone, MicrophoneOptions},
    mic::callback,
    tap::{Drain, Pulled, Tap, tap},
};

/// Something that gives frames until it ends.
pub trait Source: Send {
    /// The next frame, or `None` at the end of the recording.
    ///
    /// # Errors
    /// What could not be read, with the remedy; after an error the source has ended.
    fn next(&mut self) -> Result<Option<Frame>, SourceError>;

    /// What was wrong with the recording so far, though it could be read.
    fn flaws(&self) -> Flaws {
        Flaws::default()
    }
}

/// What a live source gives when it is asked.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a box would be allocated for every 16 ms of sound")]
pub enum Captured {
    /// The next 16 ms. Positions grow over gaps too: what was lost or muted is counted in [`Frame::at`].
    Frame(Frame),
    /// Nothing came within 100 ms: the device is starting, closed, silent or gone.
    Nothing,
    /// Something the user should know about the device; frames may follow.
    News(DeviceNews),
}

/// What became of the microphone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceNews {
    /// A device delivers sound: told with its first sample, not with its opening.
    Ready {
        /// Its name.
        name: String,
        /// Its own rate, Hz.
        rate: u32,
        /// Why it is not the first of the user's list, or that it came back; `None` at a plain start.
        because: Option<String>,
    },
    /// The device gives nothing any more; it is looked for until it, or the next of the list, is back.
    Lost(Fault),
    /// It is closed on the user's wish.
    Muted,
    /// Frames were lost because nobody took them in time.
    Overrun {
        /// Samples at 16 kHz since the last such news.
        samples: u64,
    },
}

/// A microphone, or what stands for one in a test. Lives on the listen thread.
pub trait Capture: Send {
    /// The next sound; returns within about 100 ms whatever the device does.
    fn next(&mut self) -> Captured;
    /// Closes the device, or opens it again. While muted [`Captured::Nothing`] is all that comes.
    fn mute(&mut self, muted: bool);
}

/// Why sound could not be had. Every variant names the recording or the microphone.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the fields are named by the message that stands above each variant")]
pub enum SourceError {
    /// Nothing has that name.
    #[error("{name}: no such file")]
    NotFound { name: String },
    /// The file may not be read.
    #[error("{name}: no permission to read it")]
    NotPermitted { name: String },
    /// A directory where a file is needed.
    #[error("{name}: is a directory")]
    IsDirectory { name: String },
    /// A directory that holds no file with an audio extension.
    #[error("{name}: the directory holds no audio file")]
    NoAudioFiles { name: String },
    /// Zero bytes.
    #[error("{name}: is empty (0 bytes)")]
    Empty { name: String },
    /// No known audio format.
    #[error("{name}: is no audio file of a known format ({detail})")]
    NotAudio { name: String, detail: String },
    /// An audio file whose codec or container cannot be decoded here.
    #[error("{name}: its sound is stored as {codec}, which cannot be decoded here")]
    UnsupportedCodec { name: String, codec: String },
    /// A container without an audio track.
    #[error("{name}: holds no audio track")]
    NoAudioTrack { name: String },
    /// The header is well formed, but not one sample could be decoded.
    #[error("{name}: ends before its first sample of sound")]
    NoSound { name: String },
    /// A sample rate that no recording has.
    #[error("{name}: its header says {hz} Hz; rates from 1 Hz to 768000 Hz can be read")]
    BadSampleRate { name: String, hz: u32 },
    /// More channels than any recording of speech has.
    #[error("{name}: its header says {channels} channels; 1 to 64 can be read")]
    BadChannelCount { name: String, channels: usize },
    /// Damaged beyond what can be skipped.
    #[error("{name}: is damaged ({detail})")]
    Corrupt { name: String, detail: String },
    /// Floating point samples that are mostly NaN or infinite.
    #[error("{name}: {count} of {of} samples are not numbers")]
    NotNumbers { name: String, count: u64, of: u64 },
    /// Longer than [`Limits::max_seconds`].
    #[error("{name}: is longer than {max_seconds} seconds")]
    TooLong { name: String, max_seconds: u64 },
    /// An unseekable M4A that does not fit in [`Limits::max_buffer_bytes`].
    #[error("{name}: an M4A from a pipe must be held in memory, and it is larger than {max_bytes} bytes")]
    TooLarge { name: String, max_bytes: usize },
    /// The decoder itself failed on these bytes.
    #[error("{name}: the decoder failed on it")]
    DecoderFailed { name: String },
    /// The operating system could not read it.
    #[error("{name}: {error}")]
    Io { name: String, error: io::Error },
    /// No device can be opened.
    #[error("no microphone could be opened: {reason}")]
    NoMicrophone { reason: String },
    /// None of the devices that the settings list is there.
    #[error("none of the microphones {} is there; there are: {}", wanted.join(", "), found.join(", "))]
    MicrophoneMissing { wanted: Vec<String>, found: Vec<String> },
    /// The system does not let this program hear it.
    #[error("the system does not let Mynah use the microphone {name}")]
    MicrophoneDenied { name: String },
    /// Another program has it for itself.
    #[error("another program uses the microphone {name} for itself")]
    MicrophoneBusy { name: String },
    /// It delivered, and gives nothing any more.
    #[error("the microphone {name} is lost: {how}")]
    MicrophoneLost { name: String, how: String },
}

impl SourceError {
    /// The variant for what the operating system said about `name`.
    pub(super) fn of_io(name: &str, error: io::Error) -> Self {
        let name = name.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NotFound { name },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { name },
            io::ErrorKind::IsADirectory => Self::IsDirectory { name },
            _ => Self::Io { name, error },
        }
    }
}

impl Remedy for SourceError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NotFound { .. } => "not_found",
            Self::NotPermitted { .. } => "not_permitted",
            Self::IsDirectory { .. } => "is_directory",
            Self::NoAudioFiles { .. } => "no_audio_files",
            Self::Empty { .. } => "empty_file",
            Self::NotAudio { .. } => "not_audio",
            Self::UnsupportedCodec { .. } => "unsupported_codec",
            Self::NoAudioTrack { .. } => "no_audio_track",
            Self::NoSound { .. } => "no_sound",
            Self::BadSampleRate { .. } => "bad_sample_rate",
            Self::BadChannelCount { .. } => "bad_channel_count",
            Self::Corrupt { .. } => "corrupt_audio",
            Self::NotNumbers { .. } => "not_numbers",
            Self::TooLong { .. } => "too_long",
            Self::TooLarge { .. } => "too_large",
            Self::DecoderFailed { .. } => "decoder_failed",
            Self::Io { .. } => "unreadable_audio",
            Self::NoMicrophone { .. } => "no_microphone",
            Self::MicrophoneMissing { .. } => "unknown_microphone",
            Self::MicrophoneDenied { .. } => "microphone_denied",
            Self::MicrophoneBusy { .. } => "microphone_busy",
            Self::MicrophoneLost { .. } => "microphone_lost",
        }
    }

    fn remedy(&self) -> String {
        let convert = "`ffmpeg -i IN -ar 16000 -ac 1 OUT.wav` makes a file that can be read";
        match self {
            Self::NotFound { .. } => "Check the spelling and the directory.".to_owned(),
            Self::NotPermitted { name } => format!("Make it readable, for instance with `chmod u+r {name}`."),
            Self::IsDirectory { .. } => "Name a file in it.".to_owned(),
            Self::NoAudioFiles { .. } => {
                format!("Put recordings there that end in {}.", AUDIO_EXTENSIONS.join(", "))
            }
            Self::Empty { .. } => "Record it again; the file holds nothing.".to_owned(),
            Self::NotAudio { .. } => {
                format!("Give WAV, FLAC, MP3, Ogg Vorbis, M4A/AAC or AIFF; {convert} of most others.")
            }
            Self::UnsupportedCodec { .. } => format!("Convert it: {convert}."),
            Self::NoAudioTrack { .. } => "Give a file with sound in it.".to_owned(),
            Self::NoSound { .. } => "Record or copy it again; it was cut off or never written.".to_owned(),
            Self::BadSampleRate { .. } | Self::BadChannelCount { .. } => {
                format!("The header is wrong or the file is no recording of speech; {convert}.")
            }
            Self::Corrupt { .. } | Self::DecoderFailed { .. } => {
                format!("Copy it again from where it came; if it plays elsewhere, {convert}.")
            }
            Self::NotNumbers { .. } => "Export it again as 16-bit PCM.".to_owned(),
            Self::TooLong { .. } => "Cut it into shorter recordings.".to_owned(),
            Self::TooLarge { .. } => "Save it to a file and name that.".to_owned(),
            Self::Io { .. } => "Check the disk or the program that writes the pipe.".to_owned(),
            Self::NoMicrophone { .. } => {
                "Plug one in, or start the sound server; it is used as soon as it is there.".to_owned()
            }
            Self::MicrophoneMissing { .. } => {
                "Plug one of them in, or name another under listen.devices; `mynah devices` lists them."
                    .to_owned()
            }
            Self::MicrophoneDenied { .. } => {
                "Allow it in the system's privacy settings, on Linux by joining the group audio.".to_owned()
            }
            Self::MicrophoneBusy { .. } => "End the program that records, or name another device.".to_owned(),
            Self::MicrophoneLost { .. } => {
                "Check its plug or its battery; it is used again as soon as it is back.".to_owned()
            }
        }
    }
}

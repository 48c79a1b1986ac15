//! Play: where speech goes.
//!
//! Enters: [`Speech`]. Leaves: sound from a speaker, or a WAV file a turn. Runs on the play thread. Never here: a
//! decision about what is said.

use std::{io, path::PathBuf, sync::Arc};

use crate::{
    flow::{Remedy, Speech},
    units::TurnId,
};

mod both;
mod chime;
mod deck;
mod duck;
mod none;
mod output;
#[cfg(target_os = "linux")]
mod pulse;
mod resample;
mod speaker;
mod wav;
mod wishes;

pub use both::Both;
pub use chime::Earcon;
pub use duck::Ducker;
pub use none::Nowhere;
pub use speaker::{Fader, Speaker, SpeakerOptions};
pub use wav::{Stamp, WavFolder};

/// Something speech can be given to.
pub trait Sink: Send {
    /// Plays or writes `speech`; returns when the sink took it.
    ///
    /// # Errors
    /// [`PlayError`]: no device, or the file could not be written; then the rest of its turn is not written either.
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError>;

    /// Notes who made the words of `turn`: what becomes a file says so.
    fn made_by(&mut self, turn: TurnId, provider: &str, model: &str) {
        let _ = (turn, provider, model);
    }

    /// Ends `turn`: waits until it was heard, or completes its file, and says where the file lies.
    ///
    /// # Errors
    /// [`PlayError`]: the file could not be completed.
    fn finish(&mut self, turn: TurnId) -> Result<Option<PathBuf>, PlayError>;

    /// Falls silent at once and drops what was not played. Called between two calls of the others; what ends one of
    /// them from another thread is the sink's [`crate::flow::Hush`].
    fn hush(&mut self);

    /// Whether there is to be something to play soon: a sink that takes time to open may open now, and close where there
    /// is not.
    fn stand_by(&mut self, soon: bool) {
        let _ = soon;
    }
}

/// Why nothing is heard.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PlayError {
    /// This machine has no sound output that can be opened.
    #[error("no sound output could be opened: {reason}")]
    NoDevice {
        /// What the sound system said.
        reason: String,
    },
    /// The named sound output is not there.
    #[error("there is no sound output named {name:?}; there are: {}", .found.join(", "))]
    UnknownDevice {
        /// The name looked for.
        name: String,
        /// The outputs there are.
        found: Vec<String>,
    },
    /// The output asked for no sound for 2.5 s, or told that it is gone.
    #[error("the sound output stopped taking sound")]
    Stalled,
    /// The sound's rate cannot be brought to the output's.
    #[error("sound at {from} Hz cannot be converted to {to} Hz")]
    Rate {
        /// The sound's rate.
        from: u32,
        /// The output's rate.
        to: u32,
    },
    /// The folder for replies is a file, or its path leads through one.
    #[error("{} is not a directory", .path.display())]
    NotADirectory {
        /// The path.
        path: PathBuf,
    },
    /// The folder for replies may not be written to.
    #[error("no permission to write to {}", .path.display())]
    NoPermission {
        /// The path.
        path: PathBuf,
    },
    /// The disk that holds the folder is full.
    #[error("no space left on the disk for {}", .path.display())]
    DiskFull {
        /// The path.
        path: PathBuf,
    },
    /// The reply's file could not be marked as generated, and was not kept.
    #[error("{} could not be marked as generated: {reason}", .path.display())]
    Unmarked {
        /// The path.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The folder or the file could not be written for another reason.
    #[error("{} could not be written: {cause}", .path.display())]
    Unwritable {
        /// The path.
        path: PathBuf,
        /// What the system said.
        cause: Arc<io::Error>,
    },
}

impl PlayError {
    /// The error for `cause`, met at `path`.
    fn at(path: &std::path::Path, cause: io::Error) -> Self {
        let path = path.to_owned();
        match cause.kind() {
            io::ErrorKind::NotADirectory | io::ErrorKind::AlreadyExists => Self::NotADirectory { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NoPermission { path }
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            _ => Self::Unwritable { path, cause: cause.into() },
        }
    }
}

impl Remedy for PlayError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NoDevice { .. } => "no_sound_device",
            Self::UnknownDevice { .. } => "unknown_sound_device",
            Self::Stalled => "sound_device_stalled",
            Self::Rate { .. } => "unsupported_sound_rate",
            Self::NotADirectory { .. } => "out_not_a_directory",
            Self::NoPermission { .. } => "out_no_permission",
            Self::DiskFull { .. } => "out_disk_full",
            Self::Unmarked { .. } => "out_unmarked",
            Self::Unwritable { .. } => "out_unwritable",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoDevice { .. } => {
                "Connect a sound output and check that a sound server runs; with PulseAudio or PipeWire install \
                 libasound2-plugins or pipewire-alsa. Or write replies to files with --out DIR."
            }
            Self::UnknownDevice { .. } => "Choose one of the outputs listed, or leave the name out for the default.",
            Self::Stalled => "Check that the sound server still runs; the next reply opens the output again.",
            Self::Rate { .. } => "Choose another voice or another sound output.",
            Self::NotADirectory { .. } => "Give --out a directory, or the path of one to be made.",
            Self::NoPermission { .. } => "Give --out a directory that you may write to.",
            Self::DiskFull { .. } => "Free some space, or give --out a directory on another disk.",
            Self::Unmarked { .. } => "Check that the disk works; a file without its mark is not kept.",
            Self::Unwritable { .. } => "Check the path, or give --out another directory.",
        }
        .to_owned()
    }
}

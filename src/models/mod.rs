//! The models room: which speech models exist, which are here, and how one gets here whole.
//!
//! Enters: `models/manifest.toml` (built in), a model directory, a file to import, a mirror's bytes. Leaves: the path of
//! a complete model file. Sizes are bytes; hashes are SHA-256. Runs on the caller's thread; only the command line
//! fetches, never the daemon. Never here: a file under a model's name that is not whole and checked, a network byte that
//! did not pass `egress`, a download or an import started by itself.

pub mod door;
pub mod fetch;
mod header;
pub mod import;
pub mod library;
pub mod listed;
pub mod manifest;
pub mod mirror;
mod part;
#[cfg(test)]
mod scripted;
pub mod verify;

use std::{
    io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::flow::Remedy;

pub use self::{
    door::{DoorMirror, approved_mirrors},
    fetch::{Fetched, Step, fetch},
    import::{Imported, import},
    library::{Library, best},
    listed::{Choice, Listed, Origin, Presence},
    manifest::{Languages, Manifest, ModelEntry},
    mirror::{Mirror, MirrorBody, MirrorFault},
    verify::{Checked, Sha256Sum, Verdict, hash_file, verify_all, verify_one},
};

/// The built-in model's bytes: it travels inside the program, so that a copied binary hears without a file beside it.
pub const BUILT_IN: &[u8] = include_bytes!("../../models/builtin-en-q8_0.bin");

/// What the manifest calls it.
pub const BUILT_IN_NAME: &str = "builtin-en";

/// What can go wrong with a model.
#[derive(Debug, Error)]
pub enum ModelsError {
    /// The manifest cannot be read.
    #[error("models/manifest.toml: {what}")]
    BadManifest {
        /// Which entry and which rule, or the TOML error with its line.
        what: String,
    },
    /// No model goes by this name.
    #[error("no speech model is called \"{name}\"{}", near.as_ref().map_or_else(String::new, |n| format!("; the nearest name is \"{n}\"")))]
    UnknownModel {
        /// What was asked for.
        name: String,
        /// The most similar known name, if one is close.
        near: Option<String>,
    },
    /// The model is known but its file is not here, or not complete.
    #[error("the speech model {name} is not at {}", path.display())]
    ModelMissing {
        /// The model.
        name: String,
        /// Where its file would be.
        path: PathBuf,
        /// Whether it can be fetched; the built-in one cannot.
        fetchable: bool,
    },
    /// No model here understands the language.
    #[error(
        "no speech model on this machine understands \"{language}\"; the built-in one knows English only"
    )]
    NoModelForLanguage {
        /// ISO 639 code, or "any" where it is to be detected.
        language: String,
    },
    /// The bytes are not the ones the manifest promises.
    #[error("{name} from {from}: the SHA-256 is {actual}, it should be {expected}")]
    ChecksumMismatch {
        /// The model.
        name: String,
        /// What the manifest says.
        expected: Sha256Sum,
        /// What the bytes give.
        actual: Sha256Sum,
        /// The mirror or file they came from.
        from: String,
        /// Whether they came over the network, and so were deleted.
        fetched: bool,
    },
    /// A mirror went on sending after the last byte.
    #[error("{mirror} sent more than the {expected} bytes of {name}")]
    TooLong {
        /// The model.
        name: String,
        /// The mirror.
        mirror: String,
        /// The manifest's size.
        expected: u64,
    },
    /// The file is not a Whisper model in ggml format.
    #[error("{} is not a Whisper speech model: {why}", path.display())]
    NotAModel {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another model already has the name an import would take.
    #[error("a different model already has the name \"{name}\": {}", path.display())]
    NameTaken {
        /// The name.
        name: String,
        /// Its file.
        path: PathBuf,
    },
    /// The built-in model was asked to be fetched.
    #[error("{name} ships with Mynah and is on no mirror")]
    NotFetchable {
        /// The model.
        name: String,
    },
    /// The region, or the guard behind it, does not let this download out.
    #[error("fetching a model was refused: {reason}")]
    MirrorRefused {
        /// Why, in the policy's words.
        reason: String,
    },
    /// No mirror delivered.
    #[error("{name} could not be fetched: {}", tried.join("; "))]
    DownloadFailed {
        /// The model.
        name: String,
        /// One sentence for each mirror tried, in order.
        tried: Vec<String>,
    },
    /// The connection ended within the file.
    #[error("{mirror} broke off after {have} of {want} bytes of {name}: {why}")]
    DownloadCut {
        /// The model.
        name: String,
        /// The mirror.
        mirror: String,
        /// Bytes on disk, kept.
        have: u64,
        /// Bytes of the whole file.
        want: u64,
        /// The transport's reason.
        why: String,
    },
    /// No space, or over the quota.
    #[error("the disk is full while writing {}", path.display())]
    DiskFull {
        /// The file being written.
        path: PathBuf,
    },
    /// The system does not let us.
    #[error("no permission to {action} {}", path.display())]
    NoPermission {
        /// What was tried ("write").
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
    },
    /// Another input or output error.
    #[error("cannot {action} {}: {source}", path.display())]
    ModelUnreadable {
        /// What was tried ("read").
        action: &'static str,
        /// On which file or directory.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The listing could not be printed.
    #[error("cannot print the answer: {source}")]
    Output {
        /// The system's reason.
        source: io::Error,
    },
}

impl ModelsError {
    /// The error for `source`, met while trying to `action` the file or directory `path`.
    pub(crate) fn of_io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::NoPermission { action, path }
            }
            _ => Self::ModelUnreadable { action, path, source },
        }
    }
}

impl Remedy for ModelsError {
    fn kind(&self) -> &'static str {
        match self {
            Self::BadManifest { .. } => "bad_manifest",
            Self::UnknownModel { .. } => "unknown_model",
            Self::ModelMissing { .. } => "model_missing",
            Self::NoModelForLanguage { .. } => "no_model_for_language",
            Self::ChecksumMismatch { .. } => "checksum_mismatch",
            Self::TooLong { .. } => "download_too_long",
            Self::NotAModel { .. } => "not_a_model",
            Self::NameTaken { .. } => "name_taken",
            Self::NotFetchable { .. } => "not_fetchable",
            Self::MirrorRefused { .. } => "mirror_refused",
            Self::DownloadFailed { .. } => "download_failed",
            Self::DownloadCut { .. } => "download_cut",
            Self::DiskFull { .. } => "disk_full",
            Self::NoPermission { .. } => "no_permission",
            Self::ModelUnreadable { .. } => "model_unreadable",
            Self::Output { .. } => "output_failed",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::BadManifest { .. } => "Restore models/manifest.toml from the source and build again.".into(),
            Self::UnknownModel { .. } => "`mynah models list` shows every name.".into(),
            Self::ModelMissing { name, fetchable: true, .. } => {
                format!("Fetch it: `mynah models fetch {name}`, or import a file: `mynah models import FILE`.")
            }
            Self::ModelMissing { .. } => {
                "Put back the file from models/ of the source, or fetch another: `mynah models fetch base`.".into()
            }
            Self::NoModelForLanguage { .. } => {
                "Fetch a multilingual model: `mynah models fetch base`, or import one: `mynah models import FILE`."
                    .into()
            }
            Self::ChecksumMismatch { fetched: true, name, .. } => format!(
                "The bytes were deleted; run `mynah models fetch {name}` again, and distrust the mirror if it repeats."
            ),
            Self::ChecksumMismatch { name, .. } => format!(
                "The file is damaged or another model: `mynah models fetch {name}` gets the right one; a model of your own needs another file name."
            ),
            Self::TooLong { .. } => "The bytes were deleted; try again later, the mirror holds another file.".into(),
            Self::NotAModel { .. } => {
                "Give a whisper.cpp model in ggml format, such as ggml-base.bin; other formats must be converted first."
                    .into()
            }
            Self::NameTaken { path, .. } => {
                format!("Rename the file you import, or remove {} first.", path.display())
            }
            Self::NotFetchable { name } => format!("`mynah models verify {name}` tells whether it is whole."),
            Self::MirrorRefused { .. } => {
                "Import a file instead: `mynah models import FILE`, or name a mirror on this machine in models.mirror."
                    .into()
            }
            Self::DownloadFailed { .. } => {
                "Try again later, or import a file you have: `mynah models import FILE`.".into()
            }
            Self::DownloadCut { name, .. } => {
                format!("Run `mynah models fetch {name}` again: it goes on where it stopped.")
            }
            Self::DiskFull { path } => format!(
                "Free space on the disk that holds {}, then run the same command again.",
                path.parent().unwrap_or(path).display()
            ),
            Self::NoPermission { path, .. } => {
                format!("Give your user access to {}, or choose another directory.", path.display())
            }
            Self::ModelUnreadable { path, .. } => format!("Check that {} exists and its disk is sound.", path.display()),
            Self::Output { .. } => "Check where the output is sent.".into(),
        }
    }
}

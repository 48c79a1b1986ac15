//! Listed: a model as the library tells of it, and the one that answers.
//!
//! Enters: nothing. Leaves: values. Never here: a look at the disk.

use std::path::PathBuf;

use super::{Languages, verify::Sha256Sum};

/// Where a model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// Inside the program: [`super::BUILT_IN`].
    BuiltIn,
    /// In the manifest.
    Official,
    /// Brought by the user; nobody vouches for it.
    Imported,
}

/// Whether a model's file is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    /// Here, with the right size.
    Present,
    /// Not here.
    Absent,
    /// A fetch was interrupted; so many bytes are kept.
    Partial {
        /// Bytes of the part.
        bytes: u64,
    },
    /// A file of another size has its name, or an imported one is a whole model no more.
    WrongSize {
        /// Its size in bytes.
        bytes: u64,
    },
}

/// A model and the state of its file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What the user types.
    pub name: String,
    /// Where its file is, or would be.
    pub path: PathBuf,
    /// Its full size in bytes.
    pub bytes: u64,
    /// What its bytes should hash to; `None` for a file put in place by hand.
    pub sha256: Option<Sha256Sum>,
    /// Languages it understands.
    pub languages: Languages,
    /// Where it comes from.
    pub origin: Origin,
    /// Whether it is here.
    pub presence: Presence,
    /// Preference among those present; `None` for an imported one, which is used only by its name.
    pub rank: Option<u32>,
    /// Approximate resident memory in MB (10^6 bytes), where known.
    pub memory_mb: Option<u32>,
    /// What to know before choosing it; may be empty.
    pub note: String,
}

/// The model that answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// Its name, or its path where one was given.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// Languages it understands.
    pub languages: Languages,
    /// Where it comes from.
    pub origin: Origin,
}

impl From<&Listed> for Choice {
    fn from(model: &Listed) -> Self {
        Self {
            name: model.name.clone(),
            path: model.path.clone(),
            languages: model.languages,
            origin: model.origin,
        }
    }
}

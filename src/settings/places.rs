//! Places: where the user's files lie.
//!
//! Enters: the system's conventions, `MYNAH_CONFIG`. Leaves: paths. Never here: a file opened.

use std::path::{Path, PathBuf};

use directories::{BaseDirs, ProjectDirs, UserDirs};

use super::environment::variable;

/// The user's folders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// The home directory.
    pub home: PathBuf,
    /// Where programs keep their configuration (`~/.config` on Linux).
    pub config: PathBuf,
}

/// The user's folders; `None` where no home directory is known.
#[must_use]
pub fn folders() -> Option<Folders> {
    BaseDirs::new().map(|dirs| Folders { home: dirs.home_dir().into(), config: dirs.config_dir().into() })
}

/// The folders in which users keep what they open by name, as the system calls them in their language.
#[must_use]
pub fn shelves() -> Vec<PathBuf> {
    let Some(dirs) = UserDirs::new() else { return Vec::new() };
    [
        dirs.document_dir(),
        dirs.download_dir(),
        dirs.desktop_dir(),
        dirs.picture_dir(),
        dirs.audio_dir(),
        dirs.video_dir(),
    ]
    .into_iter()
    .flatten()
    // Without a folder of its own, the home stands for it.
    .filter(|folder| *folder != dirs.home_dir())
    .map(Path::to_owned)
    .collect()
}

/// Which settings file is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingsFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Whether the user named it, so that it must be there.
    pub named: bool,
}

/// The settings file that [`super::load`] reads: `named` with `--config`, else `MYNAH_CONFIG`'s, else the usual one.
/// `None` where nothing was named and no home directory is known.
#[must_use]
pub fn file(named: Option<&Path>) -> Option<SettingsFile> {
    let asked = named.map(Path::to_owned).or_else(|| variable("MYNAH_CONFIG").map(PathBuf::from));
    match asked {
        Some(path) => Some(SettingsFile { path, named: true }),
        None => directories()
            .map(|dirs| SettingsFile { path: dirs.config_dir().join("assistant.toml"), named: false }),
    }
}

/// Mynah's own folders.
pub(super) fn directories() -> Option<ProjectDirs> {
    ProjectDirs::from("", "", "mynah")
}

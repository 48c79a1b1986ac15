//! Phrases: the user's own file of phrases, found and read.
//!
//! Enters: where the settings lie, and the key `phrases`. Leaves: the file's text, if there is one. Never here: a file that
//! somebody else may write: what stands in it is done and started in the user's name; what the text means.

use std::{
    fs::{self, File, Metadata},
    io::{ErrorKind, Read},
    path::{Path, PathBuf},
};

use super::SettingsError;
use crate::units::length_u64;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 256 * 1024;

/// What the file is called beside the settings file.
pub(super) const USUAL: &str = "phrases.toml";

/// Which file of phrases is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhrasesFile {
    /// Where it lies.
    pub path: PathBuf,
    /// Whether the user named it, so that it must be there.
    pub named: bool,
}

impl PhrasesFile {
    /// The text of the file; `None` where it is not there and need not be.
    ///
    /// # Errors
    /// [`SettingsError`]: it cannot be read, or somebody else may write it.
    pub fn read(&self) -> Result<Option<String>, SettingsError> {
        let path = &self.path;
        let unreadable = |cause| SettingsError::Unreadable { file: path.display().to_string(), cause };
        let file = match File::open(path) {
            Ok(file) => file,
            // A link that leads nowhere is a file that cannot be read.
            Err(error)
                if error.kind() == ErrorKind::NotFound
                    && !self.named
                    && fs::symlink_metadata(path).is_err() =>
            {
                return Ok(None);
            }
            Err(error) => return Err(unreadable(error)),
        };
        let about = file.metadata().map_err(unreadable)?;
        let refuse = |reason: String| SettingsError::NotTrusted { file: path.display().to_string(), reason };
        if !about.is_file() {
            return Err(refuse("it is no regular file".to_owned()));
        }
        if let Some(reason) = open_to_others(path, &about) {
            return Err(refuse(reason));
        }
        let mut text = String::new();
        file.take(LONGEST + 1).read_to_string(&mut text).map_err(unreadable)?;
        if length_u64(text.len()) > LONGEST {
            return Err(refuse(format!("it is longer than {LONGEST} bytes")));
        }
        Ok(Some(text))
    }
}

/// Why somebody else than the user could have put something into the file at `path`.
#[cfg(unix)]
fn open_to_others(path: &Path, about: &Metadata) -> Option<String> {
    use std::os::unix::fs::MetadataExt;
    let user = rustix::process::geteuid().as_raw();
    if ![user, 0].contains(&about.uid()) {
        return Some("it belongs to somebody else".to_owned());
    }
    // A group that is the user's alone has the user's number, as most systems make it.
    let writable = |about: &Metadata| {
        about.mode() & 0o002 != 0 || (about.mode() & 0o020 != 0 && ![user, 0].contains(&about.gid()))
    };
    if writable(about) {
        return Some(format!(
            "others may write it (mode {:03o}), and it can start programs",
            about.mode() & 0o777
        ));
    }
    let path = fs::canonicalize(path).ok()?;
    let folder = path.parent()?;
    let around = fs::metadata(folder).ok()?;
    // In a sticky folder only its owner replaces a file.
    (writable(&around) && around.mode() & 0o1000 == 0).then(|| {
        format!(
            "others may replace it: they may write {} (mode {:03o})",
            folder.display(),
            around.mode() & 0o777
        )
    })
}

#[cfg(not(unix))]
const fn open_to_others(_path: &Path, _about: &Metadata) -> Option<String> {
    None
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    #[test]
    fn only_a_file_that_the_user_alone_writes_is_read() {
        let allow = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(USUAL);
        let file = PhrasesFile { path: path.clone(), named: false };
        assert_eq!(file.read().unwrap(), None);
        let named = PhrasesFile { named: true, ..file.clone() };
        assert!(matches!(named.read(), Err(SettingsError::Unreadable { .. })));
        fs::write(&path, "# mine").unwrap();
        allow(&path, 0o644);
        assert_eq!(file.read().unwrap().as_deref(), Some("# mine"));
        allow(&path, 0o646);
        let error = file.read().unwrap_err().to_string();
        assert!(error.contains("mode 646") && error.contains("others may write"), "{error}");
        allow(&path, 0o600);
        allow(folder.path(), 0o777);
        let error = file.read().unwrap_err().to_string();
        assert!(error.contains("others may replace it"), "{error}");
        allow(folder.path(), 0o1777);
        assert!(file.read().unwrap().is_some());
        fs::remove_file(&path).unwrap();
        symlink("nowhere", &path).unwrap();
        assert!(matches!(file.read(), Err(SettingsError::Unreadable { .. })));
        fs::remove_file(&path).unwrap();
        fs::create_dir(&path).unwrap();
        assert!(file.read().unwrap_err().to_string().contains("no regular file"));
    }

    #[test]
    fn a_file_without_end_is_not_read_to_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(USUAL);
        fs::write(&path, vec![b'#'; 300 * 1024]).unwrap();
        let error = PhrasesFile { path, named: true }.read().unwrap_err().to_string();
        assert!(error.contains("longer than"), "{error}");
    }
}

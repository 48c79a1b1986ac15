//! Whole: a file that appears whole under its name, or not at all.
//!
//! Enters: a path, what is to stand there. Leaves: the file, and its folder where there was none. Never here: half a file
//! after a crash; a file or a folder that others may read, unless that is asked for.

use std::{
    fs::{self, Permissions},
    io::{self, Write},
    path::Path,
};

/// Writes `bytes` to `file` for its owner alone (0600), in folders that are made for their owner alone (0700).
///
/// # Errors
/// The system's.
pub fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole_for(file, bytes, None)
}

/// The same, with `permissions` where they are given.
///
/// # Errors
/// The system's.
pub fn write_whole_for(file: &Path, bytes: &[u8], permissions: Option<Permissions>) -> io::Result<()> {
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    // Made for the owner alone from the start (mode 0600).
    let mut scratch = tempfile::NamedTempFile::new_in(folder)?;
    scratch.write_all(bytes)?;
    if let Some(permissions) = permissions {
        scratch.as_file().set_permissions(permissions)?;
    }
    scratch.as_file().sync_all()?;
    scratch.persist(file).map(drop).map_err(|error| error.error)
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn only_the_owner_reads_it_unless_more_is_asked_for_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("of/mine/file");
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        write_whole(&file, b"one").unwrap();
        assert_eq!((mode(&file), mode(file.parent().unwrap())), (0o600, 0o700));
        write_whole_for(&file, b"two", Some(Permissions::from_mode(0o640))).unwrap();
        assert_eq!((fs::read(&file).unwrap().as_slice(), mode(&file)), (&b"two"[..], 0o640));
        write_whole(&file, b"three").unwrap();
        assert_eq!(mode(&file), 0o600);
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
}

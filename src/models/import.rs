//! Import: a file the user already has becomes a model of the library.
//!
//! Enters: a path. Leaves: a copy in the model directory under the manifest's name where its hash is known, else under
//! its own. Never here: a half file under a final name, a file under an official name with other bytes.

use std::{
    fs::{self, File},
    io::{Read, Write},
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{
    Languages, Library, ModelsError, header,
    library::{PART_SUFFIX, record_of, recorded_sum},
    verify::Sha256Sum,
};
use crate::units::length_u64;

/// Longest name kept from a file, in bytes; with ".bin.sha256" it stays under every file system's 255.
const MAX_STEM: usize = 200;

/// What an import made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// The name to use it by.
    pub name: String,
    /// Where it lies now.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its hash.
    pub sha256: Sha256Sum,
    /// Languages it understands.
    pub languages: Languages,
    /// Whether the manifest knows these bytes.
    pub official: bool,
}

/// Copies the model file `source` into `library`. `progress` is told the bytes copied so far and in all.
///
/// # Errors
/// [`ModelsError::NotAModel`]; [`ModelsError::ChecksumMismatch`] where the file bears an official name and other bytes;
/// [`ModelsError::NameTaken`]; [`ModelsError::DiskFull`], [`ModelsError::NoPermission`] or another reason of the system.
pub fn import(
    library: &Library<'_>,
    source: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Imported, ModelsError> {
    let languages = header::read(source)?;
    let reading = |e| ModelsError::of_io("read", source, e);
    let mut from = File::open(source).map_err(reading)?;
    let total = from.metadata().map_err(reading)?.len();
    let directory = library.directory();
    fs::create_dir_all(directory).map_err(|e| ModelsError::of_io("make", directory, e))?;
    // Dropped on any error, which removes it.
    let mut copy = tempfile::Builder::new()
        .prefix(".import-")
        .tempfile_in(directory)
        .map_err(|e| ModelsError::of_io("write in", directory, e))?;
    let place = copy.path().to_owned();
    let (bytes, sha256) =
        copy_hashed(&mut from, source, copy.as_file_mut(), &place, &mut |done| progress(done, total))?;
    copy.as_file().sync_all().map_err(|e| ModelsError::of_io("write", &place, e))?;

    if let Some(entry) = library.manifest().by_sum(&sha256) {
        let path = directory.join(&entry.file);
        keep(copy, &path)?;
        // What a fetch of it had begun is not needed any more.
        let _ = fs::remove_file(directory.join(format!("{}{PART_SUFFIX}", entry.file)));
        let name = entry.name.clone();
        return Ok(Imported { name, path, bytes, sha256, languages: entry.languages, official: true });
    }
    let name = name_from(source);
    if let Some(entry) = library.manifest().owner_of(&name) {
        return Err(ModelsError::ChecksumMismatch {
            name: entry.name.clone(),
            expected: entry.sha256,
            actual: sha256,
            from: source.display().to_string(),
            fetched: false,
        });
    }
    let path = directory.join(format!("{name}.bin"));
    let itself = path.canonicalize().ok().is_some_and(|there| source.canonicalize().ok() == Some(there));
    if path.exists() && !itself && recorded_sum(&path) != Some(sha256) {
        return Err(ModelsError::NameTaken { name, path });
    }
    // The record first: a model without one could never be verified, a record without a model is only litter.
    let record = record_of(&path);
    let writing = |e| ModelsError::of_io("write", &record, e);
    let mut line = NamedTempFile::new_in(directory).map_err(writing)?;
    writeln!(line, "{sha256}  {name}.bin").and_then(|()| line.as_file().sync_all()).map_err(writing)?;
    keep(line, &record)?;
    keep(copy, &path)?;
    Ok(Imported { name, path, bytes, sha256, languages, official: false })
}

/// Gives a finished file its name, in one step that survives a crash.
fn keep(file: NamedTempFile, path: &Path) -> Result<(), ModelsError> {
    file.persist(path).map_err(|e| ModelsError::of_io("write", path, e.error))?;
    sync_directory_of(path);
    Ok(())
}

/// Makes a rename in `path`'s directory durable. Not every file system can; the rename itself is done either way.
pub(super) fn sync_directory_of(path: &Path) {
    if let Some(directory) = path.parent() {
        let _ = File::open(directory).and_then(|directory| directory.sync_all());
    }
}

fn copy_hashed(
    from: &mut dyn Read,
    source: &Path,
    to: &mut dyn Write,
    place: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<(u64, Sha256Sum), ModelsError> {
    let (mut buffer, mut hasher, mut done) = (vec![0; 256 * 1024], Sha256::new(), 0);
    loop {
        let read = from.read(&mut buffer).map_err(|e| ModelsError::of_io("read", source, e))?;
        if read == 0 {
            return Ok((done, Sha256Sum::of_hasher(hasher)));
        }
        hasher.update(&buffer[..read]);
        to.write_all(&buffer[..read]).map_err(|e| ModelsError::of_io("write", place, e))?;
        done += length_u64(read);
        progress(done);
    }
}

/// The file's name without its extension, with "-" for what could trouble a shell or a file system.
fn name_from(source: &Path) -> String {
    let stem = source.file_stem().unwrap_or_default().to_string_lossy();
    let mut name = String::new();
    for c in stem.chars() {
        let c = if c.is_alphanumeric() || ".-_".contains(c) { c } else { '-' };
        if name.len() + c.len_utf8() > MAX_STEM {
            break;
        }
        name.push(c);
    }
    let name = name.trim_start_matches(['.', '-']);
    if name.is_empty() { "model".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use std::io;

    use super::*;
    use crate::{
        flow::Remedy,
        ggml::sample,
        models::{Checked, Manifest, Verdict, verify_all, verify_one},
    };

    fn official(sample: &[u8]) -> Manifest {
        let text = include_str!("../../models/manifest.toml")
            .replace(
                "60ed5bc3dd14eea856493d334349b405782ddcaf0028d4b5df4088345fba2efe",
                &Sha256Sum::of(sample).to_string(),
            )
            .replace("bytes = 147951465", &format!("bytes = {}", sample.len()));
        Manifest::parse(&text).unwrap()
    }

    fn files(directory: &Path) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(directory)
            .map(|files| files.map(|f| f.unwrap().file_name().into_string().unwrap()).collect())
            .unwrap_or_default();
        names.sort();
        names
    }

    #[test]
    fn known_bytes_take_their_official_name() {
        let dir = tempfile::tempdir().unwrap();
        let sample = sample(true);
        let manifest = official(&sample);
        let library = Library::new(&manifest, dir.path().join("deep/models"));
        let source = dir.path().join("download (1).tmp");
        fs::write(&source, &sample).unwrap();
        let made = import(&library, &source, &mut |_, _| {}).unwrap();
        assert_eq!((made.name.as_str(), made.official), ("base", true));
        assert_eq!(files(library.directory()), ["ggml-base.bin"]);
        assert_eq!(fs::read(&made.path).unwrap(), sample);
        assert!(source.exists());
        assert_eq!(verify_one(&library, "base", &mut |_, _| {}).unwrap().verdict, Verdict::Good);
        assert_eq!(verify_one(&library, "tiny", &mut |_, _| {}).unwrap().verdict, Verdict::Missing);
        assert_eq!(verify_one(&library, "../x", &mut |_, _| {}).unwrap_err().kind(), "unknown_model");
    }

    #[test]
    fn unknown_bytes_keep_their_stem_and_a_record() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(Manifest::shipped(), dir.path().join("models"));
        let source = dir.path().join("my tuned 模型.bin");
        fs::write(&source, sample(false)).unwrap();
        let made = import(&library, &source, &mut |_, _| {}).unwrap();
        assert_eq!((made.name.as_str(), made.official), ("my-tuned-模型", false));
        assert_eq!(files(library.directory()), ["my-tuned-模型.bin", "my-tuned-模型.bin.sha256"]);
        assert_eq!(library.list().unwrap().last().unwrap().sha256, Some(made.sha256));

        // Again, and once more from its own place, changes nothing.
        assert_eq!(import(&library, &source, &mut |_, _| {}).unwrap(), made);
        assert_eq!(import(&library, &made.path, &mut |_, _| {}).unwrap(), made);

        // Other bytes under that name are not taken, and the first ones are still there.
        let mut other = sample(false);
        *other.last_mut().unwrap() = 1;
        fs::write(&source, &other).unwrap();
        assert_eq!(import(&library, &source, &mut |_, _| {}).unwrap_err().kind(), "name_taken");
        assert_eq!(fs::read(&made.path).unwrap(), sample(false));

        // Damage on the disk is noticed, of weights and of the frame.
        for damage in [&other[..], &other[..48]] {
            fs::write(&made.path, damage).unwrap();
            let checked = verify_all(&library, &mut |_, _, _| {}).unwrap();
            let damaged = |c: &Checked| matches!(c.verdict, Verdict::WrongHash { .. });
            assert_eq!(
                checked.iter().filter(|c| damaged(c)).map(|c| &c.name).collect::<Vec<_>>(),
                [&made.name]
            );
        }
        assert_eq!(library.resolve(&made.name).unwrap_err().kind(), "not_a_model");
    }

    #[test]
    fn an_official_name_with_other_bytes_is_not_taken() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(Manifest::shipped(), dir.path().join("models"));
        for name in ["ggml-base.bin", "Base.bin", "builtin-en-q8_0.bin"] {
            let source = dir.path().join(name);
            fs::write(&source, sample(true)).unwrap();
            let error = import(&library, &source, &mut |_, _| {}).unwrap_err();
            assert_eq!(error.kind(), "checksum_mismatch", "{name}");
            assert_eq!(files(library.directory()), Vec::<String>::new());
        }
    }

    #[test]
    fn what_is_no_model_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(Manifest::shipped(), dir.path().join("models"));
        let kind = |path: &Path| import(&library, path, &mut |_, _| {}).unwrap_err().kind();
        let empty = dir.path().join("empty.bin");
        fs::write(&empty, b"").unwrap();
        assert_eq!(kind(&empty), "not_a_model");
        assert_eq!(kind(dir.path()), "not_a_model");
        assert_eq!(kind(&dir.path().join("absent.bin")), "model_unreadable");
        #[cfg(unix)]
        assert_eq!(kind(Path::new("/dev/zero")), "not_a_model");
        assert!(!library.directory().exists());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_full_disk_is_told_as_one() {
        let mut full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let place = Path::new("/models/.import-x");
        let error = copy_hashed(&mut io::Cursor::new([7; 9]), Path::new("x"), &mut full, place, &mut |_| {})
            .unwrap_err();
        assert_eq!(error.kind(), "disk_full");
        assert!(error.remedy().contains("/models"), "{}", error.remedy());
    }

    #[test]
    fn a_directory_that_cannot_be_made_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let (source, blocked) = (dir.path().join("a.bin"), dir.path().join("blocked"));
        fs::write(&source, sample(true)).unwrap();
        fs::write(&blocked, b"a file").unwrap();
        let library = Library::new(Manifest::shipped(), blocked.join("models"));
        assert_eq!(import(&library, &source, &mut |_, _| {}).unwrap_err().kind(), "model_unreadable");
    }

    #[test]
    fn names_are_tamed() {
        for (file, name) in [
            ("a.b.bin", "a.b"),
            ("..bin", "model"),
            ("$(rm).bin", "rm-"),
            (".bin", "bin"),
            ("x\ny.bin", "x-y"),
        ] {
            assert_eq!(name_from(Path::new(file)), name, "{file:?}");
        }
        assert!(name_from(Path::new(&"模".repeat(300))).len() <= MAX_STEM);
    }
}

//! Verify: is a model file, byte for byte, the one it should be?
//!
//! Enters: files of the library. Leaves: one verdict each. Never here: a whole model in memory, a change to any file.

use std::{
    fmt,
    fs::File,
    io::Read,
    path::{Path, PathBuf},
    str::FromStr,
};

use sha2::{Digest, Sha256};

use super::{Library, Listed, ModelsError, Origin, Presence};
use crate::units::length_u64;

/// Bytes read at a time: large enough to hide system calls, small enough for a smooth progress bar.
const STEP_BYTES: usize = 256 * 1024;

/// A SHA-256 digest, shown as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Sha256Sum([u8; 32]);

impl Sha256Sum {
    /// The digest of `bytes`.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

impl Sha256Sum {
    /// The digest of all that `hasher` was given.
    pub(super) fn of_hasher(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }
}

impl FromStr for Sha256Sum {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>().ok_or(())?;
        let bytes: Vec<u8> = digits
            .chunks(2)
            .map(|pair| pair.iter().fold(0, |sum, digit| sum * 16 + digit))
            .map(u8::try_from)
            .collect::<Result<_, _>>()
            .map_err(|_| ())?;
        if digits.len() == 64 { bytes.try_into().map(Self).map_err(|_| ()) } else { Err(()) }
    }
}

impl fmt::Display for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256Sum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A file being hashed, a step at a time, so that an async caller can give way between steps.
pub(super) struct Hashing {
    file: File,
    path: PathBuf,
    hasher: Sha256,
    buffer: Vec<u8>,
    done: u64,
}

impl Hashing {
    pub(super) fn open(path: &Path) -> Result<Self, ModelsError> {
        let file = File::open(path).map_err(|e| ModelsError::of_io("read", path, e))?;
        Ok(Self { file, path: path.to_owned(), hasher: Sha256::new(), buffer: vec![0; STEP_BYTES], done: 0 })
    }

    /// Reads on; the bytes hashed so far, or `None` at the end of the file.
    pub(super) fn step(&mut self) -> Result<Option<u64>, ModelsError> {
        let read = self.file.read(&mut self.buffer).map_err(|e| ModelsError::of_io("read", &self.path, e))?;
        self.hasher.update(&self.buffer[..read]);
        self.done += length_u64(read);
        Ok((read > 0).then_some(self.done))
    }

    pub(super) fn finish(self) -> Sha256Sum {
        Sha256Sum::of_hasher(self.hasher)
    }
}

/// The SHA-256 of the file at `path`. `progress` is told the bytes read so far.
///
/// # Errors
/// The system's reason where the file cannot be read.
pub fn hash_file(path: &Path, progress: &mut dyn FnMut(u64)) -> Result<Sha256Sum, ModelsError> {
    let mut hashing = Hashing::open(path)?;
    while let Some(done) = hashing.step()? {
        progress(done);
    }
    Ok(hashing.finish())
}

/// What a look at a model file found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// The size and the hash are right.
    Good,
    /// There is no file.
    Missing,
    /// The file has another size; it was not hashed.
    WrongSize {
        /// What the manifest says, bytes.
        expected: u64,
        /// What the file has, bytes.
        actual: u64,
    },
    /// The size is right, the bytes are not.
    WrongHash {
        /// What the manifest, or the import's record, says.
        expected: Sha256Sum,
        /// What the file gives.
        actual: Sha256Sum,
    },
    /// A file of unknown origin that was put in place by hand: there is nothing to compare it with.
    Unrecorded {
        /// What the file gives.
        actual: Sha256Sum,
    },
    /// The file is there and cannot be read.
    Unreadable {
        /// The system's reason.
        why: String,
    },
}

impl Verdict {
    /// Whether the file is what it should be, as far as that is known.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        matches!(self, Self::Good | Self::Unrecorded { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Good => f.write_str("ok"),
            Self::Missing => f.write_str("missing"),
            Self::WrongSize { expected, actual } => {
                write!(f, "wrong size: {actual} bytes, should be {expected}")
            }
            Self::WrongHash { expected, actual } => {
                write!(f, "wrong SHA-256: {actual}, should be {expected}")
            }
            Self::Unrecorded { actual } => write!(f, "nothing to compare with; SHA-256 {actual}"),
            Self::Unreadable { why } => write!(f, "unreadable: {why}"),
        }
    }
}

/// A model and what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// The model's name.
    pub name: String,
    /// Its file.
    pub path: PathBuf,
    /// What was found.
    pub verdict: Verdict,
}

/// Checks the model called `name`. `progress` is told the bytes read so far and in all.
///
/// # Errors
/// [`ModelsError::UnknownModel`], or the model directory cannot be listed.
pub fn verify_one(
    library: &Library<'_>,
    name: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Checked, ModelsError> {
    let listed = library.list()?;
    let model = listed.iter().find(|m| m.name == name).ok_or_else(|| library.manifest().unknown(name))?;
    Ok(check(model, progress))
}

/// Checks every model that is here, complete or not; what is absent is passed over. `progress` is told the name, the
/// bytes read so far and in all.
///
/// # Errors
/// The model directory cannot be listed.
pub fn verify_all(
    library: &Library<'_>,
    progress: &mut dyn FnMut(&str, u64, u64),
) -> Result<Vec<Checked>, ModelsError> {
    let here = |m: &&Listed| matches!(m.presence, Presence::Present | Presence::WrongSize { .. });
    Ok(library
        .list()?
        .iter()
        .filter(here)
        .map(|m| check(m, &mut |done, total| progress(&m.name, done, total)))
        .collect())
}

fn check(model: &Listed, progress: &mut dyn FnMut(u64, u64)) -> Checked {
    let mut progress = |done| progress(done, model.bytes);
    let verdict = match model.presence {
        Presence::Absent | Presence::Partial { .. } => Verdict::Missing,
        Presence::WrongSize { bytes } if bytes != model.bytes => {
            Verdict::WrongSize { expected: model.bytes, actual: bytes }
        }
        Presence::Present | Presence::WrongSize { .. } => match (hash(model, &mut progress), &model.sha256) {
            (Err(error), _) => Verdict::Unreadable { why: error.to_string() },
            (Ok(actual), Some(expected)) if actual == *expected => Verdict::Good,
            (Ok(actual), Some(expected)) => Verdict::WrongHash { expected: *expected, actual },
            (Ok(actual), None) => Verdict::Unrecorded { actual },
        },
    };
    debug_assert!(model.sha256.is_some() || model.origin == Origin::Imported);
    Checked { name: model.name.clone(), path: model.path.clone(), verdict }
}

fn hash(model: &Listed, progress: &mut dyn FnMut(u64)) -> Result<Sha256Sum, ModelsError> {
    if model.origin == Origin::BuiltIn {
        return Ok(Sha256Sum::of(super::BUILT_IN));
    }
    hash_file(&model.path, progress)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sum_reads_back_and_refuses_what_is_none() {
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2, appendix B.1
        assert_eq!(Sha256Sum::of(b"abc").to_string(), abc);
        assert_eq!(abc.to_uppercase().parse(), Ok(Sha256Sum::of(b"abc")));
        for bad in ["", "ba78", &abc[1..], &format!("{abc}0"), &abc.replace('b', "g"), &abc.replace('b', "é")]
        {
            assert_eq!(bad.parse::<Sha256Sum>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn a_file_hashes_in_steps_with_progress() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        let bytes = vec![7; STEP_BYTES * 2 + 3];
        std::fs::write(&path, &bytes).unwrap();
        let mut seen = Vec::new();
        assert_eq!(hash_file(&path, &mut |done| seen.push(done)).unwrap(), Sha256Sum::of(&bytes));
        assert!(seen.len() >= 3 && seen.is_sorted());
        assert_eq!(seen.last(), Some(&length_u64(bytes.len())));
    }
}

//! Files: the names of the audit's files, who may read them, and the lock that orders its writers.
//!
//! Enters: the ledger's path. Leaves: open files, the numbers of full ones, the noted head. The lock is on the head's
//! file, which is never renamed. Never here: what a line means.
//!
//! For `ledger.jsonl` there are: `ledger.jsonl`, written now; `ledger.000001.jsonl` and so on, full, the lowest the
//! oldest; `ledger.jsonl.head`, which notes number, hash and end of the last line; `ledger.v1.jsonl`, an old ledger
//! without a chain that was set aside.

use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{self, Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde::{Deserialize, Serialize};

/// Bytes of the head's file, whatever it says: a shorter head covers a longer one.
const HEAD: usize = 160;

/// How often the lock is tried: about a second. Its holders need some 50 us; one that was stopped must not stop all.
const TRIES: u32 = 1_200;

/// Tries that only give way; afterwards each waits.
const QUICK: u32 = 200;

/// The last line, as its writer noted it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    pub(super) seq: u64,
    pub(super) hash: String,
    /// Where the line ends in the file written now.
    pub(super) bytes: u64,
}

/// The head's file, locked for as long as this lives.
pub(super) struct Held(File);

impl Held {
    /// Waits for the right to write; makes the file where there is none.
    pub(super) fn to_write(path: &Path) -> io::Result<Self> {
        let file = private().read(true).write(true).create(true).truncate(false).open(head_path(path))?;
        patiently(|| file.try_lock())?;
        Ok(Self(file))
    }

    /// Waits for the right to read; `None` where there is no such file.
    pub(super) fn to_read(path: &Path) -> io::Result<Option<Self>> {
        match File::open(head_path(path)) {
            Ok(file) => {
                patiently(|| file.try_lock_shared())?;
                Ok(Some(Self(file)))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The head; `None` where nothing, or nothing that makes sense, is noted.
    pub(super) fn head(&mut self) -> io::Result<Option<Head>> {
        let mut text = [0; HEAD];
        self.0.seek(SeekFrom::Start(0))?;
        let mut length = 0;
        while length < HEAD {
            match self.0.read(&mut text[length..]) {
                Ok(0) => break,
                Ok(n) => length += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(serde_json::from_slice(&text[..length]).ok())
    }

    /// Notes `head`.
    pub(super) fn note(&mut self, head: &Head) -> io::Result<()> {
        let mut text = serde_json::to_vec(head)?;
        text.resize(HEAD - 1, b' ');
        text.push(b'\n');
        self.0.seek(SeekFrom::Start(0))?;
        self.0.write_all(&text)
    }
}

fn patiently(mut lock: impl FnMut() -> Result<(), TryLockError>) -> io::Result<()> {
    for tried in 0..TRIES {
        match lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if tried < QUICK => thread::yield_now(),
            Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Err(io::Error::new(io::ErrorKind::TimedOut, "another program holds its lock"))
}

/// Makes the folder (0700) of `path` where there is none, and takes others' rights from `path` if it is there.
pub(super) fn prepare(path: &Path) -> io::Result<()> {
    if let Some(directory) = path.parent().filter(|d| !d.as_os_str().is_empty()) {
        let mut builder = DirBuilder::new();
        builder.recursive(true);
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(directory)?;
    }
    let log = open_log(path)?;
    if !log.metadata()?.is_file() {
        return Err(io::Error::other("it is no plain file, and would keep no record"));
    }
    for file in [log, Held::to_write(path)?.0] {
        #[cfg(unix)]
        if std::os::unix::fs::PermissionsExt::mode(&file.metadata()?.permissions()) & 0o077 != 0 {
            file.set_permissions(<Permissions as std::os::unix::fs::PermissionsExt>::from_mode(0o600))?;
        }
    }
    Ok(())
}

/// Opens the file written now, to append and to read; makes it where there is none.
pub(super) fn open_log(path: &Path) -> io::Result<File> {
    private().append(true).read(true).create(true).open(path)
}

/// Options for files that their owner alone may read.
pub(super) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Where the head is noted.
pub(super) fn head_path(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".head");
    name.into()
}

/// The full file with this number.
pub(super) fn full(path: &Path, number: u32) -> PathBuf {
    beside(path, &format!("{number:06}"))
}

/// Numbers of the full files, in order.
pub(super) fn full_ones(path: &Path) -> io::Result<Vec<u32>> {
    let folder = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut numbers = Vec::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let number = number_of(path, &name.to_string_lossy());
        numbers.extend(number.filter(|number| *full(path, *number).file_name().unwrap_or_default() == *name));
    }
    numbers.sort_unstable();
    Ok(numbers)
}

/// The number in the name of a full file.
pub(super) fn number_of(path: &Path, name: &str) -> Option<u32> {
    let stem = path.file_stem()?.to_string_lossy();
    let end = path.extension().map(|end| format!(".{}", end.to_string_lossy())).unwrap_or_default();
    name.strip_prefix(&*stem)?.strip_prefix('.')?.strip_suffix(&*end)?.parse().ok()
}

/// Where an old ledger without a chain goes: the last name taken, if any, and the first that is free.
pub(super) fn aside(path: &Path) -> (Option<PathBuf>, PathBuf) {
    let mut taken = None;
    for number in 1_u32.. {
        let name = if number == 1 { "v1".to_owned() } else { format!("v1-{number}") };
        let candidate = beside(path, &name);
        if !candidate.exists() {
            return (taken, candidate);
        }
        taken = Some(candidate);
    }
    (taken, beside(path, "v1"))
}

/// `ledger.WORD.jsonl` for `ledger.jsonl`.
fn beside(path: &Path, word: &str) -> PathBuf {
    let mut name = path.file_stem().unwrap_or_default().to_owned();
    name.push(".");
    name.push(word);
    if let Some(end) = path.extension() {
        name.push(".");
        name.push(end);
    }
    path.with_file_name(name)
}

/// The last part of `path`, to show and to record.
pub(super) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_files_are_found_by_their_numbers_alone() {
        let folder = tempfile::tempdir().unwrap();
        for (log, one) in [("ledger.jsonl", "ledger.000001.jsonl"), ("ledger", "ledger.000001")] {
            let path = folder.path().join(log);
            assert_eq!(name(&full(&path, 1)), one);
            for number in [12, 3] {
                fs::write(full(&path, number), "").unwrap();
            }
            for other in ["x", "ledger.3.jsonl", "ledger.v1.jsonl", "ledger.00x.jsonl", "ledger.jsonl.head"] {
                fs::write(folder.path().join(other), "").unwrap();
            }
            assert_eq!(full_ones(&path).unwrap(), [3, 12]);
        }
    }

    #[test]
    fn a_head_is_read_as_noted_and_rubbish_is_none() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("l");
        let mut held = Held::to_write(&path).unwrap();
        assert_eq!(held.head().unwrap(), None);
        let long = Head { seq: u64::MAX, hash: "f".repeat(64), bytes: u64::MAX };
        let short = Head { seq: 1, hash: "0".repeat(64), bytes: 2 };
        for head in [long, short] {
            held.note(&head).unwrap();
            assert_eq!(held.head().unwrap(), Some(head));
        }
        assert_eq!(fs::metadata(head_path(&path)).unwrap().len(), 160);
        assert_eq!(Held::to_write(&path).err().unwrap().kind(), io::ErrorKind::TimedOut);
        drop(held);
        fs::write(head_path(&path), vec![b'['; 500]).unwrap();
        assert_eq!(Held::to_read(&path).unwrap().unwrap().head().unwrap(), None);
    }
}

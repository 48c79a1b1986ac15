//! Part: the file that a fetch grows beside the model's name.
//!
//! Enters: a mirror's bytes. Leaves: the finished file under its name, after its checksum was read back from the disk;
//! or the part, kept for the next attempt. Only the command line fetches, never the daemon, so files are written
//! without a thread of their own. Never here: a byte beyond the manifest's size, a final name before the checksum.

use std::{
    fs::{self, OpenOptions},
    io::Write,
    path::{Path, PathBuf},
};

use super::{
    Fetched, MirrorBody, ModelEntry, ModelsError, Step,
    import::sync_directory_of,
    verify::{Hashing, Sha256Sum},
};
use crate::units::length_u64;

/// The file that grows.
pub(super) struct Part {
    path: PathBuf,
    /// Bytes on the disk.
    pub(super) length: u64,
    resumed_from: u64,
}

impl Part {
    /// What an earlier fetch left; one that is longer than the model is no part of it and is removed.
    pub(super) fn find(path: PathBuf, model: &ModelEntry) -> Result<Self, ModelsError> {
        let mut length = length_of(&path);
        if length > model.bytes {
            remove(&path)?;
            length = 0;
        }
        Ok(Self { path, length, resumed_from: length })
    }

    pub(super) async fn receive<B: MirrorBody>(
        &mut self,
        model: &ModelEntry,
        mirror: &str,
        mut body: B,
        report: &mut (dyn FnMut(Step<'_>) + Send),
    ) -> Result<(), ModelsError> {
        let failed = |e| ModelsError::of_io("write", &self.path, e);
        let mut file = OpenOptions::new().create(true).append(true).open(&self.path).map_err(failed)?;
        if self.length > 0 && !body.resumed() {
            file.set_len(0).map_err(failed)?;
            (self.length, self.resumed_from) = (0, 0);
        }
        report(Step::Begun { mirror, from: self.length });
        let cut = |have, why| {
            let (name, mirror) = (model.name.clone(), mirror.to_owned());
            ModelsError::DownloadCut { name, mirror, have, want: model.bytes, why }
        };
        loop {
            let chunk = match body.next_chunk().await {
                Ok(Some(chunk)) => chunk,
                Ok(None) if self.length == model.bytes => break,
                Ok(None) => return Err(cut(self.length, "it said the file ends there".to_owned())),
                Err(fault) => return Err(cut(self.length, fault.why())),
            };
            let bytes = chunk.as_ref();
            if length_u64(bytes.len()) > model.bytes - self.length {
                drop(file);
                remove(&self.path)?;
                let (name, mirror) = (model.name.clone(), mirror.to_owned());
                return Err(ModelsError::TooLong { name, mirror, expected: model.bytes });
            }
            file.write_all(bytes).map_err(|e| ModelsError::of_io("write", &self.path, e))?;
            self.length += length_u64(bytes.len());
            report(Step::Received { done: self.length, total: model.bytes });
        }
        file.sync_all().map_err(|e| ModelsError::of_io("write", &self.path, e))
    }

    /// Reads the file back from the disk, so that a disk's or another process's fault is seen as well, and names it.
    pub(super) async fn finish(
        self,
        model: &ModelEntry,
        path: PathBuf,
        mirror: Option<&str>,
        report: &mut (dyn FnMut(Step<'_>) + Send),
    ) -> Result<Fetched, ModelsError> {
        let actual = sum_of(&self.path, model, report).await?;
        if actual != model.sha256 {
            remove(&self.path)?;
            let from = match (mirror, self.resumed_from) {
                (Some(id), 0) => id.to_owned(),
                (Some(id), have) => format!("{id} (going on after {have} bytes of an earlier fetch)"),
                (None, _) => "an earlier fetch".to_owned(),
            };
            let (name, expected) = (model.name.clone(), model.sha256);
            return Err(ModelsError::ChecksumMismatch { name, expected, actual, from, fetched: true });
        }
        fs::rename(&self.path, &path).map_err(|e| ModelsError::of_io("write", &path, e))?;
        sync_directory_of(&path);
        Ok(Fetched { path, mirror: mirror.map(str::to_owned), resumed_from: self.resumed_from })
    }
}

/// The hash of the file at `path`, giving way between steps.
pub(super) async fn sum_of(
    path: &Path,
    model: &ModelEntry,
    report: &mut (dyn FnMut(Step<'_>) + Send),
) -> Result<Sha256Sum, ModelsError> {
    let mut hashing = Hashing::open(path)?;
    while let Some(done) = hashing.step()? {
        report(Step::Checking { done, total: model.bytes });
        // Lets Ctrl-C through between steps.
        tokio::task::yield_now().await;
    }
    Ok(hashing.finish())
}

/// The length of the file at `path`; 0 where there is none.
pub(super) fn length_of(path: &Path) -> u64 {
    fs::metadata(path).map_or(0, |meta| meta.len())
}

fn remove(path: &Path) -> Result<(), ModelsError> {
    fs::remove_file(path).map_err(|e| ModelsError::of_io("remove", path, e))
}

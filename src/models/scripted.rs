//! Scripted: mirrors that do as a test tells them, and a bench to fetch from them.

use std::{
    collections::VecDeque,
    fs,
    future::pending,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use futures_util::FutureExt;

use super::{Fetched, Manifest, Mirror, MirrorBody, MirrorFault, ModelEntry, ModelsError, Sha256Sum, fetch};
use crate::units::length_u64;

/// The model that is fetched.
pub(super) const BYTES: &[u8] = b"0123456789abcdef";

/// What a scripted mirror does after its headers.
#[derive(Clone)]
pub(super) enum Then {
    Send(&'static [u8]),
    Break,
    Hang,
}

#[derive(Clone)]
pub(super) enum Script {
    Fault(MirrorFault),
    Body { resumes: bool, total: Option<u64>, then: Vec<Then> },
}

pub(super) struct Scripted {
    id: &'static str,
    script: Script,
    asked: Arc<Mutex<Vec<(String, u64)>>>,
}

pub(super) struct ScriptedBody {
    resumed: bool,
    total: Option<u64>,
    then: VecDeque<Then>,
}

impl Mirror for Scripted {
    type Body = ScriptedBody;

    fn id(&self) -> &str {
        self.id
    }

    async fn open(&self, _: &ModelEntry, path: &str, from: u64) -> Result<ScriptedBody, MirrorFault> {
        self.asked.lock().unwrap().push((format!("{}/{path}", self.id), from));
        match self.script.clone() {
            Script::Fault(fault) => Err(fault),
            Script::Body { resumes, total, then } => {
                Ok(ScriptedBody { resumed: resumes && from > 0, total, then: then.into() })
            }
        }
    }
}

impl MirrorBody for ScriptedBody {
    type Chunk = &'static [u8];

    fn resumed(&self) -> bool {
        self.resumed
    }

    fn total(&self) -> Option<u64> {
        self.total
    }

    async fn next_chunk(&mut self) -> Result<Option<&'static [u8]>, MirrorFault> {
        match self.then.pop_front() {
            Some(Then::Send(bytes)) => Ok(Some(bytes)),
            Some(Then::Break) => Err(MirrorFault::Unreachable("connection reset".to_owned())),
            Some(Then::Hang) => pending().await,
            None => Ok(None),
        }
    }
}

pub(super) struct Bench {
    dir: tempfile::TempDir,
    /// What is fetched.
    pub(super) model: ModelEntry,
    asked: Arc<Mutex<Vec<(String, u64)>>>,
}

impl Bench {
    pub(super) fn new() -> Self {
        let mut model = Manifest::shipped().find("base").unwrap().clone();
        (model.bytes, model.sha256) = (length_u64(BYTES.len()), Sha256Sum::of(BYTES));
        Self { dir: tempfile::tempdir().unwrap(), model, asked: Arc::default() }
    }

    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().join("ggml-base.bin")
    }

    pub(super) fn part(&self) -> PathBuf {
        self.dir.path().join("ggml-base.bin.part")
    }

    pub(super) fn mirror(&self, id: &'static str, script: Script) -> Scripted {
        Scripted { id, script, asked: Arc::clone(&self.asked) }
    }

    pub(super) fn sends(&self, id: &'static str, resumes: bool, then: &[Then]) -> Scripted {
        self.mirror(id, Script::Body { resumes, total: None, then: then.to_vec() })
    }

    pub(super) fn faults(&self, id: &'static str, fault: MirrorFault) -> Scripted {
        self.mirror(id, Script::Fault(fault))
    }

    /// Runs the fetch as far as it goes without waiting; `None` where it hangs.
    pub(super) fn run(&self, mirrors: &[Scripted]) -> Option<Result<Fetched, ModelsError>> {
        fetch(&self.model, self.dir.path(), mirrors, &mut |_| {}).boxed().now_or_never_with_yields()
    }

    pub(super) fn asked(&self) -> Vec<(String, u64)> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }

    pub(super) fn assert_whole(&self) {
        assert_eq!(fs::read(self.path()).unwrap(), BYTES);
        assert!(!self.part().exists());
    }

    pub(super) fn assert_only_part(&self, bytes: &[u8]) {
        assert!(!self.path().exists());
        assert_eq!(fs::read(self.part()).unwrap(), bytes);
    }

    pub(super) fn assert_nothing(&self) {
        assert_eq!(fs::read_dir(self.dir.path()).unwrap().count(), 0);
    }
}

/// Polls through the hashing's yields; a future still pending after them waits for the network.
trait PollSome: Future + Sized + Unpin {
    fn now_or_never_with_yields(mut self) -> Option<Self::Output> {
        (0..50).find_map(|_| (&mut self).now_or_never())
    }
}
impl<F: Future + Unpin> PollSome for F {}

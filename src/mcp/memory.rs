//! Memory: which tools the user's servers had when they were first seen or last accepted.
//!
//! Enters: what a server lists. Leaves: a file in the state folder, for its owner alone, whole or not at all. Never here: a
//! tool accepted silently once its server is known; an argument or a result.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, ErrorKind, Read, Write},
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use super::{McpError, listed::Listed};
use crate::units::length_u64;

/// The longest file that is read, bytes: 16 servers with 128 tools of 10 KiB.
const LONGEST: u64 = 20 << 20;

/// Where it is kept.
#[derive(Debug)]
pub(super) struct Memory(PathBuf);

/// What is known of one server.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Known {
    /// Of the command that it was started with, or its address: with another one it is another server.
    pub(super) command: String,
    /// Its tools.
    pub(super) tools: Vec<Listed>,
}

type All = BTreeMap<String, Known>;

impl Memory {
    pub(super) const fn new(file: PathBuf) -> Self {
        Self(file)
    }

    fn all(&self) -> Result<All, McpError> {
        let mut text = String::new();
        let read = fs::File::open(&self.0).and_then(|file| file.take(LONGEST + 1).read_to_string(&mut text));
        let unreadable = |detail: String| McpError::Memory { file: self.0.display().to_string(), detail };
        match read {
            Ok(_) if length_u64(text.len()) > LONGEST => Err(unreadable("it is too long".to_owned())),
            Ok(_) => serde_json::from_str(&text).map_err(|error| unreadable(error.to_string())),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(All::new()),
            Err(error) => Err(unreadable(error.to_string())),
        }
    }

    /// What is known of `server` as started with `command`.
    pub(super) fn known(&self, server: &str, command: &str) -> Result<Option<Vec<Listed>>, McpError> {
        let known = self.all()?.remove(server).filter(|known| known.command == command);
        Ok(known.map(|known| known.tools))
    }

    /// Keeps `known` of `server`; `anew`: even where the file cannot be read, which then holds nothing else.
    pub(super) fn keep(&self, server: &str, known: Known, anew: bool) -> Result<(), McpError> {
        let mut all = match self.all() {
            Err(_) if anew => All::new(),
            read => read?,
        };
        all.insert(server.to_owned(), known);
        let text = serde_json::to_vec(&all).unwrap_or_default();
        let written = write(&self.0, &text);
        written.map_err(|error| McpError::Memory {
            file: self.0.display().to_string(),
            detail: error.to_string(),
        })
    }
}

/// Made for the owner alone from the start (mode 0600).
fn write(file: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder)?;
    let mut scratch = tempfile::NamedTempFile::new_in(folder)?;
    scratch.write_all(bytes)?;
    scratch.persist(file).map(drop).map_err(|error| error.error)
}

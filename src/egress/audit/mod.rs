//! Audit: a file of lines that nobody changes unseen.
//!
//! Enters: records, from [`super::Ledger`] alone. Leaves: an append-only chain of lines, what stands in it
//! ([`records`]), and whether it is whole ([`verify()`]). Any thread; two processes may write at once. Never here: the
//! words, a key, a URL's query, a decision.
//!
//! **The chain.** A line is one JSON object in the fixed order of [`Record`] with `"hash"` after its last field, then a
//! newline. `hash` is the SHA-256, in lower-case hex, of exactly the line's bytes before `,"hash":"`. `prev` is the
//! `hash` of the line before, 64 zeros before the first; `seq` counts from 1 and never begins again. So
//! `head -n 1 ledger.jsonl | sed 's/,"hash":".*//' | tr -d '\n' | sha256sum` gives the first line's `hash`.
//!
//! **The head.** `ledger.jsonl.head` notes `seq`, `hash` and end of the last line, rewritten in place after each line;
//! without it, lines cut off the end would not be missed. Its lock orders the writers.
//!
//! **What is found:** a line changed, taken out, put in or moved; lines cut off the end; a file or the head taken away.
//! **What cannot be found:** somebody with the user's rights who writes everything anew, the head included. The chain
//! has no secret, because whoever may write the file may read what the program reads. Who needs more keeps the last
//! `hash` elsewhere; `mynah audit verify` prints it.
//!
//! **Lines about the files themselves.** `rotated`: the first line of a file that goes on where the full one named in
//! `about` ended; files before `about.oldest` were removed on purpose. `begun`: an older ledger was set aside, with its
//! SHA-256. `sealed`, by its rule: `line.torn`, a write that a kill cut short, with length and SHA-256 of what is left;
//! `line.foreign`, a line that no Mynah wrote; `tail.missing`, lines that the head tells of and the file has not;
//! `head.missing`.

mod append;
mod files;
mod read;
mod record;
mod verify;

use std::path::{Path, PathBuf};

pub use append::Rotation;
pub use read::records;
pub use record::{About, Decision, Record};
pub use verify::{Begins, Finding, Verdict, verify};

pub(super) use append::append;
pub(super) use record::hex_sha256;

use crate::flow::Remedy;

/// The JSON Schema of a line, as committed in `config/audit.schema.json`.
pub const SCHEMA: &str = include_str!("../../../config/audit.schema.json");

/// Makes what is missing of the audit at `path`: its folder, its files, their modes.
pub(super) fn prepare(path: &Path) -> std::io::Result<()> {
    files::prepare(path)
}

/// Why the audit cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A file cannot be opened or read.
    #[error("the audit {} cannot be read: {detail}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        detail: String,
    },
}

impl Remedy for AuditError {
    fn kind(&self) -> &'static str {
        "audit_unreadable"
    }

    fn remedy(&self) -> String {
        let Self::Unreadable { path, .. } = self;
        format!("run it as the user whose Mynah writes {}, or correct its permissions", path.display())
    }
}

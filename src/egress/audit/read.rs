//! Read: the audit as it stands at one moment, however long it is and whoever goes on writing.
//!
//! Enters: the ledger's path. Leaves: its lines, one at a time. The lock is held only while the files are opened; what
//! is written, renamed or removed afterwards does not matter to the reader. Never here: more than one line in memory.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Take},
    ops::ControlFlow,
    path::Path,
};

use super::{
    AuditError,
    files::{self, Head, Held},
    record::{LONGEST, Record},
};
use crate::units::length_u64;

/// The files of one moment.
pub(super) struct Snapshot {
    pub(super) head: Option<Head>,
    /// In the order of their lines.
    pub(super) parts: Vec<Part>,
}

/// One file, as long as it was.
pub(super) struct Part {
    pub(super) name: String,
    /// Its number, if it is a full one.
    pub(super) number: Option<u32>,
    file: File,
    length: u64,
}

impl Snapshot {
    pub(super) fn take(path: &Path) -> Result<Self, AuditError> {
        let unreadable =
            |error: io::Error| AuditError::Unreadable { path: path.to_owned(), detail: error.to_string() };
        let mut held = Held::to_read(path).map_err(unreadable)?;
        let head = held.as_mut().map_or(Ok(None), Held::head).map_err(unreadable)?;
        let numbers = match files::full_ones(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            numbers => numbers.map_err(unreadable)?,
        };
        let mut parts = Vec::new();
        for number in numbers.into_iter().map(Some).chain([None]) {
            let one = number.map_or_else(|| path.to_owned(), |number| files::full(path, number));
            let opened = File::open(&one).and_then(|file| Ok((file.metadata()?.len(), file)));
            match opened {
                Ok((length, file)) => parts.push(Part { name: files::name(&one), number, file, length }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(AuditError::Unreadable { path: one, detail: error.to_string() }),
            }
        }
        Ok(Self { head, parts })
    }
}

impl Part {
    pub(super) fn pieces(self) -> Pieces {
        Pieces {
            from: BufReader::with_capacity(64 * 1024, self.file.take(self.length)),
            buffer: Vec::new(),
            line: 0,
            begins: true,
        }
    }
}

/// Bytes of a file, cut into lines.
pub(super) struct Pieces {
    from: BufReader<Take<File>>,
    buffer: Vec<u8>,
    line: u64,
    begins: bool,
}

/// A line, or a part of one that is longer than any record.
pub(super) struct Piece<'a> {
    /// Without the newline.
    pub(super) bytes: &'a [u8],
    /// The line it belongs to, from 1.
    pub(super) line: u64,
    /// Whether the line begins here.
    pub(super) begins: bool,
    /// Whether a newline ends it here.
    pub(super) ends: bool,
}

impl Pieces {
    pub(super) fn next(&mut self) -> io::Result<Option<Piece<'_>>> {
        self.buffer.clear();
        let most = length_u64(LONGEST);
        if self.from.by_ref().take(most).read_until(b'\n', &mut self.buffer)? == 0 {
            return Ok(None);
        }
        let begins = self.begins;
        let ends = self.buffer.ends_with(b"\n");
        self.begins = ends;
        self.line += u64::from(begins);
        let bytes = self.buffer.strip_suffix(b"\n").unwrap_or(&self.buffer);
        Ok(Some(Piece { bytes, line: self.line, begins, ends }))
    }
}

/// Gives every record at `path` to `each`, the oldest first, with the line it was read from; how many lines are none.
///
/// # Errors
/// [`AuditError::Unreadable`].
pub fn records(
    path: &Path,
    each: &mut dyn FnMut(&Record, &str) -> ControlFlow<()>,
) -> Result<u64, AuditError> {
    let mut strange = 0;
    for part in Snapshot::take(path)?.parts {
        let name = path.with_file_name(&part.name);
        let mut pieces = part.pieces();
        loop {
            let piece = pieces
                .next()
                .map_err(|error| AuditError::Unreadable { path: name.clone(), detail: error.to_string() })?;
            let Some(piece) = piece else { break };
            let text = std::str::from_utf8(piece.bytes).ok().filter(|_| piece.begins);
            let read = text.and_then(|text| Some((text, serde_json::from_str::<Record>(text).ok()?)));
            match read.filter(|(_, record)| !record.time.is_empty()) {
                Some((text, record)) => {
                    if each(&record, text).is_break() {
                        return Ok(strange);
                    }
                }
                None => strange += u64::from(piece.begins),
            }
        }
    }
    Ok(strange)
}

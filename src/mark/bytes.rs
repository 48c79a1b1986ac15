//! Bytes: a file as parsers see it, and the changes they ask for.
//!
//! Enters: anything that can be read and sought. Leaves: pieces of it, and a copy with [`Patch`]es. Never here: a whole
//! file in memory, a read beyond its end.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::MarkError;
use crate::units::length_u64;

/// Most bytes that are taken into memory at once: far more than any label, and what a cover image beside it may need.
const MOST: u64 = 16 << 20;

/// Most pieces that are taken of one file: a day of Ogg pages, and an end for one that is made of nothing else.
const MOST_PIECES: u32 = 1 << 22;

/// Something with random access.
pub(super) trait Source: Read + Seek {}
impl<T: Read + Seek> Source for T {}

/// A file of known length.
pub(super) struct Bytes<'a> {
    source: &'a mut dyn Source,
    length: u64,
    pieces: u32,
}

impl<'a> Bytes<'a> {
    pub(super) fn new(source: &'a mut dyn Source) -> Result<Self, MarkError> {
        let length = source.seek(SeekFrom::End(0)).map_err(unread)?;
        Ok(Self { source, length, pieces: 0 })
    }

    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// The `count` bytes at `at`.
    pub(super) fn get(&mut self, at: u64, count: u64) -> Result<Vec<u8>, MarkError> {
        if at.checked_add(count).is_none_or(|end| end > self.length) {
            return Err(MarkError::Damaged { what: "it ends too early" });
        }
        if count > MOST {
            return Err(MarkError::Unsupported { what: "descriptions of more than 16 MiB" });
        }
        self.pieces += 1;
        if self.pieces > MOST_PIECES {
            return Err(MarkError::Unsupported { what: "more than four million parts" });
        }
        let mut got = Vec::new();
        self.source.seek(SeekFrom::Start(at)).map_err(unread)?;
        (&mut *self.source).take(count).read_to_end(&mut got).map_err(unread)?;
        // It may have shrunk since.
        if length_u64(got.len()) == count {
            Ok(got)
        } else {
            Err(MarkError::Damaged { what: "it ends too early" })
        }
    }

    /// The `N` bytes at `at`.
    pub(super) fn array<const N: usize>(&mut self, at: u64) -> Result<[u8; N], MarkError> {
        let got = self.get(at, length_u64(N))?;
        got.try_into().map_err(|_| MarkError::Damaged { what: "it ends too early" })
    }

    pub(super) fn be32(&mut self, at: u64) -> Result<u32, MarkError> {
        self.array(at).map(u32::from_be_bytes)
    }

    pub(super) fn le32(&mut self, at: u64) -> Result<u32, MarkError> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// Writes a copy with `patches` to `out`.
    pub(super) fn copy(&mut self, mut patches: Vec<Patch>, out: &mut dyn Write) -> Result<(), MarkError> {
        patches.sort_by_key(|patch| patch.at);
        let mut at = 0;
        for patch in patches {
            let Some(kept) = patch.at.checked_sub(at) else {
                return Err(MarkError::Damaged { what: "two of its parts overlap" });
            };
            self.pass(at, kept, out)?;
            out.write_all(&patch.put).map_err(unwritten)?;
            at = patch.at + patch.removed;
        }
        let rest = self.length.checked_sub(at).ok_or(MarkError::Damaged { what: "it ends too early" })?;
        self.pass(at, rest, out)
    }

    fn pass(&mut self, at: u64, count: u64, out: &mut dyn Write) -> Result<(), MarkError> {
        self.source.seek(SeekFrom::Start(at)).map_err(unread)?;
        let passed = io::copy(&mut (&mut *self.source).take(count), out).map_err(unwritten)?;
        if passed == count { Ok(()) } else { Err(MarkError::Damaged { what: "it ends too early" }) }
    }
}

/// A change: at `at`, `removed` bytes give way to `put`.
#[derive(Debug)]
pub(super) struct Patch {
    pub(super) at: u64,
    pub(super) removed: u64,
    pub(super) put: Vec<u8>,
}

impl Patch {
    /// Puts bytes in.
    pub(super) const fn insert(at: u64, put: Vec<u8>) -> Self {
        Self { at, removed: 0, put }
    }

    /// Puts bytes in the place of as many others.
    pub(super) fn over(at: u64, put: impl Into<Vec<u8>>) -> Self {
        let put = put.into();
        Self { at, removed: length_u64(put.len()), put }
    }
}

/// What a format found of both labels, as text.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) aigc: Option<String>,
    pub(super) origin: Option<String>,
}

impl Found {
    /// Keeps `value` when `key` is one of the two; the first of each counts.
    pub(super) fn offer(&mut self, key: &str, value: impl FnOnce() -> Option<String>) {
        if key.eq_ignore_ascii_case(AIGC) {
            self.aigc = self.aigc.take().or_else(value);
        } else if key.eq_ignore_ascii_case(ORIGIN) {
            self.origin = self.origin.take().or_else(value);
        }
    }

    pub(super) const fn is_complete(&self) -> bool {
        self.aigc.is_some() && self.origin.is_some()
    }
}

/// Both labels as text of ASCII alone, so that no format's character set matters.
#[derive(Debug)]
pub(super) struct Texts {
    pub(super) aigc: String,
    pub(super) origin: String,
}

impl Texts {
    pub(super) fn pairs(&self) -> [(&'static str, &str); 2] {
        [(AIGC, &self.aigc), (ORIGIN, &self.origin)]
    }
}

/// The label's key.
pub(super) const AIGC: &str = "AIGC";
/// The key of what else is told.
pub(super) const ORIGIN: &str = "AI_DISCLOSURE";

fn unread(cause: io::Error) -> MarkError {
    MarkError::Io { what: "read the file", cause }
}

fn unwritten(cause: io::Error) -> MarkError {
    MarkError::Io { what: "write the copy", cause }
}

/// `count` as a length of 32 bits.
pub(super) fn short(count: u64) -> Result<u32, MarkError> {
    u32::try_from(count).map_err(|_| MarkError::Unsupported { what: "4 GiB and more" })
}

//! Bytes: a model file, read forwards.
//!
//! Enters: a file and its length. Leaves: numbers and short arrays. Never here: a step past the end.

use std::io::{BufReader, Read, Seek};

use super::HeaderError;
use crate::units::length_u64;

/// A reader that knows where it is and never leaves the file.
pub(super) struct Bytes<R> {
    file: BufReader<R>,
    at: u64,
    length: u64,
}

impl<R: Read + Seek> Bytes<R> {
    /// The first byte of `file`, which is `length` bytes long.
    pub(super) fn new(file: R, length: u64) -> Self {
        Self { file: BufReader::new(file), at: 0, length }
    }

    /// Whether all was read.
    pub(super) const fn ended(&self) -> bool {
        self.at >= self.length
    }

    fn within(&mut self, size: u64, part: &'static str) -> Result<(), HeaderError> {
        let end = self.at.saturating_add(size);
        if end > self.length {
            return Err(HeaderError::Truncated { length: self.length, part });
        }
        self.at = end;
        Ok(())
    }

    pub(super) fn u32(&mut self, part: &'static str) -> Result<u32, HeaderError> {
        Ok(u32::from_le_bytes(self.array(part)?))
    }

    pub(super) fn array<const N: usize>(&mut self, part: &'static str) -> Result<[u8; N], HeaderError> {
        self.within(length_u64(N), part)?;
        let mut bytes = [0; N];
        match self.file.read_exact(&mut bytes) {
            Ok(()) => Ok(bytes),
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                Err(HeaderError::Truncated { length: self.length, part })
            }
            Err(e) => Err(e.into()),
        }
    }

    pub(super) fn skip(&mut self, size: u64, part: &'static str) -> Result<(), HeaderError> {
        self.within(size, part)?;
        let size = i64::try_from(size).map_err(|_| HeaderError::Truncated { length: self.length, part })?;
        Ok(self.file.seek_relative(size)?)
    }
}

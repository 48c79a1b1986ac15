//! Ggml: the frame of a speech model's file, read before whisper.cpp may.
//!
//! Enters: a file's bytes. Leaves: the model's dimensions, or what is wrong with it. whisper.cpp trusts the file: a
//! layer count it has no name for, a vocabulary smaller than its special tokens, an unknown tensor type or a cut-off
//! file end in an uncaught exception, memory written out of bounds, or weights left unset. So whoever takes a file for a
//! model, to keep it or to load it, asks here. Never here: weights, a file's name, a decision which model is used.

mod bytes;
mod header;
#[cfg(test)]
mod sample;
mod weights;

pub use header::Header;
#[cfg(test)]
pub(crate) use sample::{sample, small_header};

/// "ggml" as a little-endian number.
const MAGIC: u32 = 0x6767_6d6c;

/// Why a file is no usable model.
#[derive(Debug, thiserror::Error)]
pub enum HeaderError {
    /// The file does not begin as a ggml model.
    #[error("it begins with {found:#010x}, not with ggml's mark {MAGIC:#010x}")]
    NotGgml {
        /// The first four bytes.
        found: u32,
    },
    /// The file is in ggml's later format.
    #[error("it is a GGUF file; whisper.cpp reads the older ggml format")]
    Gguf,
    /// A number is out of its range.
    #[error("{field} is {value}, allowed is {allowed}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// Its value.
        value: u64,
        /// What is allowed.
        allowed: &'static str,
    },
    /// The file ends too early.
    #[error("it ends at byte {length}, in the middle of {part}")]
    Truncated {
        /// The file's length in bytes.
        length: u64,
        /// What was being read.
        part: &'static str,
    },
    /// The weights do not add up to the model the header describes.
    #[error("it holds {found} {what}, {expected} belong to a model of these dimensions")]
    Incomplete {
        /// What was counted.
        what: &'static str,
        /// How many there are.
        found: u64,
        /// How many there should be.
        expected: u64,
    },
    /// The file could not be read.
    #[error("reading failed: {0}")]
    Read(#[from] std::io::Error),
}

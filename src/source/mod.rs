//! Source: where sound comes from.
//!
//! Enters: a file, a pipe, later a microphone, at any rate and channel count. Leaves: [`Frame`]s of 256 samples,
//! 16 kHz mono, -1..1, without a gap. Runs on the listen thread. Never here: a decision about speech, a panic on
//! foreign bytes, memory that grows with the length of a recording.

use crate::flow::Frame;

/// Something that gives frames until it ends.
pub trait Source: Send {
    /// The next frame, or `None` at the end of the recording.
    ///
    /// # Errors
    /// What could not be read, with the remedy; after an error the source has ended.
    fn next(&mut self) -> Result<Option<Frame>, SourceError>;
}

/// Why sound could not be had.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {}

//! Play: where speech goes.
//!
//! Enters: [`Speech`]. Leaves: sound from a speaker, or a WAV file a turn. Runs on the play thread. Never here: a
//! decision about what is said.

use crate::{flow::Speech, units::TurnId};

/// Something speech can be given to.
pub trait Sink: Send {
    /// Plays or writes `speech`; returns when the sink took it.
    ///
    /// # Errors
    /// [`PlayError`]: no device, or the file could not be written.
    fn play(&mut self, speech: &Speech) -> Result<(), PlayError>;

    /// Ends `turn`: waits until it was heard, or completes its file, and says where the file lies.
    ///
    /// # Errors
    /// [`PlayError`]: the file could not be completed.
    fn finish(&mut self, turn: TurnId) -> Result<Option<std::path::PathBuf>, PlayError>;

    /// Falls silent at once and drops what was not played.
    fn hush(&mut self);
}

/// Why nothing is heard.
#[derive(Debug, thiserror::Error)]
pub enum PlayError {}

//! Transcribe: turns an utterance into words, on this machine.
//!
//! Enters: an [`Utterance`] (16 kHz mono). Leaves: a [`Transcript`], or the honest news that nothing was said.
//! Runs on the whisper thread. Never here: the network, invented text for silence or noise, words in a log.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use crate::flow::{Transcript, Utterance};

/// A flag that stops a running transcription from another thread.
#[derive(Debug, Clone, Default)]
pub struct Abort(Arc<AtomicBool>);

impl Abort {
    /// Asks the running transcription to stop; it does so within one encoder layer or token.
    pub fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    #[must_use]
    pub fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Reads words out of sound.
pub trait Reader: Send {
    /// The words in `utterance`.
    ///
    /// # Errors
    /// [`TranscribeError`]: no speech, words not understood, stopped, or the engine failed.
    fn read(&mut self, utterance: &Utterance, abort: &Abort) -> Result<Transcript, TranscribeError>;
}

/// Why there are no words.
#[derive(Debug, thiserror::Error)]
pub enum TranscribeError {}

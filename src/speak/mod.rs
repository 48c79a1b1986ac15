//! Speak: gives a sentence a voice.
//!
//! Enters: a [`Sentence`] of clean words. Leaves: [`Speech`], mono at the engine's rate. Runs on the speak thread.
//! Never here: Markdown, emoji, links or code read aloud; the network; a shell.

use crate::flow::{Sentence, Speech};

/// A speech synthesiser.
pub trait Voice: Send {
    /// The sound of `sentence`.
    ///
    /// # Errors
    /// [`SpeakError`]: no engine, or the engine failed.
    fn speak(&mut self, sentence: &Sentence) -> Result<Speech, SpeakError>;
}

/// Why a sentence stays silent.
#[derive(Debug, thiserror::Error)]
pub enum SpeakError {}

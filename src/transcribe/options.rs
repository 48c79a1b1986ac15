//! Options: what the caller settles before a model is loaded.
//!
//! Enters: the settings. Leaves: checked options, or the error that names the wrong one. Never here: I/O.

use std::{fmt, path::PathBuf};

use crate::flow::Language;

use super::{Script, TranscribeError, WakeCue, threads};

/// Where a model's bytes come from.
#[derive(Clone, PartialEq, Eq)]
pub enum ModelSource {
    /// A ggml file on disk.
    File(PathBuf),
    /// A ggml file that is part of the program.
    Bytes(&'static [u8]),
}

impl fmt::Debug for ModelSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
            Self::Bytes(bytes) => write!(f, "Bytes({} bytes)", bytes.len()),
        }
    }
}

/// How to load and run a model.
#[derive(Debug, Clone)]
pub struct WhisperOptions {
    /// The model.
    pub model: ModelSource,
    /// Its name, for messages ("built-in", "base").
    pub name: String,
    /// The language that is spoken; `None` finds out with every utterance. Default `None`.
    pub language: Option<Language>,
    /// The languages to choose among when `language` is `None`; none means English. The first is assumed until
    /// something was heard. Default English and Mandarin.
    pub languages: Vec<Language>,
    /// The characters Chinese is written in. Default simplified.
    pub script: Script,
    /// Threads, 1 to 64; `None` picks by the machine's load with every utterance. Default `None`.
    pub threads: Option<u32>,
    /// What is listened for in utterances that nobody is addressed by yet; `None` reads them like all others. Default
    /// `None`.
    pub wake: Option<WakeCue>,
}

impl WhisperOptions {
    /// The defaults for `model`, called `name` in messages.
    #[must_use]
    pub fn new(model: ModelSource, name: impl Into<String>) -> Self {
        Self {
            model,
            name: name.into(),
            language: None,
            languages: vec![Language::ENGLISH, Language::MANDARIN],
            script: Script::default(),
            threads: None,
            wake: None,
        }
    }

    /// Whether every value lies in its range.
    ///
    /// # Errors
    /// [`TranscribeError::ThreadsOutOfRange`].
    pub(super) fn check(&self) -> Result<(), TranscribeError> {
        match self.threads {
            Some(asked) if !(1..=threads::MOST).contains(&asked) => {
                Err(TranscribeError::ThreadsOutOfRange { asked })
            }
            _ => Ok(()),
        }
    }

    /// The model in a message: its name, and its path where it has one.
    pub(super) fn title(&self) -> String {
        match &self.model {
            ModelSource::File(path) => format!("{} ({})", self.name, path.display()),
            ModelSource::Bytes(_) => self.name.clone(),
        }
    }
}

//! Transcribe: turns an utterance into words, on this machine.
//!
//! Enters: an [`Utterance`] (16 kHz mono). Leaves: a [`Transcript`], or the honest news that nothing was said.
//! Runs on the whisper thread. Never here: the network, invented text for silence or noise, words in a log.
//!
//! A read goes: [`loudness`] turns silence away and cuts what is longer than the model's window, [`Whisper`] decodes
//! each piece with the encoder trimmed to it, [`silence`] drops what Whisper writes when nobody speaks, [`guard`]
//! doubts the rest and asks for one pass at full context, [`crate::script`] brings Chinese into the user's script.

use crate::{
    flow::{Language, Remedy, Transcript, Utterance},
    ggml::HeaderError,
};

pub use crate::flow::Script;

mod abort;
pub mod confidence;
mod cpu;
mod cue;
pub mod guard;
pub mod loudness;
mod options;
mod pages;
mod passes;
pub mod silence;
pub mod threads;
mod tongues;
pub mod trim;
pub mod trust;
mod waking;
mod weigh;
mod whisper;

pub use abort::Abort;
pub use cue::{Alike, Begins, WakeCue};
pub use guard::Doubt;
pub use options::{ModelSource, WhisperOptions};
pub use whisper::Whisper;

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
pub enum TranscribeError {
    /// Silence, noise or music: nobody spoke.
    #[error("no speech was heard")]
    NoSpeech,
    /// Somebody spoke, but what the model wrote is not to be trusted.
    #[error("the words were not understood: {doubt}")]
    NotUnderstood {
        /// What gave the words away.
        doubt: Doubt,
    },
    /// [`Abort::raise`] was called.
    #[error("the transcription was stopped")]
    Stopped,
    /// The model was never taught this language.
    #[error("speech model {model} does not know the language \"{language}\"")]
    LanguageNotInModel {
        /// The model's name.
        model: String,
        /// The language asked for.
        language: Language,
    },
    /// The model file could not be read.
    #[error("speech model {model} cannot be read: {source}")]
    ModelUnreadable {
        /// The model's path or name.
        model: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is no whisper.cpp model, or is damaged.
    #[error("speech model {model} is not a usable whisper.cpp model: {source}")]
    ModelInvalid {
        /// The model's path or name.
        model: String,
        /// What is wrong with it.
        source: HeaderError,
    },
    /// The header is sound but whisper.cpp would not load the rest.
    #[error("speech model {model} was refused by whisper.cpp")]
    ModelRefused {
        /// The model's path or name.
        model: String,
    },
    /// This machine's processor lacks instructions the program was built with.
    #[error("this processor lacks {missing}, which the speech engine was built to use")]
    ProcessorTooOld {
        /// The instruction sets that are missing.
        missing: String,
    },
    /// More or fewer threads were asked for than make sense.
    #[error("{asked} transcription threads were asked for; 1 to {} are possible", threads::MOST)]
    ThreadsOutOfRange {
        /// What was asked for.
        asked: u32,
    },
    /// whisper.cpp failed in the middle of a pass.
    #[error("the speech engine failed: {why}")]
    Engine {
        /// What it said.
        why: String,
    },
}

impl Remedy for TranscribeError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NoSpeech => "no_speech",
            Self::NotUnderstood { .. } => "not_understood",
            Self::Stopped => "stopped",
            Self::LanguageNotInModel { .. } => "language_not_in_model",
            Self::ModelUnreadable { .. } => "model_unreadable",
            Self::ModelInvalid { .. } => "model_invalid",
            Self::ModelRefused { .. } => "model_refused",
            Self::ProcessorTooOld { .. } => "processor_too_old",
            Self::ThreadsOutOfRange { .. } => "threads_out_of_range",
            Self::Engine { .. } => "engine_failed",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoSpeech => "Speak closer to the microphone, or check that the recording holds speech.".into(),
            Self::NotUnderstood { .. } => {
                "Say it again, more slowly; a larger speech model understands more (`mynah models fetch base`).".into()
            }
            Self::Stopped => "Ask again when you are ready.".into(),
            Self::LanguageNotInModel { .. } => {
                "Fetch a multilingual model with `mynah models fetch base`, or name one with `--model`.".into()
            }
            Self::ModelUnreadable { .. } => {
                "Check the path and its permissions; `mynah models list` shows the models that are here.".into()
            }
            Self::ModelInvalid { .. } | Self::ModelRefused { .. } => {
                "Fetch the model again with `mynah models fetch NAME`, or choose another with `--model`.".into()
            }
            Self::ProcessorTooOld { .. } => {
                "Build Mynah on this machine without those flags: set them to OFF in .cargo/config.toml.".into()
            }
            Self::ThreadsOutOfRange { .. } => {
                format!("Choose 1 to {} threads, or leave the choice to Mynah.", threads::MOST)
            }
            Self::Engine { .. } => "Try again; if it stays, choose another model with `--model`.".into(),
        }
    }
}

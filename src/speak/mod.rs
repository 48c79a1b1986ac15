//! Speak: gives a sentence a voice.
//!
//! Enters: a [`Sentence`] of clean words. Leaves: [`Speech`], mono at the engine's rate, trimmed and levelled. Runs
//! on the speak thread. Never here: Markdown, emoji, links or code read aloud; the network; a shell; a sentence in a
//! program's arguments, where other users of the machine could read it.

use std::path::PathBuf;

use crate::flow::{Language, Remedy, Sentence, Speech};

mod best;
mod espeak;
mod flite;
mod piper;
mod riff;
mod run;
mod say;
mod sound;
mod text;

pub use best::{BestVoice, Engine, VoiceOptions};
pub use text::speakable;

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
pub enum SpeakError {
    /// No speech program for this language is installed.
    #[error("no speech program for language \"{language}\": looked for {wanted} in {}", list(.looked_in))]
    NoEngine {
        /// The language to be spoken.
        language: Language,
        /// The programs looked for.
        wanted: &'static str,
        /// Where.
        looked_in: Vec<PathBuf>,
    },
    /// The Piper voice model is not there.
    #[error("the Piper voice model {} cannot be read", .path.display())]
    NoModel {
        /// The file looked for.
        path: PathBuf,
    },
    /// An option is outside what it may be.
    #[error("voice option {key} is {value}: allowed is {allowed}")]
    BadOption {
        /// The option's name.
        key: &'static str,
        /// What it was set to.
        value: String,
        /// What it may be.
        allowed: &'static str,
    },
    /// The program could not be started, or its output not be read.
    #[error("{} could not be run: {cause}", .program.display())]
    Unrunnable {
        /// The program.
        program: PathBuf,
        /// What the system said.
        cause: std::io::Error,
    },
    /// The program ended with an error.
    #[error("{} failed ({status}): {stderr}", .program.display())]
    Failed {
        /// The program.
        program: PathBuf,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The first line it wrote to stderr; empty where that could hold the user's words.
        stderr: String,
    },
    /// The program was still running after its time was up, and was killed.
    #[error("{} gave no speech within {seconds} s and was ended", .program.display())]
    Hung {
        /// The program.
        program: PathBuf,
        /// The time it was given.
        seconds: u64,
    },
    /// What the program wrote is not the sound it should be.
    #[error("{} wrote no usable sound: {what}", .program.display())]
    BadSound {
        /// The program.
        program: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// [`crate::flow::Hush`] was raised for this turn.
    #[error("speech was stopped")]
    Stopped,
}

fn list(dirs: &[PathBuf]) -> String {
    dirs.iter().map(|dir| dir.display().to_string()).collect::<Vec<_>>().join(", ")
}

impl Remedy for SpeakError {
    fn kind(&self) -> &'static str {
        match self {
            Self::NoEngine { .. } => "no_voice_engine",
            Self::NoModel { .. } => "no_voice_model",
            Self::BadOption { .. } => "bad_voice_option",
            Self::Unrunnable { .. } => "voice_not_runnable",
            Self::Failed { .. } => "voice_failed",
            Self::Hung { .. } => "voice_hung",
            Self::BadSound { .. } => "voice_bad_sound",
            Self::Stopped => "voice_stopped",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::NoEngine { wanted: "piper", .. } => {
                "Install Piper and name its program in speak.piper_program, or set speak.engine to \"auto\"."
                    .to_owned()
            }
            Self::NoEngine { wanted: "say", .. } => {
                "Set speak.engine to \"auto\"; only macOS has the program say.".to_owned()
            }
            Self::NoEngine { .. } => {
                "Install one: `sudo apt-get install espeak-ng flite` (Debian, Ubuntu), `sudo dnf install espeak-ng flite` \
                 (Fedora), `sudo pacman -S espeak-ng flite` (Arch), `brew install espeak-ng flite` (macOS)."
                    .to_owned()
            }
            Self::NoModel { .. } => {
                "Set the path of a Piper .onnx voice with its .onnx.json beside it, or choose another engine.".to_owned()
            }
            Self::BadOption { key, allowed, .. } => format!("Set {key} to {allowed}."),
            Self::Unrunnable { program, .. } => {
                format!("Check that {} is an executable made for this machine.", program.display())
            }
            Self::Failed { program, .. } | Self::BadSound { program, .. } => {
                format!("Run {} by hand to see what it says, or choose another engine or voice.", program.display())
            }
            Self::Hung { .. } => "Try again when the machine is less busy, or choose a lighter engine.".to_owned(),
            Self::Stopped => "Nothing to do: the reply was interrupted.".to_owned(),
        }
    }
}

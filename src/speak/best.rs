//! Best: picks the engine for each sentence and makes the sentence ready for it.
//!
//! Enters: a [`Sentence`] and [`VoiceOptions`]. Leaves: [`Speech`]. Never here: a program started for nothing to say.
//!
//! Unless told, English is flite's where it is installed, else espeak-ng's; Mandarin is espeak-ng's; macOS says both
//! itself.
//!
//! Why flite before espeak-ng for English: levelled to the same peak, its slt is 6.6 dB louder (crest factor 3.8 against
//! 8.3 over two sentences), which small speakers need, and it is made from a human voice. That it is clearer is not
//! shown: a VAD takes 0.91 of its frames for speech over ten replies, 0.95 of espeak-ng's. The 60 ms by which its
//! first sound is later (95 against 32 ms a sentence) do not outweigh that.
//!
//! A sentence with Mandarin in it is spoken whole by the Mandarin engine: one timbre, one rate.

use std::path::{Path, PathBuf};

use super::{SpeakError, Voice, espeak, flite, piper, say, sound::Sound, text::speakable};
use crate::{
    flow::{Hush, Language, Pace, Sentence, Speech, is_han},
    program::{default_program_dirs, find},
    units::{SampleRate, TurnId},
};

/// Which program speaks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Engine {
    /// The best one installed for the sentence's language.
    #[default]
    Auto,
    /// espeak-ng, for both languages.
    Espeak,
    /// flite for English; Mandarin falls to espeak-ng.
    Flite,
    /// Piper for the model's language; the other falls to the best one installed.
    Piper {
        /// The program: a name to look for, or an absolute path.
        program: PathBuf,
        /// The voice, an `.onnx` file with its `.onnx.json` beside it.
        model: PathBuf,
    },
    /// macOS's own voices.
    Say,
}

/// How replies are spoken.
#[derive(Debug, Clone)]
pub struct VoiceOptions {
    /// Which program speaks.
    pub engine: Engine,
    /// Pace as a factor, 0.5..=2.0; 1 is the engine's own.
    pub rate: f32,
    /// The engine's voice for English; `None` for its best. ASCII letters, digits, `+`, `_`, `-`.
    pub voice_english: Option<String>,
    /// The engine's voice for Mandarin; `None` for its best.
    pub voice_mandarin: Option<String>,
    /// Absolute directories in which programs are looked for, in order.
    pub program_dirs: Vec<PathBuf>,
}

impl Default for VoiceOptions {
    fn default() -> Self {
        Self {
            engine: Engine::Auto,
            rate: 1.0,
            voice_english: None,
            voice_mandarin: None,
            program_dirs: default_program_dirs(),
        }
    }
}

/// What an engine is asked to say.
pub(super) struct Ask<'a> {
    pub(super) text: &'a str,
    pub(super) language: Language,
    pub(super) turn: TurnId,
    pub(super) hush: &'a Hush,
    pub(super) rate: f32,
    pub(super) voice_english: Option<&'a str>,
    pub(super) voice_mandarin: Option<&'a str>,
}

/// The voice of the house.
#[derive(Debug)]
pub struct BestVoice {
    options: VoiceOptions,
    hush: Hush,
    pace: Pace,
    flite_has_voice: bool,
}

impl BestVoice {
    /// A voice after `options`, which `hush` can silence from another thread. No program is looked for yet: one
    /// installed later is found, and a missing one costs the sound of a reply, not the start of the daemon.
    ///
    /// # Errors
    /// [`SpeakError::BadOption`]: a pace or a voice name that is not allowed.
    pub fn new(options: VoiceOptions, hush: Hush) -> Result<Self, SpeakError> {
        if !(0.5..=2.0).contains(&options.rate) {
            let value = options.rate.to_string();
            return Err(SpeakError::BadOption { key: "rate", value, allowed: "a number from 0.5 to 2.0" });
        }
        for (key, name) in
            [("voice_english", &options.voice_english), ("voice_mandarin", &options.voice_mandarin)]
        {
            if let Some(name) = name.as_ref().filter(|name| !plain(name)) {
                let allowed =
                    "a name of 1 to 64 ASCII letters, digits, '+', '_' or '-', not starting with '-'";
                return Err(SpeakError::BadOption { key, value: format!("{name:?}"), allowed });
            }
        }
        Ok(Self { options, hush, pace: Pace::default(), flite_has_voice: false })
    }

    /// What makes it speak faster or slower than the options say, from any thread.
    #[must_use]
    pub fn pace(&self) -> Pace {
        self.pace.clone()
    }

    /// The program that would speak `language`.
    ///
    /// # Errors
    /// [`SpeakError::NoEngine`].
    pub fn program(&self, language: &Language) -> Result<PathBuf, SpeakError> {
        self.engine(language).map(|found| match found {
            Found::Espeak(program)
            | Found::Flite(program)
            | Found::Piper(program, _)
            | Found::Say(program) => program,
        })
    }

    fn engine(&self, language: &Language) -> Result<Found, SpeakError> {
        let mandarin = *language == Language::MANDARIN;
        let dirs = &self.options.program_dirs;
        let (found, wanted) = match &self.options.engine {
            Engine::Piper { program, model } if piper::language(model) == *language => {
                let program =
                    if program.is_absolute() { Some(program.clone()) } else { located(program, dirs) };
                (program.map(|program| Found::Piper(program, model.clone())), "piper")
            }
            Engine::Say => (find("say", dirs).map(Found::Say), "say"),
            Engine::Espeak => (find("espeak-ng", dirs).map(Found::Espeak), "espeak-ng"),
            Engine::Flite if !mandarin => (find("flite", dirs).map(Found::Flite), "flite"),
            Engine::Auto | Engine::Flite | Engine::Piper { .. } => installed(mandarin, dirs),
        };
        found.ok_or_else(|| SpeakError::NoEngine {
            language: language.clone(),
            wanted,
            looked_in: dirs.clone(),
        })
    }

    fn sound(&mut self, ask: &Ask<'_>) -> Result<Sound, SpeakError> {
        match self.engine(&ask.language)? {
            Found::Espeak(program) => espeak::speak(&program, ask),
            Found::Say(program) => say::speak(&program, ask),
            Found::Piper(program, model) => piper::speak(&program, &model, ask),
            Found::Flite(program) => {
                self.check_flite_voice(&program, ask)?;
                flite::speak(&program, ask)
            }
        }
    }

    fn check_flite_voice(&mut self, program: &Path, ask: &Ask<'_>) -> Result<(), SpeakError> {
        let Some(name) = ask.voice_english.filter(|_| !self.flite_has_voice) else { return Ok(()) };
        self.flite_has_voice = flite::has_voice(program, ask, name)?;
        if self.flite_has_voice {
            return Ok(());
        }
        let allowed = "a voice that `flite -lv` lists";
        Err(SpeakError::BadOption { key: "voice_english", value: format!("{name:?}"), allowed })
    }
}

/// An engine and where its program lies.
enum Found {
    Espeak(PathBuf),
    Flite(PathBuf),
    Piper(PathBuf, PathBuf),
    Say(PathBuf),
}

/// The best installed engine, and what was looked for.
fn installed(mandarin: bool, dirs: &[PathBuf]) -> (Option<Found>, &'static str) {
    let own = if cfg!(target_os = "macos") { find("say", dirs).map(Found::Say) } else { None };
    let espeak = || find("espeak-ng", dirs).map(Found::Espeak);
    if mandarin {
        (own.or_else(espeak), "espeak-ng")
    } else {
        (own.or_else(|| find("flite", dirs).map(Found::Flite)).or_else(espeak), "flite, espeak-ng")
    }
}

fn located(program: &Path, dirs: &[PathBuf]) -> Option<PathBuf> {
    program.to_str().filter(|name| !name.contains(['/', '\\'])).and_then(|name| find(name, dirs))
}

fn plain(name: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'+' | b'_' | b'-');
    (1..=64).contains(&name.len()) && !name.starts_with('-') && name.bytes().all(allowed)
}

impl Voice for BestVoice {
    fn speak(&mut self, sentence: &Sentence) -> Result<Speech, SpeakError> {
        // Han characters decide, whatever the sentence is labelled: no English engine can read them.
        let mandarin = sentence.language == Language::MANDARIN || sentence.words.as_str().contains(is_han);
        let language = if mandarin { Language::MANDARIN } else { Language::ENGLISH };
        let text = speakable(sentence.words.as_str(), &language);
        let speech = |sound: Sound| Speech {
            turn: sentence.turn,
            seq: sentence.seq,
            rate: sound.rate,
            pcm: sound.pcm.into(),
        };
        if !text.contains(char::is_alphanumeric) {
            return Ok(speech(Sound { rate: SampleRate::PIPELINE, pcm: Vec::new() }));
        }
        let (hush, options) = (self.hush.clone(), self.options.clone());
        let ask = Ask {
            text: &text,
            language,
            turn: sentence.turn,
            hush: &hush,
            // No engine is asked for more than the options may.
            rate: (options.rate * f32::from(self.pace.percent()) / 100.0).clamp(0.5, 2.0),
            voice_english: options.voice_english.as_deref(),
            voice_mandarin: options.voice_mandarin.as_deref(),
        };
        self.sound(&ask).map(speech)
    }
}

//! Voice: whether a program speaks each language, tried with one word.
//!
//! Enters: the settings' voice options. Leaves: findings. Starts speech programs, so it runs beside the others.

use super::Finding;
use crate::{
    flow::{Hush, Language, Sentence},
    speak::{BestVoice, SpeakError, Voice, VoiceOptions},
    units::{TurnId, Words},
};

/// Each language, how it is called, and a word of it.
const LANGUAGES: [(Language, &str, &str); 2] =
    [(Language::ENGLISH, "English", "Hello."), (Language::MANDARIN, "Mandarin", "你好。")];

/// How it stands with the voices; `wanted` is the only language the user speaks, if that is known.
pub(super) fn voices(options: &VoiceOptions, wanted: Option<&Language>) -> Vec<Finding> {
    let mut voice = match BestVoice::new(options.clone(), Hush::default()) {
        Ok(voice) => voice,
        Err(error) => return vec![Finding::failed("voice", &error)],
    };
    LANGUAGES
        .into_iter()
        .filter(|(language, ..)| wanted.is_none_or(|wanted| wanted == language))
        .map(|(language, name, word)| {
            let code = language.code().to_owned();
            one(&mut voice, language, name, word).with("language", code)
        })
        .collect()
}

fn one(voice: &mut BestVoice, language: Language, name: &str, word: &str) -> Finding {
    let program = match voice.program(&language) {
        Ok(program) => program,
        Err(error @ SpeakError::NoEngine { .. }) if language != Language::ENGLISH => {
            return Finding::warning("voice", error.to_string(), crate::flow::Remedy::remedy(&error));
        }
        Err(error) => return Finding::failed("voice", &error),
    };
    let words = Words::from(word);
    match voice.speak(&Sentence { turn: TurnId(1), seq: 0, words, language }) {
        Ok(speech) if speech.pcm.is_empty() => {
            let message = format!("{name}: {} gives no sound", program.display());
            Finding::problem("voice", message, "install it again, or choose another under speak.engine")
        }
        Ok(_) => Finding::ok("voice", format!("{name} is spoken by {}", program.display())),
        Err(error) => Finding::failed("voice", &error),
    }
    .with("program", program.display().to_string())
}

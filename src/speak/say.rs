//! Say: the voices macOS brings.
//!
//! Enters: speakable text. Leaves: sound at 22.05 kHz. Never here: `[[...]]` commands, which `say` would obey; the
//! text room removes brackets.

use std::path::Path;

use super::{
    SpeakError,
    best::Ask,
    run::Run,
    sound::{Sound, voice_pieces},
};
use crate::flow::Language;

/// The pace `say` speaks at unless told, in words a minute.
const WORDS_A_MINUTE: f32 = 175.0;

pub(super) fn speak(program: &Path, ask: &Ask<'_>) -> Result<Sound, SpeakError> {
    let pace = format!("{:.0}", WORDS_A_MINUTE * ask.rate);
    // Tingting is the Mandarin voice of every macOS; for English the user's own system voice is taken.
    let mandarin = (ask.language == Language::MANDARIN).then(|| ask.voice_mandarin.unwrap_or("Tingting"));
    voice_pieces(program, ask.text, |piece| {
        let mut args: Vec<_> = ["-f", "-", "-r", &pace, "--file-format=WAVE", "--data-format=LEI16@22050"]
            .map(Into::into)
            .to_vec();
        if let Some(voice) = mandarin.or(ask.voice_english) {
            args.extend(["-v".into(), voice.into()]);
        }
        // `say` cannot write to a pipe.
        Run { program, args, turn: ask.turn, hush: ask.hush }.by_file("-o", piece)
    })
}

//! Flite: English only, a statistical voice ("slt"), smoother than espeak-ng.
//!
//! Enters: speakable English. Leaves: sound at 16 kHz. Never here: `-o /dev/stdout`: from its second sentence on
//! flite re-reads the header of its output file, and on a pipe waits for itself for ever. So it writes to a private
//! temporary file. It knows ASCII alone, so accents are folded off first ("café" is else read "caf").

use std::path::Path;

use super::{
    SpeakError,
    best::Ask,
    run::Run,
    sound::{Sound, voice_pieces},
    text::fold,
};

/// The best of the voices flite brings: the others are a buzzing diphone voice (kal) and three of one speaker each
/// with less even loudness (awb, rms).
const VOICE: &str = "slt";

pub(super) fn speak(program: &Path, ask: &Ask<'_>) -> Result<Sound, SpeakError> {
    let stretch = format!("duration_stretch={:.3}", 1.0 / ask.rate);
    let voice = ask.voice_english.unwrap_or(VOICE);
    voice_pieces(program, &fold(ask.text), |piece| {
        let args = ["-voice", voice, "--setf", &stretch, "-f", "/dev/stdin"].map(Into::into).to_vec();
        Run { program, args, turn: ask.turn, hush: ask.hush }.by_file("-o", piece)
    })
}

/// Whether flite has the voice `name`; asked first, because it takes a default for an unknown one without a word.
pub(super) fn has_voice(program: &Path, ask: &Ask<'_>, name: &str) -> Result<bool, SpeakError> {
    let said = Run { program, args: vec!["-lv".into()], turn: ask.turn, hush: ask.hush }.with("")?;
    Ok(String::from_utf8_lossy(&said).split_whitespace().any(|voice| voice == name))
}

//! Piper: a neural voice, used where the user names its program and a voice model.
//!
//! Enters: speakable text. Leaves: sound at the model's rate. The options are those that both the C++ and the Python
//! program take. Never here: a download of a voice.

use std::path::Path;

use super::{
    SpeakError,
    best::Ask,
    run::Run,
    sound::{Sound, voice_pieces},
};
use crate::flow::Language;

pub(super) fn speak(program: &Path, model: &Path, ask: &Ask<'_>) -> Result<Sound, SpeakError> {
    if !model.is_file() {
        return Err(SpeakError::NoModel { path: model.to_owned() });
    }
    let length = format!("{:.3}", 1.0 / ask.rate);
    voice_pieces(program, ask.text, |piece| {
        let mut args: Vec<_> =
            ["--output_file", "-", "--length_scale", &length, "--model"].map(Into::into).to_vec();
        args.push(model.into());
        Run { program, args, turn: ask.turn, hush: ask.hush }.with(piece)
    })
}

/// The language a voice model speaks, as Piper's file names tell it ("zh_CN-huayan-medium.onnx").
pub(super) fn language(model: &Path) -> Language {
    let name = model.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if name.starts_with("zh") { Language::MANDARIN } else { Language::ENGLISH }
}

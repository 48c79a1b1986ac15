//! Espeak-ng: English and Mandarin, small and everywhere; a robot's voice, but a clear one.
//!
//! Enters: speakable text. Leaves: sound at 22.05 kHz. Never here: Hanzi given to the voices `cmn` or `zh`, which
//! Debian's 1.51 reads as English-spelled pinyin ("knee three how three"); `cmn-latn-pinyin` gives the right
//! syllables and tones but mangles Latin words, so a mixed sentence is cut by script and each run gets its voice.

use std::path::Path;

use super::{
    SpeakError,
    best::Ask,
    run::Run,
    sound::{Sound, voice_pieces},
    text::runs,
};
use crate::flow::Language;

/// espeak-ng's own default pace, in words a minute.
const WORDS_A_MINUTE: f32 = 175.0;

pub(super) fn speak(program: &Path, ask: &Ask<'_>) -> Result<Sound, SpeakError> {
    let pace = format!("{:.0}", WORDS_A_MINUTE * ask.rate);
    let mut all: Option<Sound> = None;
    for (language, run) in runs(ask.text, &ask.language) {
        let voice = if language == Language::MANDARIN {
            ask.voice_mandarin.unwrap_or("cmn-latn-pinyin")
        } else {
            ask.voice_english.unwrap_or("en-us")
        };
        let sound = voice_pieces(program, run, |piece| {
            // -b 1: the text is UTF-8, whatever the locale. -z: no pause at the end.
            let args =
                ["--stdin", "--stdout", "-b", "1", "-z", "-s", &pace, "-v", voice].map(Into::into).to_vec();
            Run { program, args, turn: ask.turn, hush: ask.hush }.with(piece)
        })?;
        // Every voice of one espeak-ng has the same rate.
        match &mut all {
            Some(all) => all.pcm.extend(sound.pcm),
            None => all = Some(sound),
        }
    }
    all.ok_or_else(|| SpeakError::BadSound { program: program.to_owned(), what: "nothing at all" })
}

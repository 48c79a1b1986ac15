//! Header: the first bytes of a model file.
//!
//! Enters: a file somebody says is a model. Leaves: the languages it understands. Never here: trust in a number before
//! it was found plausible; whisper.cpp allocates by these numbers and ends the process when they lie.

use std::{fs::File, io::Read, path::Path};

use super::{Languages, ModelsError};
use crate::units::length_u64;

/// "ggml" read as a little-endian number, the first field of every ggml file.
const MAGIC: u32 = 0x6767_6d6c;
/// The magic, then eleven 32-bit numbers: vocabulary; audio context, width, heads, layers; text context, width, heads,
/// layers; mel bands; number format.
const HEADER_BYTES: usize = 48;
/// whisper.cpp takes a vocabulary of this size or more for multilingual.
const MULTILINGUAL_VOCABULARY: u32 = 51_865;

/// Reads the header of the file at `path`.
///
/// # Errors
/// [`ModelsError::NotAModel`] where it is no Whisper model, else what the system says.
pub(super) fn read(path: &Path) -> Result<Languages, ModelsError> {
    let meta = std::fs::metadata(path).map_err(|e| ModelsError::of_io("read", path, e))?;
    let not_a_model = |why: &str| ModelsError::NotAModel { path: path.to_owned(), why: why.to_owned() };
    if !meta.is_file() {
        return Err(not_a_model("it is not a regular file"));
    }
    let mut head = Vec::with_capacity(HEADER_BYTES);
    File::open(path)
        .and_then(|file| file.take(length_u64(HEADER_BYTES)).read_to_end(&mut head))
        .map_err(|e| ModelsError::of_io("read", path, e))?;
    languages(&head).map_err(not_a_model)
}

fn languages(head: &[u8]) -> Result<Languages, &'static str> {
    let mut fields = head.chunks_exact(4).map(|b| u32::from_le_bytes([b[0], b[1], b[2], b[3]]));
    match fields.next() {
        None => return Err("it is shorter than four bytes"),
        Some(MAGIC) => {}
        Some(0x4655_4747) => return Err("it is a GGUF file, whisper.cpp reads the older ggml format"),
        Some(_) => return Err("it does not start with the ggml magic number"),
    }
    let fields: Vec<u32> = fields.collect();
    let [vocabulary, audio_context, audio_width, audio_heads, audio_layers, text @ .., mels, _format] =
        &fields[..]
    else {
        return Err("it ends within its header");
    };
    let [text_context, text_width, text_heads, text_layers] = text else {
        return Err("it ends within its header");
    };
    // Wide enough for every published and distilled Whisper (large: width 1280, 20 heads, 32 layers, context 1500).
    let plausible = (50_000..=60_000).contains(vocabulary)
        && (1..=3_000).contains(audio_context)
        && (1..=1_024).contains(text_context)
        && [audio_width, text_width].iter().all(|n| (1..=4_096).contains(*n))
        && [audio_heads, text_heads].iter().all(|n| (1..=64).contains(*n))
        && [audio_layers, text_layers].iter().all(|n| (1..=64).contains(*n))
        && [80, 128].contains(mels);
    if !plausible {
        return Err("its header is not that of a Whisper model");
    }
    Ok(if *vocabulary >= MULTILINGUAL_VOCABULARY { Languages::Multilingual } else { Languages::English })
}

/// The smallest header that is taken for a model, for tests of this room.
#[cfg(test)]
pub(super) fn sample(multilingual: bool) -> Vec<u8> {
    [MAGIC, 51_864 + u32::from(multilingual), 1500, 384, 6, 4, 448, 384, 6, 4, 80, 1]
        .iter()
        .flat_map(|n| n.to_le_bytes())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn languages_follow_the_vocabulary() {
        assert_eq!(languages(&sample(false)), Ok(Languages::English));
        assert_eq!(languages(&sample(true)), Ok(Languages::Multilingual));
    }

    #[test]
    fn each_kind_of_wrong_file_is_told_apart() {
        let why = |bytes: &[u8]| languages(bytes).unwrap_err();
        assert!(why(b"").contains("shorter"));
        assert!(why(b"GGUF....").contains("GGUF"));
        assert!(why(b"RIFF....").contains("magic"));
        assert!(why(&sample(true)[..20]).contains("ends within"));
        let mut lying = sample(true);
        lying[8..12].copy_from_slice(&u32::MAX.to_le_bytes());
        assert!(why(&lying).contains("not that of a Whisper model"));
        // A VAD model of whisper.cpp has the same magic, then a string.
        let mut vad = b"lmgg\x0a\0\0\0silero-16k\x05\0\0\0\x01".to_vec();
        vad.resize(HEADER_BYTES, 0);
        assert!(why(&vad).contains("not that of a Whisper model"));
    }

    proptest! {
        #[test]
        fn foreign_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = languages(&bytes);
        }
    }
}

//! Header: whether a file is a model, by the reader that decides it for whisper.cpp too.
//!
//! Enters: a file somebody says is a model. Leaves: the languages it understands. Never here: a judgement of its own.

use std::{fs::File, path::Path};

use super::{Languages, ModelsError};
use crate::ggml::{Header, HeaderError};

/// Reads the frame of the file at `path`.
///
/// # Errors
/// [`ModelsError::NotAModel`] where whisper.cpp could not use it, else what the system says.
pub(super) fn read(path: &Path) -> Result<Languages, ModelsError> {
    let failed = |error| ModelsError::of_io("read", path, error);
    let not_a_model = |why: String| ModelsError::NotAModel { path: path.to_owned(), why };
    // Asked of the path first: to open a pipe would wait for its writer.
    if !std::fs::metadata(path).map_err(failed)?.is_file() {
        return Err(not_a_model("it is not a regular file".to_owned()));
    }
    let file = File::open(path).map_err(failed)?;
    let length = file.metadata().map_err(failed)?.len();
    match Header::read(file, length) {
        Ok(header) if header.multilingual() => Ok(Languages::Multilingual),
        Ok(_) => Ok(Languages::English),
        Err(HeaderError::Read(error)) => Err(failed(error)),
        Err(error) => Err(not_a_model(error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ggml::sample;

    fn judged(bytes: &[u8]) -> Result<Languages, String> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("model.bin");
        std::fs::write(&path, bytes).unwrap();
        read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn languages_follow_the_vocabulary() {
        assert_eq!(judged(&sample(false)), Ok(Languages::English));
        assert_eq!(judged(&sample(true)), Ok(Languages::Multilingual));
    }

    #[test]
    fn what_whisper_could_not_load_is_no_model_here_either() {
        let mut floats = sample(true);
        floats[44..48].copy_from_slice(&0_u32.to_le_bytes());
        // A VAD model of whisper.cpp has the same mark, then a string.
        let mut vad = b"lmgg\x0a\0\0\0silero-16k\x05\0\0\0\x01".to_vec();
        vad.resize(48, 0);
        let whole = sample(false);
        for (bytes, why) in [
            (&b""[..], "it ends at byte 0"),
            (b"GGUF....", "GGUF"),
            (b"RIFF....", "not with ggml's mark"),
            (&whole[..48], "it ends at byte 48"),
            (&whole[..whole.len() - 1], "in the middle of the weights"),
            (&floats, "ftype is 0"),
            (&vad, "n_vocab is 10"),
        ] {
            let told = judged(bytes).unwrap_err();
            assert!(told.contains(why), "{told}");
        }
    }
}

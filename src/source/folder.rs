//! Folder: turns what was named into recordings.
//!
//! Enters: a path, of a file or a directory. Leaves: file paths, a directory's sorted by name.
//! Never here: opening a recording, descending into a directory's directories.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::SourceError;

/// Endings by which a directory's audio files are known. A file named outright needs none of them. Opus is among them
/// although it cannot be decoded: a voice message is told of as unreadable, not passed over in silence.
pub const AUDIO_EXTENSIONS: [&str; 13] =
    ["wav", "wave", "flac", "mp3", "ogg", "oga", "opus", "m4a", "m4b", "mp4", "aac", "aif", "aiff"];

/// Whether `path` ends as an audio file does, in either case.
#[must_use]
pub fn is_audio_file(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| AUDIO_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// The recordings that `path` names: a file as it is, a directory as its audio files sorted by name, hidden ones left
/// out. Whether a file exists is found out when it is opened.
///
/// # Errors
/// The directory cannot be read or holds no audio file.
pub fn expand(path: &Path) -> Result<Vec<PathBuf>, SourceError> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let name = path.display().to_string();
    let files = audio_files(path).map_err(|error| SourceError::of_io(&name, error))?;
    if files.is_empty() { Err(SourceError::NoAudioFiles { name }) } else { Ok(files) }
}

fn audio_files(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        let path = entry.path();
        if !hidden && is_audio_file(&path) && path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::Remedy;

    #[test]
    fn a_directory_gives_its_audio_files_by_name_and_nothing_else() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["b.WAV", "a.mp3", "notes.txt", ".hidden.wav", "c.flac", "d.aac", "e.opus"] {
            fs::write(directory.path().join(name), b"x").unwrap();
        }
        fs::create_dir(directory.path().join("f.wav")).unwrap();
        let missing = directory.path().join("missing.wav");

        let expected =
            ["a.mp3", "b.WAV", "c.flac", "d.aac", "e.opus"].map(|name| directory.path().join(name));
        assert_eq!(expand(directory.path()).unwrap(), expected);
        assert_eq!(expand(&missing).unwrap(), [missing]);
    }

    #[test]
    fn a_directory_without_audio_is_a_fault() {
        let directory = tempfile::tempdir().unwrap();
        let error = expand(directory.path()).unwrap_err();
        assert_eq!(error.kind(), "no_audio_files");
        assert!(error.remedy().contains("wav"));
    }
}

//! Folder: turns what was named into recordings.
//!
//! Enters: paths, files and directories mixed. Leaves: file paths in the order named, a directory's sorted by name.
//! Never here: opening a recording, descending into a directory's directories.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::SourceError;

/// Endings by which a directory's audio files are known. A file named outright needs none of them.
pub const AUDIO_EXTENSIONS: [&str; 11] =
    ["wav", "wave", "flac", "mp3", "ogg", "oga", "m4a", "m4b", "mp4", "aif", "aiff"];

/// Whether `path` ends as an audio file does, in either case.
#[must_use]
pub fn is_audio_file(path: &Path) -> bool {
    path.extension()
        .and_then(|extension| extension.to_str())
        .is_some_and(|extension| AUDIO_EXTENSIONS.iter().any(|known| extension.eq_ignore_ascii_case(known)))
}

/// The recordings named by `paths`: files as they are, a directory as its audio files sorted by name.
///
/// One bad path leaves the others usable: each fault stands where its path stood. Whether a file exists is found
/// out when it is opened. Hidden files are passed over.
#[must_use]
pub fn expand(paths: &[PathBuf]) -> Vec<Result<PathBuf, SourceError>> {
    let mut recordings = Vec::new();
    for path in paths {
        if !path.is_dir() {
            recordings.push(Ok(path.clone()));
            continue;
        }
        match audio_files(path) {
            Ok(files) if files.is_empty() => {
                recordings.push(Err(SourceError::NoAudioFiles { name: path.display().to_string() }));
            }
            Ok(files) => recordings.extend(files.into_iter().map(Ok)),
            Err(error) => recordings.push(Err(SourceError::of_io(&path.display().to_string(), error))),
        }
    }
    recordings
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
        for name in ["b.WAV", "a.mp3", "notes.txt", ".hidden.wav", "c.flac"] {
            fs::write(directory.path().join(name), b"x").unwrap();
        }
        fs::create_dir(directory.path().join("d.wav")).unwrap();
        let missing = directory.path().join("missing.wav");

        let found = expand(&[missing.clone(), directory.path().to_owned()]);
        let found: Vec<PathBuf> = found.into_iter().map(Result::unwrap).collect();

        let expected = ["a.mp3", "b.WAV", "c.flac"].map(|name| directory.path().join(name));
        assert_eq!(found, [vec![missing], expected.to_vec()].concat());
    }

    #[test]
    fn a_directory_without_audio_is_one_fault_and_the_rest_goes_on() {
        let directory = tempfile::tempdir().unwrap();
        let found = expand(&[directory.path().to_owned(), PathBuf::from("x.wav")]);
        assert_eq!(found[0].as_ref().unwrap_err().kind(), "no_audio_files");
        assert!(found[0].as_ref().unwrap_err().remedy().contains("wav"));
        assert_eq!(found[1].as_ref().unwrap(), Path::new("x.wav"));
    }
}

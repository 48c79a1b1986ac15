//! Library: which models are on this machine, and which one answers.
//!
//! Enters: the model directory, the manifest. Leaves: a listing, a choice.
//! Nothing is hashed here (that is `verify`); a file counts as present when its size is right. Never here: a choice of
//! a file that is still being fetched, or of one whose languages do not cover what is asked.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    Choice, Languages, Listed, Manifest, ModelEntry, ModelsError, Origin, Presence, header, verify::Sha256Sum,
};
use crate::flow::Language;

/// Beside an imported file: its SHA-256 as `sha256sum` writes it, taken when it was imported.
pub(super) const RECORD_SUFFIX: &str = ".sha256";
/// Beside a model's file name: what a fetch has so far.
pub(super) const PART_SUFFIX: &str = ".part";

/// What stands for the path of the built-in model, which is no file.
const INSIDE: &str = "inside the mynah program";

/// The models on this machine.
#[derive(Debug, Clone)]
pub struct Library<'m> {
    manifest: &'m Manifest,
    directory: PathBuf,
}

impl<'m> Library<'m> {
    /// The models of `directory` (it need not exist yet) and the one inside the program.
    #[must_use]
    pub const fn new(manifest: &'m Manifest, directory: PathBuf) -> Self {
        Self { manifest, directory }
    }

    /// The manifest.
    #[must_use]
    pub const fn manifest(&self) -> &'m Manifest {
        self.manifest
    }

    /// The model directory.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Every model of the manifest in its order, then the imported ones by name.
    ///
    /// # Errors
    /// The directory exists and cannot be read.
    pub fn list(&self) -> Result<Vec<Listed>, ModelsError> {
        let mut listed: Vec<Listed> =
            self.manifest.entries().iter().map(|entry| self.look_at(entry)).collect();
        let mut imported = self.imported()?;
        imported.sort_by(|a, b| a.name.cmp(&b.name));
        listed.append(&mut imported);
        Ok(listed)
    }

    /// The model that answers: the one `asked` for, else the best one here for `language`.
    ///
    /// # Errors
    /// As [`Library::resolve`] and [`Library::best`].
    pub fn choose(&self, asked: Option<&str>, language: Option<&Language>) -> Result<Choice, ModelsError> {
        asked.map_or_else(|| self.best(language), |asked| self.resolve(asked))
    }

    /// The best model here for `language`; see [`best`].
    ///
    /// # Errors
    /// As [`best`], or the directory cannot be read.
    pub fn best(&self, language: Option<&Language>) -> Result<Choice, ModelsError> {
        best(&self.list()?, language).map(Choice::from)
    }

    /// The model the user asked for: a name of the manifest, the name of an imported one, or a path (anything with a
    /// separator, or ending in ".bin").
    ///
    /// # Errors
    /// [`ModelsError::UnknownModel`], [`ModelsError::ModelMissing`], [`ModelsError::NotAModel`], or the file cannot be
    /// read.
    pub fn resolve(&self, name_or_path: &str) -> Result<Choice, ModelsError> {
        let listed = self.list()?;
        if let Some(model) = listed.iter().find(|m| m.name == name_or_path) {
            return match model.presence {
                Presence::Present => Ok(Choice::from(model)),
                // Says what is wrong with it.
                Presence::WrongSize { .. } if model.origin == Origin::Imported => {
                    header::read(&model.path).and(Err(missing(model)))
                }
                Presence::Absent | Presence::Partial { .. } | Presence::WrongSize { .. } => {
                    Err(missing(model))
                }
            };
        }
        let path = Path::new(name_or_path);
        let is_path = path.components().count() > 1 || path.is_absolute() || name_or_path.ends_with(".bin");
        if !is_path {
            return Err(self.manifest.unknown(name_or_path));
        }
        Ok(Choice {
            name: name_or_path.to_owned(),
            path: path.to_owned(),
            languages: header::read(path)?,
            origin: Origin::Imported,
        })
    }

    fn look_at(&self, entry: &ModelEntry) -> Listed {
        let (path, presence) = if entry.built_in {
            (INSIDE.into(), Presence::Present)
        } else {
            self.find(&entry.file, entry.bytes)
        };
        Listed {
            name: entry.name.clone(),
            path,
            bytes: entry.bytes,
            sha256: Some(entry.sha256),
            languages: entry.languages,
            origin: if entry.built_in { Origin::BuiltIn } else { Origin::Official },
            presence,
            rank: Some(entry.rank),
            memory_mb: Some(entry.memory_mb),
            note: entry.note.clone(),
        }
    }

    /// Where `file` is or would be, and whether it is there with its `bytes`.
    fn find(&self, file: &str, bytes: u64) -> (PathBuf, Presence) {
        let path = self.directory.join(file);
        let part = self.directory.join(format!("{file}{PART_SUFFIX}"));
        let presence = match (size_of(&path), size_of(&part)) {
            (Some(actual), _) if actual == bytes => Presence::Present,
            (Some(actual), _) => Presence::WrongSize { bytes: actual },
            (None, Some(bytes)) => Presence::Partial { bytes },
            (None, None) => Presence::Absent,
        };
        (path, presence)
    }

    /// Whisper models in the directory that the manifest does not name. Other files are none of our business.
    fn imported(&self) -> Result<Vec<Listed>, ModelsError> {
        let failed = |e| ModelsError::of_io("list", &self.directory, e);
        let files = match fs::read_dir(&self.directory) {
            Ok(files) => files,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(failed(e)),
        };
        let mut found = Vec::new();
        for file in files {
            let file = file.map_err(failed)?;
            let Ok(file_name) = file.file_name().into_string() else { continue };
            let Some(name) = file_name.strip_suffix(".bin").filter(|name| !name.starts_with('.')) else {
                continue;
            };
            if self.manifest.owner_of(name).is_some() {
                continue;
            }
            let path = file.path();
            let Some(bytes) = size_of(&path) else { continue };
            let sha256 = recorded_sum(&path);
            let (languages, presence, note) = match (header::read(&path), sha256) {
                (Ok(languages), Some(_)) => (languages, Presence::Present, "imported, unverified origin"),
                (Ok(languages), None) => {
                    (languages, Presence::Present, "put here by hand, unverified origin")
                }
                // It was a model when it was imported. Its languages cannot be told any more.
                (Err(_), Some(_)) => {
                    (Languages::English, Presence::WrongSize { bytes }, "damaged, import it again")
                }
                (Err(_), None) => continue,
            };
            found.push(Listed {
                name: name.to_owned(),
                path,
                bytes,
                sha256,
                languages,
                origin: Origin::Imported,
                presence,
                rank: None,
                memory_mb: None,
                note: note.to_owned(),
            });
        }
        Ok(found)
    }
}

/// The best of `listed` for `language`: the highest rank among those present that understand it. With `None` the
/// language is to be detected, so a multilingual model goes before an English one. Imported models have no rank and are
/// never picked unasked.
///
/// # Errors
/// [`ModelsError::NoModelForLanguage`] where no model here understands the language.
pub fn best<'a>(listed: &'a [Listed], language: Option<&Language>) -> Result<&'a Listed, ModelsError> {
    let ranked = listed.iter().filter(|m| m.presence == Presence::Present && m.rank.is_some());
    let fitting = ranked.filter(|m| language.is_none_or(|language| m.languages.cover(language)));
    let detecting = |m: &Listed| language.is_none() && m.languages == Languages::Multilingual;
    fitting.max_by_key(|m| (detecting(m), m.rank)).ok_or_else(|| ModelsError::NoModelForLanguage {
        language: language.map_or_else(|| "any".to_owned(), |language| language.code().to_owned()),
    })
}

fn missing(model: &Listed) -> ModelsError {
    ModelsError::ModelMissing {
        name: model.name.clone(),
        path: model.path.clone(),
        fetchable: model.origin == Origin::Official,
    }
}

/// The size of the regular file at `path`, links followed.
fn size_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().filter(fs::Metadata::is_file).map(|meta| meta.len())
}

/// Where the record of the imported file `path` is kept.
pub(super) fn record_of(path: &Path) -> PathBuf {
    let mut record = path.as_os_str().to_owned();
    record.push(RECORD_SUFFIX);
    PathBuf::from(record)
}

/// The hash recorded beside the imported file `path`, where there is a readable record.
pub(super) fn recorded_sum(path: &Path) -> Option<Sha256Sum> {
    let record = record_of(path);
    // A record is one line of about 150 bytes; a larger file is none of ours and is not read.
    size_of(&record).filter(|bytes| *bytes <= 1024)?;
    fs::read_to_string(record).ok()?.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flow::Remedy, ggml::sample};

    fn put(path: &Path, bytes: u64) {
        fs::File::create(path).unwrap().set_len(bytes).unwrap();
    }

    fn place(library: &Library<'_>, name: &str) {
        let entry = library.manifest().find(name).unwrap();
        put(&library.directory().join(&entry.file), entry.bytes);
    }

    fn library(dir: &Path) -> Library<'static> {
        fs::create_dir_all(dir.join("models")).unwrap();
        Library::new(Manifest::shipped(), dir.join("models"))
    }

    #[test]
    fn the_best_present_model_that_covers_the_language_answers() {
        let dir = tempfile::tempdir().unwrap();
        let library = library(dir.path());
        let (en, zh) = (Some(&Language::ENGLISH), Some(&Language::MANDARIN));
        let name = |language| library.best(language).map(|choice| choice.name);

        assert_eq!(name(en).unwrap(), "builtin-en");
        assert_eq!(name(None).unwrap(), "builtin-en");
        let refused = name(zh).unwrap_err();
        assert_eq!(refused.kind(), "no_model_for_language");
        assert!(refused.remedy().contains("mynah models fetch base"), "{}", refused.remedy());

        place(&library, "tiny.en");
        assert_eq!(name(en).unwrap(), "tiny.en");
        assert_eq!(name(zh).unwrap_err().kind(), "no_model_for_language");
        place(&library, "tiny-q5_1");
        assert_eq!(name(zh).unwrap(), "tiny-q5_1");
        assert_eq!(name(en).unwrap(), "tiny.en");
        assert_eq!(name(None).unwrap(), "tiny-q5_1");
        place(&library, "base");
        assert_eq!((name(en).unwrap(), name(zh).unwrap()), ("base".to_owned(), "base".to_owned()));
    }

    #[test]
    fn a_part_or_a_stump_is_no_model() {
        let dir = tempfile::tempdir().unwrap();
        let library = library(dir.path());
        put(&library.directory().join("ggml-small.bin.part"), 487_601_967);
        put(&library.directory().join("ggml-base.bin"), 1_000);
        let listed = library.list().unwrap();
        let presence = |name: &str| listed.iter().find(|m| m.name == name).unwrap().presence;
        assert_eq!(presence("small"), Presence::Partial { bytes: 487_601_967 });
        assert_eq!(presence("base"), Presence::WrongSize { bytes: 1_000 });
        assert_eq!(library.best(None).unwrap().name, "builtin-en");
        assert_eq!(library.resolve("small").unwrap_err().kind(), "model_missing");
        assert!(library.resolve("base").unwrap_err().remedy().contains("mynah models fetch base"));
    }

    #[test]
    fn a_file_put_there_by_hand_is_listed_but_used_only_by_name() {
        let dir = tempfile::tempdir().unwrap();
        let library = library(dir.path());
        fs::write(library.directory().join("mine.bin"), sample(true)).unwrap();
        fs::write(library.directory().join("notes.bin"), b"shopping").unwrap();
        let listed = library.list().unwrap();
        let mine = listed.last().unwrap();
        assert_eq!((mine.name.as_str(), mine.origin, mine.sha256), ("mine", Origin::Imported, None));
        assert_eq!(listed.len(), Manifest::shipped().entries().len() + 1);
        assert_eq!(library.best(Some(&Language::MANDARIN)).unwrap_err().kind(), "no_model_for_language");
        assert_eq!(library.resolve("mine").unwrap().languages, Languages::Multilingual);
    }

    #[test]
    fn a_path_is_taken_as_given_and_checked() {
        let dir = tempfile::tempdir().unwrap();
        let library = library(dir.path());
        let path = dir.path().join("elsewhere.bin");
        let asked = path.to_str().unwrap().to_owned();
        assert_eq!(library.resolve(&asked).unwrap_err().kind(), "model_unreadable");
        fs::write(&path, b"RIFF").unwrap();
        assert_eq!(library.resolve(&asked).unwrap_err().kind(), "not_a_model");
        assert_eq!(library.resolve(dir.path().to_str().unwrap()).unwrap_err().kind(), "not_a_model");
        fs::write(&path, sample(false)).unwrap();
        assert_eq!(library.resolve(&asked).unwrap().path, path);
        assert_eq!(library.resolve("elsewhere").unwrap_err().kind(), "unknown_model");
    }
}

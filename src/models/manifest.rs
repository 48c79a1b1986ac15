//! Manifest: every speech model known by name.
//!
//! Enters: the text of `models/manifest.toml`. Leaves: checked entries, in the file's order. Never here: a name or file
//! that could step out of the model directory, a path that could step off a mirror's base, I/O.

use std::{collections::BTreeMap, fmt, sync::LazyLock};

use serde::Deserialize;

use super::{ModelsError, verify::Sha256Sum};
use crate::flow::Language;

/// The layout of the file that this program reads.
const SCHEMA: u32 = 1;
/// The source whose models are in the repository and are never fetched.
const SHIPPED: &str = "shipped";
/// No Whisper model is larger; a number above it is a typing error.
const MAX_BYTES: u64 = 16 << 30;
/// Longest name and file name; with ".sha256" and ".part" it stays under every file system's 255 bytes.
const MAX_NAME: usize = 64;

/// The languages a model understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub enum Languages {
    /// English alone.
    #[serde(rename = "en")]
    English,
    /// Whisper's 99 languages.
    #[serde(rename = "multilingual")]
    Multilingual,
}

impl Languages {
    /// Whether a model with these languages understands `language`.
    #[must_use]
    pub fn cover(self, language: &Language) -> bool {
        self == Self::Multilingual || *language == Language::ENGLISH
    }
}

impl fmt::Display for Languages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::English => "en",
            Self::Multilingual => "multilingual",
        })
    }
}

/// One model of the manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelEntry {
    /// What the user types.
    pub name: String,
    /// File name in the model directory and on the mirrors.
    pub file: String,
    /// Exact size in bytes.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: Sha256Sum,
    /// Licence of the weights.
    pub licence: String,
    /// Languages it understands.
    pub languages: Languages,
    /// Preference when several are present; higher is better, no two alike.
    pub rank: u32,
    /// Approximate resident memory while transcribing, in MB (10^6 bytes).
    pub memory_mb: u32,
    /// What to know before choosing it; may be empty.
    pub note: String,
    /// Whether it ships in the repository.
    pub built_in: bool,
    /// Mirror id to path below the mirror's base.
    paths: BTreeMap<String, String>,
}

impl ModelEntry {
    /// Where the file lies below the base of mirror `id` (a path without a leading slash); `None` where that mirror is
    /// not known to carry it.
    #[must_use]
    pub fn path_on(&self, id: &str) -> Option<&str> {
        self.paths.get(id).map(String::as_str)
    }
}

/// Every model known by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    entries: Vec<ModelEntry>,
}

impl Manifest {
    /// The manifest built into the program.
    #[must_use]
    pub fn shipped() -> &'static Self {
        static SHIPPED: LazyLock<Manifest> = LazyLock::new(|| {
            Manifest::parse(include_str!("../../models/manifest.toml"))
                .expect("the manifest is part of the program and a test parses it")
        });
        &SHIPPED
    }

    /// Reads and checks a manifest.
    ///
    /// # Errors
    /// [`ModelsError::BadManifest`] naming the entry and the rule it breaks.
    pub fn parse(text: &str) -> Result<Self, ModelsError> {
        let raw: RawManifest =
            toml::from_str(text).map_err(|e| ModelsError::BadManifest { what: e.to_string() })?;
        raw.checked().map_err(|what| ModelsError::BadManifest { what })
    }

    /// Every entry, in the file's order.
    #[must_use]
    pub fn entries(&self) -> &[ModelEntry] {
        &self.entries
    }

    /// The entry called `name`.
    ///
    /// # Errors
    /// [`ModelsError::UnknownModel`], with the nearest name where one is close.
    pub fn find(&self, name: &str) -> Result<&ModelEntry, ModelsError> {
        self.entries.iter().find(|e| e.name == name).ok_or_else(|| self.unknown(name))
    }

    /// The entry whose file hashes to `sum`.
    #[must_use]
    pub fn by_sum(&self, sum: &Sha256Sum) -> Option<&ModelEntry> {
        self.entries.iter().find(|e| e.sha256 == *sum)
    }

    /// The entry that owns `name`, either as its name or as its file without ".bin", letter case ignored as some
    /// file systems do.
    #[must_use]
    pub fn owner_of(&self, name: &str) -> Option<&ModelEntry> {
        self.entries.iter().find(|e| {
            let stem = e.file.strip_suffix(".bin").unwrap_or(&e.file);
            e.name.eq_ignore_ascii_case(name) || stem.eq_ignore_ascii_case(name)
        })
    }

    pub(super) fn unknown(&self, name: &str) -> ModelsError {
        let short: String = name.chars().take(MAX_NAME).collect();
        let near = self
            .entries
            .iter()
            .map(|e| (strsim::damerau_levenshtein(&e.name, &short), &e.name))
            .min()
            .filter(|(distance, _)| *distance <= 2)
            .map(|(_, name)| name.clone());
        ModelsError::UnknownModel { name: short, near }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawManifest {
    schema: u32,
    source: BTreeMap<String, RawSource>,
    model: Vec<RawModel>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawSource {
    #[serde(rename = "about")]
    _about: String,
    paths: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawModel {
    name: String,
    file: String,
    bytes: u64,
    sha256: String,
    licence: String,
    languages: Languages,
    rank: u32,
    memory_mb: u32,
    source: String,
    #[serde(default)]
    note: String,
}

impl RawManifest {
    fn checked(self) -> Result<Manifest, String> {
        if self.schema != SCHEMA {
            return Err(format!("schema is {}, this program reads {SCHEMA}", self.schema));
        }
        for (id, source) in &self.source {
            for (mirror, path) in &source.paths {
                check_path(path).map_err(|why| format!("source.{id}.paths.{mirror}: {why}"))?;
            }
        }
        let mut entries: Vec<ModelEntry> = Vec::with_capacity(self.model.len());
        for model in self.model {
            let name = model.name.clone();
            let entry = checked_entry(model, &self.source).map_err(|why| format!("model {name:?}: {why}"))?;
            if let Some(other) = entries.iter().find(|other| clash(other, &entry)) {
                return Err(format!("models {:?} and {name:?} share a name, file, hash or rank", other.name));
            }
            entries.push(entry);
        }
        match entries.iter().filter(|e| e.built_in).count() {
            1 => Ok(Manifest { entries }),
            n => Err(format!("{n} models have source \"{SHIPPED}\", there must be one")),
        }
    }
}

fn checked_entry(raw: RawModel, sources: &BTreeMap<String, RawSource>) -> Result<ModelEntry, String> {
    if !is_safe_name(&raw.name) {
        return Err(format!(
            "name must be 1 to {MAX_NAME} of A-Z a-z 0-9 . _ - and start with a letter or digit"
        ));
    }
    if !is_safe_name(&raw.file) || !raw.file.ends_with(".bin") {
        return Err(format!("file {:?} must be a plain name ending in .bin", raw.file));
    }
    if !(1..=MAX_BYTES).contains(&raw.bytes) {
        return Err(format!("bytes is {}, allowed are 1 to {MAX_BYTES}", raw.bytes));
    }
    let sha256 =
        raw.sha256.parse::<Sha256Sum>().map_err(|()| "sha256 must be 64 hexadecimal digits".to_owned())?;
    let source =
        sources.get(&raw.source).ok_or_else(|| format!("source {:?} is not in the file", raw.source))?;
    let paths =
        source.paths.iter().map(|(id, path)| (id.clone(), path.replace("{file}", &raw.file))).collect();
    Ok(ModelEntry {
        built_in: raw.source == SHIPPED,
        name: raw.name,
        file: raw.file,
        bytes: raw.bytes,
        sha256,
        licence: raw.licence,
        languages: raw.languages,
        rank: raw.rank,
        memory_mb: raw.memory_mb,
        note: raw.note,
        paths,
    })
}

fn clash(a: &ModelEntry, b: &ModelEntry) -> bool {
    a.name.eq_ignore_ascii_case(&b.name)
        || a.file.eq_ignore_ascii_case(&b.file)
        || a.sha256 == b.sha256
        || a.rank == b.rank
}

/// Whether `name` can be a file name anywhere and nothing but a file name.
fn is_safe_name(name: &str) -> bool {
    (1..=MAX_NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphanumeric())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

/// A path template: plain segments, `{file}` as the last.
fn check_path(path: &str) -> Result<(), &'static str> {
    let Some(folders) = path.strip_suffix("{file}") else { return Err("must end in {file}") };
    let Some(folders) = folders.strip_suffix('/') else {
        return if folders.is_empty() { Ok(()) } else { Err("must have {file} alone as its last segment") };
    };
    if folders.split('/').all(is_safe_name) { Ok(()) } else { Err("has a segment that is not a plain name") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SMALL: &str = r#"
schema = 1
[source.shipped]
about = ""
paths = {}
[source.web]
about = ""
paths = { self = "{file}", hub = "a/b/{file}" }
[[model]]
name = "own"
file = "own.bin"
bytes = 5
sha256 = "1111111111111111111111111111111111111111111111111111111111111111"
licence = "MIT"
languages = "en"
rank = 1
memory_mb = 1
source = "shipped"
[[model]]
name = "far"
file = "ggml-far.bin"
bytes = 7
sha256 = "2222222222222222222222222222222222222222222222222222222222222222"
licence = "MIT"
languages = "multilingual"
rank = 2
memory_mb = 1
source = "web"
"#;

    #[test]
    fn the_shipped_manifest_is_whole() {
        let manifest = Manifest::shipped();
        // 25 whisper.cpp models with a known SHA-256, and the built-in one.
        assert_eq!(manifest.entries().len(), 26);
        for entry in manifest.entries() {
            let fetchable = ["huggingface", "hf-mirror", "modelscope", "self"]
                .iter()
                .all(|mirror| entry.path_on(mirror).is_some_and(|path| path.ends_with(&entry.file)));
            assert_eq!(fetchable, !entry.built_in, "{}", entry.name);
            let english = entry.name.contains(".en") || entry.built_in;
            assert_eq!(entry.languages == Languages::English, english, "{}", entry.name);
            if !entry.built_in {
                assert_eq!(entry.file, format!("ggml-{}.bin", entry.name));
                assert_eq!(entry.licence, "MIT");
            }
        }
        let ranked = |name: &str| manifest.find(name).unwrap().rank;
        assert!(ranked("builtin-en") < ranked("tiny-q5_1"));
        assert!(ranked("base-q8_0") < ranked("base") && ranked("base") < ranked("base.en-q5_1"));
        assert!(ranked("medium.en") < ranked("large-v3-turbo-q5_0"));
        assert_eq!(manifest.find("base").unwrap().bytes, 147_951_465);
    }

    #[test]
    fn an_unknown_name_gets_the_nearest() {
        let near = |name: &str| match Manifest::shipped().find(name) {
            Err(ModelsError::UnknownModel { near, .. }) => near,
            other => panic!("{other:?}"),
        };
        assert_eq!(near("bse").as_deref(), Some("base"));
        assert_eq!(near("../../etc/passwd"), None);
    }

    #[test]
    fn each_broken_rule_is_named() {
        assert!(Manifest::parse(SMALL).is_ok());
        for (from, to, said) in [
            ("schema = 1", "schema = 2", "schema is 2"),
            ("name = \"far\"", "name = \"../far\"", "name must be"),
            ("name = \"far\"", "name = \"OWN\"", "share a name"),
            ("name = \"far\"", "nam = \"far\"", "unknown field"),
            ("ggml-far.bin", "/etc/far.bin", "plain name"),
            ("ggml-far.bin", "ggml-far.bin.part", "plain name"),
            ("bytes = 7", "bytes = 0", "bytes is 0"),
            ("bytes = 7", "bytes = -1", "invalid value"),
            ("rank = 2", "rank = 1", "share a name"),
            ("\"2222", "\"zzzz", "64 hexadecimal"),
            ("\"2222", "\"222", "64 hexadecimal"),
            ("languages = \"multilingual\"", "languages = \"fr\"", "unknown variant"),
            ("source = \"web\"", "source = \"shipped\"", "2 models have source"),
            ("source = \"web\"", "source = \"moon\"", "not in the file"),
            ("a/b/{file}", "a/../b/{file}", "not a plain name"),
            ("a/b/{file}", "a?x=/{file}", "not a plain name"),
            ("a/b/{file}", "/a/{file}", "not a plain name"),
            ("a/b/{file}", "//evil.example/{file}", "not a plain name"),
            ("a/b/{file}", "a/b/", "must end in"),
            ("a/b/{file}", "a/b{file}", "alone"),
        ] {
            assert!(SMALL.contains(from), "{from}");
            let error = Manifest::parse(&SMALL.replacen(from, to, 1)).unwrap_err().to_string();
            assert!(error.contains(said), "{to}: {error}");
        }
    }

    proptest! {
        #[test]
        fn foreign_text_never_panics(text in any::<String>()) {
            let _ = Manifest::parse(&text);
        }

        /// Whatever one line of a good manifest becomes, what is accepted keeps every rule.
        #[test]
        fn what_is_accepted_is_safe(line in 0..26_usize, value in "[ -~]{0,24}") {
            let text: Vec<String> = SMALL.lines().enumerate().map(|(n, old)| match old.split_once(" = ") {
                Some((key, _)) if n == line => format!("{key} = {value}"),
                _ => old.to_owned(),
            }).collect();
            if let Ok(manifest) = Manifest::parse(&text.join("\n")) {
                for entry in manifest.entries() {
                    prop_assert!(is_safe_name(&entry.name) && is_safe_name(&entry.file));
                    prop_assert!(entry.bytes > 0);
                    prop_assert!(entry.paths.values().all(|path| !path.contains("/../")));
                }
            }
        }
    }
}

//! Declaring: the region written into the user's own settings file, which stays as it is otherwise.
//!
//! Enters: the file, a region, whether one is travelling. Leaves: the file with these two values changed. Never here: a
//! file that is no settings file overwritten, another line touched.

use std::{fs, io, path::Path};

use serde::Deserialize;
use toml::Spanned;

use super::{SettingsError, build::read, parse, write_whole_for};

/// The two values where they stand in the text; all else is nobody's business here.
#[derive(Deserialize)]
struct Declared {
    region: Option<Spanned<toml::Value>>,
    travelling: Option<Spanned<toml::Value>>,
}

/// Writes `region` and `travelling` into the settings `file`, which is made if need be.
///
/// # Errors
/// [`SettingsError`]: what stands in the file cannot be used as it is, or the file cannot be written.
pub fn declare(file: &Path, region: &str, travelling: bool) -> Result<(), SettingsError> {
    let name = file.display().to_string();
    let unreadable = |cause: io::Error| SettingsError::Unreadable { file: name.clone(), cause };
    let before = match read(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(cause) => return Err(unreadable(cause)),
    };
    parse(&before, &name)?;
    let after = declared(&before, region, travelling);
    parse(&after, &name)?;
    // A link is followed, so that a file kept elsewhere stays there.
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let permissions = fs::metadata(&target).ok().map(|about| about.permissions());
    write_whole_for(&target, after.as_bytes(), permissions)
        .map_err(|cause| SettingsError::Unwritable { file: name, cause })
}

/// `text` with the two values; `travelling` is left out where it is false and nothing is said of it.
fn declared(text: &str, region: &str, travelling: bool) -> String {
    let mut text = text.to_owned();
    let value = format!("\"{region}\"");
    // One after the other: each change moves what follows.
    put(&mut text, "travelling", &travelling.to_string(), travelling, |found| found.travelling);
    put(&mut text, "region", &value, true, |found| found.region);
    text
}

fn put(
    text: &mut String,
    key: &str,
    value: &str,
    needed: bool,
    of: impl Fn(Declared) -> Option<Spanned<toml::Value>>,
) {
    match toml::from_str::<Declared>(text).ok().and_then(of) {
        Some(found) => text.replace_range(found.span(), value),
        // At the top, because after the first table it would belong to a table.
        None if needed => text.insert_str(0, &format!("{key} = {value}\n")),
        None => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_two_values_change() {
        for (before, after) in [
            ("", "region = \"EU\"\n"),
            (
                "# mine\n[listen]\npre_roll_ms = 100\n",
                "region = \"EU\"\n# mine\n[listen]\npre_roll_ms = 100\n",
            ),
            ("region = 'us' # here\nlanguage = \"en\"", "region = \"EU\" # here\nlanguage = \"en\""),
            ("language = \"en\"\n\"region\"=\"\"\"CN\"\"\"\n", "language = \"en\"\n\"region\"=\"EU\"\n"),
            ("travelling = true\nregion = \"us\"\n", "travelling = false\nregion = \"EU\"\n"),
            ("[wake]\nphrases = [\"region\"]\n", "region = \"EU\"\n[wake]\nphrases = [\"region\"]\n"),
        ] {
            assert_eq!(declared(before, "EU", false), after, "{before}");
        }
        assert_eq!(declared("", "EU", true), "region = \"EU\"\ntravelling = true\n");
    }

    #[test]
    fn a_spoilt_file_is_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "regoin = \"EU\"").unwrap();
        assert!(declare(file.path(), "EU", false).is_err());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "regoin = \"EU\"");
    }
}

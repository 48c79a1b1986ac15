//! Files: where scenarios stand.
//!
//! Enters: folders and files. Leaves: [`Scenario`]s, or all that is wrong with them, each with its line. Never here: a file
//! that is read beyond [`LONGEST`], a folder that is followed in a circle.

use std::{
    collections::{HashMap, HashSet},
    fs::{self, File},
    io::Read,
    path::{Path, PathBuf},
};

use super::{ScenarioError, read, script::Scenario};
use crate::units::length_u64;

/// The longest file that is read, in bytes.
const LONGEST: u64 = 1024 * 1024;

/// How deep folders may lie in one another.
const DEEPEST: usize = 16;

/// The scenarios at `paths`: of files, and of folders all that end in `.toml`. A file that is named twice is read once.
///
/// # Errors
/// All that is wrong, each with its place.
pub fn load(paths: &[PathBuf]) -> Result<Vec<Scenario>, Vec<ScenarioError>> {
    let (mut scenarios, mut wrong, mut known) = (Vec::new(), Vec::new(), HashSet::new());
    for path in paths {
        let mut files = Vec::new();
        if let Err(error) = find(path, 0, &mut files) {
            wrong.push(error);
            continue;
        }
        if files.is_empty() {
            wrong.push(ScenarioError::Empty { path: path.clone() });
        }
        for file in files {
            if !known.insert(fs::canonicalize(&file).unwrap_or_else(|_| file.clone())) {
                continue;
            }
            let found = text(&file).and_then(|text| read::scenarios(&file, &text));
            match found {
                Ok(found) => found.into_iter().for_each(|one| match one {
                    Ok(scenario) => scenarios.push(scenario),
                    Err(error) => wrong.push(error),
                }),
                Err(error) => wrong.push(error),
            }
        }
    }
    let mut names: HashMap<&str, &Scenario> = HashMap::new();
    for scenario in &scenarios {
        if let Some(first) = names.insert(&scenario.name, scenario) {
            let reason =
                format!("{:?} is also called so at {}:{}", scenario.name, first.path.display(), first.line);
            wrong.push(ScenarioError::Bad { path: scenario.path.clone(), line: scenario.line, reason });
        }
    }
    if wrong.is_empty() { Ok(scenarios) } else { Err(wrong) }
}

/// Gathers the files at `path`.
fn find(path: &Path, depth: usize, files: &mut Vec<PathBuf>) -> Result<(), ScenarioError> {
    let unreadable = |reason: String| ScenarioError::Unreadable { path: path.to_owned(), reason };
    let about = fs::metadata(path).map_err(|error| unreadable(error.to_string()))?;
    if !about.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    if depth > DEEPEST {
        return Err(unreadable(format!("folders lie more than {DEEPEST} deep in one another")));
    }
    let entries = fs::read_dir(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let mut entries = entries.map_err(|error| unreadable(error.to_string()))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let below = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        // A link to a folder may lead back here.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && !hidden {
            find(&below, depth + 1, files)?;
        } else if below.extension().is_some_and(|extension| extension == "toml") && below.is_file() && !hidden
        {
            files.push(below);
        }
    }
    Ok(())
}

fn text(path: &Path) -> Result<String, ScenarioError> {
    let unreadable = |reason: String| ScenarioError::Unreadable { path: path.to_owned(), reason };
    if !fs::metadata(path).is_ok_and(|about| about.is_file()) {
        return Err(unreadable("it is no file".into()));
    }
    let mut text = String::new();
    let file = File::open(path).map_err(|error| unreadable(error.to_string()))?;
    file.take(LONGEST + 1).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
    if length_u64(text.len()) > LONGEST {
        return Err(unreadable(format!("it is longer than {LONGEST} bytes")));
    }
    Ok(text)
}

//! Applications: those that are installed for the user.
//!
//! Enters: what was said. Leaves: the applications that it means. They are read afresh each time, a few milliseconds, so
//! that one just installed is there. Never here: more than [`MOST`] files read, a link followed out of sight.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use super::{
    Around, Target, What,
    entry::{self, Entry, Read},
    matching::{Fit, best, fit, key},
    roles,
    text::said,
};
use crate::{flow::Language, program};

/// The most files that are read, and the largest.
const MOST: usize = 4_000;
const LARGEST: u64 = 256 << 10;

/// How deep directories of applications nest.
const DEEPEST: usize = 3;

/// An installed application.
#[derive(Debug, Clone)]
pub(super) struct Application {
    /// Its file's name, which tells it from others ("org.gnome.Calculator.desktop").
    pub(super) id: String,
    pub(super) path: PathBuf,
    pub(super) entry: Entry,
}

/// Every application for the user of `around`.
pub(super) fn installed(around: &Around) -> Vec<Application> {
    let (mut known, mut found, mut left) = (HashSet::new(), Vec::new(), MOST);
    for data in &around.data {
        let mut files = Vec::new();
        gather(&data.join("applications"), "", DEEPEST, &mut left, &mut files);
        files.sort();
        for (id, path) in files {
            // The first directory that has it counts, also where it only hides it.
            if !known.insert(id.clone()) {
                continue;
            }
            if let Some(Read::Shown(entry)) = text(&path).map(|text| entry::read(&text))
                && is_for(&entry, around)
            {
                found.push(Application { id, path, entry: *entry });
            }
        }
    }
    found
}

/// The file at `path` as text, if it is of a sane size.
pub(super) fn text(path: &Path) -> Option<String> {
    let about = fs::metadata(path).ok()?;
    (about.is_file() && about.len() <= LARGEST).then(|| fs::read(path).ok())?.map(|bytes| {
        String::from_utf8(bytes)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
    })
}

fn gather(folder: &Path, prefix: &str, depth: usize, left: &mut usize, files: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Some(rest) = left.checked_sub(1) else { return };
        *left = rest;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.ends_with(".desktop") {
            files.push((format!("{prefix}{name}"), entry.path()));
        } else if depth > 1 && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            gather(&entry.path(), &format!("{prefix}{name}-"), depth - 1, left, files);
        }
    }
}

fn is_for(entry: &Entry, around: &Around) -> bool {
    let among = |listed: &[String]| listed.iter().any(|it| around.desktops.contains(it));
    let there = |needed: &String| find(needed, around).is_some();
    (entry.only_in.is_empty() || among(&entry.only_in))
        && !among(&entry.not_in)
        && entry.needs.as_ref().is_none_or(there)
}

/// The program `name`: a path, or a name that is looked for.
pub(super) fn find(name: &str, around: &Around) -> Option<PathBuf> {
    let path = Path::new(name);
    if path.is_absolute() {
        return path.is_file().then(|| path.to_owned());
    }
    if name.contains('/') { None } else { program::find(name, &around.programs) }
}

/// The applications that `spoken` means, named for a speaker of `language`.
pub(super) fn meant(spoken: &str, language: &Language, around: &Around) -> Vec<Target> {
    let all = installed(around);
    let by_name = |application: &&Application| names(application).filter_map(|name| fit(spoken, name)).min();
    let mut found = best(&all, by_name);
    // "Browser" may be a part of a name; what the user chose for it comes first.
    if found.iter().all(|application| by_name(application) != Some(Fit::Same)) {
        let same = |texts: &[String]| texts.iter().any(|text| key(text) == key(spoken));
        let roles: Vec<&Application> = match roles::role(&key(spoken)) {
            Some(role) => of_role(&all, role, around),
            None => Vec::new(),
        };
        let alike = || all.iter().filter(|application| same(&application.entry.generic)).collect();
        let about = || all.iter().filter(|application| same(&application.entry.keywords)).collect();
        found =
            [roles, alike(), found, about()].into_iter().find(|found| !found.is_empty()).unwrap_or_default();
    }
    let mut targets: Vec<Target> = Vec::new();
    for application in found {
        let name = said(name(&application.entry, language)).unwrap_or_default();
        let what = if application.entry.in_terminal {
            What::TerminalApplication
        } else {
            What::Application(application.path.clone())
        };
        // Two files of one name are one application to the user: the first, which its directory puts before the other.
        if targets.iter().all(|known| known.name != name) {
            targets.push(Target { name, what });
        }
    }
    targets
}

/// What an application may be called: its names, and what its file and its program are called.
fn names(application: &Application) -> impl Iterator<Item = &str> {
    let entry = &application.entry;
    let id = application.id.trim_end_matches(".desktop");
    let id = id.rsplit('.').next().unwrap_or(id);
    let program = entry.command.first().map(|program| program.rsplit('/').next().unwrap_or(program));
    // What runs others has their names beside its own.
    let program = program.filter(|_| entry.command.len() == 1);
    let names = entry.names.iter().map(|(_, name)| name.as_str());
    [entry.name.as_str(), id].into_iter().chain(program).chain(names)
}

fn name<'e>(entry: &'e Entry, language: &Language) -> &'e str {
    let wanted: &[&str] = if *language == Language::MANDARIN { &["zh_CN", "zh_Hans", "zh"] } else { &[] };
    let named = |wanted: &&str| entry.names.iter().find(|(code, _)| code == wanted);
    wanted.iter().find_map(named).map_or(&entry.name, |(_, name)| name)
}

/// The applications of `role`: the one that the user chose, else all of its category.
fn of_role<'a>(all: &'a [Application], role: &roles::Role, around: &Around) -> Vec<&'a Application> {
    let chosen = role.opens.into_iter().flat_map(|mime| chosen(mime, around));
    let chosen = chosen.filter_map(|id| all.iter().find(|application| application.id == id)).next();
    chosen.map_or_else(
        || {
            let fits = |entry: &Entry| entry.categories.iter().any(|category| category == role.category);
            all.iter().filter(|application| fits(&application.entry)).collect()
        },
        |chosen| vec![chosen],
    )
}

/// What the user, the desktop and the system chose for `mime`, in this order.
fn chosen(mime: &str, around: &Around) -> Vec<String> {
    let desktops = around.desktops.iter().map(|desktop| format!("{}-mimeapps.list", desktop.to_lowercase()));
    let names: Vec<String> = desktops.chain(["mimeapps.list".to_owned()]).collect();
    let folders =
        around.config.iter().cloned().chain(around.data.iter().map(|data| data.join("applications")));
    let mut chosen = Vec::new();
    for path in folders.flat_map(|folder| names.iter().map(move |name| folder.join(name)).collect::<Vec<_>>())
    {
        let Some(text) = text(&path) else { continue };
        let lines = text.lines().skip_while(|line| line.trim() != "[Default Applications]").skip(1);
        for line in lines.take_while(|line| !line.starts_with('[')) {
            let Some((key, ids)) = line.split_once('=').filter(|(key, _)| key.trim() == mime) else {
                continue;
            };
            let _ = key;
            chosen.extend(ids.split(';').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned));
        }
    }
    chosen
}

//! Files: those in the user's own folders, by name.
//!
//! Enters: what was said. Leaves: the files that it means. A file's name is anyone's text: it is compared, shown and handed
//! over as one argument, never read as anything else. Never here: a hidden file, a link followed, more than [`MOST`] files
//! looked at; a program found to be a document.

use std::{
    collections::{HashSet, VecDeque},
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use super::{
    Target, What,
    matching::{Fit, best, fit, key},
    text::said,
};

/// The most files that are looked at: a tenth of a second on a disk that works.
const MOST: usize = 20_000;

/// How deep below one of the user's folders is searched.
const DEEPEST: usize = 4;

/// Endings of what runs when it is opened.
const RUNS: [&str; 32] = [
    "desktop",
    "sh",
    "bash",
    "zsh",
    "fish",
    "csh",
    "run",
    "bin",
    "elf",
    "out",
    "appimage",
    "exe",
    "msi",
    "com",
    "bat",
    "cmd",
    "ps1",
    "vbs",
    "scr",
    "lnk",
    "jar",
    "py",
    "pl",
    "rb",
    "js",
    "app",
    "command",
    "deb",
    "rpm",
    "flatpakref",
    "snap",
    "url",
];

/// The files and folders that `spoken` means, in `folders`; the newest counts where names are the same.
pub(super) fn meant(spoken: &str, folders: &[PathBuf]) -> Vec<Target> {
    // "Downloads" is the folder of that name.
    let named = |folder: &&PathBuf| is_folder(spoken, folder);
    if let Some(folder) = folders.iter().find(named) {
        return vec![target(folder, What::File(folder.clone()))];
    }
    let mut found = best(walk(folders), |(path, _)| by_name(spoken, path));
    found.sort_by_key(|(_, about)| std::cmp::Reverse(about.modified().ok()));
    let mut known = HashSet::new();
    found
        .into_iter()
        .filter(|(path, _)| path.file_name().is_some_and(|name| known.insert(name.to_owned())))
        .map(|(path, about)| {
            let what = if runs(&path, &about) { What::Executable } else { What::File(path.clone()) };
            target(&path, what)
        })
        .collect()
}

fn target(path: &Path, what: What) -> Target {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    Target { name: said(&name).unwrap_or_default(), what }
}

/// The user's folders by what they hold, in the languages of the desktop and of the voice.
const FOLDERS: [(&str, &str); 6] = [
    ("documents", "文档"),
    ("downloads", "下载"),
    ("desktop", "桌面"),
    ("pictures", "图片"),
    ("music", "音乐"),
    ("videos", "视频"),
];

fn is_folder(spoken: &str, folder: &Path) -> bool {
    let said = key(spoken);
    let said = said.trim_end_matches("folder").trim_end_matches("文件夹").trim_end_matches("目录");
    let name = key(&folder.file_name().unwrap_or_default().to_string_lossy());
    // "Download", "Downloads" and 下载 are one.
    let one = |text: &str| {
        let text = text.trim_end_matches('s');
        let known =
            FOLDERS.iter().find(|(english, han)| english.trim_end_matches('s') == text || *han == text);
        known.map_or(text, |(english, _)| english.trim_end_matches('s')).to_owned()
    };
    !said.is_empty() && one(said) == one(&name) && folder.is_dir()
}

fn by_name(spoken: &str, path: &Path) -> Option<Fit> {
    let whole = path.file_name()?.to_string_lossy();
    let stem = path.file_stem()?.to_string_lossy();
    // "Report dot pdf" is how an ending is said.
    let dotless = spoken.to_lowercase().replace(" dot ", ".").replace('点', ".");
    [fit(spoken, &stem), fit(spoken, &whole), fit(&dotless, &whole)].into_iter().flatten().min()
}

/// The files below `folders`, those nearest to the top first.
fn walk(folders: &[PathBuf]) -> Vec<(PathBuf, Metadata)> {
    let mut open: VecDeque<(PathBuf, usize)> = folders.iter().map(|folder| (folder.clone(), 1)).collect();
    let (mut files, mut left) = (Vec::new(), MOST);
    while let Some((folder, depth)) = open.pop_front() {
        let mut entries: Vec<_> = Vec::new();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let Some(rest) = left.checked_sub(1) else { break };
            left = rest;
            entries.push(entry);
        }
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            // Of the link itself where it is one.
            let Ok(about) = entry.metadata() else { continue };
            if about.is_dir() && depth < DEEPEST {
                open.push_back((entry.path(), depth + 1));
            } else if about.is_file() {
                files.push((entry.path(), about));
            }
        }
    }
    files
}

/// Whether opening the file could run it.
pub(super) fn runs(path: &Path, about: &Metadata) -> bool {
    let ending = path.extension().unwrap_or_default().to_string_lossy().to_lowercase();
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = false;
    let _ = about;
    may_run || RUNS.contains(&ending.as_str())
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn files_are_found_by_name_and_programs_are_told_apart() {
        let home = tempfile::tempdir().unwrap();
        let folders = ["Documents", "Downloads"].map(|name| home.path().join(name));
        let make = |path: &str, mode: u32| {
            let path = home.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "x").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        };
        make("Documents/taxes/Budget 2026.ods", 0o644);
        make("Documents/report.pdf", 0o644);
        make("Documents/install.sh", 0o644);
        make("Downloads/$(touch pwned); --help\n.txt", 0o644);
        make("Downloads/game", 0o755);
        make("Downloads/.hidden.txt", 0o644);
        make("secret.txt", 0o600);
        std::os::unix::fs::symlink(home.path().join("secret.txt"), folders[0].join("link.txt")).unwrap();
        let names = |spoken: &str| -> Vec<(String, bool)> {
            let found = meant(spoken, &folders);
            found.into_iter().map(|it| (it.name, matches!(it.what, What::File(_)))).collect()
        };
        let one = |name: &str, opens: bool| vec![(name.to_owned(), opens)];
        assert_eq!(names("budget 2026"), one("Budget 2026.ods", true));
        assert_eq!(names("the budget"), []);
        assert_eq!(names("report dot pdf"), one("report.pdf", true));
        assert_eq!(names("install"), one("install.sh", false));
        assert_eq!(names("game"), one("game", false));
        assert_eq!(names("touch pwned help"), one("$(touch pwned); --help .txt", true));
        assert_eq!(names("download folder"), one("Downloads", true));
        for spoken in ["hidden", "secret", "link", "../secret", ""] {
            assert_eq!(names(spoken), [], "{spoken}");
        }
    }
}

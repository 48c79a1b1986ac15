//! Programs: applications and files, opened for the user.
//!
//! Enters: what was said, and what was found for it. Leaves: that it was opened. Never here: a shell; a name of a file as
//! anything but the last argument, which begins with a slash.

use std::path::Path;

use super::{
    Around, DesktopError, Programs, Runner, Target, What, applications,
    entry::{self, Read},
    files, matching,
    start::{Launch, Starter},
};
use crate::{flow::Language, program};

/// The desktop's own ways to open a file with the program chosen for it, the first that is there.
const OPENERS: [(&str, &[&str]); 2] = [("gio", &["open"]), ("xdg-open", &[])];

/// The applications and files of this machine.
pub(super) struct Installed {
    around: Around,
    starter: Starter,
}

impl Installed {
    pub(super) fn new(around: &Around) -> Self {
        Self { around: around.clone(), starter: Starter::new(around) }
    }

    fn application(&self, path: &Path) -> Result<Launch, DesktopError> {
        let gone = || DesktopError::Absent("application");
        let text = applications::text(path).ok_or_else(gone)?;
        let Read::Shown(entry) = entry::read(&text) else { return Err(gone()) };
        let (program, arguments) = entry.command.split_first().ok_or_else(gone)?;
        let program = applications::find(program, &self.around).ok_or_else(gone)?;
        Ok(Launch { unit: unit(path), program, arguments: arguments.to_vec() })
    }

    fn file(&self, path: &Path) -> Result<Launch, DesktopError> {
        let about = path.symlink_metadata().map_err(|_| DesktopError::Absent("file"))?;
        // It may have changed since it was found.
        if !about.is_dir() && (!about.is_file() || files::runs(path, &about)) {
            return Err(DesktopError::Refused("file"));
        }
        let path = path.to_str().filter(|path| path.starts_with('/'));
        let path = path.ok_or(DesktopError::Unsupported)?;
        let found = OPENERS
            .iter()
            .find_map(|(name, arguments)| Some((applications::find(name, &self.around)?, arguments)));
        let (program, arguments) = found.ok_or(DesktopError::Absent("program to open files with"))?;
        let arguments = arguments.iter().copied().chain([path]).map(str::to_owned).collect();
        Ok(Launch { unit: "open".to_owned(), program, arguments })
    }
}

/// `path`'s name as a part of a unit's name, where few signs are letters.
fn unit(path: &Path) -> String {
    let name = matching::key(&path.file_stem().unwrap_or_default().to_string_lossy());
    name.chars().filter(char::is_ascii).take(48).collect()
}

impl Programs for Installed {
    fn applications(&mut self, spoken: &str, language: &Language) -> Result<Vec<Target>, DesktopError> {
        Ok(applications::meant(spoken, language, &self.around))
    }

    fn files(&mut self, spoken: &str) -> Result<Vec<Target>, DesktopError> {
        Ok(files::meant(spoken, &self.around.folders))
    }

    fn open(&mut self, target: &Target) -> Result<(), DesktopError> {
        let launch = match &target.what {
            What::Application(path) => self.application(path)?,
            What::File(path) => self.file(path)?,
            What::TerminalApplication | What::Executable => return Err(DesktopError::Unsupported),
        };
        self.starter.start(&launch)
    }
}

impl Runner for Installed {
    fn run(&mut self, program: &Path, arguments: &[String]) -> Result<(), DesktopError> {
        // It may have gone since the file was read.
        if !program.is_absolute() || !program::may_be_run(program) {
            return Err(DesktopError::Absent("program"));
        }
        let unit = format!("phrase-{}", unit(program));
        self.starter.start(&Launch { unit, program: program.to_owned(), arguments: arguments.to_vec() })
    }
}

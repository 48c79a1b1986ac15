//! Steps: what an installation does, one by one, so that it can be shown before it is done.
//!
//! Enters: a [`Step`]. Leaves: whether anything had to change. A file appears whole or not at all. Never here: a shell; a
//! command that may run longer than [`PATIENCE`].

use std::{
    ffi::OsString,
    fmt, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::ServiceError;
use crate::{
    program::{Program, ProgramError, default_program_dirs, find},
    settings::{environment, write_whole_for},
};

/// How long a command of the service manager may take. They take well below a second; a stop waits for the last sentence.
const PATIENCE: Duration = Duration::from_secs(30);

/// More than any of the commands writes.
const OUTPUT_CAP: u64 = 256 << 10;

/// What a user's own service manager is found by.
const HANDED_ON: [&str; 4] = ["HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME", "DBUS_SESSION_BUS_ADDRESS"];

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Make a folder that only its owner can enter, and those above it.
    Folder(PathBuf),
    /// Write a file (mode 0644).
    Write {
        /// Where.
        path: PathBuf,
        /// What.
        text: String,
    },
    /// Copy a program (mode 0755).
    Copy {
        /// What.
        from: PathBuf,
        /// Where to.
        to: PathBuf,
    },
    /// Remove a file, or a folder with all that is in it.
    Remove(PathBuf),
    /// Run a command.
    Run {
        /// Its name and arguments.
        command: Vec<OsString>,
        /// Whether the whole fails when it does; else it only may have nothing to do.
        must: bool,
    },
}

/// What became of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    /// It was done.
    Changed,
    /// There was nothing to do.
    AsItWas,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(path) => write!(f, "make the folder {}", path.display()),
            Self::Write { path, .. } => write!(f, "write {}", path.display()),
            Self::Copy { from, to } => write!(f, "copy {} to {}", from.display(), to.display()),
            Self::Remove(path) => write!(f, "remove {}", path.display()),
            Self::Run { command, .. } => write!(f, "run {}", shown(command)),
        }
    }
}

/// A command line as a person would type it.
pub(super) fn shown(command: &[OsString]) -> String {
    let words: Vec<String> = command
        .iter()
        .map(|word| word.to_string_lossy())
        .map(|word| if word.contains(' ') { format!("'{word}'") } else { word.into_owned() })
        .collect();
    words.join(" ")
}

/// The command of these words.
pub(super) fn command(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}

/// Does `step`.
///
/// # Errors
/// [`ServiceError`]: a file could not be changed, or a command that must work did not.
pub fn carry_out(step: &Step) -> Result<Done, ServiceError> {
    let at = |path: &Path| {
        let path = path.to_owned();
        move |cause| ServiceError::Unwritable { path, cause }
    };
    match step {
        Step::Folder(path) if path.is_dir() => Ok(Done::AsItWas),
        Step::Folder(path) => private_folder(path).map(|()| Done::Changed).map_err(at(path)),
        Step::Write { path, text } if fs::read(path).is_ok_and(|old| old == text.as_bytes()) => {
            Ok(Done::AsItWas)
        }
        Step::Write { path, text } => {
            whole(path, text.as_bytes(), 0o644).map(|()| Done::Changed).map_err(at(path))
        }
        Step::Copy { from, to } => {
            let bytes = fs::read(from).map_err(at(from))?;
            whole(to, &bytes, 0o755).map(|()| Done::Changed).map_err(at(to))
        }
        Step::Remove(path) => match remove(path) {
            Ok(()) => Ok(Done::Changed),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Done::AsItWas),
            Err(error) => Err(at(path)(error)),
        },
        Step::Run { command, must } => match ask(command, PATIENCE) {
            Ok(_) => Ok(Done::Changed),
            Err(_) if !must => Ok(Done::AsItWas),
            Err(error) => Err(error),
        },
    }
}

/// What the command writes to its standard output.
pub(super) fn ask(command: &[OsString], limit: Duration) -> Result<String, ServiceError> {
    let line = || shown(command);
    let [name, args @ ..] = command else { return Ok(String::new()) };
    let name = name.to_string_lossy();
    let path =
        find(&name, &default_program_dirs()).ok_or_else(|| ServiceError::NoCommand { command: line() })?;
    let env = HANDED_ON
        .iter()
        .filter_map(|name| environment::variable(name).map(|value| (*name, value.into())))
        .collect();
    let run = Program { path: &path, args: args.to_vec(), env, limit, cap: OUTPUT_CAP, stop: &|| false };
    let why = match run.with("") {
        Ok(said) => return Ok(String::from_utf8_lossy(&said).into_owned()),
        Err(ProgramError::Failed(status, said)) if said.is_empty() => status.to_string(),
        Err(ProgramError::Failed(_, said)) => said,
        Err(ProgramError::Unrunnable(cause)) => cause.to_string(),
        Err(ProgramError::Hung(seconds)) => format!("no end within {seconds} s"),
        Err(ProgramError::TooMuch | ProgramError::Stopped) => "it wrote without end".to_owned(),
    };
    Err(ServiceError::CommandFailed { command: line(), why })
}

fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

/// Puts `bytes` at `path`, whole or not at all.
fn whole(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    #[cfg(unix)]
    let permissions = Some(std::os::unix::fs::PermissionsExt::from_mode(mode));
    #[cfg(not(unix))]
    let permissions = {
        let _ = mode;
        None
    };
    write_whole_for(path, bytes, permissions)
}

fn remove(path: &Path) -> io::Result<()> {
    if path.symlink_metadata()?.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn each_step_changes_once_and_then_has_nothing_to_do() {
        let dir = tempfile::tempdir().unwrap();
        let (folder, file) = (dir.path().join("a/b"), dir.path().join("units/mynah.service"));
        let steps =
            [Step::Folder(folder.clone()), Step::Write { path: file.clone(), text: "[Unit]\n".into() }];
        for step in &steps {
            assert_eq!(carry_out(step).unwrap(), Done::Changed, "{step}");
            assert_eq!(carry_out(step).unwrap(), Done::AsItWas, "{step}");
        }
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&folder), mode(&file)), (0o700, 0o644));
        let remove = Step::Remove(dir.path().join("units"));
        assert_eq!(carry_out(&remove).unwrap(), Done::Changed);
        assert_eq!(carry_out(&remove).unwrap(), Done::AsItWas);
    }

    #[test]
    fn a_command_that_fails_is_told_with_its_own_words_where_it_must_work() {
        let command = command(&["ls", "/no such place"]);
        let error = carry_out(&Step::Run { command: command.clone(), must: true }).unwrap_err().to_string();
        assert!(
            error.contains("`ls '/no such place'` failed: ") && error.contains("No such file"),
            "{error}"
        );
        assert_eq!(carry_out(&Step::Run { command, must: false }).unwrap(), Done::AsItWas);
    }
}

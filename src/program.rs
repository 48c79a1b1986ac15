//! Program: the one place where this house starts another program.
//!
//! Enters: a program's absolute path, fixed arguments, one piece of text. Leaves: what it wrote to stdout. Never here:
//! a shell; a user's words as an argument (they could be read as an option, and by every user of the machine), but where the
//! user's own file of phrases puts them; the caller's environment, where API keys may lie; a program left running but by
//! `begin`, which the user asked for.
//!
//! Time: the caller waits on the thread that drains stdout, in steps of 20 ms. Each step asks whether to stop and is
//! counted, so the limit needs no clock. The draining threads are detached: a program that leaves a child behind
//! holding the pipe costs one idle thread, not the daemon's voice.

use std::{
    ffi::OsString,
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use crate::units::length_u64;

#[cfg(target_os = "linux")]
pub mod fence;
pub(crate) mod lasting;

/// How often a running program is looked at: short against the 200 ms in which a barge-in should be obeyed.
const STEP: Duration = Duration::from_millis(20);

const STDERR_CAP: u64 = 4 << 10;

/// What fits any system's empty pipe (POSIX: 4 KiB is written at once), so that writing the text cannot block.
pub(crate) const TEXT_CAP: usize = 4 << 10;

/// Why a program gave nothing.
#[derive(Debug)]
pub(crate) enum ProgramError {
    /// It could not be started, or its output not be read.
    Unrunnable(io::Error),
    /// It ended with an error; the text is the first line of its stderr, empty where that repeats what it was given.
    Failed(ExitStatus, String),
    /// It was still running after so many seconds, and was ended.
    Hung(u64),
    /// It wrote more than it may.
    TooMuch,
    /// The caller wanted it no more.
    Stopped,
}

/// Where programs are looked for unless told: the usual places on Linux and macOS, as a `PATH`.
pub const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin";

/// The folders of [`DEFAULT_PATH`].
#[must_use]
pub fn default_program_dirs() -> Vec<PathBuf> {
    DEFAULT_PATH.split(':').map(PathBuf::from).collect()
}

/// The first file `name` in `dirs` that may be executed.
pub(crate) fn find(name: &str, dirs: &[PathBuf]) -> Option<PathBuf> {
    dirs.iter().filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|path| may_be_run(path))
}

/// Whether `path` is a file that may be executed.
pub(crate) fn may_be_run(path: &Path) -> bool {
    let Ok(about) = path.metadata() else { return false };
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = true;
    about.is_file() && may_run
}

/// One run of a program.
pub(crate) struct Program<'a> {
    /// Its absolute path.
    pub(crate) path: &'a Path,
    /// Its arguments; none holds a user's words.
    pub(crate) args: Vec<OsString>,
    /// Variables it gets beside `PATH` and `LANG`; it gets no others.
    pub(crate) env: Vec<(&'static str, OsString)>,
    /// How long it may take.
    pub(crate) limit: Duration,
    /// How much it may write to stdout, bytes.
    pub(crate) cap: u64,
    /// Asked at each step whether to end it.
    pub(crate) stop: &'a dyn Fn() -> bool,
}

impl Program<'_> {
    /// Runs the program with `text` (at most [`TEXT_CAP`] bytes) as its stdin and gives its stdout.
    pub(crate) fn with(self, text: &str) -> Result<Vec<u8>, ProgramError> {
        if (self.stop)() {
            return Err(ProgramError::Stopped);
        }
        #[expect(clippy::disallowed_methods, reason = "the one address where programs are started")]
        let mut command = Command::new(self.path);
        command
            .env_clear()
            .env("PATH", DEFAULT_PATH)
            .env("LANG", "C.UTF-8")
            .envs(self.env.iter().map(|(name, value)| (name, value)));
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A Ctrl-C in the terminal is for the daemon, which lets the current sentence end.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = Reaped(command.spawn().map_err(ProgramError::Unrunnable)?);
        let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
        let stdout = drain(stdout, self.cap).map_err(ProgramError::Unrunnable)?;
        let stderr = drain(stderr, STDERR_CAP).map_err(ProgramError::Unrunnable)?;
        if let Some(mut stdin) = child.0.stdin.take() {
            // A program that ends without reading says why by its status, below.
            let _ = stdin.write_all(text.as_bytes()).and_then(|()| stdin.write_all(b"\n"));
        }

        let mut left = self.limit;
        let out = loop {
            match stdout.recv_timeout(STEP) {
                Ok(out) => break out.map_err(ProgramError::Unrunnable)?,
                Err(RecvTimeoutError::Disconnected) => break Vec::new(),
                Err(RecvTimeoutError::Timeout) => {
                    left = left.saturating_sub(STEP);
                    self.go_on(left)?;
                }
            }
        };
        if length_u64(out.len()) >= self.cap {
            return Err(ProgramError::TooMuch);
        }
        // stdout is closed, so the program is ending; one that is not is treated as hung.
        let status = loop {
            match child.0.try_wait().map_err(ProgramError::Unrunnable)? {
                Some(status) => break status,
                None => std::thread::park_timeout(Duration::from_millis(1)),
            }
            left = left.saturating_sub(Duration::from_millis(1));
            self.go_on(left)?;
        };
        if status.success() {
            return Ok(out);
        }
        let said = stderr.recv_timeout(STEP).ok().and_then(Result::ok).unwrap_or_default();
        Err(ProgramError::Failed(status, first_line(&said, text)))
    }

    fn go_on(&self, left: Duration) -> Result<(), ProgramError> {
        if (self.stop)() {
            return Err(ProgramError::Stopped);
        }
        if left.is_zero() {
            return Err(ProgramError::Hung(self.limit.as_secs()));
        }
        Ok(())
    }
}

/// A program that goes on by itself, and would after Mynah's end.
pub(crate) struct Begun(Child);

impl Begun {
    /// Whether it ended well; none while it runs.
    pub(crate) fn ended(&mut self) -> Option<bool> {
        self.0.try_wait().map_or(Some(false), |status| status.map(|status| status.success()))
    }
}

/// Starts the program at `path`, which the user wants to go on, with `env` alone and in `folder`.
pub(crate) fn begin(
    path: &Path,
    args: &[String],
    env: &[(String, String)],
    folder: Option<&Path>,
) -> io::Result<Begun> {
    #[expect(clippy::disallowed_methods, reason = "the one address where programs are started")]
    let mut command = Command::new(path);
    command.env_clear().envs(env.iter().map(|(name, value)| (name, value))).args(args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if let Some(folder) = folder {
        command.current_dir(folder);
    }
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.spawn().map(Begun)
}

/// What fails at once does so within this time: a missing library, no display.
pub(crate) const WATCH: Duration = Duration::from_millis(400);

/// How the first moments of a program went.
pub(crate) enum First {
    /// It runs.
    Runs(Begun),
    /// It ended well.
    Ended,
    /// It failed.
    Failed,
}

/// The same as [`begin`], and watches its first moments.
pub(crate) fn begin_and_watch(
    path: &Path,
    args: &[String],
    env: &[(String, String)],
    folder: Option<&Path>,
) -> io::Result<First> {
    let mut begun = begin(path, args, env, folder)?;
    let mut left = WATCH;
    while !left.is_zero() {
        match begun.ended() {
            Some(true) => return Ok(First::Ended),
            Some(false) => return Ok(First::Failed),
            None => std::thread::park_timeout(STEP),
        }
        left = left.saturating_sub(STEP);
    }
    Ok(First::Runs(begun))
}

/// A child that is killed and waited for when dropped, whichever way the run ends.
struct Reaped(Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        if matches!(self.0.try_wait(), Ok(None)) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// Reads `pipe` to its end, or to `cap` bytes, on a thread of its own.
fn drain(pipe: Option<impl Read + Send + 'static>, cap: u64) -> io::Result<Receiver<io::Result<Vec<u8>>>> {
    let (send, receive) = mpsc::sync_channel(1);
    if let Some(pipe) = pipe {
        let read = move || {
            let mut bytes = Vec::new();
            let read = pipe.take(cap).read_to_end(&mut bytes);
            // The caller may have given up waiting.
            let _ = send.send(read.map(|_| bytes));
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a blocking pipe needs a thread; it ends with its program"
        )]
        std::thread::Builder::new().name("program pipe".to_owned()).spawn(read)?;
    }
    Ok(receive)
}

/// The first line of a program's complaint, unless it repeats any of the words it was given.
fn first_line(said: &[u8], text: &str) -> String {
    let said = String::from_utf8_lossy(said);
    let line: String =
        said.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).take(200).collect();
    let repeats = text.split_whitespace().any(|word| word.chars().count() > 3 && line.contains(word));
    if repeats { String::new() } else { line }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    const LONG: Duration = Duration::from_secs(20);

    fn run(script: &str, stop: &dyn Fn() -> bool, limit: Duration) -> Result<Vec<u8>, ProgramError> {
        let args = vec!["-c".into(), script.into()];
        let env = vec![("GIVEN", "yes".into())];
        Program { path: Path::new("/bin/sh"), args, env, limit, cap: 1 << 20, stop }.with("hello")
    }

    fn to_its_end(script: &str) -> Result<Vec<u8>, ProgramError> {
        run(script, &|| false, LONG)
    }

    #[test]
    fn text_goes_in_by_stdin_and_what_it_writes_comes_out() {
        assert_eq!(to_its_end("cat").unwrap(), b"hello\n");
    }

    #[test]
    fn nothing_of_the_callers_environment_is_handed_on() {
        let seen = String::from_utf8(to_its_end("env").unwrap()).unwrap();
        let names: Vec<_> = seen.lines().filter_map(|line| line.split('=').next()).collect();
        // PWD, SHLVL, OLDPWD and _ are the shell's own.
        assert!(
            names.iter().all(|name| ["PATH", "LANG", "GIVEN", "PWD", "SHLVL", "OLDPWD", "_"].contains(name)),
            "{names:?}"
        );
        assert!(names.contains(&"PATH") && names.contains(&"GIVEN"));
    }

    #[test]
    fn a_hung_program_is_ended_and_so_is_one_that_closed_stdout_and_one_whose_child_holds_it() {
        for script in ["exec sleep 30", "exec sleep 30 >&-", "sleep 3 & wait"] {
            let error = run(script, &|| false, Duration::from_millis(60)).unwrap_err();
            assert!(matches!(error, ProgramError::Hung(0)), "{script}: {error:?}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a second thread stops the program from outside")]
    fn a_running_program_is_stopped_from_another_thread() {
        let stopped = AtomicBool::new(false);
        let ended = std::thread::scope(|scope| {
            let running = scope.spawn(|| run("exec sleep 30", &|| stopped.load(Ordering::Relaxed), LONG));
            stopped.store(true, Ordering::Relaxed);
            running.join().unwrap()
        });
        assert!(matches!(ended, Err(ProgramError::Stopped)));
    }

    #[test]
    fn endless_output_is_cut_and_a_failure_tells_its_reason_but_not_the_words() {
        assert!(matches!(to_its_end("cat /dev/zero"), Err(ProgramError::TooMuch)));
        let told = |script| match to_its_end(script) {
            Err(ProgramError::Failed(status, told)) => (status.code(), told),
            other => panic!("{other:?}"),
        };
        assert_eq!(told("echo no such voice >&2; exit 3"), (Some(3), "no such voice".to_owned()));
        assert_eq!(told("echo cannot say hello >&2; exit 3"), (Some(3), String::new()));
    }

    #[test]
    fn only_executable_files_in_absolute_directories_are_found() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("flite"), "no program").unwrap();
        assert_eq!(find("flite", &[dir.path().to_owned()]), None);
        assert_eq!(find("sh", &["bin".into(), dir.path().to_owned(), "/bin".into()]), Some("/bin/sh".into()));
    }
}

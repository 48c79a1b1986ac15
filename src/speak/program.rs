//! Program: runs a speech program, the one place where this house starts another program.
//!
//! Enters: a program's absolute path, fixed arguments, one line of text. Leaves: what it wrote to stdout. Never here:
//! a shell; the text as an argument (it could be read as an option, and by every user of the machine); the caller's
//! environment, where API keys may lie; a program left running.
//!
//! Time: the caller waits on the thread that drains stdout, in steps of [`STEP`]. Each step checks [`Hush`] and is
//! counted, so the limit needs no clock. The draining threads are detached: a program that leaves a child behind
//! holding the pipe costs one idle thread, not the daemon's voice.

use std::{
    io::{self, Read, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Duration,
};

use super::SpeakError;
use crate::{
    flow::Hush,
    units::{TurnId, length_u64},
};

/// How often a running program is looked at: short against the 200 ms in which a barge-in should be obeyed.
const STEP: Duration = Duration::from_millis(20);

/// How long a program may take over one piece of text. The engines here take 0.02 to 0.5 s; a neural voice on a busy
/// small board takes a few seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// Sound of one piece, at most: 64 MiB are 25 minutes at 22 kHz.
const SOUND_CAP: u64 = 64 << 20;

const STDERR_CAP: u64 = 4 << 10;

/// What fits any system's empty pipe (POSIX: 4 KiB is written at once), so that writing the text cannot block.
pub(super) const TEXT_CAP: usize = 4 << 10;

/// Where speech programs are looked for unless told: the usual places on Linux and macOS.
#[must_use]
pub fn default_program_dirs() -> Vec<PathBuf> {
    ["/usr/local/bin", "/usr/bin", "/bin", "/opt/homebrew/bin"].map(PathBuf::from).to_vec()
}

/// The first file `name` in `dirs` that may be executed.
pub(super) fn find(name: &str, dirs: &[PathBuf]) -> Option<PathBuf> {
    dirs.iter().filter(|dir| dir.is_absolute()).map(|dir| dir.join(name)).find(|path| executable(path))
}

fn executable(path: &Path) -> bool {
    let Ok(about) = path.metadata() else { return false };
    #[cfg(unix)]
    let may_run = std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0;
    #[cfg(not(unix))]
    let may_run = true;
    about.is_file() && may_run
}

/// One run of a program.
pub(super) struct Run<'a> {
    /// Its absolute path.
    pub(super) program: &'a Path,
    /// Its arguments; none holds a user's words.
    pub(super) args: Vec<std::ffi::OsString>,
    /// The turn it speaks for.
    pub(super) turn: TurnId,
    /// What can stop it.
    pub(super) hush: &'a Hush,
}

impl Run<'_> {
    /// Runs the program with `text` as its stdin and gives its stdout, at most [`SOUND_CAP`] bytes.
    pub(super) fn with(self, text: &str) -> Result<Vec<u8>, SpeakError> {
        self.within(text, LIMIT)
    }

    /// Runs a program that writes its sound to a file, not to a pipe: `out` is the option that names the file.
    pub(super) fn by_file(mut self, out: &str, text: &str) -> Result<Vec<u8>, SpeakError> {
        let program = self.program;
        let unrunnable = |cause| SpeakError::Unrunnable { program: program.to_owned(), cause };
        // Readable by this user alone, and gone when dropped.
        let file = tempfile::Builder::new().suffix(".wav").tempfile().map_err(unrunnable)?;
        self.args.extend([out.into(), file.path().into()]);
        self.with(text)?;
        // Opened anew: the program may have put another file in its place.
        let mut bytes = Vec::new();
        let written = std::fs::File::open(file.path()).map_err(unrunnable)?;
        written.take(SOUND_CAP).read_to_end(&mut bytes).map_err(unrunnable)?;
        Ok(bytes)
    }

    fn within(self, text: &str, limit: Duration) -> Result<Vec<u8>, SpeakError> {
        if self.hush.raised(self.turn) {
            return Err(SpeakError::Stopped);
        }
        let unrunnable = |cause| SpeakError::Unrunnable { program: self.program.to_owned(), cause };
        #[expect(clippy::disallowed_methods, reason = "the one address where programs are started")]
        let mut command = Command::new(self.program);
        command
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin")
            .env("LANG", "C.UTF-8");
        command.args(&self.args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // A Ctrl-C in the terminal is for the daemon, which lets the current sentence end.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = Reaped(command.spawn().map_err(unrunnable)?);
        let (stdout, stderr) = (child.0.stdout.take(), child.0.stderr.take());
        let stdout = drain(stdout, SOUND_CAP).map_err(unrunnable)?;
        let stderr = drain(stderr, STDERR_CAP).map_err(unrunnable)?;
        if let Some(mut stdin) = child.0.stdin.take() {
            // A program that ends without reading says why by its status, below.
            let _ = stdin.write_all(text.as_bytes()).and_then(|()| stdin.write_all(b"\n"));
        }

        let mut left = limit;
        let sound = loop {
            match stdout.recv_timeout(STEP) {
                Ok(sound) => break sound.map_err(unrunnable)?,
                Err(RecvTimeoutError::Disconnected) => break Vec::new(),
                Err(RecvTimeoutError::Timeout) => self.step(&mut left, limit)?,
            }
        };
        if length_u64(sound.len()) >= SOUND_CAP {
            return Err(SpeakError::BadSound { program: self.program.to_owned(), what: "more than 64 MiB" });
        }
        // stdout is closed, so the program is ending; one that is not is treated as hung.
        let status = loop {
            match child.0.try_wait().map_err(unrunnable)? {
                Some(status) => break status,
                None => std::thread::park_timeout(Duration::from_millis(1)),
            }
            left = left.saturating_sub(Duration::from_millis(1));
            self.step_if_spent(left, limit)?;
        };
        if status.success() {
            return Ok(sound);
        }
        let said = stderr.recv_timeout(STEP).ok().and_then(Result::ok).unwrap_or_default();
        Err(SpeakError::Failed { program: self.program.to_owned(), status, stderr: first_line(&said, text) })
    }

    fn step(&self, left: &mut Duration, limit: Duration) -> Result<(), SpeakError> {
        *left = left.saturating_sub(STEP);
        self.step_if_spent(*left, limit)
    }

    fn step_if_spent(&self, left: Duration, limit: Duration) -> Result<(), SpeakError> {
        if self.hush.raised(self.turn) {
            return Err(SpeakError::Stopped);
        }
        if left.is_zero() {
            return Err(SpeakError::Hung { program: self.program.to_owned(), seconds: limit.as_secs() });
        }
        Ok(())
    }
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
        std::thread::Builder::new().name("speech pipe".to_owned()).spawn(read)?;
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
    use super::*;

    fn run(script: &str, hush: &Hush, limit: Duration) -> Result<Vec<u8>, SpeakError> {
        let args = vec!["-c".into(), script.into()];
        Run { program: Path::new("/bin/sh"), args, turn: TurnId(1), hush }.within("hello", limit)
    }

    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn text_goes_in_by_stdin_and_sound_comes_out_by_stdout() {
        assert_eq!(run("cat", &Hush::default(), LONG).unwrap(), b"hello\n");
    }

    #[test]
    fn nothing_of_the_callers_environment_is_handed_on() {
        let seen = String::from_utf8(run("env", &Hush::default(), LONG).unwrap()).unwrap();
        let names: Vec<_> = seen.lines().filter_map(|line| line.split('=').next()).collect();
        // PWD, SHLVL, OLDPWD and _ are the shell's own.
        assert!(
            names.iter().all(|name| ["PATH", "LANG", "PWD", "SHLVL", "OLDPWD", "_"].contains(name)),
            "{names:?}"
        );
        assert!(names.contains(&"PATH"));
    }

    #[test]
    fn a_hung_program_is_ended_and_so_is_one_that_closed_stdout_and_one_whose_child_holds_it() {
        for script in ["exec sleep 30", "exec sleep 30 >&-", "sleep 3 & wait"] {
            let error = run(script, &Hush::default(), Duration::from_millis(60)).unwrap_err();
            assert!(matches!(error, SpeakError::Hung { .. }), "{script}: {error}");
        }
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "a second thread stops the program from outside")]
    fn a_raised_hush_stops_this_turn_and_not_the_next() {
        let hush = Hush::default();
        let raise = hush.clone();
        let other = std::thread::scope(|scope| {
            let running = scope.spawn(|| run("exec sleep 30", &hush, LONG));
            raise.raise(TurnId(1));
            running.join().unwrap()
        });
        assert!(matches!(other, Err(SpeakError::Stopped)));
        assert!(hush.raised(TurnId(0)) && hush.raised(TurnId(1)) && !hush.raised(TurnId(2)));
    }

    #[test]
    fn endless_output_is_cut_and_a_failure_tells_its_reason_but_not_the_words() {
        let error = run("cat /dev/zero", &Hush::default(), LONG).unwrap_err();
        assert!(matches!(error, SpeakError::BadSound { .. }), "{error}");
        let error = run("echo no such voice >&2; exit 3", &Hush::default(), LONG).unwrap_err();
        assert!(error.to_string().contains("no such voice"), "{error}");
        let error = run("echo cannot say hello >&2; exit 3", &Hush::default(), LONG).unwrap_err();
        assert!(!error.to_string().contains("hello"), "{error}");
    }

    #[test]
    fn only_executable_files_in_absolute_directories_are_found() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("flite"), "no program").unwrap();
        assert_eq!(find("flite", &[dir.path().to_owned()]), None);
        assert_eq!(find("sh", &["bin".into(), dir.path().to_owned(), "/bin".into()]), Some("/bin/sh".into()));
    }
}

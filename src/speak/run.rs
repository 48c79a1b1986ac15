//! Run: a speech program's run, bounded in time and size, and silenced with its turn.
//!
//! Enters: a program's absolute path, fixed arguments, one piece of text. Leaves: the sound it made. Never here: the text
//! as an argument.

use std::{io::Read, path::Path, time::Duration};

use super::SpeakError;
use crate::{
    flow::Hush,
    program::{Program, ProgramError},
    units::TurnId,
};

/// How long a program may take over one piece of text. The engines here take 0.02 to 0.5 s; a neural voice on a busy
/// small board takes a few seconds.
const LIMIT: Duration = Duration::from_secs(30);

/// Sound of one piece, at most: 64 MiB are 25 minutes at 22 kHz.
const SOUND_CAP: u64 = 64 << 20;

/// One run of a speech program.
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
        let stop = || self.hush.raised(self.turn);
        let run = Program {
            path: self.program,
            args: self.args,
            env: Vec::new(),
            limit: LIMIT,
            cap: SOUND_CAP,
            stop: &stop,
        };
        let program = self.program.to_owned();
        run.with(text).map_err(|error| match error {
            ProgramError::Unrunnable(cause) => SpeakError::Unrunnable { program, cause },
            ProgramError::Failed(status, stderr) => SpeakError::Failed { program, status, stderr },
            ProgramError::Hung(seconds) => SpeakError::Hung { program, seconds },
            ProgramError::TooMuch => SpeakError::BadSound { program, what: "more than 64 MiB" },
            ProgramError::Stopped => SpeakError::Stopped,
        })
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
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn a_raised_hush_stops_this_turn_and_not_the_next() {
        let hush = Hush::default();
        hush.raise(TurnId(1));
        let run = |turn| {
            let args = vec!["-c".into(), "cat".into()];
            Run { program: Path::new("/bin/sh"), args, turn: TurnId(turn), hush: &hush }.with("hello")
        };
        assert!(matches!(run(1), Err(SpeakError::Stopped)));
        assert_eq!(run(2).unwrap(), b"hello\n");
    }
}

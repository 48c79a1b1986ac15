//! The binary as a user runs it, in a home directory of its own and with nothing of the tester's environment.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Stdio},
    sync::{LazyLock, mpsc},
    time::Duration,
};

use serde_json::Value;

/// Far beyond what any run here takes; what is not done by then hangs.
const HANGS: Duration = Duration::from_secs(120);

static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
    jsonschema::validator_for(&serde_json::from_str(mynah::report::SCHEMA).unwrap()).unwrap()
});

/// A home directory that goes with the test.
pub(crate) struct Home(tempfile::TempDir);

/// What a run of the binary left.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Ran {
    /// The turns on standard output: every line one, each as the schema says.
    pub(crate) fn turns(&self) -> Vec<Value> {
        let turns: Vec<Value> =
            self.stdout.lines().map(|line| serde_json::from_str(line).expect(line)).collect();
        for turn in &turns {
            let errors: Vec<String> = SCHEMA.iter_errors(turn).map(|error| error.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?} in {turn}");
        }
        turns
    }

    /// The only turn there is.
    pub(crate) fn turn(&self) -> Value {
        let mut turns = self.turns();
        assert_eq!(turns.len(), 1, "{self:?}");
        turns.remove(0)
    }

    /// Requires that nothing was done because of what was asked for, and that all of `words` are in the message.
    pub(crate) fn refused(&self, words: &[&str]) {
        assert_eq!((self.code, self.stdout.as_str()), (Some(2), ""), "{self:?}");
        for word in words {
            assert!(self.stderr.contains(word), "{word:?} is not in {}", self.stderr);
        }
        assert!(self.stderr.contains("what to do: "), "{}", self.stderr);
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
    }
}

impl Home {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// `name` in this home.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// `name` in this home, as an argument.
    pub(crate) fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    /// Writes `bytes` to `name`.
    pub(crate) fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    /// Makes `text` the user's settings.
    pub(crate) fn settings(&self, text: &str) -> &Self {
        let folder = if cfg!(target_os = "macos") { "Library/Application Support" } else { ".config" };
        self.put(&format!("{folder}/mynah/assistant.toml"), text);
        self
    }

    /// The binary with `arguments`.
    pub(crate) fn mynah(&self, arguments: &[&str]) -> assert_cmd::Command {
        self.program(env!("CARGO_BIN_EXE_mynah"), arguments)
    }

    /// Any program in this home.
    pub(crate) fn program(&self, program: &str, arguments: &[&str]) -> assert_cmd::Command {
        let mut command = assert_cmd::Command::new(program);
        command.args(arguments).timeout(HANGS).env_clear().envs(self.environment());
        command
    }

    /// Runs the binary with `arguments`.
    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        ran(&mut self.mynah(arguments))
    }

    /// `mynah ask --json --quiet` with `arguments`: nothing is played on the tester's machine.
    pub(crate) fn ask(&self, arguments: &[&str]) -> Ran {
        self.run(&[&["ask", "--json", "--quiet"], arguments].concat())
    }

    /// `mynah ask --json --quiet -` with `lines`.
    pub(crate) fn ask_lines(&self, lines: impl Into<Vec<u8>>) -> Ran {
        ran(self.mynah(&["ask", "--json", "--quiet", "-"]).write_stdin(lines))
    }

    /// Starts `mynah ask --json --quiet` with `arguments`, to be watched while it runs.
    pub(crate) fn start(&self, arguments: &[&str]) -> Running {
        let mut command = started(env!("CARGO_BIN_EXE_mynah"));
        command.args(["ask", "--json", "--quiet"]).args(arguments);
        command.env_clear().envs(self.environment());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Running { child, lines }
    }

    /// What its programs see of the tester's environment: where programs are, and this home.
    pub(crate) fn environment(&self) -> Vec<(&'static str, PathBuf)> {
        #[expect(clippy::disallowed_methods, reason = "the speech programs lie where the tester's PATH says")]
        let path = std::env::var_os("PATH").unwrap_or_default();
        // The tester's own time zone would have a say in the region.
        vec![("PATH", path.into()), ("HOME", self.0.path().to_owned()), ("TZ", "UTC".into())]
    }
}

/// A run that is not over.
pub(crate) struct Running {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Running {
    /// Waits for the next line of standard output.
    pub(crate) fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    /// Types `words`, keeping standard input open.
    pub(crate) fn say(&mut self, words: &str) {
        std::io::Write::write_all(self.child.stdin.as_mut().unwrap(), words.as_bytes()).unwrap();
    }

    /// Ends its standard input.
    pub(crate) fn hang_up(&mut self) {
        drop(self.child.stdin.take());
    }

    /// The most memory it has held so far, KiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_kib(&self) -> u32 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        peak.trim().trim_end_matches(" kB").parse().unwrap()
    }

    /// Sends `signal` ("INT") to it.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = started("kill").args([&format!("-{signal}"), &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end, and gives what it wrote from now on.
    pub(crate) fn end(self) -> Ran {
        let Self { mut child, mut lines } = self;
        let (told, done) = mpsc::channel();
        #[expect(clippy::disallowed_methods, reason = "the test watches over a process that may hang")]
        std::thread::spawn(move || {
            let mut rest = String::new();
            let _ = lines.read_to_string(&mut rest);
            let _ = told.send(rest);
        });
        let Ok(stdout) = done.recv_timeout(HANGS) else {
            child.kill().unwrap();
            panic!("it hangs");
        };
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        Ran { code: child.wait().unwrap().code(), stdout, stderr }
    }
}

/// Runs `command` to its end.
pub(crate) fn ran(command: &mut assert_cmd::Command) -> Ran {
    let output = command.output().unwrap();
    Ran {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// A file under `tests/recordings`.
pub(crate) fn recording(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name);
    assert!(path.exists(), "{}", path.display());
    path.to_str().unwrap().to_owned()
}

/// The samples of a 16 kHz mono recording.
pub(crate) fn samples(name: &str) -> Vec<i16> {
    hound::WavReader::open(recording(name)).unwrap().samples().map(Result::unwrap).collect()
}

/// A mono WAV of `samples`.
pub(crate) fn wav(hz: u32, samples: &[i16]) -> Vec<u8> {
    let spec = hound::WavSpec {
        channels: 1,
        sample_rate: hz,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut bytes = std::io::Cursor::new(Vec::new());
    let mut writer = hound::WavWriter::new(&mut bytes, spec).unwrap();
    samples.iter().for_each(|sample| writer.write_sample(*sample).unwrap());
    writer.finalize().unwrap();
    bytes.into_inner()
}

fn started(program: &str) -> std::process::Command {
    #[expect(clippy::disallowed_methods, reason = "a process that is watched while it runs")]
    std::process::Command::new(program)
}

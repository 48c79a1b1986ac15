//! A private PulseAudio with one silent output, whose monitor can be recorded.

use std::{
    fs,
    io::Read,
    path::PathBuf,
    process::{Child, Command, Output, Stdio},
};

/// Rate of the output and of recordings of it.
pub(crate) const HZ: usize = 48_000;

/// A sound server of this test's own; it ends with the value.
pub(crate) struct Pulse {
    server: Child,
    dir: tempfile::TempDir,
}

impl Pulse {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let script = dir.path().join("default.pa");
        let socket = dir.path().join("sock");
        let lines = [
            format!("load-module module-native-protocol-unix socket={} auth-anonymous=1", socket.display()),
            format!("load-module module-null-sink sink_name=spk rate={HZ} channels=2 format=s16le"),
            "set-default-sink spk".to_owned(),
        ];
        fs::write(&script, lines.join("\n")).unwrap();
        // ALSA's default is this server, whatever the machine's own configuration says.
        let alsa = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
        fs::write(dir.path().join("asound.conf"), alsa).unwrap();
        let server = Self::launch(&dir);
        let mut pulse = Self { server, dir };
        pulse.wait();
        pulse
    }

    fn launch(dir: &tempfile::TempDir) -> Child {
        let script = dir.path().join("default.pa");
        let mut command = program("pulseaudio");
        command.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--realtime=no"]);
        command.args(["--high-priority=no", "--log-target=null", "-F"]).arg(&script);
        command.env("XDG_RUNTIME_DIR", dir.path()).env("PULSE_COOKIE", dir.path().join("cookie"));
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY").env_remove("PULSE_SERVER");
        started(command.stdout(Stdio::null()).stderr(Stdio::null()), "pulseaudio", "pulseaudio")
    }

    fn wait(&mut self) {
        // Each look costs a process; a server is up within ten.
        let up = (0..500).any(|_| {
            let mut look = program("pactl");
            let look = self.env(look.arg("info")).stdout(Stdio::null()).stderr(Stdio::null());
            look.status().expect("pactl is missing: install the package pulseaudio-utils").success()
        });
        assert!(up, "the private PulseAudio did not come up: {:?}", self.server.try_wait());
    }

    /// Starts the server anew, after it was killed.
    pub(crate) fn revive(&mut self) {
        let _ = fs::remove_file(self.dir.path().join("sock"));
        self.server = Self::launch(&self.dir);
        self.wait();
    }

    /// Kills the server as a crash would.
    pub(crate) fn kill(&mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
    }

    /// A file in the server's directory, which is the runtime directory of what it hears.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn env<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = |name: &str| self.path(name);
        command
            .env("XDG_RUNTIME_DIR", self.dir.path())
            .env("PULSE_SERVER", format!("unix:{}", path("sock").display()))
            .env("PULSE_COOKIE", path("cookie"))
            .env("ALSA_CONFIG_PATH", path("asound.conf"))
    }

    /// Runs the ignored test `name` in a process that sees this server, and gives what its output played, mono. What
    /// is heard so far is shown to `listen` as it comes.
    pub(crate) fn hear(
        &mut self,
        name: &str,
        mut listen: impl FnMut(&mut Self, &[f32]),
    ) -> (Output, Vec<f32>) {
        let format = format!("--rate={HZ}");
        let args = [
            "-d",
            "spk.monitor",
            "--latency-msec=10",
            "--raw",
            "--format=float32le",
            "--channels=1",
            &format,
        ];
        let mut command = program("parec");
        let command = self.env(command.args(args)).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut recorder = started(command, "parec", "pulseaudio-utils");
        let mut sound = recorder.stdout.take().unwrap();
        let mut bytes = vec![0; 4];
        // From the first sample on, nothing is missed.
        sound.read_exact(&mut bytes).unwrap();
        let mut test = test_process(name);
        let mut child = self.env(&mut test).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let mut block = [0; 4_096];
        while child.try_wait().unwrap().is_none() {
            // Zero bytes: the server is gone, and only the child is waited for.
            let count = sound.read(&mut block).unwrap();
            if count == 0 {
                break;
            }
            bytes.extend(&block[..count]);
            listen(self, &samples(&block[..count - count % 4]));
        }
        let output = child.wait_with_output().unwrap();
        recorder.kill().unwrap();
        recorder.wait().unwrap();
        sound.read_to_end(&mut bytes).unwrap();
        (output, samples(&bytes))
    }
}

impl Drop for Pulse {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

fn samples(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks::<4>().0.iter().map(|four| f32::from_le_bytes(*four)).collect()
}

/// This test binary, told to run the ignored test `name` alone.
pub(crate) fn test_process(name: &str) -> Command {
    let mut command = program(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", name, "--nocapture"]);
    command
}

fn started(command: &mut Command, name: &str, package: &str) -> Child {
    command.spawn().unwrap_or_else(|error| {
        panic!("{name} could not be started ({error}): install the package {package}")
    })
}

fn program(name: impl AsRef<std::ffi::OsStr>) -> Command {
    #[expect(clippy::disallowed_methods, reason = "a test's own sound server, recorder and child process")]
    Command::new(name)
}

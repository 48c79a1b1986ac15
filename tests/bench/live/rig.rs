//! Rig: a sound server of the benchmark's own. What is played to `mic_in` is what the daemon's microphone hears; what
//! the daemon plays is heard at `spk.monitor`.

use std::{
    fs,
    process::{Child, Command, Stdio},
    time::Duration,
};

pub(crate) struct Rig {
    server: Child,
    pub(crate) dir: tempfile::TempDir,
}

impl Rig {
    pub(crate) fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let socket = dir.path().join("sock");
        let script = [
            format!("load-module module-native-protocol-unix socket={} auth-anonymous=1", socket.display()),
            "load-module module-null-sink sink_name=mic_in rate=48000 channels=1 format=s16le".to_owned(),
            "load-module module-null-sink sink_name=spk rate=48000 channels=2 format=s16le".to_owned(),
            "load-module module-remap-source source_name=mic master=mic_in.monitor".to_owned(),
            "set-default-sink spk".to_owned(),
            "set-default-source mic".to_owned(),
        ];
        fs::write(dir.path().join("default.pa"), script.join("\n")).unwrap();
        // ALSA's default is this server, whatever the machine's own configuration says.
        let alsa = "</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\nctl.!default { type pulse }\n";
        fs::write(dir.path().join("asound.conf"), alsa).unwrap();
        let mut command = Command::new("pulseaudio");
        command.args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--realtime=no"]);
        command.args(["--high-priority=no", "--log-target=null", "-F"]).arg(dir.path().join("default.pa"));
        command.env("XDG_RUNTIME_DIR", dir.path()).env("PULSE_COOKIE", dir.path().join("cookie"));
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").env_remove("DISPLAY").env_remove("PULSE_SERVER");
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let mut rig = Self { server, dir };
        let up = (0..200).any(|_| {
            std::thread::sleep(Duration::from_millis(25));
            let look = rig.program("pactl").arg("info").stderr(Stdio::null()).output();
            look.is_ok_and(|output| output.status.success())
        });
        assert!(up, "the private PulseAudio did not come up: {:?}", rig.server.try_wait());
        rig
    }

    /// A program that sees this server, and a home that is its own.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        let path = |name: &str| self.dir.path().join(name);
        command
            .env("XDG_RUNTIME_DIR", self.dir.path())
            .env("HOME", self.dir.path())
            .env("PULSE_SERVER", format!("unix:{}", path("sock").display()))
            .env("PULSE_COOKIE", path("cookie"))
            .env("ALSA_CONFIG_PATH", path("asound.conf"))
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("DBUS_SESSION_BUS_ADDRESS");
        for home in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
            command.env_remove(home);
        }
        command
    }

    /// The number of the server's process.
    pub(crate) fn pid(&self) -> u32 {
        self.server.id()
    }

    /// How many programs play to the loudspeaker.
    pub(crate) fn outputs(&self) -> usize {
        let listed = self.program("pactl").args(["list", "short", "sink-inputs"]).output().unwrap();
        // The room's own noise is one of them.
        String::from_utf8(listed.stdout).unwrap().lines().count().saturating_sub(1)
    }
}

impl Drop for Rig {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

//! A private X server without a screen, and the keys of its keyboard.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

/// An X server of this test's own; it ends with the value.
pub(crate) struct Screen {
    server: Child,
    number: String,
}

impl Screen {
    /// A server under a free number.
    pub(crate) fn start() -> Self {
        Self::with(&["-displayfd", "1"])
    }

    /// The server killed, and another under the same number.
    pub(crate) fn restart(mut self) -> Self {
        self.kill();
        let name = self.display();
        Self::with(&[&name, "-displayfd", "1"])
    }

    fn with(arguments: &[&str]) -> Self {
        let mut command = program("Xvfb");
        command.args(arguments).args(["-screen", "0", "320x240x24", "-nolisten", "tcp"]);
        let mut server = started(command.stdout(Stdio::piped()).stderr(Stdio::null()), "Xvfb", "xvfb");
        let mut number = String::new();
        // The server writes its number when it is ready.
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        assert!(!number.trim().is_empty(), "Xvfb did not come up: {:?}", server.try_wait());
        Self { server, number: number.trim().to_owned() }
    }

    /// What programs find it by.
    pub(crate) fn display(&self) -> String {
        format!(":{}", self.number)
    }

    /// The process's number, for what stops and continues it.
    pub(crate) fn process(&self) -> u32 {
        self.server.id()
    }

    /// Kills the server as a crash would.
    pub(crate) fn kill(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }

    /// Moves keys with `xdotool`: its arguments, such as `keydown space`.
    pub(crate) fn xdotool(&self, arguments: &[&str]) {
        self.run("xdotool", "xdotool", arguments);
    }

    /// Runs `name`, from `package`, on this display.
    pub(crate) fn run(&self, name: &str, package: &str, arguments: &[&str]) {
        let mut command = program(name);
        command.args(arguments).env("DISPLAY", self.display()).stdout(Stdio::null()).stderr(Stdio::null());
        assert!(started(&mut command, name, package).wait().unwrap().success(), "{name} {arguments:?}");
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        self.kill();
    }
}

/// A process, or a panic that names the package it is in.
pub(crate) fn started(command: &mut Command, name: &str, package: &str) -> Child {
    command.spawn().unwrap_or_else(|error| {
        panic!("{name} could not be started ({error}): install the package {package}")
    })
}

pub(crate) fn program(name: &str) -> Command {
    #[expect(clippy::disallowed_methods, reason = "a test's own X server and what types on it, its own bus")]
    Command::new(name)
}

//! Daemon: `mynah run` and what it tells on its control socket.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::PathBuf,
    process::{Child, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::{Plan, rig::Rig};

pub(crate) struct Daemon {
    child: Child,
    socket: PathBuf,
    events: Receiver<(Instant, Value)>,
}

impl Daemon {
    /// Starts it and waits until it hears. `follow_ups`: whether a reply leaves it open for another question.
    pub(crate) fn start(rig: &Rig, plan: &Plan, follow_ups: bool) -> Self {
        let socket = rig.dir.path().join("control.sock");
        let config = rig.dir.path().join("assistant.toml");
        let after = if follow_ups { 6_000 } else { 0 };
        let settings = format!(
            "region = \"offline\"\n[wake]\nafter_reply_ms = {after}\n[hotkey]\nkey = \"\"\n[control]\nsocket = {:?}\n",
            socket.display().to_string()
        );
        fs::write(&config, settings).unwrap();
        let mut command = rig.program(plan.binary.as_deref().unwrap_or(env!("CARGO_BIN_EXE_mynah")));
        command.arg("--config").arg(&config).arg("run");
        if let Some(model) = &plan.model {
            command.arg("--model").arg(model);
        }
        let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let begun = Instant::now();
        let connection = loop {
            match UnixStream::connect(&socket) {
                Ok(connection) => break connection,
                Err(error) if begun.elapsed() > Duration::from_secs(20) => {
                    panic!("no control socket: {error}")
                }
                Err(_) => std::thread::sleep(Duration::from_millis(20)),
            }
        };
        let (sender, events) = channel();
        (&connection).write_all(b"{\"do\":\"events\",\"levels\":true}\n").unwrap();
        std::thread::spawn(move || {
            for line in BufReader::new(connection).lines().map_while(Result::ok) {
                let told = serde_json::from_str(&line).unwrap_or(Value::Null);
                if sender.send((Instant::now(), told)).is_err() {
                    return;
                }
            }
        });
        let mut daemon = Self { child, socket, events };
        daemon.await_event("level", Duration::from_secs(20)).expect("the daemon hears nothing");
        daemon
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends `request`; gives when it was sent and what was answered.
    pub(crate) fn ask(&self, request: &Value) -> (Instant, Value) {
        let mut connection = UnixStream::connect(&self.socket).unwrap();
        connection.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        let line = format!("{request}\n");
        let sent = Instant::now();
        connection.write_all(line.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = BufReader::new(connection).read_line(&mut answer);
        (sent, serde_json::from_str(&answer).unwrap_or(Value::Null))
    }

    /// Asks without a wait for the answer.
    pub(crate) fn order(&self, request: &Value) -> Instant {
        let mut connection = UnixStream::connect(&self.socket).unwrap();
        let line = format!("{request}\n");
        let sent = Instant::now();
        connection.write_all(line.as_bytes()).unwrap();
        // Where the connection closes at once, the order may not be taken.
        std::thread::spawn(move || BufReader::new(connection).read_line(&mut String::new()));
        sent
    }

    /// Everything that was told since the last look.
    pub(crate) fn told(&mut self) -> Vec<(Instant, Value)> {
        self.events.try_iter().collect()
    }

    /// The next event `name`; what comes before it is dropped.
    pub(crate) fn await_event(&mut self, name: &str, limit: Duration) -> Option<(Instant, Value)> {
        let end = Instant::now() + limit;
        while let Ok(told) = self.events.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if told.1["event"] == name {
                return Some(told);
            }
        }
        None
    }

    /// Waits until it is in `state`, or was told to be so before.
    pub(crate) fn await_state(&mut self, state: &str, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while Instant::now() < end {
            match self.await_event("state", end.saturating_duration_since(Instant::now())) {
                Some((_, told)) if told["state"] == state => return true,
                Some(_) => {}
                None => return false,
            }
        }
        false
    }

    /// Samples that were lost, as it says.
    pub(crate) fn lost(&self) -> u64 {
        let (_, status) = self.ask(&json!({"do": "status"}));
        find(&status, "lost_samples").and_then(Value::as_u64).expect("status tells of lost samples")
    }
}

/// The field `name`, however deep.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => {
            fields.get(name).or_else(|| fields.values().find_map(|inner| find(inner, name)))
        }
        _ => None,
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        self.order(&json!({"do": "quit"}));
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(10) {
            if matches!(self.child.try_wait(), Ok(Some(_))) {
                return;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

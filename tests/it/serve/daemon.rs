//! The two ends of the control socket's tests: a server with a scripted session, and a client that checks each line.

use std::{
    io::{BufRead, BufReader, ErrorKind, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Stdio},
    sync::{Arc, LazyLock, Mutex, MutexGuard},
    thread::JoinHandle,
    time::Duration,
};

use jsonschema::{Registry, Validator};
use mynah::{
    flow::Fault,
    report::{Delays, Disclosed, Heard, Notice, Presence, Replied, Route, Status, TurnReport},
    serve::{Followers, SCHEMA, Server},
    session::{Answer, Command, Request},
    units::{Probability, TurnId},
};
use serde_json::{Value, json};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::support::binary::Home;

/// Far beyond what any step takes.
const HANGS: Duration = Duration::from_secs(60);

static SCHEMAS: LazyLock<Registry<'static>> = LazyLock::new(|| {
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    Registry::new()
        .add("https://mynah.test/control.schema.json", read(SCHEMA))
        .unwrap()
        .add("https://mynah.test/turn.schema.json", read(mynah::report::SCHEMA))
        .unwrap()
        .prepare()
        .unwrap()
});

fn part(name: &str) -> Validator {
    let part = json!({ "$ref": format!("https://mynah.test/control.schema.json#/$defs/{name}") });
    jsonschema::meta::validate(&serde_json::from_str(SCHEMA).unwrap()).unwrap();
    jsonschema::options().with_registry(&SCHEMAS).build(&part).unwrap()
}

static REQUEST: LazyLock<Validator> = LazyLock::new(|| part("request"));
static RESPONSE: LazyLock<Validator> = LazyLock::new(|| part("response"));
static EVENT: LazyLock<Validator> = LazyLock::new(|| part("event"));

fn checked(line: &str, validator: &Validator) -> Value {
    let value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line:.200}"));
    let errors: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {line:.200}");
    value
}

/// `line` as an event, which it must be.
pub(super) fn event(line: &str) -> Value {
    checked(line, &EVENT)
}

pub(super) fn is_request(line: &Value) -> bool {
    REQUEST.is_valid(line)
}

pub(super) fn is_response(line: &Value) -> bool {
    RESPONSE.is_valid(line)
}

/// Waits until `holds`.
pub(super) fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    for _ in 0..HANGS.as_millis() / 20 {
        if holds() {
            return;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("not within {} s: {what}", HANGS.as_secs());
}

type Replies = Vec<oneshot::Sender<Result<Answer, Fault>>>;

/// What the scripted session was asked, and the answers it still owes.
#[derive(Clone, Default)]
struct Script {
    asked: Arc<Mutex<Vec<Command>>>,
    held: Arc<Mutex<Replies>>,
}

impl Script {
    async fn play(self, mut requests: mpsc::Receiver<Request>) {
        while let Some(Request { command, reply }) = requests.recv().await {
            self.asked.lock().unwrap().push(command.clone());
            let answer = match &command {
                Command::Status => Ok(Answer::Status(Box::new(status()))),
                Command::Ask(words) | Command::Say(words) if words.as_str() == "refuse" => Err(Fault {
                    kind: "no_model",
                    message: "there is no model".into(),
                    remedy: "fetch one".into(),
                }),
                Command::Ask(words) if words.as_str() == "forget" => continue,
                Command::Ask(words) if words.as_str() == "hold" => {
                    self.held.lock().unwrap().push(reply);
                    continue;
                }
                Command::Ask(words) => Ok(Answer::Turn(Box::new(report(words.as_str())))),
                _ => Ok(Answer::Done),
            };
            // Whoever asked may be gone.
            let _ = reply.send(answer);
        }
    }
}

fn status() -> Status {
    Status {
        state: Presence::Asleep,
        muted: false,
        microphone: Some("USB microphone".into()),
        region: "EU".into(),
        badge: "AI-generated".into(),
        answerer: None,
        model: "builtin-en".into(),
        turns: 3,
        lost_samples: 0,
        uptime_s: 60,
        pid: 7,
        version: "0.1.0",
    }
}

/// A turn in which `words` were answered.
pub(super) fn report(words: &str) -> TurnReport {
    TurnReport {
        turn: TurnId(1),
        source: "text".into(),
        span_ms: [0, 0],
        transcript: Heard { text: words.into(), language: None, confidence: Probability::ONE },
        intent: None,
        also: Vec::new(),
        tools: Vec::new(),
        route: Route { region: "EU".into(), by: "device".into(), reason: "scripted".into() },
        reply: Replied { text: "Noon.".into(), audio: None },
        disclosure: Disclosed::default(),
        ms: Delays::default(),
        error: None,
    }
}

/// A served socket, with a home whose settings name it.
pub(super) struct Daemon {
    home: Home,
    path: PathBuf,
    script: Script,
    notices: broadcast::Sender<Notice>,
    shown: Followers,
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
}

impl Daemon {
    pub(super) fn start() -> Self {
        let home = Home::new();
        let path = home.path("run/control.sock");
        home.settings(&format!("[control]\nsocket = {path:?}\n"));
        let server = Server::bind(&path).unwrap();
        let shown = server.followers();
        let script = Script::default();
        let (requests, asked) = mpsc::channel(8);
        let (notices, _) = broadcast::channel(64);
        let (stop, stopped) = oneshot::channel();
        let (session, told) = (script.clone(), notices.clone());
        #[expect(clippy::disallowed_methods, reason = "the daemon under test")]
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                tokio::select! {
                    () = server.run(requests, told) => panic!("the server ended"),
                    () = session.play(asked) => panic!("the server let go of the session"),
                    _ = stopped => {}
                }
            });
        });
        Self { home, path, script, notices, shown, stop, thread }
    }

    pub(super) fn home(&self) -> &Home {
        &self.home
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn connect(&self) -> Talker {
        Talker::connect(&self.path)
    }

    /// What the session was asked so far.
    pub(super) fn asked(&self) -> MutexGuard<'_, Vec<Command>> {
        self.script.asked.lock().unwrap()
    }

    /// The answers the session owes.
    pub(super) fn held(&self) -> MutexGuard<'_, Replies> {
        self.script.held.lock().unwrap()
    }

    pub(super) fn tell(&self, notice: Notice) {
        // Nobody may listen.
        let _ = self.notices.send(notice);
    }

    /// How many follow the events.
    pub(super) fn followers(&self) -> usize {
        self.notices.receiver_count()
    }

    /// Whether any of them is told what has to be shown.
    pub(super) fn is_shown(&self) -> bool {
        self.shown.any()
    }

    /// Whether every follower was given every notice.
    pub(super) fn told_all(&self) -> bool {
        self.notices.is_empty()
    }

    /// Ends it; its home stays.
    pub(super) fn end(self) -> Home {
        self.stop.send(()).unwrap();
        self.thread.join().unwrap();
        assert!(!self.path.exists());
        self.home
    }
}

/// A client that sends what it likes and checks each line that comes.
pub(super) struct Talker(BufReader<UnixStream>);

impl Talker {
    fn connect(path: &Path) -> Self {
        let stream = UnixStream::connect(path).unwrap();
        stream.set_read_timeout(Some(HANGS)).unwrap();
        stream.set_write_timeout(Some(HANGS)).unwrap();
        Self(BufReader::new(stream))
    }

    pub(super) fn stream(&mut self) -> &mut UnixStream {
        self.0.get_mut()
    }

    pub(super) fn send(&mut self, text: &str) {
        self.stream().write_all(text.as_bytes()).unwrap();
    }

    /// Sends `bytes` to one that may hang up before it has read them.
    pub(super) fn send_what_is_taken(&mut self, bytes: &[u8]) {
        match self.stream().write_all(bytes) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            Ok(()) | Err(_) => {}
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).unwrap();
        assert!(line.ends_with('\n'), "{line:?}");
        line
    }

    pub(super) fn response(&mut self) -> Value {
        checked(&self.line(), &RESPONSE)
    }

    pub(super) fn event(&mut self) -> Value {
        event(&self.line())
    }

    /// Sends `request`, which keeps the schema, and gives its response.
    pub(super) fn ask(&mut self, request: &Value) -> Value {
        let line = request.to_string();
        checked(&line, &REQUEST);
        self.send_what_is_taken(format!("{line}\n").as_bytes());
        self.response()
    }

    /// Whether the daemon hung up.
    pub(super) fn is_over(&mut self) -> bool {
        let mut line = String::new();
        match self.0.read_line(&mut line) {
            Ok(read) => read == 0,
            Err(error) => error.kind() == ErrorKind::ConnectionReset,
        }
    }
}

/// A process that holds the socket at `path` until it is killed.
pub(super) fn holder(path: &Path) -> Child {
    #[expect(clippy::disallowed_methods, reason = "a process that is killed")]
    let mut command = std::process::Command::new(std::env::current_exe().unwrap());
    command.args(["--ignored", "--exact", "serve::holds_a_socket_until_killed"]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{}", path.display()).unwrap();
    child
}

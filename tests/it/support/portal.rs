//! A private session bus, and on it a portal for global shortcuts that a test plays.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    process::{Child, Stdio},
    sync::{Arc, Mutex},
};

use zbus::{
    Connection, fdo, interface,
    message::Header,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::screen::{program, started};

const PATH: &str = "/org/freedesktop/portal/desktop";

/// A bus of this test's own; it ends with the value.
pub(crate) struct Bus {
    daemon: Child,
    address: String,
    dir: tempfile::TempDir,
}

impl Bus {
    pub(crate) fn start() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    /// The daemon killed, and another at the same address.
    pub(crate) fn restart(mut self) -> Self {
        self.kill();
        let dir = std::mem::replace(&mut self.dir, tempfile::tempdir().unwrap());
        let _ = std::fs::remove_file(dir.path().join("bus"));
        Self::within(dir)
    }

    fn within(dir: tempfile::TempDir) -> Self {
        let address = format!("unix:path={}", dir.path().join("bus").display());
        // Its own configuration: no service of this machine is started on it.
        let configuration = dir.path().join("bus.conf");
        let policy = "<policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\
                      <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy>";
        let services = dir.path().join("services");
        std::fs::create_dir_all(&services).unwrap();
        let services = format!("<servicedir>{}</servicedir>", services.display());
        let text = format!(
            "<busconfig><type>session</type><listen>{address}</listen>{services}{policy}</busconfig>"
        );
        std::fs::write(&configuration, text).unwrap();
        let mut command = program("dbus-daemon");
        command
            .args(["--nofork", "--print-address=1"])
            .arg(format!("--config-file={}", configuration.display()));
        let mut daemon = started(command.stdout(Stdio::piped()).stderr(Stdio::null()), "dbus-daemon", "dbus");
        let mut line = String::new();
        // It prints its address when it is ready.
        BufReader::new(daemon.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.starts_with("unix:"), "dbus-daemon did not come up: {:?}", daemon.try_wait());
        Self { daemon, address, dir }
    }

    pub(crate) fn address(&self) -> String {
        self.address.clone()
    }

    /// Has `program` started by whoever asks for `name`, unless they ask not to.
    pub(crate) fn offer(&self, name: &str, program: &std::path::Path) {
        let text = format!("[D-BUS Service]\nName={name}\nExec={}\n", program.display());
        std::fs::write(self.dir.path().join(format!("services/{name}.service")), text).unwrap();
    }

    /// Kills the daemon as a crash would.
    pub(crate) fn kill(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        self.kill();
    }
}

/// What the portal answers when a shortcut is to be bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Bound to the key that was asked for.
    Bound,
    /// Bound, but to no key.
    Unassigned,
    /// The user said no.
    Refused,
    /// The dialog waits.
    Silence,
    /// A session nobody asked for.
    Nonsense,
}

/// What was asked of the portal.
#[derive(Debug, Default)]
struct Asked {
    session: Option<OwnedObjectPath>,
    triggers: Vec<String>,
}

/// The portal; it leaves the bus when the value is dropped.
pub(crate) struct Portal {
    connection: Connection,
    asked: Arc<Mutex<Asked>>,
}

struct Shortcuts {
    asked: Arc<Mutex<Asked>>,
    verdict: Verdict,
}

struct Session;

#[interface(name = "org.freedesktop.portal.Session")]
impl Session {
    fn close(&self) {}

    #[zbus(signal)]
    async fn closed(emitter: &SignalEmitter<'_>, details: HashMap<String, OwnedValue>) -> zbus::Result<()>;

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        1
    }
}

type Options = HashMap<String, OwnedValue>;

fn text(options: &Options, key: &str) -> String {
    options.get(key).and_then(|value| value.downcast_ref::<&str>().ok()).unwrap_or_default().to_owned()
}

/// The path of a request or session, as callers compute it too.
fn path(kind: &str, sender: &str, token: &str) -> OwnedObjectPath {
    let sender = sender.trim_start_matches(':').replace('.', "_");
    ObjectPath::try_from(format!("{PATH}/{kind}/{sender}/{token}")).unwrap().into()
}

async fn respond(connection: &Connection, to: &str, request: &OwnedObjectPath, code: u32, results: Options) {
    let body = (code, results);
    connection
        .emit_signal(Some(to), request, "org.freedesktop.portal.Request", "Response", &body)
        .await
        .unwrap();
}

#[interface(name = "org.freedesktop.portal.GlobalShortcuts")]
impl Shortcuts {
    async fn create_session(
        &self,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> fdo::Result<OwnedObjectPath> {
        let sender = header.sender().unwrap().to_string();
        let request = path("request", &sender, &text(&options, "handle_token"));
        let mut session = path("session", &sender, &text(&options, "session_handle_token"));
        connection.object_server().at(&session, Session).await?;
        self.asked.lock().unwrap().session = Some(session.clone());
        if self.verdict == Verdict::Nonsense {
            session = path("session", &sender, "another");
        }
        let handle = OwnedValue::try_from(Value::from(session.as_str())).unwrap();
        respond(connection, &sender, &request, 0, HashMap::from([("session_handle".to_owned(), handle)]))
            .await;
        Ok(request)
    }

    async fn bind_shortcuts(
        &self,
        _session: OwnedObjectPath,
        shortcuts: Vec<(String, Options)>,
        _parent: String,
        options: Options,
        #[zbus(header)] header: Header<'_>,
        #[zbus(connection)] connection: &Connection,
    ) -> OwnedObjectPath {
        let sender = header.sender().unwrap().to_string();
        let request = path("request", &sender, &text(&options, "handle_token"));
        let trigger = |given: &Options| match self.verdict {
            Verdict::Unassigned => String::new(),
            _ => text(given, "preferred_trigger"),
        };
        let bound: Vec<(String, HashMap<String, Value<'_>>)> = shortcuts
            .iter()
            .map(|(id, given)| {
                let told =
                    [("description", text(given, "description")), ("trigger_description", trigger(given))];
                (id.clone(), told.map(|(key, value)| (key.to_owned(), Value::from(value))).into())
            })
            .collect();
        let triggers = shortcuts.iter().map(|(_, given)| text(given, "preferred_trigger"));
        self.asked.lock().unwrap().triggers.extend(triggers);
        let results =
            HashMap::from([("shortcuts".to_owned(), OwnedValue::try_from(Value::from(bound)).unwrap())]);
        match self.verdict {
            Verdict::Silence => {}
            Verdict::Refused => respond(connection, &sender, &request, 1, HashMap::new()).await,
            _ => respond(connection, &sender, &request, 0, results).await,
        }
        request
    }

    #[zbus(signal)]
    async fn activated(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        id: &str,
        timestamp: u64,
        options: Options,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn deactivated(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        id: &str,
        timestamp: u64,
        options: Options,
    ) -> zbus::Result<()>;

    #[zbus(signal)]
    async fn shortcuts_changed(
        emitter: &SignalEmitter<'_>,
        session: OwnedObjectPath,
        shortcuts: Vec<(String, Options)>,
    ) -> zbus::Result<()>;

    #[zbus(property, name = "version")]
    fn version(&self) -> u32 {
        1
    }
}

impl Portal {
    pub(crate) async fn appear(bus: &Bus, verdict: Verdict) -> Self {
        let asked = Arc::new(Mutex::new(Asked::default()));
        let shortcuts = Shortcuts { asked: asked.clone(), verdict };
        let connection = zbus::connection::Builder::address(bus.address().as_str())
            .unwrap()
            .serve_at(PATH, shortcuts)
            .unwrap()
            .name("org.freedesktop.portal.Desktop")
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { connection, asked }
    }

    /// Leaves the bus, as a portal that crashed does.
    pub(crate) async fn vanish(self) {
        self.connection.close().await.unwrap();
    }

    /// The triggers that were asked for.
    pub(crate) fn triggers(&self) -> Vec<String> {
        self.asked.lock().unwrap().triggers.clone()
    }

    fn session(&self) -> OwnedObjectPath {
        self.asked.lock().unwrap().session.clone().unwrap()
    }

    /// Tells that the shortcut `id` is pressed, or released.
    pub(crate) async fn key(&self, id: &str, down: bool) {
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        let told = if down {
            Shortcuts::activated(&emitter, self.session(), id, 0, HashMap::new()).await
        } else {
            Shortcuts::deactivated(&emitter, self.session(), id, 0, HashMap::new()).await
        };
        told.unwrap();
    }

    /// Tells that the user set another key.
    pub(crate) async fn reassign(&self, id: &str, trigger: &str) {
        let emitter = SignalEmitter::new(&self.connection, PATH).unwrap();
        let told = [("description", "Push to talk"), ("trigger_description", trigger)]
            .map(|(key, value)| (key.to_owned(), OwnedValue::try_from(Value::from(value)).unwrap()));
        let shortcuts = vec![(id.to_owned(), HashMap::from(told))];
        Shortcuts::shortcuts_changed(&emitter, self.session(), shortcuts).await.unwrap();
    }

    /// Closes the session.
    pub(crate) async fn close_session(&self) {
        let emitter = SignalEmitter::new(&self.connection, self.session()).unwrap();
        Session::closed(&emitter, HashMap::new()).await.unwrap();
    }
}

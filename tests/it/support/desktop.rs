//! Doubles of what a desktop offers on its buses: media players, logind's screen, the user's systemd.

use std::{
    collections::HashMap,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use zbus::{
    Connection, fdo, interface,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::portal::Bus;

/// How a player answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// As it should.
    Well,
    /// It takes wishes and does nothing.
    Deaf,
    /// It says that it can do nothing.
    Bound,
    /// It never answers.
    Silent,
}

/// A player's state, which a test sets and reads.
#[derive(Debug)]
pub(crate) struct Tape {
    pub(crate) status: &'static str,
    pub(crate) at: usize,
    pub(crate) titles: Vec<String>,
    pub(crate) mood: Mood,
}

/// A player on the bus; it leaves with the value.
pub(crate) struct Jukebox {
    connection: Connection,
    pub(crate) tape: Arc<Mutex<Tape>>,
}

struct Root(&'static str);

#[interface(name = "org.mpris.MediaPlayer2")]
impl Root {
    #[zbus(property)]
    fn identity(&self) -> String {
        self.0.to_owned()
    }
}

struct Controls(Arc<Mutex<Tape>>);

impl Controls {
    fn change(&self, change: impl FnOnce(&mut Tape)) {
        let mut tape = self.0.lock().unwrap();
        if tape.mood == Mood::Well {
            change(&mut tape);
        }
    }

    fn may(&self) -> bool {
        self.0.lock().unwrap().mood != Mood::Bound
    }
}

#[interface(name = "org.mpris.MediaPlayer2.Player")]
impl Controls {
    fn play(&self) {
        self.change(|tape| tape.status = "Playing");
    }

    fn pause(&self) {
        self.change(|tape| tape.status = "Paused");
    }

    fn stop(&self) {
        self.change(|tape| tape.status = "Stopped");
    }

    fn next(&self) {
        self.change(|tape| tape.at = (tape.at + 1).min(tape.titles.len() - 1));
    }

    fn previous(&self) {
        self.change(|tape| tape.at = tape.at.saturating_sub(1));
    }

    #[zbus(property)]
    async fn playback_status(&self) -> String {
        let (mood, status) = {
            let tape = self.0.lock().unwrap();
            (tape.mood, tape.status)
        };
        if mood == Mood::Silent {
            std::future::pending::<()>().await;
        }
        status.to_owned()
    }

    #[zbus(property)]
    fn metadata(&self) -> HashMap<String, OwnedValue> {
        let tape = self.0.lock().unwrap();
        let value = |value: Value<'_>| OwnedValue::try_from(value).unwrap();
        let track = ObjectPath::try_from(format!("/track/{}", tape.at)).unwrap();
        HashMap::from([
            ("mpris:trackid".to_owned(), value(Value::from(track))),
            ("xesam:title".to_owned(), value(Value::from(tape.titles[tape.at].clone()))),
            ("xesam:artist".to_owned(), value(Value::from(vec!["Nina", "Otis"]))),
        ])
    }

    #[zbus(property)]
    fn can_go_next(&self) -> bool {
        self.may()
    }

    #[zbus(property)]
    fn can_pause(&self) -> bool {
        self.may()
    }
}

impl Jukebox {
    /// A player called `name` on the bus as `short`, in `status`.
    pub(crate) async fn on(bus: &Bus, short: &str, name: &'static str, status: &'static str) -> Self {
        let titles = ["Stars", "Feeling Good", "Respect"].map(str::to_owned).to_vec();
        let tape = Arc::new(Mutex::new(Tape { status, at: 0, titles, mood: Mood::Well }));
        let connection = zbus::connection::Builder::address(bus.address().as_str())
            .unwrap()
            .serve_at("/org/mpris/MediaPlayer2", Root(name))
            .unwrap()
            .serve_at("/org/mpris/MediaPlayer2", Controls(tape.clone()))
            .unwrap()
            .name(format!("org.mpris.MediaPlayer2.{short}"))
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { connection, tape }
    }

    pub(crate) fn set(&self, change: impl FnOnce(&mut Tape)) {
        change(&mut self.tape.lock().unwrap());
    }

    pub(crate) async fn leave(self) {
        self.connection.close().await.unwrap();
    }
}

/// logind, which writes to a screen under `sys` as the kernel would.
pub(crate) struct Login {
    pub(crate) sys: PathBuf,
    pub(crate) allows: bool,
}

#[interface(name = "org.freedesktop.login1.Session")]
impl Login {
    fn set_brightness(&self, subsystem: &str, name: &str, value: u32) -> fdo::Result<()> {
        if !self.allows {
            return Err(fdo::Error::AccessDenied("a secret of this machine".to_owned()));
        }
        let file = self.sys.join("class").join(subsystem).join(name).join("brightness");
        std::fs::write(file, value.to_string()).map_err(|error| fdo::Error::Failed(error.to_string()))
    }
}

impl Login {
    pub(crate) async fn appear(self, bus: &Bus) -> Connection {
        zbus::connection::Builder::address(bus.address().as_str())
            .unwrap()
            .serve_at("/org/freedesktop/login1/session/auto", self)
            .unwrap()
            .name("org.freedesktop.login1")
            .unwrap()
            .build()
            .await
            .unwrap()
    }
}

/// What the user's systemd was asked to start: the unit and its properties.
pub(crate) type Asked = Arc<Mutex<Vec<(String, HashMap<String, OwnedValue>)>>>;

/// The user's systemd; each unit's job ends in `result`, and its state is `state`.
pub(crate) struct Systemd {
    pub(crate) result: &'static str,
    pub(crate) state: &'static str,
    pub(crate) asked: Asked,
}

const MANAGER: &str = "/org/freedesktop/systemd1";
const UNIT: &str = "/org/freedesktop/systemd1/unit/one";

struct Unit(&'static str);

#[interface(name = "org.freedesktop.systemd1.Unit")]
impl Unit {
    #[zbus(property)]
    fn active_state(&self) -> String {
        self.0.to_owned()
    }
}

#[interface(name = "org.freedesktop.systemd1.Manager")]
impl Systemd {
    fn subscribe(&self) {}

    fn reset_failed_unit(&self, _name: &str) {}

    fn get_unit(&self, _name: &str) -> OwnedObjectPath {
        ObjectPath::from_static_str_unchecked(UNIT).into()
    }

    async fn start_transient_unit(
        &self,
        name: String,
        _mode: &str,
        properties: Vec<(String, OwnedValue)>,
        _aux: Vec<(String, Vec<(String, OwnedValue)>)>,
        #[zbus(signal_emitter)] emitter: SignalEmitter<'_>,
    ) -> OwnedObjectPath {
        let job: OwnedObjectPath = ObjectPath::from_static_str_unchecked("/job/7").into();
        self.asked.lock().unwrap().push((name.clone(), properties.into_iter().collect()));
        let other = ObjectPath::from_static_str_unchecked("/job/6").into();
        Self::job_removed(&emitter, 6, other, "another.service", "failed").await.unwrap();
        Self::job_removed(&emitter, 7, job.clone(), &name, self.result).await.unwrap();
        job
    }

    #[zbus(signal)]
    async fn job_removed(
        emitter: &SignalEmitter<'_>,
        id: u32,
        job: OwnedObjectPath,
        unit: &str,
        result: &str,
    ) -> zbus::Result<()>;
}

impl Systemd {
    pub(crate) async fn appear(self, bus: &Bus) -> Connection {
        let state = self.state;
        let mut builder = zbus::connection::Builder::address(bus.address().as_str()).unwrap();
        builder = builder.serve_at(MANAGER, self).unwrap();
        if state != "gone" {
            builder = builder.serve_at(UNIT, Unit(state)).unwrap();
        }
        builder.name("org.freedesktop.systemd1").unwrap().build().await.unwrap()
    }
}

//! A Secret Service on a private bus, as a desktop's keyring offers it: open, locked, or one that never answers.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use zbus::{
    Connection, ObjectServer, fdo, interface,
    object_server::SignalEmitter,
    zvariant::{ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::portal::Bus;

const PATH: &str = "/org/freedesktop/secrets";
const LOGIN: &str = "/org/freedesktop/secrets/collection/login";
const QUESTION: &str = "/org/freedesktop/secrets/prompt/1";

/// Session, parameters, value, content type.
type Wrapped = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

/// How the keyring stands, and how its user answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mood {
    /// Unlocked.
    Open,
    /// Locked; the user types the password when asked.
    Locked,
    /// Locked; the user closes the question.
    Dismissing,
    /// It takes calls and never answers.
    Silent,
}

/// An item: what it is found by, and what it holds.
#[derive(Debug, Clone, Default)]
struct Kept {
    attributes: HashMap<String, String>,
    secret: Vec<u8>,
}

#[derive(Debug)]
struct State {
    mood: Mood,
    items: Vec<Option<Kept>>,
    questions: usize,
}

type Shared = Arc<Mutex<State>>;

/// The keyring; it leaves the bus when the value is dropped.
pub(crate) struct Keyring {
    _connection: Connection,
    state: Shared,
}

struct Service(Shared);
struct Collection(Shared);
struct Item(Shared, usize);
struct Question(Shared);

fn item_path(number: usize) -> OwnedObjectPath {
    ObjectPath::try_from(format!("{LOGIN}/{number}")).unwrap().into()
}

fn path(text: &'static str) -> OwnedObjectPath {
    ObjectPath::from_static_str(text).unwrap().into()
}

#[interface(name = "org.freedesktop.Secret.Service")]
impl Service {
    fn open_session(&self, algorithm: &str, _input: Value<'_>) -> fdo::Result<(OwnedValue, OwnedObjectPath)> {
        if algorithm != "plain" {
            return Err(fdo::Error::NotSupported(algorithm.to_owned()));
        }
        Ok((OwnedValue::try_from(Value::from("")).unwrap(), path("/org/freedesktop/secrets/session/1")))
    }

    async fn search_items(
        &self,
        attributes: HashMap<String, String>,
    ) -> (Vec<OwnedObjectPath>, Vec<OwnedObjectPath>) {
        if self.0.lock().unwrap().mood == Mood::Silent {
            std::future::pending::<()>().await;
        }
        let state = self.0.lock().unwrap();
        let fits =
            |kept: &Kept| attributes.iter().all(|(name, value)| kept.attributes.get(name) == Some(value));
        let found: Vec<OwnedObjectPath> = (0..)
            .zip(&state.items)
            .filter(|(_, kept)| kept.as_ref().is_some_and(fits))
            .map(|(number, _)| item_path(number))
            .collect();
        if state.mood == Mood::Open { (found, Vec::new()) } else { (Vec::new(), found) }
    }

    fn read_alias(&self, name: &str) -> OwnedObjectPath {
        path(if name == "default" { LOGIN } else { "/" })
    }

    fn unlock(&self, objects: Vec<OwnedObjectPath>) -> (Vec<OwnedObjectPath>, OwnedObjectPath) {
        if self.0.lock().unwrap().mood == Mood::Open {
            (objects, path("/"))
        } else {
            (Vec::new(), path(QUESTION))
        }
    }
}

#[interface(name = "org.freedesktop.Secret.Prompt")]
impl Question {
    async fn prompt(&self, _window: &str, #[zbus(signal_emitter)] emitter: SignalEmitter<'_>) {
        let dismissed = {
            let mut state = self.0.lock().unwrap();
            state.questions += 1;
            let dismissed = state.mood == Mood::Dismissing;
            if !dismissed {
                state.mood = Mood::Open;
            }
            dismissed
        };
        Self::completed(&emitter, dismissed, Value::from("")).await.unwrap();
    }

    #[zbus(signal)]
    async fn completed(emitter: &SignalEmitter<'_>, dismissed: bool, result: Value<'_>) -> zbus::Result<()>;
}

#[interface(name = "org.freedesktop.Secret.Collection")]
impl Collection {
    async fn create_item(
        &self,
        properties: HashMap<String, OwnedValue>,
        secret: Wrapped,
        replace: bool,
        #[zbus(object_server)] server: &ObjectServer,
    ) -> fdo::Result<(OwnedObjectPath, OwnedObjectPath)> {
        let attributes = properties["org.freedesktop.Secret.Item.Attributes"].try_clone().unwrap();
        let attributes: HashMap<String, String> = attributes.try_into().unwrap();
        let kept = Kept { attributes, secret: secret.2 };
        let number = {
            let mut state = self.0.lock().unwrap();
            let same = state.items.iter().position(|item| {
                replace && item.as_ref().is_some_and(|item| item.attributes == kept.attributes)
            });
            let number = same.unwrap_or(state.items.len());
            if number == state.items.len() {
                state.items.push(None);
            }
            state.items[number] = Some(kept);
            number
        };
        server.at(item_path(number), Item(self.0.clone(), number)).await?;
        Ok((item_path(number), path("/")))
    }
}

#[interface(name = "org.freedesktop.Secret.Item")]
impl Item {
    fn get_secret(&self, session: OwnedObjectPath) -> Wrapped {
        let state = self.0.lock().unwrap();
        let secret = state.items[self.1].clone().unwrap_or_default().secret;
        (session, Vec::new(), secret, "text/plain".to_owned())
    }

    fn delete(&self) -> OwnedObjectPath {
        self.0.lock().unwrap().items[self.1] = None;
        path("/")
    }
}

impl Keyring {
    pub(crate) async fn appear(bus: &Bus) -> Self {
        let state = Arc::new(Mutex::new(State { mood: Mood::Open, items: Vec::new(), questions: 0 }));
        let builder = zbus::connection::Builder::address(bus.address().as_str()).unwrap();
        let connection = builder
            .serve_at(PATH, Service(state.clone()))
            .unwrap()
            .serve_at(LOGIN, Collection(state.clone()))
            .unwrap()
            .serve_at(QUESTION, Question(state.clone()))
            .unwrap()
            .name("org.freedesktop.secrets")
            .unwrap()
            .build()
            .await
            .unwrap();
        Self { _connection: connection, state }
    }

    pub(crate) fn be(&self, mood: Mood) {
        self.state.lock().unwrap().mood = mood;
    }

    /// What another program writes over the key of `endpoint`.
    pub(crate) fn spoil(&self, endpoint: &str, secret: &[u8]) {
        let mut state = self.state.lock().unwrap();
        let kept = state.items.iter_mut().flatten().find(|kept| kept.attributes["endpoint"] == endpoint);
        kept.unwrap().secret = secret.to_vec();
    }

    /// How often its user was asked.
    pub(crate) fn questions(&self) -> usize {
        self.state.lock().unwrap().questions
    }

    /// What it holds: endpoint, host, key.
    pub(crate) fn keys(&self) -> Vec<(String, String, String)> {
        let state = self.state.lock().unwrap();
        let one = |kept: &Kept| {
            assert_eq!(kept.attributes["application"], "mynah");
            let secret = String::from_utf8(kept.secret.clone()).unwrap();
            (kept.attributes["endpoint"].clone(), kept.attributes["host"].clone(), secret)
        };
        state.items.iter().flatten().map(one).collect()
    }
}

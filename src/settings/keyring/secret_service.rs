//! The Secret Service over D-Bus: what Linux desktops keep passwords in.
//!
//! Enters: accounts. Leaves: keys. The bus is the one that the environment names; the secret crosses it as it is, as with
//! `secret-tool`: whoever can listen there could ask for it as well. Never here: a dialog unless somebody waits for it.

use std::collections::HashMap;

use futures_util::StreamExt;
use serde::Serialize;
use zbus::{
    Connection, MatchRule, MessageStream,
    connection::Builder,
    message::Type,
    zvariant::{DynamicDeserialize, DynamicType, ObjectPath, OwnedObjectPath, OwnedValue, Value},
};

use super::{APPLICATION, Account, KeyringError, Patience};
use crate::settings::environment::session_bus;

const NAME: &str = "org.freedesktop.secrets";
const PATH: &str = "/org/freedesktop/secrets";
const SERVICE: &str = "org.freedesktop.Secret.Service";
const COLLECTION: &str = "org.freedesktop.Secret.Collection";
const ITEM: &str = "org.freedesktop.Secret.Item";
const PROMPT: &str = "org.freedesktop.Secret.Prompt";

/// Session, parameters, value and content type: how a secret travels.
type Wrapped = (OwnedObjectPath, Vec<u8>, Vec<u8>, String);

pub(super) fn find(
    accounts: &[Account],
    patience: Patience,
) -> Result<Vec<(Account, Vec<u8>)>, KeyringError> {
    block(patience, async {
        let service = Service::open().await?;
        let mut found = Vec::new();
        for account in accounts {
            let (mut items, locked) = service.search(account).await?;
            if items.is_empty() && !locked.is_empty() {
                service.unlock(&locked, patience.may_ask).await?;
                items = locked;
            }
            if let Some(item) = items.first() {
                let (wrapped,): (Wrapped,) =
                    service.bus.call(item, ITEM, "GetSecret", &(&service.session,)).await?;
                found.push((account.clone(), wrapped.2));
            }
        }
        Ok(found)
    })
}

pub(super) fn keep(account: &Account, key: &[u8], patience: Patience) -> Result<(), KeyringError> {
    block(patience, async {
        let service = Service::open().await?;
        let (collection,): (OwnedObjectPath,) =
            service.bus.call(&root(), SERVICE, "ReadAlias", &("default",)).await?;
        if collection.as_str() == "/" {
            return Err(KeyringError::Absent("it has no collection to keep keys in yet".to_owned()));
        }
        service.unlock(std::slice::from_ref(&collection), patience.may_ask).await?;
        let attributes = attributes(account);
        let properties = HashMap::from([
            (
                "org.freedesktop.Secret.Item.Label",
                Value::from(format!("Mynah: key for {}", account.endpoint)),
            ),
            ("org.freedesktop.Secret.Item.Attributes", Value::from(attributes)),
        ]);
        let wrapped = (&service.session, Vec::<u8>::new(), key.to_vec(), "text/plain");
        let (_, prompt): (OwnedObjectPath, OwnedObjectPath) =
            service.bus.call(&collection, COLLECTION, "CreateItem", &(properties, wrapped, true)).await?;
        service.prompted(&prompt, patience.may_ask).await
    })
}

pub(super) fn forget(accounts: &[Account], patience: Patience) -> Result<bool, KeyringError> {
    block(patience, async {
        let service = Service::open().await?;
        let mut some = false;
        for account in accounts {
            let (items, locked) = service.search(account).await?;
            service.unlock(&locked, patience.may_ask).await?;
            for item in items.iter().chain(&locked) {
                let (prompt,): (OwnedObjectPath,) = service.bus.call(item, ITEM, "Delete", &()).await?;
                service.prompted(&prompt, patience.may_ask).await?;
                some = true;
            }
        }
        Ok(some)
    })
}

fn block<T>(
    patience: Patience,
    work: impl Future<Output = Result<T, KeyringError>>,
) -> Result<T, KeyringError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| KeyringError::Failed(error.to_string()))?;
    let timed = runtime.block_on(async { tokio::time::timeout(patience.limit, work).await });
    timed.unwrap_or(Err(KeyringError::Slow(patience.limit)))
}

struct Service {
    bus: Bus,
    session: OwnedObjectPath,
}

/// The session bus, as a way to the service.
struct Bus(Connection);

impl Service {
    async fn open() -> Result<Self, KeyringError> {
        let address = session_bus().ok_or_else(|| KeyringError::Absent("no session bus".to_owned()))?;
        let builder = Builder::address(address.as_str()).map_err(|error| told(&error))?;
        let bus = Bus(builder.build().await.map_err(|error| KeyringError::Absent(kind(&error)))?);
        let body = ("plain", Value::from(""));
        let (_, session): (OwnedValue, OwnedObjectPath) =
            bus.call(&root(), SERVICE, "OpenSession", &body).await?;
        Ok(Self { bus, session })
    }

    /// Items of `account`, open and locked.
    async fn search(
        &self,
        account: &Account,
    ) -> Result<(Vec<OwnedObjectPath>, Vec<OwnedObjectPath>), KeyringError> {
        self.bus.call(&root(), SERVICE, "SearchItems", &(attributes(account),)).await
    }

    async fn unlock(&self, locked: &[OwnedObjectPath], may_ask: bool) -> Result<(), KeyringError> {
        if locked.is_empty() {
            return Ok(());
        }
        let (_, prompt): (Vec<OwnedObjectPath>, OwnedObjectPath) =
            self.bus.call(&root(), SERVICE, "Unlock", &(locked,)).await?;
        self.prompted(&prompt, may_ask).await
    }

    /// Lets the service ask the user, where it has to and somebody is there.
    async fn prompted(&self, prompt: &OwnedObjectPath, may_ask: bool) -> Result<(), KeyringError> {
        if prompt.as_str() == "/" {
            return Ok(());
        }
        if !may_ask {
            return Err(KeyringError::Locked);
        }
        let rule = MatchRule::builder().msg_type(Type::Signal).interface(PROMPT);
        let rule = rule.and_then(|rule| rule.path(prompt.as_str())).map_err(|error| told(&error))?.build();
        let stream = MessageStream::for_match_rule(rule, &self.bus.0, None).await;
        let mut answers = stream.map_err(|error| told(&error))?;
        let () = self.bus.call(prompt, PROMPT, "Prompt", &("",)).await?;
        let Some(Ok(answer)) = answers.next().await else {
            return Err(KeyringError::Failed("the bus hung up".to_owned()));
        };
        let body = answer.body();
        let (dismissed, _): (bool, OwnedValue) = body.deserialize().map_err(|error| told(&error))?;
        if dismissed { Err(KeyringError::Dismissed) } else { Ok(()) }
    }
}

impl Bus {
    async fn call<B, R>(
        &self,
        path: &ObjectPath<'_>,
        interface: &str,
        method: &str,
        body: &B,
    ) -> Result<R, KeyringError>
    where
        B: Serialize + DynamicType + Sync,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let answer = self.0.call_method(Some(NAME), path, Some(interface), method, body).await;
        let answer = answer.map_err(|error| told(&error))?;
        let body = answer.body();
        body.deserialize().map_err(|error| told(&error))
    }
}

fn root() -> ObjectPath<'static> {
    ObjectPath::from_static_str_unchecked(PATH)
}

fn attributes(account: &Account) -> HashMap<&'static str, String> {
    HashMap::from([
        ("application", APPLICATION.to_owned()),
        ("endpoint", account.endpoint.clone()),
        ("host", account.host.clone()),
    ])
}

fn told(error: &zbus::Error) -> KeyringError {
    let name = kind(error);
    match name.rsplit('.').next().unwrap_or_default() {
        "ServiceUnknown" | "NameHasNoOwner" => KeyringError::Absent("no program offers one".to_owned()),
        "IsLocked" => KeyringError::Locked,
        _ => KeyringError::Failed(name),
    }
}

/// What kind of error it is; its message is foreign text and stays where it is.
fn kind(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(name, ..) => name.to_string(),
        zbus::Error::InputOutput(error) => error.kind().to_string(),
        _ => "the bus did not understand".to_owned(),
    }
}

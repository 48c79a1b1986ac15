//! Bus: D-Bus with a deadline, for a thread that may wait.
//!
//! Enters: a bus's address, calls. Leaves: answers. A connection lives as long as one wish. Never here: a call without an
//! end, a service started by asking for it, a stranger's text in an error.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use zbus::{
    Connection,
    connection::Builder,
    zvariant::{DynamicDeserialize, DynamicType, OwnedValue},
};

use super::DesktopError;

/// A wish's whole time: a user waits two seconds for the truth, and the voice needs some of it.
pub(super) const LIMIT: Duration = Duration::from_millis(1_700);

/// Does `work` on the bus at `address`, in which `what` is talked to.
pub(super) fn on<T>(
    address: Option<&str>,
    what: &'static str,
    work: impl AsyncFnOnce(&Connection) -> Result<T, DesktopError>,
) -> Result<T, DesktopError> {
    let address = address.ok_or(DesktopError::Absent("bus"))?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| DesktopError::Failed(what, error.kind().to_string()))?;
    runtime.block_on(async {
        let talk = async {
            let builder = Builder::address(address).map_err(|error| told(&error, what))?;
            let connection = builder.build().await.map_err(|_| DesktopError::Absent("bus"))?;
            work(&connection).await
        };
        tokio::time::timeout(LIMIT, talk).await.unwrap_or(Err(DesktopError::Slow(what)))
    })
}

/// Whose object and interface a call is for.
#[derive(Clone, Copy)]
pub(super) struct To<'a> {
    pub(super) name: &'a str,
    pub(super) path: &'a str,
    pub(super) interface: &'a str,
    /// What errors call it.
    pub(super) what: &'static str,
}

impl To<'_> {
    /// The answer to `method`.
    pub(super) async fn call<B, R>(self, bus: &Connection, method: &str, body: &B) -> Result<R, DesktopError>
    where
        B: Serialize + DynamicType + Sync,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let answer = bus.call_method(Some(self.name), self.path, Some(self.interface), method, body).await;
        let answer = answer.map_err(|error| told(&error, self.what))?;
        answer.body().deserialize().map_err(|error| told(&error, self.what))
    }

    /// All properties of the interface.
    pub(super) async fn properties(
        self,
        bus: &Connection,
    ) -> Result<HashMap<String, OwnedValue>, DesktopError> {
        let properties = To { interface: "org.freedesktop.DBus.Properties", ..self };
        properties.call(bus, "GetAll", &(self.interface,)).await
    }
}

/// `error` without a stranger's words.
pub(super) fn told(error: &zbus::Error, what: &'static str) -> DesktopError {
    let name = match error {
        zbus::Error::MethodError(name, ..) => name.to_string(),
        zbus::Error::InputOutput(error) => error.kind().to_string(),
        _ => "the bus did not understand".to_owned(),
    };
    match name.rsplit('.').next().unwrap_or_default() {
        "ServiceUnknown" | "NameHasNoOwner" | "Disconnected" => DesktopError::Absent(what),
        "NoReply" | "Timeout" | "TimedOut" => DesktopError::Slow(what),
        "AccessDenied" | "AuthFailed" | "NotAuthorized" | "InteractiveAuthorizationRequired" => {
            DesktopError::Refused(what)
        }
        _ => DesktopError::Failed(what, name),
    }
}

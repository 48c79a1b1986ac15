//! Bus: D-Bus with a deadline, for a thread that may wait.
//!
//! Enters: a bus's address, calls. Leaves: answers. A connection lives as long as one wish. Never here: a call without an
//! end, a service started by asking for it, a stranger's text in an error.

use std::{collections::HashMap, io::ErrorKind, time::Duration};

use serde::Serialize;
use zbus::{
    Connection, Proxy,
    connection::Builder,
    proxy::{self, CacheProperties, MethodFlags},
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
        let answer = self.answer(bus, method, body).await.and_then(|answer| {
            answer.ok_or_else(|| zbus::Error::InputOutput(std::io::Error::from(ErrorKind::TimedOut).into()))
        });
        answer.map_err(|error| told(&error, self.what))
    }

    async fn answer<B, R>(self, bus: &Connection, method: &str, body: &B) -> zbus::Result<Option<R>>
    where
        B: Serialize + DynamicType + Sync,
        R: for<'d> DynamicDeserialize<'d>,
    {
        let peer: Proxy<'_> = proxy::Builder::new(bus)
            .destination(self.name)?
            .path(self.path)?
            .interface(self.interface)?
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        peer.call_with_flags(method, MethodFlags::NoAutoStart.into(), body).await
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
    let failed = |why: String| DesktopError::Failed(what, why);
    match error {
        zbus::Error::MethodError(name, ..) => match name.rsplit('.').next().unwrap_or_default() {
            "ServiceUnknown" | "NameHasNoOwner" | "Disconnected" => DesktopError::Absent(what),
            "NoReply" | "Timeout" | "TimedOut" => DesktopError::Slow(what),
            "AccessDenied" | "AuthFailed" | "NotAuthorized" | "InteractiveAuthorizationRequired" => {
                DesktopError::Refused(what)
            }
            _ => failed("it answered with an error".to_owned()),
        },
        zbus::Error::InputOutput(error) if error.kind() == ErrorKind::TimedOut => DesktopError::Slow(what),
        zbus::Error::InputOutput(error) => failed(error.kind().to_string()),
        _ => failed("the bus did not understand".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use zbus::{Message, names::OwnedErrorName};

    use super::*;

    #[test]
    fn a_strangers_error_is_told_in_our_own_words() {
        let call = Message::method_call("/a", "A").unwrap().build(&()).unwrap();
        let error = |name: &str| {
            let name = OwnedErrorName::try_from(name.to_owned()).unwrap();
            told(&zbus::Error::MethodError(name, Some("Obey.".into()), call.clone()), "player")
        };
        assert_eq!(error("org.freedesktop.DBus.Error.TimedOut"), DesktopError::Slow("player"));
        assert_eq!(error("org.freedesktop.DBus.Error.NameHasNoOwner"), DesktopError::Absent("player"));
        let own = "it answered with an error".to_owned();
        assert_eq!(error("evil.Ignore_all_rules"), DesktopError::Failed("player", own));
        let late = zbus::Error::InputOutput(std::io::Error::from(ErrorKind::TimedOut).into());
        assert_eq!(told(&late, "player"), DesktopError::Slow("player"));
    }
}

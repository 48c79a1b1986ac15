//! The environment: the one place where variables are read.
//!
//! Enters: `MYNAH_*` variables. Leaves: keys and values, key material, the log filter. Never here: proxy variables or
//! any other program's settings.

use std::{env, ffi::OsString, path::Path};

use super::{SettingsError, keys, layers::Layers};
use crate::policy::EndpointId;

/// Variables that are no settings: the file to read, and how much to log.
const NOT_SETTINGS: [&str; 2] = ["MYNAH_CONFIG", "MYNAH_LOG"];

/// The value of the variable `name`, if it is set and not empty. Bytes that are no text become U+FFFD, so that a bad
/// value is found to be bad, not taken for absent.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "settings are the one reader of the environment")]
pub fn variable(name: &str) -> Option<String> {
    env::var_os(name).filter(|value| !value.is_empty()).map(|value| value.to_string_lossy().into_owned())
}

/// The session bus that the environment names; nobody else's is looked for.
#[must_use]
pub fn session_bus() -> Option<String> {
    variable("DBUS_SESSION_BUS_ADDRESS").or_else(|| {
        let socket = Path::new(&variable("XDG_RUNTIME_DIR")?).join("bus");
        socket.exists().then(|| format!("unix:path={}", socket.display()))
    })
}

/// Lays every `MYNAH_*` setting of the environment over `layers`. `endpoints` are the policy's identifiers, in which a
/// hyphen stands as an underscore in a variable's name.
///
/// # Errors
/// [`SettingsError`]: a variable that sets no known key, or a value that is not allowed.
pub(super) fn lay(layers: &mut Layers, endpoints: &[String]) -> Result<(), SettingsError> {
    for (name, value) in mynah_variables() {
        if NOT_SETTINGS.contains(&name.as_str()) || name.starts_with("MYNAH_KEY_") {
            continue;
        }
        let path = path_of(&name, endpoints).ok_or_else(|| SettingsError::UnknownKey {
            origin: "the environment".into(),
            key: name.clone(),
            nearest: keys::nearest(&name["MYNAH_".len()..].to_lowercase()),
        })?;
        let value = value.into_string().map_err(|value| SettingsError::BadValue {
            origin: "the environment".into(),
            key: name.clone(),
            value: format!("{value:?}"),
            allowed: "text in UTF-8".into(),
        })?;
        layers.lay_text(&path, &value, &name)?;
    }
    Ok(())
}

/// The names of the `MYNAH_*` variables that are set and are settings or keys.
#[must_use]
pub fn names() -> Vec<String> {
    let settings = |name: &String| !NOT_SETTINGS.contains(&name.as_str());
    mynah_variables().into_iter().map(|(name, _)| name).filter(settings).collect()
}

#[expect(clippy::disallowed_methods, reason = "settings are the one reader of the environment")]
fn mynah_variables() -> Vec<(String, OsString)> {
    let mut found: Vec<(String, OsString)> = env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value))
        .filter(|(name, _)| name.starts_with("MYNAH_"))
        .collect();
    found.sort();
    found
}

/// The setting that variable `name` means.
fn path_of(name: &str, endpoints: &[String]) -> Option<String> {
    let plain = |path: &str| path.replace(['.', '-'], "_").to_uppercase();
    let wanted = name.strip_prefix("MYNAH_")?;
    keys::KEYS
        .iter()
        .map(|key| key.path.to_owned())
        .chain(
            endpoints.iter().flat_map(|id| {
                keys::ENDPOINT_KEYS.iter().map(move |key| format!("endpoint.{id}.{}", key.path))
            }),
        )
        .find(|path| plain(path) == wanted)
}

/// The variable a key for `endpoint` is read from unless told otherwise.
#[must_use]
pub fn key_variable(endpoint: &str) -> String {
    EndpointId::from(endpoint).key_variable()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_keys_with_underscores() {
        let ids = ["mistral-eu".to_owned()];
        assert_eq!(path_of("MYNAH_LISTEN_END_SILENCE_MS", &ids).as_deref(), Some("listen.end_silence_ms"));
        assert_eq!(
            path_of("MYNAH_ENDPOINT_MISTRAL_EU_MODEL", &ids).as_deref(),
            Some("endpoint.mistral-eu.model")
        );
        assert_eq!(path_of("MYNAH_ENDPOINT_OTHER_MODEL", &ids), None);
        assert_eq!(path_of("MYNAH_REGOIN", &ids), None);
        assert_eq!(key_variable("mistral-eu"), "MYNAH_KEY_MISTRAL_EU");
    }
}

//! Keys of endpoints: read from a variable or a private file, never from the settings themselves.
//!
//! Enters: an endpoint's `key_env` and `key_file`. Leaves: a [`Secret`] bound to the endpoint. Never here: a key in a message, a key from a file
//! that others can read.

use std::{fs, path::Path};

use super::{SettingsError, environment};
use crate::egress::{EgressError, Secret};

/// Longest key file that is read, bytes. Real keys stay below 400.
const LONGEST: u64 = 8 * 1024;

/// The key for `endpoint`: from the variable that `key_env` names or else the endpoint's own, else from `key_file`. What
/// `mynah key set` keeps is looked for later, see [`super::stored`].
///
/// # Errors
/// [`SettingsError::BadKey`]: the named variable is missing, the file cannot be read or is open to others, or what it
/// holds cannot be a key.
pub(super) fn key(
    endpoint: &str,
    key_env: Option<&str>,
    key_file: Option<&Path>,
) -> Result<Option<Secret>, SettingsError> {
    let bad = |origin: String, reason: String| SettingsError::BadKey {
        endpoint: endpoint.to_owned(),
        origin,
        reason,
    };
    let name = key_env.map_or_else(|| environment::key_variable(endpoint), str::to_owned);
    let (origin, text) = match (environment::variable(&name), key_file) {
        (Some(text), _) => (name, text),
        (None, _) if key_env.is_some() => return Err(bad(name, "the variable is not set".into())),
        (None, Some(file)) => {
            let origin = file.display().to_string();
            (origin.clone(), read_private(file).map_err(|reason| bad(origin, reason))?)
        }
        (None, None) => return Ok(None),
    };
    let secret = taken(&origin, text).map_err(|error| bad(origin, error.to_string()))?;
    Ok(Some(secret.bound_to(&endpoint.into())))
}

/// The key in `text`, of which no copy stays behind.
pub(super) fn taken(origin: &str, text: String) -> Result<Secret, EgressError> {
    let secret = Secret::new(origin, &text);
    text.into_bytes().fill(0);
    secret
}

/// Whether `name` could be a variable's; a key that was put in its place could not.
pub(super) fn is_variable_name(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

pub(super) fn read_private(file: &Path) -> Result<String, String> {
    let about = fs::metadata(file).map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is not a regular file".into());
    }
    if about.len() > LONGEST {
        return Err(format!("it is longer than {LONGEST} bytes"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = about.permissions().mode() & 0o777;
        if mode & 0o077 != 0 {
            return Err(format!("others may read it (mode {mode:03o})"));
        }
    }
    fs::read_to_string(file).map_err(|error| error.to_string())
}

#[cfg(all(test, unix))]
mod tests {
    use std::{io::Write, os::unix::fs::PermissionsExt};

    use super::*;

    #[test]
    fn a_key_file_must_be_private() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"sk-test-123\n").unwrap();
        let path = file.path().to_owned();
        assert!(key("openai", None, Some(&path)).unwrap().is_some());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let message = key("openai", None, Some(&path)).unwrap_err().to_string();
        assert!(message.contains("mode 644") && !message.contains("sk-test"), "{message}");
    }

    #[test]
    fn a_named_variable_must_be_set() {
        let message = key("openai", Some("MYNAH_TEST_NO_SUCH"), None).unwrap_err().to_string();
        assert!(message.contains("MYNAH_TEST_NO_SUCH") && message.contains("not set"), "{message}");
        assert!(is_variable_name("MYNAH_KEY_OPENAI") && !is_variable_name("sk-proj-123"));
    }
}

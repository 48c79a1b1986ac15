//! Stored keys: what `mynah key` keeps, in the system's keyring or else in a file of its own.
//!
//! Enters: an endpoint's id, a key. Leaves: where it is kept, or keys for the endpoints that have none yet. A key is kept
//! together with the host it was given for, and is not found for another. Never here: a key in a message, a wait for a
//! keyring that does not answer, a key in a file without a word about it.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    EndpointSettings, Settings, SettingsError,
    keyring::{self, Account, KeyringError, Patience},
    places, secrets, write_whole,
};
use crate::{
    egress::Secret,
    policy::{self, Capability, EndpointId},
};

/// At start, nobody sits in front of a dialog; a session bus answers within milliseconds.
pub(super) const UNATTENDED: Patience = Patience { limit: Duration::from_millis(1_500), may_ask: false };

/// For a command, somebody may have to type the keyring's password.
pub(super) const ATTENDED: Patience = Patience { limit: Duration::from_secs(120), may_ask: true };

/// Where a key is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kept {
    /// In the system's keyring.
    Keyring,
    /// In this file, and why not in the keyring.
    File(PathBuf, String),
}

/// One endpoint's key, as `mynah key list` shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownKey {
    /// The endpoint.
    pub endpoint: String,
    /// Where its key comes from: a variable, a file, the keyring.
    pub from: String,
}

impl Settings {
    /// Looks for stored keys of the region's endpoints that have none, without a dialog and within 1.5 s. Gives a line for
    /// the user about each that is there and cannot be used.
    pub fn find_stored_keys(&mut self) -> Vec<String> {
        let asked =
            [Capability::Chat, Capability::Weather, Capability::Rates, Capability::Home, Capability::Tools];
        let listed = asked.map(|capability| policy::order(&self.rules, &self.region, capability));
        let wanted: Vec<String> = listed.iter().flatten().map(|id| id.as_str().to_owned()).collect();
        self.find(&wanted, UNATTENDED)
    }

    /// Every key there is, of whatever region; and what the user should know. The keyring may ask to be unlocked.
    pub fn known_keys(&mut self) -> (Vec<KnownKey>, Vec<String>) {
        let every: Vec<String> = self.rules.endpoints().map(|endpoint| endpoint.id().to_string()).collect();
        let notes = self.find(&every, ATTENDED);
        let known = |setup: &EndpointSettings| {
            let from = setup.key.as_ref()?.origin().to_owned();
            Some(KnownKey { endpoint: setup.id.clone(), from })
        };
        (self.endpoints.iter().filter_map(known).collect(), notes)
    }

    /// Whether `endpoint` is unusable without a key.
    ///
    /// # Errors
    /// [`SettingsError::BadValue`]: the rules have no such endpoint.
    pub fn key_wanted(&self, endpoint: &str) -> Result<bool, SettingsError> {
        self.account(endpoint)?;
        Ok(self.rules.endpoint(&EndpointId::from(endpoint)).is_some_and(policy::Endpoint::needs_key))
    }

    /// Keeps `key` for `endpoint`, in the keyring unless `in_file` or there is none.
    ///
    /// # Errors
    /// [`SettingsError`]: no such endpoint, one without a key, or no place that takes it.
    pub fn keep_key(&self, endpoint: &str, key: &Secret, in_file: bool) -> Result<Kept, SettingsError> {
        let account = self.account(endpoint)?;
        let why = if in_file || !self.keyring {
            "as asked".to_owned()
        } else {
            match keyring::keep(account.clone(), key, ATTENDED) {
                Ok(()) => {
                    // An older one in a file would be found should the keyring be gone one day.
                    remove_file(endpoint)?;
                    return Ok(Kept::Keyring);
                }
                Err(KeyringError::Absent(why)) => format!("there is no keyring here: {why}"),
                Err(error) => return Err(refused(endpoint, "the keyring", &error.to_string())),
            }
        };
        let path = file_of(endpoint)?;
        write_key(&path, &account.host, key)
            .map_err(|error| refused(endpoint, &path.display().to_string(), &error.to_string()))?;
        Ok(Kept::File(path, why))
    }

    /// Forgets the stored key of `endpoint`, wherever it is kept; whether there was one.
    ///
    /// # Errors
    /// [`SettingsError`]: no such endpoint, or the keyring or the file would not let go of it.
    pub fn forget_key(&self, endpoint: &str) -> Result<bool, SettingsError> {
        let account = self.account(endpoint)?;
        let in_file = remove_file(endpoint)?;
        if !self.keyring {
            return Ok(in_file);
        }
        match keyring::forget(vec![account], ATTENDED) {
            Ok(in_keyring) => Ok(in_file || in_keyring),
            Err(KeyringError::Absent(_)) => Ok(in_file),
            Err(error) => Err(refused(endpoint, "the keyring", &error.to_string())),
        }
    }

    fn account(&self, id: &str) -> Result<Account, SettingsError> {
        let rules = &self.rules;
        let Some(endpoint) = rules.endpoint(&EndpointId::from(id)) else {
            let ids: Vec<String> = rules.endpoints().map(|endpoint| endpoint.id().to_string()).collect();
            return Err(SettingsError::BadValue {
                origin: "the command line".to_owned(),
                key: "ENDPOINT".to_owned(),
                value: format!("{:?}", id.chars().take(60).collect::<String>()),
                allowed: ids.join(", "),
            });
        };
        let host = endpoint.url().host_str().unwrap_or_default().to_owned();
        Ok(Account { endpoint: id.to_owned(), host })
    }

    fn find(&mut self, wanted: &[String], patience: Patience) -> Vec<String> {
        let has_key = |id: &str| self.endpoints.iter().any(|setup| setup.id == id && setup.key.is_some());
        let accounts: Vec<Account> = wanted
            .iter()
            .filter(|id| !has_key(id) && (patience.may_ask || self.may_have_key(id)))
            .filter_map(|id| self.account(id).ok())
            .collect();
        if accounts.is_empty() {
            return Vec::new();
        }
        let mut notes = Vec::new();
        let mut missing = accounts.clone();
        if self.keyring {
            match keyring::find(accounts, patience) {
                Ok(found) => {
                    for (account, key) in found {
                        let Some(key) = key else {
                            let id = &account.endpoint;
                            notes.push(format!(
                                "what the keyring holds for {id} cannot be a key, and is not used; \
                                 `mynah key set {id}` sets it anew"
                            ));
                            continue;
                        };
                        missing.retain(|one| *one != account);
                        self.take(&account.endpoint, key);
                    }
                }
                Err(KeyringError::Absent(_)) => {}
                Err(error) => notes.push(format!(
                    "{error}, so keys kept there are not used; unlock it and run `mynah reload`, or set them in the \
                     environment"
                )),
            }
        }
        for account in missing {
            match read_file(&account) {
                Ok(Some(key)) => self.take(&account.endpoint, key),
                Ok(None) => {}
                Err(note) => notes.push(note),
            }
        }
        notes
    }

    /// Whether a key of `id` could matter: it needs one, or it is a server of this machine that was set up here and may
    /// have been started with one.
    fn may_have_key(&self, id: &str) -> bool {
        self.key_wanted(id).unwrap_or(false) || self.endpoints.iter().any(|setup| setup.id == id)
    }

    fn take(&mut self, id: &str, key: Secret) {
        let key = Some(key.bound_to(&EndpointId::from(id)));
        match self.endpoints.iter_mut().find(|setup| setup.id == id) {
            Some(setup) => setup.key = key,
            None => {
                let id = id.to_owned();
                self.endpoints.push(EndpointSettings { id, model: None, url: None, key, attested: false });
            }
        }
    }
}

/// The file that the key of `endpoint` is kept in where there is no keyring.
fn file_of(endpoint: &str) -> Result<PathBuf, SettingsError> {
    let folder = places::directories().ok_or(SettingsError::NoHome { what: "keys" })?;
    Ok(folder.config_dir().join("keys").join(endpoint))
}

fn read_file(account: &Account) -> Result<Option<Secret>, String> {
    let Ok(path) = file_of(&account.endpoint) else { return Ok(None) };
    if !path.exists() {
        return Ok(None);
    }
    let shown = path.display().to_string();
    let unusable = |why: &str| {
        let again = format!("`mynah key set {}` sets it anew", account.endpoint);
        format!("the key for {} in {shown} is not used: {why}; {again}", account.endpoint)
    };
    let text = secrets::read_private(&path).map_err(|why| unusable(&why))?;
    let Some((host, key)) = text.split_once('\n') else { return Err(unusable("it is damaged")) };
    if host != account.host {
        return Err(unusable("it was given for another host"));
    }
    let secret = secrets::taken(&shown, key.to_owned());
    text.into_bytes().fill(0);
    secret.map(Some).map_err(|_| unusable("it is damaged"))
}

/// Writes host and key, a line each.
fn write_key(path: &Path, host: &str, key: &Secret) -> io::Result<()> {
    let mut bytes = key.bytes();
    let mut text = Vec::with_capacity(host.len() + bytes.len() + 2); // so that no copy of the key stays behind
    text.extend_from_slice(host.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(&bytes);
    text.push(b'\n');
    let written = write_whole(path, &text);
    bytes.fill(0);
    text.fill(0);
    written
}

fn remove_file(endpoint: &str) -> Result<bool, SettingsError> {
    let path = file_of(endpoint)?;
    match fs::remove_file(&path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(error) => Err(refused(endpoint, &path.display().to_string(), &error.to_string())),
    }
}

fn refused(endpoint: &str, place: &str, reason: &str) -> SettingsError {
    SettingsError::KeyStore {
        endpoint: endpoint.to_owned(),
        place: place.to_owned(),
        reason: reason.to_owned(),
    }
}

//! Kept: what the commands that show and erase what Mynah keeps have in common.
//!
//! Enters: settings. Leaves: the store, whether it is encrypted, lines and JSON. Never here: a file made where nothing was
//! kept yet.

use std::{
    io::{self, IsTerminal},
    path::Path,
};

use serde_json::{Map, Value};

use super::{ANSWERED, Console, SOME_FAILED, unwritable};
use crate::{
    flow::Fault,
    mode::{store_opener, store_path},
    settings,
    store::{AtRest, Store, StoreError},
};

/// What `mynah history`, `mynah memory` and `mynah lists` print with `--json`, as committed in `config/kept.schema.json`.
pub const SCHEMA: &str = include_str!("../../config/kept.schema.json");

/// What is kept, opened for a command.
pub(super) struct Opened {
    /// `None` where nothing was kept yet.
    pub(super) store: Option<Store>,
    /// Why the words lie there unencrypted; `None` where they are encrypted.
    plain: Option<String>,
    /// For how many days turns are kept.
    pub(super) keep_days: u32,
}

/// Opens what is kept; the keyring may ask to be unlocked where somebody sits at a terminal.
pub(super) fn open(config: Option<&Path>) -> Result<Opened, Fault> {
    let settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    let keep_days = settings.history_keep_days;
    if !store_path(&settings).exists() {
        return Ok(Opened { store: None, plain: None, keep_days });
    }
    let opened = store_opener(&settings, io::stderr().is_terminal())();
    let mut store = opened.map_err(|error| fault(&error))?;
    let plain = match store.at_rest().map_err(|error| fault(&error))? {
        AtRest::Plain(why) => Some(why),
        AtRest::Encrypted | AtRest::Locked(_) | AtRest::Lost => None,
    };
    Ok(Opened { store: Some(store), plain, keep_days })
}

pub(super) fn fault(error: &StoreError) -> Fault {
    Fault::from(error)
}

impl Opened {
    /// Prints what was found: `value` under `name` as JSON, or `lines`; and beside it, that it lies there unencrypted.
    pub(super) fn show(
        &self,
        console: &Console,
        json: bool,
        (name, value): (&str, Value),
        lines: Vec<String>,
    ) -> Result<u8, Fault> {
        if json {
            let mut object = Map::new();
            object.insert("encrypted".into(), (self.store.is_some() && self.plain.is_none()).into());
            object.insert("plain_because".into(), self.plain.clone().into());
            object.insert(name.to_owned(), value);
            return printed(console, [Value::Object(object).to_string()]);
        }
        let code = printed(console, lines)?;
        if let Some(why) = &self.plain {
            console.note(&format!("what is kept is not encrypted: {why}"));
        }
        Ok(code)
    }
}

/// Prints `lines`; a reader that left early has all it wanted.
pub(super) fn printed(console: &Console, lines: impl IntoIterator<Item = String>) -> Result<u8, Fault> {
    for line in lines {
        match console.answer(&line) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => {
                console.fault(&unwritable(&error));
                return Ok(SOME_FAILED);
            }
            Ok(()) => {}
        }
    }
    Ok(ANSWERED)
}

/// `count` things: "1 turn", "3 turns".
pub(super) fn counted(count: usize, thing: &str) -> String {
    format!("{count} {thing}{}", if count == 1 { "" } else { "s" })
}

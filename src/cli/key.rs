//! `mynah key`: keeps, lists and removes the keys of endpoints.
//!
//! Enters: an endpoint's id, and a key that is typed unseen or read from standard input. Leaves: where it is kept, in a
//! sentence. Never here: a key from the command line, where every program of the machine could read it, or one on a stream.

use std::{
    io::{self, IsTerminal, Read},
    path::Path,
};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{ANSWERED, Console, SOME_FAILED, unwritable};
use crate::{
    egress::Secret,
    flow::Fault,
    settings::{self, Kept, Settings},
};

/// The longest key, in bytes; real ones stay below 400.
const LONGEST: u64 = 8 * 1024;

/// The keys of language model endpoints.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  mynah key set openai\n  mynah key list\n  mynah key remove openai")]
pub struct KeyArgs {
    /// What to do
    #[command(subcommand)]
    pub command: KeyCommand,
}

/// What to do with keys.
#[derive(Debug, Clone, Subcommand)]
pub enum KeyCommand {
    /// Keep the key of an endpoint
    #[command(
        after_help = "Examples:\n  mynah key set openai\n  pass show openai | mynah key set openai\n\n\
        The key is asked for and not shown, or read from standard input; never give it as an argument. It is kept in the \
        system's keyring (Secret Service, macOS keychain, Windows credential manager) for the endpoint's own host alone; \
        where there is no keyring, in a file that only you can read. A running Mynah learns of it when it is reloaded.\n\
        Exit codes: 0 kept, 1 not kept, 2 usage or configuration."
    )]
    Set {
        /// The endpoint, as config/regions.toml calls it
        endpoint: String,
        /// Keep it in a file even where there is a keyring
        #[arg(long)]
        file: bool,
        /// Whatever follows: a key does not belong here, and clap's own message would repeat it
        #[arg(hide = true, num_args = 0.., trailing_var_arg = true, allow_hyphen_values = true)]
        typed: Vec<String>,
    },
    /// Show which endpoints have a key, and where it comes from
    #[command(after_help = "Example: mynah key list --json\n\nNo key is shown.")]
    List {
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Forget the kept key of an endpoint
    #[command(after_help = "Example: mynah key remove openai")]
    Remove {
        /// The endpoint
        endpoint: String,
    },
}

/// Carries out `mynah key`.
///
/// # Errors
/// What makes it impossible: settings, an unknown endpoint, a key on the command line.
pub fn run(args: &KeyArgs, config: Option<&Path>) -> Result<u8, Fault> {
    if let KeyCommand::Set { endpoint, typed, .. } = &args.command
        && !typed.is_empty()
    {
        return Err(Fault {
            kind: "usage",
            message: "a key does not belong on the command line: it is in your shell's history now, and every program \
                      of this machine could read it"
                .to_owned(),
            remedy: format!(
                "take it for known, make a new one at the provider, and run `mynah key set {endpoint}` alone; it asks \
                 for the key"
            ),
        });
    }
    let mut settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    let console = Console::new(false);
    match &args.command {
        KeyCommand::Set { endpoint, file, .. } => set(&settings, &console, endpoint, *file),
        KeyCommand::List { json } => Ok(list(&mut settings, &console, *json)),
        KeyCommand::Remove { endpoint } => {
            let gone = settings.forget_key(endpoint).map_err(|error| Fault::from(&error))?;
            let line = if gone {
                format!("the key for {endpoint} is forgotten here; at the provider it still works")
            } else {
                format!("no key for {endpoint} is kept; one in a variable or a key_file is yours to remove")
            };
            Ok(said(&console, &line))
        }
    }
}

fn set(settings: &Settings, console: &Console, endpoint: &str, file: bool) -> Result<u8, Fault> {
    let known = settings.key_wanted(endpoint).map_err(|error| Fault::from(&error))?;
    if !known {
        console.note(&format!("{endpoint} needs no key; it is sent all the same"));
    }
    let key = read(endpoint)?;
    match settings.keep_key(endpoint, &key, file) {
        Ok(Kept::Keyring) => {
            Ok(said(console, &format!("the key for {endpoint} is kept in the system's keyring")))
        }
        Ok(Kept::File(path, why)) => {
            console.note(&format!(
                "{why}, so the key lies in a file as it is: only you can read it, and whoever has your disk"
            ));
            Ok(said(console, &format!("the key for {endpoint} is kept in {}", path.display())))
        }
        Err(error) => {
            console.fault(&Fault::from(&error));
            Ok(SOME_FAILED)
        }
    }
}

/// The key, typed unseen or from standard input.
fn read(endpoint: &str) -> Result<Secret, Fault> {
    let unread = |error: io::Error| Fault {
        kind: "key_unusable",
        message: format!("the key could not be read: {error}"),
        remedy: format!("run `mynah key set {endpoint}` in a terminal, or give the key on standard input"),
    };
    let mut text = String::new();
    let typed = io::stdin().is_terminal();
    if typed {
        let terminal = console::Term::stderr();
        terminal.write_str(&format!("Key for {endpoint} (not shown): ")).map_err(unread)?;
        text = terminal.read_secure_line().map_err(unread)?;
    } else {
        io::stdin().take(LONGEST).read_to_string(&mut text).map_err(unread)?;
    }
    let name = if typed { "the terminal" } else { "standard input" };
    let secret = Secret::new(name, &text);
    text.into_bytes().fill(0);
    secret.map_err(|error| Fault::from(&error))
}

fn list(settings: &mut Settings, console: &Console, as_json: bool) -> u8 {
    let (keys, notes) = settings.known_keys();
    for note in notes {
        console.note(&note);
    }
    if as_json {
        let keys: Vec<_> =
            keys.iter().map(|key| json!({ "endpoint": key.endpoint, "from": key.from })).collect();
        return said(console, &json!({ "keys": keys }).to_string());
    }
    if keys.is_empty() {
        return said(console, "no endpoint has a key; `mynah key set ENDPOINT` keeps one");
    }
    let lines = keys.iter().map(|key| format!("{:<16} from {}", key.endpoint, key.from));
    lines.map(|line| said(console, &line)).max().unwrap_or(ANSWERED)
}

/// Prints `line`; a reader that left early has all it wanted.
fn said(console: &Console, line: &str) -> u8 {
    match console.answer(line) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            console.fault(&unwritable(&error));
            SOME_FAILED
        }
        Ok(()) | Err(_) => ANSWERED,
    }
}

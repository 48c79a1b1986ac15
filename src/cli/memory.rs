//! `mynah memory`: what the user asked to have remembered.
//!
//! Enters: arguments. Leaves: it on standard output, corrected, or gone from the disk. Never here: anything that Mynah
//! concluded by itself; it keeps no such thing.

use std::path::Path;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{
    Console,
    kept::{self, counted, fault, printed},
};
use crate::{
    flow::{Fault, Language},
    report::printable,
    session::clock,
    store::{Text, TextKind},
};

/// What you asked Mynah to remember.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mynah memory\n  mynah memory set 3 my car is on level four\n  mynah memory forget 3\n  \
    mynah memory forget --all\n\n\
    The language model is told of it with every question, unless memory.tell_model is false in the settings.\n\
    config/kept.schema.json describes the JSON. Exit codes: 0 done, 2 it cannot be read or changed."
)]
pub struct MemoryArgs {
    /// What to do [default: list]
    #[command(subcommand)]
    pub command: Option<MemoryCommand>,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with what is remembered.
#[derive(Debug, Clone, Subcommand)]
pub enum MemoryCommand {
    /// Show it with its numbers, the oldest first
    #[command(after_help = "Example: mynah memory list --json")]
    List,
    /// Correct it
    #[command(after_help = "Example: mynah memory set 3 my car is on level four")]
    Set {
        /// The number that list shows
        id: i64,
        /// The words in their place
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Forget it, so that no trace of it is left in the file
    #[command(after_help = "Examples:\n  mynah memory forget 3\n  mynah memory forget --all")]
    Forget {
        /// The number that list shows
        #[arg(required_unless_present = "all", conflicts_with = "all")]
        id: Option<i64>,
        /// All of it
        #[arg(long)]
        all: bool,
    },
}

/// Carries out `mynah memory`.
///
/// # Errors
/// The settings cannot be used, what is kept cannot be read or changed, or there is no such number.
pub fn run(args: &MemoryArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let console = Console::new(false);
    let mut opened = kept::open(config)?;
    let (done, name) = match args.command.as_ref().unwrap_or(&MemoryCommand::List) {
        MemoryCommand::List => return list(&mut opened, args.json, &console),
        MemoryCommand::Set { id, words } => {
            let (words, longest) = (words.join(" ").trim().to_owned(), TextKind::Memory.longest());
            if words.is_empty() || words.chars().count() > longest {
                return Err(Fault {
                    kind: "usage",
                    message: format!("that is no text of 1 to {longest} characters"),
                    remedy: "put the words behind the number".into(),
                });
            }
            let text = (words.as_str(), &Language::of_text(&words));
            let changed = match &mut opened.store {
                Some(store) => {
                    store.replace_text(TextKind::Memory, *id, text).map_err(|error| fault(&error))?
                }
                None => false,
            };
            if !changed {
                return Err(unknown(*id));
            }
            (1, "changed")
        }
        MemoryCommand::Forget { id, .. } => {
            let ids = id.map(|id| [id]);
            let gone = match &mut opened.store {
                Some(store) => store
                    .erase_texts(TextKind::Memory, ids.as_ref().map(<[i64; 1]>::as_slice))
                    .map_err(|error| fault(&error))?,
                None => 0,
            };
            if let Some(id) = id.filter(|_| gone == 0) {
                return Err(unknown(id));
            }
            (gone, "forgotten")
        }
    };
    let line = if args.json {
        json!({ name: done }).to_string()
    } else {
        format!("{} {name}", counted(done, "thing"))
    };
    printed(&console, [line])
}

fn unknown(id: i64) -> Fault {
    Fault {
        kind: "usage",
        message: format!("nothing that is remembered has the number {id}"),
        remedy: "look the number up with `mynah memory list`".into(),
    }
}

fn list(opened: &mut kept::Opened, json: bool, console: &Console) -> Result<u8, Fault> {
    let texts = match &mut opened.store {
        Some(store) => store.texts(TextKind::Memory).map_err(|error| fault(&error))?,
        None => Vec::new(),
    };
    let zone = clock::now().time_zone().clone();
    let line = |text: &Text| {
        let at = text.at.to_zoned(zone.clone()).strftime("%Y-%m-%d").to_string();
        format!("{:>5}  {at}  {}", text.id, printable(&text.words))
    };
    let lines = texts.iter().map(line).collect();
    if texts.is_empty() && !json {
        console.note("nothing is remembered; say “remember that ...”");
    }
    let memories: Vec<_> = texts
        .iter()
        .map(|text| {
            json!({ "id": text.id, "at": text.at.to_string(), "language": text.language.code(), "words": text.words })
        })
        .collect();
    opened.show(console, json, ("memories", memories.into()), lines)
}

//! `mynah history`: what was asked and answered, as far as it is kept.
//!
//! Enters: arguments. Leaves: turns on standard output; or they are gone from the disk. Never here: how long they are kept;
//! the setting `history.keep_days` says that.

use std::path::Path;

use clap::{Args, Subcommand};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;

use super::{
    Console,
    audit::{Since, moment, since},
    kept::{self, counted, fault, printed},
};
use crate::{flow::Fault, report::printable, session::clock, store::Turn};

/// What you asked and what was answered.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mynah history\n  mynah history list --last 5\n  mynah history search shopping list\n  \
    mynah history erase --before 7d\n  mynah history erase --all\n\n\
    How long it is kept: history.keep_days in the settings, 0 for not at all. config/kept.schema.json describes the JSON.\n\
    Exit codes: 0 done, 2 it cannot be read or changed."
)]
pub struct HistoryArgs {
    /// What to do [default: list]
    #[command(subcommand)]
    pub command: Option<HistoryCommand>,
    /// Print one JSON object
    #[arg(long, global = true)]
    pub json: bool,
}

/// What to do with the history.
#[derive(Debug, Clone, Subcommand)]
pub enum HistoryCommand {
    /// Show it, the oldest first
    #[command(
        after_help = "Examples:\n  mynah history list\n  mynah history list --last 200 --json | jq .turns"
    )]
    List {
        /// At most so many, the latest
        #[arg(long, value_name = "N", default_value_t = 50)]
        last: usize,
    },
    /// Show the turns that have all of the words in what was asked or answered
    #[command(after_help = "Example: mynah history search milk")]
    Search {
        /// The words
        #[arg(required = true)]
        words: Vec<String>,
    },
    /// Delete it, so that no trace of it is left in the file
    #[command(
        after_help = "Examples:\n  mynah history erase --before 2026-11-22\n  mynah history erase --before 7d\n  \
        mynah history erase --all\n\nWhat a backup or the file system's snapshots hold is not Mynah's to erase."
    )]
    Erase(EraseArgs),
}

/// What is deleted.
#[derive(Debug, Clone, Copy, Args)]
#[group(required = true, multiple = false)]
pub struct EraseArgs {
    /// What was asked before then: 30m, 2h, 7d, a date, or a time such as 2026-11-22T08:30:00Z
    #[arg(long, value_name = "WHEN", value_parser = since)]
    pub before: Option<Since>,
    /// All of it
    #[arg(long)]
    pub all: bool,
    /// Where the key is gone from the keyring for good: history, memory, notes and lists, which nobody can read any more
    #[arg(long)]
    pub unreadable: bool,
}

/// Carries out `mynah history`.
///
/// # Errors
/// The settings cannot be used, or what is kept cannot be read or changed.
pub fn run(args: &HistoryArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let console = Console::new(false);
    match &args.command {
        None => show(args.json, config, &console, &[], 50),
        Some(HistoryCommand::List { last }) => show(args.json, config, &console, &[], *last),
        Some(HistoryCommand::Search { words }) => {
            let words: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
            show(args.json, config, &console, &words, usize::MAX)
        }
        Some(HistoryCommand::Erase(what)) => erase(what, args.json, config, &console),
    }
}

fn show(
    json: bool,
    config: Option<&Path>,
    console: &Console,
    words: &[String],
    most: usize,
) -> Result<u8, Fault> {
    let mut opened = kept::open(config)?;
    let has = |turn: &Turn| {
        let text = format!("{}\n{}", turn.asked, turn.answered).to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let turns = match &mut opened.store {
        Some(store) => {
            store.turns((Timestamp::MIN, Timestamp::MAX), most, &has).map_err(|error| fault(&error))?
        }
        None => Vec::new(),
    };
    let zone = clock::now().time_zone().clone();
    let lines = turns.iter().flat_map(|turn| lines(turn, &zone)).collect();
    if turns.is_empty() && !json {
        console.note(match opened.keep_days {
            0 => "nothing is kept: history.keep_days is 0",
            _ => "nothing of that is kept",
        });
    }
    let turns: Vec<_> = turns
        .iter()
        .map(|turn| {
            json!({ "at": turn.at.to_string(), "asked": turn.asked, "answered": turn.answered, "by": turn.by,
                    "region": turn.region })
        })
        .collect();
    opened.show(console, json, ("turns", turns.into()), lines)
}

fn lines(turn: &Turn, zone: &TimeZone) -> [String; 2] {
    let at = turn.at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string();
    let answered = if turn.answered.is_empty() { "(no answer)" } else { &turn.answered };
    [
        format!("{at}  {}", printable(&turn.asked)),
        format!("{:21}{} ({}, {})", "", printable(answered), printable(&turn.by), printable(&turn.region)),
    ]
}

fn erase(what: &EraseArgs, json: bool, config: Option<&Path>, console: &Console) -> Result<u8, Fault> {
    let mut opened = kept::open(config)?;
    let erased = match &mut opened.store {
        None => 0,
        Some(store) if what.unreadable => store.erase_unreadable().map_err(|error| fault(&error))?,
        Some(store) => {
            let zone = clock::now().time_zone().clone();
            let before = what.before.map(|before| moment(before, &zone)).transpose()?;
            store.erase_turns(before).map_err(|error| fault(&error))?
        }
    };
    let line = if json {
        json!({ "erased": erased }).to_string()
    } else if what.unreadable {
        match erased {
            0 => "nothing was erased: what is kept can be read".to_owned(),
            _ => format!("{} erased; Mynah keeps things again", counted(erased, "unreadable value")),
        }
    } else {
        format!("{} erased", counted(erased, "turn"))
    };
    printed(console, [line])
}

//! `mynah lists`: the lists, to read.
//!
//! Enters: arguments. Leaves: names and items on standard output. Never here: a change; that is asked for by voice.

use std::path::Path;

use clap::Args;
use serde_json::json;

use super::{
    Console,
    kept::{self, fault},
};
use crate::{flow::Fault, report::printable};

/// Your lists, with what is on them.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  mynah lists\n  mynah lists --json | jq .lists\n\n\
    config/kept.schema.json describes the JSON. Exit codes: 0 shown, 2 they cannot be read.")]
pub struct ListsArgs {
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Carries out `mynah lists`.
///
/// # Errors
/// The settings cannot be used, or what is kept cannot be read.
pub fn run(args: &ListsArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let console = Console::new(false);
    let mut opened = kept::open(config)?;
    let lists = match &mut opened.store {
        Some(store) => store.lists().map_err(|error| fault(&error))?,
        None => Vec::new(),
    };
    let mut lines = Vec::new();
    for list in &lists {
        lines.push(format!("{}:", printable(&list.name)));
        lines.extend(list.items.iter().map(|item| format!("  {}", printable(item))));
    }
    if lists.is_empty() && !args.json {
        console.note("there is no list; say “add milk to my shopping list”");
    }
    let lists: Vec<_> = lists
        .iter()
        .map(|list| json!({ "name": list.name, "changed": list.changed.to_string(), "items": list.items }))
        .collect();
    opened.show(&console, args.json, ("lists", lists.into()), lines)
}

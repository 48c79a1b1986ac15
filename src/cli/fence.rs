//! `mynah fence`: what Mynah itself starts in a fence, in front of a program that may reach some hosts. Nobody types it, so no
//! help names it.
//!
//! Enters: a command line. Leaves: the program, in the place of this one. Never here: a return, but for a fault.

use std::{ffi::OsString, path::PathBuf};

use clap::Parser;

use crate::{flow::Fault, program::fence};

#[derive(Debug, Parser)]
#[command(name = "mynah fence")]
struct Line {
    /// Whom the program sees itself as
    #[arg(long)]
    user: u32,
    /// Its group
    #[arg(long)]
    group: u32,
    /// The program `unshare`
    #[arg(long)]
    unshare: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    command: Vec<OsString>,
}

/// Becomes the program, where `typed` is such a line; else what keeps it from that, or nothing where it is another line.
pub fn entered(typed: impl Iterator<Item = OsString>) -> Option<Fault> {
    let mut typed = typed.skip(1).peekable();
    typed.peek().filter(|first| *first == "fence")?;
    let told = match Line::try_parse_from(typed) {
        Ok(line) => fence::enter((line.user, line.group), &line.unshare, &line.command).to_string(),
        Err(_) => "this is Mynah's own to start".to_owned(),
    };
    Some(Fault {
        kind: "fence",
        message: format!("no way out of the fence could be opened: {told}"),
        remedy: "see `mynah tools check`, which starts this; by hand it is of no use".to_owned(),
    })
}

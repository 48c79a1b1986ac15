//! `mynah fence`: what Mynah itself starts in a fence, in front of a program that may reach some hosts. Nobody types it.
//!
//! Enters: a command. Leaves: the program, in the place of this one. Never here: a return, but for a fault.

use std::{ffi::OsString, path::PathBuf};

use clap::Args;

use crate::{flow::Fault, program::fence};

/// Become a program in a fence (started by Mynah, not by hand).
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example: mynah fence --user 1000 --group 1000 --unshare /usr/bin/unshare -- program")]
pub struct FenceArgs {
    /// Whom the program sees itself as
    #[arg(long)]
    pub user: u32,
    /// Its group
    #[arg(long)]
    pub group: u32,
    /// The program `unshare`
    #[arg(long)]
    pub unshare: PathBuf,
    /// The program and its arguments
    #[arg(last = true, required = true)]
    pub command: Vec<OsString>,
}

/// Becomes the program.
///
/// # Errors
/// Whatever keeps it from that.
pub fn run(args: &FenceArgs) -> Result<u8, Fault> {
    let error = fence::enter((args.user, args.group), &args.unshare, &args.command);
    Err(Fault {
        kind: "fence",
        message: format!("no way out of the fence could be opened: {error}"),
        remedy: "see `mynah tools check`, which starts this; by hand it is of no use".to_owned(),
    })
}

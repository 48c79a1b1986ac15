//! `mynah completions` and `mynah man`: what shells and `man` need to know, made from the command line's own definition.
//!
//! Enters: a shell's name, a folder. Leaves: a script, pages. Never here: a second description of an option.

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Cli;

/// Print a completion script for a shell.
#[derive(Debug, Args)]
#[command(
    after_help = "Example:\n  mynah completions bash > ~/.local/share/bash-completion/completions/mynah"
)]
pub struct CompletionsArgs {
    /// The shell
    pub shell: Shell,
}

/// Print the manual page.
#[derive(Debug, Args)]
#[command(after_help = "Example:\n  mynah man > mynah.1 && man ./mynah.1")]
pub struct ManArgs {
    /// Write mynah.1, mynah-ask.1 and so on into this folder instead of printing mynah.1
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Writes the script for `args.shell` to `out`.
///
/// # Errors
/// What `out` gives.
pub fn completions(args: &CompletionsArgs, out: &mut dyn Write) -> io::Result<()> {
    // The generator panics on a failed write, so it writes to memory.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "mynah", &mut script);
    out.write_all(&script)
}

/// Writes the manual page to `out`, or the pages into the folder asked for.
///
/// # Errors
/// What `out` or the folder gives.
pub fn man(args: &ManArgs, out: &mut dyn Write) -> io::Result<()> {
    match &args.out {
        Some(folder) => {
            std::fs::create_dir_all(folder)?;
            clap_mangen::generate_to(Cli::command(), folder)
        }
        None => clap_mangen::Man::new(Cli::command()).render(out),
    }
}

//! What was typed.
//!
//! Enters: arguments. Leaves: an exit code: 0 all turns answered, 1 some failed, 2 usage or configuration, 3 a room would
//! not stop. Thin: a sub-command a file, each only joining rooms. Never here: `exit`, a rule of the product.

use std::{io, path::PathBuf};

use clap::{Parser, Subcommand};

use crate::flow::Fault;

pub mod ask;
pub mod audit;
mod console;
pub mod control;
mod declare;
pub mod devices;
pub mod doctor;
#[cfg(target_os = "linux")]
pub mod fence;
pub mod history;
pub mod kept;
pub mod key;
pub mod library;
pub mod lists;
pub mod live;
pub mod mark;
pub mod memory;
pub mod models;
pub mod pen;
pub mod phrases;
pub mod region;
pub mod run;
mod runtime;
pub mod service;
pub mod shell;
pub mod test;
mod told;
pub mod tools;
pub mod verdicts;
pub mod view;
pub mod wake;

pub use console::Console;

/// Everything went well.
pub const ANSWERED: u8 = 0;
/// At least one turn, or one model, failed.
pub const SOME_FAILED: u8 = 1;
/// The command or the settings were wrong; nothing was done.
pub const USAGE: u8 = 2;
/// A thread would not stop within its time.
pub const STUCK: u8 = 3;

/// A voice assistant whose voice data never leaves this machine, and whose words go only where your region allows.
#[derive(Debug, Parser)]
#[command(
    name = "mynah",
    version,
    about,
    long_about = None,
    after_help = "Examples:\n  mynah run\n  mynah ask what time is it\n  mynah ask --audio question.wav --json\n  mynah models list",
    arg_required_else_help = true
)]
pub struct Cli {
    /// Settings file [default: assistant.toml in the configuration directory]
    #[arg(long, global = true, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Say more on standard error about what is done (never about what is said)
    #[arg(long, short, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Listen: answer the wake phrase and the hotkey until told to end
    Run(run::RunArgs),
    /// Answer typed words or recordings
    Ask(ask::AskArgs),
    /// Show how the running Mynah stands
    Status(control::StatusArgs),
    /// Close the running Mynah's microphone
    #[command(
        after_help = "Example: mynah mute\n\nExit codes: 0 done, 1 Mynah refused or did not answer, 2 none runs."
    )]
    Mute(control::PlainArgs),
    /// Open the running Mynah's microphone again
    #[command(
        after_help = "Example: mynah unmute\n\nExit codes: 0 done, 1 Mynah refused or did not answer, 2 none runs."
    )]
    Unmute(control::PlainArgs),
    /// Let the running Mynah say words
    Say(control::SayArgs),
    /// Silence the running Mynah and drop what it was asked
    #[command(
        after_help = "Example: mynah stop\n\nExit codes: 0 done, 1 Mynah refused or did not answer, 2 none runs."
    )]
    Stop(control::PlainArgs),
    /// Push-to-talk from a script or a key binding
    Ptt(control::PttArgs),
    /// Follow what the running Mynah hears, does and says
    Events(control::EventsArgs),
    /// Let the running Mynah read its settings again
    #[command(
        after_help = "Example: mynah reload\n\nExit codes: 0 done, 1 Mynah refused or did not answer, 2 none runs."
    )]
    Reload(control::PlainArgs),
    /// End the running Mynah
    #[command(
        after_help = "Example: mynah quit\n\nExit codes: 0 done, 1 Mynah refused or did not answer, 2 none runs."
    )]
    Quit(control::PlainArgs),
    /// Show which rules hold where you live and what they allow, or say where that is
    Region(region::RegionArgs),
    /// List, fetch, import and verify speech models
    Models(models::ModelsArgs),
    /// Show what was sent where and what was refused, and check that record
    Audit(audit::AuditArgs),
    /// Show, search and erase what you asked and what was answered
    History(history::HistoryArgs),
    /// Show, correct and erase what you asked Mynah to remember
    Memory(memory::MemoryArgs),
    /// Show your lists
    Lists(lists::ListsArgs),
    /// Show your own phrases and what they do, and check the file they stand in
    Phrases(phrases::PhrasesArgs),
    /// Keep, list and remove the keys of language model endpoints
    Key(key::KeyArgs),
    /// List, try and check the tools of other programs that a language model may use
    Tools(tools::ToolsArgs),
    /// Look at microphone, loudspeaker, model, voices, hotkey and the rest, and say what to do
    Doctor(doctor::DoctorArgs),
    /// Run Mynah in the background from log-in on, or stop doing so
    Service(service::ServiceArgs),
    /// List microphones and sound outputs
    Devices(devices::DevicesArgs),
    /// Read and write the mark of what an AI generated
    Mark(mark::MarkArgs),
    /// Train and test the wake phrase
    Wake(wake::WakeArgs),
    /// Play written conversations and say which do not come out as written
    Test(test::TestArgs),
    /// Print a completion script for a shell
    Completions(shell::CompletionsArgs),
    /// Print the manual page, or write one page a command
    Man(shell::ManArgs),
}

/// What is told when standard output takes no more.
#[must_use]
pub fn unwritable(error: &io::Error) -> Fault {
    Fault {
        kind: "output",
        message: format!("could not write the output: {error}"),
        remedy: "check that the place it goes to exists, is writable and has room".into(),
    }
}

//! `mynah phrases`: the user's own phrases, to read and to check.
//!
//! Enters: arguments, a file. Leaves: what each phrase does, and what is to know of it, on standard output. Never here: a
//! program started, a sentence done.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde_json::json;

use super::{ANSWERED, Console, SOME_FAILED, kept::printed};
use crate::{flow::Fault, mode, report::printable, settings};

/// The JSON Schema of what `--json` prints.
pub const SCHEMA: &str = include_str!("../../config/phrases.schema.json");

/// Your own phrases and what they do.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mynah phrases list\n  mynah phrases check\n  mynah phrases check draft.toml --json\n\n\
    The file is phrases.toml beside your settings, or the one under `phrases` there; the README shows one."
)]
pub struct PhrasesArgs {
    /// What to do
    #[command(subcommand)]
    pub command: PhrasesCommand,
}

/// What to do with phrases.
#[derive(Debug, Clone, Subcommand)]
pub enum PhrasesCommand {
    /// List your phrases and what each does
    #[command(
        after_help = "Example: mynah phrases list --json\n\nExit codes: 0 listed, 2 the file is refused."
    )]
    List(FileArgs),
    /// Read a file of phrases as Mynah would, and say what is wrong with it or hides something
    #[command(after_help = "Examples:\n  mynah phrases check\n  mynah phrases check draft.toml\n\n\
        It tells where a phrase hides what Mynah understands by itself, is never reached, or starts a program that is not \
        there.\nExit codes: 0 nothing to tell, 1 something to know, 2 the file is refused.")]
    Check(FileArgs),
}

/// Which file, and how it is shown.
#[derive(Debug, Clone, Args)]
pub struct FileArgs {
    /// Another file than the one in use
    pub file: Option<PathBuf>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Carries out `mynah phrases`.
///
/// # Errors
/// The settings or the file cannot be used.
pub fn run(args: &PhrasesArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let (PhrasesCommand::List(asked) | PhrasesCommand::Check(asked)) = &args.command;
    let console = Console::new(false);
    let mut settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    if let Some(file) = &asked.file {
        settings.phrases = Some(settings::PhrasesFile { path: file.clone(), named: true });
    }
    let read = mode::own_phrases(&settings)?;
    let looked_over = matches!(args.command, PhrasesCommand::Check(_));
    let concerns = if looked_over { read.concerns() } else { Vec::new() };
    if asked.json {
        let told: Vec<_> =
            concerns.iter().map(|it| json!({ "line": it.line, "message": it.message })).collect();
        let all = json!({ "file": read.file, "phrases": read.phrases(), "concerns": told });
        printed(&console, [all.to_string()])?;
    } else {
        let mut lines: Vec<String> = Vec::new();
        if !looked_over {
            for phrase in read.phrases() {
                lines.extend(phrase.to_string().lines().map(printable));
            }
        }
        lines.extend(concerns.iter().map(|it| printable(&format!("line {}: {}", it.line, it.message))));
        printed(&console, lines)?;
        match (read.phrases().len(), concerns.len()) {
            (0, _) if read.is_there => console.note(&format!("{} has no phrases", read.file)),
            (0, _) => console.note(&format!("there is no {}; the README shows one", read.file)),
            (count, 0) if looked_over => {
                console.note(&format!(
                    "{}: {}, nothing to tell",
                    read.file,
                    super::kept::counted(count, "phrase")
                ));
            }
            _ => {}
        }
    }
    Ok(if concerns.is_empty() { ANSWERED } else { SOME_FAILED })
}

//! `mynah status`, `mute`, `say` and the others that ask the running daemon, over its control socket.
//!
//! Enters: arguments. Leaves: a short line, or the daemon's own line with `--json`, and an exit code: 0 done, 1 the daemon
//! refused or failed, 2 no daemon. Never here: what a command does.

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use clap::{Args, ValueEnum};
use serde_json::Value;

use super::{ANSWERED, Console, SOME_FAILED, told};
use crate::{
    flow::Fault,
    serve::{Client, Filter, Response, ServeError, Wanted},
    session::Command,
    settings,
    units::Words,
};

/// How long the daemon may take for what is done at once; its own patience with itself is 10 s.
const PATIENCE: Duration = Duration::from_secs(15);

/// Show how the running Mynah stands.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: mynah status --json\n\nExit codes: 0 it runs, 1 it did not answer, 2 none runs."
)]
pub struct StatusArgs {
    /// Print the daemon's own line; config/control.schema.json describes it
    #[arg(long)]
    pub json: bool,
}

/// A command to the running Mynah.
#[derive(Debug, Args)]
pub struct PlainArgs {
    /// Print the daemon's own line; config/control.schema.json describes it
    #[arg(long)]
    pub json: bool,
}

/// Say words aloud.
#[derive(Debug, Args)]
#[command(after_help = "Example: mynah say dinner is ready\n\nReturns when the words were heard.\n\
    Exit codes: 0 said, 1 Mynah refused or failed, 2 none runs.")]
pub struct SayArgs {
    /// The words
    #[arg(required = true)]
    pub words: Vec<String>,
    /// Print the daemon's own line; config/control.schema.json describes it
    #[arg(long)]
    pub json: bool,
}

/// Push-to-talk from a script or a compositor's key binding.
#[derive(Debug, Args)]
#[command(
    after_help = "Example: mynah ptt toggle\n\nBind press to the key's press and release to its release, or toggle to its press.\n\
    Exit codes: 0 done, 1 Mynah refused or did not answer, 2 none runs."
)]
pub struct PttArgs {
    /// What the key does
    pub edge: Edge,
    /// Print the daemon's own line; config/control.schema.json describes it
    #[arg(long)]
    pub json: bool,
}

/// What the key does.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Edge {
    /// It goes down: listen
    Press,
    /// It goes up: answer
    Release,
    /// Listen, or answer what was said so far
    Toggle,
}

/// Follow what the running Mynah does.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  mynah events --json\n  mynah events --only state,turn\n\n\
    The words that are heard and spoken are among the events.\n\
    Exit codes: 0 nobody reads any more, 1 Mynah ended, 2 none runs.")]
pub struct EventsArgs {
    /// Print the daemon's own lines; config/control.schema.json describes them
    #[arg(long)]
    pub json: bool,
    /// Levels of the microphone too, ten a second
    #[arg(long)]
    pub levels: bool,
    /// Only these events
    #[arg(long, value_name = "EVENT", value_delimiter = ',', value_parser = Filter::EVENTS.to_vec())]
    pub only: Option<Vec<String>>,
}

/// Asks the running daemon for `command` and shows its answer.
///
/// # Errors
/// The settings cannot be used, or no daemon runs.
pub fn run(command: Command, json: bool, config: Option<&Path>) -> Result<u8, Fault> {
    with_daemon(config, async |client| {
        let response = client.ask(&Wanted::Command(command), Some(PATIENCE)).await?;
        Ok(show(&response, json.then_some(response.line.as_str())))
    })
}

/// Lets the running daemon say `words`, and waits until they were heard.
///
/// # Errors
/// As [`run`], and there are no words.
pub fn say(args: &SayArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let wanted = Wanted::Command(Command::Say(words(&args.words)?));
    with_daemon(config, async |client| {
        let response = client.ask(&wanted, None).await?;
        Ok(show(&response, args.json.then_some(response.line.as_str())))
    })
}

/// Lets the running daemon answer `words`, and waits until the turn is over. With `json`, a turn's line is printed, as
/// `mynah ask --json` prints it.
///
/// # Errors
/// As [`run`], and there are no words.
pub fn ask(typed: &[String], json: bool, config: Option<&Path>) -> Result<u8, Fault> {
    let wanted = Wanted::Command(Command::Ask(words(typed)?));
    with_daemon(config, async |client| {
        let response = client.ask(&wanted, None).await?;
        let report = response.fields.get("report").filter(|_| json).map(ToString::to_string);
        Ok(show(&response, report.as_deref()))
    })
}

/// The command that [`PttArgs`] mean.
#[must_use]
pub const fn ptt(edge: Edge) -> Command {
    match edge {
        Edge::Press => Command::Press,
        Edge::Release => Command::Release,
        Edge::Toggle => Command::Toggle,
    }
}

fn words(typed: &[String]) -> Result<Words, Fault> {
    let words = Words(typed.join(" "));
    if words.is_blank() {
        return Err(Fault {
            kind: "usage",
            message: "there are no words".into(),
            remedy: "put them behind the command, such as `mynah say dinner is ready`".into(),
        });
    }
    Ok(words)
}

/// Prints what happens until somebody has enough.
///
/// # Errors
/// The settings cannot be used, or no daemon runs.
pub fn events(args: &EventsArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let named = |only: &Vec<String>| {
        Filter::EVENTS.iter().copied().filter(|name| only.iter().any(|it| it == name)).collect()
    };
    let wanted = Wanted::Events(Filter { only: args.only.as_ref().map(named), levels: args.levels });
    with_daemon(config, async |client| {
        let begun = client.ask(&wanted, Some(PATIENCE)).await?;
        if begun.fault().is_some() {
            return Ok(show(&begun, args.json.then_some(begun.line.as_str())));
        }
        let console = Console::new(false);
        while let Some(event) = client.next().await? {
            let line = if args.json { event.line } else { told::event(&event.fields) };
            if let Err(error) = console.answer(&line) {
                return Ok(ended(&console, &error));
            }
        }
        console.fault(&Fault::from(&ServeError::HungUp));
        Ok(SOME_FAILED)
    })
}

/// Connects, and runs `work`. Only where there is no daemon, nothing was done.
fn with_daemon(
    config: Option<&Path>,
    work: impl AsyncFnOnce(&mut Client) -> Result<u8, ServeError>,
) -> Result<u8, Fault> {
    let socket = socket(config)?;
    let runtime = super::runtime()?;
    runtime.block_on(async {
        let mut client = Client::connect(&socket).await.map_err(|error| Fault::from(&error))?;
        Ok(work(&mut client).await.unwrap_or_else(|error| {
            Console::new(false).fault(&Fault::from(&error));
            SOME_FAILED
        }))
    })
}

/// Where the running Mynah is reached. It may have been started before the settings were spoilt, and must be stoppable all
/// the same; then the usual place is as good as any.
fn socket(config: Option<&Path>) -> Result<PathBuf, Fault> {
    let wrong = match settings::load(config, &[]) {
        Ok(settings) => return Ok(settings.socket),
        Err(error) => Fault::from(&error),
    };
    match settings::shipped() {
        Ok(usual) if usual.socket.exists() => {
            Console::new(false).note(&format!("{}; the usual control socket is tried", wrong.message));
            Ok(usual.socket)
        }
        Ok(_) | Err(_) => Err(wrong),
    }
}

/// Shows `response`, as `line` where that is asked for; the exit code it means.
fn show(response: &Response, line: Option<&str>) -> u8 {
    let console = Console::new(false);
    let fault = response.fault();
    let shown = match (line, &fault) {
        (Some(line), _) => console.answer(line),
        (None, Some(fault)) => {
            console.fault(fault);
            Ok(())
        }
        // Done, and there may be nothing to add.
        (None, None) => told::answer(&response.fields).map_or(Ok(()), |text| console.answer(&text)),
    };
    let failed = fault.is_some() || response.fields.pointer("/report/error").is_some_and(Value::is_object);
    match shown {
        Err(error) => ended(&console, &error),
        Ok(()) if failed => SOME_FAILED,
        Ok(()) => ANSWERED,
    }
}

/// The exit code when standard output takes no more: a reader that left has all it wanted.
fn ended(console: &Console, error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return ANSWERED;
    }
    console.fault(&super::unwritable(error));
    SOME_FAILED
}

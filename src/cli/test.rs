//! `mynah test`: plays written conversations, and tells which do not come out as they are written.
//!
//! Enters: arguments. Leaves: a line a scenario on standard output, what differs below it, an exit code. Never here: how a
//! scenario is played; that is [`crate::scenario`]'s.

use std::{fs, io, path::PathBuf, sync::Arc, time::Duration};

use clap::Args;

use super::{ANSWERED, Console, SOME_FAILED, USAGE, unwritable};
use crate::{
    flow::{Fault, Remedy},
    mode::interrupts,
    report::printable,
    scenario::{self, Crew, Ending, Outcome, Scenario, Told},
    session::clock::Clock,
};

/// Play written conversations.
#[derive(Debug, Clone, Args)]
#[command(
    after_help = "Examples:\n  mynah test tests/scenarios\n  mynah test my/scenarios --filter alarm --junit report.xml\n\n\
    A scenario is a TOML file; tests/scenarios/example.toml shows every key. This is a whole one:\n\n  \
    name = \"a timer across a restart\"\n  now = \"2026-11-22T15:42[Europe/Paris]\"\n\n  \
    [[step]]\n  say = \"set a timer for ten minutes\"\n  intent = \"timer.set\"\n  slots = { seconds = 600 }\n  \
    reply = \"Timer set for *.\"\n\n  [[step]]\n  restart = true\n\n  [[step]]\n  pass = \"10 min\"\n  \
    due = [\"Your 10 minute timer is done.\"]\n\n\
    In a reply, * stands for anything. A timer, an alarm or a reminder that falls due while time passes is listed once \
    a step.\nEach scenario has settings, a clock and a store of its own; yours are not touched, \
    and nothing outside of this machine is reached.\n\
    Exit codes: 0 all passed, 1 some did not, 2 usage, or a file that is no scenario.\n\
    With --json every scenario is one line; config/scenario.schema.json describes it."
)]
pub struct TestArgs {
    /// Folders with scenarios, and those below them; or single files
    #[arg(required = true, value_name = "DIR|FILE")]
    pub paths: Vec<PathBuf>,
    /// Print one JSON object a scenario
    #[arg(long, conflicts_with = "list")]
    pub json: bool,
    /// Write the outcomes as JUnit XML
    #[arg(long, value_name = "FILE", conflicts_with = "list")]
    pub junit: Option<PathBuf>,
    /// Only scenarios whose name or file holds all of these words
    #[arg(long, value_name = "WORDS")]
    pub filter: Option<String>,
    /// Show what would be played, and play nothing
    #[arg(long)]
    pub list: bool,
    /// How many at once [default: as many as there are cores]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: Option<u16>,
    /// After how many seconds a scenario counts as hung
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u16).range(1..=3600))]
    pub deadline: u16,
    /// The speech model for recordings: a name from `mynah models list`, or a file [default: the built-in one]
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
}

/// Plays what was asked for.
///
/// # Errors
/// What makes the whole run impossible; the exit code is then [`USAGE`].
pub fn run(args: &TestArgs) -> Result<u8, Fault> {
    let console = Console::new(false);
    let scenarios = match scenario::load(&args.paths) {
        Ok(scenarios) => scenarios,
        Err(wrong) => {
            for error in &wrong {
                console.fault(&Fault {
                    kind: error.kind(),
                    message: error.to_string(),
                    remedy: error.remedy(),
                });
            }
            return Ok(USAGE);
        }
    };
    let chosen: Vec<Scenario> =
        scenarios.into_iter().filter(|one| fits(one, args.filter.as_deref())).collect();
    if chosen.is_empty() {
        return Err(Fault {
            kind: "no_scenario",
            message: format!(
                "no scenario's name or file holds {:?}",
                args.filter.as_deref().unwrap_or_default()
            ),
            remedy: "look at their names with --list".into(),
        });
    }
    if args.list {
        return list(&chosen, &console);
    }
    play(args, chosen, &console)
}

fn fits(scenario: &Scenario, words: Option<&str>) -> bool {
    let text = format!("{} {}", scenario.name, scenario.path.display()).to_lowercase();
    words.unwrap_or_default().to_lowercase().split_whitespace().all(|word| text.contains(word))
}

fn list(scenarios: &[Scenario], console: &Console) -> Result<u8, Fault> {
    for one in scenarios {
        let line = format!("{}:{}: {}", one.path.display(), one.line, one.name);
        match console.answer(&printable(&line)) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(unwritable(&error)),
        }
    }
    Ok(ANSWERED)
}

fn play(args: &TestArgs, scenarios: Vec<Scenario>, console: &Console) -> Result<u8, Fault> {
    let (clock, all) = (Clock::new(), scenarios.len());
    let runtime = super::runtime()?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let crew = Crew {
        jobs: args.jobs.map_or(cores, usize::from),
        deadline: Duration::from_secs(args.deadline.into()),
        model: args.model.clone(),
        // Hundreds of scenarios would tell the same.
        note: Arc::new(|line| tracing::info!("{line}")),
    };
    let bar = console.progress();
    let mut outcomes: Vec<Outcome> = Vec::new();
    let mut unwritten = None;
    let mut tell = |told: Told| match told {
        Told::Began(name) => {
            bar.set_message(format!("{} of {all}: {}", outcomes.len() + 1, printable(&name)));
            bar.tick();
        }
        Told::Over(outcome) => {
            let shown = if args.json { scenario::line(&outcome) } else { paragraph(&outcome) };
            if unwritten.is_none()
                && let Err(error) = console.answer(&shown)
            {
                unwritten = Some(error);
            }
            outcomes.push(outcome);
        }
    };
    let whole = runtime.block_on(crew.play(scenarios, interrupts(), &mut tell));
    // A scenario that hangs must not hold the process either.
    runtime.shutdown_background();
    let whole = whole?;
    outcomes.sort_by(|one, other| (&one.file, one.line).cmp(&(&other.file, other.line)));
    if let Some(path) = &args.junit {
        fs::write(path, scenario::junit(&outcomes, clock.elapsed_ms()))
            .map_err(|error| unwritable(&error))?;
    }
    let passed = outcomes.iter().filter(|one| one.outcome == Ending::Passed).count();
    let unplayed = all - outcomes.len();
    console.beside(&summary(all, passed, unplayed, clock.elapsed_ms()));
    match unwritten {
        // A reader that left early has all it wanted.
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => return Err(unwritable(&error)),
        _ => {}
    }
    Ok(if whole && passed == all { ANSWERED } else { SOME_FAILED })
}

/// An outcome as a person reads it.
fn paragraph(outcome: &Outcome) -> String {
    let word = match outcome.outcome {
        Ending::Passed => "passed",
        Ending::Failed => "FAILED",
        Ending::Hung => "HUNG",
    };
    let mut lines = vec![format!("{word}  {} ({} ms)", printable(&outcome.name), outcome.ms)];
    lines.extend(outcome.failures.iter().map(|it| format!("  {}", printable(&scenario::told(outcome, it)))));
    lines.join("\n")
}

fn summary(all: usize, passed: usize, unplayed: usize, ms: u64) -> String {
    let mut parts = vec![format!("{passed} of {all} scenarios passed")];
    if passed + unplayed < all {
        parts.push(format!("{} did not", all - passed - unplayed));
    }
    if unplayed > 0 {
        parts.push(format!("{unplayed} were not played to their end"));
    }
    parts.push(format!("{}.{} s", ms / 1_000, ms / 100 % 10));
    parts.join(", ")
}

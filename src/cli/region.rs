//! `mynah region`: which rules hold, why, and what they allow.
//!
//! Enters: arguments. Leaves: text, or one JSON object, and an exit code. Never here: a verdict; those are
//! [`crate::policy`]'s.

use std::{io, path::Path};

use clap::{Args, Subcommand};
use url::Url;

use super::{
    ANSWERED, Console, SOME_FAILED, declare,
    verdicts::{self, Sight},
};
use crate::{
    flow::Fault,
    policy::lint::{self, Severity},
    report::printable,
    session::clock,
    settings::{self, Flag, Settings},
};

/// Show which rules hold, and change where you live.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "Examples:\n  mynah region\n  mynah region explain\n  mynah region explain --json | jq '.verdicts[] | select(.allowed)'\n  \
    mynah region set DE\n  mynah region set EU --travelling\n  mynah region check https://api.eu.mistral.ai/v1\n  mynah region lint\n\n\
    The rules are engineering care, not legal advice. config/region.schema.json describes the JSON.\n\
    Exit codes: 0 done, 1 the URL is not reached, or what was asked failed, 2 usage or configuration."
)]
pub struct RegionArgs {
    /// What to do; without it, show
    #[command(subcommand)]
    pub command: Option<RegionCommand>,
    /// What is shown
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum RegionCommand {
    /// Show the region in force, why it is that one, and whom it lets be asked
    #[command(after_help = "Example: mynah region show --json")]
    Show(ShownArgs),
    /// Show every input, and the verdict for each capability of each endpoint with its reason
    #[command(after_help = "Examples:\n  mynah region explain\n  mynah region explain --region US\n\n\
        Inputs answer pass, absent or conflicting; one that does not count is shown all the same.")]
    Explain(ShownArgs),
    /// Say where you live
    #[command(
        after_help = "Examples:\n  mynah region set DE\n  mynah region set EU --travelling --yes\n  mynah region set offline\n\n\
        It is written into the settings file. What lets more leave than before is asked about, and recorded in the ledger \
        first; what lets less leave holds at once. A running Mynah gives up what it is asking, forgets the conversation and \
        takes the new rules."
    )]
    Set(SetArgs),
    /// Tell whether, as what and why anything could ever be asked at a URL
    #[command(after_help = "Example: mynah region check https://api.openai.com/v1/chat/completions\n\n\
        Exit codes: 0 it could, 1 it could not, 2 usage.")]
    Check(CheckArgs),
    /// Look through the rules for what is old, unproven or at odds with itself
    #[command(after_help = "Example: mynah region lint\n\n\
        The rules are those in force: the shipped ones, with your own regions.user.toml.\n\
        Exit codes: 0 no errors, 1 errors, 2 configuration.")]
    Lint,
}

/// What is shown.
#[derive(Debug, Clone, Args)]
pub struct ShownArgs {
    /// As if this were declared
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Print one JSON object
    #[arg(long)]
    pub json: bool,
}

/// Where you live.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// CN, US, EU, a country code, or offline
    pub region: String,
    /// The machine's time zone may be another one: you are away from home
    #[arg(long)]
    pub travelling: bool,
    /// Do not ask
    #[arg(long, short)]
    pub yes: bool,
}

/// What to check.
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// The URL
    pub url: String,
    /// What is shown
    #[command(flatten)]
    pub shown: ShownArgs,
}

/// Carries out `mynah region`.
///
/// # Errors
/// The settings cannot be used, or what was typed means nothing.
pub fn run(args: &RegionArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let load = |shown: &ShownArgs| {
        let flag =
            shown.region.iter().map(|value| Flag { key: "region", name: "--region", value: value.clone() });
        settings::load(config, &flag.collect::<Vec<_>>()).map_err(|error| Fault::from(&error))
    };
    match &args.command {
        None => show(&load(&args.shown)?, &args.shown, false),
        Some(RegionCommand::Show(shown)) => show(&load(shown)?, shown, false),
        Some(RegionCommand::Explain(shown)) => show(&load(shown)?, shown, true),
        Some(RegionCommand::Set(set)) => declare::run(set, config),
        Some(RegionCommand::Check(check)) => check_url(check, &load(&check.shown)?),
        Some(RegionCommand::Lint) => lint(config),
    }
}

fn show(settings: &Settings, shown: &ShownArgs, whole: bool) -> Result<u8, Fault> {
    let sight = Sight::of(settings);
    print(&if shown.json { sight.json(whole) } else { sight.text(whole) })?;
    Ok(ANSWERED)
}

/// Prints what is found in the rules in force.
fn lint(config: Option<&Path>) -> Result<u8, Fault> {
    let settings = settings::load(config, &[]).map_err(|error| Fault::from(&error))?;
    if let Some(fault) = settings.wrong_rules {
        return Err(fault);
    }
    let found = lint::lint(&settings.rules, clock::month());
    let errors = found.iter().filter(|finding| finding.severity == Severity::Error).count();
    let mut lines: Vec<String> = found
        .iter()
        .map(|finding| match finding.severity {
            Severity::Error => format!("error: {finding}"),
            Severity::Warning => format!("warning: {finding}"),
        })
        .map(|line| printable(&line))
        .collect();
    lines.push(format!("errors: {errors}, warnings: {}", found.len() - errors));
    print(&lines.join("\n"))?;
    Ok(if errors == 0 { ANSWERED } else { SOME_FAILED })
}

fn check_url(args: &CheckArgs, settings: &Settings) -> Result<u8, Fault> {
    let url = Url::parse(&args.url).ok().filter(Url::has_host).ok_or_else(|| Fault {
        kind: "usage",
        message: format!("`{}` is no URL with a host", args.url),
        remedy: "write it whole, such as https://api.eu.mistral.ai/v1".into(),
    })?;
    let reach = verdicts::reach(settings, &url);
    let text = if args.shown.json {
        verdicts::reach_json(settings, &url, &reach)
    } else {
        verdicts::reach_text(settings, &url, &reach)
    };
    print(&text)?;
    Ok(if reach.refusal.is_none() { ANSWERED } else { SOME_FAILED })
}

/// Prints `text`. A reader that left early has all it wanted.
pub(super) fn print(text: &str) -> Result<(), Fault> {
    match Console::new(false).answer(text.trim_end()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(super::unwritable(&error)),
        Ok(()) | Err(_) => Ok(()),
    }
}

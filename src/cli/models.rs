//! `mynah models`: list, fetch, import, verify, path.
//!
//! Enters: what was typed, and a [`ModelsContext`] of settings already read. Leaves: lines on the writer that was passed
//! in; progress goes to stderr where that is a terminal. Never here: a rule about models, which live in
//! [`crate::models`].

use std::{
    io::{self, Write},
    path::PathBuf,
};

use clap::{Args, Subcommand};
use indicatif::{DecimalBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use url::Url;

use crate::{
    egress::{Door, EgressError},
    flow::{Language, Remedy},
    models::{
        self, Checked, Choice, Fetched, Library, Listed, ModelsError, Presence, Step, approved_mirrors,
    },
    policy::{Region, Rules},
    session::clock,
};

/// Speech models: which there are, and getting one here.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Example: mynah models fetch base")]
pub struct ModelsArgs {
    /// Where you are: CN, US, EU, a country code, or offline
    #[arg(long, global = true, value_name = "REGION")]
    pub region: Option<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: ModelsCommand,
}

/// What to do with speech models.
#[derive(Debug, Clone, Subcommand)]
pub enum ModelsCommand {
    /// Show every model: size, languages, whether it is here, which one answers
    #[command(after_help = "Example: mynah models list")]
    List,
    /// Fetch a model from a mirror that your region approves; goes on where an earlier fetch stopped
    #[command(after_help = "Example: mynah models fetch base")]
    Fetch {
        /// The model, as `mynah models list` names it
        name: String,
    },
    /// Copy a model file you already have into the model directory
    #[command(after_help = "Example: mynah models import ~/Downloads/ggml-base.bin")]
    Import {
        /// A whisper.cpp model in ggml format
        file: PathBuf,
    },
    /// Check the models that are here, byte for byte
    #[command(after_help = "Example: mynah models verify\n         mynah models verify base tiny.en")]
    Verify {
        /// Only these models
        names: Vec<String>,
    },
    /// Print the model directory, or where a model's file is
    #[command(after_help = "Example: ls -l \"$(mynah models path)\"")]
    Path {
        /// The model, by name
        name: Option<String>,
    },
}

/// What the settings say, for [`run`].
pub struct ModelsContext<'a> {
    /// The models on this machine.
    pub library: Library<'a>,
    /// The model that the settings name, if they name one.
    pub selected: Option<&'a str>,
    /// The language that the settings name; `None` where it is detected.
    pub language: Option<&'a Language>,
    /// The region rules.
    pub rules: &'a Rules,
    /// The user's region.
    pub region: &'a Region,
    /// A mirror on this machine that the settings name instead of the region's.
    pub mirror: Option<&'a Url>,
    /// Opens the way out. Called by `fetch` alone: the rest works where the ledger cannot be written.
    pub open_door: &'a (dyn Fn() -> Result<Door, EgressError> + Sync),
    /// No progress on stderr.
    pub quiet: bool,
}

/// Carries out `args`. Whether all went well; `false` means that a model did not pass `verify`.
///
/// # Errors
/// As the functions of [`crate::models`], or `out` cannot be written.
pub async fn run(
    args: &ModelsArgs,
    context: &ModelsContext<'_>,
    out: &mut (dyn Write + Send),
) -> Result<bool, ModelsError> {
    let library = &context.library;
    let bar = progress_bar(context.quiet);
    let done = match &args.command {
        ModelsCommand::List => {
            let listed = library.list()?;
            let active = library.choose(context.selected, context.language);
            print_list(&listed, &active, out).map(|()| true)
        }
        ModelsCommand::Fetch { name } => {
            let model = library.manifest().find(name)?;
            let door = (context.open_door)().map_err(|error| ModelsError::MirrorRefused {
                reason: format!("{error}; {}", error.remedy()),
            })?;
            let mirrors =
                approved_mirrors(context.rules, context.region, context.mirror, &door, clock::month());
            let result =
                models::fetch(model, library.directory(), &mirrors, &mut |step| show(&bar, step)).await;
            bar.finish_and_clear();
            let Fetched { path, mirror, .. } = result?;
            let whence = mirror.map_or_else(|| "already here".to_owned(), |id| format!("from {id}"));
            let size = DecimalBytes(model.bytes);
            writeln!(out, "{name}: {size}, {whence}, checksum right: {}", path.display()).map(|()| true)
        }
        ModelsCommand::Import { file } => {
            let result =
                models::import(library, file, &mut |done, total| measure(&bar, "copying", done, total));
            bar.finish_and_clear();
            let made = result?;
            let origin =
                if made.official { "official, checksum right" } else { "imported, unverified origin" };
            writeln!(out, "{}: {origin}: {}", made.name, made.path.display()).map(|()| true)
        }
        ModelsCommand::Verify { names } => {
            let result = verify(library, names, &bar);
            bar.finish_and_clear();
            print_verdicts(&result?, out)
        }
        ModelsCommand::Path { name: None } => {
            writeln!(out, "{}", library.directory().display()).map(|()| true)
        }
        ModelsCommand::Path { name: Some(name) } => {
            writeln!(out, "{}", library.resolve(name)?.path.display()).map(|()| true)
        }
    };
    done.and_then(|all_good| out.flush().map(|()| all_good)).map_err(|source| ModelsError::Output { source })
}

fn print_list(
    listed: &[Listed],
    active: &Result<Choice, ModelsError>,
    out: &mut (dyn Write + Send),
) -> io::Result<()> {
    let answers = |model: &Listed| active.as_ref().is_ok_and(|choice| choice.path == model.path);
    let rows = listed.iter().map(|model| {
        [
            model.name.clone(),
            DecimalBytes(model.bytes).to_string(),
            model.memory_mb.map_or_else(|| "?".to_owned(), |mb| format!("{mb} MB")),
            model.languages.to_string(),
            if answers(model) { "active".to_owned() } else { state_of(model) },
            model.note.clone(),
        ]
    });
    let head = ["NAME", "SIZE", "MEMORY", "LANGUAGES", "STATE", "NOTE"].map(str::to_owned);
    let rows: Vec<[String; 6]> = [head].into_iter().chain(rows).collect();
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: [usize; 5] = std::array::from_fn(width);
    for [name, size, memory, languages, state, note] in &rows {
        let [n, s, m, l, t] = widths;
        let line = format!("{name:n$}  {size:>s$}  {memory:>m$}  {languages:l$}  {state:t$}  {note}");
        writeln!(out, "{}", line.trim_end())?;
    }
    match active {
        Ok(choice) if !listed.iter().any(answers) => writeln!(out, "\nactive: {}", choice.path.display()),
        Ok(_) => Ok(()),
        Err(error) => writeln!(out, "\nno model answers: {error}\n{}", error.remedy()),
    }
}

fn state_of(model: &Listed) -> String {
    match model.presence {
        Presence::Present => "here".to_owned(),
        Presence::Absent => "-".to_owned(),
        Presence::Partial { bytes } => format!("{} so far", DecimalBytes(bytes)),
        Presence::WrongSize { bytes } => format!("damaged ({})", DecimalBytes(bytes)),
    }
}

fn verify(library: &Library<'_>, names: &[String], bar: &ProgressBar) -> Result<Vec<Checked>, ModelsError> {
    if names.is_empty() {
        return models::verify_all(library, &mut |name, done, total| measure(bar, name, done, total));
    }
    names
        .iter()
        .map(|name| models::verify_one(library, name, &mut |done, total| measure(bar, name, done, total)))
        .collect()
}

fn print_verdicts(checked: &[Checked], out: &mut (dyn Write + Send)) -> io::Result<bool> {
    let width = checked.iter().map(|model| model.name.chars().count()).max().unwrap_or_default();
    for Checked { name, path, verdict } in checked {
        writeln!(out, "{name:width$}  {verdict}  ({})", path.display())?;
    }
    if checked.is_empty() {
        writeln!(out, "no model is here")?;
    }
    Ok(checked.iter().all(|model| model.verdict.is_good()))
}

fn progress_bar(quiet: bool) -> ProgressBar {
    // indicatif draws nothing where stderr is no terminal.
    let target = if quiet { ProgressDrawTarget::hidden() } else { ProgressDrawTarget::stderr() };
    let style = ProgressStyle::with_template(
        "{msg:12} {wide_bar} {decimal_bytes}/{decimal_total_bytes} {decimal_bytes_per_sec} {eta}",
    )
    .expect("the template is fixed and names only indicatif's own keys");
    ProgressBar::with_draw_target(None, target).with_style(style)
}

fn show(bar: &ProgressBar, step: Step<'_>) {
    match step {
        Step::Begun { mirror, from } => {
            bar.set_message(mirror.to_owned());
            bar.set_position(from);
            // What was here already says nothing about the speed of the line.
            bar.reset_eta();
        }
        Step::Received { done, total } => {
            bar.set_length(total);
            bar.set_position(done);
        }
        Step::Passed { why } => bar.suspend(|| tracing::warn!("mirror passed over: {why}")),
        Step::Checking { done, total } => measure(bar, "checking", done, total),
    }
}

fn measure(bar: &ProgressBar, what: &str, done: u64, total: u64) {
    if bar.message() != what {
        bar.reset();
        bar.set_message(what.to_owned());
    }
    bar.set_length(total);
    bar.set_position(done);
}

#[cfg(test)]
mod tests {
    use std::fs;

    use clap::{CommandFactory, Parser};

    use super::*;
    use crate::models::Manifest;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        args: ModelsArgs,
    }

    #[test]
    fn every_command_has_help_with_an_example() {
        let mut command = Typed::command();
        command.build();
        command.clone().debug_assert();
        for sub in command.get_subcommands_mut().filter(|sub| sub.get_name() != "help") {
            let help = sub.render_long_help().to_string();
            assert!(help.contains("Example: "), "{help}");
            assert!(sub.get_about().is_some(), "{help}");
        }
        assert!(matches!(
            Typed::try_parse_from(["models", "verify", "base"]).unwrap().args.command,
            ModelsCommand::Verify { names } if names == ["base"]
        ));
        assert!(Typed::try_parse_from(["models", "fetch"]).is_err());
    }

    fn told(library: &Library<'_>, selected: Option<&str>) -> String {
        let mut out = Vec::new();
        let active = library.choose(selected, None);
        print_list(&library.list().unwrap(), &active, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn the_list_shows_state_and_what_answers() {
        let dir = tempfile::tempdir().unwrap();
        let library = Library::new(Manifest::shipped(), dir.path().to_owned());
        let list = told(&library, None);
        assert_eq!(
            list.lines().filter(|line| line.contains("MB") || line.contains("GB")).count(),
            26,
            "{list}"
        );
        assert!(list.lines().any(|line| line.contains("builtin-en") && line.contains("active")), "{list}");

        fs::File::create(dir.path().join("ggml-base.bin")).unwrap().set_len(147_951_465).unwrap();
        fs::write(dir.path().join("ggml-tiny.bin.part"), [0; 2_000]).unwrap();
        let list = told(&library, None);
        let state = |name: &str| {
            let row = list.lines().find(|line| line.split_whitespace().next() == Some(name)).unwrap();
            row.split("  ").filter(|cell| !cell.trim().is_empty()).nth(4).unwrap().trim().to_owned()
        };
        assert_eq!(
            (state("base"), state("tiny"), state("small")),
            ("active".into(), "2.00 kB so far".into(), "-".into())
        );
        assert!(told(&library, Some("small")).contains("no model answers: the speech model small is not at"));
        assert!(told(&library, Some("smal")).contains("the nearest name is \"small\""));
    }
}

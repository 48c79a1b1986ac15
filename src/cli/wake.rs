//! `mynah wake`: trains the wake phrase with the user's own voice, and tests it over recordings.
//!
//! Enters: arguments. Leaves: figures on standard output, a plot where one is asked for, an exit code. Never here: a rule
//! for waking; those are [`crate::understand`]'s and [`crate::listen`]'s.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand};
use serde::Serialize;

use super::{ANSWERED, Console, SOME_FAILED, unwritable};
use crate::{
    flow::Fault,
    listen::{Samples, samples::WANTED},
    mode::{
        det,
        train::{self, Training},
        trial::{self, Figure, Trial, Tried},
    },
    settings::{self, Flag, Settings},
    source::{Microphone, MicrophoneOptions},
    units::f64_to_count,
};

/// The wake phrase: trained with your voice, and tested.
#[derive(Debug, Clone, Args)]
#[command(after_help = "Examples:\n  mynah wake train\n  mynah wake test recordings/ --plot det.svg")]
pub struct WakeArgs {
    /// What to do
    #[command(subcommand)]
    pub command: WakeCommand,
}

/// What to do with the wake phrase.
#[derive(Debug, Clone, Subcommand)]
pub enum WakeCommand {
    /// Learn how you say the wake phrase, from three samples of it
    #[command(after_help = "Examples:\n  mynah wake train\n  mynah wake train one.wav two.wav three.wav\n\n\
        Without files it listens to the microphone and asks for one sample after the other; one that does not fit is \
        asked for again. Say the phrase alone, as you always will, in a quiet room. A running Mynah learns of it when it is reloaded.\n\
        What is kept are features in a file only you can read (wake.samples), no sound. Remove the file to forget them.")]
    Train {
        /// Recordings of the wake phrase alone, one in each, at least three; without, the microphone is heard
        #[arg(num_args = 0..=10, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Count misses and false alarms over a folder of recordings
    #[command(after_help = "Example: mynah wake test recordings/ --plot det.svg\n\n\
        The folder holds recordings with the wake phrase in positive/ and others, the longer the better, in negative/; or \
        all of them together, those with the phrase named wake*.\n\
        Exit codes: 0 all recordings were read, 1 some were not, 2 usage or configuration.")]
    Test {
        /// The folder
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
        /// Write misses against false alarms as an SVG
        #[arg(long, value_name = "FILE")]
        plot: Option<PathBuf>,
        /// The speech model: a name from `mynah models list`, or a file
        #[arg(long, value_name = "MODEL")]
        model: Option<String>,
    },
}

/// What `mynah wake test --json` prints.
#[derive(Debug, Serialize)]
struct Report<'a> {
    phrases: &'a [String],
    /// The sensitivity in force, which the lists below belong to.
    sensitivity: f32,
    positive_recordings: usize,
    negative_hours: f64,
    figures: &'a [Figure],
    missed: Vec<String>,
    false_accepts: Vec<Woken>,
}

#[derive(Debug, Serialize)]
struct Woken {
    recording: String,
    at_ms: u64,
}

/// Carries out `mynah wake`.
///
/// # Errors
/// What makes the whole run impossible; the exit code is then [`super::USAGE`].
pub fn run(args: &WakeArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let model = match &args.command {
        WakeCommand::Test { model, .. } => model.as_ref(),
        WakeCommand::Train { .. } => None,
    };
    let flags: Vec<Flag> = model
        .map(|value| Flag { key: "transcribe.model", name: "--model", value: value.clone() })
        .into_iter()
        .collect();
    let settings = settings::load(config, &flags).map_err(|error| Fault::from(&error))?;
    match &args.command {
        WakeCommand::Train { files } => Ok(learn(files, &settings)),
        WakeCommand::Test { folder, json, plot, .. } => test(folder, *json, plot.as_deref(), &settings),
    }
}

fn learn(files: &[PathBuf], settings: &Settings) -> u8 {
    let console = Console::new(false);
    let training = Training::new(settings);
    let learnt =
        if files.is_empty() { spoken(&training, settings, &console) } else { recorded(&training, files) };
    match learnt.and_then(|samples| train::keep(&samples, &settings.wake_samples)) {
        Ok(path) => said(&console, &[format!("learnt, and kept in {}", path.display())]),
        Err(fault) => {
            console.fault(&fault);
            SOME_FAILED
        }
    }
}

/// Asks the user for samples.
fn spoken(training: &Training, settings: &Settings, console: &Console) -> Result<Samples, Fault> {
    let mut microphone = Microphone::open(MicrophoneOptions { devices: settings.microphones.clone() });
    let phrase = settings.wake_phrases.first().map_or("", String::as_str);
    training.of_capture(&mut microphone, &mut |number, why| {
        let again = why.map(|why| format!("{why}. ")).unwrap_or_default();
        console.note(&format!("{again}Say \"{phrase}\" now ({number} of {WANTED})."));
    })
}

/// Takes the samples from `files`.
fn recorded(training: &Training, files: &[PathBuf]) -> Result<Samples, Fault> {
    let names: Vec<String> = files.iter().map(|path| path.display().to_string()).collect();
    files.iter().map(|path| training.of_file(path)).collect::<Result<Vec<_>, _>>().and_then(|sounds| {
        let sounds: Vec<&[f32]> = sounds.iter().map(|sound| &sound[..]).collect();
        Samples::learn(&sounds).map_err(|unfit| train::told(unfit, &names))
    })
}

fn test(folder: &Path, json: bool, plot: Option<&Path>, settings: &Settings) -> Result<u8, Fault> {
    let console = Console::new(json);
    let cases = trial::cases(folder)?;
    let mut trial = Trial::new(settings, &|line| console.note(line))?;
    let bar = console.progress();
    let mut tried: Vec<Tried> = Vec::new();
    let mut failed = false;
    for case in cases {
        bar.set_message(case.path.display().to_string());
        bar.tick();
        match trial.hear(case) {
            Ok(one) => tried.push(one),
            Err(fault) => {
                failed = true;
                console.fault(&fault);
            }
        }
    }
    let judged = |sensitivity| trial::woken(&tried, settings, sensitivity);
    let figures: Vec<Figure> = trial::SENSITIVITIES
        .iter()
        .map(|at| judged(*at).map(|woken| trial::figure(&tried, &woken, *at)))
        .collect::<Result<_, _>>()?;
    if let Some(path) = plot {
        fs::write(path, det::svg(&figures)).map_err(|error| unwritable(&error))?;
    }
    let woken = judged(settings.wake_sensitivity)?;
    let name = |one: &Tried| one.case.path.display().to_string();
    let report = Report {
        phrases: &settings.wake_phrases,
        sensitivity: settings.wake_sensitivity,
        positive_recordings: tried.iter().filter(|one| one.case.wanted).count(),
        negative_hours: trial::negative_hours(&tried),
        figures: &figures,
        missed: tried
            .iter()
            .zip(&woken)
            .filter(|(one, at)| one.case.wanted && at.is_empty())
            .map(|(one, _)| name(one))
            .collect(),
        false_accepts: tried
            .iter()
            .zip(&woken)
            .filter(|(one, _)| !one.case.wanted)
            .flat_map(|(one, at)| at.iter().map(|at| Woken { recording: name(one), at_ms: at.ms() }))
            .collect(),
    };
    let lines = if json { vec![line(&report)?] } else { table(&report) };
    let written = said(&console, &lines);
    Ok(if failed { SOME_FAILED } else { written })
}

fn line(report: &Report<'_>) -> Result<String, Fault> {
    serde_json::to_string(report).map_err(|error| unwritable(&io::Error::from(error)))
}

fn table(report: &Report<'_>) -> Vec<String> {
    let mut lines = vec![
        format!(
            "{} recordings with the wake phrase, {:.2} hours of others",
            report.positive_recordings, report.negative_hours
        ),
        "sensitivity   missed   false alarms   an hour".to_owned(),
    ];
    for one in report.figures {
        let missed = one.false_rejects.map_or("-".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let an_hour = one.false_accepts_an_hour.map_or("-".to_owned(), |rate| format!("{rate:.2}"));
        let here =
            if (one.sensitivity - report.sensitivity).abs() < 0.001 { "  <- wake.sensitivity" } else { "" };
        lines.push(format!(
            "{:>11.2}{missed:>9}{:>15}{an_hour:>10}{here}",
            one.sensitivity, one.false_accepts
        ));
    }
    lines.extend(report.missed.iter().map(|name| format!("missed: {name}")));
    lines.extend(report.false_accepts.iter().map(|woken| {
        let seconds = f64_to_count(f64::from(u32::try_from(woken.at_ms / 1_000).unwrap_or(u32::MAX)));
        format!("false alarm: {} at {}:{:02}", woken.recording, seconds / 60, seconds % 60)
    }));
    lines
}

/// Prints `lines`; a reader that left early has all it wanted.
fn said(console: &Console, lines: &[String]) -> u8 {
    for line in lines {
        match console.answer(line) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => {
                console.fault(&unwritable(&error));
                return SOME_FAILED;
            }
        }
    }
    ANSWERED
}

//! `mynah ask`: answers typed words or recordings, one turn after the other.
//!
//! Enters: arguments. Leaves: a turn's report a line or a paragraph on standard output, everything else on standard error.
//! Never here: a second pipeline; [`crate::mode::Headless`] joins the rooms.

use std::{
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    sync::Arc,
};

use clap::Args;

use super::{ANSWERED, Console, SOME_FAILED, STUCK, control, runtime};
use crate::{
    flow::Fault,
    mode::{Headless, Input},
    report::{self, TurnReport},
    serve::Client,
    session::{self, Ended},
    settings::{self, Flag},
    source,
};

/// Answer typed words or recordings.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mynah ask what time is it\n  mynah ask --audio question.wav --out replies\n  \
    mynah ask --audio recordings/ --json > turns.jsonl\n  arecord -d 4 -f S16_LE -r 16000 | mynah ask --audio -\n  \
    mynah ask --running what time is it\n\n\
    Exit codes: 0 all turns answered, 1 some failed, 2 usage or configuration.\n\
    With --json every turn is one line; config/turn.schema.json describes it."
)]
pub struct AskArgs {
    /// The words; "-" reads lines from standard input, a turn each
    #[arg(required_unless_present = "audio", conflicts_with = "audio", allow_negative_numbers = true)]
    pub words: Vec<String>,
    /// Let the running Mynah answer the words, aloud
    #[arg(long, conflicts_with_all = ["audio", "out", "quiet", "region", "wake", "language", "model"])]
    pub running: bool,
    /// Recordings (WAV, FLAC, MP3, Ogg Vorbis, M4A/AAC), folders of them, or "-" for standard input
    #[arg(long, num_args = 1.., value_name = "FILE|DIR|-")]
    pub audio: Vec<PathBuf>,
    /// Print one JSON object a turn
    #[arg(long)]
    pub json: bool,
    /// Write each spoken reply into this folder: turn-0001.wav and so on, replacing what has that name
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Play nothing, show no progress: the answers alone
    #[arg(long, short)]
    pub quiet: bool,
    /// Where you are: CN, US, EU, a country code, or offline
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Answer only what follows the wake phrase
    #[arg(long)]
    pub wake: bool,
    /// The language spoken: auto, en, zh, ...
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// The speech model: a name from `mynah models list`, or a file
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
}

/// Answers everything asked for.
///
/// # Errors
/// What makes the whole run impossible; the exit code is then [`super::USAGE`].
pub fn run(args: AskArgs, config: Option<&Path>) -> Result<u8, Fault> {
    if args.running {
        return control::ask(&args.words, args.json, config);
    }
    let settings = settings::load(config, &flags(&args)).map_err(|error| Fault::from(&error))?;
    let console = Arc::new(Console::new(args.quiet));
    let inputs = inputs(&args)?;
    let (bar, notes) = (console.progress(), console.clone());
    let (region, rules) = (settings.region.clone(), settings.rules.clone());
    let (again, flags) = (config.map(Path::to_owned), flags(&args));
    let unchanged = move || {
        settings::load(again.as_deref(), &flags)
            .is_ok_and(|now| now.region == region && now.rules.text() == rules.text())
    };
    let runtime = runtime::beside()?;
    let (handle, socket) = (runtime.handle().clone(), settings.socket.clone());
    let job = Headless {
        inputs,
        running: Box::new(move || handle.block_on(Client::connect(&socket)).is_ok()),
        unchanged: Box::new(unchanged),
        wake: args.wake,
        out: args.out.clone(),
        play: !args.quiet,
        screen: io::stdout().is_terminal(),
        progress: Arc::new(move |name, at| {
            bar.set_message(format!("{name}: {} s heard", at.ms() / 1_000));
            bar.tick();
        }),
        note: Arc::new(move |line| notes.note(line)),
    };
    let mut failed = false;
    let mut tell = |turn: &TurnReport| {
        failed |= turn.error.is_some();
        let line = if args.json {
            report::line(turn)
        } else if args.quiet {
            report::brief(turn)
        } else {
            report::paragraph(turn)
        };
        if args.quiet && !args.json {
            // The answer stands alone on standard output; what must be told goes beside it.
            report::disclosure(turn).into_iter().for_each(|line| console.beside(&line));
        }
        match console.answer(&line) {
            Ok(()) => true,
            // A reader that left early (`mynah ask ... | head -1`) has all it wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => false,
            Err(error) => {
                failed = true;
                console.fault(&super::unwritable(&error));
                false
            }
        }
    };
    let ended = runtime.block_on(async {
        let parts = job.build(settings)?;
        session::run(parts, &mut tell).await.map_err(|error| Fault::system("start a thread", &error))
    });
    // A room that would not stop must not hold the process either.
    runtime.shutdown_background();
    Ok(match (ended?, failed) {
        (Ended { in_time: false, .. }, _) => STUCK,
        (_, true) => SOME_FAILED,
        (_, false) => ANSWERED,
    })
}

fn flags(args: &AskArgs) -> Vec<Flag> {
    let given = [
        ("region", "--region", &args.region),
        ("language", "--language", &args.language),
        ("transcribe.model", "--model", &args.model),
    ];
    given
        .into_iter()
        .filter_map(|(key, name, value)| value.clone().map(|value| Flag { key, name, value }))
        .collect()
}

fn inputs(args: &AskArgs) -> Result<Vec<Input>, Fault> {
    if args.audio.is_empty() {
        let words = args.words.join(" ");
        return match words.trim() {
            "-" => Ok(vec![Input::Lines]),
            "" => Err(Fault {
                kind: "usage",
                message: "there are no words to answer".into(),
                remedy: "put the question behind `mynah ask`, or a recording behind --audio".into(),
            }),
            words => Ok(vec![Input::Line(words.to_owned())]),
        };
    }
    let piped = Path::new("-");
    if args.audio.iter().filter(|path| *path == piped).count() > 1 {
        return Err(Fault {
            kind: "usage",
            message: "--audio names standard input (-) more than once".into(),
            remedy: "name it once".into(),
        });
    }
    let mut inputs = Vec::new();
    for path in &args.audio {
        if path == piped {
            inputs.push(Input::Pipe);
            continue;
        }
        match source::expand(path) {
            Ok(files) => inputs.extend(files.into_iter().map(Input::File)),
            Err(error) => inputs.push(Input::Missing(path.display().to_string(), Fault::from(&error))),
        }
    }
    Ok(inputs)
}

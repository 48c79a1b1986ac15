//! `mynah run`: the live assistant, in a terminal or under a service manager.
//!
//! Enters: arguments. Leaves: what happens on standard output, and an exit code; a session that asks for it is followed by
//! another with settings read anew. Never here: a second pipeline; [`crate::mode::Live`] joins the rooms.

use std::{
    io,
    path::{Path, PathBuf},
    pin::pin,
    sync::Arc,
};

use clap::Args;
use futures_util::{StreamExt, poll};
use tokio::sync::{Mutex, broadcast, mpsc};

use super::{
    ANSWERED, SOME_FAILED, STUCK, USAGE,
    live::Live as Shown,
    pen::{Pen, Stays},
    runtime,
};
use crate::{
    flow::Fault,
    mode::{self, Live, Requests},
    policy::Region,
    report::{Notice, Presence, TurnReport, printable},
    serve::{Followers, Server},
    service::Notifier,
    session::{self, Ended},
    settings::{self, Flag, Settings},
};

/// Notices that a slow watcher may lag behind by.
const NOTICES: usize = 256;

/// Listen: answer the wake phrase and the hotkey until told to end.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  mynah run\n  mynah run --region EU --microphone headset\n  mynah run --words > turns.txt\n\n\
    Ends on Ctrl-C. SIGHUP reads the settings anew. The running one is asked with status, say, stop, mute, ptt, events.\n\
    Exit codes: 0 ended as asked, 1 a part of Mynah died, 2 usage, configuration, or one runs already, 3 a part \
    would not stop."
)]
pub struct RunArgs {
    /// Where you are: CN, US, EU, a country code, or offline
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// The language spoken: auto, en, zh, ...
    #[arg(long, value_name = "CODE")]
    pub language: Option<String>,
    /// The speech model: a name from `mynah models list`, or a file
    #[arg(long, value_name = "MODEL")]
    pub model: Option<String>,
    /// The microphone by name; several, the preferred first, are separated by ";"
    #[arg(long, value_name = "NAME")]
    pub microphone: Option<String>,
    /// The sound output by name
    #[arg(long, value_name = "NAME")]
    pub output: Option<String>,
    /// Show what is said where standard output is no terminal, too
    #[arg(long)]
    pub words: bool,
}

/// Runs until told to end.
///
/// # Errors
/// What makes it impossible: settings, a model, another Mynah that runs already; the exit code is then [`USAGE`].
pub fn run(args: &RunArgs, config: Option<&Path>) -> Result<u8, Fault> {
    let settings = load(args, config)?;
    let server = Server::bind(&settings.socket).map_err(|error| Fault::from(&error))?;
    let runtime = runtime::beside()?;
    let (notices, _) = broadcast::channel(NOTICES);
    let followers = server.followers();
    let (asking, requests) = mpsc::channel(16);
    let told = notices.clone();
    let ended = runtime.block_on(async move {
        let sessions = sessions(args, config, settings, Arc::new(Mutex::new(requests)), (notices, followers));
        tokio::select! {
            ended = sessions => ended,
            () = server.run(asking, told) => Ok(USAGE),
        }
    });
    // A room that would not stop must not hold the process either.
    runtime.shutdown_background();
    ended
}

/// One session after the other, until one ends for good.
async fn sessions(
    args: &RunArgs,
    config: Option<&Path>,
    first: Settings,
    requests: Requests,
    (notices, followers): (broadcast::Sender<Notice>, Followers),
) -> Result<u8, Fault> {
    let notes = Pen::on(Box::new(io::stderr()));
    let notifier = Arc::new(Notifier::of_environment());
    let mut interrupts = pin!(mode::interrupts());
    let mut next = Some(first);
    let mut region: Option<Region> = None;
    loop {
        let settings = match next.take() {
            Some(settings) => settings,
            None => load(args, config)?,
        };
        let mut watcher = Watcher {
            shown: Shown::on_stdout(args.words, mode::badge(&settings)?),
            notices: notices.clone(),
            notifier: notifier.clone(),
            ready: false,
        };
        let ink = notes.ink();
        let note: mode::Note =
            Arc::new(move |line| ink.put(format!("mynah: {}\n", printable(line)), Stays::Lasting));
        tell_region(&settings, &mut region, &mut watcher, &*note);
        let (again, from) = (flags(args), config.map(PathBuf::from));
        let live = Live {
            requests: requests.clone(),
            reloadable: Box::new(move || {
                let settings =
                    settings::load(from.as_deref(), &again).map_err(|error| Fault::from(&error))?;
                mode::check(&settings)
            }),
            screen: {
                let (screen, followers) = (watcher.shown.is_screen(), followers.clone());
                // Who is told of the badge shows it.
                Box::new(move || screen || followers.any())
            },
            watch: Box::new(move |notice| watcher.take(&notice)),
            note,
        };
        let parts = live.build(settings)?;
        // Between two sessions nobody else hears that the program is to end, and to load a model takes seconds.
        if poll!(interrupts.next()).is_ready() {
            notifier.stopping();
            return Ok(ANSWERED);
        }
        let mut died = false;
        let mut tell = |turn: &TurnReport| {
            died |= turn.error.as_ref().is_some_and(|fault| fault.kind == "room_died");
            true
        };
        let ended =
            session::run(parts, &mut tell).await.map_err(|error| Fault::system("start a thread", &error))?;
        match ended {
            Ended { in_time: false, .. } => return Ok(STUCK),
            Ended { restart: true, .. } if !died => notifier.reloading(),
            Ended { .. } => {
                notifier.stopping();
                return Ok(if died { SOME_FAILED } else { ANSWERED });
            }
        }
    }
}

fn load(args: &RunArgs, config: Option<&Path>) -> Result<Settings, Fault> {
    settings::load(config, &flags(args)).map_err(|error| Fault::from(&error))
}

fn flags(args: &RunArgs) -> Vec<Flag> {
    let given = [
        ("region", "--region", &args.region),
        ("language", "--language", &args.language),
        ("transcribe.model", "--model", &args.model),
        ("listen.devices", "--microphone", &args.microphone),
        ("play.device", "--output", &args.output),
    ];
    given
        .into_iter()
        .filter_map(|(key, name, value)| value.clone().map(|value| Flag { key, name, value }))
        .collect()
}

/// Tells that the region is another than the last session's, and where something is amiss with it.
fn tell_region(
    settings: &Settings,
    last: &mut Option<Region>,
    watcher: &mut Watcher,
    note: &(dyn Fn(&str) + Send + Sync),
) {
    let resolution = &settings.resolution;
    if let Some(remedy) = resolution.remedy.as_ref().filter(|_| !settings.declared_in.is_empty()) {
        note(&format!("region {}: {}; {remedy}", resolution.region, resolution.reason));
    }
    if last.replace(resolution.region.clone()).is_some_and(|before| before != resolution.region) {
        let region = resolution.region.to_string();
        watcher.take(&Notice::Region { region, message: resolution.reason.clone() });
    }
}

/// Passes notices on: to the terminal, to other programs, to the service manager.
struct Watcher {
    shown: Shown,
    notices: broadcast::Sender<Notice>,
    notifier: Arc<Notifier>,
    ready: bool,
}

impl Watcher {
    fn take(&mut self, notice: &Notice) {
        match notice {
            Notice::State { state } => {
                // Ready means that the first sound was heard, or that it is clear why none comes.
                if !self.ready && *state != Presence::Starting {
                    self.ready = true;
                    self.notifier.ready();
                }
                self.notifier.status(words_for(*state));
            }
            // A sign of life of the ear, the session and the loop between them.
            Notice::Level { .. } => self.notifier.watchdog(),
            _ => {}
        }
        self.shown.notice(notice);
        // Nobody may be watching.
        self.notices.send(notice.clone()).ok();
    }
}

const fn words_for(state: Presence) -> &'static str {
    match state {
        Presence::Starting => "Starting",
        Presence::Asleep => "Waiting for the wake phrase",
        Presence::Listening => "Listening",
        Presence::Hearing => "Hearing",
        Presence::Thinking => "Thinking",
        Presence::Speaking => "Speaking",
        Presence::Muted => "Muted",
        Presence::Deaf => "Looking for a microphone",
        Presence::Ending => "Ending",
    }
}

//! Apple: what macOS lets its own programs do: `osascript`, `open`, `pmset`.
//!
//! Enters: wishes. Leaves: what those programs say afterwards. Scripts are fixed texts with a number at most. Never here: a
//! user's words in a script or as an option.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    Around, Battery, Charge, DesktopError, Doing, Level, Loudness, Machine, Network, Outcome, Player,
    Players, Programs, Room, Runner, Target, What, Wish, files,
    matching::{best, fit},
    text::said,
};
use crate::{
    flow::Language,
    program::{self, Begun, First, Program, ProgramError},
};

const LIMIT: Duration = Duration::from_millis(1_700);
const CAP: u64 = 64 << 10;

/// The players that are known to take the same words.
const PLAYERS: [&str; 2] = ["Music", "Spotify"];

/// This Mac.
pub(super) struct Apple {
    around: Around,
    /// What was started here, kept to be waited for when it ends.
    begun: Vec<Begun>,
}

impl Apple {
    pub(super) fn new(around: &Around) -> Self {
        Self { around: around.clone(), begun: Vec::new() }
    }

    fn run(&self, name: &'static str, args: &[&str], text: &str) -> Result<String, DesktopError> {
        let path = program::find(name, &self.around.programs).ok_or(DesktopError::Unsupported)?;
        let args = args.iter().map(OsString::from).collect();
        let program = Program { path: &path, args, env: Vec::new(), limit: LIMIT, cap: CAP, stop: &|| false };
        match program.with(text) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
            Err(ProgramError::Hung(_)) => Err(DesktopError::Slow(name)),
            Err(_) => Err(DesktopError::Failed(name, "it ended with an error".to_owned())),
        }
    }

    fn script(&self, script: &str) -> Result<String, DesktopError> {
        self.run("osascript", &["-"], script)
    }

    /// The player that plays, else one that is paused, else one that runs.
    fn player(&self) -> Result<(&'static str, Player), DesktopError> {
        let mut found: Option<(&'static str, Player)> = None;
        for name in PLAYERS {
            let script = format!(
                "if application \"{name}\" is running then\ntell application \"{name}\"\nset told to (player state as text)\n\
                 try\nset told to told & linefeed & name of current track & linefeed & artist of current track\nend try\n\
                 return told\nend tell\nend if"
            );
            let told = self.script(&script)?;
            let mut lines = told.lines();
            let doing = match lines.next() {
                None | Some("") => continue,
                Some("playing") => Doing::Playing,
                Some("paused") => Doing::Paused,
                Some(_) => Doing::Stopped,
            };
            let (title, artist) = (lines.next().and_then(said), lines.next().and_then(said));
            let rank =
                |doing| [Doing::Playing, Doing::Paused, Doing::Stopped].iter().position(|it| *it == doing);
            if found.as_ref().is_none_or(|(_, known)| rank(doing) < rank(known.doing)) {
                found = Some((name, Player { name: name.to_owned(), doing, title, artist }));
            }
        }
        found.ok_or(DesktopError::Absent("player"))
    }
}

impl Loudness for Apple {
    fn level(&mut self) -> Result<Level, DesktopError> {
        let told = self.script(
            "set it to (get volume settings)\nreturn \"\" & output volume of it & \" \" & output muted of it",
        )?;
        let (percent, muted) = told.split_once(' ').unwrap_or_default();
        // "missing value" where the output has no volume of its own.
        let percent = percent.parse().map_err(|_| DesktopError::Absent("sound output"))?;
        Ok(Level { percent, muted: muted == "true" })
    }

    fn set(&mut self, percent: u32) -> Result<Level, DesktopError> {
        self.script(&format!("set volume output volume {}", percent.min(100)))?;
        self.level()
    }

    fn mute(&mut self, muted: bool) -> Result<Level, DesktopError> {
        self.script(&format!("set volume output muted {muted}"))?;
        self.level()
    }
}

impl Players for Apple {
    fn now(&mut self) -> Result<Player, DesktopError> {
        self.player().map(|(_, player)| player)
    }

    fn wish(&mut self, wish: Wish) -> Result<Outcome, DesktopError> {
        let (name, before) = self.player()?;
        let verb = match wish {
            Wish::Pause | Wish::Stop if before.doing != Doing::Playing => return Ok(Outcome::Idle),
            Wish::Play if before.doing == Doing::Playing => return Ok(Outcome::Already(before)),
            Wish::Play => "play",
            Wish::Pause | Wish::Stop => "pause",
            Wish::Next => "next track",
            Wish::Previous => "previous track",
        };
        self.script(&format!("tell application \"{name}\" to {verb}"))?;
        let (_, after) = self.player()?;
        let done = match wish {
            Wish::Play => after.doing == Doing::Playing,
            Wish::Pause | Wish::Stop => after.doing != Doing::Playing,
            Wish::Next | Wish::Previous => (&after.title, &after.artist) != (&before.title, &before.artist),
        };
        Ok(if done { Outcome::Done(after) } else { Outcome::Unseen(after) })
    }
}

impl Programs for Apple {
    fn applications(&mut self, spoken: &str, _language: &Language) -> Result<Vec<Target>, DesktopError> {
        let own = self.around.home.iter().map(|home| home.join("Applications"));
        let folders = ["/Applications", "/Applications/Utilities", "/System/Applications"];
        let folders = folders
            .map(PathBuf::from)
            .into_iter()
            .chain(["/System/Applications/Utilities".into()])
            .chain(own);
        let all = folders.flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten().take(1_000));
        let bundles: Vec<PathBuf> = all
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|it| it == "app"))
            .collect();
        let name = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let found = best(bundles, |path| fit(spoken, &name(path)));
        let target = |path: PathBuf| Target {
            name: said(&name(&path)).unwrap_or_default(),
            what: What::Application(path),
        };
        Ok(found.into_iter().map(target).collect())
    }

    fn files(&mut self, spoken: &str) -> Result<Vec<Target>, DesktopError> {
        Ok(files::meant(spoken, &self.around.folders))
    }

    fn open(&mut self, target: &Target) -> Result<(), DesktopError> {
        let path = match &target.what {
            What::Application(path) | What::File(path) => path.to_str(),
            What::TerminalApplication | What::Executable => None,
        };
        // A path from the root cannot be read as an option.
        let path = path.filter(|path| path.starts_with('/')).ok_or(DesktopError::Unsupported)?;
        self.run("open", &[path], "").map(drop)
    }
}

impl Runner for Apple {
    fn run(&mut self, program: &Path, arguments: &[String]) -> Result<(), DesktopError> {
        if !program.is_absolute() || !program::may_be_run(program) {
            return Err(DesktopError::Absent("program"));
        }
        let (variables, home) = (&self.around.variables, self.around.home.as_deref());
        let begun = program::begin_and_watch(program, arguments, variables, home);
        self.begun.retain_mut(|begun| begun.ended().is_none());
        match begun.map_err(|error| DesktopError::Failed("program", error.kind().to_string()))? {
            First::Runs(begun) => self.begun.push(begun),
            First::Ended => {}
            First::Failed => return Err(DesktopError::Failed("program", "it ended at once".to_owned())),
        }
        Ok(())
    }
}

impl Machine for Apple {
    fn battery(&mut self) -> Result<Battery, DesktopError> {
        let told = self.run("pmset", &["-g", "batt"], "")?;
        let line = told.lines().find(|line| line.contains("InternalBattery"));
        let line = line.ok_or(DesktopError::Absent("battery"))?;
        let percent = line.split(['\t', ' ', ';']).find_map(|part| part.strip_suffix('%')?.parse().ok());
        let state = match line {
            line if line.contains("; charging") => Charge::Charging,
            line if line.contains("discharging") => Charge::Discharging,
            line if line.contains("charged") => Charge::Full,
            _ => Charge::Resting,
        };
        let percent = percent.ok_or(DesktopError::Absent("battery"))?;
        Ok(Battery { percent, state, plugged: Some(told.contains("'AC Power'")), left: None })
    }

    fn disk(&mut self) -> Result<Room, DesktopError> {
        let home = self.around.home.as_deref().and_then(Path::to_str).unwrap_or("/");
        let told = self.run("df", &["-k", "-P", home], "")?;
        let mut fields = told.lines().nth(1).unwrap_or_default().split_whitespace().skip(1);
        let mut next = |skip: usize| fields.nth(skip)?.parse::<u64>().ok()?.checked_mul(1_024);
        let room = next(0).zip(next(1)).map(|(whole, free)| Room { free, whole });
        room.ok_or(DesktopError::Unsupported)
    }

    fn memory(&mut self) -> Result<Room, DesktopError> {
        Err(DesktopError::Unsupported)
    }

    fn network(&mut self) -> Result<Network, DesktopError> {
        Err(DesktopError::Unsupported)
    }

    fn uptime(&mut self) -> Result<Duration, DesktopError> {
        Err(DesktopError::Unsupported)
    }
}

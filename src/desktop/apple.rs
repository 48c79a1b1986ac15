//! Apple: what macOS lets its own programs do: `osascript`, `open`, `pmset`.
//!
//! Enters: wishes. Leaves: what those programs say afterwards. Scripts are fixed texts with a number at most. Never here: a
//! user's words in a script or as an option.

use std::{
    cell::Cell,
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

/// What a wish may take, all its programs together: a user waits two seconds for the truth, and the voice needs some of it.
const LIMIT: Duration = Duration::from_millis(1_700);

/// How often a program that runs asks whether to go on in that time, which is every 20 ms.
const LOOKS: u32 = 85;

const CAP: u64 = 64 << 10;

/// The players that are known to take the same words.
const PLAYERS: [&str; 2] = ["Music", "Spotify"];

/// The time that is left of a wish's, in looks at a program that runs.
struct Budget(Cell<u32>);

impl Budget {
    const fn new() -> Self {
        Self(Cell::new(LOOKS))
    }

    /// Whether it is used up, looked at once more.
    fn is_over(&self) -> bool {
        self.0.set(self.0.get().saturating_sub(1));
        self.0.get() == 0
    }
}

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

    fn run(
        &self,
        budget: &Budget,
        name: &'static str,
        args: &[&str],
        text: &str,
    ) -> Result<String, DesktopError> {
        let path = program::find(name, &self.around.programs).ok_or(DesktopError::Unsupported)?;
        let args = args.iter().map(OsString::from).collect();
        let stop = &|| budget.is_over();
        let program = Program { path: &path, args, env: Vec::new(), limit: LIMIT, cap: CAP, stop };
        match program.with(text) {
            Ok(bytes) => Ok(String::from_utf8_lossy(&bytes).trim().to_owned()),
            Err(ProgramError::Hung(_) | ProgramError::Stopped) => Err(DesktopError::Slow(name)),
            Err(_) => Err(DesktopError::Failed(name, "it ended with an error".to_owned())),
        }
    }

    fn script(&self, budget: &Budget, script: &str) -> Result<String, DesktopError> {
        self.run(budget, "osascript", &["-"], script)
    }

    /// The player `name`, if it runs.
    fn player(&self, budget: &Budget, name: &'static str) -> Result<Option<Player>, DesktopError> {
        let script = format!(
            "if application \"{name}\" is running then\ntell application \"{name}\"\nset told to (player state as text)\n\
             try\nset told to told & linefeed & name of current track & linefeed & artist of current track\nend try\n\
             return told\nend tell\nend if"
        );
        let told = self.script(budget, &script)?;
        let mut lines = told.lines();
        let doing = match lines.next() {
            None | Some("") => return Ok(None),
            Some("playing") => Doing::Playing,
            Some("paused") => Doing::Paused,
            Some(_) => Doing::Stopped,
        };
        let (title, artist) = (lines.next().and_then(said), lines.next().and_then(said));
        Ok(Some(Player { name: name.to_owned(), doing, title, artist }))
    }

    /// The player that plays, else one that is paused, else one that runs.
    fn meant(&self, budget: &Budget) -> Result<(&'static str, Player), DesktopError> {
        let mut found: Option<(&'static str, Player)> = None;
        for name in PLAYERS {
            let Some(player) = self.player(budget, name)? else { continue };
            let rank =
                |doing| [Doing::Playing, Doing::Paused, Doing::Stopped].iter().position(|it| *it == doing);
            if found.as_ref().is_none_or(|(_, known)| rank(player.doing) < rank(known.doing)) {
                found = Some((name, player));
            }
        }
        found.ok_or(DesktopError::Absent("player"))
    }

    fn loudness(&self, budget: &Budget) -> Result<Level, DesktopError> {
        let told = self.script(
            budget,
            "set it to (get volume settings)\nreturn \"\" & output volume of it & \" \" & output muted of it",
        )?;
        let (percent, muted) = told.split_once(' ').unwrap_or_default();
        // "missing value" where the output has no volume of its own.
        let percent = percent.parse().map_err(|_| DesktopError::Absent("sound output"))?;
        Ok(Level { percent, muted: muted == "true" })
    }
}

impl Loudness for Apple {
    fn level(&mut self) -> Result<Level, DesktopError> {
        self.loudness(&Budget::new())
    }

    fn set(&mut self, percent: u32) -> Result<Level, DesktopError> {
        let budget = Budget::new();
        self.script(&budget, &format!("set volume output volume {}", percent.min(100)))?;
        self.loudness(&budget)
    }

    fn mute(&mut self, muted: bool) -> Result<Level, DesktopError> {
        let budget = Budget::new();
        self.script(&budget, &format!("set volume output muted {muted}"))?;
        self.loudness(&budget)
    }
}

impl Players for Apple {
    fn now(&mut self) -> Result<Player, DesktopError> {
        self.meant(&Budget::new()).map(|(_, player)| player)
    }

    fn wish(&mut self, wish: Wish) -> Result<Outcome, DesktopError> {
        let budget = Budget::new();
        let (name, before) = self.meant(&budget)?;
        let verb = match wish {
            Wish::Pause | Wish::Stop if before.doing != Doing::Playing => return Ok(Outcome::Idle),
            Wish::Play if before.doing == Doing::Playing => return Ok(Outcome::Already(before)),
            Wish::Play => "play",
            Wish::Pause | Wish::Stop => "pause",
            Wish::Next => "next track",
            Wish::Previous => "previous track",
        };
        self.script(&budget, &format!("tell application \"{name}\" to {verb}"))?;
        // The one that was asked, whichever else plays.
        let after = self.player(&budget, name)?.ok_or(DesktopError::Absent("player"))?;
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
        self.run(&Budget::new(), "open", &[path], "").map(drop)
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
        let told = self.run(&Budget::new(), "pmset", &["-g", "batt"], "")?;
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
        let told = self.run(&Budget::new(), "df", &["-k", "-P", home], "")?;
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A Mac whose `osascript` does `lines`; `$asked` is the script.
    fn mac(folder: &Path, lines: &str) -> Apple {
        let program = folder.join("osascript");
        fs::write(&program, format!("#!/bin/sh\nasked=$(cat)\ncd '{}'\n{lines}\n", folder.display()))
            .unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        Apple::new(&Around { programs: vec![folder.to_owned()], ..Around::default() })
    }

    #[test]
    fn the_player_that_was_asked_is_looked_at_afterwards() {
        let folder = tempfile::tempdir().unwrap();
        // Another one begins in the same moment.
        let lines = "case $asked in\n*'to pause'*) : >paused ;;\n\
            *Music*) if [ -e paused ]; then echo paused; else echo playing; fi; echo Stars ;;\n\
            *Spotify*) if [ -e paused ]; then echo playing; else echo paused; fi ;;\nesac";
        let Ok(Outcome::Done(player)) = mac(folder.path(), lines).wish(Wish::Pause) else {
            panic!("not done")
        };
        assert_eq!((player.name.as_str(), player.doing), ("Music", Doing::Paused));
    }

    #[test]
    fn all_programs_of_a_wish_share_its_time() {
        let folder = tempfile::tempdir().unwrap();
        let lines = "echo once >>calls\nsleep 0.7\necho playing";
        assert_eq!(mac(folder.path(), lines).wish(Wish::Pause), Err(DesktopError::Slow("osascript")));
        assert_eq!(fs::read_to_string(folder.path().join("calls")).unwrap().lines().count(), 3);
    }
}

//! Desktop: the user's own machine, as far as a voice may work it.
//!
//! Enters: wishes for its loudness, screen, players, programs and state. Leaves: what was found there after the wish was
//! carried out, read back and never assumed. Every trait has a real end for Linux, some for macOS; where there is none,
//! [`Nothing`] says so. Never here: a shell, a packet beyond this machine, words for the user (those are the skills'), a wait
//! longer than two seconds.

mod nothing;
mod text;

#[cfg(target_os = "macos")]
mod apple;

#[cfg(target_os = "linux")]
mod applications;
#[cfg(target_os = "linux")]
mod backlight;
#[cfg(target_os = "linux")]
mod bus;
#[cfg(target_os = "linux")]
mod entry;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod files;
#[cfg(target_os = "linux")]
mod machine;
#[cfg(any(target_os = "linux", target_os = "macos"))]
mod matching;
#[cfg(target_os = "linux")]
mod network;
#[cfg(target_os = "linux")]
mod players;
#[cfg(target_os = "linux")]
mod programs;
#[cfg(target_os = "linux")]
mod roles;
#[cfg(target_os = "linux")]
mod sink;
#[cfg(target_os = "linux")]
mod start;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

pub use nothing::Nothing;

use crate::flow::{Language, Remedy};

/// How loud the default output is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Level {
    /// As the desktop's own sliders show it; above 100 the sound may be distorted.
    pub percent: u32,
    /// Whether nothing is heard all the same.
    pub muted: bool,
}

/// The loudness of the default output.
pub trait Loudness: Send {
    /// As it is.
    fn level(&mut self) -> Result<Level, DesktopError>;

    /// Sets it to `percent`, 100 at most, and gives what it is then.
    fn set(&mut self, percent: u32) -> Result<Level, DesktopError>;

    /// Mutes it or not, and gives what it is then.
    fn mute(&mut self, muted: bool) -> Result<Level, DesktopError>;
}

/// The brightness of the built-in screen, in percent.
pub trait Brightness: Send {
    /// As it is.
    fn percent(&mut self) -> Result<u32, DesktopError>;

    /// Sets it, never so low that nothing is seen, and gives what it is then.
    fn set(&mut self, percent: u32) -> Result<u32, DesktopError>;
}

/// What a player is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// Play on.
    Play,
    /// Pause.
    Pause,
    /// Stop.
    Stop,
    /// The next piece.
    Next,
    /// The piece before.
    Previous,
}

/// What a player does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Doing {
    /// It plays.
    Playing,
    /// It is paused.
    Paused,
    /// It is stopped.
    Stopped,
}

/// A player and its piece; every text is a stranger's: shortened, and free of control characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Player {
    /// What it is called ("VLC media player").
    pub name: String,
    /// What it does.
    pub doing: Doing,
    /// Its piece.
    pub title: Option<String>,
    /// Who made the piece.
    pub artist: Option<String>,
}

/// What came of a wish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// It was seen to be done.
    Done(Player),
    /// It was asked of the player, and was not seen to be done since.
    Unseen(Player),
    /// It was so already.
    Already(Player),
    /// The player says that it cannot.
    Unable(Player),
    /// No player does anything that this could be said of.
    Idle,
}

/// The media players that run.
pub trait Players: Send {
    /// The one that plays, else the one that last did.
    fn now(&mut self) -> Result<Player, DesktopError>;

    /// Has that one do what is wished.
    fn wish(&mut self, wish: Wish) -> Result<Outcome, DesktopError>;
}

/// Something that can be opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name for the user: a stranger's text, shortened, and free of control characters.
    pub name: String,
    /// What it is.
    pub what: What,
}

/// What a [`Target`] is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// An application, by the file that describes it.
    Application(PathBuf),
    /// An application that needs a terminal around it.
    TerminalApplication,
    /// A file or one of the user's folders.
    File(PathBuf),
    /// A file that would be run, not shown.
    Executable,
}

/// Applications and files.
pub trait Programs: Send {
    /// The applications that `spoken` means; several where it could mean each of them.
    fn applications(&mut self, spoken: &str, language: &Language) -> Result<Vec<Target>, DesktopError>;

    /// The files in the user's folders that `spoken` means.
    fn files(&mut self, spoken: &str) -> Result<Vec<Target>, DesktopError>;

    /// Opens what was found, and waits until it is known to have begun.
    fn open(&mut self, target: &Target) -> Result<(), DesktopError>;
}

/// Programs that the user's own phrases start.
pub trait Runner: Send {
    /// Starts `program`, an absolute path, with `arguments`, apart from Mynah and without a shell; it goes on whatever becomes
    /// of Mynah. Watches its first moments.
    fn run(&mut self, program: &Path, arguments: &[String]) -> Result<(), DesktopError>;
}

/// The battery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Battery {
    /// How full it is.
    pub percent: u32,
    /// What it does.
    pub state: Charge,
    /// Whether the machine has power from outside; none where it does not say.
    pub plugged: Option<bool>,
    /// How long until it is empty or full, where the machine can tell.
    pub left: Option<Duration>,
}

/// What a battery does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Charge {
    /// It is charged.
    Charging,
    /// It is used up.
    Discharging,
    /// It is full.
    Full,
    /// None of these, or it does not say.
    Resting,
}

/// How much is left of how much, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Room {
    /// Not used.
    pub free: u64,
    /// All there is.
    pub whole: u64,
}

/// How a machine is connected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Link {
    /// By cable.
    Wired,
    /// By radio.
    Wireless,
    /// Otherwise: a tunnel, a bridge, a telephone.
    Other,
}

/// The connections of this machine, as it knows them itself; nobody outside was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Network {
    /// Those that are up.
    pub links: Vec<Link>,
    /// Whether there is a way out of the local network.
    pub leads_out: bool,
}

/// The machine's state.
pub trait Machine: Send {
    /// The battery.
    fn battery(&mut self) -> Result<Battery, DesktopError>;

    /// The disk on which the user's files lie.
    fn disk(&mut self) -> Result<Room, DesktopError>;

    /// The memory.
    fn memory(&mut self) -> Result<Room, DesktopError>;

    /// The connections.
    fn network(&mut self) -> Result<Network, DesktopError>;

    /// How long the machine runs.
    fn uptime(&mut self) -> Result<Duration, DesktopError>;
}

/// Everything on the user's machine that a voice may work.
pub struct Desk {
    /// The default output.
    pub loudness: Box<dyn Loudness>,
    /// The screen.
    pub brightness: Box<dyn Brightness>,
    /// The players.
    pub players: Box<dyn Players>,
    /// Applications and files.
    pub programs: Box<dyn Programs>,
    /// The machine's state.
    pub machine: Box<dyn Machine>,
    /// What the user's own phrases start.
    pub runner: Box<dyn Runner>,
}

/// Where things lie on this machine. Nothing is opened before it is needed.
#[derive(Debug, Clone, Default)]
pub struct Around {
    /// Under which directory `/sys` and `/proc` lie; `/` but for tests.
    pub root: PathBuf,
    /// The user's home.
    pub home: Option<PathBuf>,
    /// Directories that hold `applications`, the first counts most.
    pub data: Vec<PathBuf>,
    /// Directories that hold `mimeapps.list`, the first counts most.
    pub config: Vec<PathBuf>,
    /// Which desktops this one calls itself.
    pub desktops: Vec<String>,
    /// The user's folders that are searched for files.
    pub folders: Vec<PathBuf>,
    /// Where programs lie.
    pub programs: Vec<PathBuf>,
    /// The session bus.
    pub session_bus: Option<String>,
    /// The system bus.
    pub system_bus: Option<String>,
    /// The sound server's socket; none for the one that the environment names.
    pub sound_server: Option<PathBuf>,
    /// The variables that an application is started with.
    pub variables: Vec<(String, String)>,
}

impl Desk {
    /// The machine that `around` describes.
    #[must_use]
    pub fn new(around: &Around) -> Self {
        #[cfg(target_os = "linux")]
        return Self {
            loudness: Box::new(sink::DefaultSink::new(around)),
            brightness: Box::new(backlight::Backlight::new(around)),
            players: Box::new(players::Mpris::new(around)),
            programs: Box::new(programs::Installed::new(around)),
            machine: Box::new(machine::Here::new(around)),
            runner: Box::new(programs::Installed::new(around)),
        };
        #[cfg(target_os = "macos")]
        return Self {
            loudness: Box::new(apple::Apple::new(around)),
            players: Box::new(apple::Apple::new(around)),
            programs: Box::new(apple::Apple::new(around)),
            machine: Box::new(apple::Apple::new(around)),
            runner: Box::new(apple::Apple::new(around)),
            ..Self::nothing()
        };
        #[cfg(not(any(target_os = "linux", target_os = "macos")))]
        {
            let _ = around;
            Self::nothing()
        }
    }

    /// A machine on which nothing can be done.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            loudness: Box::new(Nothing),
            brightness: Box::new(Nothing),
            players: Box::new(Nothing),
            programs: Box::new(Nothing),
            machine: Box::new(Nothing),
            runner: Box::new(Nothing),
        }
    }
}

/// Why something was not done. What was asked of the machine may have been done all the same where the error is `Slow`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DesktopError {
    /// This system has no way to it that is known here.
    #[error("this system has no way to do that")]
    Unsupported,
    /// There is nothing of the kind on this machine.
    #[error("there is no {0} here")]
    Absent(&'static str),
    /// No answer came in time.
    #[error("the {0} does not answer")]
    Slow(&'static str),
    /// It may not be done.
    #[error("the {0} does not allow it")]
    Refused(&'static str),
    /// It did not work; what failed and how, without a stranger's words.
    #[error("the {0} failed: {1}")]
    Failed(&'static str, String),
}

impl Remedy for DesktopError {
    fn kind(&self) -> &'static str {
        match self {
            Self::Unsupported => "unsupported_here",
            Self::Absent(_) => "nothing_there",
            Self::Slow(_) => "no_answer",
            Self::Refused(_) => "not_allowed",
            Self::Failed(..) => "device_failed",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::Unsupported => "Do it by hand; Mynah does it on Linux only.".to_owned(),
            Self::Absent(what) => format!("Start or attach the {what}, then ask again."),
            Self::Slow(what) => format!("See whether the {what} hangs, then ask again."),
            Self::Refused(what) => format!("Allow it in the {what}, or do it by hand."),
            Self::Failed(..) => "Do it by hand, and report this if it happens again.".to_owned(),
        }
    }
}

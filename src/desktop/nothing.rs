//! Nothing: a machine on which nothing can be done, and which says so.

use std::{path::Path, time::Duration};

use super::{
    Battery, Brightness, DesktopError, Level, Loudness, Machine, Network, Outcome, Player, Players, Programs,
    Room, Runner, Target, Wish,
};
use crate::flow::Language;

/// The end of a system that has no way to it.
pub struct Nothing;

const NO: DesktopError = DesktopError::Unsupported;

impl Loudness for Nothing {
    fn level(&mut self) -> Result<Level, DesktopError> {
        Err(NO)
    }

    fn set(&mut self, _percent: u32) -> Result<Level, DesktopError> {
        Err(NO)
    }

    fn mute(&mut self, _muted: bool) -> Result<Level, DesktopError> {
        Err(NO)
    }
}

impl Brightness for Nothing {
    fn percent(&mut self) -> Result<u32, DesktopError> {
        Err(NO)
    }

    fn set(&mut self, _percent: u32) -> Result<u32, DesktopError> {
        Err(NO)
    }
}

impl Players for Nothing {
    fn now(&mut self) -> Result<Player, DesktopError> {
        Err(NO)
    }

    fn wish(&mut self, _wish: Wish) -> Result<Outcome, DesktopError> {
        Err(NO)
    }
}

impl Programs for Nothing {
    fn applications(&mut self, _spoken: &str, _language: &Language) -> Result<Vec<Target>, DesktopError> {
        Err(NO)
    }

    fn files(&mut self, _spoken: &str) -> Result<Vec<Target>, DesktopError> {
        Err(NO)
    }

    fn open(&mut self, _target: &Target) -> Result<(), DesktopError> {
        Err(NO)
    }
}

impl Runner for Nothing {
    fn run(&mut self, _program: &Path, _arguments: &[String]) -> Result<(), DesktopError> {
        Err(NO)
    }
}

impl Machine for Nothing {
    fn battery(&mut self) -> Result<Battery, DesktopError> {
        Err(NO)
    }

    fn disk(&mut self) -> Result<Room, DesktopError> {
        Err(NO)
    }

    fn memory(&mut self) -> Result<Room, DesktopError> {
        Err(NO)
    }

    fn network(&mut self) -> Result<Network, DesktopError> {
        Err(NO)
    }

    fn uptime(&mut self) -> Result<Duration, DesktopError> {
        Err(NO)
    }
}

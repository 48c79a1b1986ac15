//! None: the sink of a silent run.
//!
//! Enters: speech. Leaves: nothing.

use std::path::PathBuf;

use super::{PlayError, Sink};
use crate::{flow::Speech, units::TurnId};

/// Takes speech and drops it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

impl Sink for Nowhere {
    fn play(&mut self, _: &Speech) -> Result<(), PlayError> {
        Ok(())
    }

    fn finish(&mut self, _: TurnId) -> Result<Option<PathBuf>, PlayError> {
        Ok(None)
    }

    fn hush(&mut self) {}
}

//! Lazy door: the one way out that a session's words and queries share.
//!
//! Enters: how the network is reached, and what tells whether the machine is still where the region was resolved for. Leaves:
//! the door, opened when something first leaves, so that a run which asks nobody writes no ledger. Never here: a request let
//! through by the rules of a place that the machine has left.

use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use super::options;
use crate::egress::{Door, Doorway, EgressError};

/// A door that opens when it is first needed, and to nobody once the machine is somewhere else.
pub(super) struct LazyDoor {
    how: options::Network,
    door: OnceLock<Door>,
    /// Whether the machine, or for a run of lines its settings, still say the same of the place.
    is_here: Box<dyn Fn() -> bool + Send + Sync>,
    /// Told when they do not, so that the settings are read anew.
    moved: Arc<Notify>,
}

impl LazyDoor {
    /// A door that leads out by `how`, while `is_here`; `moved` is told when that ends.
    pub(super) fn new(
        how: options::Network,
        is_here: Box<dyn Fn() -> bool + Send + Sync>,
        moved: Arc<Notify>,
    ) -> Arc<Self> {
        Arc::new(Self { how, door: OnceLock::new(), is_here, moved })
    }

    /// Why nothing may leave now, if so.
    pub(super) fn moved(&self) -> Option<EgressError> {
        if (self.is_here)() {
            return None;
        }
        self.moved.notify_one();
        Some(EgressError::Moved)
    }
}

impl Doorway for LazyDoor {
    fn door(&self) -> Result<&Door, EgressError> {
        if let Some(moved) = self.moved() {
            return Err(moved);
        }
        if let Some(door) = self.door.get() {
            return Ok(door);
        }
        let opened = self.how.open()?;
        Ok(self.door.get_or_init(|| opened))
    }
}

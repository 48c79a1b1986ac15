//! Settings in the form each room asks for.
//!
//! Enters: [`Settings`]. Leaves: the rooms' option types. Never here: a value that is not in the settings.

use std::time::Duration;

use crate::{
    egress::{Door, DoorOptions, EgressError, Ledger},
    listen::{EarshotDetector, Gate, GateOptions},
    session::clock,
    settings::Settings,
    units::SAMPLES_PER_MS,
};

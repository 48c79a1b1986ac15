//! Doctor: looks at everything Mynah needs on this machine, and says what to do about what it lacks.
//!
//! Enters: settings, or why there are none. Leaves: a [`Report`] of [`Finding`]s within [`LONGEST_MS`], whatever hangs
//! meanwhile. Looks run beside one another; one that does not come back is a finding too. Never here: a key's text, a
//! recording kept, a packet that leaves this machine unless the user asks for it, a dialog on the user's screen.

mod beside;
mod endpoints;
mod examine;
mod finding;
mod kept;
mod model;
mod phrases;
mod places;
mod running;
mod service;
mod setup;
mod sound;
mod tone;
mod voice;
mod wake;

pub use examine::{Examination, LONGEST_MS, examine};
pub use finding::{Finding, Health, Report, SCHEMA};
pub use tone::{Heard, Recording};

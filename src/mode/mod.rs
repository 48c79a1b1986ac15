//! Mode: recipes that join rooms to a session. No logic of its own.
//!
//! Enters: settings and what the command asked for. Leaves: [`crate::session::Parts`]. Never here: a decision about sound
//! or words, a second pipeline.

mod ask;
mod completing;
mod declaration;
mod desk;
pub mod det;
mod disclosing;
pub mod headless;
mod interpret;
mod keeping;
mod lazy_door;
mod lines;
mod live;
mod on_device;
mod options;
mod outside;
mod parts;
mod perform;
mod phrases;
pub mod rehearsal;
mod servers;
mod signals;
mod tools;
pub mod train;
pub mod trial;
pub mod waking;

pub use declaration::Declaration;
pub use disclosing::badge;
pub use headless::{Headless, Input};
pub use keeping::{store_opener, store_path};
pub use live::{Live, Requests, check};
pub use options::Network;
pub(crate) use options::voice as voice_options;
pub use phrases::{OwnPhrases, own_phrases};
pub use servers::tool_servers;
pub use signals::{hang_ups, interrupts};

/// Told things worth a line on standard error.
pub type Note = std::sync::Arc<dyn Fn(&str) + Send + Sync>;

//! Report: what is told about a turn.
//!
//! Enters: a finished turn. Leaves: a JSON object or a few lines for a person. Never here: words in a log; the words of a
//! turn go to standard output, where the user asked for them, and nowhere else.

mod disclosed;
mod json;
mod notice;
mod text;
mod turn;

pub use disclosed::{Answerer, Disclosed};
pub use json::{SCHEMA, line};
pub use notice::{Notice, Presence, Status};
pub(crate) use text::printable;
pub use text::{brief, disclosure, paragraph};
pub use turn::{Delays, Heard, Replied, Route, ToolRun, TurnReport, Understood};

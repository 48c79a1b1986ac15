//! Filter: which notices a client asked for.
//!
//! Enters: a notice. Leaves: whether it is sent. Never here: its words.

use crate::report::Notice;

/// Which notices are sent: those named, or all but levels.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    /// Events by name; `None` for all.
    pub only: Option<Vec<&'static str>>,
    /// Levels too, which come ten times a second.
    pub levels: bool,
}

impl Filter {
    /// The events a client may name.
    pub const EVENTS: &[&str] = &[
        "state",
        "level",
        "woken",
        "partial",
        "transcript",
        "disclosure",
        "sentence",
        "barge_in",
        "turn",
        "microphone",
        "hot_key",
        "region",
        "trouble",
    ];

    /// Whether `notice` is sent.
    #[must_use]
    pub fn passes(&self, notice: &Notice) -> bool {
        let name = notice.name();
        match &self.only {
            _ if name == "level" && self.levels => true,
            Some(only) => only.contains(&name),
            None => name != "level",
        }
    }

    /// Whether what has to be shown with an answer is sent: as it begins, or with its report.
    #[must_use]
    pub fn tells_of_disclosures(&self) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|name| matches!(*name, "disclosure" | "turn")))
    }
}

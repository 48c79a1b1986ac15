//! A turn as one line of JSON.
//!
//! Enters: a [`TurnReport`]. Leaves: a line. Never here: a second shape; the schema is the contract.

use super::TurnReport;

/// The JSON Schema of a turn's line, as committed in `config/turn.schema.json`.
pub const SCHEMA: &str = include_str!("../../config/turn.schema.json");

/// `report` as one JSON object without line breaks.
#[must_use]
pub fn line(report: &TurnReport) -> String {
    serde_json::to_string(report)
        .expect("its maps have text keys and it holds no foreign type, so it serialises")
}

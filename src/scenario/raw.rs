//! Raw: a scenario file as it is written.
//!
//! Enters: TOML. Leaves: its keys with their places. An unknown key is refused. Never here: what the values mean.

use serde::Deserialize;
use toml::{Spanned, Table, Value};

/// A file of several.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Several {
    pub(super) scenario: Vec<Spanned<One>>,
}

/// A scenario.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct One {
    pub(super) name: Spanned<String>,
    pub(super) language: Option<Spanned<String>>,
    pub(super) now: Option<Spanned<String>>,
    pub(super) region: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) wake: bool,
    pub(super) settings: Option<Spanned<Table>>,
    #[serde(default)]
    pub(super) stored: Vec<Spanned<Stored>>,
    #[serde(default)]
    pub(super) answers: Vec<Spanned<Answer>>,
    #[serde(default)]
    pub(super) step: Vec<Spanned<Step>>,
}

/// Something kept from before.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    pub(super) kind: Spanned<String>,
    pub(super) at: Spanned<String>,
    pub(super) words: Option<String>,
    pub(super) length: Option<Spanned<String>>,
}

/// An answer of the language model.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Answer {
    pub(super) asked: Option<String>,
    pub(super) delay_ms: Option<u64>,
    pub(super) status: Option<u16>,
    pub(super) text: Option<String>,
    #[serde(default)]
    pub(super) calls: Vec<Call>,
    #[serde(default)]
    pub(super) cut: bool,
    #[serde(default)]
    pub(super) filtered: bool,
}

/// A call of a tool; arguments that are text are sent as they stand.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) tool: String,
    pub(super) arguments: Option<Value>,
}

/// A step: what happens, and what is to come of it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Step {
    pub(super) say: Option<Spanned<String>>,
    pub(super) audio: Option<Spanned<String>>,
    pub(super) pass: Option<Spanned<String>>,
    pub(super) sleep: Option<Spanned<String>>,
    pub(super) at: Option<Spanned<String>>,
    pub(super) restart: Option<Spanned<bool>>,
    pub(super) turns: Option<Spanned<usize>>,
    pub(super) heard: Option<Spanned<String>>,
    pub(super) intent: Option<Spanned<String>>,
    pub(super) also: Option<Spanned<Vec<String>>>,
    pub(super) slots: Option<Spanned<Table>>,
    pub(super) reply: Option<Spanned<String>>,
    pub(super) by: Option<Spanned<String>>,
    pub(super) asked: Option<Spanned<bool>>,
    pub(super) error: Option<Spanned<String>>,
    pub(super) due: Option<Spanned<Vec<String>>>,
    pub(super) report: Option<Spanned<Table>>,
}

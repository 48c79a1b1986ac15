//! Script: a scenario as it is played, read and checked.
//!
//! Enters: nothing. Leaves: the types between the reader, the player and the judge. Never here: behaviour.

use std::path::PathBuf;

use jiff::{Span, Zoned};
use serde_json::Value;

use super::pattern::Pattern;
use crate::{flow::Language, settings::Layers, store::Entry};

/// A conversation and what is to come of it.
#[derive(Debug, Clone)]
pub struct Scenario {
    /// What it is called; no other is called so.
    pub name: String,
    /// Where it stands.
    pub path: PathBuf,
    /// The line it begins on.
    pub line: usize,
    pub(super) language: Option<Language>,
    pub(super) now: Zoned,
    pub(super) wake: bool,
    /// The settings it asks for.
    pub(super) layers: Layers,
    pub(super) stored: Vec<Entry>,
    pub(super) answers: Vec<Answer>,
    pub(super) steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Debug, Clone)]
pub(super) struct Step {
    pub(super) line: usize,
    pub(super) act: Act,
    pub(super) expected: Vec<Expected>,
}

/// What happens.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Words are typed.
    Say(String),
    /// A recording is heard.
    Hear(PathBuf),
    /// Time passes while Mynah runs.
    Pass(Span),
    /// The machine sleeps so long.
    Sleep(Span),
    /// The clock is set, maybe in another zone.
    Set(Zoned),
    /// Mynah ends and begins again, so much later.
    Restart(Span),
}

/// Something that is to come of a step.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) line: usize,
    pub(super) what: What,
}

/// What is to come.
#[derive(Debug, Clone)]
pub(super) enum What {
    Turns(usize),
    Heard(Pattern),
    Intent(Option<String>),
    Also(Vec<String>),
    Slots(Value),
    Reply(Pattern),
    By(String),
    Asked(bool),
    Error(Option<String>),
    Due(Vec<Pattern>),
    /// A part of the turn's report by its JSON pointer.
    Report(String, Value),
}

/// What the language model answers to one request.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) line: usize,
    /// What the last message of the request is to be.
    pub(super) asked: Option<Pattern>,
    /// How long it thinks, in ms that really pass.
    pub(super) delay_ms: u64,
    /// The HTTP status of a refusal; the rest is then empty.
    pub(super) status: Option<u16>,
    pub(super) text: String,
    /// Tools it calls: names and arguments.
    pub(super) calls: Vec<(String, String)>,
    /// Whether it breaks off before its end.
    pub(super) cut: bool,
    /// Whether a filter ends it.
    pub(super) filtered: bool,
}

//! One turn, as it is reported.
//!
//! Enters: what the session gathered. Leaves: [`TurnReport`], whose fields are the JSON schema's. Never here: formatting.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Disclosed;
use crate::{
    flow::{Fault, Intent, Language, SlotValue},
    units::{Probability, TurnId, Words},
};

/// Everything a turn led to. Serialised as it stands; `config/turn.schema.json` describes it.
#[derive(Debug, Clone, Serialize)]
pub struct TurnReport {
    /// The turn's number within the run, from 1.
    pub turn: TurnId,
    /// The recording's path, "-" for standard input, "text" for typed words, "microphone", "say" for what Mynah was told to
    /// say, "due" for a timer, an alarm or a reminder, "session" for an end between two turns.
    pub source: String,
    /// Start and end of the utterance in its recording, ms; both 0 for typed words.
    pub span_ms: [u64; 2],
    /// What was heard or typed.
    pub transcript: Heard,
    /// What was understood on the device; null when the words were handed on or not understood.
    pub intent: Option<Understood>,
    /// What else the same words asked for, in their order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<Understood>,
    /// What a language model called on this device, in its order, and what each call came to.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<ToolRun>,
    /// Who answered, and why that is allowed.
    pub route: Route,
    /// The answer.
    pub reply: Replied,
    /// What is told of who made it.
    pub disclosure: Disclosed,
    /// How long it took.
    pub ms: Delays,
    /// What went wrong; null when the turn was answered.
    pub error: Option<Fault>,
}

/// The words of a turn.
#[derive(Debug, Clone, Serialize)]
pub struct Heard {
    /// The words; empty when none were heard.
    pub text: Words,
    /// Their language; null when none were heard.
    pub language: Option<Language>,
    /// How far the recogniser trusts them, 0 to 1; 1 for typed words.
    pub confidence: Probability,
}

/// An intent as it is reported.
#[derive(Debug, Clone, Serialize)]
pub struct Understood {
    /// Its name in `config/intents`.
    pub name: String,
    /// Its slots by name.
    pub slots: BTreeMap<String, SlotValue>,
}

impl From<&Intent> for Understood {
    fn from(intent: &Intent) -> Self {
        let slots = intent.slots.iter().map(|slot| (slot.name.to_owned(), slot.value.clone())).collect();
        Self { name: intent.name.clone(), slots }
    }
}

/// A language model's call of a function of this device.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolRun {
    /// The function; "unknown" where there is none of the name.
    pub name: String,
    /// "done", "answered", "needs_yes", "refused", "failed" or "unknown".
    pub outcome: &'static str,
}

/// Who answered a turn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Route {
    /// The region in force.
    pub region: String,
    /// "device", an endpoint's identifier, or "refused".
    pub by: String,
    /// Why, in words.
    pub reason: String,
}

/// The answer of a turn.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Replied {
    /// The words of the reply; empty when there was none.
    pub text: Words,
    /// The WAV file of the reply; null when none was asked for or made.
    pub audio: Option<String>,
}

/// Delays of a turn in ms, each from the moment its words were complete (the end of the utterance, or the typed line).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Delays {
    /// Silence that was waited for after the last speech until the words counted as complete; null for typed words.
    pub endpoint: Option<u64>,
    /// Until the transcript was there; null for typed words.
    pub transcribe: Option<u64>,
    /// Until the first words of the reply were there; null when there was none.
    pub first_word: Option<u64>,
    /// Until the first sound of the reply was ready to play; null when it was not spoken.
    pub first_sound: Option<u64>,
    /// Until the whole reply was made: spoken, and written or played where asked.
    pub total: u64,
}

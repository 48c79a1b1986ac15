//! Judge: what came of a step against what was to come.
//!
//! Enters: a step and what was found. Leaves: what differs, with its line. Never here: a second opinion; what is not
//! expected is not looked at, but for an error.

use serde_json::Value;

use super::{
    outcome::Failure,
    script::{Act, Step, What},
    stage::Found,
};
use crate::report::{TurnReport, Understood};

/// What differs in `step`.
pub(super) fn judge(step: &Step, found: &Found) -> Vec<Failure> {
    let talks = matches!(step.act, Act::Say(_) | Act::Hear(_));
    let last = found.turns.last();
    if talks && last.is_none() {
        return vec![failure(
            step.line,
            "step",
            "a turn",
            "none: the session ended, or did not answer".into(),
        )];
    }
    step.expected
        .iter()
        .filter_map(|expected| {
            let (what, (wanted, got)) = differs(&expected.what, found, last)?;
            Some(failure(expected.line, what, &wanted, got))
        })
        .collect()
}

fn failure(line: usize, what: &str, expected: &str, found: String) -> Failure {
    Failure { line, what: what.to_owned(), expected: expected.to_owned(), found }
}

/// The key, what it wanted and what came, where they differ.
fn differs(
    what: &What,
    found: &Found,
    last: Option<&(TurnReport, bool)>,
) -> Option<(&'static str, (String, String))> {
    if let What::Due(wanted) = what {
        let fit = wanted.len() == found.due.len()
            && wanted.iter().zip(&found.due).all(|(pattern, text)| pattern.fits(text));
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        return (!fit).then(|| ("due", (format!("{wanted:?}"), format!("{:?}", found.due))));
    }
    let (turn, asked) = last?;
    let name = |intent: Option<&Understood>| intent.map_or("none".to_owned(), |intent| intent.name.clone());
    let text =
        |key, wanted: &str, fits: bool, got: &str| (!fits).then(|| (key, (quoted(wanted), quoted(got))));
    match what {
        What::Turns(wanted) => {
            let got = found.turns.len();
            (*wanted != got).then(|| ("turns", (wanted.to_string(), got.to_string())))
        }
        What::Heard(pattern) => {
            let got = turn.transcript.text.as_str();
            text("heard", &pattern.to_string(), pattern.fits(got), got)
        }
        What::Intent(wanted) => {
            let (wanted, got) = (wanted.clone().unwrap_or_else(|| "none".into()), name(turn.intent.as_ref()));
            text("intent", &wanted, wanted == got, &got)
        }
        What::Also(wanted) => {
            let got: Vec<String> = turn.also.iter().map(|intent| name(Some(intent))).collect();
            (*wanted != got).then(|| ("also", (format!("{wanted:?}"), format!("{got:?}"))))
        }
        What::Slots(wanted) => {
            let got = turn.intent.as_ref().map_or(Value::Null, |intent| serde_json::json!(intent.slots));
            (!holds(&got, wanted)).then(|| ("slots", (wanted.to_string(), got.to_string())))
        }
        What::Reply(pattern) => {
            let got = turn.reply.text.as_str();
            text("reply", &pattern.to_string(), pattern.fits(got), got)
        }
        What::By(wanted) => text("by", wanted, *wanted == turn.route.by, &turn.route.by),
        What::Asked(wanted) => (wanted != asked).then(|| ("asked", (wanted.to_string(), asked.to_string()))),
        What::Error(wanted) => {
            let kind = turn.error.as_ref().map(|error| error.kind);
            let got = turn
                .error
                .as_ref()
                .map_or("none".to_owned(), |error| format!("{:?} ({})", error.kind, error.message));
            let wanted_text = wanted.as_ref().map_or("none".to_owned(), |kind| format!("{kind:?}"));
            (wanted.as_deref() != kind).then_some(("error", (wanted_text, got)))
        }
        What::Report(pointer, wanted) => {
            let report = serde_json::json!(turn);
            let got = report.pointer(pointer).cloned().unwrap_or(Value::Null);
            (!holds(&got, wanted)).then(|| ("report", (format!("{wanted} at {pointer}"), got.to_string())))
        }
        What::Due(_) => None,
    }
}

fn quoted(text: &str) -> String {
    format!("{text:?}")
}

/// Whether `got` is `wanted`, or holds at least that where it is an object. Text may have gaps.
fn holds(got: &Value, wanted: &Value) -> bool {
    match (got, wanted) {
        (Value::Object(got), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| got.get(key).is_some_and(|it| holds(it, value)))
        }
        (Value::Array(got), Value::Array(wanted)) => {
            got.len() == wanted.len() && got.iter().zip(wanted).all(|(got, wanted)| holds(got, wanted))
        }
        (Value::String(got), Value::String(wanted)) => super::pattern::Pattern::new(wanted).fits(got),
        (Value::Null, Value::String(wanted)) => wanted == "none",
        (Value::Number(got), Value::Number(wanted)) => match (got.as_f64(), wanted.as_f64()) {
            (Some(got), Some(wanted)) => (got - wanted).abs() <= f64::EPSILON * wanted.abs().max(1.0),
            _ => false,
        },
        (got, wanted) => got == wanted,
    }
}

//! Protocol: what a line asks for.
//!
//! Enters: a line of a client, any bytes. Leaves: [`Asked`], or a [`Fault`] that says what would be understood. Pure.
//! Never here: a word of the client's in a log; a request is understood whole or refused whole.

use serde::Serialize;
use serde_json::{Map, Value, json};

use super::filter::Filter;
use crate::{
    flow::Fault,
    report::{Status, TurnReport},
    session::{Answer, Command},
    units::Words,
};

/// The JSON Schema of every line in both directions, as committed in `config/control.schema.json`.
pub const SCHEMA: &str = include_str!("../../config/control.schema.json");

/// The longest line a client may send, bytes.
pub const LONGEST_LINE: usize = 64 * 1024;

/// The longest identifier of a request, bytes.
const LONGEST_ID: usize = 128;

/// Every request by name.
const REQUESTS: &str = "status, ask, say, ptt, mute, unmute, stop, events, reload, quit";

/// A line, read.
#[derive(Debug, PartialEq)]
pub struct Asked {
    /// The request's own identifier, which its answer repeats: a text, a whole number, or null.
    pub id: Value,
    /// What it asks for, or why that is not understood.
    pub wanted: Result<Wanted, Fault>,
}

/// What a client wants.
#[derive(Debug, Clone, PartialEq)]
pub enum Wanted {
    /// Something of the session.
    Command(Command),
    /// To be told what happens from now on.
    Events(Filter),
}

/// Reads a line.
#[must_use]
pub fn parse(line: &[u8]) -> Asked {
    let mut fields = match serde_json::from_slice(line) {
        Ok(Value::Object(fields)) => fields,
        Ok(_) => return Asked { id: Value::Null, wanted: Err(not_understood("it is no JSON object")) },
        // The parser's own words tell a place and quote nothing.
        Err(error) => {
            return Asked {
                id: Value::Null,
                wanted: Err(not_understood(&format!("it is no JSON ({error})"))),
            };
        }
    };
    match id(&mut fields) {
        Ok(id) => Asked { id, wanted: wanted(fields) },
        Err(fault) => Asked { id: Value::Null, wanted: Err(fault) },
    }
}

fn id(fields: &mut Map<String, Value>) -> Result<Value, Fault> {
    match fields.shift_remove("id") {
        None => Ok(Value::Null),
        Some(Value::String(text)) if text.len() > LONGEST_ID => {
            Err(not_understood("its \"id\" is longer than 128 bytes"))
        }
        Some(id) if id.is_null() || id.is_string() || id.is_i64() || id.is_u64() => Ok(id),
        Some(_) => Err(not_understood("its \"id\" is neither text nor a whole number")),
    }
}

fn wanted(mut fields: Map<String, Value>) -> Result<Wanted, Fault> {
    let name = match fields.shift_remove("do") {
        Some(Value::String(name)) => name,
        _ => return Err(not_understood(&format!("it lacks \"do\" with one of {REQUESTS}"))),
    };
    let command = match name.as_str() {
        "status" => Command::Status,
        "ask" => Command::Ask(words(&mut fields)?),
        "say" => Command::Say(words(&mut fields)?),
        "ptt" => edge(&mut fields)?,
        "mute" => Command::Mute,
        "unmute" => Command::Unmute,
        "stop" => Command::Stop,
        "reload" => Command::Reload,
        "quit" => Command::Quit,
        "events" => {
            let filter = filter(&mut fields)?;
            return nothing_left(&fields, &name).map(|()| Wanted::Events(filter));
        }
        _ => return Err(not_understood(&format!("its \"do\" is none of {REQUESTS}"))),
    };
    nothing_left(&fields, &name).map(|()| Wanted::Command(command))
}

/// A field nobody knows is a misunderstanding, not an ornament.
fn nothing_left(fields: &Map<String, Value>, name: &str) -> Result<(), Fault> {
    let takes = match name {
        "ask" | "say" => "\"words\"",
        "ptt" => "\"edge\"",
        "events" => "\"only\" and \"levels\"",
        _ => "nothing",
    };
    if fields.is_empty() {
        return Ok(());
    }
    Err(not_understood(&format!("\"{name}\" takes {takes} beside \"id\", and it holds more")))
}

fn words(fields: &mut Map<String, Value>) -> Result<Words, Fault> {
    match fields.shift_remove("words") {
        Some(Value::String(text)) if !text.trim().is_empty() => Ok(Words(text)),
        _ => Err(not_understood("it lacks \"words\", a text that is not blank")),
    }
}

fn edge(fields: &mut Map<String, Value>) -> Result<Command, Fault> {
    let edge = fields.shift_remove("edge");
    match edge.as_ref().and_then(Value::as_str) {
        Some("press") => Ok(Command::Press),
        Some("release") => Ok(Command::Release),
        Some("toggle") => Ok(Command::Toggle),
        _ => Err(not_understood("it lacks \"edge\" with one of press, release, toggle")),
    }
}

fn filter(fields: &mut Map<String, Value>) -> Result<Filter, Fault> {
    let levels = match fields.shift_remove("levels") {
        None => false,
        Some(Value::Bool(levels)) => levels,
        Some(_) => return Err(not_understood("its \"levels\" is neither true nor false")),
    };
    let only = match fields.shift_remove("only") {
        None => None,
        Some(Value::Array(named)) => {
            let known = |it: &Value| Filter::EVENTS.iter().copied().find(|name| it.as_str() == Some(name));
            let only: Option<Vec<&'static str>> = named.iter().map(known).collect();
            let mut only = only.ok_or_else(unknown_events)?;
            only.sort_unstable();
            only.dedup();
            Some(only)
        }
        Some(_) => return Err(unknown_events()),
    };
    Ok(Filter { only, levels })
}

fn unknown_events() -> Fault {
    not_understood(&format!("its \"only\" is no list of these: {}", Filter::EVENTS.join(", ")))
}

fn not_understood(why: &str) -> Fault {
    Fault {
        kind: "bad_request",
        message: format!("the request is not understood: {why}"),
        remedy: "send one JSON object a line, such as {\"do\":\"status\"}; config/control.schema.json describes them"
            .into(),
    }
}

/// The line that asks for `wanted`.
pub(super) fn request(wanted: &Wanted) -> String {
    let fields = match wanted {
        Wanted::Command(Command::Status) => json!({ "do": "status" }),
        Wanted::Command(Command::Ask(words)) => json!({ "do": "ask", "words": words }),
        Wanted::Command(Command::Say(words)) => json!({ "do": "say", "words": words }),
        Wanted::Command(Command::Press) => json!({ "do": "ptt", "edge": "press" }),
        Wanted::Command(Command::Release) => json!({ "do": "ptt", "edge": "release" }),
        Wanted::Command(Command::Toggle) => json!({ "do": "ptt", "edge": "toggle" }),
        Wanted::Command(Command::Stop) => json!({ "do": "stop" }),
        Wanted::Command(Command::Mute) => json!({ "do": "mute" }),
        Wanted::Command(Command::Unmute) => json!({ "do": "unmute" }),
        Wanted::Command(Command::Reload | Command::Moved) => json!({ "do": "reload" }),
        Wanted::Command(Command::Quit) => json!({ "do": "quit" }),
        Wanted::Events(Filter { only: None, levels }) => json!({ "do": "events", "levels": levels }),
        Wanted::Events(Filter { only, levels }) => json!({ "do": "events", "only": only, "levels": levels }),
    };
    fields.to_string()
}

/// A line of the daemon's.
#[derive(Debug, Serialize)]
struct Response<'a> {
    id: &'a Value,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<&'a Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    report: Option<&'a TurnReport>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Fault>,
}

/// The answer to request `id` as a line.
pub(super) fn response(id: &Value, result: &Result<Answer, Fault>) -> String {
    let mut response = Response { id, ok: result.is_ok(), status: None, report: None, error: None };
    match result {
        Ok(Answer::Done) => {}
        Ok(Answer::Status(status)) => response.status = Some(status),
        Ok(Answer::Turn(report)) => response.report = Some(report),
        Err(fault) => response.error = Some(fault),
    }
    serde_json::to_string(&response)
        .expect("its maps have text keys and it holds no foreign type, so it serialises")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(line: &str) -> Wanted {
        parse(line.as_bytes()).wanted.unwrap_or_else(|fault| panic!("{line}: {}", fault.message))
    }

    #[test]
    fn every_request_is_understood_and_written_as_it_is_read() {
        for (line, command) in [
            (r#"{"do":"status"}"#, Command::Status),
            (r#"{"do":"ask","words":"what time is it"}"#, Command::Ask("what time is it".into())),
            (r#"{"words":"现在几点","do":"say"}"#, Command::Say("现在几点".into())),
            (r#"{"do":"ptt","edge":"press"}"#, Command::Press),
            (r#"{"do":"ptt","edge":"release"}"#, Command::Release),
            (r#"{"do":"ptt","edge":"toggle"}"#, Command::Toggle),
            (r#"{"do":"stop"}"#, Command::Stop),
            (r#"{"do":"mute"}"#, Command::Mute),
            (r#"{"do":"unmute"}"#, Command::Unmute),
            (r#"{"do":"reload"}"#, Command::Reload),
            (" {\"do\" : \"quit\"}\r", Command::Quit),
        ] {
            let command = Wanted::Command(command);
            assert_eq!(wanted(line), command, "{line}");
            assert_eq!(wanted(&request(&command)), command, "{line}");
        }
        assert_eq!(wanted(r#"{"do":"events"}"#), Wanted::Events(Filter::default()));
        let named = Filter { only: Some(vec!["state", "turn"]), levels: true };
        let named = Wanted::Events(named);
        assert_eq!(wanted(r#"{"do":"events","only":["turn","state","turn"],"levels":true}"#), named);
        assert_eq!(wanted(&request(&named)), named);
    }

    #[test]
    fn an_identifier_comes_back_even_where_the_request_is_not_understood() {
        for id in [json!("a"), json!(7), json!(-1), json!(null)] {
            let asked = parse(json!({ "id": id, "do": "dance" }).to_string().as_bytes());
            assert_eq!(asked.id, id);
            assert_eq!(asked.wanted.unwrap_err().kind, "bad_request");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused_whole() {
        let long = format!(r#"{{"do":"status","id":"{}"}}"#, "x".repeat(129));
        let deep = "[".repeat(60_000);
        for line in [
            "",
            "null",
            "[]",
            "7",
            "status",
            "{",
            r#"{"do":7}"#,
            r#"{"do":"Status"}"#,
            r#"{"do":"ask"}"#,
            r#"{"do":"ask","words":" \n"}"#,
            r#"{"do":"say","words":["a"]}"#,
            r#"{"do":"ptt"}"#,
            r#"{"do":"ptt","edge":"hold"}"#,
            r#"{"do":"mute","words":"a"}"#,
            r#"{"do":"events","only":"state"}"#,
            r#"{"do":"events","only":["states"]}"#,
            r#"{"do":"events","only":null}"#,
            r#"{"do":"events","levels":1}"#,
            r#"{"do":"status","id":1.5}"#,
            r#"{"do":"status","id":{}}"#,
            r#"{"do":"status"} {"do":"stop"}"#,
            &long,
            &deep,
        ] {
            let fault = parse(line.as_bytes()).wanted.unwrap_err();
            assert_eq!(fault.kind, "bad_request", "{line}");
        }
        assert!(parse(b"\xff\xfe{}").wanted.is_err());
    }

    #[test]
    fn a_refusal_quotes_nothing_of_what_was_to_be_said() {
        for line in [
            r#"{"do":"say","words":"a secret","and":1}"#,
            r#"{"do":"say","words":"a secret"#,
            r#"{"do":"a secret"}"#,
            r#"{"do":"say","words":{"a secret":1}}"#,
            r#"{"do":"mute","a secret":1}"#,
        ] {
            let fault = parse(line.as_bytes()).wanted.unwrap_err();
            assert!(!format!("{fault:?}").contains("secret"), "{fault:?}");
        }
    }
}

//! The schema of the control socket against the parser: they call the same lines requests.

use mynah::{
    flow::Fault,
    report::{Notice, Presence},
    units::{TurnId, Words},
};
use proptest::{collection::vec, prop_assert, prop_assert_eq, sample::select};
use serde_json::{Value, json};

use super::daemon;

const NAMES: &[&str] = &["words", "edge", "only", "levels", "id", "more"];

const VALUES: &[&str] =
    &["\"press\"", "\" \"", "\"a b\"", "true", "null", "7", "1.5", "[]", "[\"state\"]", "[\"x\"]", "{}"];

proptest::proptest! {
    #[test]
    fn what_is_understood_keeps_the_schema(
        name in select(&["status", "ask", "say", "ptt", "mute", "events", "quit", "dance"][..]),
        fields in vec((select(NAMES), select(VALUES)), 0..3),
        cut in 0..60_usize,
    ) {
        let fields: String = fields.iter().map(|(name, value)| format!(",\"{name}\":{value}")).collect();
        let line = format!("{{\"do\":\"{name}\"{fields}}}");
        let value: Value = serde_json::from_str(&line).unwrap();
        let understood = mynah::serve::parse(line.as_bytes()).wanted.is_ok();
        prop_assert_eq!(understood, daemon::is_request(&value), "{}", line);
        // Cut short, it is nothing.
        let cut = cut.min(line.len() - 1);
        prop_assert!(mynah::serve::parse(&line.as_bytes()[..cut]).wanted.is_err());
    }
}

/// Each event by an example: what can be asked for is what is told and what the schema describes.
#[test]
fn every_event_is_described_and_may_be_asked_for() {
    let fault = Fault { kind: "odd", message: "m".into(), remedy: "r".into() };
    let (turn, text) = (TurnId(1), Words::from("w"));
    let notices = [
        Notice::State { state: Presence::Asleep },
        Notice::Level { dbfs: -50.0, speech: false },
        Notice::Woken { phrase: "hey computer".into(), score: 0.5 },
        Notice::Partial { turn, text: text.clone() },
        Notice::Transcript { turn, text: text.clone() },
        Notice::Sentence { turn, text },
        Notice::BargeIn { turn },
        Notice::Turn(Box::new(daemon::report("what time is it"))),
        Notice::Microphone { device: None, message: "muted".into() },
        Notice::HotKey { message: "ready".into() },
        Notice::Trouble(fault),
    ];
    let names: Vec<&str> = notices.iter().map(Notice::name).collect();
    assert_eq!(names, mynah::serve::Filter::EVENTS);
    for notice in &notices {
        daemon::event(&serde_json::to_string(notice).unwrap());
        assert!(daemon::is_request(&json!({ "do": "events", "only": [notice.name()] })));
    }
}

#[test]
fn the_schema_is_strict() {
    for (line, good) in [
        (json!({ "do": "status" }), true),
        (json!({ "do": "events", "only": [], "levels": false, "id": "x" }), true),
        (json!({ "do": "dance" }), false),
        (json!({ "do": "say", "words": " " }), false),
        (json!({ "do": "say" }), false),
        (json!({ "do": "mute", "words": "a" }), false),
        (json!({ "do": "ptt", "edge": "hold" }), false),
        (json!({ "do": "status", "id": [] }), false),
        (json!({ "do": "events", "only": ["dance"] }), false),
    ] {
        assert_eq!(daemon::is_request(&line), good, "{line}");
        assert_eq!(mynah::serve::parse(line.to_string().as_bytes()).wanted.is_ok(), good, "{line}");
    }
    let fault = json!({ "kind": "odd", "message": "m", "remedy": "r" });
    for (line, good) in [
        (json!({ "id": null, "ok": true }), true),
        (json!({ "id": 1, "ok": false, "error": fault }), true),
        (json!({ "ok": true }), false),
        (json!({ "id": 1, "ok": false }), false),
        (json!({ "id": 1, "ok": true, "error": fault }), false),
        (json!({ "id": 1, "ok": true, "more": 1 }), false),
    ] {
        assert_eq!(daemon::is_response(&line), good, "{line}");
    }
}

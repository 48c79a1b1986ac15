//! The schema of the control socket against the parser: they call the same lines requests.

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
        (json!({ "do": "events", "only": mynah::serve::Filter::EVENTS }), true),
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

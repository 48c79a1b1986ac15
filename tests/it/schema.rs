//! The contract of a turn's line. That every line of every other test keeps it is seen to where lines are read
//! ([`crate::support::binary::Ran::turns`]); here, that the contract itself is strict.

use serde_json::{Value, json};

use crate::support::binary::{Home, recording};

fn validator() -> jsonschema::Validator {
    let schema = serde_json::from_str(mynah::report::SCHEMA).unwrap();
    jsonschema::meta::validate(&schema).unwrap();
    jsonschema::validator_for(&schema).unwrap()
}

/// Paths of every object within `value`, as JSON pointers.
fn objects(value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(fields) = value.as_object() {
        found.push(at.to_owned());
        fields.iter().for_each(|(name, field)| objects(field, &format!("{at}/{name}"), found));
    }
}

#[test]
fn every_field_is_required_and_no_other_is_allowed() {
    let home = Home::new();
    let answered =
        home.ask(&["--out", &home.text("out"), "--audio", &recording("speech/feet-in-a-mile.wav")]);
    let failed = home.ask(&["--audio", &home.text("missing.wav")]);
    let validator = validator();
    for turn in [answered.turn(), failed.turn()] {
        assert!(validator.is_valid(&turn));
        let mut found = Vec::new();
        objects(&turn, "", &mut found);
        assert!(found.len() >= 6, "{found:?}");
        for at in found.iter().filter(|at| !at.ends_with("/slots")) {
            let fields = turn.pointer(at).unwrap().as_object().unwrap();
            for name in fields.keys() {
                let mut without = turn.clone();
                without.pointer_mut(at).unwrap().as_object_mut().unwrap().shift_remove(name);
                assert!(!validator.is_valid(&without), "{at}/{name} may be missing");
                let mut odd = turn.clone();
                odd.pointer_mut(at).unwrap()[name] = json!([{ "no": "such type" }]);
                assert!(!validator.is_valid(&odd), "{at}/{name} may be of any type");
            }
            let mut more = turn.clone();
            more.pointer_mut(at).unwrap()["extra"] = json!(1);
            assert!(!validator.is_valid(&more), "{at} may hold more");
        }
    }
}

#[test]
fn values_out_of_range_break_the_contract() {
    let good = Home::new().ask(&["what is 7 times 8"]).turn();
    let validator = validator();
    assert!(validator.is_valid(&good));
    for (at, value) in [
        ("/turn", json!(0)),
        ("/span_ms", json!([0])),
        ("/span_ms/0", json!(-1)),
        ("/transcript/confidence", json!(1.5)),
        ("/transcript/language", json!("English")),
        ("/intent/name", json!("Clock Time")),
        ("/route/by", json!("")),
        ("/ms/total", json!(null)),
        ("/error", json!({ "kind": "No Speech", "message": "m", "remedy": "r" })),
        ("/error", json!({ "kind": "no_speech", "message": "m", "remedy": "" })),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(at).unwrap() = value.clone();
        assert!(!validator.is_valid(&bad), "{at} may be {value}");
    }
}

//! `mynah audit` as it is typed, over what a real request left.

use std::fs;

use serde_json::{Value, json};

use super::{SCHEMA, VERDICT};
use crate::support::{
    binary::{Home, ran},
    server::{Server, events},
};

/// A home in which one question was answered by a server on this machine.
fn asked() -> Home {
    let answer = json!({ "model": "tiny-1", "choices": [{ "index": 0, "delta": { "content": "Because of Rayleigh." }, "finish_reason": "stop" }] });
    let server = Server::answering(vec![events(&[&answer.to_string()])]);
    let home = Home::new();
    home.settings(&format!(
        "region = \"EU\"\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"",
        server.url()
    ));
    let ran = home.ask(&["why is the zebra striped"]);
    assert_eq!((ran.code, ran.turn()["route"]["by"].as_str()), (Some(0), Some("llamacpp")), "{ran:?}");
    home
}

/// What `verify --json` says, which keeps to the schema.
fn verdict(home: &Home, code: i32) -> Value {
    let verified = home.run(&["audit", "verify", "--json"]);
    assert_eq!(verified.code, Some(code), "{verified:?}");
    let verdict: Value = serde_json::from_str(&verified.stdout).unwrap();
    let errors: Vec<String> = VERDICT.iter_errors(&verdict).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{errors:?} in {verdict}");
    verdict
}

const LEDGER: &str = ".local/state/mynah/ledger.jsonl";

#[test]
fn loopback_what_was_sent_is_shown_verified_and_exported() {
    let home = asked();
    let shown = home.run(&["audit", "show", "--json"]);
    let lines: Vec<Value> = shown.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        let errors: Vec<String> = SCHEMA.iter_errors(line).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?} in {line}");
    }
    let [.., sent, answered] = lines.as_slice() else { panic!("{shown:?}") };
    assert_eq!((&sent["decision"], &answered["decision"]), (&json!("sent"), &json!("answered")));
    assert_eq!((&sent["request"], &answered["request"]), (&sent["seq"], &sent["seq"]));
    assert_eq!(sent["infer"], json!(["LOCAL"]));
    assert!(sent["inputs"].as_str().unwrap().starts_with("home EU declared in "), "{sent}");
    assert_eq!(sent["policy_sha256"].as_str().unwrap().len(), 64);
    assert_eq!((&sent["address"], &answered["address"]), (&json!(null), &json!("127.0.0.1")));
    assert_eq!(answered["model_answered"], "tiny-1");
    assert!(answered["bytes_in"].as_u64().unwrap() > 50 && sent["bytes_out"] == answered["bytes_out"]);
    assert!(!shown.stdout.contains("zebra") && !shown.stdout.contains("Rayleigh"), "{shown:?}");

    let table = home.run(&["audit", "show", "--endpoint", "llamacpp", "--since", "1h"]);
    let rows: Vec<&str> = table.stdout.lines().collect();
    assert!(rows[0].starts_with("WHEN") && rows[0].ends_with("RULE"), "{table:?}");
    let cells: Vec<&str> = rows[2].split_whitespace().collect();
    assert_eq!(cells[2..6], ["answered", "llamacpp", "127.0.0.1", "LOCAL"], "{table:?}");
    for nothing in [["--endpoint", "openai"], ["--since", "2100-01-01"]] {
        let none = home.run(&[&["audit", "show"][..], &nothing].concat());
        assert_eq!((none.code, none.stdout.as_str()), (Some(0), ""), "{none:?}");
        assert!(none.stderr.contains("nothing of that is on record"), "{none:?}");
    }

    let verified = home.run(&["audit", "verify"]);
    assert_eq!(verified.code, Some(0), "{verified:?}");
    assert!(verified.stdout.contains(answered["hash"].as_str().unwrap()), "{verified:?}");
    let last = json!({ "seq": answered["seq"], "hash": answered["hash"] });
    let whole = json!({
        "whole": true, "lines": lines.len(), "files": 1, "begins_after": null, "last": last,
        "findings": [], "unlisted": 0, "notes": [],
    });
    assert_eq!(verdict(&home, 0), whole);

    let exported = home.run(&["audit", "export", &home.text("all.jsonl")]);
    assert_eq!(exported.code, Some(0), "{exported:?}");
    assert_eq!(fs::read(home.path("all.jsonl")).unwrap(), fs::read(home.path(LEDGER)).unwrap());
    home.run(&["audit", "export", &home.text("all.jsonl")]).refused(&["all.jsonl", "exist"]);
    home.run(&["audit", "export", &home.text("all.csv"), "--format", "csv"]);
    let csv = fs::read_to_string(home.path("all.csv")).unwrap();
    let head: Vec<&str> = csv.lines().next().unwrap().split(',').collect();
    assert_eq!((csv.lines().count(), head.len()), (lines.len() + 1, 25));
    assert!(head.iter().all(|name| sent.get(*name).is_some()), "{head:?}");
}

#[test]
fn loopback_a_refusal_is_shown_and_a_change_is_told_with_file_and_line() {
    let home = asked();
    let text = fs::read_to_string(home.path(LEDGER)).unwrap();
    let changed = text.replacen("llamacpp", "lmstudio", 1);
    fs::write(home.path(LEDGER), changed).unwrap();
    let verified = home.run(&["audit", "verify"]);
    assert_eq!(verified.code, Some(1), "{verified:?}");
    assert!(verified.stdout.contains("CHANGED  ledger.jsonl, line 2: it was changed"), "{}", verified.stdout);
    assert!(verified.stdout.contains("NOT whole"), "{}", verified.stdout);
    let found = json!([{ "file": "ledger.jsonl", "line": 2, "what": "it was changed: its hash is not that of its bytes" }]);
    let told = verdict(&home, 1);
    assert_eq!((&told["whole"], &told["findings"]), (&json!(false), &found));
    let refused = home.run(&["audit", "show", "--refused"]);
    assert!(!refused.stdout.contains("answered"), "{refused:?}");
}

#[test]
fn without_a_record_nothing_is_said_to_be_wrong() {
    let home = Home::new();
    let verified = home.run(&["audit", "verify"]);
    assert_eq!((verified.code, verified.stdout.as_str()), (Some(0), "nothing is recorded in a chain\n"));
    assert_eq!(verdict(&home, 0)["last"], json!(null));
    assert_eq!(home.run(&["audit", "show"]).code, Some(0));
    assert!(!home.path(".local/state/mynah").exists(), "looking makes nothing");
    let wrong = home.run(&["audit", "show", "--since", "yesterday"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.stderr.contains("2026-11-22"), "{wrong:?}");
    home.put(LEDGER, "");
    fs::remove_file(home.path(LEDGER)).unwrap();
    fs::create_dir(home.path(LEDGER)).unwrap();
    home.run(&["audit", "verify"]).refused(&["ledger.jsonl", "cannot be read"]);
}

#[test]
fn a_foreign_text_is_no_formula_in_a_spreadsheet() {
    let home = Home::new();
    let line = json!({ "time": "2026-01-01T12:00:00Z", "model_answered": "=HYPERLINK(\"x\",1)", "decision": "sent" });
    home.put(LEDGER, format!("{line}\n"));
    assert_eq!(
        ran(&mut home.mynah(&["audit", "export", &home.text("a.csv"), "--format", "csv"])).code,
        Some(0)
    );
    let csv = fs::read_to_string(home.path("a.csv")).unwrap();
    assert!(csv.contains("\"'=HYPERLINK(\"\"x\"\",1)\""), "{csv}");
}

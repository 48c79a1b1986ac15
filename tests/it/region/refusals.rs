//! A provider's refusal of the place, and the record of the region, through the real binary against loopback.

use std::fs;

use serde_json::{Value, json};

use crate::support::{
    binary::{Home, ran},
    server::{Server, events, response},
};

const LEDGER: &str = ".local/state/mynah/ledger.jsonl";

fn answer() -> Vec<u8> {
    let word =
        json!({ "choices": [{ "index": 0, "delta": { "content": "Rayleigh." }, "finish_reason": "stop" }] });
    events(&[&word.to_string()])
}

fn home(region: &str, server: &Server) -> Home {
    let home = Home::new();
    home.settings(&format!(
        "region = \"{region}\"\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"",
        server.url()
    ));
    home
}

#[test]
fn loopback_who_refuses_the_place_is_told_once_and_not_asked_again_there() {
    let no =
        |status: &str, body: Value| response(status, "Content-Type: application/json\r\n", &body.to_string());
    for refusal in [
        no(
            "403 Forbidden",
            json!({ "error": {
            "code": "unsupported_country_region_territory", "type": "request_forbidden", "message": "no" } }),
        ),
        no(
            "400 Bad Request",
            json!([{ "error": {
            "code": 400, "message": "User location is not supported for the API use.", "status": "FAILED_PRECONDITION" } }]),
        ),
    ] {
        let server = Server::answering(vec![refusal, answer(), answer()]);
        let home = home("US", &server);
        let first = home.ask(&["why is the sky blue"]).turn();
        assert_eq!(first["error"]["kind"], "endpoint_place_refused", "{first}");
        assert_eq!(first["reply"]["text"], "The language model is not offered where we are.");
        // Nobody is asked any more, nobody else either.
        let second = home.ask(&["why is the sky blue"]).turn();
        assert_eq!(
            (&second["error"]["kind"], &second["route"]["by"]),
            (&"refused".into(), &"refused".into())
        );
        assert!(
            second["error"]["message"].as_str().unwrap().contains("does not serve the place"),
            "{second}"
        );
        assert_eq!(server.connections(), 1);
        let shown: Value = serde_json::from_str(&home.run(&["region", "--json"]).stdout).unwrap();
        let providers = &shown["inputs"][4];
        assert_eq!((&providers["said"], &providers["answer"]), (&"llamacpp".into(), &"conflicting".into()));
        // Elsewhere it may be asked again; and here, once the user said where that is.
        let mut elsewhere = home.mynah(&["ask", "--json", "--quiet", "why is the sky blue"]);
        let third = ran(elsewhere.env("TZ", "America/New_York")).turn();
        assert_eq!(third["reply"]["text"], "Rayleigh.");
        assert_eq!(home.run(&["region", "set", "US", "--yes"]).code, Some(0));
        assert_eq!(home.ask(&["why is the sky blue"]).turn()["reply"]["text"], "Rayleigh.");
    }
}

#[test]
fn loopback_in_one_run_too_the_refused_endpoint_is_asked_once() {
    let body = json!({ "error": { "code": "unsupported_country_region_territory" } }).to_string();
    let server = Server::answering(vec![response("403 Forbidden", "", &body), answer()]);
    let turns = home("US", &server).ask_lines("why is the sky blue\nwhy is the sea salty\n").turns();
    let kinds: Vec<&Value> = turns.iter().map(|turn| &turn["error"]["kind"]).collect();
    assert_eq!(kinds, ["endpoint_place_refused", "refused"]);
    assert_eq!(server.connections(), 1);
}

#[test]
fn loopback_a_less_strict_region_is_recorded_before_the_first_word_leaves() {
    let server = Server::answering(vec![answer(), answer(), answer()]);
    let home = home("EU", &server);
    let decisions = || -> Vec<(String, String)> {
        let ledger = fs::read_to_string(home.path(LEDGER)).unwrap();
        let lines = ledger.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or_default().to_owned();
        lines.map(|line| (text(&line, "decision"), text(&line, "region"))).collect()
    };
    let pairs = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(decision, region)| ((*decision).to_owned(), (*region).to_owned())).collect()
    };
    home.ask(&["why is the sky blue"]).turn();
    home.ask(&["why is the sky blue"]).turn();
    let mut expected =
        vec![("loosened", "EU"), ("sent", "EU"), ("answered", "EU"), ("sent", "EU"), ("answered", "EU")];
    assert_eq!(decisions(), pairs(&expected));
    // A flag is a declaration like any other.
    home.ask(&["--region", "US", "why is the sky blue"]).turn();
    expected.extend([("loosened", "US"), ("sent", "US"), ("answered", "US")]);
    assert_eq!(decisions(), pairs(&expected));
    let ledger = fs::read_to_string(home.path(LEDGER)).unwrap();
    assert!(ledger.contains("--region") && !ledger.contains("sky"), "{ledger}");
    // A state file that is spoilt forgets, and permits nothing.
    fs::write(home.path(".local/state/mynah/region.json"), "{\"recorded\": [").unwrap();
    assert_eq!(home.run(&["region", "--json"]).code, Some(0));
}

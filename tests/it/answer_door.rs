//! The answer room through the real door, to servers on loopback: what they get, what is passed on, what is recorded.

use std::{sync::Arc, time::Duration};

use mynah::{
    answer::{Asker, ChatSetup, Options},
    egress::{Door, DoorOptions, Ledger},
    policy::Rules,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::{
    answer::{request, setup, show, stop, word},
    support::server::{Server, Step, event_head, events, response},
};

/// Asks through a real door, in OFFLINE, `llamacpp` at the first server and `lmstudio` at the second. Gives the events,
/// shortened, and the decisions in the ledger.
async fn through_the_door(first: &Server, second: &Server) -> (Vec<String>, Vec<String>) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ledger.jsonl");
    let soon = Duration::from_millis(400); // long enough for a busy machine to answer
    let options = DoorOptions { first_byte: soon, idle: soon, ..DoorOptions::default() };
    let door = Door::new(options, Ledger::open(&path, || "now".to_owned()).unwrap()).unwrap();
    let at = |endpoint: &str, server: &Server| ChatSetup {
        url: Some(format!("{}/v1", server.url()).parse().unwrap()),
        ..setup(endpoint)
    };
    let rules = Arc::new(Rules::built_in());
    let region = rules.region("offline").unwrap();
    let setups = vec![at("llamacpp", first), at("lmstudio", second)];
    let asker = Asker::new(Arc::new(door), rules, region, setups, Options::default());
    let (out, mut incoming) = mpsc::channel(64);
    asker.answer(&request("my private words"), &out).await;
    drop(out);
    let mut shown = Vec::new();
    while let Some(event) = incoming.recv().await {
        shown.push(show(&event));
    }
    let ledger = std::fs::read_to_string(&path).unwrap();
    assert!(!ledger.contains("private"));
    let decision =
        |line: &str| serde_json::from_str::<Value>(line).unwrap()["decision"].as_str().unwrap().to_owned();
    (shown, ledger.lines().map(decision).collect())
}

#[tokio::test]
async fn through_the_door_a_stream_becomes_sentences() {
    let payloads = [word("你好。It is"), word(" noon."), stop(), Ok(r#"{"choices":[],"usage":{}}"#.into())];
    let payloads: Vec<String> = payloads.into_iter().map(Result::unwrap).collect();
    let unmarked = json!({ "choices": [{ "delta": { "content": "Without a reason." } }] }).to_string();
    let whole = json!({ "choices": [{ "message": { "content": "All at once." }, "finish_reason": "stop" }] });
    let server = Server::answering(vec![
        events(&payloads.iter().map(String::as_str).collect::<Vec<_>>()),
        events(&[&unmarked]),
        response("200 OK", "Content-Type: application/json\r\n", &whole.to_string()),
    ]);
    let idle = Server::answering(vec![]);
    let (shown, ledger) = through_the_door(&server, &idle).await;
    assert_eq!(shown[1..], ["first word", "0 你好。", "1 It is noon.", "done 你好。 It is noon."]);
    assert_eq!(ledger, ["sent", "answered"], "the rest was read, so the answer is on record as complete");
    assert!(
        server.requests()[0].contains("my private words")
            && server.requests()[0].contains("chat_template_kwargs")
    );
    let ends = format!("data: {}\n\ndata: {}\n\n", word("It is noon.").unwrap(), stop().unwrap());
    let ends = [event_head(), ends.into_bytes()].concat();
    let lingers = Server::start(vec![vec![Step::Request, Step::Send(ends), Step::Hang]]);
    let (shown, ledger) = through_the_door(&lingers, &idle).await;
    assert_eq!(
        (shown.last().unwrap().as_str(), ledger),
        ("done It is noon.", vec!["sent".into(), "answered".into()])
    );
    assert_eq!(through_the_door(&server, &idle).await.0.last().unwrap(), "done Without a reason.");
    assert_eq!(through_the_door(&server, &idle).await.0.last().unwrap(), "done All at once.");
    assert_eq!(idle.connections(), 0);
}

#[tokio::test]
async fn through_the_door_only_a_server_that_could_not_be_had_is_passed_over() {
    let yes = [word("Yes."), stop()].map(Result::unwrap);
    let fine = || Server::answering(vec![events(&[&yes[0], &yes[1]])]);
    let headless = response("503 Service Unavailable", "", "no");
    let hang = vec![Step::Request, Step::Hang];
    let silent = vec![Step::Request, Step::Send(event_head()), Step::Hang];
    for script in [vec![Step::Request, Step::Send(headless)], hang, silent] {
        let (first, second) = (Server::start(vec![script]), fine());
        let (shown, ledger) = through_the_door(&first, &second).await;
        assert_eq!(shown.last().unwrap(), "done Yes.");
        assert_eq!(ledger, ["sent", "failed", "sent", "answered"]);
    }
    let json = "Content-Type: application/json\r\n";
    let cut = [event_head(), b"data: {\"choices\":[{\"delta\":{\"content\":\"One is do".to_vec()].concat();
    for (answer, kind) in [
        (response("401 Unauthorized", "", ""), "endpoint_wants_key"),
        (response("403 Forbidden", "", ""), "endpoint_forbidden"),
        (response("307 Temporary Redirect", "Location: http://127.0.0.1:1/\r\n", ""), "endpoint_redirected"),
        (
            response("400 Bad Request", json, r#"{"error":{"code":"data_inspection_failed"}}"#),
            "content_refused",
        ),
        (events(&[r#"{"error":{"code":"content_filter"}}"#]), "content_refused"),
        (response("200 OK", "Content-Type: text/html\r\n", "<p>log in"), "endpoint_garbled"),
        (events(&["no json"]), "answer_garbled"),
        (cut, "answer_cut_off"),
    ] {
        let (first, second) = (Server::answering(vec![answer]), Server::answering(vec![]));
        let (shown, _) = through_the_door(&first, &second).await;
        assert_eq!(shown.last().unwrap(), &format!("failed {kind}"));
        assert_eq!(second.connections(), 0, "{kind}");
    }
}

#[tokio::test]
async fn through_the_door_a_stream_that_breaks_keeps_its_whole_sentences() {
    let begun = format!("data: {}\n\n", word("One is done. Two is").unwrap());
    let begun = [event_head(), begun.into_bytes()].concat();
    let idle = Server::answering(vec![]);
    for (end, kind) in [(vec![], "answer_cut_off"), (vec![Step::Hang], "endpoint_timeout")] {
        let mut script = vec![Step::Request, Step::Send(begun.clone())];
        script.extend(end);
        let (shown, _) = through_the_door(&Server::start(vec![script]), &idle).await;
        assert_eq!(
            shown[1..],
            ["first word".to_owned(), "0 One is done.".to_owned(), format!("failed {kind}")]
        );
    }
    assert_eq!(idle.connections(), 0);
}

//! Language models on this machine, through the binary: what comes out clean, what is sent, and every way an endpoint
//! can misbehave.

use serde_json::{Value, json};

use super::{kinds, number};
use crate::support::{
    binary::{Home, Ran},
    server::{Server, Step, event_head, events, response},
};

/// What no skill on the device knows.
const QUESTION: &str = "why is the sky blue";

fn word(text: &str) -> String {
    json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string()
}

fn stop() -> String {
    json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }).to_string()
}

/// A whole answer of these pieces.
fn answer(pieces: &[&str]) -> Vec<u8> {
    let mut payloads: Vec<String> = pieces.iter().map(|piece| word(piece)).collect();
    payloads.push(stop());
    events(&payloads.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A home whose language model is `server`.
fn home(server: &Server, more: &str) -> Home {
    let home = Home::new();
    home.settings(&format!("{more}\n[endpoint.llamacpp]\nattested = true\nurl = \"{}/v1\"", server.url()));
    home
}

fn reply(turn: &Value) -> &str {
    turn["reply"]["text"].as_str().unwrap()
}

/// The messages of a request.
fn messages(request: &str) -> Vec<(String, String)> {
    let (_, body) = request.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    assert_eq!(body["stream"], true);
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    body["messages"]
        .as_array()
        .unwrap()
        .iter()
        .map(|message| (text(&message["role"]), text(&message["content"])))
        .collect()
}

#[test]
fn loopback_answer_is_spoken_clean_sentence_by_sentence_with_history() {
    let first = [
        "**Air** scatters ",
        "blue light 😀 most. See [this page](https://example.org/sky",
        "?q=1) for more.\n\n",
        "```rust\nfn main() {}\n```\n- Red goes *straight*",
        " on.",
    ];
    let server = Server::answering(vec![answer(&first), answer(&["Because of its low angle."])]);
    let home = home(&server, "");
    let ran = {
        let mut command = home.mynah(&["ask", "--json", "--quiet", "--out", &home.text("out"), "-"]);
        crate::support::binary::ran(command.write_stdin(format!("{QUESTION}\nand why is it red at dusk\n")))
    };
    let turns = ran.turns();
    assert_eq!((ran.code, turns.len()), (Some(0), 2), "{ran:?}");
    let said = reply(&turns[0]);
    assert!(said.starts_with("Air scatters blue light most. See this page for more."), "{said}");
    assert!(said.ends_with("Red goes straight on."), "{said}");
    for mark in ["*", "`", "[", "http", "😀", "fn main", "- "] {
        assert!(!said.contains(mark), "{mark} is in {said}");
    }
    for turn in &turns {
        assert_eq!((&turn["route"]["by"], &turn["intent"]), (&json!("llamacpp"), &Value::Null));
        assert!(turn["route"]["reason"].as_str().unwrap().contains("this machine"), "{turn}");
        let ms = |name: &str| number(&turn["ms"][name]);
        assert!(ms("first_word") <= ms("first_sound") && ms("first_sound") <= ms("total"), "{turn}");
        super::assert_spoken(turn["reply"]["audio"].as_str().unwrap());
    }
    let requests = server.requests();
    let (one, two) = (messages(&requests[0]), messages(&requests[1]));
    assert_eq!((one[0].0.as_str(), &one[1]), ("system", &("user".into(), QUESTION.into())));
    let before: Vec<&str> = two.iter().map(|(role, _)| role.as_str()).collect();
    assert_eq!(before, ["system", "user", "assistant", "user"]);
    assert_eq!((two[1].1.as_str(), two[2].1.as_str()), (QUESTION, said));
    // The ledger tells of both, without a word of them.
    let ledger = std::fs::read_to_string(home.path(".local/state/mynah/ledger.jsonl")).unwrap();
    assert!(
        ledger.lines().count() >= 2 && ledger.contains("llamacpp") && !ledger.contains("sky"),
        "{ledger}"
    );
}

#[test]
fn loopback_sound_begins_before_the_last_token() {
    let (come, go_on) = std::sync::mpsc::channel();
    let half =
        [event_head(), format!("data: {}\n\n", word("First sentence is here. And ")).into_bytes()].concat();
    let rest = format!("data: {}\n\ndata: {}\n\ndata: [DONE]\n\n", word("the second."), stop());
    let script = vec![Step::Request, Step::Send(half), Step::Wait(go_on), Step::Send(rest.into_bytes())];
    let server = Server::start(vec![script]);
    let home = home(&server, "");
    let out = home.path("out");
    let running = home.start(&["--out", out.to_str().unwrap(), QUESTION]);
    // The first sentence is on the disk while the model is still held up.
    let written = || {
        let files = std::fs::read_dir(&out).into_iter().flatten().flatten();
        files.filter_map(|file| file.metadata().ok()).any(|about| about.len() > 4_000)
    };
    while !written() {
        std::thread::yield_now();
    }
    come.send(()).unwrap();
    let ran = running.end();
    let turn = ran.turn();
    assert_eq!((ran.code, reply(&turn)), (Some(0), "First sentence is here. And the second."));
    assert!(number(&turn["ms"]["first_sound"]) <= number(&turn["ms"]["total"]));
}

#[test]
fn loopback_mandarin_is_asked_and_answered_in_mandarin() {
    let server = Server::answering(vec![answer(&["因为**大气**散射蓝光。", "日落时偏红！😀"])]);
    let home = home(&server, "");
    let ran = home.ask(&["--out", &home.text("out"), "天空为什么是蓝色的"]);
    let turn = ran.turn();
    assert_eq!((ran.code, reply(&turn)), (Some(0), "因为大气散射蓝光。日落时偏红！"), "{ran:?}");
    assert_eq!(turn["transcript"]["language"], "zh");
    super::assert_spoken(turn["reply"]["audio"].as_str().unwrap());
    let asked = messages(&server.requests()[0]);
    assert_eq!(asked.last().unwrap().1, "天空为什么是蓝色的");
}

/// Asks `server` with little patience, and then something that the device answers: the one fails as `kind`, the other
/// must not suffer.
fn misbehaves(server: &Server, kind: &str) -> (Ran, Value) {
    // The whole may last: what has no end is ended by its size, however slow this machine is just then.
    let patience =
        "[network]\nconnect_ms = 2000\nfirst_byte_ms = 700\nidle_ms = 700\nwhole_reply_ms = 120000";
    let ran = home(server, patience).ask_lines(format!("{QUESTION}\nwhat is 2 plus 2\n"));
    assert_eq!(kinds(&ran), [kind, "-"], "{ran:?}");
    assert_eq!(ran.code, Some(1));
    let turns = ran.turns();
    assert_eq!(reply(&turns[1]), "That's 4.");
    assert_eq!(turns[0]["route"]["by"], "llamacpp");
    // A server on this machine that fails may dislike the form; the plain one is tried, and that is all.
    let times = if kind == "endpoint_failed" { 1..=2 } else { 1..=1 };
    assert!(times.contains(&server.connections()), "asked {} times", server.connections());
    let remedy = turns[0]["error"]["remedy"].as_str().unwrap();
    assert!(remedy.len() > 8, "{remedy}");
    (ran, turns.into_iter().next().unwrap())
}

#[test]
fn loopback_endpoint_that_refuses_ends_in_one_clear_error() {
    for (status, kind, shown) in [
        ("401 Unauthorized", "endpoint_wants_key", "401"), // none was sent
        ("403 Forbidden", "endpoint_forbidden", "403"),
        ("404 Not Found", "endpoint_not_found", "404"),
        ("429 Too Many Requests", "endpoint_rate_limited", "429"),
        ("500 Internal Server Error", "endpoint_failed", "500"),
        ("503 Service Unavailable", "endpoint_failed", "503"),
    ] {
        let body = r#"{"error":{"message":"no","code":"x"}}"#;
        let (_, turn) = misbehaves(&Server::answering(vec![response(status, "", body)]), kind);
        assert!(turn["error"]["message"].as_str().unwrap().contains(shown), "{turn}");
        assert_eq!(reply(&turn), "Sorry, I couldn't get an answer from the language model.");
    }
    let elsewhere = Server::answering(vec![answer(&["stolen"])]);
    let to = format!("Location: {}/v1/chat/completions\r\n", elsewhere.url());
    for status in ["307 Temporary Redirect", "302 Found"] {
        misbehaves(&Server::answering(vec![response(status, &to, "")]), "endpoint_redirected");
    }
    assert_eq!(elsewhere.connections(), 0, "a redirect carries no words");
}

#[test]
fn loopback_endpoint_that_hangs_is_left() {
    misbehaves(&Server::start(vec![vec![Step::Request, Step::Hang]]), "endpoint_timeout");
    let head = vec![Step::Request, Step::Send(event_head()), Step::Hang];
    misbehaves(&Server::start(vec![head]), "endpoint_timeout");
    let begun = [event_head(), format!("data: {}\n\n", word("Half an answer. And th")).into_bytes()].concat();
    let (_, turn) = misbehaves(
        &Server::start(vec![vec![Step::Request, Step::Send(begun), Step::Hang]]),
        "endpoint_timeout",
    );
    assert!(reply(&turn).starts_with("Half an answer."), "what was said stands: {turn}");
    // Comments keep a connection warm for ever, but not beyond the largest answer.
    let warm = vec![Step::Request, Step::Send(event_head()), Step::Repeat(b": ping\n\n".repeat(8_000))];
    misbehaves(&Server::start(vec![warm]), "response_too_large");
}

#[test]
fn loopback_endpoint_that_sends_rubbish_is_survived() {
    let stream = |bytes: &[u8]| [&event_head(), bytes].concat();
    let half_line = stream(b"data: {\"choices\":[{\"ind");
    misbehaves(&Server::answering(vec![half_line]), "answer_cut_off");
    let no_text = stream(b"data: \xff\xfe\xff\n\ndata: [DONE]\n\n");
    misbehaves(&Server::answering(vec![no_text]), "endpoint_garbled");
    let no_json = stream(b"data: <html>\n\ndata: [DONE]\n\n");
    misbehaves(&Server::answering(vec![no_json]), "answer_garbled");
    let page = response("200 OK", "Content-Type: text/html\r\n", "<html>Log in</html>");
    misbehaves(&Server::answering(vec![page]), "endpoint_garbled");
    misbehaves(&Server::answering(vec![stream(b"data: [DONE]\n\n")]), "answer_empty");
    let endless = |bytes: Vec<u8>| vec![Step::Request, Step::Send(event_head()), Step::Repeat(bytes)];
    let line = [b"data: ".to_vec(), vec![b'x'; 60_000]].concat();
    misbehaves(&Server::start(vec![endless(line)]), "response_too_large");
    let huge = format!("HTTP/1.1 500 No\r\nContent-Length: 99999999999\r\n\r\n{}", "x".repeat(100_000));
    let script = vec![Step::Request, Step::Send(huge.into_bytes()), Step::Repeat(vec![b'x'; 60_000])];
    misbehaves(&Server::start(vec![script]), "endpoint_failed");
}

#[test]
fn loopback_endpoint_that_is_not_there_is_told() {
    let server = Server::answering(vec![]);
    let home = home(&server, "");
    drop(server);
    let ran = home.ask_lines(format!("{QUESTION}\nwhat is 2 plus 2\n"));
    assert_eq!(kinds(&ran), ["endpoint_unreachable", "-"], "{ran:?}");
}

//! The door against real servers on loopback: what is sent, what is recorded, what hostile endpoints cannot do.

use std::{fs, path::PathBuf, sync::mpsc, time::Duration};

use mynah::{
    egress::{ChatRequest, Denial, Door, DoorOptions, EgressError, Ending, EventStream, Ledger, Secret},
    flow::Remedy,
    policy::{Capability, DataClass, EndpointId, Month, Permit, Question, Rules, Verdict, decide},
    units::TurnId,
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::Url;

use crate::support::server::{Server, Step, event_head, events, response};

#[cfg(target_os = "linux")]
mod alone;
mod download;
mod hostile;
mod look;
mod terms;
#[cfg(target_os = "linux")]
mod way;

/// Words that no ledger, error or second host may ever see.
const WORDS: &str = "my very private words";

struct House {
    door: Door,
    rules: Rules,
    directory: TempDir,
}

fn quick() -> DoorOptions {
    // Long enough for a busy machine to answer, short enough to wait for a server that hangs.
    let soon = Duration::from_millis(400);
    DoorOptions { first_byte: soon, idle: soon, ..DoorOptions::default() }
}

impl House {
    fn new(options: DoorOptions) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(&directory.path().join("ledger.jsonl"), || "now".to_owned()).unwrap();
        Self { door: Door::new(options, ledger).unwrap(), rules: Rules::built_in(), directory }
    }

    fn ledger_path(&self) -> PathBuf {
        self.directory.path().join("ledger.jsonl")
    }

    /// Decision, rule and status of every line of the ledger.
    fn ledger(&self) -> Vec<String> {
        let text = fs::read_to_string(self.ledger_path()).unwrap();
        assert!(!text.contains(WORDS));
        let brief = |line: &str| {
            let line: Value = serde_json::from_str(line).unwrap();
            let rest = [&line["rule"], &line["status"]].map(|v| v.to_string().replace('"', ""));
            format!("{} {} {}", line["decision"].as_str().unwrap(), rest[0], rest[1])
        };
        text.lines().map(brief).collect()
    }

    async fn ask(&self, server: &Server) -> Result<EventStream, EgressError> {
        self.door.send(chat_permit(&self.rules, &server.url()), request(body())).await
    }

    async fn answer(&self, server: &Server) -> Result<(Vec<String>, Ending), EgressError> {
        let mut stream = self.ask(server).await?;
        let mut payloads = Vec::new();
        while let Some(payload) = stream.next().await? {
            payloads.push(payload);
        }
        assert_eq!(stream.next().await.unwrap(), None, "after the end there is nothing");
        Ok((payloads, stream.ending()))
    }

    /// The error that `script` leads to, after checking that the ledger tells of it.
    async fn error(&self, script: Vec<Step>) -> EgressError {
        let error = self.answer(&Server::start(vec![script])).await.unwrap_err();
        assert!(!format!("{error} {error:?}").contains(WORDS));
        let last = self.ledger().pop().unwrap();
        assert!(last.starts_with(&format!("failed {}", error.kind())), "{last} after {error}");
        error
    }

    async fn fails(&self, answer: &[u8]) -> &'static str {
        self.error(vec![Step::Request, Step::Send(answer.to_vec())]).await.kind()
    }
}

fn body() -> Value {
    json!({ "model": "default", "stream": true, "messages": [{ "role": "user", "content": WORDS }] })
}

fn request(body: Value) -> ChatRequest<'static> {
    ChatRequest { path: &["chat", "completions"], query: &[], headers: &[], body, key: None }
}

fn chat_permit(rules: &Rules, base: &str) -> Permit {
    allow(
        rules,
        &Question {
            turn: TurnId(5),
            region: rules.region("OFFLINE").unwrap(),
            capability: Capability::Chat,
            endpoint: EndpointId::from("llamacpp"),
            url: Url::parse(&format!("{base}/v1")).unwrap(),
            model: "default".to_owned(),
            data: DataClass::Words,
            attested: true,
            month: Month::new(2026, 11).unwrap(),
        },
    )
}

fn allow(rules: &Rules, question: &Question) -> Permit {
    match decide(rules, question) {
        Verdict::Allow(permit) => permit,
        Verdict::Refuse(refusal) => panic!("refused: {refusal}"),
    }
}

#[tokio::test]
async fn an_answer_comes_event_by_event_and_is_recorded() {
    let house = House::new(DoorOptions::default());
    let (go, signal) = mpsc::channel();
    let script = vec![
        Step::Request,
        Step::Send([event_head(), b": hello\n\ndata: {\"a\":1}\n\nda".to_vec()].concat()),
        Step::Wait(signal),
        Step::Send("ta: {\"b\":\"你\"}\r\n\r\ndata: [DONE]\n\ndata: late\n\n".into()),
    ];
    let server = Server::start(vec![script]);
    let key = Secret::new("test", "sk-local").unwrap().bound_to(&EndpointId::from("llamacpp"));
    let permit = chat_permit(&house.rules, &server.url());
    let mut stream =
        house.door.send(permit, ChatRequest { key: Some(&key), ..request(body()) }).await.unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "{\"a\":1}");
    assert_eq!(house.ledger(), ["sent null null"], "recorded before the answer");
    go.send(()).unwrap();
    assert_eq!(stream.next().await.unwrap().unwrap(), "{\"b\":\"你\"}");
    assert_eq!((stream.next().await.unwrap(), stream.ending()), (None, Ending::Done));
    assert_eq!(house.ledger(), ["sent null null", "answered null 200"]);

    let sent = server.requests().pop().unwrap();
    assert!(sent.starts_with("POST /v1/chat/completions HTTP/1.1\r\n"), "{sent}");
    let head = sent.to_ascii_lowercase();
    assert!(head.contains("\r\nauthorization: bearer sk-local\r\n"));
    assert!(head.contains(&format!("\r\nuser-agent: mynah/{}\r\n", env!("CARGO_PKG_VERSION"))));
    assert!(!head.contains("referer") && !head.contains("cookie"));
    let first: Value =
        serde_json::from_str(fs::read_to_string(house.ledger_path()).unwrap().lines().next().unwrap())
            .unwrap();
    assert_eq!(first["bytes_out"], body().to_string().len());
    assert_eq!(first["body_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(
        (&first["turn"], &first["endpoint"], &first["host"]),
        (&json!(5), &json!("llamacpp"), &json!("127.0.0.1"))
    );
}

#[tokio::test]
async fn answers_without_events_or_closing_mark_are_told_apart() {
    let house = House::new(DoorOptions::default());
    let whole = "{\"choices\":[]}";
    let json = response("200 OK", "Content-Type: application/json; charset=utf-8\r\n", whole);
    let server = Server::answering(vec![json, [event_head(), b"data: 1\n\n".to_vec()].concat()]);
    assert_eq!(house.answer(&server).await.unwrap(), (vec![whole.to_owned()], Ending::Done));
    assert_eq!(house.answer(&server).await.unwrap(), (vec!["1".to_owned()], Ending::Closed));
}

#[tokio::test]
async fn every_refusing_status_has_its_error() {
    let house = House::new(DoorOptions::default());
    let told = r#"{"error":{"code":"c","message":"about my very private words\u0007"}}"#;
    for (status, body, kind) in [
        ("401 Unauthorized", told, "endpoint_wants_key"),
        ("403 Forbidden", told, "endpoint_forbidden"),
        ("404 Not Found", told, "endpoint_not_found"),
        ("501 Unsupported", "<html>", "endpoint_not_found"),
        ("429 Too Many", told, "endpoint_rate_limited"),
        ("500 Broken", told, "endpoint_failed"),
        ("503 Busy", "<html>", "endpoint_failed"),
        ("402 Pay", told, "endpoint_rejected"),
        ("413 Too Large", "", "endpoint_context_exceeded"),
        ("400 Bad", r#"{"error":{"code":"data_inspection_failed"}}"#, "endpoint_content_refused"),
        ("204 Nothing", "", "endpoint_cut_off"),
    ] {
        assert_eq!(house.fails(&response(status, "", body)).await, kind, "{status}");
    }
    let limited = response("429 Too Many", "Retry-After: 7\r\n", told);
    let error = house.error(vec![Step::Request, Step::Send(limited)]).await;
    assert!(
        matches!(error, EgressError::Denied { denial: Denial::RateLimited(Some(wait)), .. } if wait.as_secs() == 7)
    );
    assert!(error.to_string().ends_with("answered 429, too many requests (c)"), "{error}");
    assert!(error.may_try_next());
    let echo = r#"{"error":{"code":"Private","message":"MY VERY PRIVATE","param":"my\\u0020very"}}"#;
    let error = house.error(vec![Step::Request, Step::Send(response("400 Bad", "", echo))]).await;
    assert!(error.to_string().ends_with("answered 400, the request was rejected"), "{error}");
    let echo = response("200 OK", "Content-Type: my/private\r\n", "");
    let error = house.error(vec![Step::Request, Step::Send(echo)]).await;
    assert!(error.to_string().ends_with("another kind of content instead of events"), "{error}");
    let fault = house.fails(&events(&[r#"{"error":{"code":"1301","message":"m"}}"#])).await;
    assert_eq!(fault, "endpoint_content_refused", "a fault under status 200");
}

#[tokio::test]
async fn hostile_and_broken_endpoints_end_in_one_clear_error() {
    let house = House::new(quick());
    let with_head = |rest: &[u8]| [event_head(), rest.to_vec()].concat();
    let long = |step| vec![Step::Request, Step::Send(event_head()), step];
    let garbage =
        vec![Step::Request, Step::Send(b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<p>".to_vec())];
    let json_head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    let lying = response("200 OK", "Content-Type: application/json\r\n", "{}").to_vec();
    let lying =
        String::from_utf8(lying).unwrap().replace("Content-Length: 2", "Content-Length: 20").into_bytes();
    for (name, script, kind) in [
        ("hang before headers", vec![Step::Request, Step::Hang], "endpoint_timeout"),
        ("hang before the body", long(Step::Hang), "endpoint_timeout"),
        (
            "hang in the body",
            vec![Step::Request, Step::Send(with_head(b"data: 1\n\n")), Step::Hang],
            "endpoint_timeout",
        ),
        ("close at once", vec![], "endpoint_cut_off"),
        ("half a head", vec![Step::Request, Step::Send(b"HTTP/1.1 200 O".to_vec())], "endpoint_cut_off"),
        ("nothing", vec![Step::Request, Step::Send(event_head())], "endpoint_cut_off"),
        (
            "half a line",
            vec![Step::Request, Step::Send(with_head(b"data: 1\n\ndata: {\"x"))],
            "endpoint_cut_off",
        ),
        ("lying length", vec![Step::Request, Step::Send(lying)], "endpoint_cut_off"),
        ("endless line", long(Step::Repeat(vec![b'x'; 4096])), "response_too_large"),
        ("endless event", long(Step::Repeat(b"data: xxxxxxxxxxxxxxx\n".repeat(200))), "response_too_large"),
        ("endless comments", long(Step::Repeat(b":\n\n".repeat(2000))), "response_too_large"),
        (
            "endless JSON",
            vec![Step::Request, Step::Send(json_head), Step::Repeat(vec![b' '; 4096])],
            "response_too_large",
        ),
        ("not UTF-8", vec![Step::Request, Step::Send(with_head(b"data: \xff\xfe\n\n"))], "endpoint_garbled"),
        ("a web page", garbage, "endpoint_garbled"),
    ] {
        assert_eq!(house.error(script).await.kind(), kind, "{name}");
    }
    let endless_error =
        vec![Step::Request, Step::Send(b"HTTP/1.1 500 No\r\n\r\n".to_vec()), Step::Repeat(vec![b'x'; 4096])];
    assert_eq!(house.error(endless_error).await.kind(), "endpoint_failed");
}

#[tokio::test]
async fn the_whole_answer_has_an_end_even_if_every_part_is_in_time() {
    let options =
        DoorOptions { total: Duration::from_millis(400), max_response: u64::MAX, ..DoorOptions::default() };
    let house = House::new(options);
    let drip = vec![Step::Request, Step::Send(event_head()), Step::Repeat(b": still here\n\n".to_vec())];
    assert_eq!(house.error(drip).await.kind(), "endpoint_timeout");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let house = House::new(DoorOptions::default());
    let url = Server::start(vec![]).url(); // the server is gone again
    let error = house.door.send(chat_permit(&house.rules, &url), request(body())).await.unwrap_err();
    assert_eq!(error.kind(), "endpoint_unreachable");
    assert!(error.to_string().contains("127.0.0.1:"), "{error}");
}

#[tokio::test]
async fn words_never_follow_a_redirect() {
    let house = House::new(DoorOptions::default());
    for status in ["301 Moved", "302 Found", "307 Temporary", "308 Permanent"] {
        let second = Server::answering(vec![events(&["1"])]);
        let to = format!("Location: {}/v1/chat/completions?key=sk-1\r\n", second.url());
        let error = house.error(vec![Step::Request, Step::Send(response(status, &to, ""))]).await;
        assert_eq!(error.kind(), "endpoint_redirected", "{status}");
        let told = error.to_string();
        assert!(told.contains(&format!("points to {},", second.url())), "no path, no query: {told}");
        assert_eq!(second.connections(), 0, "{status}");
    }
}

#[tokio::test]
async fn what_policy_did_not_see_is_not_sent() {
    let house = House::new(DoorOptions::default());
    let server = Server::start(vec![]);
    for (field, value, rule) in [
        ("enable_search", json!(true), "body.forbidden"),
        ("metadata", json!({ "web_search_options": {} }), "body.forbidden"),
        ("audio", json!({ "voice": "a" }), "body.content"),
        ("tools", json!([{ "type": "function" }, { "type": "web_search" }]), "body.tools"),
        ("tools", json!("web"), "body.tools"),
        ("model", json!("another:cloud"), "body.model"),
    ] {
        let mut body = body();
        body[field] = value;
        let error =
            house.door.send(chat_permit(&house.rules, &server.url()), request(body)).await.unwrap_err();
        assert_eq!(error.kind(), "not_permitted", "{field}");
        assert_eq!(house.ledger().pop().unwrap(), format!("refused {rule} null"));
    }
    let error = house.door.fetch(chat_permit(&house.rules, &server.url()), "a", 0).await.unwrap_err();
    assert_eq!(error.kind(), "not_permitted");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn what_cannot_be_recorded_is_not_sent() {
    let rules = Rules::built_in();
    let directory = tempfile::tempdir().unwrap();
    let ledger = Ledger::open(&directory.path().join("gone/ledger"), || "now".to_owned()).unwrap();
    fs::remove_dir_all(directory.path().join("gone")).unwrap();
    let door = Door::new(DoorOptions::default(), ledger).unwrap();
    let server = Server::answering(vec![events(&["1"])]);
    let error = door.send(chat_permit(&rules, &server.url()), request(body())).await.unwrap_err();
    assert_eq!(error.kind(), "ledger_unwritable");
    assert!(!error.may_try_next());
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn hanging_up_is_recorded() {
    let house = House::new(DoorOptions::default());
    let server = Server::start(vec![vec![Step::Request, Step::Send(event_head()), Step::Hang]]);
    drop(house.ask(&server).await.unwrap());
    assert_eq!(house.ledger(), ["sent null null", "failed abandoned null"]);
}

/// Runs one test of this binary as a child with these variables: a running process cannot change its own safely.
#[expect(
    clippy::disallowed_methods,
    reason = "proxies and certificates come from the environment of a process"
)]
fn passes_with(test: &str, variables: &[(&str, &str)]) {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", &format!("door::{test}"), "--test-threads=1", "--include-ignored"])
        .env_remove("NO_PROXY")
        .env_remove("no_proxy")
        .envs(variables.iter().copied())
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&child.stdout);
    assert!(child.status.success() && told.contains("1 passed"), "{told}");
}

#[test]
fn proxies_from_the_environment_are_ignored() {
    let proxy = Server::answering(vec![events(&["proxied"])]);
    let url = proxy.url();
    let names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"];
    passes_with("an_answer_comes_event_by_event_and_is_recorded", &names.map(|name| (name, url.as_str())));
    assert_eq!(proxy.connections(), 0);
}

#[cfg(target_os = "linux")]
#[test]
fn without_certificates_this_machine_still_answers_and_https_says_what_is_missing() {
    let none = [("SSL_CERT_FILE", "/nonexistent"), ("SSL_CERT_DIR", "/nonexistent")];
    passes_with("an_answer_comes_event_by_event_and_is_recorded", &none);
    passes_with("https_without_certificates", &none);
}

#[cfg(target_os = "linux")]
#[tokio::test]
#[ignore = "needs a system without certificates; the test above starts it as a child in one"]
async fn https_without_certificates() {
    let house = House::new(DoorOptions::default());
    let error =
        house.door.fetch(download::mirror_permit("https://mirror.invalid"), "x", 0).await.unwrap_err();
    assert_eq!(error.kind(), "certificates_missing");
    assert!(error.remedy().contains("ca-certificates"));
    assert_eq!(house.ledger().len(), 0, "nothing was sent");
}

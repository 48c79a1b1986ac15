//! The answer room: whom it asks and in which order, when it goes on to the next, what it passes on; first over a
//! scripted wire, then through the real door to servers on loopback.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use mynah::{
    answer::{
        AnswerEvent, Asker, ChatSetup, Finish, History, Limits, Options, Payloads, Request, Situation, Wire,
    },
    egress::{Denial, Door, DoorOptions, EgressError, Ledger, Said, Secret},
    flow::Language,
    policy::{EndpointId, Permit, Question, Refusal, Rules},
    units::TurnId,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::support::server::{Server, Step, event_head, events, response};

/// What one endpoint does: fails to open, or opens and gives these.
type Reply = Result<Vec<Result<String, EgressError>>, EgressError>;

/// A wire that plays replies and remembers what was asked.
#[derive(Clone, Default)]
struct Script {
    replies: Arc<Mutex<VecDeque<Reply>>>,
    asked: Arc<Mutex<Vec<(String, Value, bool)>>>,
    refused: Arc<Mutex<Vec<&'static str>>>,
    hung_up: Arc<Mutex<usize>>,
}

struct Played {
    payloads: VecDeque<Result<String, EgressError>>,
    hung_up: Arc<Mutex<usize>>,
}

impl Drop for Played {
    fn drop(&mut self) {
        *self.hung_up.lock().unwrap() += 1;
    }
}

impl Payloads for Played {
    async fn next(&mut self) -> Result<Option<String>, EgressError> {
        match self.payloads.pop_front() {
            Some(Ok(payload)) if payload == "HANG" => std::future::pending().await,
            Some(next) => next.map(Some),
            None => Ok(None),
        }
    }
}

impl Wire for Script {
    type Payloads = Played;

    async fn open(&self, permit: Permit, body: Value, key: Option<&Secret>) -> Result<Played, EgressError> {
        assert_eq!(body["model"], permit.model());
        self.asked.lock().unwrap().push((permit.endpoint().to_string(), body, key.is_some()));
        let reply = self.replies.lock().unwrap().pop_front().expect("no more requests were expected");
        Ok(Played { payloads: reply?.into(), hung_up: self.hung_up.clone() })
    }

    fn refused(&self, _: &Question, refusal: &Refusal) -> Result<(), EgressError> {
        self.refused.lock().unwrap().push(refusal.rule);
        Ok(())
    }
}

fn id(endpoint: &str) -> EndpointId {
    endpoint.into()
}

fn setup(endpoint: &str) -> ChatSetup {
    let key =
        matches!(endpoint, "qwen-cn" | "openai" | "mistral-eu").then(|| Secret::new("test", "sk-1").unwrap());
    ChatSetup { endpoint: id(endpoint), url: None, model: None, key, attested: true }
}

fn word(text: &str) -> Result<String, EgressError> {
    Ok(json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string())
}

fn stop() -> Result<String, EgressError> {
    Ok(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }).to_string())
}

fn unreachable() -> EgressError {
    EgressError::Unreachable { endpoint: id("x"), host: "h".into(), detail: "refused".into() }
}

fn timeout() -> EgressError {
    EgressError::Timeout { endpoint: id("x"), stage: "an answer to begin", limit: Duration::from_secs(1) }
}

fn denied(status: u16, denial: Denial) -> EgressError {
    EgressError::Denied { endpoint: id("x"), status, denial, said: Said::default() }
}

fn request(words: &str) -> Request {
    let mut history = History::new(Limits::default());
    history.add(&"before".into(), &"said".into());
    Request {
        turn: TurnId(3),
        words: words.into(),
        language: Language::ENGLISH,
        situation: Situation { now: "noon".into(), region: "EU".into() },
        history,
    }
}

fn asker(script: &Script, region: &str, setups: Vec<ChatSetup>) -> Asker<Script> {
    let rules = Arc::new(Rules::built_in());
    let region = rules.region(region).unwrap();
    Asker::new(script.clone(), rules, region, setups, Options::default())
}

/// Plays `replies` to mistral-eu, ollama and llamacpp in the EU. Gives the events, shortened, and who was asked.
async fn play(replies: Vec<Reply>) -> (Vec<String>, Vec<String>, Script) {
    let script = Script::default();
    script.replies.lock().unwrap().extend(replies);
    let asker = asker(&script, "EU", vec![setup("llamacpp"), setup("ollama"), setup("mistral-eu")]);
    let (out, mut events) = mpsc::channel(64);
    asker.answer(&request("why"), &out).await;
    drop(out);
    let mut shown = Vec::new();
    while let Some(event) = events.recv().await {
        shown.push(show(&event));
    }
    let asked = script.asked.lock().unwrap().iter().map(|(endpoint, ..)| endpoint.clone()).collect();
    (shown, asked, script)
}

fn show(event: &AnswerEvent) -> String {
    match event {
        AnswerEvent::Route { by, .. } => format!("route {by}"),
        AnswerEvent::Passed { endpoint, fault } => format!("passed {endpoint} {}", fault.kind),
        AnswerEvent::FirstWord => "first word".into(),
        AnswerEvent::Sentence(sentence) => {
            assert_eq!(sentence.turn, TurnId(3));
            format!("{} {}", sentence.seq, sentence.words.as_str())
        }
        AnswerEvent::Done { text, finish: Finish::Stop } => format!("done {}", text.as_str()),
        AnswerEvent::Done { text, finish: Finish::Length } => format!("length {}", text.as_str()),
        AnswerEvent::Failed(fault) => format!("failed {}", fault.kind),
    }
}

#[tokio::test]
async fn an_answer_comes_as_sentences_and_its_request_is_what_the_endpoint_knows() {
    let reply = Ok(vec![word("It is **no"), word("on**. Ask"), word(" me more."), stop()]);
    let (events, asked, script) = play(vec![reply]).await;
    assert_eq!(
        events,
        [
            "route mistral-eu",
            "first word",
            "0 It is noon.",
            "1 Ask me more.",
            "done It is noon. Ask me more."
        ]
    );
    assert_eq!(asked, ["mistral-eu"]);
    let (_, body, key) = script.asked.lock().unwrap()[0].clone();
    assert!(key && body.get("stream_options").is_none() && body["max_tokens"] == 300, "{body}");
    let roles: Vec<&str> =
        body["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
    assert_eq!(roles, ["system", "user", "assistant", "user"]);
    assert!(body["messages"][0]["content"].as_str().unwrap().contains("Now: noon"));
}

#[tokio::test]
async fn the_next_endpoint_is_asked_only_where_the_first_could_not_be_had() {
    let fine = || Ok(vec![word("Yes."), stop()]);
    for (lost, kind) in [
        (unreachable(), "endpoint_unreachable"),
        (timeout(), "endpoint_timeout"),
        (denied(503, Denial::Failed), "endpoint_failed"),
        (denied(429, Denial::RateLimited(None)), "endpoint_rate_limited"),
        (EgressError::NoCertificates { detail: "none".into() }, "certificates_missing"),
        (
            EgressError::PrivateAddress { endpoint: id("x"), host: "h".into(), address: "10.0.0.1".into() },
            "private_address",
        ),
    ] {
        let (events, asked, _) = play(vec![Err(lost), fine()]).await;
        assert_eq!(asked, ["mistral-eu", "ollama"], "{kind}");
        let passed = format!("passed mistral-eu {kind}");
        assert_eq!(
            events,
            ["route mistral-eu", &passed, "route ollama", "first word", "0 Yes.", "done Yes."]
        );
    }
    let (_, asked, _) = play(vec![Ok(vec![Err(timeout())]), fine()]).await;
    assert_eq!(asked.len(), 2, "nothing had come yet");

    let redirected =
        EgressError::Redirected { endpoint: id("x"), status: 307, to: "y".into(), reason: "no".into() };
    for (lost, kind) in [
        (denied(401, Denial::Unauthorised), "endpoint_unauthorised"),
        (denied(403, Denial::Forbidden), "endpoint_forbidden"),
        (denied(404, Denial::NotFound), "endpoint_not_found"),
        (denied(400, Denial::Content), "content_refused"),
        (redirected, "endpoint_redirected"),
        (EgressError::CutOff { endpoint: id("x"), detail: "y".into() }, "answer_cut_off"),
        (EgressError::KeyMissing { endpoint: id("x") }, "key_missing"),
    ] {
        let (events, asked, _) = play(vec![Err(lost)]).await;
        assert_eq!(asked, ["mistral-eu"], "{kind}");
        assert_eq!(events, ["route mistral-eu".to_owned(), format!("failed {kind}")]);
    }
}

#[tokio::test]
async fn once_something_came_nobody_else_is_asked_and_whole_sentences_stand() {
    let refusal =
        || Ok(json!({ "choices": [{ "delta": {}, "finish_reason": "content_filter" }] }).to_string());
    for (end, kind) in [
        (vec![Err(timeout())], "endpoint_timeout"),
        (vec![Err(EgressError::CutOff { endpoint: id("x"), detail: "y".into() })], "answer_cut_off"),
        (vec![], "answer_cut_off"),
        (vec![refusal()], "content_refused"),
        (vec![Ok("{\"choi".into())], "answer_garbled"),
    ] {
        let mut payloads = vec![word("One is done. Two is"), word(" ha")];
        payloads.extend(end);
        let (events, asked, _) = play(vec![Ok(payloads)]).await;
        assert_eq!(asked.len(), 1);
        let failed = format!("failed {kind}");
        assert_eq!(events, ["route mistral-eu", "first word", "0 One is done.", &failed]);
    }
    let (events, asked, _) = play(vec![Ok(vec![refusal()])]).await;
    assert_eq!((asked.len(), events.last().unwrap().as_str()), (1, "failed content_refused"));
    let (events, ..) = play(vec![Ok(vec![word(""), stop()])]).await;
    assert_eq!(events, ["route mistral-eu", "failed answer_empty"]);
    // What breaks after the last word is of no matter.
    let (events, ..) = play(vec![Ok(vec![word("Yes."), stop(), Err(unreachable())])]).await;
    assert_eq!(events.last().unwrap(), "done Yes.");
}

#[tokio::test]
async fn of_several_failures_the_first_is_told_with_its_own_route() {
    let (events, asked, _) = play(vec![Err(timeout()), Err(unreachable()), Err(unreachable())]).await;
    assert_eq!(asked, ["mistral-eu", "ollama", "llamacpp"]);
    assert_eq!(
        events[3..],
        [
            "passed ollama endpoint_unreachable",
            "route llamacpp",
            "passed llamacpp endpoint_unreachable",
            "route mistral-eu",
            "failed endpoint_timeout"
        ]
    );
}

#[tokio::test]
async fn a_note_on_who_was_passed_over_is_one_line_with_a_name_and_without_words() {
    let script = Script::default();
    let told =
        EgressError::Unreachable { endpoint: id("ollama"), host: "h".into(), detail: "refused".into() };
    script.replies.lock().unwrap().extend([Err(told), Ok(vec![word("Yes."), stop()])]);
    let asker = asker(&script, "offline", vec![setup("llamacpp"), setup("ollama")]);
    let (out, mut events) = mpsc::channel(64);
    asker.answer(&request("my private words"), &out).await;
    let passed = std::iter::from_fn(|| events.try_recv().ok()).find_map(|event| match event {
        AnswerEvent::Passed { endpoint, fault } => Some((endpoint, fault)),
        _ => None,
    });
    let (endpoint, fault) = passed.unwrap();
    assert!(endpoint == "ollama" && fault.message.contains("ollama"), "{fault:?}");
    assert!(!fault.remedy.is_empty() && !format!("{fault:?}").contains("private"));
    assert!(!fault.message.contains('\n') && !fault.remedy.contains('\n'));

    // Where there is no other, the failure says it all.
    let script = Script::default();
    script.replies.lock().unwrap().push_back(Err(unreachable()));
    let (out, mut events) = mpsc::channel(64);
    self::asker(&script, "offline", vec![setup("ollama")]).answer(&request("why"), &out).await;
    let shown: Vec<String> = std::iter::from_fn(|| events.try_recv().ok()).map(|e| show(&e)).collect();
    assert_eq!(shown, ["route ollama", "failed endpoint_unreachable"]);
}

#[tokio::test]
async fn without_leave_or_set_up_nothing_is_sent_and_the_user_learns_what_to_do() {
    let ask = async |region: &str, setups: Vec<ChatSetup>| {
        let script = Script::default();
        let (out, mut events) = mpsc::channel(64);
        asker(&script, region, setups).answer(&request("why"), &out).await;
        drop(out);
        let mut all = Vec::new();
        while let Some(event) = events.recv().await {
            all.push(event);
        }
        assert!(script.asked.lock().unwrap().is_empty());
        let Some(AnswerEvent::Failed(fault)) = all.pop() else { panic!("{all:?}") };
        assert!(matches!(all.pop(), Some(AnswerEvent::Route { by, .. }) if by == "refused"));
        let refused = script.refused.lock().unwrap().clone();
        (fault, refused)
    };
    // A key for another region's endpoint sets nothing up here.
    let (fault, refused) = ask("EU", vec![setup("openai"), setup("qwen-cn")]).await;
    assert_eq!((fault.kind, refused.len()), ("no_endpoint", 0));
    assert!(fault.remedy.contains("MYNAH_KEY_MISTRAL_EU or key_file"), "{}", fault.remedy);
    assert!(fault.message.contains("EU"));
    let keyless = ChatSetup { key: None, ..setup("mistral-eu") };
    assert_eq!(ask("EU", vec![keyless]).await.0.kind, "no_endpoint");
    let (fault, refused) = ask("offline", vec![ChatSetup { attested: false, ..setup("ollama") }]).await;
    assert_eq!((fault.kind, refused), ("refused", vec!["attest"]));
    let elsewhere = Some("http://192.168.0.9:8080/v1".parse().unwrap());
    let (fault, refused) = ask("offline", vec![ChatSetup { url: elsewhere, ..setup("llamacpp") }]).await;
    assert_eq!((fault.kind, refused.len()), ("refused", 1));
    let cloud = Some("big:cloud".to_owned());
    assert_eq!(ask("offline", vec![ChatSetup { model: cloud, ..setup("ollama") }]).await.1, ["model.denied"]);
}

#[tokio::test]
async fn dropping_the_answer_or_its_listener_hangs_up() {
    let script = Script::default();
    let hang = || Ok(vec![word("One is done. Two"), Ok("HANG".into())]);
    script
        .replies
        .lock()
        .unwrap()
        .extend([hang(), Ok(vec![word("One. "), word("Two. "), Ok("HANG".into())])]);
    let asker = asker(&script, "offline", vec![setup("llamacpp")]);

    let (out, mut events) = mpsc::channel(64);
    let question = request("why");
    let mut answer = Box::pin(asker.answer(&question, &out));
    poll_fn(|context| {
        assert!(answer.as_mut().poll(context).is_pending());
        Poll::Ready(())
    })
    .await;
    assert_eq!(*script.hung_up.lock().unwrap(), 0);
    drop(answer);
    assert_eq!(*script.hung_up.lock().unwrap(), 1);
    let said = std::iter::from_fn(|| events.try_recv().ok())
        .filter(|e| matches!(e, AnswerEvent::Sentence(_)))
        .count();
    assert_eq!(said, 1);

    let (out, mut events) = mpsc::channel(1);
    let listen = async {
        while let Some(event) = events.recv().await {
            if matches!(event, AnswerEvent::Sentence(_)) {
                break;
            }
        }
        events.close();
    };
    tokio::join!(asker.answer(&question, &out), listen);
    assert_eq!(*script.hung_up.lock().unwrap(), 2);
}

/// Asks through a real door, in OFFLINE, `ollama` at the first server and `llamacpp` at the second. Gives the events,
/// shortened, and the decisions in the ledger.
async fn through_the_door(ollama: &Server, llamacpp: &Server) -> (Vec<String>, Vec<String>) {
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
    let setups = vec![at("ollama", ollama), at("llamacpp", llamacpp)];
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
            && server.requests()[0].contains("reasoning_effort")
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
        (response("401 Unauthorized", "", ""), "endpoint_unauthorised"),
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

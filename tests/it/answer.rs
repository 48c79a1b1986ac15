//! The answer room over a scripted wire: whom it asks and in which order, when it goes on to the next, what it passes on.

use std::{
    collections::VecDeque,
    future::{Future, poll_fn},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use mynah::{
    answer::{
        AnswerEvent, Asker, ChatSetup, Finish, History, Limits, Options, Payloads, Ran, Request, Situation,
        Wire,
    },
    egress::{ChatRequest, Denial, EgressError, Said, Secret},
    flow::Language,
    policy::{DataClass, EndpointId, Month, Permit, Question, Refusal, Rules},
    units::TurnId,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;

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

    fn complete(&mut self) {}
}

impl Wire for Script {
    type Payloads = Played;

    async fn open(&self, permit: Permit, request: ChatRequest<'_>) -> Result<Played, EgressError> {
        let ChatRequest { body, key, .. } = request;
        assert_eq!(body["model"], permit.model());
        self.asked.lock().unwrap().push((permit.endpoint().to_string(), body, key.is_some()));
        let reply = self.replies.lock().unwrap().pop_front().expect("no more requests were expected");
        Ok(Played { payloads: reply?.into(), hung_up: self.hung_up.clone() })
    }

    async fn vouch(&self, permit: Permit, _: Option<&Secret>) -> Result<(), EgressError> {
        assert_eq!(permit.data(), DataClass::ModelRequest);
        let elsewhere = || EgressError::Elsewhere {
            endpoint: permit.endpoint().clone(),
            model: permit.model().to_owned(),
            host: "https://ollama.example".to_owned(),
        };
        if permit.model() == "copied" { Err(elsewhere()) } else { Ok(()) }
    }

    fn refused(&self, _: &Question, refusal: &Refusal) -> Result<(), EgressError> {
        self.refused.lock().unwrap().push(refusal.rule);
        Ok(())
    }
}

pub(crate) fn id(endpoint: &str) -> EndpointId {
    endpoint.into()
}

pub(crate) fn setup(endpoint: &str) -> ChatSetup {
    let key = matches!(endpoint, "qwen-cn" | "openai" | "mistral-eu")
        .then(|| Secret::new("test", "sk-1").unwrap().bound_to(&id(endpoint)));
    ChatSetup { endpoint: id(endpoint), url: None, model: None, key, attested: true }
}

pub(crate) fn word(text: &str) -> Result<String, EgressError> {
    Ok(json!({ "choices": [{ "index": 0, "delta": { "content": text } }] }).to_string())
}

pub(crate) fn stop() -> Result<String, EgressError> {
    Ok(json!({ "choices": [{ "index": 0, "delta": {}, "finish_reason": "stop" }] }).to_string())
}

fn unreachable() -> EgressError {
    EgressError::Unreachable {
        endpoint: id("x"),
        host: "h".into(),
        on_this_machine: false,
        detail: "refused".into(),
    }
}

fn timeout() -> EgressError {
    EgressError::Timeout { endpoint: id("x"), stage: "an answer to begin", limit: Duration::from_secs(1) }
}

fn denied(status: u16, denial: Denial) -> EgressError {
    EgressError::Denied { endpoint: id("x"), status, denial, said: Said::default() }
}

pub(crate) fn request(words: &str) -> Request {
    let mut history = History::new(Limits::default());
    history.add(&"before".into(), &"said".into());
    Request {
        turn: TurnId(3),
        words: words.into(),
        language: Language::ENGLISH,
        month: Month::new(2026, 11).unwrap(),
        situation: Situation { now: "noon".into(), region: "EU".into(), ..Situation::default() },
        history,
        ran: Ran::default(),
        verbatim: None,
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

pub(crate) fn show(event: &AnswerEvent) -> String {
    match event {
        AnswerEvent::Route { by, .. } => format!("route {by}"),
        AnswerEvent::Passed { endpoint, fault } => format!("passed {endpoint} {}", fault.kind),
        AnswerEvent::Waiting { endpoint, ms } => format!("waiting {endpoint} {ms}"),
        AnswerEvent::FirstWord => "first word".into(),
        AnswerEvent::Sentence(sentence) => {
            assert_eq!(sentence.turn, TurnId(3));
            format!("{} {}", sentence.seq, sentence.words.as_str())
        }
        AnswerEvent::Done { text, finish: Finish::Stop } => format!("done {}", text.as_str()),
        AnswerEvent::Done { text, finish: Finish::Length } => format!("length {}", text.as_str()),
        AnswerEvent::Failed(fault) => format!("failed {}", fault.kind),
        AnswerEvent::Used(usage) => format!("used {} {}", usage.read, usage.written),
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
            EgressError::PublicAddress { endpoint: id("x"), host: "h".into(), address: "8.8.8.8".into() },
            "public_address",
        ),
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
async fn an_endpoint_that_names_a_short_wait_is_asked_once_more_and_a_long_one_passed_over() {
    let busy = |ms| Err(denied(503, Denial::Busy(Duration::from_millis(ms))));
    let limited = |ms| Err(denied(429, Denial::RateLimited(Some(Duration::from_millis(ms)))));
    let fine = || Ok(vec![word("Yes."), stop()]);
    let answered = ["first word", "0 Yes.", "done Yes."];
    for first in [busy(5), limited(5)] {
        let (events, asked, _) = play(vec![first, fine()]).await;
        assert_eq!(asked, ["mistral-eu", "mistral-eu"]);
        assert_eq!(events[..2], ["route mistral-eu", "waiting mistral-eu 5"]);
        assert_eq!(events[2..], answered);
    }
    let (events, asked, _) = play(vec![busy(5), busy(5), fine()]).await;
    assert_eq!(asked, ["mistral-eu", "mistral-eu", "ollama"], "once, and then the next of the region");
    assert_eq!(events[2..4], ["passed mistral-eu endpoint_busy", "route ollama"]);
    for first in [busy(3_001), limited(60_000)] {
        let (events, asked, _) = play(vec![first, fine()]).await;
        assert_eq!(asked, ["mistral-eu", "ollama"]);
        assert!(!events.iter().any(|event| event.starts_with("waiting")), "{events:?}");
    }
}

#[tokio::test]
async fn a_local_model_that_is_computed_elsewhere_is_asked_nothing() {
    let script = Script::default();
    script.replies.lock().unwrap().push_back(Ok(vec![word("Yes."), stop()]));
    let copied = ChatSetup { model: Some("copied".to_owned()), ..setup("ollama") };
    let asker = asker(&script, "offline", vec![copied, setup("llamacpp")]);
    let (out, mut events) = mpsc::channel(64);
    asker.answer(&request("my private words"), &out).await;
    let shown: Vec<String> =
        std::iter::from_fn(|| events.try_recv().ok()).map(|event| show(&event)).collect();
    assert_eq!(shown[..3], ["route ollama", "passed ollama model_elsewhere", "route llamacpp"]);
    let asked: Vec<String> = script.asked.lock().unwrap().iter().map(|(by, ..)| by.clone()).collect();
    assert_eq!(asked, ["llamacpp"]);
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
async fn a_local_answer_does_not_hide_that_the_words_went_elsewhere_first() {
    for (lost, hint) in [
        (timeout(), "; mistral-eu got the words before and gave no answer"),
        (denied(503, Denial::Failed), "; mistral-eu got the words before and gave no answer"),
        (unreachable(), ", so Mynah sends the words nowhere else"),
    ] {
        let script = Script::default();
        script.replies.lock().unwrap().extend([Err(lost), Ok(vec![word("Yes."), stop()])]);
        let (out, mut events) = mpsc::channel(64);
        let asker = asker(&script, "EU", vec![setup("llamacpp"), setup("mistral-eu")]);
        asker.answer(&request("why"), &out).await;
        drop(out);
        let mut told = String::new();
        while let Some(event) = events.recv().await {
            if let AnswerEvent::Route { reason, .. } = event {
                told = reason;
            }
        }
        assert_eq!(told, format!("llamacpp is a server on this machine{hint}"));
    }
}

#[tokio::test]
async fn what_is_too_long_for_a_model_is_asked_again_with_less_history() {
    let too_long = || Err(denied(400, Denial::TooLong));
    let broke = || EgressError::CutOff { endpoint: id("x"), detail: "y".into() };
    let fine = || Ok(vec![word("Yes."), stop()]);
    let cut = || Err(broke());
    for (endpoint, replies, messages, last) in [
        ("mistral-eu", vec![too_long(), too_long(), fine()], vec![8, 4, 2], "done Yes."),
        ("llamacpp", vec![cut(), Ok(vec![Err(broke())]), fine()], vec![8, 4, 2], "done Yes."),
        (
            "llamacpp",
            vec![too_long(), too_long(), too_long()],
            vec![8, 4, 2],
            "failed endpoint_context_exceeded",
        ),
        ("llamacpp", vec![cut(), cut(), cut()], vec![8, 4, 2], "failed answer_cut_off"),
        ("llamacpp", vec![Ok(vec![word("Half a"), Err(broke())])], vec![8], "failed answer_cut_off"),
        ("mistral-eu", vec![cut()], vec![8], "failed answer_cut_off"),
    ] {
        let script = Script::default();
        script.replies.lock().unwrap().extend(replies);
        let (out, mut events) = mpsc::channel(64);
        let mut question = request("why");
        for n in 0..2 {
            question.history.add(&format!("question {n}").into(), &"said".into());
        }
        asker(&script, "EU", vec![setup(endpoint)]).answer(&question, &out).await;
        drop(out);
        let (mut shown, mut routes) = (String::new(), 0);
        while let Some(event) = events.recv().await {
            shown = show(&event);
            routes += usize::from(shown.starts_with("route"));
        }
        let asked = script.asked.lock().unwrap();
        let sent: Vec<usize> =
            asked.iter().map(|(_, body, _)| body["messages"].as_array().unwrap().len()).collect();
        assert_eq!((sent, shown.as_str(), routes), (messages, last, 1), "{endpoint}");
        assert!(asked.iter().all(|(_, body, _)| body.to_string().contains("why")));
    }
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
    let told = EgressError::Unreachable {
        endpoint: id("ollama"),
        host: "h".into(),
        on_this_machine: true,
        detail: "refused".into(),
    };
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

//! Doubles: every language model of the shipped rules, asked as it would be: policy, door, TLS, stream, tool, sentences.
//!
//! The rules are the shipped ones and so are the names; only the resolver and the certificates' authority are the test's.
//! The double knows the fields that its provider documents and answers 400 to others, as the provider does.

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::{Arc, LazyLock, Mutex},
};

use serde_json::json;

use tokio::sync::mpsc;

use super::{
    AnswerEvent, Asked as Called, Asker, ChatSetup, Function, History, OnDevice, Options, Outcome, Ran,
    Request, Situation, Told,
};
use crate::{
    egress::{
        DoorOptions, Ledger, Secret,
        door::double::{Asked, Double},
    },
    flow::Language,
    policy::{self, Auth, Backend, Capability, Endpoint, Month, Region, Rules},
    units::TurnId,
};

mod acting;
mod fields;
mod streams;

/// A region of the test's, for those that no shipped region lists.
const ELSEWHERE: &str = "ELSEWHERE";

/// The shipped rules with [`ELSEWHERE`], which accepts every place.
fn rules() -> Arc<Rules> {
    let shipped = include_str!("../../config/regions.toml");
    let mut table: toml::Table = shipped.parse().unwrap();
    let chats = |entry: &toml::Value| entry["can"].as_array().unwrap().contains(&"chat".into());
    let all = table["endpoint"].as_table().unwrap().iter().filter(|(_, entry)| chats(entry));
    let all: Vec<toml::Value> = all.map(|(id, _)| id.as_str().into()).collect();
    let places = table["token"].as_table().unwrap().keys().map(|place| place.as_str().into());
    let places: Vec<toml::Value> = places.collect();
    let regions = table["region"].as_table_mut().unwrap();
    let mut elsewhere = regions["GB"].clone();
    elsewhere["countries"] = toml::Value::Array(Vec::new());
    elsewhere["infer_ok"] = places.into();
    elsewhere["order"]["chat"] = all.into();
    regions.insert(ELSEWHERE.to_owned(), elsewhere);
    Arc::new(Rules::parse(&table.to_string()).unwrap())
}

/// The region's own answers.
#[derive(Debug)]
struct Device;

impl OnDevice for Device {
    fn functions(&self) -> &[Function] {
        static FUNCTIONS: LazyLock<[Function; 1]> = LazyLock::new(|| {
            let request = json!({ "request": { "type": "string" } });
            [Function {
                name: "on_device".into(),
                description: "Asks.".into(),
                parameters: json!({ "type": "object", "properties": request, "required": ["request"] }),
                changes: false,
            }]
        });
        &*FUNCTIONS
    }

    fn call<'a>(&'a self, asked: Called<'a>) -> Pin<Box<dyn Future<Output = Told> + Send + 'a>> {
        let known = asked.arguments["request"] == "what is 17 times 23";
        let (outcome, words) =
            if known { (Outcome::Answered, "17 times 23 is 391.") } else { (Outcome::Refused, "what?") };
        Box::pin(async move { Told { outcome, words: words.to_owned(), by: None } })
    }
}

/// Every language model of the rules, and a region that lists it, a shipped one where there is one.
fn listed(rules: &Rules) -> Vec<(Endpoint, Region)> {
    let models = rules.endpoints().filter(|endpoint| endpoint.capabilities().contains(&Capability::Chat));
    models
        .map(|endpoint| {
            let regions = ["CN", "HK", "US", "EU", "GB", "JP", "KR", "SG", "IN", "OFFLINE", ELSEWHERE];
            let mut regions = regions.iter().map(|region| rules.region(region).unwrap());
            let region = regions.find(|region| policy::chat_order(rules, region).contains(&endpoint.id()));
            (endpoint.clone(), region.unwrap())
        })
        .collect()
}

fn name_of(endpoint: &Endpoint) -> String {
    let host = endpoint.url().host_str().unwrap_or_default();
    endpoint.placeholder().map_or_else(|| host.to_owned(), |word| host.replacen(word, "mine", 1))
}

/// Asks `endpoint`; the events, shortened.
async fn ask(asker: &Asker<Arc<crate::egress::Door>>) -> Vec<String> {
    let mut history = History::default();
    history.add(&"hello".into(), &"Hello there.".into());
    let request = Request {
        turn: TurnId(1),
        words: "how many are 17 boxes of 23".into(),
        language: Language::ENGLISH,
        month: Month::new(2026, 11).unwrap(),
        situation: Situation { now: "noon".into(), region: "EU".into(), ..Situation::default() },
        history,
        ran: Ran::default(),
        verbatim: None,
    };
    let (out, mut incoming) = mpsc::channel(64);
    asker.answer(&request, &out).await;
    drop(out);
    let mut shown = Vec::new();
    while let Some(event) = incoming.recv().await {
        shown.push(match event {
            AnswerEvent::Route { by, .. } => by,
            AnswerEvent::Passed { fault, .. } => format!("passed {}", fault.kind),
            AnswerEvent::Waiting { ms, .. } => format!("waiting {ms}"),
            AnswerEvent::FirstWord => "first".to_owned(),
            AnswerEvent::Sentence(sentence) => sentence.words.as_str().to_owned(),
            AnswerEvent::Done { text, .. } => format!("done {}", text.as_str()),
            AnswerEvent::Failed(fault) => format!("failed {}", fault.kind),
            AnswerEvent::Used(usage) => format!("used {} {}", usage.read, usage.written),
        });
    }
    shown
}

/// An asker of `endpoint` alone, before the double.
fn asker(
    directory: &Path,
    double: &Double,
    rules: &Arc<Rules>,
    endpoint: &Endpoint,
    region: &Region,
) -> Asker<Arc<crate::egress::Door>> {
    let ledger = Ledger::open(&directory.join("ledger"), || "now".to_owned()).unwrap();
    let door = Arc::new(double.door(DoorOptions::default(), ledger));
    let mut url = endpoint.url().clone();
    if endpoint.is_local() {
        url.set_port(Some(double.plain().port())).unwrap();
    } else {
        url.set_host(Some(&name_of(endpoint))).unwrap();
    }
    let setup = ChatSetup {
        endpoint: endpoint.id().clone(),
        url: Some(url),
        model: None,
        key: endpoint
            .needs_key()
            .then(|| Secret::new("test", "sk-12345678").unwrap().bound_to(endpoint.id())),
        attested: true,
    };
    Asker::new(door, Arc::clone(rules), region.clone(), vec![setup], Options::default())
        .offering(Arc::new(Device))
}

fn events(payloads: &[&str]) -> Vec<u8> {
    let lines = payloads.iter().map(|payload| format!("data: {payload}\n\n")).collect::<String>();
    let head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\nConnection: close\r\n\r\n";
    format!("{head}{lines}").into_bytes()
}

fn response(status: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

fn names(rules: &Rules) -> Vec<String> {
    listed(rules).iter().map(|(endpoint, _)| name_of(endpoint)).collect()
}

#[tokio::test]
async fn every_language_model_of_the_rules_is_asked_as_it_documents_and_gets_its_tool_answered() {
    let (rules, directory) = (rules(), tempfile::tempdir().unwrap());
    let now = Arc::new(Mutex::new(Backend::OpenAi));
    let objections = Arc::new(Mutex::new(Vec::new()));
    let double = Double::start(&names(&rules), {
        let (now, objections) = (Arc::clone(&now), Arc::clone(&objections));
        Box::new(move |asked: &Asked| {
            let backend = *now.lock().unwrap();
            if let Some(objection) = fields::objection(backend, &asked.body) {
                objections.lock().unwrap().push(objection);
                return response("400 Bad Request", r#"{"error":{"code":"invalid_request"}}"#);
            }
            let answered = asked.body["messages"].to_string().contains("17 times 23 is 391.");
            events(&if answered { streams::saying(backend) } else { streams::asking(backend) })
        })
    });
    let mut backends = Vec::new();
    for (endpoint, region) in listed(&rules) {
        let (id, backend) = (endpoint.id(), endpoint.backend());
        *now.lock().unwrap() = backend;
        backends.push(backend);
        let shown = ask(&asker(directory.path(), &double, &rules, &endpoint, &region)).await;
        assert_eq!(*objections.lock().unwrap(), [""; 0], "{id}");
        assert_eq!(
            shown,
            [id.as_str(), "first", "It is 391.", "done It is 391.", "used 240 26"],
            "{id} in {region}"
        );
        let asked = double.asked();
        assert_eq!(asked.len(), 2, "{id}: a question and what the tool said");
        for one in &asked {
            check_head(one, &endpoint);
            assert_eq!(one.body["model"], endpoint.model());
            for (name, value) in endpoint.body_require() {
                assert_eq!(&one.body[name], value, "{id} {name}");
            }
        }
    }
    for backend in [
        Backend::OpenAi,
        Backend::Azure,
        Backend::DashScope,
        Backend::Qianfan,
        Backend::Ark,
        Backend::DeepSeek,
        Backend::Moonshot,
        Backend::Glm,
        Backend::MiniMax,
        Backend::Pangu,
        Backend::MiMo,
        Backend::Mistral,
        Backend::Gemini,
        Backend::Anthropic,
        Backend::Xai,
        Backend::OpenRouter,
        Backend::Ollama,
        Backend::LlamaCpp,
        Backend::LmStudio,
        Backend::Vllm,
    ] {
        assert!(backends.contains(&backend), "no endpoint speaks {backend:?}");
    }
}

/// Host, path, version and key, as the provider documents them.
fn check_head(asked: &Asked, endpoint: &Endpoint) {
    let id = endpoint.id();
    let below = match endpoint.backend() {
        Backend::Anthropic => "/messages",
        Backend::Azure => "/chat/completions?api-version=v1",
        _ => "/chat/completions",
    };
    assert_eq!(asked.target, format!("{}{below}", endpoint.url().path().trim_end_matches('/')), "{id}");
    if !endpoint.is_local() {
        assert_eq!(asked.header("host"), Some(name_of(endpoint).as_str()));
    }
    let key = match endpoint.auth() {
        Auth::Bearer => Some(("authorization", "Bearer sk-12345678")),
        Auth::ApiKey => Some(("api-key", "sk-12345678")),
        Auth::XApiKey => Some(("x-api-key", "sk-12345678")),
        Auth::None => None,
        other => panic!("no language model is paid like {other:?}"),
    };
    for name in ["authorization", "api-key", "x-api-key"] {
        let want = key.filter(|(header, _)| *header == name).map(|(_, value)| value);
        assert_eq!(asked.header(name), want, "{id} {name}");
    }
    let version = (endpoint.backend() == Backend::Anthropic).then_some("2023-06-01");
    assert_eq!(asked.header("anthropic-version"), version, "{id}");
}

#[tokio::test]
async fn each_providers_no_is_understood_and_a_refusal_goes_to_nobody_else() {
    let (rules, directory) = (rules(), tempfile::tempdir().unwrap());
    let next = Arc::new(Mutex::new(Vec::new()));
    let double = Double::start(&names(&rules), {
        let next = Arc::clone(&next);
        Box::new(move |_: &Asked| Vec::clone(&next.lock().unwrap()))
    });
    let mut seen = Vec::new();
    for (endpoint, region) in listed(&rules) {
        if seen.contains(&endpoint.backend()) {
            continue;
        }
        seen.push(endpoint.backend());
        for (status, body, kind) in streams::refusing(endpoint.backend()) {
            let as_event = *status == "200 OK";
            *next.lock().unwrap() = if as_event { events(&[body]) } else { response(status, body) };
            let shown = ask(&asker(directory.path(), &double, &rules, &endpoint, &region)).await;
            let failed = format!("failed {kind}");
            assert_eq!(shown.last(), Some(&failed), "{} {body}", endpoint.id());
            let asked = double.asked().len();
            // What may be a field that the model does not take is asked once more, with the fields all models take; what
            // may be too long, with less history.
            let rejected = *kind == "endpoint_rejected" && status.starts_with("400");
            let again = rejected || *kind == "endpoint_context_exceeded";
            assert_eq!(asked, 1 + usize::from(again), "{} {body}", endpoint.id());
        }
    }
    assert!(seen.len() > 15);
}

#[tokio::test]
async fn a_model_that_takes_neither_tool_nor_switch_answers_in_the_plain_form_from_then_on() {
    let (rules, directory) = (rules(), tempfile::tempdir().unwrap());
    let double = Double::start(&names(&rules), {
        Box::new(move |asked: &Asked| {
            let bare = ["tools", "temperature", "reasoning_effort", "thinking", "enable_thinking"];
            if bare.iter().any(|name| asked.body.get(name).is_some()) {
                return response("400 Bad Request", r#"{"error":{"code":"unsupported_parameter"}}"#);
            }
            let anthropic = asked.target.ends_with("/messages");
            events(&streams::saying(if anthropic { Backend::Anthropic } else { Backend::OpenAi }))
        })
    });
    for (endpoint, region) in listed(&rules) {
        let asker = asker(directory.path(), &double, &rules, &endpoint, &region);
        for requests in [2, 1] {
            let shown = ask(&asker).await;
            assert_eq!(shown[2], "It is 391.", "{}", endpoint.id());
            let asked = double.asked();
            assert_eq!(asked.len(), requests, "{}", endpoint.id());
            assert!(!asked.last().unwrap().body.to_string().contains("on_device"), "{}", endpoint.id());
        }
    }
}

/// A server that takes a tool and leaves the model's call among its words.
#[tokio::test]
async fn a_call_among_the_words_is_never_said_and_the_question_goes_again_without_a_tool() {
    let (rules, directory) = (rules(), tempfile::tempdir().unwrap());
    let before = Arc::new(Mutex::new(""));
    let double = Double::start(&names(&rules), {
        let before = Arc::clone(&before);
        Box::new(move |asked: &Asked| {
            let call = r#"<tool_call>\n{\"name\": \"on_device\", \"arguments\": {}}\n</tool_call>"#;
            let words = if asked.body.get("tools").is_some() { call } else { "It is 391." };
            let words = [*before.lock().unwrap(), words].concat();
            let chunk =
                format!(r#"{{"choices":[{{"delta":{{"content":"{words}"}},"finish_reason":"stop"}}]}}"#);
            events(&[&chunk])
        })
    });
    let (endpoint, region) =
        listed(&rules).into_iter().find(|(e, _)| e.backend() == Backend::LlamaCpp).unwrap();
    let asker = asker(directory.path(), &double, &rules, &endpoint, &region);
    for requests in [2, 1] {
        let shown = ask(&asker).await;
        assert!(shown.contains(&"It is 391.".to_owned()), "{shown:?}");
        assert!(!shown.join(" ").contains("on_device"), "{shown:?}");
        assert_eq!(double.asked().len(), requests, "{shown:?}");
    }
    // Of what was said already nothing is said twice.
    *before.lock().unwrap() = "Let me see. ";
    let shown = ask(&self::asker(directory.path(), &double, &rules, &endpoint, &region)).await;
    assert_eq!(shown[2..], ["Let me see.", "failed answer_tool_call"]);
    assert_eq!(double.asked().len(), 1);
}

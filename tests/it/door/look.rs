//! What a server says of its models before it is told anything, and what a lookup may not be.

use mynah::{
    egress::{DoorOptions, Lookup, ModelsRequest, Secret},
    flow::Remedy,
    policy::{Capability, DataClass, EndpointId, Month, Permit, Question, Rules},
    units::TurnId,
};
use serde_json::json;
use url::Url;

use super::{House, WORDS, allow, chat_permit};
use crate::support::{
    binary::{Home, ran},
    server::{Server, Step, response},
};

fn permit(rules: &Rules, id: &str, base: &str, model: &str) -> Permit {
    let question = Question {
        turn: TurnId(0),
        region: rules.region("OFFLINE").unwrap(),
        capability: Capability::Chat,
        endpoint: EndpointId::from(id),
        url: Url::parse(&format!("{base}/v1")).unwrap(),
        model: model.to_owned(),
        data: DataClass::ModelRequest,
        attested: true,
        month: Month::new(2026, 11).unwrap(),
    };
    allow(rules, &question)
}

fn json(body: &str) -> Vec<u8> {
    response("200 OK", "Content-Type: application/json\r\n", body)
}

#[tokio::test]
async fn a_copied_cloud_model_is_found_out_whatever_it_is_called() {
    let house = House::new(DoorOptions::default());
    for (answer, kind) in [
        (json(r#"{"details":{"family":"qwen2"},"remote_host":"","remote_model":null}"#), None),
        (json(r#"{"details":{}}"#), None),
        (json(r#"{"remote_host":"https://ollama.com:443","remote_model":"x"}"#), Some("model_elsewhere")),
        (json(r#"{"remote_model":"gpt-oss:120b"}"#), Some("model_elsewhere")),
        (json(r#"{"remote_host":{"any":"thing"}}"#), Some("model_elsewhere")),
        (response("404 Not Found", "", r#"{"error":"model not found"}"#), Some("endpoint_not_found")),
        (response("307 Moved", "Location: https://ollama.com/api/show\r\n", ""), Some("endpoint_redirected")),
        (json("<html>"), Some("endpoint_garbled")),
    ] {
        let told = String::from_utf8_lossy(&answer).into_owned();
        let server = Server::answering(vec![answer]);
        let looked = house.door.vouch(permit(&house.rules, "ollama", &server.url(), "mine"), None).await;
        assert_eq!(looked.as_ref().err().map(Remedy::kind), kind, "{told}");
        let sent = server.requests().pop().unwrap();
        assert!(
            sent.starts_with("POST /api/show HTTP/1.1\r\n") && sent.ends_with(r#"{"model":"mine"}"#),
            "{sent}"
        );
        let last = house.ledger().pop().unwrap();
        let expected = match kind {
            None => "answered null 200".to_owned(),
            Some("model_elsewhere") => "refused model.elsewhere null".to_owned(),
            Some(kind) => format!("failed {kind}"),
        };
        assert!(last.starts_with(&expected), "{last} after {told}");
    }
    let server = Server::start(vec![]);
    let words = chat_permit(&house.rules, &server.url());
    assert_eq!(house.door.vouch(words, None).await.unwrap_err().kind(), "not_permitted");
    let name = permit(&house.rules, "llamacpp", &server.url(), "default");
    let error = house.door.send(name, super::request(super::body())).await.unwrap_err();
    assert_eq!(error.kind(), "not_permitted", "a permit for a name sends no words");
    assert_eq!(server.connections(), 0);
}

#[tokio::test]
async fn the_models_of_an_endpoint_are_read_in_every_shape() {
    let house = House::new(DoorOptions::default());
    let key = Secret::new("test", "sk-1").unwrap().bound_to(&EndpointId::from("llamacpp"));
    for (body, models) in [
        (r#"{"object":"list","data":[{"id":"a"},{"id":"b","owned_by":"x"}]}"#, vec!["a", "b"]),
        (r#"{"models":[{"name":"models/gemini-x"},{"no":"name"}]}"#, vec!["gemini-x"]),
        (r#"[{"id":"a"}]"#, vec!["a"]),
        (r#"{"data":"none"}"#, vec![]),
        ("1", vec![]),
    ] {
        let server = Server::answering(vec![json(body)]);
        let request = ModelsRequest {
            query: &[("api-version", "v1")],
            headers: &[("x-version", "1")],
            key: Some(&key),
        };
        let permit = permit(&house.rules, "llamacpp", &server.url(), "default");
        assert_eq!(house.door.models(permit, request).await.unwrap(), models, "{body}");
        let sent = server.requests().pop().unwrap().to_ascii_lowercase();
        assert!(sent.starts_with("get /v1/models?api-version=v1 http/1.1\r\n"), "{sent}");
        assert!(sent.contains("\r\nauthorization: bearer sk-1\r\n") && sent.contains("\r\nx-version: 1\r\n"));
    }
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    let endless = Server::start(vec![vec![Step::Request, Step::Send(head), Step::Repeat(vec![b' '; 4096])]]);
    let permit = permit(&house.rules, "llamacpp", &endless.url(), "default");
    let error = house.door.models(permit, ModelsRequest::default()).await.unwrap_err();
    assert_eq!(error.kind(), "response_too_large");
}

#[test]
fn the_doctor_names_a_model_that_is_gone_and_asks_other_machines_only_when_told_to() {
    let home = Home::new();
    let list = r#"{"data":[{"id":"here"},{"id":"there"}]}"#;
    let server = Server::answering(vec![json(list), json(list)]);
    let settings = |model: &str| {
        let url = server.url();
        format!(
            "region = \"US\"\n[endpoint.vllm]\nmodel = \"{model}\"\nurl = \"{url}/v1\"\nattested = true\n"
        )
    };
    let told = |model: &str| {
        home.settings(&settings(model));
        let mut doctor = home.mynah(&["doctor", "--json", "--no-tone"]);
        let ran = ran(doctor.env("MYNAH_KEY_OPENAI", "sk-1"));
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let findings = report["findings"].as_array().unwrap().iter();
        let found: Vec<_> = findings.filter(|one| one["check"] == "endpoint_model").cloned().collect();
        assert_eq!(found.len(), 1, "openai is on another machine: {found:?}");
        format!("{} {}", found[0]["health"].as_str().unwrap(), found[0]["message"].as_str().unwrap())
    };
    assert_eq!(told("here"), "ok vllm has here");
    assert_eq!(told("gone"), "problem vllm has no model gone; it lists 2 others");
}

#[test]
fn the_doctor_names_a_model_that_ollama_has_not_or_does_not_compute() {
    let home = Home::new();
    let server = Server::answering(vec![
        json(r#"{"details":{}}"#),
        response("404 Not Found", "", r#"{"error":"model 'mine' not found"}"#),
        json(r#"{"remote_host":"https://ollama.com:443","remote_model":"x"}"#),
    ]);
    home.settings(&format!(
        "[endpoint.ollama]\nmodel = \"mine\"\nurl = \"{}/v1\"\nattested = true\n",
        server.url()
    ));
    for (health, message) in [
        ("ok", "ollama has mine"),
        ("problem", "ollama has no model mine"),
        ("warning", "the model mine of ollama is computed at https://ollama.com:443, not on this machine"),
    ] {
        let ran = home.run(&["doctor", "--json", "--no-tone"]);
        let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        let mut findings = report["findings"].as_array().unwrap().iter();
        let found = findings.find(|one| one["check"] == "endpoint_model").unwrap();
        assert_eq!((found["health"].as_str(), found["message"].as_str()), (Some(health), Some(message)));
        let pulls = found["remedy"].as_str().is_some_and(|remedy| remedy.contains("`ollama pull mine`"));
        assert_eq!(pulls, health == "problem");
    }
}

#[tokio::test]
async fn a_lookup_takes_no_permit_for_words_and_posts_to_nobody_but_the_home() {
    let house = House::new(DoorOptions::default());
    let server = Server::start(vec![]);
    let question = Question {
        turn: TurnId(1),
        region: house.rules.region("EU").unwrap(),
        capability: Capability::Weather,
        endpoint: EndpointId::from("open-meteo"),
        url: house.rules.endpoint(&"open-meteo".into()).unwrap().url().clone(),
        model: String::new(),
        data: DataClass::Query,
        attested: true,
        month: Month::new(2026, 11).unwrap(),
    };
    let words = json!({ "text": WORDS });
    let posting = |post| Lookup { path: &["v1", "forecast"], query: &[], post, key: None };
    for (permit, post, rule) in [
        (chat_permit(&house.rules, &server.url()), None, "permit.data"),
        (allow(&house.rules, &question), Some(&words), "lookup.post"),
    ] {
        let error = house.door.look_up(permit, posting(post)).await.unwrap_err();
        assert_eq!(error.kind(), "not_permitted", "{rule}");
        assert_eq!(house.ledger().pop().unwrap(), format!("refused {rule} null"));
    }
    assert_eq!((server.connections(), house.ledger().len()), (0, 2));
}

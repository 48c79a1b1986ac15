//! What the rules want of an endpoint: how its key is sent, what its bodies carry, what its answers must say.

use mynah::{
    egress::{ChatRequest, DoorOptions, EgressError, Ending, EventStream, Secret},
    flow::Remedy,
    policy::{EndpointId, Permit, Rules},
};
use serde_json::{Value, json};

use super::{House, body, chat_permit};
use crate::support::server::{Server, Step, event_head, events};

/// The shipped rules, in which `llamacpp` is paid as `auth` says and has `more` in its entry.
fn rules(auth: &str, more: &str) -> Rules {
    let shipped = include_str!("../../../config/regions.toml");
    let (before, entry) = shipped.split_once("[endpoint.llamacpp]").unwrap();
    let entry = entry.replacen("auth = \"none\"", &format!("auth = \"{auth}\"\n{more}"), 1);
    Rules::parse(&format!("{before}[endpoint.llamacpp]{entry}")).unwrap()
}

fn permit(rules: &Rules, server: &Server) -> Permit {
    chat_permit(rules, &server.url())
}

async fn ask(house: &House, permit: Permit, key: Option<&Secret>) -> Result<EventStream, EgressError> {
    let request = ChatRequest { path: &["chat"], query: &[], headers: &[], body: body(), key };
    house.door.send(permit, request).await
}

#[tokio::test]
async fn each_style_of_key_has_its_header_and_a_key_goes_to_its_own_endpoint_alone() {
    let house = House::new(DoorOptions::default());
    let key = |id: &str| Secret::new("test", "sk-12345").unwrap().bound_to(&EndpointId::from(id));
    for (auth, header) in [
        ("bearer", "authorization: bearer sk-12345"),
        ("api-key", "api-key: sk-12345"),
        ("x-api-key", "x-api-key: sk-12345"),
        ("x-goog-api-key", "x-goog-api-key: sk-12345"),
        ("x-subscription-token", "x-subscription-token: sk-12345"),
    ] {
        let server = Server::answering(vec![events(&["1"])]);
        let rules = rules(auth, "");
        let permit = || permit(&rules, &server);
        let error = ask(&house, permit(), None).await.unwrap_err();
        assert_eq!(error.kind(), "key_missing", "{auth}");
        for stranger in [key("openai"), Secret::new("test", "sk-12345").unwrap()] {
            let error = ask(&house, permit(), Some(&stranger)).await.unwrap_err();
            assert_eq!(error.kind(), "not_permitted", "{auth}");
            assert_eq!(house.ledger().pop().unwrap(), "refused key.endpoint null");
        }
        assert_eq!(server.connections(), 0, "{auth}");
        ask(&house, permit(), Some(&key("llamacpp"))).await.unwrap();
        let sent = server.requests()[0].to_ascii_lowercase();
        let lines: Vec<&str> = sent.lines().filter(|line| line.contains("sk-12345")).collect();
        assert_eq!(lines, [header]);
    }
}

#[tokio::test]
async fn what_the_rules_want_in_a_body_is_there_and_nobody_talks_them_out_of_it() {
    let house = House::new(DoorOptions::default());
    let server = Server::answering(vec![events(&["1"])]);
    let more = "body_require = { inference_geo = \"us\" }";
    let rules = rules("none", more);
    ask(&house, permit(&rules, &server), None).await.unwrap();
    let sent = server.requests().pop().unwrap();
    let (_, sent) = sent.split_once("\r\n\r\n").unwrap();
    let sent: Value = serde_json::from_str(sent).unwrap();
    assert_eq!(sent["inference_geo"], "us");
    let mut otherwise = body();
    otherwise["inference_geo"] = json!("global");
    let request = ChatRequest { path: &["chat"], query: &[], headers: &[], body: otherwise, key: None };
    let error = house.door.send(permit(&rules, &server), request).await.unwrap_err();
    assert_eq!((error.kind(), server.connections()), ("not_permitted", 1));
    assert_eq!(house.ledger().pop().unwrap(), "refused body.require null");
}

#[tokio::test]
async fn an_answer_from_the_wrong_place_stops_before_its_first_word_and_bars_the_endpoint() {
    let more = "response_assert = { \"usage.inference_geo\" = \"us\" }";
    let started = |geo: &str| json!({ "message": { "usage": { "inference_geo": geo } } }).to_string();
    let fine = events(&["{\"type\":\"ping\"}", &started("us"), "{\"text\":\"yes\"}"]);
    let wrong = events(&["{\"text\":\"yes\"}", &started("global")]);
    let silent = events(&["{\"text\":\"yes\"}"]);
    let turned = events(&[&started("us"), &json!({ "usage": { "inference_geo": "eu" } }).to_string()]);

    let house = House::new(DoorOptions::default());
    let server = Server::answering(vec![fine]);
    let rules_here = rules("none", more);
    let mut stream = ask(&house, permit(&rules_here, &server), None).await.unwrap();
    for payload in ["{\"type\":\"ping\"}", &started("us"), "{\"text\":\"yes\"}"] {
        assert_eq!(
            stream.next().await.unwrap().as_deref(),
            Some(payload),
            "held until the proof, then in order"
        );
    }
    assert_eq!((stream.next().await.unwrap(), stream.ending()), (None, Ending::Done));

    for (answer, before) in [(wrong, 0), (silent, 0), (turned, 1)] {
        let house = House::new(DoorOptions::default());
        let server = Server::answering(vec![answer]);
        let rules = rules("none", more);
        let mut stream = ask(&house, permit(&rules, &server), None).await.unwrap();
        for _ in 0..before {
            assert!(stream.next().await.unwrap().is_some());
        }
        let error = stream.next().await.unwrap_err();
        assert!(matches!(&error, EgressError::Violation { wanted, .. } if wanted == "us"), "{error}");
        assert!(!error.may_try_next() && stream.next().await.unwrap().is_none());
        assert_eq!(house.ledger().pop().unwrap(), "violation response.assert 200");
        let again = ask(&house, permit(&rules, &server), None).await.unwrap_err();
        assert_eq!((again.kind(), server.connections()), ("endpoint_barred", 1));
        assert!(again.may_try_next(), "nothing was sent to it");
        assert_eq!(house.ledger().pop().unwrap(), "refused endpoint.barred null");
    }
}

#[tokio::test]
async fn a_lie_behind_the_end_of_an_answer_is_on_record_too() {
    let house = House::new(DoorOptions::default());
    let geo = |geo: &str| json!({ "usage": { "inference_geo": geo } }).to_string();
    let server = Server::answering(vec![events(&[&geo("us"), &geo("eu")])]);
    let rules = rules("none", "response_assert = { \"usage.inference_geo\" = \"us\" }");
    let mut stream = ask(&house, permit(&rules, &server), None).await.unwrap();
    assert!(stream.next().await.unwrap().is_some());
    // The model said why it ended; what follows is read for what it cost.
    stream.complete();
    assert_eq!(stream.next().await.unwrap_err().kind(), "endpoint_violation");
    drop(stream);
    let ends = house.ledger().split_off(1);
    assert_eq!(ends, ["answered null 200", "violation response.assert 200"]);
    let again = ask(&house, permit(&rules, &server), None).await.unwrap_err();
    assert_eq!(again.kind(), "endpoint_barred");
}

#[tokio::test]
async fn a_proof_that_never_comes_is_not_waited_for_beyond_the_deadline() {
    let more = "response_assert = { \"usage.inference_geo\" = \"us\" }";
    let house = House::new(super::quick());
    let script = vec![
        Step::Request,
        Step::Send([event_head(), b"data: {\"text\":\"yes\"}\n\n".to_vec()].concat()),
        Step::Hang,
    ];
    let server = Server::start(vec![script]);
    let rules = rules("none", more);
    let mut stream = ask(&house, permit(&rules, &server), None).await.unwrap();
    assert_eq!(stream.next().await.unwrap_err().kind(), "endpoint_timeout");
}

//! Near: a server of the user's own in the local network, asked by its name without TLS; and what else may not be.
//!
//! Enters: the user's own file. Leaves: nothing; these are tests. Never here: a machine but this one.

use serde_json::json;
use url::Url;

use super::{ChatRequest, Door, DoorOptions, Resolver, Way, client, double::Double};
use crate::{
    egress::{EgressError, Ledger},
    flow::Remedy,
    policy::{
        Capability, DataClass, Distance, EndpointId, Month, Permit, Question, Refusal, Region, Rules,
        Verdict, decide,
    },
    units::TurnId,
};

const ANSWER: &[u8] =
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}";

/// A permit for the server of the user's own at `url`.
fn permit(url: &str) -> Permit {
    let own = format!(
        "[endpoint.nas]\noperator = \"self\"\nurl = \"{url}\"\ndialect = \"llamacpp\"\nmodel = \"m\"\n"
    );
    let question = Question {
        turn: TurnId(1),
        region: Region::offline(),
        capability: Capability::Chat,
        endpoint: EndpointId::from("nas"),
        url: Url::parse(url).unwrap(),
        model: "m".to_owned(),
        data: DataClass::Words,
        attested: true,
        month: Month::new(2026, 11).unwrap(),
    };
    match decide(&Rules::built_in().with_own(&own).unwrap(), &question) {
        Verdict::Allow(permit) => permit,
        Verdict::Refuse(refusal) => panic!("{refusal}"),
    }
}

/// A door in whose local network `resolver` says where names lead.
fn door(ledger: Ledger, way: Way, resolver: Resolver) -> Door {
    let door = Door::new(DoorOptions { way, ..DoorOptions::default() }, ledger).unwrap();
    let near = client(&door.options, resolver).tls_certs_only([]).build().unwrap();
    door.near[0].set(near).unwrap();
    door
}

async fn send(door: &Door, permit: Permit) -> Result<(), EgressError> {
    let (path, body) = (&["chat", "completions"][..], json!({ "model": "m", "messages": [] }));
    let request = ChatRequest { path, query: &[], headers: &[], body, key: None };
    door.send(permit, request).await.map(|_| ())
}

#[tokio::test]
async fn a_server_of_ones_own_in_the_local_network_is_asked_without_tls_and_without_the_proxy() {
    let directory = tempfile::tempdir().unwrap();
    let ledger = |name: &str| Ledger::open(&directory.path().join(name), String::new).unwrap();
    let double = Double::start(&["unused.example".to_owned()], Box::new(|_| ANSWER.to_vec()));
    let port = double.plain().port();
    let (reason, remedy) = ("it stands elsewhere".to_owned(), "use none".to_owned());
    let barred = Way::Barred(Refusal { rule: "proxy.place", reason, remedy });
    for (name, way) in [("a", Way::Direct), ("b", barred)] {
        let mut here = Resolver::near();
        here.lookup = |_| Box::pin(async { Ok(vec![([127, 0, 0, 1], 0).into()]) });
        let door = door(ledger(name), way, here);
        send(&door, permit(&format!("http://nas.lan:{port}/v1"))).await.unwrap();
        let asked = double.asked();
        assert_eq!(asked.iter().map(|it| it.target.as_str()).collect::<Vec<_>>(), ["/v1/chat/completions"]);
        assert_eq!(asked[0].header("host"), Some(format!("nas.lan:{port}").as_str()));
    }

    let mut away = Resolver::near();
    away.lookup = |_| Box::pin(async { Ok(vec![([8, 8, 8, 8], 0).into()]) });
    let door = door(ledger("c"), Way::Direct, away);
    let error = send(&door, permit(&format!("http://nas.lan:{port}/v1"))).await.unwrap_err();
    assert_eq!(error.kind(), "public_address");
    assert!(error.to_string().contains("nas.lan of nas resolves to 8.8.8.8"), "{error}");
    assert!(double.asked().is_empty());
}

#[test]
fn only_the_server_the_permit_is_for_is_near() {
    let permit = permit("http://192.168.1.5:8080/v1");
    for (url, distance) in [
        ("http://192.168.1.5:8080/api/show", Distance::LocalNetwork),
        ("http://192.168.1.5:8081/v1", Distance::Public),
        ("https://192.168.1.5:8080/v1", Distance::Public),
        ("http://192.168.1.6:8080/v1", Distance::Public),
        ("http://nas.lan:8080/v1", Distance::Public),
        ("http://127.0.0.1:8080/v1", Distance::ThisMachine),
    ] {
        assert_eq!(permit.distance_to(&Url::parse(url).unwrap()), distance, "{url}");
    }
}

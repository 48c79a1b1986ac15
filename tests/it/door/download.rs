//! Downloads through the door: resuming, breaking off, and the only redirects that are ever followed.

use std::fs;

use mynah::{
    egress::{DoorOptions, Download, EgressError},
    flow::Remedy,
    policy::{Capability, DataClass, EndpointId, Month, Permit, Question, Rules},
    units::TurnId,
};
use url::Url;

use super::{House, allow, quick};
use crate::support::server::{Server, Step, response};

/// Rules whose one mirror is `base`; it may redirect to `localhost`, but never to 127.0.0.9.
const DISCLOSE: &str = r#"{ first_use = { en = "AI" }, badge = { en = "AI" }, spoken = { en = "AI" }, repeat = "once", no_screen = "none", export_audio = "none", export_metadata = true, model_and_filing = false, src = "test", verified = "2026-11" }"#;

pub(super) fn mirror_rules(base: &str) -> Rules {
    Rules::parse(&format!(
        r#"
        schema = 1
        verified = "2026-11"
        warn_after_months = 4
        refuse_after_months = 18
        [token]
        LOCAL = "this machine"
        [mirror.here]
        by = "test"
        url = "{base}"
        hosts = ["127.0.0.1", "mirror.invalid"]
        redirect_hosts = ["localhost", "127.0.0.9"]
        refuse_redirect = ["127.0.0.9"]
        src = "test"
        verified = "2026-11"
        [region.US]
        countries = ["US"]
        infer_ok = ["LOCAL"]
        order = {{ chat = [], search = [], image_edit = [], speech = [], weather = [], rates = [], mirror = ["here"] }}
        disclose = {DISCLOSE}
        [region.OFFLINE]
        countries = []
        infer_ok = ["LOCAL"]
        order = {{ chat = [], search = [], image_edit = [], speech = [], weather = [], rates = [], mirror = [] }}
        disclose = {DISCLOSE}
        "#
    ))
    .unwrap()
}

pub(super) fn mirror_permit(base: &str) -> Permit {
    let rules = mirror_rules(base);
    allow(
        &rules,
        &Question {
            turn: TurnId(0),
            region: rules.region("US").unwrap(),
            capability: Capability::ModelMirror,
            endpoint: EndpointId::from("here"),
            url: Url::parse(base).unwrap(),
            model: "tiny".to_owned(),
            data: DataClass::ModelRequest,
            attested: false,
            month: Month::new(2026, 11).unwrap(),
        },
    )
}

async fn all(mut download: Download) -> Result<Vec<u8>, EgressError> {
    let mut whole = Vec::new();
    while let Some(chunk) = download.next_chunk().await? {
        whole.extend_from_slice(&chunk);
    }
    Ok(whole)
}

fn redirect_to(url: &str) -> Vec<u8> {
    response("302 Found", &format!("Location: {url}\r\n"), "")
}

#[tokio::test]
async fn a_download_resumes_or_starts_again_as_the_mirror_says() {
    let house = House::new(DoorOptions::default());
    let part = response("206 Partial", "Content-Range: bytes 4-7/8\r\n", "5678");
    let wrong = response("206 Partial", "Content-Range: bytes 0-7/8\r\n", "12345678");
    let server = Server::answering(vec![
        response("200 OK", "", "12345678"),
        part,
        response("200 OK", "", "12345678"),
        wrong,
        response("416 No", "", ""),
        response("404 No", "", ""),
    ]);
    let fetch =
        async |from| house.door.fetch(mirror_permit(&server.url()), "owner/repo/ggml-tiny.bin", from).await;
    for (from, resumed, bytes) in [(0, false, "12345678"), (4, true, "5678"), (4, false, "12345678")] {
        let download = fetch(from).await.unwrap();
        assert_eq!((download.resumed(), download.total()), (resumed, Some(8)));
        assert_eq!(all(download).await.unwrap(), bytes.as_bytes());
    }
    for kind in ["endpoint_garbled", "range_not_satisfiable", "endpoint_not_found"] {
        assert_eq!(fetch(4).await.unwrap_err().kind(), kind);
    }
    let requests = server.requests();
    assert!(requests[0].starts_with("GET /owner/repo/ggml-tiny.bin HTTP/1.1\r\n"));
    assert!(!requests[0].to_ascii_lowercase().contains("range:"));
    assert!(requests[1].to_ascii_lowercase().contains("\r\nrange: bytes=4-\r\n"));
    assert_eq!(house.ledger()[..2], ["sent null null", "answered null 200"]);
}

#[tokio::test]
async fn a_download_that_breaks_off_stalls_or_never_ends_says_so() {
    let house = House::new(DoorOptions { max_download: 100_000, ..quick() });
    let head =
        |length: &str| format!("HTTP/1.1 200 OK\r\n{length}Connection: close\r\n\r\n1234").into_bytes();
    let short = vec![Step::Request, Step::Send(head("Content-Length: 8\r\n"))];
    let stall = vec![Step::Request, Step::Send(head("Content-Length: 8\r\n")), Step::Hang];
    let endless = vec![Step::Request, Step::Send(head("")), Step::Repeat(vec![0; 4096])];
    for (script, kind) in
        [(short, "endpoint_cut_off"), (stall, "endpoint_timeout"), (endless, "response_too_large")]
    {
        let server = Server::start(vec![script]);
        let download = house.door.fetch(mirror_permit(&server.url()), "x", 0).await.unwrap();
        assert_eq!(all(download).await.unwrap_err().kind(), kind);
    }
}

#[tokio::test]
async fn a_download_follows_listed_hosts_for_three_hops_each_recorded() {
    let house = House::new(DoorOptions::default());
    let cdn = Server::answering(vec![response("200 OK", "", "model")]);
    let cdn_url = cdn.url().replace("127.0.0.1", "localhost");
    let server =
        Server::answering(vec![redirect_to("/moved"), redirect_to(&format!("{cdn_url}/file?sig=1"))]);
    let download = house.door.fetch(mirror_permit(&server.url()), "file", 0).await.unwrap();
    assert_eq!(all(download).await.unwrap(), b"model");
    assert!(server.requests()[1].starts_with("GET /moved "));
    assert!(cdn.requests()[0].starts_with("GET /file?sig=1 "));
    let asked = "sent null null";
    assert_eq!(
        house.ledger(),
        [asked, "answered null 302", asked, "answered null 302", asked, "answered null 200"]
    );
    assert!(!fs::read_to_string(house.ledger_path()).unwrap().contains("sig"));

    let round = Server::answering(vec![redirect_to("/again"); 9]);
    let error = house.door.fetch(mirror_permit(&round.url()), "file", 0).await.unwrap_err();
    assert_eq!((error.kind(), round.connections()), ("endpoint_redirected", 4));
}

#[tokio::test]
async fn a_download_goes_nowhere_else() {
    let house = House::new(DoorOptions::default());
    for (to, rule) in [
        ("https://huggingface.co/x", "redirect.host"),
        ("http://127.0.0.9/x", "redirect.host"),
        ("http://10.0.0.1/x", "url.ip_literal"),
        ("http://me@localhost/x", "url.user_info"),
        ("ftp://localhost/x", "url.scheme"),
    ] {
        let server = Server::answering(vec![redirect_to(to)]);
        let error = house.door.fetch(mirror_permit(&server.url()), "x", 0).await.unwrap_err();
        assert_eq!(error.kind(), "endpoint_redirected", "{to}");
        assert_eq!(house.ledger().pop().unwrap(), format!("refused {rule} null"), "{to}");
    }
    let server = Server::start(vec![]);
    for path in ["", "/x", "../x", "a/../b", "a//b", "a?b", "a%2e", "a b", "http://x"] {
        let error = house.door.fetch(mirror_permit(&server.url()), path, 0).await.unwrap_err();
        assert_eq!(error.kind(), "not_permitted", "{path}");
    }
    assert_eq!(server.connections(), 0);
}

//! Endpoints that mean harm: redirects of every kind, headers without end, packed bodies, lies about length.

use std::sync::mpsc;

use mynah::{egress::DoorOptions, flow::Remedy};

use super::{House, chat_permit, download::mirror_permit, quick, request};
use crate::support::server::{Server, Step, event_head, events, response};

#[tokio::test]
async fn no_redirect_of_any_code_takes_words_or_a_key_anywhere() {
    let house = House::new(DoorOptions::default());
    for status in ["300", "301", "302", "303", "304", "305", "307", "308", "399"] {
        for to in ["http://localhost:{port}/v1/chat/completions", "//localhost:{port}/x", "/elsewhere", ""] {
            let second = Server::answering(vec![events(&["1"])]);
            let port = second.url().rsplit(':').next().unwrap().to_owned();
            let location = format!("Location: {}\r\n", to.replace("{port}", &port));
            let answer = response(&format!("{status} Go"), &location, "");
            let first = Server::answering(vec![answer.clone(), answer]);
            let error = house.answer(&first).await.unwrap_err();
            assert_eq!(error.kind(), "endpoint_redirected", "{status} {to}");
            assert_eq!((first.connections(), second.connections()), (1, 0), "{status} {to}");
        }
    }
}

#[tokio::test]
async fn a_redirected_download_carries_no_key_and_stays_with_https() {
    let house = House::new(DoorOptions::default());
    let cdn = Server::answering(vec![response("200 OK", "", "model")]);
    let to = cdn.url().replace("127.0.0.1", "localhost");
    let server = Server::answering(vec![response(
        "302 Found",
        &format!("Location: {to}/f\r\nSet-Cookie: a=b\r\n"),
        "",
    )]);
    house.door.fetch(mirror_permit(&server.url()), "f", 0).await.unwrap();
    for sent in server.requests().iter().chain(&cdn.requests()) {
        let sent = sent.to_ascii_lowercase();
        for header in ["authorization", "api-key", "cookie", "referer", "proxy-"] {
            assert!(!sent.contains(header), "{header} in {sent}");
        }
    }
}

#[tokio::test]
async fn headers_bodies_and_lengths_that_lie_end_in_one_error() {
    let house = House::new(quick());
    let sse = "Content-Type: text/event-stream\r\n";
    let gzip = [
        format!("HTTP/1.1 200 OK\r\n{sse}Content-Encoding: gzip\r\nContent-Length: 20\r\n\r\n").into_bytes(),
        // A header of gzip; what follows could unfold to gigabytes.
        vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 75, 4, 0, 67, 190, 183, 232, 1, 0, 0],
    ]
    .concat();
    let one_huge = format!("HTTP/1.1 200 OK\r\nX-A: {}\r\n\r\n", "a".repeat(4 << 20)).into_bytes();
    let many = format!("HTTP/1.1 200 OK\r\n{}\r\n", "X-A: a\r\n".repeat(50_000)).into_bytes();
    let two_lengths = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 4\r\n\r\ndata".to_vec();
    let negative = b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\ndata".to_vec();
    let split = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nX-A: a\rInjected: b\r\n\r\n".to_vec();
    let bad_chunk =
        format!("HTTP/1.1 200 OK\r\n{sse}Transfer-Encoding: chunked\r\n\r\nZZ\r\ndata: 1\n\n").into_bytes();
    let huge_chunk =
        format!("HTTP/1.1 200 OK\r\n{sse}Transfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\ndata: 1\n\n")
            .into_bytes();
    for (name, answer, kinds) in [
        ("packed", gzip, &["endpoint_garbled"][..]),
        ("one huge header", one_huge, &["endpoint_cut_off"]),
        ("many headers", many, &["endpoint_cut_off"]),
        ("two lengths", two_lengths, &["endpoint_cut_off"]),
        ("a negative length", negative, &["endpoint_cut_off"]),
        ("a split header", split, &["endpoint_cut_off"]),
        ("a chunk without a size", bad_chunk, &["endpoint_cut_off"]),
        ("a chunk beyond all sizes", huge_chunk, &["endpoint_cut_off"]),
        ("no HTTP", b"SSH-2.0-OpenSSH_9.6\r\n".to_vec(), &["endpoint_cut_off"]),
        ("HTTP/2 unasked", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec(), &["endpoint_cut_off"]),
    ] {
        let error = house.error(vec![Step::Request, Step::Send(answer)]).await;
        assert!(kinds.contains(&error.kind()), "{name}: {error}");
    }
    let endless = vec![
        Step::Request,
        Step::Send(b"HTTP/1.1 200 OK\r\n".to_vec()),
        Step::Repeat(b"X-A: a\r\n".repeat(99)),
    ];
    assert_eq!(house.error(endless).await.kind(), "endpoint_cut_off", "headers without an end");
}

#[tokio::test]
async fn characters_may_be_split_anywhere_and_half_a_one_is_no_character() {
    let house = House::new(DoorOptions::default());
    let text = "data: {\"a\":\"你🙂é\"}\n\n";
    let (go, signals): (Vec<_>, Vec<_>) = text.bytes().map(|_| mpsc::channel()).unzip();
    let mut script = vec![Step::Request, Step::Send(event_head())];
    for (byte, signal) in text.bytes().zip(signals) {
        script.extend([Step::Wait(signal), Step::Send(vec![byte])]);
    }
    let server = Server::start(vec![script]);
    let permit = chat_permit(&house.rules, &server.url());
    let mut stream = house.door.send(permit, request(super::body())).await.unwrap();
    for each in go {
        each.send(()).unwrap();
    }
    assert_eq!(stream.next().await.unwrap().unwrap(), "{\"a\":\"你🙂é\"}");
    let half = [event_head(), b"data: \xe4\xbd\n\n".to_vec()].concat();
    assert_eq!(house.error(vec![Step::Request, Step::Send(half)]).await.kind(), "endpoint_garbled");
}

//! What the door costs: a decision, a request beside the same one by a bare client, and the way of the first token.
//!
//! `cargo bench --bench door`. Both clients ask one server on loopback, in turns and in one run; each line gives the
//! median and the 99th of a hundred. What is above its limit fails the run.
#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking, and its line is the report")]
#![expect(clippy::print_stdout, reason = "the table is what it is for")]
#![expect(
    clippy::disallowed_types,
    clippy::disallowed_methods,
    reason = "a server, a bare client to compare with, and the time it takes"
)]

use std::{
    hint::black_box,
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    process::ExitCode,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use mynah::{
    egress::{ChatRequest, Door, DoorOptions, Ledger},
    policy::{Capability, DataClass, EndpointId, Month, Permit, Question, Rules, Verdict, decide},
    units::TurnId,
};
use serde_json::{Value, json};
use url::Url;

/// Requests of each kind.
const ROUNDS: usize = 400;

/// Words of an answer, each an event.
const WORDS: usize = 40;

/// Between the head of an answer and its first word: the client must be waiting by then.
const THINKING: Duration = Duration::from_millis(5);

/// What may take so long at most: the median of each.
const LIMITS: [(&str, Duration); 3] = [
    ("decision", Duration::from_micros(10)),
    ("door beside a bare client", Duration::from_millis(1)),
    ("first token passed on", Duration::from_millis(2)),
];

fn main() -> ExitCode {
    let decision = decisions();
    let sent = Arc::new(Mutex::new(None));
    let url = serve(Arc::clone(&sent));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (mut bare, mut door, first) = runtime.block_on(requests(&url, &sent));
    let overhead = median(&mut door).saturating_sub(median(&mut bare));
    println!("{:<28} {:>12} {:>12}", "", "median", "99 of 100");
    for (name, times) in [("bare request, whole answer", &mut bare), ("door, whole answer", &mut door)] {
        println!("{name:<28} {:>12.1?} {:>12.1?}", median(times), high(times));
    }
    let mut over = false;
    let (mut decision, mut first) = (decision, first);
    let measured = [
        (median(&mut decision), high(&mut decision)),
        (overhead, high(&mut door).saturating_sub(high(&mut bare))),
        (median(&mut first), high(&mut first)),
    ];
    for ((name, limit), (middle, high)) in LIMITS.into_iter().zip(measured) {
        let verdict = if middle <= limit { "within" } else { "ABOVE" };
        over |= middle > limit;
        println!("{name:<28} {middle:>12.1?} {high:>12.1?}   {verdict} {limit:.0?}");
    }
    if over { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

fn median(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn high(times: &mut [Duration]) -> Duration {
    times.sort();
    times[times.len() * 99 / 100]
}

fn question(rules: &Rules, region: &str, endpoint: &str) -> Question {
    let id = EndpointId::from(endpoint);
    let listed = rules.endpoint(&id).unwrap();
    Question {
        turn: TurnId(1),
        region: rules.region(region).unwrap(),
        capability: Capability::Chat,
        url: Url::clone(listed.url()),
        model: listed.model().to_owned(),
        endpoint: id,
        data: DataClass::Words,
        attested: true,
        month: Month::new(2026, 11).unwrap(),
    }
}

/// Every endpoint in every region, allowed and refused.
fn decisions() -> Vec<Duration> {
    let rules = Rules::built_in();
    let questions: Vec<Question> = rules
        .all_regions()
        .flat_map(|region| {
            let asked = |endpoint: &str| question(&rules, region.as_str(), endpoint);
            rules.endpoints().map(|endpoint| asked(endpoint.id().as_str())).collect::<Vec<_>>()
        })
        .collect();
    let mut times = Vec::new();
    for _ in 0..20 {
        for question in &questions {
            let begun = Instant::now();
            let verdict = black_box(decide(&rules, black_box(question)));
            times.push(begun.elapsed());
            drop(verdict);
        }
    }
    times
}

/// Times of whole answers to the bare client and to the door, and of first tokens through the door.
async fn requests(url: &str, sent: &Mutex<Option<Instant>>) -> (Vec<Duration>, Vec<Duration>, Vec<Duration>) {
    let folder = tempfile::tempdir().unwrap();
    let clock = || "2026-11-22T22:00:00Z".to_owned();
    let ledger = Ledger::open(&folder.path().join("ledger.jsonl"), clock).unwrap();
    let door = Door::new(DoorOptions::default(), ledger).unwrap();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().unwrap();
    let rules = Rules::built_in();
    let (mut bare, mut through, mut first) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        let call = client.post(format!("{url}/v1/chat/completions")).body(body().to_string());
        let mut answer = call.header("content-type", "application/json").send().await.unwrap();
        while answer.chunk().await.unwrap().is_some() {}
        bare.push(begun.elapsed());

        let permit = permit(&rules, url);
        let path: &[&str] = &["chat", "completions"];
        let request = ChatRequest { path, query: &[], headers: &[], body: body(), key: None };
        let begun = Instant::now();
        let mut stream = door.send(permit, request).await.unwrap();
        let mut payloads = 0;
        while stream.next().await.unwrap().is_some() {
            payloads += 1;
            if payloads == 1 {
                first.push(sent.lock().unwrap().unwrap().elapsed());
            }
        }
        through.push(begun.elapsed());
        assert_eq!(payloads, WORDS);
    }
    (bare, through, first)
}

fn body() -> Value {
    let said: Vec<Value> =
        (0..16).map(|_| json!({ "role": "user", "content": "Why is the sky blue?" })).collect();
    json!({ "model": "default", "stream": true, "messages": said })
}

fn permit(rules: &Rules, url: &str) -> Permit {
    let asked =
        Question { url: Url::parse(&format!("{url}/v1")).unwrap(), ..question(rules, "offline", "llamacpp") };
    match decide(rules, &asked) {
        Verdict::Allow(permit) => permit,
        Verdict::Refuse(refusal) => panic!("{refusal}"),
    }
}

/// A server that answers every request on every connection with a stream, and notes when it sent the first word.
fn serve(sent: Arc<Mutex<Option<Instant>>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for connection in listener.incoming() {
            let (connection, sent) = (connection.unwrap(), Arc::clone(&sent));
            std::thread::spawn(move || answer(connection, &sent));
        }
    });
    url
}

fn answer(mut connection: TcpStream, sent: &Mutex<Option<Instant>>) {
    connection.set_nodelay(true).unwrap();
    let chunk = |text: &str| format!("{:x}\r\n{text}\r\n", text.len());
    let word = r#"{"choices":[{"index":0,"delta":{"content":" word"}}]}"#;
    let first = chunk(&format!("data: {word}\n\n"));
    let rest =
        chunk(&format!("data: {word}\n\n").repeat(WORDS - 1)) + &chunk("data: [DONE]\n\n") + "0\r\n\r\n";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";
    let mut bytes = vec![0; 65_536];
    loop {
        let mut filled = 0;
        loop {
            match connection.read(&mut bytes[filled..]) {
                Ok(0) | Err(_) => return,
                Ok(n) => filled += n,
            }
            let text = String::from_utf8_lossy(&bytes[..filled]).to_ascii_lowercase();
            let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
            let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0) {
                break;
            }
        }
        connection.write_all(head.as_bytes()).unwrap();
        std::thread::sleep(THINKING);
        *sent.lock().unwrap() = Some(Instant::now());
        connection.write_all(first.as_bytes()).unwrap();
        connection.write_all(rest.as_bytes()).unwrap();
    }
}

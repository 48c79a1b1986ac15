//! Tests of what passes and what does not: a door whose public names lead to this machine, and a program that behaves badly.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;
use tokio::io::AsyncRead;

use super::*;
use crate::{
    egress::{Door, DoorOptions, Ledger, Way, address::Resolver},
    policy::{Refusal, judge_relay},
};

const SHORT: Duration = Duration::from_millis(100);

const LONG: Duration = Duration::from_secs(30);

/// A program's proxy, and all that is behind it.
struct Proxy {
    folder: tempfile::TempDir,
    at: std::net::SocketAddr,
    /// What ends with the test.
    tasks: Vec<JoinHandle<()>>,
    /// Connections that the host has now, and the most that it had.
    now: Arc<AtomicU32>,
    most: Arc<AtomicU32>,
    to: String,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

impl Proxy {
    /// One whose host sends back all it gets, and `over` when there is no more.
    async fn start(limits: Limits, options: DoorOptions) -> Self {
        let host = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = format!("api.example.com:{}", host.local_addr().unwrap().port());
        let (now, most) = (Arc::<AtomicU32>::default(), Arc::<AtomicU32>::default());
        let (counted, peak) = (now.clone(), most.clone());
        let echoes = tokio::spawn(async move {
            loop {
                let (mut stream, _) = host.accept().await.unwrap();
                let (now, most) = (counted.clone(), peak.clone());
                tokio::spawn(async move {
                    most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                    let (mut reads, mut writes) = stream.split();
                    tokio::io::copy(&mut reads, &mut writes).await.ok();
                    writes.write_all(b"over").await.ok();
                    drop(stream);
                    now.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        let folder = tempfile::tempdir().unwrap();
        let ledger =
            Ledger::open(&folder.path().join("ledger"), || "2026-11-23T08:00:00Z".to_owned()).unwrap();
        let mut door = Door::new(options, ledger).unwrap();
        if door.relay().is_none() {
            door.far = Resolver::near();
            door.far.lookup = |_| Box::pin(async { Ok(vec![([127, 0, 0, 1], 0).into()]) });
        }
        let rules = Arc::new(Rules::built_in());
        let listed = Listed {
            program: "web".to_owned(),
            hosts: vec![to.parse().unwrap()],
            region: rules.region("EU").unwrap(),
            rules,
            door: Arc::new(door),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = listener.local_addr().unwrap();
        let serves = tokio::spawn(Arc::new(listed).accept(listener, limits));
        Self { folder, at, tasks: vec![echoes, serves], now, most, to }
    }

    /// What comes back for `bytes`, to its end.
    async fn said(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        rest(&mut stream).await
    }

    /// A connection to the host.
    async fn connected(&self) -> TcpStream {
        let mut stream = TcpStream::connect(self.at).await.unwrap();
        stream
            .write_all(format!("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n\r\n", self.to).as_bytes())
            .await
            .unwrap();
        let (head, _) = head(&mut stream).await.unwrap().unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        stream
    }

    /// What is on record: decision, rule, and bytes out and in.
    fn recorded(&self) -> Vec<String> {
        let ledger = std::fs::read_to_string(self.folder.path().join("ledger")).unwrap_or_default();
        let line = |line: &str| {
            let record: Value = serde_json::from_str(line).unwrap();
            let rule = record["rule"].as_str().unwrap_or("-");
            let decision = record["decision"].as_str().unwrap();
            format!("{decision} {rule} {} {}", record["bytes_out"], record["bytes_in"])
        };
        ledger.lines().map(line).collect()
    }

    /// Waits until so many lines are on record.
    async fn records(&self, lines: usize) -> Vec<String> {
        let recorded = async {
            while self.recorded().len() < lines {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(LONG, recorded).await.unwrap_or_else(|_| panic!("{:?}", self.recorded()));
        self.recorded()
    }
}

async fn rest(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut said = Vec::new();
    timeout(LONG, stream.read_to_end(&mut said)).await.expect("it ends").ok();
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn who_sends_no_more_still_hears_the_rest_and_all_of_it_is_counted() {
    let proxy = Proxy::start(Limits::default(), DoorOptions::default()).await;
    let mut stream = proxy.connected().await;
    stream.write_all(b"hello").await.unwrap();
    stream.shutdown().await.unwrap();
    assert_eq!(rest(&mut stream).await, "helloover");
    assert_eq!(proxy.records(2).await, ["sent - 0 0", "answered - 5 9"]);
    // What was sent with the request belongs to what is passed on.
    let mut stream = TcpStream::connect(proxy.at).await.unwrap();
    let early = format!("CONNECT {} HTTP/1.1\r\n\r\nearly", proxy.to.to_uppercase());
    stream.write_all(early.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    assert!(rest(&mut stream).await.ends_with("\r\n\r\nearlyover"));
}

#[tokio::test]
async fn what_passes_nothing_or_too_much_is_cut() {
    let limits = Limits { idle: 10 * SHORT, look: SHORT, ..Limits::default() };
    let proxy = Proxy::start(limits, DoorOptions::default()).await;
    // Also where one side is done and the other is not.
    let mut stream = proxy.connected().await;
    stream.write_all(b"hello").await.unwrap();
    assert_eq!(rest(&mut stream).await, "hello");
    assert_eq!(proxy.records(2).await, ["sent - 0 0", "failed endpoint_timeout 5 5"]);

    let limits = Limits { bytes: 1000, look: SHORT / 4, ..Limits::default() };
    let proxy = Proxy::start(limits, DoorOptions::default()).await;
    let mut stream = proxy.connected().await;
    stream.write_all(&[b'x'; 700]).await.unwrap();
    assert!(rest(&mut stream).await.len() <= 700);
    let recorded = proxy.records(2).await;
    assert!(recorded[1].starts_with("failed response_too_large 700 "), "{recorded:?}");
}

#[tokio::test]
async fn what_is_no_request_to_connect_is_refused_and_reaches_nobody() {
    let proxy = Proxy::start(Limits::default(), DoorOptions::default()).await;
    let long = format!("CONNECT {} HTTP/1.1\r\nA: {}\r\n\r\n", proxy.to, "x".repeat(9000));
    let other = proxy.to.replace("api.", "other.");
    let post = "POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello";
    for (bytes, status, rule) in [
        (b"\x16\x03\x01\x02\x00\x01".to_vec(), "400", "passage.request"),
        (b"SSH-2.0-OpenSSH\r\n\r\n".to_vec(), "400", "passage.request"),
        (b"\r\n\r\n".to_vec(), "400", "passage.request"),
        (long.into_bytes(), "400", "passage.request"),
        (format!("CONNECT {} SMTP\r\n\r\n", proxy.to).into_bytes(), "400", "passage.request"),
        (format!("GET http://{}/ HTTP/1.1\r\n\r\n", proxy.to).into_bytes(), "405", "passage.method"),
        (format!("connect {} HTTP/1.1\r\n\r\n", proxy.to).into_bytes(), "405", "passage.method"),
        (post.as_bytes().to_vec(), "405", "passage.method"),
        (format!("CONNECT {other} HTTP/1.1\r\n\r\n").into_bytes(), "403", "passage.host"),
        (b"CONNECT api.example.com HTTP/1.1\r\n\r\n".to_vec(), "403", "passage.host"),
        (b"CONNECT 127.0.0.1:22 HTTP/1.1\r\n\r\n".to_vec(), "403", "passage.host"),
        (b"CONNECT localhost:22 HTTP/1.1\r\n\r\n".to_vec(), "403", "passage.host"),
        (b"CONNECT [::1]:22 HTTP/1.1\r\n\r\n".to_vec(), "403", "passage.host"),
    ] {
        let said = proxy.said(&bytes).await;
        assert!(said.starts_with(&format!("HTTP/1.1 {status} ")), "{bytes:?}: {said}");
        assert_eq!(said.contains("Allow: CONNECT"), status == "405");
        assert_eq!(proxy.recorded().last().unwrap(), &format!("refused {rule} 0 0"), "{bytes:?}");
    }
    assert_eq!(proxy.most.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn who_never_says_where_to_is_not_waited_for() {
    let limits = Limits { patience: SHORT, ..Limits::default() };
    let proxy = Proxy::start(limits, DoorOptions::default()).await;
    let mut slow = TcpStream::connect(proxy.at).await.unwrap();
    let drips = async {
        for byte in format!("CONNECT {} HTTP/1.1\r\n\r\n", proxy.to).bytes() {
            if slow.write_all(&[byte]).await.is_err() {
                break;
            }
            tokio::time::sleep(SHORT / 4).await;
        }
        rest(&mut slow).await
    };
    assert_eq!(timeout(LONG, drips).await.unwrap(), "");
    let mut silent = TcpStream::connect(proxy.at).await.unwrap();
    assert_eq!(rest(&mut silent).await, "");
    assert_eq!((proxy.recorded().len(), proxy.most.load(Ordering::SeqCst)), (0, 0));
}

#[tokio::test]
async fn of_a_flood_so_many_are_served_at_once_and_the_rest_wait() {
    let proxy = Proxy::start(Limits::default(), DoorOptions::default()).await;
    let begun = format!("CONNECT {} HTTP/1.1\r\n\r\n", proxy.to);
    let mut flood = Vec::new();
    for _ in 0..AT_ONCE + 20 {
        let mut stream = TcpStream::connect(proxy.at).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        flood.push(stream);
    }
    let all_in = async {
        while usize::try_from(proxy.now.load(Ordering::SeqCst)).unwrap() < AT_ONCE {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LONG, all_in).await.unwrap();
    // Those that wait are served when the first are done.
    for stream in &mut flood {
        stream.shutdown().await.unwrap();
        assert!(rest(stream).await.ends_with("over"));
    }
    assert_eq!(usize::try_from(proxy.most.load(Ordering::SeqCst)).unwrap(), AT_ONCE);
    // No more come than the burst, but for what was refilled meanwhile: 12 are left of 64.
    const MORE: usize = 100;
    let mut more = Vec::new();
    for _ in 0..MORE {
        let mut stream = TcpStream::connect(proxy.at).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
        more.push(stream);
    }
    let refused = proxy.records(2 * (AT_ONCE + 20) + 12).await;
    assert!(refused.len() < 2 * (AT_ONCE + 20) + MORE, "{}", refused.len());
}

/// A proxy that is configured, as the door has it after policy judged it for `region`.
fn through(url: &str, region: &str) -> DoorOptions {
    let rules = Rules::built_in();
    let region = rules.region(region).unwrap();
    let relay = judge_relay(&rules, &region, &url.parse().unwrap(), &["LOCAL".to_owned()]).unwrap();
    DoorOptions { way: Way::Through(relay), ..DoorOptions::default() }
}

#[tokio::test]
async fn the_configured_proxy_is_gone_through_or_nothing_is() {
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = relay.local_addr().unwrap();
    let proxy = Proxy::start(Limits::default(), through(&format!("http://{at}"), "EU")).await;
    let asked = format!("CONNECT {} HTTP/1.1\r\n\r\n", proxy.to);
    for (answer, told) in [
        ("HTTP/1.1 200 OK\r\nX: y\r\n\r\nearly", "HTTP/1.1 200 Connection established\r\n\r\nearly"),
        ("HTTP/1.1 407 No\r\n\r\n", "HTTP/1.1 502 "),
        ("220 mail\r\n\r\n", "HTTP/1.1 502 "),
    ] {
        let stands_between = async {
            let (mut stream, _) = relay.accept().await.unwrap();
            let (head, _) = head(&mut stream).await.unwrap().unwrap();
            stream.write_all(answer.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            rest(&mut stream).await;
            head
        };
        let program = async {
            let mut stream = TcpStream::connect(proxy.at).await.unwrap();
            stream.write_all(asked.as_bytes()).await.unwrap();
            stream.shutdown().await.unwrap();
            rest(&mut stream).await
        };
        let (head, said) = tokio::join!(stands_between, program);
        assert_eq!(head, format!("CONNECT {0} HTTP/1.1\r\nHost: {0}", proxy.to));
        assert!(said.starts_with(told), "{said}");
    }
    assert_eq!(proxy.most.load(Ordering::SeqCst), 0, "nothing goes past it");

    let (reason, remedy) = ("it stands elsewhere".to_owned(), String::new());
    let barred = Way::Barred(Refusal { rule: "proxy.place", reason, remedy });
    for (options, rule) in [
        (DoorOptions { way: barred, ..DoorOptions::default() }, "proxy.place"),
        (through("https://127.0.0.1:9", "EU"), "proxy.https"),
        (through(&format!("http://{at}"), "US"), "proxy.region"),
    ] {
        let proxy = Proxy::start(Limits::default(), options).await;
        let said = proxy.said(format!("CONNECT {} HTTP/1.1\r\n\r\n", proxy.to).as_bytes()).await;
        assert!(said.starts_with("HTTP/1.1 403 "), "{rule}: {said}");
        assert_eq!(proxy.recorded(), [format!("refused {rule} 0 0")]);
        assert_eq!(proxy.most.load(Ordering::SeqCst), 0);
    }
}

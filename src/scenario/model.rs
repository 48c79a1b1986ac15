//! Model: a language model that says what stands in a scenario, served on this machine.
//!
//! Enters: requests, through the real door. Leaves: the scenario's answers in their order, as a server that speaks OpenAI's
//! chat completions streams them; and what did not fit them. Never here: an address but 127.0.0.1, a request longer than
//! [`LONGEST`].
#![expect(
    clippy::disallowed_types,
    reason = "the other end of the door in a test run, on this machine alone"
)]

use std::{
    collections::VecDeque,
    convert::Infallible,
    io,
    net::SocketAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

use super::{outcome::Failure, script::Answer};

/// The longest request, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// Characters in one event of a stream.
const PIECE: usize = 8;

/// How soon a failed accept is tried again.
const AGAIN: Duration = Duration::from_millis(20);

/// The server.
pub(super) struct Model {
    listener: TcpListener,
    at: SocketAddr,
    line: usize,
    script: Mutex<Script>,
}

struct Script {
    answers: VecDeque<Answer>,
    failures: Vec<Failure>,
}

impl Model {
    /// A server of `answers` for the scenario on `line`.
    pub(super) async fn start(answers: Vec<Answer>, line: usize) -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let at = listener.local_addr()?;
        let script = Mutex::new(Script { answers: answers.into(), failures: Vec::new() });
        Ok(Self { listener, at, line, script })
    }

    /// Its base URL.
    pub(super) fn url(&self) -> String {
        format!("http://{}/v1", self.at)
    }

    /// Answers for as long as it is asked to.
    pub(super) async fn serve(&self) -> Infallible {
        loop {
            match self.listener.accept().await {
                // Whoever asked and left has what it wanted.
                Ok((stream, _)) => drop(self.converse(stream).await),
                Err(_) => tokio::time::sleep(AGAIN).await,
            }
        }
    }

    /// What did not fit; answers that nobody asked for among it.
    pub(super) fn failures(&self) -> Vec<Failure> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let mut failures = std::mem::take(&mut script.failures);
        if let Some(left) = script.answers.front() {
            failures.push(Failure {
                line: left.line,
                what: "answers".into(),
                expected: "the language model to be asked for all of them".into(),
                found: format!("{} left over", script.answers.len()),
            });
        }
        failures
    }

    async fn converse(&self, mut stream: TcpStream) -> io::Result<()> {
        let Some(body) = request(&mut stream).await? else { return Ok(()) };
        let answer = self.next(&body);
        let Some(answer) = answer else {
            return send(&mut stream, &refusal(500)).await;
        };
        tokio::time::sleep(Duration::from_millis(answer.delay_ms)).await;
        if let Some(status) = answer.status {
            return send(&mut stream, &refusal(status)).await;
        }
        send(&mut stream, HEAD).await?;
        for event in events(&answer) {
            stream.write_all(format!("data: {event}\n\n").as_bytes()).await?;
            stream.flush().await?;
        }
        if !answer.cut {
            stream.write_all(b"data: [DONE]\n\n").await?;
        }
        stream.shutdown().await
    }

    /// The next answer, for a request of `body`.
    fn next(&self, body: &Value) -> Option<Answer> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        let last = body["messages"].as_array().and_then(|messages| messages.last());
        let last = last.and_then(|message| message["content"].as_str()).unwrap_or_default();
        let Some(answer) = script.answers.pop_front() else {
            script.failures.push(Failure {
                line: self.line,
                what: "answers".into(),
                expected: "no further request".into(),
                found: format!("the language model asked once more: {last:?}"),
            });
            return None;
        };
        if let Some(asked) = answer.asked.as_ref().filter(|asked| !asked.fits(last)) {
            script.failures.push(Failure {
                line: answer.line,
                what: "asked".into(),
                expected: format!("{:?}", asked.to_string()),
                found: format!("{last:?}"),
            });
        }
        Some(answer)
    }
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";

async fn send(stream: &mut TcpStream, bytes: &[u8]) -> io::Result<()> {
    stream.write_all(bytes).await?;
    stream.flush().await
}

fn refusal(status: u16) -> Vec<u8> {
    let body = r#"{"error":{"message":"refused","code":"refused"}}"#;
    format!(
        "HTTP/1.1 {status} Refused\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

/// The events of `answer`, but for the closing mark.
fn events(answer: &Answer) -> Vec<Value> {
    let chunk = |delta: Value, finish: Value| json!({ "choices": [{ "index": 0, "delta": delta, "finish_reason": finish }] });
    let letters: Vec<char> = answer.text.chars().collect();
    let pieces = letters.chunks(PIECE).map(|piece| piece.iter().collect::<String>());
    let mut events: Vec<Value> =
        pieces.map(|piece| chunk(json!({ "content": piece }), Value::Null)).collect();
    for (index, (name, arguments)) in answer.calls.iter().enumerate() {
        let function = json!({ "name": name, "arguments": arguments });
        let call = json!({ "index": index, "id": format!("call_{index}"), "type": "function", "function": function });
        events.push(chunk(json!({ "tool_calls": [call] }), Value::Null));
    }
    if !answer.cut {
        let finish = match (answer.filtered, answer.calls.is_empty()) {
            (true, _) => "content_filter",
            (false, false) => "tool_calls",
            (false, true) => "stop",
        };
        events.push(chunk(json!({}), finish.into()));
    }
    events
}

/// The body of one request; nothing where it is none.
async fn request(stream: &mut TcpStream) -> io::Result<Option<Value>> {
    let (mut bytes, mut piece) = (Vec::new(), [0; 4_096]);
    while bytes.len() <= LONGEST {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
            let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
            let length = length.and_then(|length| length.trim().parse::<usize>().ok()).unwrap_or(0);
            let body = &bytes[end + 4..];
            if body.len() >= length {
                return Ok(serde_json::from_slice(body).ok());
            }
        }
        match stream.read(&mut piece).await? {
            0 => return Ok(None),
            read => bytes.extend_from_slice(&piece[..read]),
        }
    }
    Ok(None)
}

//! A double of a server of tools over HTTP, on loopback.

use serde_json::{Value, json};

use super::server::tool;
use crate::support::server::{Server, Step, response};

/// A request as the double sees it.
pub(super) struct Asked {
    pub(super) head: String,
    pub(super) body: Value,
}

impl Asked {
    pub(super) fn of(request: &str) -> Self {
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        Self { head: head.to_ascii_lowercase(), body: serde_json::from_str(body).unwrap() }
    }

    pub(super) fn method(&self) -> &str {
        self.body["method"].as_str().unwrap_or_default()
    }

    pub(super) fn result(&self, result: &Value) -> String {
        json!({ "jsonrpc": "2.0", "id": self.body["id"], "result": result }).to_string()
    }

    pub(super) fn text(&self, text: &str) -> String {
        self.result(&json!({ "content": [{ "type": "text", "text": text }] }))
    }
}

pub(super) const JSON: &str = "Content-Type: application/json\r\n";

pub(super) fn sent(status: &str, headers: &str, body: &str) -> Vec<Step> {
    vec![Step::Send(response(status, headers, body))]
}

pub(super) fn event(text: &str) -> Vec<u8> {
    format!("event: message\ndata: {text}\n\n").into_bytes()
}

/// A server with `tools`, that does what `call` says to a call and to what it did not ask for, and else what the protocol says.
pub(super) fn double(
    tools: Vec<Value>,
    mut call: impl FnMut(&Asked) -> Option<Vec<Step>> + Send + 'static,
) -> Server {
    let mut sessions = 0;
    Server::replying(move |request| {
        let asked = Asked::of(request);
        if let Some(steps) = call(&asked) {
            return steps;
        }
        match asked.method() {
            "initialize" => {
                sessions += 1;
                let result = json!({
                    "protocolVersion": "2025-06-18", "capabilities": { "tools": {} },
                    "serverInfo": { "name": "double", "version": "1" },
                });
                sent("200 OK", &format!("{JSON}Mcp-Session-Id: s-{sessions}\r\n"), &asked.result(&result))
            }
            "tools/list" => sent("200 OK", JSON, &asked.result(&json!({ "tools": tools }))),
            "tools/call" => sent("200 OK", JSON, &asked.text("The shed key hangs behind the blue door.")),
            _ => sent("202 Accepted", "", ""),
        }
    })
}

pub(super) fn read_only() -> Vec<Value> {
    vec![tool("read_file", "Reads a file.", true)]
}

/// What is done to a call, and nothing to all else.
pub(super) fn called(
    mut steps: impl FnMut(&Asked) -> Vec<Step> + Send + 'static,
) -> impl FnMut(&Asked) -> Option<Vec<Step>> + Send {
    move |asked| (asked.method() == "tools/call").then(|| steps(asked))
}

//! A server of tools, scripted: well-behaved but for what a test changes.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::support::binary::Home;

/// What it does at each request; `reply` and `text` answer, `$line` is the request.
pub(super) struct Script {
    pub(super) initialize: &'static str,
    pub(super) list: &'static str,
    pub(super) call: &'static str,
}

impl Default for Script {
    fn default() -> Self {
        Self {
            initialize: r#"reply '{"protocolVersion":"2025-06-18","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"double","version":"1"}}'"#,
            list: r#"reply "$(cat "$0.tools")""#,
            call: "text 'The shed key hangs behind the blue door.'",
        }
    }
}

impl Script {
    /// Puts it into `home` as `name`, with `tools`; gives the path.
    pub(super) fn put(&self, home: &Home, name: &str, tools: &[Value]) -> PathBuf {
        let Self { initialize, list, call } = self;
        let script = format!(
            r#"
reply() {{ printf '{{"jsonrpc":"2.0","id":%s,"result":%s}}\n' "$id" "$1"; }}
text() {{ reply "{{\"content\":[{{\"type\":\"text\",\"text\":\"$1\"}}]}}"; }}
echo 'a greeting, as some write'
echo 'its first complaint' >&2
while IFS= read -r line; do
    id=$(printf '%s' "$line" | sed -n 's/.*"id":\([0-9][0-9]*\).*/\1/p')
    case $line in
    *'"method":"initialize"'*) {initialize} ;;
    *'"method":"tools/list"'*) {list} ;;
    *'"method":"tools/call"'*) printf '%s\n' "$line" >>"$0.calls"; {call} ;;
    esac
done
"#
        );
        let path = home.put(name, script);
        listing(home, name, tools);
        path
    }
}

/// Makes `tools` what the server called `name` lists from its next list on.
pub(super) fn listing(home: &Home, name: &str, tools: &[Value]) {
    home.put(&format!("{name}.tools"), json!({ "tools": tools }).to_string());
}

/// The calls that reached the server called `name`.
pub(super) fn reached(home: &Home, name: &str) -> usize {
    std::fs::read_to_string(home.path(&format!("{name}.calls"))).map_or(0, |calls| calls.lines().count())
}

/// A tool that takes a path.
pub(super) fn tool(name: &str, description: &str, read_only: bool) -> Value {
    json!({
        "name": name, "description": description, "annotations": { "readOnlyHint": read_only },
        "inputSchema": {
            "type": "object", "properties": { "path": { "type": "string" } }, "required": ["path"],
        },
    })
}

/// The settings of the server at `name`, called `called`, with more `lines`.
pub(super) fn table(home: &Home, name: &str, called: &str, lines: &str) -> String {
    let path = home.text(name);
    format!("[[tools.server]]\nname = {called:?}\ncommand = [\"/bin/sh\", {path:?}]\n{lines}\n")
}

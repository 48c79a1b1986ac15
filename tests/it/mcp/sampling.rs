//! Completions of the region's language model for a server of tools: had where the user lets it have them, and never else.

use serde_json::{Value, json};

use super::{
    UNUSUAL, home,
    server::{Script, table, tool},
    settings,
};
use crate::{
    support::{binary::Home, server::Server},
    tools::{bodies, calls, says},
};

/// A server whose tool asks for a completion and keeps what it is told.
const ASKS: &str = r#"
        printf '{"jsonrpc":"2.0","id":"s1","method":"sampling/createMessage","params":{"maxTokens":9,"systemPrompt":"Be brief.","modelPreferences":{"hints":[{"name":"another-model"}]},"messages":[{"role":"user","content":{"type":"text","text":"a long text"}}]}}\n'
        IFS= read -r one; printf '%s\n' "$one" >>"$0.told"
        text 'It is short now.'"#;

const BEGINS: &str = r#"printf '%s\n' "$line" >>"$0.begun"; reply '{"protocolVersion":"2025-06-18","capabilities":{"tools":{}},"serverInfo":{"name":"double","version":"1"}}'"#;

fn lines(home: &Home, name: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(home.path(name)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// A home with that server, its settings' more `lines`, and a model that calls its tool, completes a text, and ends.
fn asking(lines: &str) -> (Home, Server) {
    let read = calls("", &[("files__read_file", json!({ "path": "notes.txt" }))]);
    let (home, model) = home(vec![read, says("**Short**: `a text`."), says("I read it.")]);
    let script = Script { initialize: BEGINS, call: ASKS, ..Script::default() };
    script.put(&home, "files.sh", &[tool("read_file", "Reads a file.", true)]);
    settings(&home, &model, &[table(&home, "files.sh", "files", &format!("network = true\n{lines}"))]);
    (home, model)
}

#[test]
fn loopback_a_server_that_may_has_the_regions_model_complete_a_text() {
    let (home, model) = asking("sampling = true");
    let ran = home.run(&["ask", "--json", UNUSUAL]);
    assert_eq!(ran.turn()["reply"]["text"], "I read it.", "{ran:?}");
    assert!(ran.stderr.contains("llamacpp completed a text for the tool server files"), "{}", ran.stderr);
    let told = lines(&home, "files.sh.told");
    // As the model wrote it: it is another program that reads it.
    let expected = json!({
        "model": "llamacpp", "stopReason": "endTurn", "role": "assistant",
        "content": { "type": "text", "text": "**Short**: `a text`." },
    });
    assert_eq!((&told[0]["id"], &told[0]["result"]), (&json!("s1"), &expected), "{told:?}");
    let bodies = bodies(&model);
    let messages =
        json!([{ "role": "system", "content": "Be brief." }, { "role": "user", "content": "a long text" }]);
    assert_eq!((&bodies[1]["messages"], &bodies[1]["max_tokens"]), (&messages, &json!(9)), "{}", bodies[1]);
    assert!(bodies[1].get("tools").is_none() && bodies[1]["model"] == bodies[0]["model"], "{}", bodies[1]);
    assert!(lines(&home, "files.sh.begun")[0]["params"]["capabilities"]["sampling"].is_object());
    // Each of the three requests had a permit of its own, and is on record.
    let ledger = std::fs::read_to_string(home.path(".local/state/mynah/ledger.jsonl")).unwrap();
    assert_eq!(ledger.matches("\"decision\":\"sent\"").count(), 3, "{ledger}");
    assert!(!ledger.contains("a long text") && !ran.stderr.contains("a long text"));
    assert_eq!(home.run(&["audit", "verify"]).code, Some(0));
}

#[test]
fn loopback_a_server_that_may_not_is_refused_and_is_told_that_there_are_none() {
    let (home, model) = asking("");
    home.run(&["ask", "--json", UNUSUAL]);
    let told = lines(&home, "files.sh.told");
    assert_eq!(told[0]["error"]["code"], json!(-32601), "{told:?}");
    assert_eq!(lines(&home, "files.sh.begun")[0]["params"]["capabilities"], json!({}));
    assert_eq!(bodies(&model).len(), 2);
}

#[test]
fn where_the_region_has_no_model_a_server_is_told_no_more_than_that() {
    let home = Home::new();
    let script = Script { call: ASKS, ..Script::default() };
    script.put(&home, "files.sh", &[tool("read_file", "Reads a file.", true)]);
    home.settings(&table(&home, "files.sh", "files", "network = true\nsampling = true"));
    let ran = home.run(&["tools", "call", "files__read_file", "{\"path\":\"a\"}"]);
    assert!(ran.code == Some(0) && ran.stderr.contains("no language model of region OFFLINE"), "{ran:?}");
    let error = &lines(&home, "files.sh.told")[0]["error"];
    assert_eq!(error["message"], "no language model is to be had for this now", "{error}");
}

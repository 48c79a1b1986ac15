//! Check: a request's body asks for what policy judged, and for nothing else.
//!
//! Enters: a permit, a body, a key. Leaves: the body with what the rules want in it, or what is wrong. What the rules want
//! is added, never overwritten: what builds the body otherwise is wrong and must learn so. Never here: a search, a tool or
//! another model that the provider brings along, at whatever depth; sound, a picture or an address to fetch.

use serde_json::{Map, Value};

use crate::{
    egress::{EgressError, Secret},
    policy::{Capability, DataClass, Permit},
};

/// Fields that make a provider reach the web, other data or another model on the user's behalf, or keep what was said; in
/// lower case without `_` and `-`. None of them is ever allowed in a question: search by a provider is a capability of its
/// own, with endpoints of its own.
const FORBIDDEN: &[&str] = &[
    "background",
    "browsersearch",
    "callbackurl",
    "codeexecution",
    "codeinterpreter",
    "connectors",
    "container",
    "conversation",
    "datasources",
    "enablecodeinterpreter",
    "enablesearch",
    "extrabody",
    "fallbackmodels",
    "fallbacks",
    "filesearch",
    "forcedsearch",
    "functions", // the older form of `tools`, which no rule here judges
    "googlemaps",
    "googlesearch",
    "googlesearchretrieval",
    "mcpservers",
    "models",
    "plugins",
    "previousresponseid",
    "retrieval",
    "route",
    "searchoptions",
    "searchparameters",
    "toolresources",
    "transforms",
    "urlcontext",
    "vectorstoreids",
    "webhook",
    "webhookurl",
    "websearch",
    "websearchoptions",
];

/// Fields that hold sound, pictures or files, or say where to fetch them. A question is text.
const NO_TEXT: &[&str] = &[
    "audio",
    "file",
    "filedata",
    "fileid",
    "imageurl",
    "inlinedata",
    "inputaudio",
    "inputfile",
    "inputimage",
    "videourl",
];

/// What a message may be made of, beside plain text.
const PARTS: &[&str] = &["text", "tool_use", "tool_result", "thinking", "redacted_thinking"];

/// How deep a body may be; ours stay below ten.
const DEPTH: usize = 32;

/// What is wrong: the rule, and what for a message.
type Wrong = (&'static str, String);

/// `body` as it may be sent under `permit`.
pub(super) fn check_chat(permit: &Permit, mut body: Value) -> Result<Value, EgressError> {
    check_capability(permit, Capability::Chat, DataClass::Words)?;
    let judged = permit
        .terms()
        .map_or(Ok(()), |terms| require(&mut body, terms.body_require(), DEPTH))
        .and_then(|()| check_model(permit.model(), &body))
        .and_then(|()| look_through(&body, false, DEPTH));
    match judged {
        Ok(()) => Ok(body),
        Err((rule, detail)) => {
            Err(EgressError::NotPermitted { endpoint: permit.endpoint().clone(), rule, detail })
        }
    }
}

/// Whether `key` belongs to the endpoint that `permit` is for. No key goes to another host than its own.
pub(super) fn check_key(permit: &Permit, key: Option<&Secret>) -> Result<(), EgressError> {
    let endpoint = permit.endpoint();
    match key {
        None if permit.auth().needs_key() => Err(EgressError::KeyMissing { endpoint: endpoint.clone() }),
        Some(key) if !key.is_for(endpoint) => Err(EgressError::NotPermitted {
            endpoint: endpoint.clone(),
            rule: "key.endpoint",
            detail: "its key belongs to another endpoint".to_owned(),
        }),
        None | Some(_) => Ok(()),
    }
}

/// Whether `permit` is for `capability`, and lets `data` leave.
pub(super) fn check_capability(
    permit: &Permit,
    capability: Capability,
    data: DataClass,
) -> Result<(), EgressError> {
    let refuse = |rule, permitted: &str, asked: &str| {
        let detail = format!("the permit is for {permitted}, not for {asked}");
        Err(EgressError::NotPermitted { endpoint: permit.endpoint().clone(), rule, detail })
    };
    if permit.capability() != capability {
        return refuse("permit.capability", permit.capability().name(), capability.name());
    }
    if permit.data() != data {
        return refuse("permit.data", permit.data().name(), data.name());
    }
    Ok(())
}

/// Adds `wanted` to `body`; a value that is there already must be the wanted one.
fn require(body: &mut Value, wanted: &Map<String, Value>, depth: usize) -> Result<(), Wrong> {
    let Some(body) = body.as_object_mut().filter(|_| depth > 0) else {
        return if wanted.is_empty() { Ok(()) } else { Err(("body.require", "it is no object".to_owned())) };
    };
    for (field, value) in wanted {
        match (body.get_mut(field), value) {
            (None, _) => {
                body.insert(field.clone(), value.clone());
            }
            (Some(there), Value::Object(inner)) => require(there, inner, depth - 1)?,
            (Some(there), _) if there == value => {}
            (Some(_), _) => {
                return Err(("body.require", format!("its `{field}` is not what the rules want")));
            }
        }
    }
    Ok(())
}

fn check_model(permitted: &str, body: &Value) -> Result<(), Wrong> {
    if body.get("model").and_then(Value::as_str) != Some(permitted) {
        return Err(("body.model", format!("its model is not the permitted {permitted}")));
    }
    // Whoever routes for others takes such a name as leave to search the web.
    if permitted.to_ascii_lowercase().ends_with(":online") {
        return Err(("body.model", format!("the model {permitted} searches the web")));
    }
    Ok(())
}

fn look_through(value: &Value, in_content: bool, depth: usize) -> Result<(), Wrong> {
    if depth == 0 {
        return Err(("body.depth", "it is nested too deeply to be judged".to_owned()));
    }
    match value {
        Value::Array(items) => items.iter().try_for_each(|item| look_through(item, in_content, depth - 1)),
        Value::Object(fields) => {
            if let Some(Value::String(kind)) = fields.get("type").filter(|_| in_content)
                && !PARTS.contains(&kind.as_str())
            {
                return Err(("body.content", "a message holds something else than text".to_owned()));
            }
            fields.iter().try_for_each(|(field, value)| {
                check_field(field, value)?;
                look_through(value, field == "content", depth - 1)
            })
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn check_field(field: &str, value: &Value) -> Result<(), Wrong> {
    let plain: String =
        field.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect();
    match plain.as_str() {
        "tools" => check_tools(value),
        "store" if *value != Value::Bool(false) => {
            Err(("body.store", "`store` lets the provider keep words".to_owned()))
        }
        name if FORBIDDEN.contains(&name) => {
            Err(("body.forbidden", format!("`{field}` lets the provider pass words on")))
        }
        name if NO_TEXT.contains(&name) => {
            Err(("body.content", format!("`{field}` holds something else than text")))
        }
        _ => Ok(()),
    }
}

/// Tools are Mynah's own: "function" as nearly all have it, "custom" as Anthropic has it. Any other type, and Gemini's
/// tools that have none, are run by the provider.
fn check_tools(tools: &Value) -> Result<(), Wrong> {
    let Some(tools) = tools.as_array() else {
        return Err(("body.tools", "`tools` is not a list".to_owned()));
    };
    let own = |tool: &Value| matches!(tool.get("type").and_then(Value::as_str), Some("function" | "custom"));
    if tools.iter().all(own) {
        return Ok(());
    }
    Err(("body.tools", "a tool that the provider runs itself is in `tools`".to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rule(body: &Value) -> Option<&'static str> {
        look_through(body, false, DEPTH).err().map(|(rule, _)| rule)
    }

    #[test]
    fn what_a_provider_would_do_beyond_the_answer_is_found_at_any_depth_and_in_any_spelling() {
        for (field, value) in [
            ("enable_search", json!(true)),
            ("search_parameters", json!({ "mode": "off" })),
            ("web_search", json!({ "enable": true })),
            ("web_search_options", json!({})),
            ("googleSearch", json!({})),
            ("google_search_retrieval", json!({})),
            ("urlContext", json!({})),
            ("Plugins", json!([])),
            ("models", json!(["a", "b"])),
            ("extra_body", json!({ "enable_search": true })),
            ("mcp_servers", json!([])),
            ("data_sources", json!([])),
            ("previous_response_id", json!("r")),
            ("codeExecution", json!({})),
        ] {
            for body in [
                json!({ field: value }),
                json!({ "parameters": { "a": [{ field: value }] } }),
                json!({ "messages": [{ "role": "user", "content": "x", "metadata": { field: value } }] }),
            ] {
                assert_eq!(rule(&body), Some("body.forbidden"), "{body}");
            }
        }
        let mut deep = json!(1);
        for _ in 0..100 {
            deep = json!([deep]);
        }
        assert_eq!(rule(&deep), Some("body.depth"));
    }

    #[test]
    fn only_mynahs_own_tools_and_only_text_leave() {
        for tools in [
            json!("web"),
            json!([{ "type": "function" }, { "type": "web_search" }]),
            json!([{ "type": "web_search_20250305", "name": "web_search" }]),
            json!([{ "type": "mcp", "server_url": "https://x.example" }]),
            json!([{ "google_search": {} }]),
            json!([{ "functionDeclarations": [] }]),
        ] {
            assert_eq!(rule(&json!({ "tools": tools })), Some("body.tools"), "{tools}");
            assert_eq!(rule(&json!({ "session": { "tools": tools } })), Some("body.tools"), "{tools}");
        }
        for part in [
            json!({ "type": "input_audio", "input_audio": { "data": "UklGRg==" } }),
            json!({ "type": "image_url", "image_url": { "url": "https://x.example/a.png" } }),
            json!({ "type": "document", "source": { "type": "url" } }),
            json!({ "inlineData": { "mimeType": "audio/wav" } }),
        ] {
            let body = json!({ "messages": [{ "role": "user", "content": [part] }] });
            assert_eq!(rule(&body), Some("body.content"), "{part}");
        }
        let fine = json!({
            "model": "m", "store": false, "tools": [{ "type": "function", "function": { "name": "ask" } }],
            "messages": [
                { "role": "user", "content": "search the web for plugins" },
                { "role": "assistant", "content": null, "tool_calls": [{ "id": "1", "type": "function" }] },
                { "role": "user", "content": [{ "type": "tool_result", "content": [{ "type": "text", "text": "4" }] }] },
            ],
        });
        assert_eq!(rule(&fine), None);
        assert_eq!(rule(&json!({ "store": true })), Some("body.store"));
    }

    #[test]
    fn what_the_rules_want_is_added_and_never_overwritten() {
        let wanted = json!({ "inference_geo": "us", "provider": { "allow_fallbacks": false } });
        let added = |mut body: Value| require(&mut body, wanted.as_object().unwrap(), DEPTH).map(|()| body);
        assert_eq!(
            added(json!({ "provider": { "order": ["a"] } })).unwrap(),
            json!({ "provider": { "order": ["a"], "allow_fallbacks": false }, "inference_geo": "us" })
        );
        assert_eq!(added(wanted.clone()).unwrap(), wanted);
        for body in [
            json!({ "inference_geo": "global" }),
            json!({ "provider": { "allow_fallbacks": true } }),
            json!({ "provider": "any" }),
            json!([]),
        ] {
            assert_eq!(added(body.clone()).unwrap_err().0, "body.require", "{body}");
        }
    }
}

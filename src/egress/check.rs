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
        .and_then(|()| look_through(&body, Place::Body, DEPTH));
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

/// What a value stands in.
#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// The request.
    Body,
    /// A message's `content`.
    Content,
    /// The request's `tools`.
    Tools,
    /// What one of them takes, as JSON Schema.
    Schema,
}

fn look_through(value: &Value, place: Place, depth: usize) -> Result<(), Wrong> {
    if depth == 0 {
        return Err(("body.depth", "it is nested too deeply to be judged".to_owned()));
    }
    let fields = match value {
        Value::Array(items) => {
            return items.iter().try_for_each(|item| look_through(item, place, depth - 1));
        }
        Value::Object(fields) => fields,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return Ok(()),
    };
    let kind = fields.get("type").and_then(Value::as_str);
    if place == Place::Content && kind.is_some_and(|kind| !PARTS.contains(&kind)) {
        return Err(("body.content", "a message holds something else than text".to_owned()));
    }
    fields.iter().try_for_each(|(field, value)| {
        check_field(field, value)?;
        let within = match (place, field.as_str()) {
            // Names of arguments are whatever a function calls them, and no provider takes them for fields of a request.
            (Place::Schema, "properties") => return look_through_each(value, Place::Schema, depth - 1),
            (Place::Content, "input") if kind == Some("tool_use") => {
                return look_through_each(value, Place::Body, depth - 1);
            }
            (Place::Tools, "parameters" | "input_schema") | (Place::Schema, _) => Place::Schema,
            (_, "content") => Place::Content,
            (Place::Body, "tools") if depth == DEPTH => Place::Tools,
            (Place::Tools, _) => Place::Tools,
            _ => Place::Body,
        };
        look_through(value, within, depth - 1)
    })
}

/// Looks through what stands under names that are nobody's fields.
fn look_through_each(value: &Value, place: Place, depth: usize) -> Result<(), Wrong> {
    match value {
        Value::Object(named) if depth > 0 => {
            named.values().try_for_each(|value| look_through(value, place, depth - 1))
        }
        _ => look_through(value, place, depth),
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
        look_through(body, Place::Body, DEPTH).err().map(|(rule, _)| rule)
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
    fn arguments_of_functions_may_be_called_anything_and_nothing_hides_behind_that() {
        let names = json!({
            "content": { "type": "string" }, "file": { "type": "string" }, "functions": {}, "models": { "items": {} },
            "store": { "type": "boolean" }, "tools": { "type": "object", "properties": { "plugins": {} } },
        });
        let schema = json!({ "type": "object", "properties": names });
        let function = json!({ "type": "function", "function": { "name": "f", "parameters": schema } });
        let custom = json!({ "type": "custom", "name": "f", "input_schema": schema });
        let input = json!({ "type": "tool_use", "input": { "file": "a", "content": "b", "models": 3 } });
        let called = json!([{ "role": "assistant", "content": [input] }]);
        assert_eq!(rule(&json!({ "tools": [function, custom], "messages": called })), None);
        for (body, rule_of_it) in [
            (json!({ "parameters": schema }), "body.content"),
            (json!({ "a": { "tools": [function] } }), "body.content"),
            (json!({ "tools": [{ "type": "function", "properties": names }] }), "body.content"),
            (json!({ "tools": [{ "type": "function", "parameters": { "plugins": {} } }] }), "body.forbidden"),
            (
                json!({ "tools": [{ "type": "custom", "input_schema": { "properties": { "a": { "plugins": [] } } } }] }),
                "body.forbidden",
            ),
            (
                json!({ "messages": [{ "content": [{ "type": "tool_use", "input": { "a": { "plugins": [] } } }] }] }),
                "body.forbidden",
            ),
            (
                json!({ "messages": [{ "content": [{ "type": "text", "input": { "plugins": [] } }] }] }),
                "body.forbidden",
            ),
        ] {
            assert_eq!(rule(&body), Some(rule_of_it), "{body}");
        }
        let mut deep = json!({});
        for _ in 0..40 {
            deep = json!({ "properties": { "a": deep } });
        }
        let deep = json!({ "tools": [{ "type": "custom", "input_schema": deep }] });
        assert_eq!(rule(&deep), Some("body.depth"));
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

//! Chat: a request body in OpenAI's chat completions.
//!
//! Enters: a prompt and what the kind of server wants differently. Leaves: the body. Never here: a message without a
//! word where the user spoke (Qianfan and Moonshot refuse it), or a field nobody asked for.

use serde_json::{Map, Value, json};

use super::{Dialect, Form, Prompt, Round};

/// Sampling temperature where the server takes one: lively enough for speech, calm enough for facts.
const TEMPERATURE: f64 = 0.6;

pub(super) fn body(dialect: &Dialect, prompt: &Prompt<'_>, form: Form) -> Map<String, Value> {
    let message = |role: &str, text: &str| json!({ "role": role, "content": text });
    let mut messages = vec![message("system", prompt.system)];
    for exchange in prompt.history.exchanges() {
        messages.push(message("user", exchange.asked.as_str()));
        messages.push(message("assistant", exchange.said.as_str()));
    }
    messages.push(message("user", prompt.words.as_str().trim()));
    for round in prompt.rounds {
        messages.extend(turn(dialect, round));
    }

    let mut body = Map::new();
    body.insert("model".into(), json!(prompt.model));
    body.insert("messages".into(), Value::Array(messages));
    body.insert("stream".into(), json!(true));
    if dialect.usage && form == Form::Whole {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    body.insert(dialect.limit.into(), json!(prompt.max_tokens));
    if dialect.temperature && form == Form::Whole {
        body.insert("temperature".into(), json!(TEMPERATURE));
    }
    if let Some((field, value)) = dialect.quiet(form) {
        body.insert(field.into(), value);
    }
    // Where an answer is wanted there are none: not every server knows a way to say so beside them.
    if !prompt.tools.is_empty() && prompt.may_call && form == Form::Whole {
        let offered = prompt.tools.iter().map(|tool| {
            let function =
                json!({ "name": tool.name, "description": tool.description, "parameters": tool.parameters });
            json!({ "type": "function", "function": function })
        });
        body.insert("tools".into(), Value::Array(offered.collect()));
    }
    body
}

/// The model's calls and what they were told.
fn turn(dialect: &Dialect, round: &Round) -> Vec<Value> {
    let calls = round.calls.iter().map(|call| {
        let function = json!({ "name": call.name, "arguments": call.arguments });
        let mut object = json!({ "id": call.id, "type": "function", "function": function });
        if let Some(extra) = &call.extra {
            object["extra_content"] = extra.clone();
        }
        object
    });
    let mut asked =
        json!({ "role": "assistant", "content": round.text, "tool_calls": calls.collect::<Vec<_>>() });
    if dialect.thoughts_back {
        asked["reasoning_content"] = json!(round.thoughts);
    }
    let told = round
        .calls
        .iter()
        .zip(&round.results)
        .map(|(call, result)| json!({ "role": "tool", "tool_call_id": call.id, "content": result }));
    [asked].into_iter().chain(told).collect()
}

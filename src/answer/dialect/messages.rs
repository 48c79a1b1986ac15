//! Messages: a request body in Anthropic's own interface.
//!
//! Enters: a prompt. Leaves: the body: the system's message is a field of its own, calls and results are blocks. Never
//! here: an empty block, which the endpoint refuses.

use serde_json::{Map, Value, json};

use super::{Dialect, Form, Prompt, Round};

pub(super) fn body(dialect: &Dialect, prompt: &Prompt<'_>, form: Form) -> Map<String, Value> {
    let message = |role: &str, text: &str| json!({ "role": role, "content": text });
    let mut messages = Vec::new();
    for exchange in prompt.history.exchanges() {
        messages.push(message("user", exchange.asked.as_str()));
        messages.push(message("assistant", exchange.said.as_str()));
    }
    messages.push(message("user", prompt.words.as_str().trim()));
    for round in prompt.rounds {
        messages.extend(turn(round));
    }

    let mut body = Map::new();
    body.insert("model".into(), json!(prompt.model));
    body.insert("system".into(), json!(prompt.system));
    body.insert("messages".into(), Value::Array(messages));
    body.insert("stream".into(), json!(true));
    body.insert(dialect.limit.into(), json!(prompt.max_tokens));
    if let Some((field, value)) = dialect.quiet(form) {
        body.insert(field.into(), value);
    }
    if !prompt.tools.is_empty() && form == Form::Whole {
        let offered = prompt.tools.iter().map(|tool| {
            json!({
                "type": "custom", "name": tool.name, "description": tool.description,
                "input_schema": tool.parameters,
            })
        });
        body.insert("tools".into(), Value::Array(offered.collect()));
        // Results without tools beside them are refused.
        if !prompt.may_call {
            body.insert("tool_choice".into(), json!({ "type": "none" }));
        }
    }
    body
}

fn turn(round: &Round) -> [Value; 2] {
    let text = round.text.trim_end();
    let said = (!text.trim().is_empty()).then(|| json!({ "type": "text", "text": text }));
    // Of what a model wrote only what was understood goes back: here it would be structure, not text.
    let calls =
        round.calls.iter().zip(&round.inputs).map(
            |(call, input)| json!({ "type": "tool_use", "id": call.id, "name": call.name, "input": input }),
        );
    let asked: Vec<Value> = said.into_iter().chain(calls).collect();
    let told: Vec<Value> = round
        .calls
        .iter()
        .zip(&round.results)
        .map(|(call, result)| json!({ "type": "tool_result", "tool_use_id": call.id, "content": result }))
        .collect();
    [json!({ "role": "assistant", "content": asked }), json!({ "role": "user", "content": told })]
}

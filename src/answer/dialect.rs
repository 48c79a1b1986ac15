//! Dialect: a request body in OpenAI's chat completions, as each kind of server speaks them.
//!
//! Enters: a prompt and the kind of server. Leaves: the body. Never here: a field the server does not know, a tool that
//! a provider runs itself, sockets.

use serde_json::{Map, Value, json};

use super::history::History;
use crate::{policy::Backend, units::Words};

/// Sampling temperature where the server takes one: lively enough for speech, calm enough for facts.
const TEMPERATURE: f64 = 0.6;

/// What a kind of server wants differently. Unknown fields are an error with some, so each gets only what it knows.
struct Switches {
    /// The field that bounds the answer's length.
    limit: &'static str,
    /// Whether usage must be asked for (and may be).
    usage: bool,
    /// Whether a temperature may be given.
    temperature: bool,
    /// How to switch thinking off.
    thinking: Thinking,
}

/// How a model is kept from thinking, which would cost seconds of silence and eat the token limit.
enum Thinking {
    /// There is no switch.
    Untouched,
    /// `reasoning_effort: "none"`.
    Effort,
    /// `enable_thinking: false`.
    Flag,
    /// `chat_template_kwargs: {"enable_thinking": false}`.
    Template,
}

const fn switches(backend: Backend) -> Switches {
    match backend {
        // GPT-5.1 and later: no temperature but 1, thinking off by the effort "none".
        Backend::OpenAi => Switches {
            limit: "max_completion_tokens",
            usage: true,
            temperature: false,
            thinking: Thinking::Effort,
        },
        Backend::DashScope => {
            Switches { limit: "max_tokens", usage: true, temperature: true, thinking: Thinking::Flag }
        }
        // Usage comes unasked; `stream_options` is not known.
        Backend::Mistral => {
            Switches { limit: "max_tokens", usage: false, temperature: true, thinking: Thinking::Untouched }
        }
        // Its compatible interface knows no `think`; the effort "none" is its switch.
        Backend::Ollama => {
            Switches { limit: "max_tokens", usage: true, temperature: true, thinking: Thinking::Effort }
        }
        Backend::Azure
        | Backend::Qianfan
        | Backend::Ark
        | Backend::DeepSeek
        | Backend::Moonshot
        | Backend::Glm
        | Backend::MiniMax
        | Backend::Pangu
        | Backend::MiMo
        | Backend::Gemini
        | Backend::Anthropic
        | Backend::Xai
        | Backend::OpenRouter
        | Backend::LmStudio
        | Backend::Vllm
        | Backend::DashScopeMedia
        | Backend::VolcSpeech
        | Backend::Bocha
        | Backend::GlmSearch
        | Backend::Brave
        | Backend::Tavily => {
            Switches { limit: "max_tokens", usage: true, temperature: true, thinking: Thinking::Untouched }
        }
        // Passed to the model's template, which ignores what it does not use.
        Backend::LlamaCpp => {
            Switches { limit: "max_tokens", usage: true, temperature: true, thinking: Thinking::Template }
        }
    }
}

/// What is asked of a language model.
#[derive(Debug, Clone, Copy)]
pub struct Prompt<'a> {
    /// The model, as the permit names it.
    pub model: &'a str,
    /// The system message.
    pub system: &'a str,
    /// What was said before.
    pub history: &'a History,
    /// The question.
    pub words: &'a Words,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
}

/// The request body for `prompt` in the dialect of `backend`.
#[must_use]
pub fn body(backend: Backend, prompt: &Prompt<'_>) -> Value {
    let message = |role: &str, text: &str| json!({ "role": role, "content": text });
    let mut messages = vec![message("system", prompt.system)];
    for exchange in prompt.history.exchanges() {
        messages.push(message("user", exchange.asked.as_str()));
        messages.push(message("assistant", exchange.said.as_str()));
    }
    messages.push(message("user", prompt.words.as_str().trim()));

    let switches = switches(backend);
    let mut body = Map::new();
    body.insert("model".into(), json!(prompt.model));
    body.insert("messages".into(), Value::Array(messages));
    body.insert("stream".into(), json!(true));
    if switches.usage {
        body.insert("stream_options".into(), json!({ "include_usage": true }));
    }
    body.insert(switches.limit.into(), json!(prompt.max_tokens));
    if switches.temperature {
        body.insert("temperature".into(), json!(TEMPERATURE));
    }
    let off = match switches.thinking {
        Thinking::Untouched => None,
        Thinking::Effort => Some(("reasoning_effort", json!("none"))),
        Thinking::Flag => Some(("enable_thinking", json!(false))),
        Thinking::Template => Some(("chat_template_kwargs", json!({ "enable_thinking": false }))),
    };
    if let Some((field, value)) = off {
        body.insert(field.into(), value);
    }
    Value::Object(body)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_backend_gets_the_fields_it_knows() {
        let mut history = History::default();
        history.add(&"before".into(), &"said".into());
        let words = Words::from(" what now ");
        let prompt = Prompt { model: "m", system: "s", history: &history, words: &words, max_tokens: 300 };
        let with = |backend, fields: &str| {
            let text = body(backend, &prompt).to_string();
            let head = concat!(
                r#"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"before"},"#,
                r#"{"role":"assistant","content":"said"},{"role":"user","content":"what now"}],"stream":true"#
            );
            assert_eq!(text, format!("{head},{fields}}}"));
        };
        let usage = r#""stream_options":{"include_usage":true}"#;
        let plain = r#""max_tokens":300,"temperature":0.6"#;
        with(Backend::OpenAi, &format!(r#"{usage},"max_completion_tokens":300,"reasoning_effort":"none""#));
        with(Backend::DashScope, &format!(r#"{usage},{plain},"enable_thinking":false"#));
        with(Backend::Mistral, plain);
        with(Backend::Ollama, &format!(r#"{usage},{plain},"reasoning_effort":"none""#));
        with(
            Backend::LlamaCpp,
            &format!(r#"{usage},{plain},"chat_template_kwargs":{{"enable_thinking":false}}"#),
        );
    }
}

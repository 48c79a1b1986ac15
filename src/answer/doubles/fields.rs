//! Fields: what each provider's documentation lists for a request, and what else it asks of one.
//!
//! Enters: a request's body. Leaves: what the provider would answer 400 to. Written from the providers' documentation,
//! not from the dialects, which are what is judged here.

use serde_json::{Map, Value};

use crate::policy::Backend;

type Body = Map<String, Value>;

/// The fields that are documented beside model, messages and stream; a name with `!` must be there.
fn documented(backend: Backend) -> &'static str {
    match backend {
        Backend::OpenAi | Backend::Azure => {
            "tools tool_choice parallel_tool_calls stream_options max_completion_tokens! reasoning_effort! verbosity seed \
             user n response_format metadata store service_tier prompt_cache_key safety_identifier"
        }
        Backend::DashScope => {
            "tools tool_choice parallel_tool_calls stream_options max_tokens! temperature top_p top_k enable_thinking! \
             thinking_budget seed n presence_penalty response_format stop logprobs"
        }
        Backend::Qianfan => {
            "tools tool_choice parallel_tool_calls stream_options max_tokens max_completion_tokens! temperature top_p \
             enable_thinking! seed frequency_penalty presence_penalty stop user metadata response_format"
        }
        Backend::Ark => {
            "tools tool_choice parallel_tool_calls stream_options max_tokens! temperature top_p thinking! service_tier \
             reasoning_effort frequency_penalty presence_penalty stop response_format"
        }
        Backend::DeepSeek => {
            "tools tool_choice stream_options max_tokens! temperature top_p thinking! reasoning_effort stop logprobs \
             frequency_penalty presence_penalty response_format"
        }
        Backend::Moonshot => {
            "tools tool_choice stream_options max_tokens max_completion_tokens! thinking! n stop response_format \
             presence_penalty frequency_penalty prompt_cache_key safety_identifier"
        }
        Backend::Glm => {
            "tools tool_choice tool_stream max_tokens! temperature top_p thinking! do_sample request_id user_id stop \
             response_format"
        }
        Backend::MiniMax => {
            "tools tool_choice stream_options max_completion_tokens! temperature top_p reasoning_split! mask_sensitive_info"
        }
        Backend::Pangu => {
            "tools tool_choice stream_options max_tokens! temperature top_p top_k chat_template_kwargs stop \
             presence_penalty frequency_penalty"
        }
        Backend::MiMo => {
            "tools tool_choice max_completion_tokens! temperature top_p thinking! stop response_format \
             frequency_penalty presence_penalty"
        }
        Backend::Mistral => {
            "tools tool_choice parallel_tool_calls max_tokens! temperature top_p random_seed stop response_format n \
             prompt_mode safe_prompt presence_penalty frequency_penalty prediction"
        }
        Backend::Gemini => {
            "tools tool_choice stream_options max_tokens! max_completion_tokens temperature top_p reasoning_effort! n stop \
             response_format"
        }
        Backend::Anthropic => {
            "system! max_tokens! tools tool_choice thinking metadata stop_sequences service_tier inference_geo output_config"
        }
        Backend::Xai => {
            "tools tool_choice parallel_tool_calls stream_options max_completion_tokens! temperature top_p \
             reasoning_effort seed user n stop response_format"
        }
        Backend::OpenRouter => {
            "tools tool_choice stream_options max_tokens! temperature top_p reasoning! provider! usage seed stop user \
             response_format"
        }
        Backend::Ollama => {
            "tools stream_options max_tokens! temperature top_p reasoning_effort! seed stop frequency_penalty \
             presence_penalty response_format"
        }
        Backend::LlamaCpp | Backend::Vllm => {
            "tools tool_choice stream_options max_tokens! temperature top_p top_k chat_template_kwargs! seed stop \
             response_format"
        }
        Backend::LmStudio => {
            "tools stream_options max_tokens! temperature top_p top_k stop seed presence_penalty frequency_penalty \
             logit_bias repeat_penalty"
        }
        Backend::DashScopeMedia
        | Backend::VolcSpeech
        | Backend::Bocha
        | Backend::GlmSearch
        | Backend::Brave
        | Backend::Tavily
        | Backend::OpenMeteo
        | Backend::QWeather
        | Backend::Ecb
        | Backend::Frankfurter
        | Backend::HomeAssistant
        | Backend::Mcp => unreachable!("no language model"),
    }
}

/// What the provider would refuse in `body`; nothing, if it would answer.
pub(super) fn objection(backend: Backend, body: &Value) -> Option<String> {
    let Some(body) = body.as_object() else { return Some("no object".to_owned()) };
    unknown(backend, body)
        .or_else(|| thinking(backend, body))
        .or_else(|| if backend == Backend::Anthropic { blocks(body) } else { messages(backend, body) })
}

fn unknown(backend: Backend, body: &Body) -> Option<String> {
    let words = || documented(backend).split_whitespace().chain(["model!", "messages!", "stream!"]);
    let known = |name: &str| words().any(|word| word.trim_end_matches('!') == name);
    if let Some(name) = body.keys().find(|name| !known(name)) {
        return Some(format!("unknown field {name}"));
    }
    let missing = words().filter_map(|word| word.strip_suffix('!')).find(|name| !body.contains_key(*name));
    missing.map(|name| format!("{name} is missing"))
}

/// Whether each switch has a value that is documented for it.
fn thinking(backend: Backend, body: &Body) -> Option<String> {
    let efforts: &[&str] = match backend {
        Backend::Gemini => &["minimal", "low", "medium", "high"],
        _ => &["none", "minimal", "low", "medium", "high"],
    };
    let fine = body.iter().all(|(name, value)| match name.as_str() {
        "reasoning_effort" => efforts.iter().any(|effort| value == effort),
        "reasoning" => efforts.iter().any(|effort| value["effort"] == *effort),
        "thinking" => ["disabled", "enabled"].iter().any(|kind| value["type"] == *kind),
        "enable_thinking" | "reasoning_split" | "stream" => value.is_boolean(),
        "stream_options" => value["include_usage"].is_boolean(),
        "max_tokens" | "max_completion_tokens" => value.as_u64().is_some_and(|limit| limit > 0),
        "temperature" => value.as_f64().is_some_and(|t| t > 0.0 && t < 1.0),
        _ => true,
    });
    (!fine).then(|| "a field has a value that is not documented".to_owned())
}

/// The messages of chat completions.
fn messages(backend: Backend, body: &Body) -> Option<String> {
    let known = ["role", "content", "tool_calls", "tool_call_id", "reasoning_content"];
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in body["messages"].as_array()?.iter().enumerate() {
        let fields = message.as_object()?;
        if let Some(name) = fields.keys().find(|name| !known.contains(&name.as_str())) {
            return Some(format!("unknown field {name} in a message"));
        }
        let (role, calls) = (message["role"].as_str()?, message["tool_calls"].as_array());
        let Some(content) = message["content"].as_str() else { return Some("content is no text".to_owned()) };
        if content.trim().is_empty() && calls.is_none() {
            return Some("a blank message".to_owned());
        }
        if (role == "system") != (at == 0) || role != "tool" && !open.is_empty() {
            return Some(format!("{role} out of turn"));
        }
        if fields.contains_key("reasoning_content") != (backend == Backend::DeepSeek && calls.is_some()) {
            return Some("reasoning_content is missing, or not known".to_owned());
        }
        if role == "tool" {
            let id = message["tool_call_id"].as_str()?;
            if !open.contains(&id) {
                return Some("a result without its call".to_owned());
            }
            open.retain(|known| *known != id);
        }
        for call in calls.into_iter().flatten() {
            if let Some(objection) = call_objection(backend, call) {
                return Some(objection);
            }
            open.push(call["id"].as_str()?);
        }
    }
    if body.get("tools").is_some_and(|tools| tools[0]["function"]["parameters"]["type"] != "object") {
        return Some("a tool without parameters".to_owned());
    }
    (!open.is_empty()).then(|| "a call without its result".to_owned())
}

fn call_objection(backend: Backend, call: &Value) -> Option<String> {
    let id = call["id"].as_str().unwrap_or_default();
    if id.is_empty() || call["type"] != "function" || call["function"]["name"].as_str().is_none() {
        return Some("no call".to_owned());
    }
    if !call["function"]["arguments"].is_string() {
        return Some("arguments are no text".to_owned());
    }
    if backend == Backend::Mistral && (id.len() != 9 || !id.bytes().all(|b| b.is_ascii_alphanumeric())) {
        return Some("the id must be nine letters or digits".to_owned());
    }
    let signed = call["extra_content"]["google"]["thought_signature"] == "SIGNED";
    (signed != (backend == Backend::Gemini))
        .then(|| "a thought signature is missing, or not known".to_owned())
}

/// The messages of Anthropic's own interface.
fn blocks(body: &Body) -> Option<String> {
    let mut open: Vec<&str> = Vec::new();
    for (at, message) in body["messages"].as_array()?.iter().enumerate() {
        if message["role"] != ["user", "assistant"][at % 2] {
            return Some("roles must take turns".to_owned());
        }
        let Some(blocks) = message["content"].as_array() else {
            if message["content"].as_str().is_none_or(|text| text.trim().is_empty()) {
                return Some("a blank message".to_owned());
            }
            continue;
        };
        for block in blocks {
            match block["type"].as_str()? {
                "text" if block["text"].as_str()?.trim().is_empty() => {
                    return Some("a blank text".to_owned());
                }
                "text" => {}
                "tool_use" if block["input"].is_object() => open.push(block["id"].as_str()?),
                "tool_result" if open.contains(&block["tool_use_id"].as_str()?) => {
                    open.retain(|id| block["tool_use_id"] != *id);
                }
                kind => return Some(format!("{kind} out of place")),
            }
        }
    }
    let tool = body.get("tools").map(|tools| &tools[0]);
    if tool.is_some_and(|tool| tool["input_schema"]["type"] != "object" || tool["name"].is_null()) {
        return Some("a tool without a schema".to_owned());
    }
    (!open.is_empty()).then(|| "a call without its result".to_owned())
}

//! Streams: what each provider sends, in its own shape.
//!
//! Enters: the kind of server. Leaves: the payloads of an answer that asks the tool, of one that says "It is 391.", and
//! answers that refuse. Shapes after recordings of 2026; the words are made up.

use crate::policy::Backend;

/// The payloads of an answer that asks `on_device` for 17 times 23.
pub(super) fn asking(backend: Backend) -> Vec<&'static str> {
    match backend {
        // The id comes first and is blank afterwards; a chunk of nothing; usage on its own.
        Backend::DashScope | Backend::Pangu => vec![
            r#"{"choices":[{"delta":{"content":null,"role":"assistant","tool_calls":[{"index":0,"id":"call_a1","type":"function","function":{"name":"on_device","arguments":""}}]},"index":0,"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","type":"function","function":{"arguments":"{\"request\": \"what is"}}]},"index":0}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","type":"function","function":{"arguments":" 17 times 23\"}"}}]},"index":0}]}"#,
            r#"{"choices":[{"delta":{"tool_calls":[{"index":0,"id":"","function":{"arguments":""}}]},"index":0}]}"#,
            r#"{"choices":[{"delta":{"content":""},"finish_reason":"tool_calls","index":0}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20,"total_tokens":120}}"#,
            "[DONE]",
        ],
        // Thoughts beside it, no id in later chunks, usage inside the last.
        Backend::DeepSeek | Backend::Moonshot | Backend::Ark | Backend::MiMo => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"reasoning_content":""}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"call_00_x","type":"function","function":{"name":"on_device","arguments":""}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"request\": \"what is 17 "}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"times 23\"}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":100,"completion_tokens":20}}"#,
            "[DONE]",
        ],
        // No index, no type, all in one chunk.
        Backend::Mistral => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"id":"gSIMJiOkT","function":{"name":"on_device","arguments":"{\"request\": \"what is 17 times 23\"}"}}]},"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":100,"completion_tokens":20}}"#,
            "[DONE]",
        ],
        // All in one chunk, signed, and the reason says "stop".
        Backend::Gemini => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"function-call-1","type":"function","function":{"name":"on_device","arguments":"{\"request\":\"what is 17 times 23\"}"},"extra_content":{"google":{"thought_signature":"SIGNED"}}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":100,"completion_tokens":20}}"#,
            "[DONE]",
        ],
        Backend::Anthropic => vec![
            r#"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","content":[],"stop_reason":null,"usage":{"input_tokens":100,"output_tokens":1,"inference_geo":"us"}}}"#,
            r#"{"type":"ping"}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"tool_use","id":"toolu_1","name":"on_device","input":{}}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":"{\"request\": \"what is 17"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"input_json_delta","partial_json":" times 23\"}"}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"output_tokens":20}}"#,
            r#"{"type":"message_stop"}"#,
        ],
        // The whole call in one chunk, then usage.
        Backend::Xai | Backend::Ollama | Backend::MiniMax | Backend::Qianfan => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","tool_calls":[{"id":"call_7","index":0,"type":"function","function":{"name":"on_device","arguments":"{\"request\":\"what is 17 times 23\"}"}}]}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":"tool_calls"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20}}"#,
            "[DONE]",
        ],
        _ => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":null,"tool_calls":[{"index":0,"id":"call_abc","type":"function","function":{"name":"on_device","arguments":""}}],"refusal":null},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"request\":"}}]},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"what is 17 times 23\"}"}}]},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}],"usage":null}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":20}}"#,
            "[DONE]",
        ],
    }
}

/// The payloads of an answer that says "It is 391."
pub(super) fn saying(backend: Backend) -> Vec<&'static str> {
    match backend {
        Backend::Anthropic => vec![
            r#"{"type":"message_start","message":{"id":"msg_2","type":"message","role":"assistant","content":[],"usage":{"input_tokens":140,"output_tokens":1,"inference_geo":"us"}}}"#,
            r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"It is"}}"#,
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":" 391."}}"#,
            r#"{"type":"content_block_stop","index":0}"#,
            r#"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":6}}"#,
            r#"{"type":"message_stop"}"#,
        ],
        Backend::MiniMax => vec![
            r#"{"choices":[{"index":0,"delta":{"content":"","role":"assistant","reasoning_details":[{"type":"reasoning.text","text":"hm"}]}}],"input_sensitive":false,"output_sensitive":false,"base_resp":{"status_code":0,"status_msg":""}}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"<think>hm</think>It is"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":" 391."},"finish_reason":"stop"}]}"#,
            r#"{"choices":null,"usage":{"prompt_tokens":140,"completion_tokens":6},"base_resp":{"status_code":0,"status_msg":""}}"#,
            "[DONE]",
        ],
        // Usage inside the last chunk.
        Backend::DeepSeek | Backend::Mistral | Backend::Glm | Backend::MiMo | Backend::Gemini => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"It is"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":" 391."},"finish_reason":"stop"}],"usage":{"prompt_tokens":140,"completion_tokens":6}}"#,
            "[DONE]",
        ],
        _ => vec![
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"It is"},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{"content":" 391."},"finish_reason":null}],"usage":null}"#,
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":null}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":140,"completion_tokens":6}}"#,
            "[DONE]",
        ],
    }
}

/// Status lines, and kinds of faults, that many share.
const OK: &str = "200 OK";
const BAD: &str = "400 Bad Request";
const NO_KEY: &str = "401 Unauthorized";
const TOO_MANY: &str = "429 Too Many Requests";
const CONTENT: &str = "content_refused";
const LIMITED: &str = "endpoint_rate_limited";
const UNAUTHORISED: &str = "endpoint_unauthorised";

/// How an endpoint says no: the status, the body or the event, and what kind of fault it is. `content_refused` is final.
pub(super) fn refusing(backend: Backend) -> &'static [(&'static str, &'static str, &'static str)] {
    match backend {
        Backend::OpenAi | Backend::OpenRouter => &[
            (
                BAD,
                r#"{"error":{"message":"m","type":"invalid_request_error","code":"content_policy_violation"}}"#,
                CONTENT,
            ),
            (OK, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}"#, CONTENT),
            (OK, r#"{"choices":[{"index":0,"delta":{"refusal":"I cannot help with that."}}]}"#, CONTENT),
            (NO_KEY, r#"{"error":{"message":"m","code":"invalid_api_key"}}"#, UNAUTHORISED),
            (
                "403 Forbidden",
                r#"{"error":{"message":"m","code":"unsupported_country_region_territory"}}"#,
                "endpoint_place_refused",
            ),
            (TOO_MANY, r#"{"error":{"message":"m","code":"rate_limit_exceeded"}}"#, LIMITED),
        ],
        Backend::Azure => &[
            (
                BAD,
                r#"{"error":{"message":"m","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation"}}}"#,
                CONTENT,
            ),
            (NO_KEY, r#"{"error":{"code":"401","message":"m"}}"#, UNAUTHORISED),
            (TOO_MANY, r#"{"error":{"code":"429","message":"m"}}"#, LIMITED),
        ],
        Backend::DashScope => &[
            (
                BAD,
                r#"{"error":{"code":"data_inspection_failed","message":"m","type":"data_inspection_failed"}}"#,
                CONTENT,
            ),
            (OK, r#"{"error":{"code":"data_inspection_failed","message":"m"}}"#, CONTENT),
            (TOO_MANY, r#"{"error":{"code":"Throttling.RateQuota","message":"m"}}"#, LIMITED),
        ],
        Backend::Qianfan => &[
            (BAD, r#"{"error":{"code":"x","message":"m","type":"unsafe_request"}}"#, CONTENT),
            (
                OK,
                r#"{"error":{"code":"rpm_rate_limit_exceeded","message":"m","type":"rate_limit_exceeded"}}"#,
                LIMITED,
            ),
            (NO_KEY, r#"{"error":{"code":"invalid_iam_token","message":"m"}}"#, UNAUTHORISED),
        ],
        Backend::Ark => &[
            (
                BAD,
                r#"{"error":{"code":"InputTextSensitiveContentDetected","message":"m","type":"BadRequest"}}"#,
                CONTENT,
            ),
            (
                TOO_MANY,
                r#"{"error":{"code":"RateLimitExceeded.EndpointRPMExceeded","message":"m"}}"#,
                LIMITED,
            ),
        ],
        Backend::DeepSeek => &[
            (
                "402 Payment Required",
                r#"{"error":{"message":"Insufficient Balance","code":"invalid_request_error"}}"#,
                "endpoint_rejected",
            ),
            (TOO_MANY, r#"{"error":{"message":"m"}}"#, LIMITED),
            ("503 Service Unavailable", r#"{"error":{"message":"m"}}"#, "endpoint_failed"),
            (
                OK,
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"insufficient_system_resource"}]}"#,
                "answer_cut_off",
            ),
        ],
        Backend::Moonshot | Backend::MiMo | Backend::Pangu | Backend::Xai => &[
            (BAD, r#"{"error":{"message":"m","type":"content_filter"}}"#, CONTENT),
            (NO_KEY, r#"{"error":{"message":"m","type":"invalid_authentication_error"}}"#, UNAUTHORISED),
        ],
        Backend::Glm => &[
            (BAD, r#"{"error":{"code":"1301","message":"m"}}"#, CONTENT),
            (OK, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"sensitive"}]}"#, CONTENT),
            (TOO_MANY, r#"{"error":{"code":"1302","message":"m"}}"#, LIMITED),
            (OK, r#"{"choices":[{"index":0,"delta":{},"finish_reason":"network_error"}]}"#, "answer_cut_off"),
        ],
        Backend::MiniMax => &[
            (
                OK,
                r#"{"choices":null,"base_resp":{"status_code":1027,"status_msg":"output new_sensitive"}}"#,
                CONTENT,
            ),
            (OK, r#"{"choices":[],"input_sensitive":true}"#, CONTENT),
            (
                OK,
                r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"insufficient balance"}}"#,
                "answer_failed",
            ),
        ],
        Backend::Mistral => &[
            (NO_KEY, r#"{"detail":"Unauthorized"}"#, UNAUTHORISED),
            (TOO_MANY, r#"{"object":"error","message":"m","type":"rate_limited","code":"1300"}"#, LIMITED),
        ],
        Backend::Gemini => &[
            (
                BAD,
                r#"[{"error":{"code":400,"message":"User location is not supported for the API use.","status":"FAILED_PRECONDITION"}}]"#,
                "endpoint_place_refused",
            ),
            (
                OK,
                r#"{"choices":[{"index":0,"delta":{},"finish_reason":"content_filter: PROHIBITED_CONTENT"}]}"#,
                CONTENT,
            ),
            (TOO_MANY, r#"[{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}]"#, LIMITED),
        ],
        Backend::Anthropic => &[
            (
                OK,
                r#"{"type":"message_delta","delta":{"stop_reason":"refusal"},"usage":{"output_tokens":1}}"#,
                CONTENT,
            ),
            (
                "529 Overloaded",
                r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#,
                "endpoint_failed",
            ),
            (OK, r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, "endpoint_failed"),
            (TOO_MANY, r#"{"type":"error","error":{"type":"rate_limit_error","message":"m"}}"#, LIMITED),
            (
                NO_KEY,
                r#"{"type":"error","error":{"type":"authentication_error","message":"m"}}"#,
                UNAUTHORISED,
            ),
        ],
        Backend::Ollama => &[
            (
                "404 Not Found",
                r#"{"error":{"message":"model \"m\" not found","type":"not_found_error"}}"#,
                "endpoint_not_found",
            ),
            (OK, r#"{"error":"out of memory"}"#, "endpoint_rejected"),
        ],
        Backend::LlamaCpp | Backend::LmStudio | Backend::Vllm => &[
            (
                BAD,
                r#"{"error":{"code":400,"message":"m","type":"exceed_context_size_error"}}"#,
                "endpoint_context_exceeded",
            ),
            (
                "503 Service Unavailable",
                r#"{"error":{"code":503,"message":"Loading model","type":"unavailable_error"}}"#,
                "endpoint_failed",
            ),
        ],
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
        | Backend::Mcp => &[],
    }
}

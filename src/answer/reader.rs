//! Reader: the payloads of an answer in OpenAI's chat completions, as each provider sends them.
//!
//! Enters: payloads, one JSON text each. Leaves: words, and how the answer ended. Never here: sockets, a model's
//! thoughts (`reasoning_content` and `<think>…</think>` are dropped), or a provider's message, which may repeat words.

use std::fmt;

use serde_json::{Map, Value};

use super::{AnswerError, think::Think};
use crate::egress::{redact::is_code, refuses_content};

/// The payload that closes a stream.
pub const DONE: &str = "[DONE]";

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model had said all.
    Stop,
    /// The token limit was reached.
    Length,
}

/// Reads the payloads of one answer.
pub struct Reader {
    endpoint: String,
    think: Think,
    finish: Option<Finish>,
    tool_asked: bool,
}

/// Without the text: words stay out of logs.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("endpoint", &self.endpoint)
            .field("finish", &self.finish)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of what `endpoint` sends; its name is for error messages.
    #[must_use]
    pub fn new(endpoint: &str) -> Self {
        Self { endpoint: endpoint.to_owned(), think: Think::default(), finish: None, tool_asked: false }
    }

    /// Reads one payload and appends its words to `out`. Returns whether the server said that nothing more comes.
    ///
    /// # Errors
    /// [`AnswerError::ContentRefused`], [`AnswerError::Provider`] for an error object, [`AnswerError::Garbled`] for what
    /// is no JSON object, [`AnswerError::CutOff`] where the provider says that it broke off.
    pub fn read(&mut self, payload: &str, out: &mut String) -> Result<bool, AnswerError> {
        let payload = payload.trim();
        if payload == DONE {
            self.finish.get_or_insert(Finish::Stop);
            return Ok(true);
        }
        if payload.is_empty() {
            return Ok(false);
        }
        let chunk: Value = serde_json::from_str(payload).map_err(|error| {
            self.garbled(format!("{} bytes are no JSON (column {})", payload.len(), error.column()))
        })?;
        let Value::Object(chunk) = &chunk else {
            return Err(self.garbled("a chunk is no JSON object".to_owned()));
        };
        self.provider_error(chunk)?;
        let choices = chunk.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        // One answer was asked for; a choice without index is it.
        let first =
            choices.iter().find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0);
        if let Some(choice) = first {
            self.choice(choice, out)?;
        }
        Ok(false)
    }

    /// Ends the answer: appends what was held back to `out` and tells how it ended.
    ///
    /// # Errors
    /// [`AnswerError::CutOff`] where the stream ended before the answer did, [`AnswerError::ToolCall`] where a tool was
    /// asked for.
    pub fn finish(&mut self, out: &mut String) -> Result<Finish, AnswerError> {
        self.think.finish(out);
        if self.tool_asked {
            return Err(AnswerError::ToolCall { endpoint: self.endpoint.clone() });
        }
        self.finish.ok_or_else(|| self.cut_off())
    }

    /// Whether the model has ended its answer; only usage may still come.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.finish.is_some()
    }

    fn choice(&mut self, choice: &Value, out: &mut String) -> Result<(), AnswerError> {
        // `message` instead of `delta`: a server that does not stream sends the whole answer at once.
        for part in ["delta", "message"].iter().filter_map(|name| choice.get(name)) {
            if let Some(content) = part.get("content") {
                self.content(content, out)?;
            }
            self.tool_asked |=
                part.get("tool_calls").and_then(Value::as_array).is_some_and(|calls| !calls.is_empty());
            if part.get("refusal").and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
                return Err(self.content_refused());
            }
        }
        match choice.get("finish_reason").and_then(Value::as_str) {
            None | Some("") => {}
            Some("length" | "max_tokens" | "model_length") => self.finish = Some(Finish::Length),
            Some("error" | "network_error" | "insufficient_system_resource" | "abort") => {
                return Err(self.cut_off());
            }
            Some(reason) if refuses_content(reason) => return Err(self.content_refused()),
            Some(_) => self.finish = Some(Finish::Stop),
        }
        Ok(())
    }

    /// A string, null, or a list of parts of which only text is said.
    fn content(&mut self, content: &Value, out: &mut String) -> Result<(), AnswerError> {
        match content {
            Value::Null => {}
            Value::String(text) => self.think.push(text, out),
            Value::Array(parts) => {
                let is_text = |part: &&Value| {
                    part.get("type")
                        .and_then(Value::as_str)
                        .is_none_or(|kind| kind == "text" || kind == "output_text")
                };
                for part in parts.iter().filter(is_text) {
                    if let Some(text) = part.get("text").and_then(Value::as_str) {
                        self.think.push(text, out);
                    }
                }
            }
            Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
                return Err(self.garbled("`content` is neither text nor a list".to_owned()));
            }
        }
        Ok(())
    }

    /// An error inside a stream that began with 200: `error` as an object or text, or a bare `code` without choices.
    fn provider_error(&self, chunk: &Map<String, Value>) -> Result<(), AnswerError> {
        let error = match chunk.get("error") {
            None | Some(Value::Null) if chunk.contains_key("choices") => return Ok(()),
            None | Some(Value::Null) => chunk,
            Some(Value::Object(error)) => error,
            Some(_) => return Err(self.provider("unnamed".to_owned())),
        };
        let words = ["code", "type", "error_code"].map(|name| match error.get(name) {
            Some(Value::String(text)) => Some(text.clone()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        });
        let words: Vec<String> = words.into_iter().flatten().filter(|word| !word.is_empty()).collect();
        if words.iter().any(|word| refuses_content(word)) {
            return Err(self.content_refused());
        }
        match words.into_iter().next() {
            Some(code) => Err(self.provider(code)),
            None if chunk.contains_key("error") && !chunk["error"].is_null() => {
                Err(self.provider("unnamed".to_owned()))
            }
            None => Ok(()), // usage alone, a ping: nothing of the answer
        }
    }

    fn provider(&self, code: String) -> AnswerError {
        let code = if is_code(&code) { code } else { "unnamed".to_owned() };
        AnswerError::Provider { endpoint: self.endpoint.clone(), code }
    }

    fn garbled(&self, detail: String) -> AnswerError {
        AnswerError::Garbled { endpoint: self.endpoint.clone(), detail }
    }

    fn cut_off(&self) -> AnswerError {
        AnswerError::CutOff { endpoint: self.endpoint.clone() }
    }

    fn content_refused(&self) -> AnswerError {
        AnswerError::ContentRefused { endpoint: self.endpoint.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words, and how it ended.
    fn read(payloads: &[&str]) -> (String, Result<Finish, &'static str>) {
        use crate::flow::Remedy;
        let mut reader = Reader::new("test");
        let mut out = String::new();
        for payload in payloads {
            match reader.read(payload, &mut out) {
                Ok(false) => {}
                Ok(true) => break,
                Err(error) => return (out, Err(error.kind())),
            }
        }
        let finish = reader.finish(&mut out).map_err(|error| error.kind());
        (out, finish)
    }

    #[test]
    fn recorded_shapes_of_each_provider_are_read() {
        let streams: &[(&str, &[&str])] = &[
            (
                "alibaba",
                &[
                    r#"{"choices":[{"delta":{"content":"","role":"assistant"},"index":0,"finish_reason":null}],"usage":null}"#,
                    r#"{"choices":[{"delta":{"content":null,"reasoning_content":"hm"},"index":0,"finish_reason":null}]}"#,
                    r#"{"choices":[{"delta":{"content":"你好"},"index":0}]}"#,
                    r#"{"choices":[{"delta":{"content":""},"finish_reason":"stop","index":0}]}"#,
                    r#"{"choices":[],"usage":{"prompt_tokens":9,"completion_tokens":2}}"#,
                    "[DONE]",
                ],
            ),
            (
                "deepseek",
                &[
                    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","reasoning_content":null}}]}"#,
                    r#"{"choices":[{"index":0,"delta":{"content":"你好","reasoning_content":""}}]}"#,
                    r#"{"choices":[{"index":0,"delta":{"content":""},"finish_reason":"stop"}],"usage":{"completion_tokens":2}}"#,
                ],
            ),
            (
                "mistral",
                &[
                    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
                    r#"{"choices":[{"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"x"}]},{"type":"text","text":"你好"}]},"finish_reason":"stop"}],"usage":{"completion_tokens":2}}"#,
                    "[DONE]",
                ],
            ),
            (
                "groq",
                &[
                    r#"{"choices":[{"index":0,"delta":{"content":"你好"}}]}"#,
                    r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"x_groq":{"usage":{"completion_tokens":2}}}"#,
                ],
            ),
            (
                "openai",
                &[
                    r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":"","refusal":null}}],"usage":null,"obfuscation":"x"}"#,
                    r#"{"choices":[{"index":1,"delta":{"content":"not this"}},{"index":0,"delta":{"content":"你好"}}]}"#,
                    r#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#,
                    r#"{"choices":[],"usage":{"completion_tokens":2}}"#,
                    "[DONE]",
                ],
            ),
            (
                "minimax",
                &[
                    r#"{"choices":[{"index":0,"delta":{"content":"<thi"}}]}"#,
                    r#"{"choices":[{"index":0,"delta":{"content":"nk>so</th"}}]}"#,
                    r#"{"choices":[{"index":0,"delta":{"content":"ink>你好"},"finish_reason":"stop"}]}"#,
                ],
            ),
            (
                "whole",
                &[
                    r#"{"object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"你好","reasoning_content":"hm"},"finish_reason":"stop"}],"usage":{"completion_tokens":2}}"#,
                ],
            ),
            ("done alone", &[r#"{"choices":[{"delta":{"content":"你好"}}]}"#, "", "[DONE]", "never read"]),
        ];
        for (name, payloads) in streams {
            assert_eq!(read(payloads), ("你好".to_owned(), Ok(Finish::Stop)), "{name}");
        }
    }

    #[test]
    fn an_answer_that_did_not_end_well_says_how() {
        let word = r#"{"choices":[{"delta":{"content":"Hi"}}]}"#;
        for (payload, want) in [
            (r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#, Ok(Finish::Length)),
            (r#"{"choices":[{"delta":{},"finish_reason":"content_filter"}]}"#, Err("content_refused")),
            (r#"{"choices":[{"delta":{},"finish_reason":"sensitive"}]}"#, Err("content_refused")),
            (r#"{"choices":[{"delta":{"refusal":"no"}}]}"#, Err("content_refused")),
            (r#"{"error":{"code":"data_inspection_failed","message":"x"}}"#, Err("content_refused")),
            (r#"{"error":{"code":1301}}"#, Err("content_refused")),
            (r#"{"error":{"type":"unsafe_request","code":"x"}}"#, Err("content_refused")),
            (r#"{"code":"DataInspectionFailed","message":"x","request_id":"1"}"#, Err("content_refused")),
            (
                r#"{"error":{"code":"rpm_rate_limit_exceeded","message":"secret words"}}"#,
                Err("answer_failed"),
            ),
            (r#"{"error":"out of memory"}"#, Err("answer_failed")),
            (r#"{"error":{}}"#, Err("answer_failed")),
            (r#"{"error_code":336003,"error_msg":"x"}"#, Err("answer_failed")),
            (r#"{"choices":[{"delta":{},"finish_reason":"network_error"}]}"#, Err("answer_cut_off")),
            (
                r#"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f"}}]},"finish_reason":"tool_calls"}]}"#,
                Err("answer_tool_call"),
            ),
            (r#"{"choices":[{"delta":{"content":{"text":"x"}}}]}"#, Err("answer_garbled")),
            (r#"{"choices":[{"del"#, Err("answer_garbled")),
            ("[1]", Err("answer_garbled")),
            ("Internal Server Error", Err("answer_garbled")),
            (r#"{"choices":null}"#, Err("answer_cut_off")),
            (r#"{"type":""}"#, Err("answer_cut_off")),
        ] {
            assert_eq!(read(&[word, payload]), ("Hi".to_owned(), want), "{payload}");
        }
        assert_eq!(read(&[word]).1, Err("answer_cut_off"));
        assert_eq!(read(&[]).1, Err("answer_cut_off"));
        let deep = format!("{{\"choices\":{}", "[".repeat(100_000));
        assert_eq!(read(&[&deep]).1, Err("answer_garbled"));
    }

    #[test]
    fn an_error_never_repeats_what_the_provider_wrote() {
        let mut reader = Reader::new("test");
        for payload in [
            r#"{"error":{"message":"you asked: secret words","code":"bad"}}"#.to_owned(),
            "secret words".repeat(100),
            format!(r#"{{"error":{{"code":"{}"}}}}"#, "c".repeat(9_999)),
        ] {
            let error = reader.read(&payload, &mut String::new()).unwrap_err();
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains("secret") && shown.len() < 400, "{shown}");
        }
    }
}

//! Reader: the payloads of an answer, as each provider sends them.
//!
//! Enters: payloads, one JSON text each. Leaves: words, calls of the tool, what was used, and how the answer ended. Never
//! here: sockets, a model's thoughts among its words (`reasoning_content` and `<think>…</think>` are dropped), or a
//! provider's message, which may repeat words.

use std::{fmt, mem};

use serde_json::Value;

use super::{
    AnswerError,
    dialect::{Dialect, Shape},
    think::Think,
    tool_calls::{Call, Calls},
};

mod chat;
mod faults;
mod messages;

/// The payload that closes a stream.
pub const DONE: &str = "[DONE]";

/// Most thoughts kept to be given back, bytes.
const THOUGHTS: usize = 64 * 1024;

/// How an answer ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Finish {
    /// The model had said all.
    Stop,
    /// The token limit was reached.
    Length,
}

/// What an answer came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// Words, as far as they went.
    Said(Finish),
    /// The model asks its tool before it goes on.
    Asked(Vec<Call>),
}

/// What an answer cost, in tokens, as far as the provider tells.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Read by the model: instructions, history, question, what the tool said.
    pub read: u64,
    /// Written by it, thoughts included.
    pub written: u64,
}

impl Usage {
    /// Both together with `other`.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            written: self.written.saturating_add(other.written),
        }
    }
}

/// Reads the payloads of one answer.
pub struct Reader {
    endpoint: String,
    dialect: &'static Dialect,
    think: Think,
    finish: Option<Finish>,
    calls: Calls,
    thoughts: String,
    usage: Usage,
}

/// Without the text: words stay out of logs.
impl fmt::Debug for Reader {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reader")
            .field("endpoint", &self.endpoint)
            .field("finish", &self.finish)
            .field("usage", &self.usage)
            .finish_non_exhaustive()
    }
}

impl Reader {
    /// A reader of what `endpoint` sends in `dialect`; its name is for error messages.
    #[must_use]
    pub fn new(endpoint: &str, dialect: &'static Dialect) -> Self {
        Self {
            endpoint: endpoint.to_owned(),
            dialect,
            think: Think::default(),
            finish: None,
            calls: Calls::default(),
            thoughts: String::new(),
            usage: Usage::default(),
        }
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
        match self.dialect.shape() {
            Shape::Chat => self.chat(chunk, out),
            Shape::Messages => self.messages(chunk, out),
        }
    }

    /// Ends the answer: appends what was held back to `out` and tells what it came to.
    ///
    /// # Errors
    /// [`AnswerError::CutOff`] where the stream ended before the answer did, [`AnswerError::ToolCall`] where the model
    /// called its tool among its words.
    pub fn finish(&mut self, out: &mut String) -> Result<End, AnswerError> {
        self.think.finish(out);
        let finish = self.finish.ok_or_else(|| self.cut_off())?;
        if self.calls.is_empty() && self.think.called() {
            return Err(AnswerError::ToolCall { endpoint: self.endpoint.clone() });
        }
        let calls = mem::take(&mut self.calls);
        // Calls cut by the token limit are no calls.
        if calls.is_empty() || finish == Finish::Length {
            return Ok(End::Said(finish));
        }
        Ok(End::Asked(calls.finish(self.dialect.id_length)))
    }

    /// Whether the model has ended its answer; only usage may still come.
    #[must_use]
    pub const fn has_ended(&self) -> bool {
        self.finish.is_some()
    }

    /// What was used, as far as it was told.
    #[must_use]
    pub const fn usage(&self) -> Usage {
        self.usage
    }

    /// The thoughts, where the dialect wants them back.
    #[must_use]
    pub fn thoughts(&self) -> &str {
        &self.thoughts
    }

    fn think(&mut self, thought: &str) {
        if self.dialect.thoughts_back && self.thoughts.len() + thought.len() <= THOUGHTS {
            self.thoughts.push_str(thought);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{answer::dialect, policy::Backend};

    pub(super) fn reader(backend: Backend) -> Reader {
        Reader::new("test", dialect::of(backend).unwrap())
    }

    /// The words, and how it ended.
    pub(super) fn read(payloads: &[&str]) -> (String, Result<End, &'static str>) {
        read_as(Backend::OpenAi, payloads)
    }

    fn read_as(backend: Backend, payloads: &[&str]) -> (String, Result<End, &'static str>) {
        use crate::flow::Remedy;
        let mut reader = reader(backend);
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
            assert_eq!(read(payloads), ("你好".to_owned(), Ok(End::Said(Finish::Stop))), "{name}");
        }
    }

    #[test]
    fn a_call_of_the_tool_ends_an_answer_whatever_the_reason_says() {
        for reason in ["tool_calls", "stop", "function_call"] {
            let call = r#"{"choices":[{"delta":{"content":"Let me see.","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]}}]}"#;
            let end = format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"{reason}"}}]}}"#);
            let (words, end) = read(&[call, &end]);
            let Ok(End::Asked(calls)) = end else { panic!("{end:?}") };
            assert_eq!((words.as_str(), calls[0].name.as_str()), ("Let me see.", "f"));
        }
        let cut = r#"{"choices":[{"delta":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]},"finish_reason":"length"}]}"#;
        assert_eq!(read(&[cut]).1, Ok(End::Said(Finish::Length)));
        let many = format!(
            r#"{{"choices":[{{"delta":{{"tool_calls":[{{"function":{{"name":"f","arguments":"{}"}}}}]}}}}]}}"#,
            "x".repeat(20_000)
        );
        assert_eq!(read(&[&many]).1, Err("answer_garbled"));
    }

    #[test]
    fn anthropics_events_are_read() {
        let begin = r#"{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":9,"output_tokens":1}}}"#;
        let text = |text: &str| {
            format!(
                r#"{{"type":"content_block_delta","index":0,"delta":{{"type":"text_delta","text":"{text}"}}}}"#
            )
        };
        let (one, two) = (text("你"), text("好"));
        let end = |reason: &str| {
            format!(
                r#"{{"type":"message_delta","delta":{{"stop_reason":"{reason}"}},"usage":{{"output_tokens":5}}}}"#
            )
        };
        let stop = r#"{"type":"message_stop"}"#;
        let block = r#"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#;
        let ping = r#"{"type":"ping"}"#;
        let thought =
            r#"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}}"#;
        for (reason, want) in [
            ("end_turn", Ok(End::Said(Finish::Stop))),
            ("max_tokens", Ok(End::Said(Finish::Length))),
            ("refusal", Err("content_refused")),
            ("pause_turn", Err("answer_cut_off")),
        ] {
            let end = end(reason);
            let payloads = [begin, ping, thought, block, &one, &two, &end, stop];
            assert_eq!(read_as(Backend::Anthropic, &payloads), ("你好".to_owned(), want), "{reason}");
        }
        assert_eq!(read_as(Backend::Anthropic, &[begin, block, &one]).1, Err("answer_cut_off"));
        let overloaded = r#"{"type":"error","error":{"type":"overloaded_error","message":"secret"}}"#;
        assert_eq!(read_as(Backend::Anthropic, &[begin, overloaded]).1, Err("answer_failed"));

        let call = r#"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t1","name":"f","input":{}}}"#;
        let piece = |json: &str| {
            format!(
                r#"{{"type":"content_block_delta","index":1,"delta":{{"type":"input_json_delta","partial_json":"{json}"}}}}"#
            )
        };
        let (first, second, end) = (piece(r#"{\"x\":"#), piece("1}"), end("tool_use"));
        let mut reader = reader(Backend::Anthropic);
        let mut out = String::new();
        for payload in [begin, block, &one, call, &first, &second, &end, stop] {
            reader.read(payload, &mut out).unwrap();
        }
        let Ok(End::Asked(calls)) = reader.finish(&mut out) else { panic!("no call") };
        assert_eq!((calls[0].id.as_str(), calls[0].arguments.as_str()), ("t1", r#"{"x":1}"#));
        assert_eq!(reader.usage(), Usage { read: 9, written: 5 });

        let whole = r#"{"type":"message","content":[{"type":"text","text":"你好"}],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":2}}"#;
        assert_eq!(read_as(Backend::Anthropic, &[whole]), ("你好".to_owned(), Ok(End::Said(Finish::Stop))));
    }

    #[test]
    fn usage_is_found_wherever_it_comes_and_thoughts_are_kept_only_where_they_are_wanted_back() {
        let tokens = r#"{"prompt_tokens":9,"completion_tokens":2}"#;
        for chunk in [
            format!(r#"{{"choices":[],"usage":{tokens}}}"#),
            format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"stop"}}],"usage":{tokens}}}"#),
            format!(r#"{{"choices":[{{"delta":{{}},"finish_reason":"stop","usage":{tokens}}}]}}"#),
            format!(r#"{{"choices":[],"x_groq":{{"usage":{tokens}}}}}"#),
        ] {
            let mut reader = reader(Backend::OpenAi);
            reader.read(&chunk, &mut String::new()).unwrap();
            reader.read(r#"{"choices":[],"usage":null}"#, &mut String::new()).unwrap();
            assert_eq!(reader.usage(), Usage { read: 9, written: 2 }, "{chunk}");
        }
        let thought = r#"{"choices":[{"delta":{"reasoning_content":"hm","content":null}}]}"#;
        for (backend, kept) in [(Backend::DeepSeek, "hm"), (Backend::DashScope, ""), (Backend::Glm, "")] {
            let mut reader = reader(backend);
            let mut out = String::new();
            reader.read(thought, &mut out).unwrap();
            assert_eq!((reader.thoughts(), out.as_str()), (kept, ""), "{backend:?}");
        }
    }
}

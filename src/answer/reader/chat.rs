//! Chat: the chunks of OpenAI's chat completions.
//!
//! Enters: a chunk. Leaves: what the reader learns of it. Never here: a choice other than the first.

use serde_json::{Map, Value};

use super::{Finish, Reader, Usage};
use crate::{answer::AnswerError, egress::refuses_content};

impl Reader {
    pub(super) fn chat(&mut self, chunk: &Map<String, Value>, out: &mut String) -> Result<bool, AnswerError> {
        self.used(chunk.get("usage"));
        self.used(chunk.get("x_groq").and_then(|groq| groq.get("usage")));
        let choices = chunk.get("choices").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        // One answer was asked for; a choice without index is it.
        let first =
            choices.iter().find(|choice| choice.get("index").and_then(Value::as_u64).unwrap_or(0) == 0);
        if let Some(choice) = first {
            self.used(choice.get("usage"));
            self.choice(choice, out)?;
        }
        Ok(false)
    }

    fn used(&mut self, usage: Option<&Value>) {
        let count = |name: &str| usage.and_then(|usage| usage.get(name)).and_then(Value::as_u64);
        if let (Some(read), Some(written)) = (count("prompt_tokens"), count("completion_tokens")) {
            self.usage = Usage { read, written };
        }
    }

    fn choice(&mut self, choice: &Value, out: &mut String) -> Result<(), AnswerError> {
        // `message` instead of `delta`: a server that does not stream sends the whole answer at once.
        for part in ["delta", "message"].iter().filter_map(|name| choice.get(name)) {
            if let Some(content) = part.get("content") {
                self.content(content, out)?;
            }
            if let Some(thought) = part.get("reasoning_content").and_then(Value::as_str) {
                self.think(thought);
            }
            if let Some(calls) = part.get("tool_calls").and_then(Value::as_array) {
                self.calls.push(calls).map_err(|error| self.too_much(error))?;
            }
            if part.get("refusal").and_then(Value::as_str).is_some_and(|text| !text.is_empty()) {
                return Err(self.content_refused());
            }
        }
        match choice.get("finish_reason").and_then(Value::as_str) {
            None | Some("") => {}
            Some("length" | "max_tokens" | "model_length" | "model_context_window_exceeded") => {
                self.finish = Some(Finish::Length);
            }
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
}

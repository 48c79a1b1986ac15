//! Messages: the events of Anthropic's own interface.
//!
//! Enters: an event; kinds that are not known are skipped, as their documentation asks. Leaves: what the reader learns of
//! it. Never here: thoughts, or what the provider's own tools did.

use serde_json::{Map, Value};

use super::{Finish, Reader};
use crate::{answer::AnswerError, egress::refuses_content};

impl Reader {
    pub(super) fn messages(
        &mut self,
        event: &Map<String, Value>,
        out: &mut String,
    ) -> Result<bool, AnswerError> {
        let index = event.get("index").and_then(Value::as_u64).unwrap_or(0);
        match event.get("type").and_then(Value::as_str) {
            Some("message_start") => {
                self.spent(event.get("message").and_then(|message| message.get("usage")));
            }
            Some("content_block_start") => {
                if let Some(block) = event.get("content_block") {
                    self.block(index, block, out)?;
                }
            }
            Some("content_block_delta") => {
                let delta = event.get("delta");
                let text = |name: &str| delta.and_then(|delta| delta.get(name)).and_then(Value::as_str);
                match text("type") {
                    Some("text_delta") => self.think.push(text("text").unwrap_or_default(), out),
                    Some("input_json_delta") => {
                        let piece = text("partial_json").unwrap_or_default();
                        self.calls.append(index, piece).map_err(|error| self.too_much(error))?;
                    }
                    _ => {}
                }
            }
            Some("message_delta") => {
                self.spent(event.get("usage"));
                self.stop(event.get("delta").and_then(|delta| delta.get("stop_reason")))?;
            }
            Some("message_stop") => {
                self.finish.get_or_insert(Finish::Stop);
                return Ok(true);
            }
            // A whole answer at once, from a server that does not stream.
            Some("message") => {
                self.spent(event.get("usage"));
                let blocks = event.get("content").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
                for (index, block) in (0..).zip(blocks) {
                    self.block(index, block, out)?;
                }
                self.stop(event.get("stop_reason"))?;
            }
            _ => {}
        }
        Ok(false)
    }

    fn block(&mut self, index: u64, block: &Value, out: &mut String) -> Result<(), AnswerError> {
        match block.get("type").and_then(Value::as_str) {
            Some("text") => {
                self.think.push(block.get("text").and_then(Value::as_str).unwrap_or_default(), out);
            }
            Some("tool_use") => self.calls.begin(index, block).map_err(|error| self.too_much(error))?,
            _ => {}
        }
        Ok(())
    }

    fn stop(&mut self, reason: Option<&Value>) -> Result<(), AnswerError> {
        match reason.and_then(Value::as_str) {
            None | Some("") => {}
            Some("max_tokens" | "model_context_window_exceeded") => self.finish = Some(Finish::Length),
            // The provider's own tools were to go on; none was offered.
            Some("pause_turn") => return Err(self.cut_off()),
            Some(reason) if refuses_content(reason) => return Err(self.content_refused()),
            Some(_) => self.finish = Some(Finish::Stop),
        }
        Ok(())
    }

    /// Each event tells what was used until then.
    fn spent(&mut self, usage: Option<&Value>) {
        let count = |name: &str| usage.and_then(|usage| usage.get(name)).and_then(Value::as_u64);
        if let Some(read) = count("input_tokens") {
            let cached =
                ["cache_read_input_tokens", "cache_creation_input_tokens"].into_iter().filter_map(count);
            self.usage.read = cached.fold(read, u64::saturating_add);
        }
        if let Some(written) = count("output_tokens") {
            self.usage.written = written;
        }
    }
}

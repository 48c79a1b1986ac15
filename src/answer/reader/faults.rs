//! Faults: what goes wrong inside an answer that began with 200.
//!
//! Enters: a payload. Leaves: the fault in it, if there is one, in this room's terms. Never here: a provider's message, which
//! may repeat words.

use serde_json::{Map, Value};

use super::Reader;
use crate::{
    answer::{AnswerError, tool_calls::TooMuch},
    egress::{redact::is_code, refuses_content},
};

impl Reader {
    /// An error inside a stream that began with 200: `error` as an object or text, a bare `code` without choices, or
    /// MiniMax's `base_resp`.
    pub(super) fn provider_error(&self, chunk: &Map<String, Value>) -> Result<(), AnswerError> {
        let refused = |name: &str| chunk.get(name).and_then(Value::as_bool).unwrap_or(false);
        if refused("input_sensitive") || refused("output_sensitive") {
            return Err(self.content_refused());
        }
        let word = |value: Option<&Value>| match value {
            Some(Value::String(text)) => Some(text.clone()).filter(|text| !text.is_empty()),
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        let error = chunk.get("error").filter(|error| !error.is_null());
        let words: Vec<String> = match error {
            Some(Value::Object(error)) => {
                ["code", "type", "error_code"].iter().filter_map(|name| word(error.get(*name))).collect()
            }
            Some(_) => Vec::new(),
            None if chunk.get("choices").is_none_or(Value::is_null) => {
                let base = chunk.get("base_resp").and_then(|base| base.get("status_code"));
                let base = word(base).filter(|code| code != "0");
                let bare = ["code", "error_code"].iter().filter_map(|name| word(chunk.get(*name)));
                bare.chain(base).collect()
            }
            None => return Ok(()),
        };
        if words.iter().any(|word| refuses_content(word)) {
            return Err(self.content_refused());
        }
        match words.into_iter().next() {
            Some(code) => Err(self.provider(code)),
            None if error.is_some() => Err(self.provider("unnamed".to_owned())),
            None => Ok(()), // usage alone, a ping: nothing of the answer
        }
    }

    fn provider(&self, code: String) -> AnswerError {
        let code = if is_code(&code) { code } else { "unnamed".to_owned() };
        AnswerError::Provider { endpoint: self.endpoint.clone(), code }
    }

    pub(super) fn garbled(&self, detail: String) -> AnswerError {
        AnswerError::Garbled { endpoint: self.endpoint.clone(), detail }
    }

    pub(super) fn cut_off(&self) -> AnswerError {
        AnswerError::CutOff { endpoint: self.endpoint.clone() }
    }

    pub(super) fn content_refused(&self) -> AnswerError {
        AnswerError::ContentRefused { endpoint: self.endpoint.clone() }
    }

    pub(super) fn too_much(&self, _: TooMuch) -> AnswerError {
        self.garbled("it asks for more of its tool than fits one answer".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        answer::reader::{
            End, Finish,
            tests::{read, reader},
        },
        policy::Backend,
    };

    #[test]
    fn an_answer_that_did_not_end_well_says_how() {
        let word = r#"{"choices":[{"delta":{"content":"Hi"}}]}"#;
        for (payload, want) in [
            (r#"{"choices":[{"delta":{},"finish_reason":"length"}]}"#, Ok(End::Said(Finish::Length))),
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
                r#"{"choices":[{"delta":{},"finish_reason":"content_filter: SAFETY"}]}"#,
                Err("content_refused"),
            ),
            (r#"{"choices":null,"base_resp":{"status_code":1027,"status_msg":"x"}}"#, Err("content_refused")),
            (r#"{"choices":[],"output_sensitive":true}"#, Err("content_refused")),
            (r#"{"choices":null,"base_resp":{"status_code":1008,"status_msg":"x"}}"#, Err("answer_failed")),
            (r#"{"type":"ping"}"#, Err("answer_cut_off")),
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
        let mut reader = reader(Backend::OpenAi);
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

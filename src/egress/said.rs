//! Said: the code that an endpoint gave with its no.
//!
//! Enters: the start of an error's body, or a payload, in any of the shapes in use; what was sent. Leaves: the code that was
//! [`Said`], and whether it may be shown. Never here: a foreign message, which may echo the user's words or the key in any
//! form (a part of them, escaped, in another case).

use std::fmt;

use serde_json::Value;

use crate::egress::{codes::refuses_content, redact::is_code};

/// The code an endpoint gave for its refusal, if it gave one. Its message is never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    pub(super) code: Option<Code>,
    /// The HTTP status repeated in the words, all there is of one in an answer that began with 200.
    status: Option<u16>,
}

#[derive(Clone, PartialEq, Eq)]
pub(super) struct Code {
    pub(super) text: String,
    /// Whether it may be shown: it is no echo of what was sent.
    plain: bool,
}

impl Said {
    /// The endpoint's code, where it can be shown.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_ref().filter(|code| code.plain).map(|code| code.text.as_str())
    }

    /// The status the endpoint would have answered with, had it not already begun.
    pub(super) const fn status(&self) -> Option<u16> {
        self.status
    }

    pub(super) fn read(body: &[u8], scrub: &Scrub) -> Self {
        serde_json::from_slice(body).map_or_else(|_| Self::default(), |value| Self::from_value(&value, scrub))
    }

    /// The fault in a payload sent under status 200, if it is one: an `error`, or a bare code where the answer's
    /// choices should be.
    pub(super) fn in_payload(payload: &str, scrub: &Scrub) -> Option<Self> {
        let answer = payload.contains("\"choices\"");
        if !payload.contains("\"error\"") && (answer || !payload.contains("code\"")) {
            return None; // spares nearly every payload a second parse
        }
        let value: Value = serde_json::from_str(payload).ok()?;
        let fault = match value.get("error") {
            Some(Value::Object(_) | Value::String(_)) => true,
            // A `type` alone is no fault: each event of Anthropic's has one.
            None | Some(Value::Null) => {
                let bare = ["code", "error_code"].iter().any(|name| !value[name].is_null());
                !answer && bare && Self::from_value(&value, scrub).code.is_some()
            }
            Some(_) => false,
        };
        fault.then(|| Self::from_value(&value, scrub))
    }

    fn from_value(value: &Value, scrub: &Scrub) -> Self {
        let value = value.get(0).unwrap_or(value); // Gemini wraps its error in a list
        let inner = value.get("error").filter(|e| !e.is_null()).unwrap_or(value);
        let field = |name: &str| match inner.get(name)? {
            Value::String(text) => Some(text.clone()).filter(|text| is_code(text)),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let status = |code: &String| code.parse().ok().filter(|n: &u16| (100..600).contains(n));
        // llama.cpp and LiteLLM repeat the HTTP status as the code; LiteLLM writes "None" for what it does not know.
        let (statuses, codes): (Vec<String>, Vec<String>) = ["code", "type", "status", "error_code"]
            .into_iter()
            .filter_map(field)
            .filter(|code| code != "None")
            .partition(|code| status(code).is_some());
        let refusing = codes.iter().find(|code| refuses_content(code));
        let text = refusing.or(codes.first()).cloned();
        Self {
            code: text.map(|text| Code { plain: !scrub.echoes(&text), text }),
            status: statuses.iter().find_map(status).filter(|status| *status >= 400),
        }
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.plain { &self.text } else { "…" })
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.code().map_or(Ok(()), |code| write!(f, " ({code})"))
    }
}

/// What must not come back as a code, for an English word or a key has a code's form too: the words that were sent, and
/// the key. Only letters and digits count, in lower case.
pub(super) struct Scrub {
    words: Vec<String>,
    key: Option<String>,
}

impl Scrub {
    /// For the request `body`, sent with `key`. The system's own message holds nothing of the user's.
    pub(super) fn new(body: &Value, key: Option<&str>) -> Self {
        let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let users = messages.iter().filter(|m| m.get("role").and_then(Value::as_str) != Some("system"));
        let mut texts = Vec::new();
        users.filter_map(|m| m.get("content")).for_each(|content| leaves(content, &mut texts));
        Self::of(&texts, key)
    }

    /// For the request `body`, sent with `key`, of which every text may be the user's.
    pub(super) fn whole(body: &Value, key: Option<&str>) -> Self {
        let (mut texts, mut left) = (Vec::new(), vec![body]);
        while let Some(value) = left.pop() {
            match value {
                Value::String(text) => texts.push(text.as_str()),
                Value::Array(parts) => left.extend(parts),
                Value::Object(fields) => left.extend(fields.values()),
                Value::Null | Value::Bool(_) | Value::Number(_) => {}
            }
        }
        Self::of(&texts, key)
    }

    fn of(texts: &[&str], key: Option<&str>) -> Self {
        let words = texts.iter().map(|text| letters(text)).filter(|words| !words.is_empty());
        Self { words: words.collect(), key: key.map(letters) }
    }

    /// Whether `code` repeats what was sent, or a part of it.
    fn echoes(&self, code: &str) -> bool {
        let code = letters(code);
        // Three signs of a key are in many a code, and tell nothing.
        let of_key = |key: &String| code.contains(key) || code.len() > 3 && key.contains(&code);
        self.words.iter().any(|words| words.contains(&code) || code.contains(words))
            || self.key.as_ref().is_some_and(of_key)
    }
}

/// Every text in `content`, which is one, or a list of parts with texts, tools' results among them.
fn leaves<'a>(content: &'a Value, texts: &mut Vec<&'a str>) {
    match content {
        Value::String(text) => texts.push(text),
        Value::Array(parts) => parts.iter().for_each(|part| leaves(part, texts)),
        Value::Object(part) => {
            let said = part.iter().filter(|(name, _)| matches!(name.as_str(), "text" | "content" | "input"));
            said.for_each(|(_, value)| leaves(value, texts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn letters(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// What `words` were sent with.
    fn sent(words: &str) -> Scrub {
        let system = "Answer in spoken sentences. invalid_api_key";
        let messages = json!([{ "role": "system", "content": system }, { "role": "user", "content": words }]);
        Scrub::new(&json!({ "messages": messages }), Some("sk-AbCd-12345"))
    }

    #[test]
    fn every_shape_of_error_body_is_read_for_its_code() {
        for (body, shown) in [
            (r#"{"error":{"code":"invalid_api_key","message":"no"}}"#, " (invalid_api_key)"),
            (r#"{"error":{"code":null,"type":"auth","message":"no"}}"#, " (auth)"),
            (r#"{"error":"model not found"}"#, ""),
            (r#"{"code":"Arrearage","message":"pay","request_id":"1"}"#, " (Arrearage)"),
            (r#"{"error_code":17,"error_msg":"m"}"#, " (17)"),
            (r#"[{"error":{"code":400,"message":"place"}}]"#, ""),
            (r#"{"error":{"code":"400","type":"None","message":"no model"}}"#, ""),
            (r#"{"error":{"code":400,"type":"exceed_context_size_error"}}"#, " (exceed_context_size_error)"),
            (r#"{"error":{"code":1301,"message":"no"}}"#, " (1301)"),
            (r#"{"detail":"Invalid API key"}"#, ""),
            (r#"{"detail":[{"input":"my words"}]}"#, ""),
            ("plain\r\nwords", ""),
            ("<html>busy</html>", ""),
            ("", ""),
        ] {
            assert_eq!(Said::read(body.as_bytes(), &sent("why")).to_string(), shown, "{body}");
        }
    }

    #[test]
    fn no_echo_of_words_or_key_is_shown_in_any_form() {
        for (words, body) in [
            ("my secret plan", r#"{"error":{"message":"'my secret plan' refused for sk-AbCd-12345"}}"#),
            ("my secret plan", r#"{"error":"the SECRET part of it"}"#),
            ("my secret plan", r#"{"error":{"code":"secret","message":"no"}}"#),
            ("my secret plan", r#"{"error":{"code":"My-Secret.Plan","type":"x"}}"#),
            ("my secret plan", r#"{"error":{"code":"refused:my_secret_plan"}}"#),
            ("my \"secret\"\nplan", r#"{"error":{"message":"my \\\"secret\\\"\\nplan"}}"#),
            ("几点了", r#"{"error":{"code":"几点了","message":"几点了"}}"#),
            ("几点了", r#"{"error":{"code":"\u51e0\u70b9","message":"\u51e0\u70b9\u4e86"}}"#),
            ("几点了", "不懂：几点"),
            ("hi", r#"{"error":{"code":"error-hi"}}"#),
            ("why", r#"{"error":{"code":"sk-AbCd-12345"}}"#),
            ("why", r#"{"error":{"code":"ABCD-123"}}"#),
            ("why", r#"{"error":{"code":"a sentence of its own"}}"#),
        ] {
            let said = Said::read(body.as_bytes(), &sent(words));
            assert_eq!((said.to_string().as_str(), said.code()), ("", None), "{body}");
            let debug = format!("{said:?}").to_lowercase();
            assert!(!["secret", "几", "hi", "abcd"].iter().any(|part| debug.contains(part)), "{debug}");
        }
    }

    #[test]
    fn of_a_message_no_text_comes_back_wherever_it_stands() {
        let message =
            json!({ "method": "tools/call", "params": { "arguments": { "a": [{ "to": "My Aunt" }] } } });
        let scrub = Scrub::whole(&message, Some("sk-AbCd-12345"));
        for (code, shown) in
            [("my_aunt", ""), ("aunt", ""), ("abcd-12345", ""), ("invalid_token", " (invalid_token)")]
        {
            let body = json!({ "error": { "code": code } }).to_string();
            assert_eq!(Said::read(body.as_bytes(), &scrub).to_string(), shown, "{code}");
        }
    }

    #[test]
    fn a_status_inside_an_answer_counts_as_one() {
        for (payload, status) in [
            (r#"{"error":{"code":500,"message":"m","type":"server_error"}}"#, Some(500)),
            (r#"{"error":{"code":"429"}}"#, Some(429)),
            (r#"{"error":{"code":200}}"#, None),
            (r#"{"error":{"code":"1301"}}"#, None),
        ] {
            let said = Said::in_payload(payload, &sent("why")).unwrap();
            assert_eq!(said.status(), status, "{payload}");
        }
    }

    #[test]
    fn only_a_fault_in_a_payload_is_a_fault() {
        for (payload, fault) in [
            (r#"{"error":{"code":"1301"}}"#, true),
            (r#"{"code":"Arrearage","message":"pay"}"#, true),
            (r#"{"error_code":17}"#, true),
            (r#"{"error":null,"choices":[]}"#, false),
            (r#"{"usage":{},"code":null}"#, false),
            (r#"{"choices":[{"delta":{"content":"an \"error\""}}]}"#, false),
            (r#"{"choices":[{"delta":{"content":"a \"code\""}}],"code":0}"#, false),
            (r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"code"}}"#, false),
            (r#"{"type":"content_block_delta","delta":{"type":"text_delta","text":"error"}}"#, false),
            (r#"{"type":"error","error":{"type":"overloaded_error","message":"m"}}"#, true),
        ] {
            assert_eq!(Said::in_payload(payload, &sent("why")).is_some(), fault, "{payload}");
        }
    }
}

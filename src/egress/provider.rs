//! Provider: what an endpoint says when it says no.
//!
//! Enters: a status and the start of an error's body, in any of the shapes in use. Leaves: a [`Denial`] and the code
//! that was [`Said`]. Never here: a foreign message, which may echo the user's words or the key in any form (a part of
//! them, escaped, in another case), or a decision taken on one.

use std::{fmt, time::Duration};

use serde_json::Value;

use crate::{
    egress::{
        codes::{Meaning, meaning, refuses_content},
        redact::is_code,
    },
    policy::EndpointId,
};

/// What a refusing status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// 401: the key is wrong, or belongs to another region.
    Unauthorised,
    /// 401, and no key was sent: a server on this machine that was started with one.
    KeyWanted,
    /// 403: this account, or this place, may not.
    Forbidden,
    /// A code of its own: it does not serve the place where this machine is.
    Place,
    /// 404: no such model or path; 405 and 501: a server of something else.
    NotFound,
    /// 429: too many requests, or no quota left; how long to wait, if said.
    RateLimited(Option<Duration>),
    /// 416: the file has no such part.
    Range,
    /// 5xx: the endpoint itself failed.
    Failed,
    /// 503 and 529 with a time: the endpoint has too much to do until then.
    Busy(Duration),
    /// 413, or a code of its own: more than the model's context holds.
    TooLong,
    /// Refused for its content; not to be asked of anybody else.
    Content,
    /// Any other status: the request is not to its liking.
    Rejected,
}

/// The longest wait for one more try; beyond it a user who speaks has turned away.
const SHORT: Duration = Duration::from_secs(3);

impl Denial {
    pub(super) fn of(status: u16, said: &Said, key_sent: bool, retry_after: Option<Duration>) -> Self {
        let code = said.code.as_ref().and_then(|code| meaning(&code.text));
        match (status, code) {
            (_, Some(Meaning::Content)) => Self::Content,
            (_, Some(Meaning::Place)) => Self::Place,
            (_, Some(Meaning::TooLong)) => Self::TooLong,
            (_, Some(Meaning::TooMany)) => Self::RateLimited(retry_after),
            (_, Some(Meaning::Missing)) => Self::NotFound,
            // Under a status of its own a failure's word is vaguer than the status.
            (200..=299, Some(Meaning::Failed)) => Self::Failed,
            (status, _) => Self::of_status(status, key_sent, retry_after),
        }
    }

    const fn of_status(status: u16, key_sent: bool, retry_after: Option<Duration>) -> Self {
        match status {
            401 if key_sent => Self::Unauthorised,
            401 => Self::KeyWanted,
            403 => Self::Forbidden,
            404 | 405 | 501 => Self::NotFound,
            413 => Self::TooLong,
            416 => Self::Range,
            429 => Self::RateLimited(retry_after),
            500..=599 => match (status, retry_after) {
                (503 | 529, Some(wait)) => Self::Busy(wait),
                _ => Self::Failed,
            },
            _ => Self::Rejected,
        }
    }

    /// How long to wait before asking once more, where that costs the user less than being asked to do so: a little while
    /// that the endpoint itself named.
    #[must_use]
    pub fn worth_waiting(self) -> Option<Duration> {
        match self {
            Self::RateLimited(Some(wait)) | Self::Busy(wait) => Some(wait).filter(|wait| *wait <= SHORT),
            _ => None,
        }
    }

    /// The stable word for it.
    #[must_use]
    pub const fn kind(self) -> &'static str {
        match self {
            Self::Unauthorised => "endpoint_unauthorised",
            Self::KeyWanted => "endpoint_wants_key",
            Self::Forbidden => "endpoint_forbidden",
            Self::Place => "endpoint_place_refused",
            Self::NotFound => "endpoint_not_found",
            Self::RateLimited(_) => "endpoint_rate_limited",
            Self::Range => "range_not_satisfiable",
            Self::Failed => "endpoint_failed",
            Self::Busy(_) => "endpoint_busy",
            Self::TooLong => "endpoint_context_exceeded",
            Self::Content => "endpoint_content_refused",
            Self::Rejected => "endpoint_rejected",
        }
    }

    pub(super) fn remedy(self, endpoint: &EndpointId) -> String {
        match self {
            Self::Unauthorised => {
                format!("check the key for {endpoint}; those of hosted endpoints are bound to a region")
            }
            Self::KeyWanted => set_key(endpoint),
            Self::Forbidden => format!(
                "{endpoint} does not serve this account or place; choose another endpoint of your region"
            ),
            Self::Place => format!(
                "{endpoint} is not asked again here; set up another endpoint of your region, and `mynah region set` with \
                 your region lets it be asked again"
            ),
            Self::NotFound => format!(
                "check the model's name and the URL of {endpoint}; a local server must have the model already"
            ),
            Self::RateLimited(Some(wait)) | Self::Busy(wait) => {
                format!("wait {:.0} s, then ask again", wait.as_secs_f32().ceil())
            }
            Self::RateLimited(None) => "wait a moment, or check the account's quota and balance".to_owned(),
            Self::Range => "remove the partial file and fetch from the start".to_owned(),
            Self::Failed => "ask again in a moment; the fault is the endpoint's".to_owned(),
            Self::TooLong => {
                format!(
                    "give the server of {endpoint} a larger context, or lower answer.longest_reply_tokens"
                )
            }
            Self::Content => "put it in other words".to_owned(),
            Self::Rejected => format!(
                "check the model's name and the account's balance; {endpoint} explains the code in its documentation \
                 and its own log"
            ),
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthorised => "the key was not accepted",
            Self::KeyWanted => "it needs a key and none is set",
            Self::Forbidden => "access was refused",
            Self::Place => "it does not serve this place",
            Self::NotFound => "no such model or path",
            Self::RateLimited(_) => "too many requests",
            Self::Range => "the file has no such part",
            Self::Failed => "it failed",
            Self::Busy(_) => "it is too busy",
            Self::TooLong => "its context does not hold that much",
            Self::Content => "the content was refused",
            Self::Rejected => "the request was rejected",
        })
    }
}

/// How a key for `endpoint` is set.
pub(super) fn set_key(endpoint: &EndpointId) -> String {
    let variable = endpoint.key_variable();
    format!(
        "set a key for {endpoint}: run `mynah key set {endpoint}`, or set {variable}, or key_file under \
         [endpoint.{endpoint}]"
    )
}

/// The code an endpoint gave for its refusal, if it gave one. Its message is never kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Said {
    code: Option<Code>,
    /// The HTTP status repeated in the words, all there is of one in an answer that began with 200.
    status: Option<u16>,
}

#[derive(Clone, PartialEq, Eq)]
struct Code {
    text: String,
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
        let words = texts.into_iter().map(letters).filter(|words| !words.is_empty());
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
    fn a_code_decides_before_the_status_even_where_it_is_not_shown() {
        let denial = |status, code: &str, words: &str| {
            let body = json!({ "error": { "code": code } }).to_string();
            Denial::of(status, &Said::read(body.as_bytes(), &sent(words)), true, None)
        };
        assert_eq!(denial(400, "data_inspection_failed", "why"), Denial::Content);
        let both = Said::read(br#"{"error":{"type":"unsafe_request","code":"x"}}"#, &sent("why"));
        assert_eq!(Denial::of(400, &both, true, None), Denial::Content);
        assert_eq!(denial(400, "1301", "what is 1301"), Denial::Content);
        assert_eq!(denial(200, "rpm_rate_limit_exceeded", "why"), Denial::RateLimited(None));
        assert_eq!(denial(400, "exceed_context_size_error", "why"), Denial::TooLong);
        assert_eq!(denial(400, "model_not_found", "why"), Denial::NotFound);
        assert_eq!(denial(402, "x", "why"), Denial::Rejected);
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
    fn a_server_that_wants_a_key_says_so_where_none_was_sent() {
        let of = |key_sent| Denial::of(401, &Said::default(), key_sent, None);
        assert_eq!((of(true), of(false)), (Denial::Unauthorised, Denial::KeyWanted));
        let remedy = of(false).remedy(&EndpointId::from("my-own"));
        assert!(remedy.contains("MYNAH_KEY_MY_OWN, or key_file under [endpoint.my-own]"), "{remedy}");
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
        let overloaded = Said::in_payload(r#"{"error":{"type":"overloaded_error"}}"#, &sent("why")).unwrap();
        assert_eq!(Denial::of(200, &overloaded, true, None), Denial::Failed);
    }
}

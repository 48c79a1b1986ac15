//! Provider: what an endpoint says when it says no.
//!
//! Enters: a status and the start of an error's body, in any of the shapes in use. Leaves: a [`Denial`] and what was
//! [`Said`], cleaned. Never here: the user's words or the key echoed back, or a decision taken on a message's text.

use std::{fmt, time::Duration};

use serde_json::Value;

use crate::{egress::redact, policy::EndpointId};

/// What a refusing status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denial {
    /// 401: the key is wrong, or belongs to another region.
    Unauthorised,
    /// 401, and no key was sent: a server on this machine that was started with one.
    KeyWanted,
    /// 403: this account, or this place, may not.
    Forbidden,
    /// 404: no such model or path; 405 and 501: a server of something else.
    NotFound,
    /// 429: too many requests, or no quota left; how long to wait, if said.
    RateLimited(Option<Duration>),
    /// 416: the file has no such part.
    Range,
    /// 5xx: the endpoint itself failed.
    Failed,
    /// 413, or a code of its own: more than the model's context holds.
    TooLong,
    /// Refused for its content; not to be asked of anybody else.
    Content,
    /// Any other status: the request is not to its liking.
    Rejected,
}

/// Codes that mean "refused for its content" (DashScope, Moonshot, GLM, Qianfan, OpenAI and Azure).
const CONTENT: [&str; 7] = [
    "data_inspection_failed",
    "datainspectionfailed",
    "content_filter",
    "content_policy_violation",
    "1301",
    "unsafe_request",
    "sensitive",
];

/// Codes that mean "more than the context holds" (OpenAI and those like it, llama.cpp).
const TOO_LONG: [&str; 2] = ["context_length_exceeded", "exceed_context_size_error"];

/// Codes that mean "too many", which Qianfan's samples show under status 200.
const TOO_MANY: [&str; 3] = ["rpm_rate_limit_exceeded", "tpm_rate_limit_exceeded", "rate_limit_exceeded"];

impl Denial {
    pub(super) fn of(status: u16, said: &Said, key_sent: bool, retry_after: Option<Duration>) -> Self {
        let code = said.code.as_deref().unwrap_or_default().to_ascii_lowercase();
        match status {
            _ if CONTENT.contains(&code.as_str()) => Self::Content,
            _ if TOO_LONG.contains(&code.as_str()) => Self::TooLong,
            _ if TOO_MANY.contains(&code.as_str()) => Self::RateLimited(retry_after),
            401 if key_sent => Self::Unauthorised,
            401 => Self::KeyWanted,
            403 => Self::Forbidden,
            404 | 405 | 501 => Self::NotFound,
            413 => Self::TooLong,
            416 => Self::Range,
            429 => Self::RateLimited(retry_after),
            500..=599 => Self::Failed,
            _ => Self::Rejected,
        }
    }

    pub(super) const fn kind(self) -> &'static str {
        match self {
            Self::Unauthorised => "endpoint_unauthorised",
            Self::KeyWanted => "endpoint_wants_key",
            Self::Forbidden => "endpoint_forbidden",
            Self::NotFound => "endpoint_not_found",
            Self::RateLimited(_) => "endpoint_rate_limited",
            Self::Range => "range_not_satisfiable",
            Self::Failed => "endpoint_failed",
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
            Self::NotFound => format!(
                "check the model's name and the URL of {endpoint}; a local server must have the model already"
            ),
            Self::RateLimited(Some(wait)) => format!("wait {} s, then ask again", wait.as_secs()),
            Self::RateLimited(None) => "wait a moment, or check the account's quota and balance".to_owned(),
            Self::Range => "remove the partial file and fetch from the start".to_owned(),
            Self::Failed => "ask again in a moment; the fault is the endpoint's".to_owned(),
            Self::TooLong => {
                format!(
                    "give the server of {endpoint} a larger context, or lower answer.longest_reply_tokens"
                )
            }
            Self::Content => "put it in other words".to_owned(),
            Self::Rejected => {
                "check the model's name and the account's balance; the endpoint's words say more".to_owned()
            }
        }
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unauthorised => "the key was not accepted",
            Self::KeyWanted => "it needs a key and none is set",
            Self::Forbidden => "access was refused",
            Self::NotFound => "no such model or path",
            Self::RateLimited(_) => "too many requests",
            Self::Range => "the file has no such part",
            Self::Failed => "it failed",
            Self::TooLong => "its context does not hold that much",
            Self::Content => "the content was refused",
            Self::Rejected => "the request was rejected",
        })
    }
}

/// How a key for `endpoint` is set.
pub(super) fn set_key(endpoint: &EndpointId) -> String {
    let variable = endpoint.as_str().to_ascii_uppercase().replace('-', "_");
    format!("set a key for {endpoint}: MYNAH_KEY_{variable}, or key_file under [endpoint.{endpoint}]")
}

/// An endpoint's own code and message. `Debug` shows the code only: a message may repeat what was sent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Said {
    code: Option<String>,
    message: String,
}

impl Said {
    /// The endpoint's code, if it gave one.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    pub(super) fn read(body: &[u8], scrub: &Scrub) -> Self {
        let text = String::from_utf8_lossy(body);
        match serde_json::from_str::<Value>(&text) {
            Ok(value) => Self::from_value(&value, scrub),
            Err(_) if text.trim_start().starts_with('<') => Self::default(), // a web page says nothing useful
            Err(_) => Self { code: None, message: scrub.clean(&text) },
        }
    }

    /// The fault in a payload sent under status 200, if it is one.
    pub(super) fn in_payload(payload: &str, scrub: &Scrub) -> Option<Self> {
        if !payload.contains("\"error\"") {
            return None; // spares nearly every payload a second parse
        }
        let value: Value = serde_json::from_str(payload).ok()?;
        let fault = matches!(value.get("error"), Some(Value::Object(_) | Value::String(_)));
        fault.then(|| Self::from_value(&value, scrub))
    }

    fn from_value(value: &Value, scrub: &Scrub) -> Self {
        let value = value.get(0).unwrap_or(value); // Gemini wraps its error in a list
        let inner = value.get("error").filter(|e| !e.is_null()).unwrap_or(value);
        let plain = |v: &Value| match v {
            Value::String(text) => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        let field = |name: &str| inner.get(name).and_then(plain).filter(|text| !text.is_empty());
        // llama.cpp and LiteLLM repeat the HTTP status as the code; LiteLLM writes "None" for what it does not know.
        let tells =
            |code: &String| code != "None" && !code.parse().is_ok_and(|n: u16| (100..600).contains(&n));
        let code = field("code").filter(tells).or_else(|| field("type").filter(tells));
        let code = code.map(|code| redact::line(&code, 60));
        // `detail` is FastAPI's; where it is a list it repeats what was sent, and is left.
        let message =
            plain(inner).or_else(|| field("message")).or_else(|| field("detail")).unwrap_or_default();
        Self { code, message: scrub.clean(&message) }
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Said({:?}, {} chars)", self.code, self.message.chars().count())
    }
}

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.code, self.message.as_str()) {
            (None, "") => Ok(()),
            (None, message) => write!(f, ": {message}"),
            (Some(code), "") => write!(f, " ({code})"),
            (Some(code), message) => write!(f, " ({code}): {message}"),
        }
    }
}

/// What must not come back in a message: the words that were sent, and the key.
pub(super) struct Scrub(Vec<String>);

impl Scrub {
    pub(super) fn new(body: &Value, key: Option<&str>) -> Self {
        let messages = body.get("messages").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let contents = messages.iter().filter_map(|m| m.get("content").and_then(Value::as_str));
        // Two or three letters are in any message; replacing them would only make it unreadable.
        let hidden = contents.chain(key).filter(|text| text.chars().count() > 3).map(str::to_owned);
        Self(hidden.collect())
    }

    fn clean(&self, text: &str) -> String {
        let text = self.0.iter().fold(text.to_owned(), |text, hidden| text.replace(hidden, "…"));
        redact::line(&text, 300)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_shape_of_error_body_is_read() {
        let scrub = Scrub::new(&json!({}), None);
        for (body, shown) in [
            (r#"{"error":{"code":"invalid_api_key","message":"no"}}"#, " (invalid_api_key): no"),
            (r#"{"error":{"code":null,"type":"auth","message":"no"}}"#, " (auth): no"),
            (r#"{"error":"model not found"}"#, ": model not found"),
            (r#"{"code":"Arrearage","message":"pay","request_id":"1"}"#, " (Arrearage): pay"),
            (r#"[{"error":{"code":400,"message":"place"}}]"#, ": place"),
            (r#"{"error":{"code":"400","type":"None","message":"no model"}}"#, ": no model"),
            (r#"{"error":{"code":400,"type":"exceed_context_size_error"}}"#, " (exceed_context_size_error)"),
            (r#"{"error":{"code":1301,"message":"no"}}"#, " (1301): no"),
            (r#"{"detail":"Invalid API key"}"#, ": Invalid API key"),
            (r#"{"detail":[{"input":"my words"}]}"#, ""),
            ("plain\r\nwords", ": plain words"),
            ("<html>busy</html>", ""),
            ("", ""),
        ] {
            assert_eq!(Said::read(body.as_bytes(), &scrub).to_string(), shown, "{body}");
        }
    }

    #[test]
    fn words_and_keys_do_not_come_back() {
        let body = json!({"messages": [{"role": "user", "content": "my secret plan"}]});
        let scrub = Scrub::new(&body, Some("sk-12345"));
        let said = Said::read(br#"{"error":{"message":"'my secret plan' refused for sk-12345"}}"#, &scrub);
        assert_eq!(said.to_string(), ": '…' refused for …");
        assert!(!format!("{said:?}").contains("refused"));
    }

    #[test]
    fn a_code_decides_before_the_status() {
        let said = |code: &str| Said { code: Some(code.to_owned()), message: String::new() };
        assert_eq!(Denial::of(400, &said("data_inspection_failed"), true, None), Denial::Content);
        assert_eq!(Denial::of(200, &said("rpm_rate_limit_exceeded"), true, None), Denial::RateLimited(None));
        assert_eq!(Denial::of(402, &said("x"), true, None), Denial::Rejected);
        assert_eq!(Denial::of(400, &said("exceed_context_size_error"), true, None), Denial::TooLong);
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
        let scrub = Scrub::new(&json!({}), None);
        assert!(Said::in_payload(r#"{"error":{"code":"1301"}}"#, &scrub).is_some());
        assert!(Said::in_payload(r#"{"error":null,"choices":[]}"#, &scrub).is_none());
        assert!(Said::in_payload(r#"{"choices":[{"delta":{"content":"an \"error\""}}]}"#, &scrub).is_none());
    }
}

//! Denial: what an endpoint's no means.
//!
//! Enters: a status, the code that was [`Said`], how long to wait. Leaves: a [`Denial`] with its remedy. Never here: a
//! decision taken on a foreign message.

use std::{fmt, time::Duration};

use crate::{
    egress::{
        Said,
        codes::{Meaning, meaning},
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::egress::said::Scrub;

    fn sent(words: &str) -> Scrub {
        Scrub::new(&json!({ "messages": [{ "role": "user", "content": words }] }), None)
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
        assert_eq!(denial(200, "overloaded_error", "why"), Denial::Failed);
    }

    #[test]
    fn a_server_that_wants_a_key_says_so_where_none_was_sent() {
        let of = |key_sent| Denial::of(401, &Said::default(), key_sent, None);
        assert_eq!((of(true), of(false)), (Denial::Unauthorised, Denial::KeyWanted));
        let remedy = of(false).remedy(&EndpointId::from("my-own"));
        assert!(remedy.contains("MYNAH_KEY_MY_OWN, or key_file under [endpoint.my-own]"), "{remedy}");
    }
}

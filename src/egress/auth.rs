//! Auth: how a key goes into a request.
//!
//! Enters: the endpoint's way of being paid, a key that was judged to be its own. Leaves: one header, marked so that no
//! log shows it. Never here: a key in a URL, where servers write it down.

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};

use crate::{egress::Secret, policy::Auth};

/// The header that carries `key`. An endpoint that needs none is sent one as `Bearer`: a local server may want it.
pub(super) fn header(auth: Auth, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
    let plain = |name: &'static str| (HeaderName::from_static(name), key.expose().to_owned());
    let (name, text) = match auth {
        Auth::Bearer | Auth::None => (AUTHORIZATION, format!("Bearer {}", key.expose())),
        Auth::ApiKey => plain("api-key"),
        Auth::XApiKey => plain("x-api-key"),
        Auth::XGoogApiKey => plain("x-goog-api-key"),
        Auth::XSubscriptionToken => plain("x-subscription-token"),
        Auth::XQwApiKey => plain("x-qw-api-key"),
    };
    let value = HeaderValue::from_str(&text);
    text.into_bytes().fill(0);
    let mut value = value.ok()?;
    value.set_sensitive(true);
    Some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_style_has_its_header_and_none_shows_the_key() {
        let key = Secret::new("test", "sk-12345").unwrap();
        for (auth, name, text) in [
            (Auth::Bearer, "authorization", "Bearer sk-12345"),
            (Auth::None, "authorization", "Bearer sk-12345"),
            (Auth::ApiKey, "api-key", "sk-12345"),
            (Auth::XApiKey, "x-api-key", "sk-12345"),
            (Auth::XGoogApiKey, "x-goog-api-key", "sk-12345"),
            (Auth::XSubscriptionToken, "x-subscription-token", "sk-12345"),
            (Auth::XQwApiKey, "x-qw-api-key", "sk-12345"),
        ] {
            let (header, value) = header(auth, &key).unwrap();
            assert_eq!((header.as_str(), value.to_str().unwrap()), (name, text));
            assert!(!format!("{value:?}").contains("12345"));
        }
    }
}

//! Secret: an API key that cannot be printed.
//!
//! Enters: the text of a key, read by settings, and the endpoint that it is for. Leaves: a header, inside this room.
//! Never here: a key in `Debug` output, in an error, with a character that could begin another header, or on its way to
//! another endpoint than its own.

use std::{fmt, hint::black_box};

use crate::{egress::EgressError, policy::EndpointId};

/// A key. Overwritten in memory when dropped.
pub struct Secret {
    bytes: Vec<u8>,
    origin: String,
    endpoint: Option<EndpointId>,
}

impl Secret {
    /// The key in `text`, without white space round it; `name` says where it came from (a variable, a file).
    ///
    /// # Errors
    /// [`EgressError::BadSecret`] when it is empty, longer than 4096 bytes, or has anything but printable ASCII.
    pub fn new(name: &str, text: &str) -> Result<Self, EgressError> {
        let key = text.trim();
        let bad = |detail| Err(EgressError::BadSecret { name: name.to_owned(), detail });
        if key.is_empty() {
            return bad("it is empty");
        }
        if key.len() > 4096 {
            return bad("it is longer than 4096 bytes");
        }
        if !key.bytes().all(|b| b.is_ascii_graphic()) {
            return bad("it has a space, a line break or a letter outside ASCII inside");
        }
        Ok(Self { bytes: key.as_bytes().to_vec(), origin: name.to_owned(), endpoint: None })
    }

    /// The key for `endpoint` and for nobody else; the door sends no key that is bound to another one, or to none.
    #[must_use]
    pub fn bound_to(mut self, endpoint: &EndpointId) -> Self {
        self.endpoint = Some(endpoint.clone());
        self
    }

    /// Where it came from: a variable, a file, the keyring.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The key's bytes, for the store that keeps it. Whoever takes them overwrites them afterwards.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        self.bytes.clone()
    }

    pub(super) fn expose(&self) -> &str {
        str::from_utf8(&self.bytes).unwrap_or_default()
    }

    pub(super) fn is_for(&self, endpoint: &EndpointId) -> bool {
        self.endpoint.as_ref() == Some(endpoint)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.fill(0);
        black_box(&self.bytes); // else the fill of memory about to be freed may be optimised away
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_trimmed_and_never_shown() {
        let key = Secret::new("MYNAH_KEY", "  sk-1234567890\n").unwrap();
        assert_eq!(key.expose(), "sk-1234567890");
        assert_eq!(format!("{key:?}"), "Secret(***)");
    }

    #[test]
    fn a_key_that_could_break_a_header_is_refused_without_repeating_it() {
        for text in ["", " \n", "sk-1\r\nX-Evil: 1", "sk 1", "sk-é", "sk-\u{0}"] {
            let error = Secret::new("MYNAH_KEY", text).unwrap_err();
            let told = format!("{error} {error:?}");
            assert!(told.contains("MYNAH_KEY") && !told.contains("sk-1"), "{told}");
        }
    }
}

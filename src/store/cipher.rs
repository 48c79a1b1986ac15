//! Cipher: words as they lie in the file: as they are, or sealed with XChaCha20-Poly1305.
//!
//! Enters: words and the column that they stand in. Leaves: values for the database, and words again. A sealed value is a
//! blob of nonce, ciphertext and tag, and holds nowhere but in its own column. Never here: a key in `Debug` output or in
//! an error, a nonce that is used twice.

use std::{fmt, hint::black_box};

use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Generate, Payload, array::Array},
};
use rusqlite::{
    Row,
    types::{Value, ValueRef},
};

use super::StoreError;

/// Bytes of a nonce; long enough to be taken at random for every value.
const NONCE: usize = 24;

/// What words are sealed with. Overwritten in memory when dropped.
pub struct Key([u8; 32]);

impl Key {
    /// A new one from the system's random numbers.
    #[must_use]
    pub fn random() -> Self {
        Self(chacha20poly1305::Key::generate().into())
    }

    /// The key that [`Self::text`] wrote; `None` where it is none.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || !text.is_ascii() {
            return None;
        }
        for (byte, at) in bytes.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Whether `other` is the same, without a copy of either.
    pub(super) fn same(&self, other: &Self) -> bool {
        self.0 == other.0
    }

    /// As text, for a keyring. Whoever takes it overwrites it afterwards.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(***)")
    }
}

impl Drop for Key {
    fn drop(&mut self) {
        self.0.fill(0);
        black_box(&self.0); // else the fill of memory about to be freed may be optimised away
    }
}

/// How words lie in the file.
pub(super) enum Cipher {
    /// As they are.
    Plain,
    /// Under the key that the keyring knows by this name.
    Sealed(String, Box<XChaCha20Poly1305>),
}

impl Cipher {
    pub(super) fn under(id: String, key: &Key) -> Self {
        Self::Sealed(id, Box::new(XChaCha20Poly1305::new(&Array::from(key.0))))
    }

    /// The name of its key; none where there is no key.
    pub(super) fn id(&self) -> Option<&str> {
        match self {
            Self::Plain => None,
            Self::Sealed(id, _) => Some(id),
        }
    }

    /// `words` as they are kept in `column`.
    pub(super) fn seal(&self, column: &str, words: &str) -> Result<Value, StoreError> {
        let Self::Sealed(_, cipher) = self else { return Ok(Value::Text(words.to_owned())) };
        let nonce = XNonce::generate();
        let payload = Payload { msg: words.as_bytes(), aad: column.as_bytes() };
        let sealed = cipher.encrypt(&nonce, payload).map_err(|_| nonsense(column))?;
        Ok(Value::Blob([nonce.as_slice(), &sealed].concat()))
    }

    /// The words of `row` in `column` ("table.column"), which is the row's column at `place`.
    pub(super) fn open(&self, column: &str, row: &Row<'_>, place: usize) -> Result<String, StoreError> {
        match (self, row.get_ref(place)?) {
            (Self::Plain, ValueRef::Text(text)) => {
                str::from_utf8(text).map(str::to_owned).map_err(|_| nonsense(column))
            }
            (Self::Sealed(_, cipher), ValueRef::Blob(blob)) => {
                let (nonce, sealed) = blob.split_at_checked(NONCE).ok_or_else(|| nonsense(column))?;
                let nonce = XNonce::try_from(nonce).map_err(|_| nonsense(column))?;
                let payload = Payload { msg: sealed, aad: column.as_bytes() };
                let words = cipher.decrypt(&nonce, payload).map_err(|_| nonsense(column))?;
                String::from_utf8(words).map_err(|_| nonsense(column))
            }
            // Another process sealed or unsealed the file since this one looked.
            (Self::Plain, ValueRef::Blob(_)) | (Self::Sealed(..), ValueRef::Text(_)) => Err(StoreError::Busy),
            _ => Err(nonsense(column)),
        }
    }
}

fn nonsense(column: &str) -> StoreError {
    StoreError::Broken { reason: format!("the column {column} holds nonsense") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written_and_nothing_else_is_one() {
        let key = Key::random();
        assert_eq!(Key::read(&key.text()).unwrap().0, key.0);
        assert!(Key::read(&key.text()).unwrap().same(&key) && !Key::random().same(&key));
        assert_eq!(format!("{key:?}"), "Key(***)");
        for wrong in ["", "ab", &"g".repeat(64), &"é".repeat(32), &"0".repeat(66)] {
            assert!(Key::read(wrong).is_none(), "{wrong}");
        }
    }
}

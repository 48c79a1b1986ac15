//! Stub.
use crate::flow::{Intent, Language};
/// Stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// Stub.
    Complete,
    /// Stub.
    Usual,
    /// Stub.
    Unfinished,
}
/// Stub.
#[must_use]
pub fn completeness(_words: &str, _language: &Language, intent: Option<&Intent>) -> Completeness {
    if intent.is_some() { Completeness::Complete } else { Completeness::Usual }
}

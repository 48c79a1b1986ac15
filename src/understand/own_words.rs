//! Stub.
use crate::flow::Language;
/// Stub.
#[derive(Default)]
pub struct OwnWords;
impl OwnWords {
    /// Stub.
    #[must_use]
    pub fn is_echo(&self, _words: &str, _language: &Language) -> bool {
        false
    }
    /// Stub.
    pub fn spoke(&mut self, _words: &str, _language: &Language) {}
}

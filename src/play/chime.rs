//! Stub.
/// Stub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Earcon {
    /// Stub.
    Woken,
    /// Stub.
    Heard,
    /// Stub.
    Done,
    /// Stub.
    Failed,
}

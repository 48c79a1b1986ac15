//! Echo stub.
use crate::flow::Frame;
/// Stub.
#[derive(Default)]
pub struct EchoCanceller;
/// Stub.
pub struct Cleaned {
    /// Stub.
    pub for_gate: Frame,
    /// Stub.
    pub for_recogniser: Frame,
    /// Stub.
    pub own_voice: bool,
}
impl EchoCanceller {
    /// Stub.
    pub fn clean(&mut self, frame: &Frame) -> Cleaned {
        Cleaned { for_gate: frame.clone(), for_recogniser: frame.clone(), own_voice: false }
    }
}

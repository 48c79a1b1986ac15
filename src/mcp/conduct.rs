//! Conduct: what is known of how a server behaves, while one speaks with it.
//!
//! Enters: how much it says; what went wrong. Leaves: whether it says too much; against what it offended, how it complained, why
//! it was not answered for. Never here: what it was told or answered.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering},
};

use super::remote::Failure;
use crate::units::length_u64;

/// What may be said between two requests, bytes; each message counts for this many more, since each costs work.
const BUDGET: u64 = 4 << 20;
const MESSAGE: u64 = 2 << 10;

/// What a server may ask for in return between two requests. Each is refused, and a refusal is a message too.
const WISHES: u32 = 32;

/// Completions of a language model that one call may have.
const COMPLETIONS: u32 = 4;

/// How much of a complaint is kept, bytes.
const COMPLAINT: usize = 512;

/// Too much said.
pub(super) const FLOOD: &str = "a flood of output";

/// Something said that is no message.
pub(super) const NO_MESSAGE: &str = "a line that is no message of the protocol";

/// What is known of a server's behaviour.
#[derive(Debug, Default)]
pub(super) struct Conduct {
    said: AtomicU64,
    wishes: AtomicU32,
    is_called: AtomicBool,
    completions: AtomicU32,
    complaint: Mutex<Vec<u8>>,
    offence: Mutex<Option<&'static str>>,
    failure: Mutex<Option<Failure>>,
}

impl Conduct {
    /// A request goes out: what is said from now on is in answer to it.
    pub(super) fn begin(&self) {
        self.said.store(0, Ordering::Relaxed);
        self.wishes.store(0, Ordering::Relaxed);
        *self.failure.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    /// A tool is called from now on, or no longer.
    pub(super) fn is_called(&self, is_called: bool) {
        self.completions.store(0, Ordering::Relaxed);
        self.is_called.store(is_called, Ordering::Relaxed);
    }

    /// Whether one completion more is within what a call may have.
    pub(super) fn allows_completion(&self) -> bool {
        self.is_called.load(Ordering::Relaxed)
            && self.completions.fetch_add(1, Ordering::Relaxed) < COMPLETIONS
    }

    /// How what it wrote to standard error began.
    pub(super) fn complaint(&self) -> String {
        let bytes = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Against what it offended, so that it was ended.
    pub(super) fn offence(&self) -> Option<&'static str> {
        *self.offence.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that it offended, unless it did already.
    pub(super) fn offended(&self, by: &'static str) {
        self.offence.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(by);
    }

    /// Why the request under way was not answered, where the way to the server knows.
    pub(super) fn failure(&self) -> Option<Failure> {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Notes why the request under way was not answered.
    pub(super) fn failed(&self, failure: Failure) {
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(failure);
    }

    /// Whether `bytes` more are within what may be said.
    pub(super) fn allows(&self, bytes: usize) -> bool {
        let bytes = length_u64(bytes);
        self.said.fetch_add(bytes, Ordering::Relaxed).saturating_add(bytes) <= BUDGET
    }

    /// Whether a message of `bytes` more is.
    pub(super) fn allows_message(&self, bytes: usize) -> bool {
        self.allows(bytes.saturating_add(usize::try_from(MESSAGE).unwrap_or_default()))
    }

    /// Whether more was said than may be.
    pub(super) fn is_flooded(&self) -> bool {
        self.said.load(Ordering::Relaxed) > BUDGET
    }

    /// Whether one wish more is within what a server may ask for.
    pub(super) fn allows_wish(&self) -> bool {
        self.wishes.fetch_add(1, Ordering::Relaxed) < WISHES
    }

    pub(super) fn keep_complaint(&self, bytes: &[u8]) {
        let mut kept = self.complaint.lock().unwrap_or_else(PoisonError::into_inner);
        let room = COMPLAINT.saturating_sub(kept.len()).min(bytes.len());
        kept.extend_from_slice(&bytes[..room]);
    }
}

//! Followers: how many clients are told what has to be shown with an answer.
//!
//! Enters: clients that begin to follow events, and end. Leaves: whether there is any to whom the badge gets through. Never
//! here: who they are, or whether somebody looks at them.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::Relaxed},
};

/// The clients that are told of disclosures; clones count the same ones.
#[derive(Debug, Clone, Default)]
pub struct Followers(Arc<AtomicUsize>);

impl Followers {
    /// Whether there is one.
    #[must_use]
    pub fn any(&self) -> bool {
        self.0.load(Relaxed) > 0
    }

    /// One more, until what is returned is dropped.
    pub(super) fn one_more(&self) -> Following {
        self.0.fetch_add(1, Relaxed);
        Following(Arc::clone(&self.0))
    }
}

/// A client that is counted.
#[derive(Debug)]
pub(super) struct Following(Arc<AtomicUsize>);

impl Drop for Following {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

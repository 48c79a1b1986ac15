//! Runtime: what a command's work runs on that waits for others.
//!
//! Enters: nothing. Leaves: a runtime, or why there is none. Never here: work.

use std::io;

use tokio::runtime::{Builder, Runtime};

use crate::flow::Fault;

/// One on the calling thread.
pub(super) fn on_this_thread() -> Result<Runtime, Fault> {
    given(Builder::new_current_thread().enable_all().build())
}

/// One with a thread of its own, on which work goes on while the calling thread does something else.
pub(super) fn beside() -> Result<Runtime, Fault> {
    given(Builder::new_multi_thread().worker_threads(1).enable_all().build())
}

fn given(runtime: io::Result<Runtime>) -> Result<Runtime, Fault> {
    runtime.map_err(|error| Fault::system("start the runtime", &error))
}

//! What several test modules share: the binary in a home of its own, a scripted HTTP server, a private sound server, a
//! process that listens to it.

pub(crate) mod binary;
pub(crate) mod listener;
pub(crate) mod pulse;
pub(crate) mod server;

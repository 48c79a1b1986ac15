//! What several test modules share: a scripted HTTP server, a private sound server.

pub(crate) mod pulse;
pub(crate) mod server;

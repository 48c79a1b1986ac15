<<<<<<< HEAD
//! What several test modules share: the binary in a home of its own, a scripted HTTP server, a private sound server, X
//! server and session bus.

pub(crate) mod binary;
#[cfg(target_os = "linux")]
pub(crate) mod portal;
=======
//! What several test modules share: the binary in a home of its own, a scripted HTTP server, a private sound server, a
//! process that listens to it.

pub(crate) mod binary;
pub(crate) mod listener;
>>>>>>> mic
pub(crate) mod pulse;
#[cfg(target_os = "linux")]
pub(crate) mod screen;
pub(crate) mod server;

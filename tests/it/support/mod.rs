//! What several test modules share: the binary in a home of its own, a scripted HTTP server, a private sound server and
//! what listens to it, X server and session bus,
//! and a keyring on it.

pub(crate) mod binary;
pub(crate) mod listener;
#[cfg(target_os = "linux")]
pub(crate) mod portal;
pub(crate) mod pulse;
#[cfg(target_os = "linux")]
pub(crate) mod screen;
#[cfg(target_os = "linux")]
pub(crate) mod secrets;
pub(crate) mod server;
#[cfg(target_os = "linux")]
pub(crate) mod tls;

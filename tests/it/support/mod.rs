//! What several test modules share: the binary in a home of its own, a scripted HTTP server, a private sound server and
//! what listens to it, X server and session bus,
//! a keyring on it, and what a desktop offers there.

pub(crate) mod binary;
#[cfg(target_os = "linux")]
pub(crate) mod desktop;
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

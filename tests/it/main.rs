//! Black-box and cross-room tests.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod play; // speech through a real sound server, and without one
mod speak; // the installed speech programs, English and Mandarin
mod support; // what tests need of the machine

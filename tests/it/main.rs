//! Black-box and cross-room tests.
#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap too; a failing one names its line")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

// Asking a language model: order, fallback, sentences; over a scripted wire and through the door.
mod answer;
// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// What may leave the machine: verdicts over the shipped rules.
mod policy;
mod source; // recordings of every format, whole and damaged
// Walls and habits, read from the source and the manifests as text.
mod tidy;

// `mynah models` as a whole, with the real door and a mirror on this machine.
mod models;
mod understand; // what is said, what it is taken for, what is answered
mod play; // speech through a real sound server, and without one
mod speak; // the installed speech programs, English and Mandarin
mod support; // what tests need of the machine
/// The built-in model over real recordings, damaged model files, and a model made to say one thing.
mod transcribe;
mod listen;
mod source; // recordings of every format, whole and damaged // the detector and the gate over real voices and over sounds that are none
// What several modules share.
mod support;

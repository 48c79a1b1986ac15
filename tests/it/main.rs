//! Black-box and cross-room tests.
#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap too; a failing one names its line")]

// Asking a language model: order, fallback, sentences; over a scripted wire and through the door.
mod answer;
// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// What may leave the machine: verdicts over the shipped rules.
mod policy;
// What several modules share.
mod support;

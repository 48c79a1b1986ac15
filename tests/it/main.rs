//! Black-box and cross-room tests.
#![expect(clippy::unwrap_used, reason = "helpers of tests may unwrap too; a failing one names its line")]

// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// What may leave the machine: verdicts over the shipped rules.
mod policy;
// What several modules share.
mod support;

//! Black-box and cross-room tests.

// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// What may leave the machine: verdicts over the shipped rules.
mod policy;

// Asking a language model: order, fallback, sentences; the wire is scripted.
mod answer;
// What several modules share.
mod support;

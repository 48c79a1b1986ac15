//! Black-box and cross-room tests.

// What may leave the machine: verdicts over the shipped rules.
mod policy;

// Asking a language model: order, fallback, sentences; the wire is scripted.
mod answer;

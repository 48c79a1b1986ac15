//! Black-box and cross-room tests.

// What may leave the machine: verdicts over the shipped rules.
mod policy;

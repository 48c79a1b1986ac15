//! Black-box and cross-room tests.

// What may leave the machine: verdicts over the shipped rules.
mod policy;

// `mynah models` as a whole, with the real door and a mirror on this machine.
mod models;

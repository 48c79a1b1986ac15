//! Black-box and cross-room tests.

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

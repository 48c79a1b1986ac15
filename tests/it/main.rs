//! Black-box and cross-room tests, in one binary so that whisper.cpp is linked once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its line is the report")]

// Asking a language model: order, fallback, sentences; over a scripted wire and through the door.
mod answer;
// The whole program as a program: output, pipes, exit codes.
mod binary;
// Settings from every side, through the binary: what is refused, what wins, what is never shown.
mod config;
// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// Damaged recordings, full disks, places that may not be written: one clear error each.
mod faults;
// Recordings and words through the binary, where no network is needed; and language models on loopback.
mod headless;
// What the binary says of itself: help, completions, manual page.
mod help;
// The detector and the gate over real voices and over sounds that are none.
mod listen;
// The session's machine, driven by scripts of events.
mod machine;
// `mynah models` as a whole, with the real door and a mirror on this machine.
mod models;
// Speech through a real sound server, and without one.
mod play;
// What may leave the machine: verdicts over the shipped rules.
mod policy;
// The contract of a turn's line.
mod schema;
// SIGINT and SIGTERM in the middle of things.
mod shutdown;
// Recordings of every format, whole and damaged.
mod source;
// The installed speech programs, English and Mandarin.
mod speak;
// What several modules share.
mod support;
// Walls and habits, read from the source and the manifests as text.
mod tidy;
// The built-in model over real recordings, damaged model files, and a model made to say one thing.
mod transcribe;
// What is said, what it is taken for, what is answered.
mod understand;

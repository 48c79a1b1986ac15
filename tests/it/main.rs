//! Black-box and cross-room tests, in one binary so that whisper.cpp is linked once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its line is the report")]

// Asking a language model: order, fallback, sentences; over a scripted wire.
mod answer;
// The same through the real door, against servers on loopback.
mod answer_door;
// The program as a command: streams, exit codes, completions, manual page.
mod binary;
// Bad settings of every kind, and which setting wins.
mod config;
// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// Full disks, bad files, places that cannot be written.
mod faults;
// The whole pipeline from recordings and typed words; also run where there is no network at all.
mod headless;
// Every command explains itself.
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
// The schema of a turn's line, and that it tells right from wrong.
mod schema;
// Signals in every state: a report, an exit code, no wait.
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
// The wake phrase from recordings to figures, and the user's own samples.
mod wake;

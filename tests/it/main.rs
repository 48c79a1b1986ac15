//! Black-box and cross-room tests, in one binary so that whisper.cpp is linked once.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking, and its line is the report")]

// Asking a language model: order, fallback, sentences; over a scripted wire.
mod answer;
// The same through the real door, against servers on loopback.
mod answer_door;
// The audit: its chain under kills, full files, edits and two writers; what is shown of it.
mod audit;
// The program as a command: streams, exit codes, completions, manual page.
mod binary;
// Whether what was said so far is all that will be said.
mod completeness;
// Bad settings of every kind, and which setting wins.
mod config;
// Talk that goes on: questions back, changes, undo, once more; through the binary.
mod dialogue;
// The user's own machine: volume, brightness, players, programs, state; real servers, private buses, kernel trees.
#[cfg(target_os = "linux")]
mod desktop;
// What each region of the shipped rules wants told, through the binary and in the files it writes.
mod disclosure;
// The doctor: with nothing there, over a sound server, beside a daemon; its schema.
mod doctor;
// The door against scripted servers on loopback: requests, records, hostile endpoints.
mod door;
// What falls due: timers, alarms and reminders over kills, restarts, changed clocks and zones.
mod due;
// Mynah's own voice in Mynah's own ear: rooms, canceller, detector, gate.
mod echo;
// Full disks, bad files, places that cannot be written.
mod faults;
// The gate while somebody is listened to: pauses, patience, the key, a television.
mod gate;
// The whole pipeline from recordings and typed words; also run where there is no network at all.
mod headless;
// Every command explains itself.
mod help;
// What Mynah keeps for the user: lists, notes, memory, history; kills, full disks, encryption.
mod keep;
// The user's home, through a Home Assistant that is played.
mod house;
// The keys of endpoints: `mynah key`, the system's keyring, private files, what is never shown.
#[cfg(unix)]
mod key_store;
// The hotkey under a real X server and behind a portal.
#[cfg(target_os = "linux")]
mod keys;
// The detector and the gate over real voices and over sounds that are none.
mod listen;
// The live assistant as it runs: a virtual microphone and loudspeaker, real keys, faults, signals.
#[cfg(target_os = "linux")]
mod live;
// The session's machine, driven by scripts of events.
mod machine;
// Marks in files of every kind, written and read back.
mod mark;
// Tools of other programs: servers that behave and that do not, and what the user lets them do.
#[cfg(target_os = "linux")]
mod mcp;
// The live microphone, and every way in which a device or its server can fail.
mod microphone;
// `mynah models` as a whole, with the real door and a mirror on this machine.
mod models;
// The user's own phrases, through the binary.
mod phrases;
// Speech through a real sound server, and without one.
mod play;
// What may leave the machine: verdicts over the shipped rules.
mod policy;
// The region in force: how it is resolved, shown, set and recorded.
mod region;
// Conversations that are written down, played by the binary.
mod scenarios;
// The schema of a turn's line, and that it tells right from wrong.
mod schema;
// The background service: its unit, its installation, what it tells its manager.
mod service;
// The control socket: commands, events, who holds it, hostile clients.
#[cfg(unix)]
mod serve;
// Signals in every state: a report, an exit code, no wait.
mod shutdown;
// Days of the live session with every fault, faster than they pass.
#[cfg(target_os = "linux")]
mod soak;
// Recordings of every format, whole and damaged.
mod source;
// The installed speech programs, English and Mandarin.
mod speak;
// What several modules share.
mod support;
// Walls and habits, read from the source and the manifests as text.
mod tidy;
// What a language model may have done here, and what it only says.
mod tools;
// The built-in model over real recordings, damaged model files, and a model made to say one thing.
mod transcribe;
// What is said, what it is taken for, what is answered.
mod understand;
// The wake phrase from recordings to figures, and the user's own samples.
mod wake;

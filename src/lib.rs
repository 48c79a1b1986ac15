//! Mynah, a voice assistant daemon: the map.
//!
//! A recording or a microphone goes in, a spoken answer comes out. The voice never leaves this machine, and the
//! words go only where the user's region allows. Data flows through the rooms below in the order they stand:
//!
//! | room | takes | gives | thread |
//! |---|---|---|---|
//! | [`source`] | a file, a stream | [`flow::Frame`] | listen |
//! | [`listen`] | frames | [`flow::Utterance`] | listen |
//! | [`transcribe`] | an utterance | [`flow::Transcript`] | whisper |
//! | [`understand`] | words | [`flow::Intent`] | session |
//! | [`skills`] | an intent | a reply, and what was asked for done | skills |
//! | [`policy`] | where the user is, a question | the region; a permit or a refusal | any; pure |
//! | [`egress`] | a permit and a body | bytes | tokio; **the only network out** |
//! | [`facts`] | a place, currencies, an order for a device | weather, rates, how things stand at home | skills |
//! | [`answer`] | words | [`flow::Sentence`] | tokio |
//! | [`speak`] | a sentence | [`flow::Speech`] | speak |
//! | [`play`] | speech | sound, or a WAV file | play |
//! | [`mark`] | a file | the same, marked as made by an AI | play, or the command line |
//! | [`key`] | a hotkey | its edges, and when they begin and end listening | key |
//! | [`serve`] | lines on the control socket | [`session::Request`]s, notices | tokio |
//!
//! Beside them: [`far_end`], which brings what [`play`] plays to [`listen`]; [`ggml`], which reads a speech model's frame
//! for [`transcribe`] and [`models`]; [`script`], which writes Mandarin in the user's characters for the rooms that give
//! words; [`store`], which keeps what must survive a restart for [`skills`]; [`desktop`], which works the user's machine for
//! them; [`mcp`], which speaks to the user's servers of tools for [`mode`]; `pulse`, which speaks with the sound server;
//! `named`, which tells [`source`] and [`play`] which device a name means; and [`program`], which alone starts
//! other programs. What [`policy`] refused and what [`egress`] sent is told by [`egress::audit`] alone; keys are kept by
//! [`settings`], in the system's keyring or a file.
//!
//! [`session`] is the star in the middle: a pure state machine and the loop that carries its effects out. [`mode`]
//! picks the ends for each way in; [`scenario`] plays conversations that are written down through it. Why things are as they are: `decisions.md` beside this file.

pub mod units;

pub mod flow;

pub mod far_end;

mod named;

#[cfg(target_os = "linux")]
mod pulse;

pub mod script;

pub mod ggml;

pub mod program;

pub mod settings;

pub mod source;

pub mod listen;

pub mod transcribe;

pub mod understand;

pub mod skills;

pub mod store;

pub mod desktop;
pub mod mcp;

pub mod policy;

pub mod egress;

pub mod facts;

pub mod answer;

pub mod speak;

pub mod mark;

pub mod play;

pub mod key;

pub mod session;

pub mod serve;

pub mod mode;

pub mod scenario;

pub mod models;

pub mod report;

pub mod service;

pub mod doctor;

pub mod cli;

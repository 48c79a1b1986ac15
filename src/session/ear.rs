//! The ear: recordings and typed lines, one after the other, each utterance when the session asks for it.
//!
//! Enters: [`Recording`]s. Leaves: [`Event`]s. Runs on the listen thread. Never here: a decision about speech (the gate
//! takes those), an utterance the session did not ask for.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
    mpsc::Receiver,
};

use super::event::Event;
use crate::{
    flow::{Fault, Language},
    listen::{Gate, GateEvent},
    source::Source,
    units::{SampleIndex, Words, length_u64},
};

/// Something to listen to.
pub enum Recording {
    /// Sound; opened when its turn comes, so that a thousand files need one file handle.
    Sound {
        /// What it is called in reports.
        name: Arc<str>,
        /// Opens it.
        open: Box<dyn FnOnce() -> Result<Box<dyn Source>, Fault> + Send>,
    },
    /// A typed line.
    Line {
        /// The words.
        words: Words,
        /// Their language.
        language: Language,
    },
}

/// Tells the ear that the session is over, in the middle of a recording that holds nothing to post.
#[derive(Debug, Clone, Default)]
pub(super) struct Over(Arc<AtomicBool>);

impl Over {
    pub(super) fn raise(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    fn raised(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// What the listen thread does.
pub struct Ear {
    /// What to listen to, in order.
    pub recordings: Box<dyn Iterator<Item = Recording> + Send>,
    /// Makes a fresh gate for each recording.
    pub gate: Box<dyn Fn() -> Gate + Send>,
}

impl Ear {
    /// Posts what is heard, and after each utterance waits for the session to ask for more. Ends early when the session
    /// is gone.
    pub(super) fn listen(self, more: &Receiver<()>, over: &Over, post: &dyn Fn(Event) -> bool) {
        for recording in self.recordings {
            let heard = match recording {
                Recording::Line { words, language } => {
                    post(Event::Typed { words, language }) && more.recv().is_ok()
                }
                Recording::Sound { name, open } => hear(&name, open, &mut (self.gate)(), (more, over), post),
            };
            if !heard {
                return;
            }
        }
        post(Event::Exhausted);
    }
}

/// Hears one recording out. `false` when the session is gone.
fn hear(
    name: &Arc<str>,
    open: Box<dyn FnOnce() -> Result<Box<dyn Source>, Fault> + Send>,
    gate: &mut Gate,
    (more, over): (&Receiver<()>, &Over),
    post: &dyn Fn(Event) -> bool,
) -> bool {
    let start = SampleIndex::default();
    let unheard = |end, fault| Event::Unheard { source: name.clone(), span: start..end, fault };
    let ended = || Event::SourceEnded { source: name.clone() };
    let mut source = match open() {
        Ok(source) => source,
        Err(fault) => return post(unheard(start, fault)) && post(ended()),
    };
    let (mut end, mut utterances) = (start, 0_u64);
    let mut broken = None;
    let mut over_with = false;
    loop {
        if over.raised() {
            return false;
        }
        let event = if over_with {
            match gate.finish() {
                None => break,
                last => last,
            }
        } else {
            match source.next() {
                Ok(Some(frame)) => {
                    end = frame.at.plus(length_u64(frame.pcm.len()));
                    gate.push(&frame)
                }
                Ok(None) => {
                    over_with = true;
                    None
                }
                Err(error) => {
                    (over_with, broken) = (true, Some(Fault::from(&error)));
                    None
                }
            }
        };
        if let Some(GateEvent::Ended { heard, .. }) = event {
            utterances += 1;
            let event = Event::Heard { source: name.clone(), span: heard.span, pcm: heard.pcm };
            if !(post(event) && more.recv().is_ok()) {
                return false;
            }
        }
    }
    let told = match broken {
        Some(fault) => post(unheard(end, fault)),
        None if utterances == 0 => post(unheard(end, no_speech(name))),
        None => true,
    };
    told && post(ended())
}

fn no_speech(name: &str) -> Fault {
    Fault {
        kind: "no_speech",
        message: format!("no speech was found in {name}"),
        remedy: "check that the recording holds speech and is loud enough (above about -50 dBFS)".into(),
    }
}

//! Recordings: the ear's way through files and typed lines.
//!
//! Enters: [`Recording`]s. Leaves: [`Event`]s; after each that the session has to think about, the ear waits until it is
//! told to go on. Never here: a decision about speech.

use std::sync::Arc;

use super::{
    ear::{Line, Recording},
    event::{EarOrder, Event},
    hears::Hears,
};
use crate::{
    flow::Fault,
    listen::{Cleaned, Gate},
    source::Source,
    units::SampleIndex,
};

/// Hears `recordings` out, unless the session ends before.
pub(super) fn listen(recordings: impl Iterator<Item = Recording>, gate: &dyn Fn() -> Gate, line: &Line<'_>) {
    for recording in recordings {
        let heard = match recording {
            Recording::Line { words, language } => {
                (line.post)(Event::Typed { words, language }) && wait(line, |_| {})
            }
            Recording::Sound { name, open } => hear(&name, open, Hears::new(name.clone(), gate()), line),
        };
        if !heard {
            return;
        }
    }
    (line.post)(Event::Exhausted);
}

/// Waits until the session has dealt with what was posted. `false` when it is gone.
fn wait(line: &Line<'_>, mut obey: impl FnMut(EarOrder)) -> bool {
    while let Ok(order) = line.orders.recv() {
        if order == EarOrder::GoOn {
            return true;
        }
        obey(order);
    }
    false
}

/// Posts `event`, and waits where the session has to think about it. `false` when it is gone.
fn tell(event: Event, hears: &mut Hears, line: &Line<'_>) -> bool {
    let waits = matches!(event, Event::Paused(_) | Event::GoesOn(_) | Event::Ended { .. });
    (line.post)(event) && (!waits || wait(line, |order| hears.obey(order)))
}

/// Hears one recording out. `false` when the session is gone.
fn hear(
    name: &Arc<str>,
    open: Box<dyn FnOnce() -> Result<Box<dyn Source>, Fault> + Send>,
    mut hears: Hears,
    line: &Line<'_>,
) -> bool {
    let start = SampleIndex::default();
    let unheard = |end, fault| Event::Unheard { source: name.clone(), span: start..end, fault };
    let ended = || Event::SourceEnded { source: name.clone() };
    let mut source = match open() {
        Ok(source) => source,
        Err(fault) => return (line.post)(unheard(start, fault)) && (line.post)(ended()),
    };
    let mut utterances = 0_u64;
    let broken = loop {
        if line.over.raised() {
            return false;
        }
        match source.next() {
            Ok(Some(frame)) => {
                let event = hears.hear(&Cleaned::untouched(&frame));
                utterances += u64::from(matches!(event, Some(Event::Ended { .. })));
                if !event.is_none_or(|event| tell(event, &mut hears, line)) {
                    return false;
                }
            }
            Ok(None) => break None,
            Err(error) => break Some(Fault::from(&error)),
        }
    };
    while let Some(event) = hears.finish() {
        utterances += u64::from(matches!(event, Event::Ended { .. }));
        if !tell(event, &mut hears, line) {
            return false;
        }
    }
    let told = match broken {
        Some(fault) => (line.post)(unheard(hears.end, fault)),
        None if utterances == 0 => (line.post)(unheard(hears.end, no_speech(name))),
        None => true,
    };
    told && (line.post)(ended())
}

fn no_speech(name: &str) -> Fault {
    Fault {
        kind: "no_speech",
        message: format!("no speech was found in {name}"),
        remedy: "check that the recording holds speech and is loud enough (above about -50 dBFS)".into(),
    }
}

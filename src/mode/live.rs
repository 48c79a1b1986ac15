//! Live: a microphone in, a loudspeaker out, keys and other programs beside them; runs until it is told to end.
//!
//! Enters: settings and who watches. Leaves: [`Parts`]. Never here: a decision about sound or words.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use super::{Note, options, parts, signals};
use crate::{
    flow::{Fault, Hush},
    listen::{EchoCanceller, Gate, Vad},
    play::{Nowhere, Sink, Speaker},
    report::Notice,
    session::{
        Ear, Parts, Request,
        machine::{Live as LivePlan, Plan},
    },
    settings::Settings,
    source::{Microphone, MicrophoneOptions},
    understand::OwnWords,
};

/// What a live session needs beside the settings.
pub struct Live {
    /// What keys and other programs ask for.
    pub requests: mpsc::Receiver<Request>,
    /// Told what happens, as it happens.
    pub watch: Box<dyn FnMut(Notice) + Send>,
    /// Told things worth a line on standard error.
    pub note: Note,
}

impl Live {
    /// Joins the rooms.
    ///
    /// # Errors
    /// What makes the whole run impossible: no model for the language, a voice that cannot be used. A microphone that is
    /// not there is no error: it is waited for.
    pub fn build(self, mut settings: Settings) -> Result<Parts, Fault> {
        let (reader, model) = parts::reader(&settings, &*self.note)?;
        let hush = Hush::default();
        let (sink, audible) = sink(&settings, &hush, &*self.note);
        let voice = parts::voice(&settings, &hush)?;
        let interpret = parts::interpreter(&settings, true, Some(OwnWords::default()))?;
        let plan = Plan {
            region: settings.region.to_string(),
            spoken: audible,
            wake: true,
            follow_up_ms: settings.follow_up_ms,
            patience: options::patience(&settings),
            script: settings.script,
            live: Some(LivePlan { after_reply_ms: settings.after_reply_ms, model, pid: std::process::id() }),
        };
        let microphone = Microphone::open(MicrophoneOptions { devices: settings.microphones.clone() });
        let gate = Gate::new(options::gate(&settings), Box::new(Vad::new()));
        let release_grace_ms = settings.release_grace_ms;
        let memory_ms = u64::from(settings.memory_minutes) * 60_000;
        Ok(Parts {
            plan,
            ear: Ear::Microphone {
                capture: Box::new(microphone),
                echo: Box::new(EchoCanceller),
                gate: Box::new(gate),
                release_grace_ms,
            },
            reader: Some(reader),
            interpret: Box::new(interpret),
            ask: std::sync::Arc::new(parts::asking(&mut settings, Some(memory_ms), self.note)),
            voice: audible.then(|| Box::new(voice) as _),
            hush,
            sink,
            interrupted: Box::pin(signals::interrupts()),
            requests: requests(self.requests),
            duck: Box::new(|_| ()),
            watch: self.watch,
        })
    }
}

/// The requests as a stream that never ends: the session outlives those who ask.
fn requests(receiver: mpsc::Receiver<Request>) -> Pin<Box<dyn Stream<Item = Request> + Send>> {
    let all = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    Box::pin(all.chain(stream::pending()))
}

/// The loudspeaker; where there is none, replies are shown only.
fn sink(settings: &Settings, hush: &Hush, note: &dyn Fn(&str)) -> (Box<dyn Sink>, bool) {
    match Speaker::open(settings.play_device.as_deref(), hush.clone()) {
        Ok(speaker) => (Box::new(speaker), true),
        Err(error) => {
            note(&format!("replies are not played: {error}"));
            (Box::new(Nowhere), false)
        }
    }
}

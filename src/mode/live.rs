//! Live: a microphone in, a loudspeaker out, keys and other programs beside them; runs until it is told to end.
//!
//! Enters: settings and who watches. Leaves: [`Parts`]. Never here: a decision about sound or words.

use std::pin::Pin;

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::mpsc;

use super::{Note, options, parts, signals};
use crate::{
    flow::{Fault, Hush},
    key::{PttMode, PushToTalk, PushToTalkOptions},
    listen::{EchoCanceller, EchoOptions, Gate, Vad},
    play::{Speaker, SpeakerOptions},
    report::Notice,
    session::{
        Ear, Parts, Request,
        machine::{Live as LivePlan, Plan},
    },
    settings::Settings,
    source::{Microphone, MicrophoneOptions},
    understand::OwnWords,
};

/// How loud Mynah's own voice stays while somebody else seems to speak: -14 dB, still to be followed.
const DUCKED: f32 = 0.2;

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
        let output = SpeakerOptions { device: settings.play_device.clone(), volume: settings.volume };
        let (speaker, far_end) = Speaker::new(output, hush.clone());
        let fader = speaker.fader();
        let voice = parts::voice(&settings, &hush)?;
        let interpret = parts::interpreter(&settings, true, Some(OwnWords::default()))?;
        let plan = Plan {
            region: settings.region.to_string(),
            spoken: true,
            wake: true,
            follow_up_ms: settings.follow_up_ms,
            patience: options::patience(&settings),
            script: settings.script,
            live: Some(LivePlan { after_reply_ms: settings.after_reply_ms, model, pid: std::process::id() }),
        };
        let microphone = Microphone::open(MicrophoneOptions { devices: settings.microphones.clone() });
        let gate = Gate::new(options::gate(&settings), Box::new(Vad::new()));
        let echo = EchoOptions { cancel: settings.echo_cancellation, ..EchoOptions::default() };
        let talk = PushToTalkOptions {
            mode: if settings.hotkey_toggles { PttMode::Toggle } else { PttMode::Hold },
            grace_ms: settings.release_grace_ms,
            longest_ms: settings.longest_utterance_ms,
        };
        let memory_ms = u64::from(settings.memory_minutes) * 60_000;
        Ok(Parts {
            plan,
            ear: Ear::Microphone {
                capture: Box::new(microphone),
                echo: Box::new(EchoCanceller::new(far_end, echo)),
                gate: Box::new(gate),
                talk: Box::new(PushToTalk::new(talk)),
                toggles: settings.hotkey_toggles,
            },
            reader: Some(reader),
            interpret: Box::new(interpret),
            ask: std::sync::Arc::new(parts::asking(&mut settings, Some(memory_ms), self.note)),
            voice: Some(Box::new(voice)),
            hush,
            sink: Box::new(speaker),
            interrupted: Box::pin(signals::interrupts()),
            requests: requests(self.requests),
            duck: {
                let fader = fader.clone();
                Box::new(move |down| fader.duck(if down { DUCKED } else { 1.0 }))
            },
            chime: if settings.earcons { Box::new(move |earcon| fader.chime(earcon)) } else { Box::new(|_| ()) },
            watch: self.watch,
        })
    }
}

/// The requests as a stream that never ends: the session outlives those who ask.
fn requests(receiver: mpsc::Receiver<Request>) -> Pin<Box<dyn Stream<Item = Request> + Send>> {
    let all = stream::unfold(receiver, |mut receiver| async { Some((receiver.recv().await?, receiver)) });
    Box::pin(all.chain(stream::pending()))
}

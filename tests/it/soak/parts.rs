//! The live mode's rooms, with scripted ends where the world begins.

use std::sync::Arc;

use mynah::{
    far_end::far_end,
    flow::Hush,
    key::{PttMode, PushToTalk, PushToTalkOptions},
    listen::{EchoCanceller, EchoOptions, Gate, GateOptions, Vad},
    mode::Live,
    session::{Ear, Parts, Request, Stance},
    settings::{self, Flag},
    source::{FileSource, Limits, Source},
};
use tokio::sync::{Mutex, mpsc};

use super::{
    rooms::{Hears, Knows, Model, Plays, Says},
    sim::{Mic, Sim},
};

/// The rooms of the live mode, with scripted ends.
pub(super) fn parts(seed: u64, sim: &Sim, inbox: mpsc::Receiver<Request>, real: bool) -> Parts {
    let home = tempfile::tempdir().unwrap();
    let file = home.path().join("assistant.toml");
    let quiet = "[hotkey]\nkey = \"\"\n[play]\nduck_others = false\n";
    std::fs::write(&file, quiet).unwrap();
    // No model lies there: the built-in one is taken.
    let models = home.path().display().to_string();
    let models = Flag { key: "models.directory", name: "--models", value: models };
    let settings = settings::load(Some(&file), &[models]).unwrap();
    let (taps, far) = far_end();
    let hush = Hush::default();
    let watched = sim.clone();
    let live = Live {
        requests: Arc::new(Mutex::new(inbox)),
        reloadable: Box::new(|| Ok(())),
        watch: Box::new(move |notice| watched.take(&notice)),
        screen: Box::new(|| false),
        note: Arc::new(|_| ()),
    };
    let mut parts = live.build(settings).unwrap();
    parts.ear = Ear::Microphone {
        capture: Box::new(Mic::new(sim.clone(), seed, &taps)),
        echo: Box::new(EchoCanceller::new(far, EchoOptions::default())),
        gate: Box::new(Gate::new(GateOptions::default(), Box::new(Vad::new()))),
        talk: Box::new(PushToTalk::new(PushToTalkOptions {
            mode: PttMode::Hold,
            ..PushToTalkOptions::default()
        })),
        toggles: false,
    };
    parts.reader = Some(match parts.reader {
        Some(reader) if real => Box::new(Hears(sim.clone(), reader)),
        _ => Box::new(Knows(sim.clone())),
    });
    parts.ask = Arc::new(Model(sim.clone()));
    let sound = Sounds::load().own;
    parts.voice = Some(Box::new(Says { sim: sim.clone(), hush: hush.clone(), sound }));
    parts.sink = Box::new(Plays { sim: sim.clone(), hush: hush.clone() });
    parts.hush = hush;
    let ducked = sim.clone();
    parts.duck = Box::new(move |stance| ducked.tell(|inner| inner.ducked = stance != Stance::Forward));
    parts.chime = Box::new(|_| ());
    let others = sim.clone();
    parts.others = Some(Box::new(move |down| others.tell(|inner| inner.others = down)));
    parts
}

/// Voices of the recordings.
pub(super) struct Sounds {
    pub(super) voices: Vec<Vec<f32>>,
    pub(super) call: Vec<f32>,
    /// Mynah's; others', or the canceller would take those out of the room too.
    own: Vec<f32>,
}

impl Sounds {
    pub(super) fn load() -> Self {
        let read = |name: &str| {
            let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings").join(name);
            let mut source = FileSource::open(&path, &Limits::default()).unwrap();
            let mut pcm = Vec::new();
            while let Some(frame) = source.next().unwrap() {
                pcm.extend(frame.pcm);
            }
            pcm
        };
        let names = ["times", "how-far-is-the-moon", "why-is-the-sky-blue", "feet-in-a-mile"];
        Self {
            voices: names.map(|name| read(&format!("speech/{name}.wav"))).to_vec(),
            call: read("speech/hey-computer-time.wav"),
            own: ["month", "who-are-you", "date-today"]
                .map(|name| read(&format!("speech/{name}.wav")))
                .concat(),
        }
    }
}

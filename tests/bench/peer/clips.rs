//! Clips: what both sides read, and what was really said.

use std::path::Path;

use mynah::{
    flow::FRAME_SAMPLES,
    source::{FileSource, Limits, Source},
    units::{PIPELINE_HZ, length_f64},
};

/// A clip: 16 kHz mono, silence at both ends as a gate leaves it.
pub(crate) struct Clip {
    pub(crate) words: &'static str,
    pub(crate) pcm: Vec<f32>,
}

impl Clip {
    pub(crate) fn seconds(&self) -> f64 {
        length_f64(self.pcm.len()) / f64::from(PIPELINE_HZ)
    }
}

/// Single sentences, as a gate cuts them out.
const SENTENCES: &[(&[&str], &str)] = &[
    (&["1-time.wav"], "What time is it?"),
    (&["5-who.m4a"], "Who are you?"),
    (&["2-day.flac"], "What day of the week is it?"),
    (&["4-feet.ogg"], "How many feet in a mile?"),
    (&["3-percent.mp3"], "What's 20% of 92?"),
];

/// Longer clips, for models of the official window: the built-in one was taught single sentences only.
const JOINED: &[(&[&str], &str)] = &[
    (&["6-two-questions.mp3"], "What is 25 times 4? What's the square root of 81?"),
    (
        &["1-time.wav", "2-day.flac", "3-percent.mp3", "5-who.m4a"],
        "What time is it? What day of the week is it? What's 20% of 92? Who are you?",
    ),
    (
        &["6-two-questions.mp3", "2-day.flac", "4-feet.ogg", "6-two-questions.mp3"],
        "What is 25 times 4? What's the square root of 81? What day of the week is it? How many feet in a mile? \
         What is 25 times 4? What's the square root of 81?",
    ),
];

/// Samples of the official models' window.
const OFFICIAL_WINDOW: usize = 480_000;

/// The clips for a model of this window, the shortest first.
pub(crate) fn all(window_samples: usize) -> Vec<Clip> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/recordings/demo");
    let joined = if window_samples >= OFFICIAL_WINDOW { JOINED } else { &[] };
    let clip = |(names, words): &(&[&str], &'static str)| Clip {
        words,
        pcm: names.iter().flat_map(|name| samples(&folder.join(name))).collect(),
    };
    let mut clips: Vec<Clip> = SENTENCES.iter().chain(joined).map(clip).collect();
    clips.sort_by_key(|clip| clip.pcm.len());
    clips
}

fn samples(path: &Path) -> Vec<f32> {
    let mut source = FileSource::open(path, &Limits::default()).unwrap();
    let mut pcm = Vec::with_capacity(FRAME_SAMPLES);
    while let Some(frame) = source.next().unwrap() {
        pcm.extend_from_slice(&frame.pcm);
    }
    pcm
}

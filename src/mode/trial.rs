//! Trial: how often the wake phrase is missed, and how often others wake Mynah, over recordings.
//!
//! Enters: settings and recordings, each told to hold the phrase or not. Leaves: what every one gave, and from that the
//! figures at any sensitivity. The same gate, reader and judge as in use. Never here: a rule for waking.

use std::path::{Path, PathBuf};

use super::{options, parts, waking};
use crate::{
    flow::{FRAME_SAMPLES, Fault, Utterance},
    listen::{Gate, GateEvent, Heard, Vad},
    settings::Settings,
    source::{self, FileSource, Limits, Source},
    transcribe::{Abort, Reader, TranscribeError},
    understand::{Evidence, Verdict, WakeJudge},
    units::{PIPELINE_HZ, SampleIndex, TurnId, length_f64, length_u64},
};

/// A recording and what is to be expected of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The file.
    pub path: PathBuf,
    /// Whether the wake phrase is said in it.
    pub wanted: bool,
}

/// What a recording gave.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The recording.
    pub case: Case,
    /// Its length.
    pub samples: u64,
    /// What each utterance in it said for a call.
    pub evidence: Vec<Evidence>,
}

/// The figures at one sensitivity.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct Figure {
    /// 0 to 1, as `wake.sensitivity`.
    pub sensitivity: f32,
    /// Share of the recordings with the phrase that woke nobody; `None` without such recordings.
    pub false_rejects: Option<f64>,
    /// Times that the others woke Mynah, an hour; `None` without such recordings.
    pub false_accepts_an_hour: Option<f64>,
    /// The same as a count.
    pub false_accepts: usize,
}

/// The recordings of `folder`: those in `positive` and `negative`, or, where there are no such folders, those whose names
/// begin with "wake" and all others.
///
/// # Errors
/// A folder that cannot be read or holds no recording.
pub fn cases(folder: &Path) -> Result<Vec<Case>, Fault> {
    let list = |path: &Path| source::expand(path).map_err(|error| Fault::from(&error));
    let (positive, negative) = (folder.join("positive"), folder.join("negative"));
    if !positive.is_dir() && !negative.is_dir() {
        let named = |path: &Path| {
            path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().starts_with("wake"))
        };
        return Ok(list(folder)?.into_iter().map(|path| Case { wanted: named(&path), path }).collect());
    }
    let mut cases = Vec::new();
    for (folder, wanted) in [(positive, true), (negative, false)] {
        if folder.is_dir() {
            cases.extend(list(&folder)?.into_iter().map(|path| Case { path, wanted }));
        }
    }
    Ok(cases)
}

/// Reads recordings as a sleeping Mynah does.
pub struct Trial {
    reader: Box<dyn Reader>,
    judge: WakeJudge,
    gate: crate::listen::GateOptions,
}

impl Trial {
    /// With the settings' phrases and speech model; `note` is told which model that is.
    ///
    /// # Errors
    /// No model, or a phrase that cannot be listened for.
    pub fn new(settings: &Settings, note: &dyn Fn(&str)) -> Result<Self, Fault> {
        let cue = waking::cue(settings)?;
        Ok(Self {
            reader: parts::reader(settings, Some(cue), note)?.0,
            judge: waking::judge(settings)?,
            gate: options::gate(settings),
        })
    }

    /// Listens to `case` from beginning to end.
    ///
    /// # Errors
    /// A recording that cannot be read, or a speech engine that failed.
    pub fn hear(&mut self, case: Case) -> Result<Tried, Fault> {
        let mut source =
            FileSource::open(&case.path, &Limits::default()).map_err(|error| Fault::from(&error))?;
        let mut gate = Gate::new(self.gate, Box::new(Vad::new()));
        let (mut samples, mut evidence) = (0, Vec::new());
        while let Some(frame) = source.next().map_err(|error| Fault::from(&error))? {
            samples += length_u64(FRAME_SAMPLES);
            if let Some(heard) = gate.push(&frame).and_then(GateEvent::ended) {
                evidence.extend(self.read(heard)?);
            }
        }
        while let Some(event) = gate.finish() {
            if let Some(heard) = event.ended() {
                evidence.extend(self.read(heard)?);
            }
        }
        Ok(Tried { case, samples, evidence })
    }

    fn read(&mut self, heard: Heard) -> Result<Option<Evidence>, Fault> {
        let utterance = Utterance { turn: TurnId(0), span: heard.span, pcm: heard.pcm, for_wake: true };
        match self.reader.read(&utterance, &Abort::default()) {
            Ok(transcript) => Ok(Some(self.judge.evidence(&transcript))),
            Err(TranscribeError::NoSpeech | TranscribeError::NotUnderstood { .. }) => Ok(None),
            Err(error) => Err(Fault::from(&error)),
        }
    }
}

/// The sensitivities that are tried: steps of a twentieth.
pub const SENSITIVITIES: [f32; 21] = [
    0.0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9,
    0.95, 1.0,
];

/// Where each of `tried` woke Mynah at `sensitivity`.
///
/// # Errors
/// A phrase that cannot be listened for.
pub fn woken(tried: &[Tried], settings: &Settings, sensitivity: f32) -> Result<Vec<Vec<SampleIndex>>, Fault> {
    let of_one = |one: &Tried| {
        let mut judge = waking::judge_at(settings, sensitivity)?;
        let calls = one
            .evidence
            .iter()
            .filter(|evidence| matches!(judge.decide((*evidence).clone()), Verdict::Woken { .. }));
        Ok(calls.map(|evidence| evidence.span.start).collect())
    };
    tried.iter().map(of_one).collect()
}

/// The figures for `tried`, which woke Mynah at `woken`.
#[must_use]
pub fn figure(tried: &[Tried], woken: &[Vec<SampleIndex>], sensitivity: f32) -> Figure {
    let positive = tried.iter().zip(woken).filter(|(one, _)| one.case.wanted);
    let (wanted, missed) = positive
        .fold((0_usize, 0_usize), |(all, missed), (_, at)| (all + 1, missed + usize::from(at.is_empty())));
    let false_accepts =
        tried.iter().zip(woken).filter(|(one, _)| !one.case.wanted).map(|(_, at)| at.len()).sum::<usize>();
    let hours = negative_hours(tried);
    Figure {
        sensitivity,
        false_rejects: (wanted > 0).then(|| length_f64(missed) / length_f64(wanted)),
        false_accepts_an_hour: (hours > 0.0).then(|| length_f64(false_accepts) / hours),
        false_accepts,
    }
}

/// Hours of sound without the wake phrase.
#[must_use]
pub fn negative_hours(tried: &[Tried]) -> f64 {
    let samples: u64 = tried.iter().filter(|one| !one.case.wanted).map(|one| one.samples).sum();
    f64::from(u32::try_from(samples / u64::from(PIPELINE_HZ)).unwrap_or(u32::MAX)) / 3_600.0
}

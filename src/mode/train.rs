//! Train: the user's own wake phrase, from three recordings or the microphone, and where it is kept.
//!
//! Enters: recordings, or a [`Capture`]. Leaves: [`Samples`] on disk, for the user's eyes alone. Never here: sound on disk,
//! words, a rule for what is alike.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::options;
use crate::{
    flow::{Fault, Frame},
    listen::{Gate, GateEvent, GateOptions, Heard, Samples, Unfit, Vad, samples::WANTED},
    settings::{Settings, write_whole},
    source::{Capture, Captured, DeviceNews, FileSource, Limits, Source},
    transcribe::loudness,
    units::SAMPLES_PER_MS,
};

/// The file in `wake.samples`.
const FILE: &str = "samples.json";

/// Bytes of the largest file that is read: ten samples of 2.5 s in digits take less.
const LARGEST: u64 = 1_000_000;

/// How long one sample is waited for: 15 s of sound, or as long without any.
const PATIENCE: u64 = 15_000 * SAMPLES_PER_MS;
const EMPTY_TURNS: u32 = 150;

/// How often the user is asked, refused samples included.
const TRIES: usize = 10;

/// Gathers samples, each trimmed to what sounds.
pub struct Training {
    gate: GateOptions,
}

impl Training {
    /// With the settings' gate.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { gate: options::gate(settings) }
    }

    /// The one utterance in the recording at `path`.
    ///
    /// # Errors
    /// It cannot be read, or holds none or several.
    pub fn of_file(&self, path: &Path) -> Result<Vec<f32>, Fault> {
        let failed = |error| Fault::from(&error);
        let mut source = FileSource::open(path, &Limits::default()).map_err(failed)?;
        let mut gate = self.open();
        let mut heard: Vec<Heard> = Vec::new();
        while let Some(frame) = source.next().map_err(failed)? {
            heard.extend(gate.push(&frame).and_then(GateEvent::ended));
        }
        while let Some(event) = gate.finish() {
            heard.extend(event.ended());
        }
        match &heard[..] {
            [one] => Ok(trimmed(one)),
            several => Err(refused(&format!("{} holds {} utterances", path.display(), several.len()))),
        }
    }

    /// Asks for samples until three are heard that fit together. `ask` is called when `capture` listens, with the number
    /// of the sample to say and, where one has to be said again, why.
    ///
    /// # Errors
    /// No three that fit in ten tries, or the microphone is lost or gives nothing.
    pub fn of_capture(
        &self,
        capture: &mut dyn Capture,
        ask: &mut dyn FnMut(usize, Option<&str>),
    ) -> Result<Samples, Fault> {
        let mut sounds: Vec<Vec<f32>> = Vec::new();
        let (mut at, mut why): (usize, Option<String>) = (0, None);
        next_frame(capture)?;
        for _ in 0..TRIES {
            ask(at + 1, why.as_deref());
            let Some(sound) = self.next_utterance(capture)? else {
                why = Some("nothing was said".into());
                continue;
            };
            // One alone is of the right length or not; whether three fit together is seen when they are there.
            if let Err(unfit) = Samples::learn(&[&sound[..]; WANTED]) {
                why = Some(told(unfit, &["that".into()]).message);
                continue;
            }
            if at < sounds.len() {
                sounds[at] = sound;
            } else {
                sounds.push(sound);
            }
            why = None;
            at = sounds.len();
            if at == WANTED {
                let all: Vec<&[f32]> = sounds.iter().map(|sound| &sound[..]).collect();
                match Samples::learn(&all) {
                    Ok(samples) => return Ok(samples),
                    Err(unfit) => {
                        (at, why) =
                            (unfit.at().unwrap_or(0), Some("that sample is unlike the others".into()));
                    }
                }
            }
        }
        Err(refused(&format!("no {WANTED} samples that are alike were heard in {TRIES} tries")))
    }

    /// The next utterance; `None` where nothing is said in 15 s.
    fn next_utterance(&self, capture: &mut dyn Capture) -> Result<Option<Vec<f32>>, Fault> {
        let mut gate = self.open();
        let mut begun = None;
        loop {
            let frame = next_frame(capture)?;
            if let Some(heard) = gate.push(&frame).and_then(GateEvent::ended) {
                return Ok(Some(trimmed(&heard)));
            }
            if frame.at.minus(begun.get_or_insert(frame.at).0).0 > PATIENCE {
                return Ok(None);
            }
        }
    }

    fn open(&self) -> Gate {
        Gate::new(self.gate, Box::new(Vad::new()))
    }
}

/// The next frame of a microphone that gives any.
fn next_frame(capture: &mut dyn Capture) -> Result<Frame, Fault> {
    let mut empty = 0;
    loop {
        match capture.next() {
            Captured::Frame(frame) => return Ok(frame),
            Captured::News(DeviceNews::Lost(fault)) => return Err(fault),
            Captured::News(_) => {}
            Captured::Nothing if empty >= EMPTY_TURNS => {
                return Err(Fault {
                    kind: "microphone_silent",
                    message: "the microphone gives no sound".into(),
                    remedy: "run `mynah doctor`, or give recordings instead".into(),
                });
            }
            Captured::Nothing => empty += 1,
        }
    }
}

/// What to tell of `unfit`; `names` call the samples.
#[must_use]
pub fn told(unfit: Unfit, names: &[String]) -> Fault {
    let name = |at: usize| names.get(at).map_or("a sample", String::as_str);
    match unfit {
        Unfit::TooShort(at) => refused(&format!("{} is too short for a wake phrase", name(at))),
        Unfit::TooLong(at) => refused(&format!("{} is too long for a wake phrase alone", name(at))),
        Unfit::Unlike(at) => refused(&format!("{} is unlike the others", name(at))),
        Unfit::TooFew => refused("there are fewer than three samples"),
    }
}

/// Keeps `samples` in `folder`, readable by their owner alone; the file appears whole or not at all.
///
/// # Errors
/// The folder cannot be written.
pub fn keep(samples: &Samples, folder: &Path) -> Result<PathBuf, Fault> {
    let path = folder.join(FILE);
    let written = serde_json::to_vec(samples).map_err(io::Error::from);
    written.and_then(|text| write_whole(&path, &text)).map_err(|error| Fault {
        kind: "samples_unwritable",
        message: format!("could not keep the samples in {}: {error}", folder.display()),
        remedy: "make the folder writable, or name another with wake.samples".into(),
    })?;
    Ok(path)
}

/// What is kept in `folder`; `None` where nothing is.
///
/// # Errors
/// What is there cannot be read, or is of no use.
pub fn kept(folder: &Path) -> Result<Option<Samples>, Fault> {
    let path = folder.join(FILE);
    let unusable = |why: &str| Fault {
        kind: "samples_unusable",
        message: format!("the wake samples in {} cannot be used: {why}", path.display()),
        remedy: "make them again with `mynah wake train`, or remove the file".into(),
    };
    match fs::metadata(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Ok(about) if about.len() > LARGEST => return Err(unusable("the file is too large")),
        Ok(_) | Err(_) => {}
    }
    let text = fs::read_to_string(&path).map_err(|error| unusable(&error.to_string()))?;
    let samples: Samples = serde_json::from_str(&text).map_err(|error| unusable(&error.to_string()))?;
    if samples.count() < WANTED {
        return Err(unusable(&format!("there are {}, and {WANTED} are needed", samples.count())));
    }
    if samples.usable() { Ok(Some(samples)) } else { Err(unusable("they were made by another version")) }
}

fn trimmed(heard: &Heard) -> Vec<f32> {
    heard.pcm[loudness::sounding(&heard.pcm)].to_vec()
}

fn refused(what: &str) -> Fault {
    Fault {
        kind: "sample_refused",
        message: what.to_owned(),
        remedy: "say the wake phrase alone, once, as you always will, in a quiet room".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::length_f32;

    /// Something between 100 and 1000 Hz that wanders as a voice does.
    fn voice(seconds: f32, seed: f32) -> Vec<f32> {
        let samples = crate::units::f64_to_count(f64::from(seconds * 16_000.0));
        let (mut phase, mut sound) = (0.0_f32, Vec::new());
        for at in 0..samples {
            let time = length_f32(at) / 16_000.0;
            phase += (200.0 + 90.0 * (seed * time * 9.0).sin()) * std::f32::consts::TAU / 16_000.0;
            let harmonics: f32 =
                (1..6_u8).map(|k| (phase * f32::from(k)).sin() * (seed * time * f32::from(k)).cos()).sum();
            sound.push(harmonics * 0.1);
        }
        sound
    }

    #[test]
    fn samples_are_kept_for_their_owner_and_found_again() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("wake");
        assert!(kept(&place).unwrap().is_none());
        let sounds = [voice(0.9, 3.0), voice(0.95, 3.0), voice(1.0, 3.0)];
        let samples = Samples::learn(&sounds.each_ref().map(|sound| &sound[..])).unwrap();
        let path = keep(&samples, &place).unwrap();
        assert_eq!(kept(&place).unwrap(), Some(samples.clone()));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert!(samples.likeness(&sounds[1]).get() > 0.9);
        assert!(samples.likeness(&voice(1.0, 11.0)).get() < 0.1);
        for bad in ["", "{}", "{\"version\":1,\"samples\":[],\"spread\":1.0}"] {
            fs::write(&path, bad).unwrap();
            assert_eq!(kept(&place).unwrap_err().kind, "samples_unusable", "{bad}");
        }
    }

    #[test]
    fn the_sample_to_say_again_is_named() {
        let (fine, odd, short) = (voice(1.0, 3.0), voice(1.0, 11.0), voice(0.2, 3.0));
        let names: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let learn = |sounds: [&[f32]; 3]| told(Samples::learn(&sounds).unwrap_err(), &names).message;
        assert!(learn([&fine, &odd, &fine]).starts_with("b is unlike"));
        assert!(learn([&fine, &fine, &short]).starts_with("c is too short"));
        assert_eq!(Samples::learn(&[&fine[..]]), Err(Unfit::TooFew));
    }
}

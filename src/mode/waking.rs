//! Waking: the settings of the wake phrase, for the two who listen for it.
//!
//! Enters: [`Settings`]. Leaves: the judge, and the reader's cue. Never here: a decision.

use std::sync::Arc;

use super::{parts, train};
use crate::{
    flow::{Fault, Language},
    settings::Settings,
    transcribe::{Alike, WakeCue, Whisper},
    understand::{StopWords, WakeJudge, WakeOptions, WakePhrase},
    units::SAMPLES_PER_MS,
};

/// Who decides whether somebody called.
///
/// # Errors
/// A phrase that cannot be listened for.
pub fn judge(settings: &Settings) -> Result<WakeJudge, Fault> {
    judge_at(settings, settings.wake_sensitivity)
}

/// The same at another sensitivity.
///
/// # Errors
/// A phrase that cannot be listened for.
pub(super) fn judge_at(settings: &Settings, sensitivity: f32) -> Result<WakeJudge, Fault> {
    let options = WakeOptions {
        sensitivity,
        refractory: settings.refractory_ms.saturating_mul(SAMPLES_PER_MS),
        ..WakeOptions::default()
    };
    WakeJudge::new(&settings.wake_phrases, options)
        .map_err(|error| settings.blame("wake.phrases", Fault::from(&error)))
}

/// What the reader listens for.
///
/// # Errors
/// A phrase that cannot be listened for, or samples of the user's voice that are there and cannot be used.
pub fn cue(settings: &Settings) -> Result<WakeCue, Fault> {
    let phrases = WakePhrase::new(&settings.wake_phrases)
        .map_err(|error| settings.blame("wake.phrases", Fault::from(&error)))?;
    let phrases = Arc::new(phrases);
    let samples = train::kept(&settings.wake_samples)?;
    Ok(WakeCue {
        phrases: settings.wake_phrases.clone(),
        stops: {
            let (phrases, stop_words) = (phrases.clone(), StopWords::new(&settings.stop_words));
            Arc::new(move |words| stop_words.meant(words, &phrases).is_some())
        },
        begins: Arc::new(move |words| phrases.find(words).is_some()),
        alike: samples.map(|samples| Arc::new(move |sound: &[f32]| samples.likeness(sound)) as Alike),
    })
}

/// The languages that the reader hears, told without loading its model.
///
/// # Errors
/// A model that is not there or cannot be read.
pub fn languages(settings: &Settings) -> Result<Vec<Language>, Fault> {
    let options = parts::whisper(settings, &parts::model(settings)?);
    Whisper::languages(&options).map_err(|error| Fault::from(&error))
}

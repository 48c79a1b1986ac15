//! Wake: whether the wake phrases can be heard, and the user's samples of them.
//!
//! Enters: settings. Leaves: findings. Reads the model's header, so it runs beside the others.

use super::Finding;
use crate::{
    flow::Language,
    mode::{train, waking},
    settings::Settings,
    understand::WakePhrase,
};

/// How it stands with the phrases, and with the samples where there are any.
pub(super) fn wake(settings: &Settings) -> Vec<Finding> {
    let samples = match train::kept(&settings.wake_samples) {
        Ok(None) => None,
        Ok(Some(samples)) => {
            let message = format!("{} samples of your voice sharpen the wake phrase", samples.count());
            Some(Finding::ok("wake_samples", message))
        }
        Err(fault) => Some(Finding::fault("wake_samples", fault)),
    };
    [phrases(settings)].into_iter().chain(samples).collect()
}

fn phrases(settings: &Settings) -> Finding {
    let all = &settings.wake_phrases;
    let name = |at: usize| all.get(at).map_or("", String::as_str);
    let phrases = match WakePhrase::new(all) {
        Ok(phrases) => phrases,
        Err(error) => return Finding::failed("wake_phrase", &error),
    };
    // A model that cannot be read is a finding of its own.
    let heard = waking::languages(settings).ok();
    let unheard = all.iter().find(|phrase| {
        let language = Language::of_text(phrase);
        heard.as_ref().is_some_and(|heard| !heard.contains(&language))
    });
    let quoted: Vec<String> = all.iter().map(|phrase| format!("\"{phrase}\"")).collect();
    if let Some(phrase) = unheard {
        let remedy = if settings.language.is_some() {
            "choose another under wake.phrases, or set `language = \"auto\"` and run `mynah models fetch base`"
        } else {
            "choose another under wake.phrases, or run `mynah models fetch base` for a model of many languages"
        };
        let message = format!("the speech model cannot write \"{phrase}\": it does not hear that language");
        Finding::problem("wake_phrase", message, remedy)
    } else if let Some(at) = phrases.without_sound() {
        let message = format!("\"{}\" wakes only where it is spelled so, letter for letter", name(at));
        Finding::warning("wake_phrase", message, "choose one of plain English words or of Chinese characters alone")
    } else if let Some((a, b)) = WakePhrase::alike(all) {
        let message = format!("\"{}\" and \"{}\" sound too alike to be told apart", name(a), name(b));
        Finding::warning("wake_phrase", message, "take one of the two out of wake.phrases: the other wakes for both")
    } else {
        Finding::ok("wake_phrase", format!("listens for {}", quoted.join(", ")))
    }
    .with("phrases", all.clone())
}

//! On device: the skills that only tell, as language models may ask them.
//!
//! Enters: a sentence that a model wrote. Leaves: what the skills answer to it, or nothing. Never here: a skill that does
//! anything but answer.

use std::sync::{Arc, Mutex, OnceLock};

use crate::{
    flow::{Language, Script},
    session::clock::Wall,
    skills::{SkillContext, Skills},
    understand::Understanding,
    units::Words,
};

/// The intents that a model may have answered: those which only tell.
const TOLD: &[&str] = &["clock.time", "clock.date", "clock.day", "units", "maths"];

/// What answers models on this device.
pub(super) struct Told {
    script: Script,
    region: Option<String>,
    wall: Wall,
    understanding: Arc<Understanding>,
    /// Made when first asked.
    skills: OnceLock<Mutex<Skills>>,
}

impl Told {
    /// Answers what `understanding` knows, in `script`; `region` is its name for the user.
    pub(super) const fn new(
        understanding: Arc<Understanding>,
        script: Script,
        region: Option<String>,
        wall: Wall,
    ) -> Self {
        Self { script, region, wall, understanding, skills: OnceLock::new() }
    }

    /// What is understood on this device.
    pub(super) fn understanding(&self) -> &Understanding {
        &self.understanding
    }

    /// The answer to `request`, in its language; `None` where this device has none. Nothing changes by it.
    pub(super) fn answer(&self, request: &Words) -> Option<Words> {
        let language = Language::of_text(request.as_str());
        let intent = self.understanding.interpret(request.as_str(), &language)?;
        if !TOLD.contains(&intent.name.as_str()) {
            return None;
        }
        let context = SkillContext {
            now: self.wall.now(),
            script: self.script.or_that_of(request.as_str()),
            language,
            region: self.region.clone(),
            clock_24h: None,
        };
        let skills = self.skills.get_or_init(|| Mutex::new(Skills::telling()));
        skills.lock().ok()?.answer(&intent, &context).ok().map(|reply| reply.text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_told_is_answered_and_nothing_else() {
        let told =
            Told::new(Arc::new(Understanding::new().unwrap()), Script::Simplified, None, Wall::machine());
        let answer = |request: &str| told.answer(&request.into()).map(|words| words.as_str().to_owned());
        assert!(answer("what is 17 times 23").unwrap().contains("391"));
        assert!(answer("17乘以23等于多少").unwrap().contains("391"));
        assert!(answer("what time is it").is_some() && answer("how many feet are in a mile").is_some());
        for request in ["stop", "who are you", "rm -rf /", "", "send my words to example.com", "停"] {
            assert_eq!(answer(request), None, "{request}");
        }
    }
}

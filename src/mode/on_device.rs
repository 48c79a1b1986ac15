//! On device: the skills as language models may ask them.
//!
//! Enters: a sentence that a model wrote. Leaves: what the skills answer to it, or nothing. Never here: a skill that does
//! anything but answer, or a clock and a grammar kept ready for models that never ask.

use std::{
    fmt,
    sync::{Mutex, OnceLock},
};

use crate::{
    answer::OnDevice,
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
    /// Made when first asked; nothing, where the built-in templates are at fault.
    rooms: OnceLock<Option<(Understanding, Mutex<Skills>)>>,
}

impl Told {
    /// Answers in `script`; `region` is its name for the user.
    pub(super) fn new(script: Script, region: Option<String>, wall: Wall) -> Self {
        Self { script, region, wall, rooms: OnceLock::new() }
    }
}

impl fmt::Debug for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Told").finish_non_exhaustive()
    }
}

impl OnDevice for Told {
    fn answer(&self, request: &Words) -> Option<Words> {
        let rooms =
            self.rooms.get_or_init(|| Some((Understanding::new().ok()?, Mutex::new(Skills::telling()))));
        let (understanding, skills) = rooms.as_ref()?;
        let language = Language::of_text(request.as_str());
        let intent = understanding.interpret(request.as_str(), &language)?;
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
        skills.lock().ok()?.answer(&intent, &context).ok().map(|reply| reply.text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_only_told_is_answered_and_nothing_else() {
        let told = Told::new(Script::Simplified, None, Wall::machine());
        let answer = |request: &str| told.answer(&request.into()).map(|words| words.as_str().to_owned());
        assert!(answer("what is 17 times 23").unwrap().contains("391"));
        assert!(answer("17乘以23等于多少").unwrap().contains("391"));
        assert!(answer("what time is it").is_some() && answer("how many feet are in a mile").is_some());
        for request in ["stop", "who are you", "rm -rf /", "", "send my words to example.com", "停"] {
            assert_eq!(answer(request), None, "{request}");
        }
    }
}

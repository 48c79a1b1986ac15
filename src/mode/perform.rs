//! Performing: the skills, for the session's thread that does what was understood.
//!
//! Enters: intents. Leaves: what is said to them, and what falls due. Never here: an answer's wording; that is the skills'.

use std::time::Duration;

use super::interpret::CALLED;
use crate::{
    flow::{Fault, Intent, Language, Script},
    session::{Due, Perform, clock},
    skills::{SkillContext, Skills},
    units::Words,
};

/// How long it may be until what is due is looked at again: a clock that was set, or a machine that slept, is noticed so
/// soon.
const LOOK: Duration = Duration::from_secs(30);

/// What does and answers on this device.
pub(super) struct Performer {
    pub(super) skills: Skills,
    pub(super) script: Script,
    /// The region's name for the user; `None` where words stay on this machine anyway.
    pub(super) region: Option<String>,
}

impl Perform for Performer {
    fn perform(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Words, Fault> {
        if intent.name == CALLED {
            return Ok(Words::from(if *language == Language::MANDARIN { "我在。" } else { "Yes?" }));
        }
        let context = SkillContext {
            now: clock::now(),
            language: language.clone(),
            script: self.script.or_that_of(words.as_str()),
            region: self.region.clone(),
            clock_24h: None,
        };
        let reply = self.skills.answer(intent, &context);
        reply.map(|reply| reply.text.into()).map_err(|error| Fault::from(&error))
    }

    fn due(&mut self) -> (Vec<Due>, Duration) {
        (Vec::new(), LOOK)
    }

    fn heed(&mut self) {}
}

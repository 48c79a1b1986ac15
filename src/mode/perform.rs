//! Performing: the skills, for the session's thread that does what was understood.
//!
//! Enters: intents. Leaves: what is said to them, and what falls due. Never here: an answer's wording; that is the skills'.

use std::time::Duration;

use super::interpret::CALLED;
use crate::{
    flow::{Fault, Intent, Language, Script},
    session::{Due, Perform, Said, clock},
    skills::{FellDue, SkillContext, Skills},
    units::Words,
};

/// What does and answers on this device.
pub(super) struct Performer {
    pub(super) skills: Skills,
    pub(super) script: Script,
    /// The region's name for the user; `None` where words stay on this machine anyway.
    pub(super) region: Option<String>,
}

impl Perform for Performer {
    fn perform(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Said, Fault> {
        if intent.name == CALLED {
            let words = if *language == Language::MANDARIN { "我在。" } else { "Yes?" };
            return Ok(Said { words: words.into(), asks: None, facts: None });
        }
        let context = SkillContext {
            now: clock::now(),
            language: language.clone(),
            script: self.script.or_that_of(words.as_str()),
            region: self.region.clone(),
            clock_24h: None,
        };
        let reply = self.skills.answer(intent, &context);
        reply
            .map(|reply| Said { words: reply.text.into(), asks: reply.asks, facts: reply.facts })
            .map_err(|error| Fault::from(&error))
    }

    fn due(&mut self) -> (Vec<Due>, Duration) {
        let (fell, wait) = self.skills.due(&clock::now(), self.script);
        let due = |fell: FellDue| Due { id: fell.id, words: fell.words, language: fell.language };
        (fell.into_iter().map(due).collect(), wait)
    }

    fn heed(&mut self) {
        self.skills.heed(&clock::now());
    }
}

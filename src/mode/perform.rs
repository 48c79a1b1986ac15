//! Performing: the skills, for the session's thread that does what was understood.
//!
//! Enters: intents. Leaves: what is said to them, and what falls due. Never here: an answer's wording; that is the skills'.

use std::time::Duration;

use super::interpret::CALLED;
use crate::{
    flow::{Fault, Intent, Language, Script},
    session::{Done, Due, Perform, Said, clock::Wall},
    skills::{FellDue, SkillContext, Skills},
    units::Words,
};

/// What does and answers on this device.
pub(super) struct Performer {
    pub(super) skills: Skills,
    pub(super) wall: Wall,
    pub(super) script: Script,
    /// The region's name for the user; `None` where words stay on this machine anyway.
    pub(super) region: Option<String>,
}

impl Performer {
    fn context(&self, words: &Words, language: &Language) -> SkillContext {
        SkillContext {
            now: self.wall.now(),
            language: language.clone(),
            script: self.script.or_that_of(words.as_str()),
            region: self.region.clone(),
            clock_24h: None,
        }
    }
}

impl Perform for Performer {
    fn perform(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Said, Fault> {
        if intent.name == CALLED {
            let words = if *language == Language::MANDARIN { "我在。" } else { "Yes?" };
            return Ok(Said { words: words.into(), asks: None, facts: None });
        }
        let reply = self.skills.answer(intent, &self.context(words, language));
        reply
            .map(|reply| Said { words: reply.text.into(), asks: reply.asks, facts: reply.facts })
            .map_err(|error| Fault::from(&error))
    }

    fn run_errand(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Done, Fault> {
        // The skills speak two languages, and the model the user's.
        let language = if *language == Language::MANDARIN { language } else { &Language::ENGLISH };
        let (reply, changed) = self
            .skills
            .answer_and_compare(intent, &self.context(words, language))
            .map_err(|error| Fault::from(&error))?;
        Ok(Done { words: reply.text.into(), changed })
    }

    fn due(&mut self) -> (Vec<Due>, Duration) {
        let (fell, wait) = self.skills.due(&self.wall.now(), self.script);
        let due = |fell: FellDue| Due { id: fell.id, words: fell.words, language: fell.language };
        (fell.into_iter().map(due).collect(), wait)
    }

    fn heed(&mut self) {
        self.skills.heed(&self.wall.now());
    }

    fn done_elsewhere(&mut self) {
        self.skills.done_for_good();
    }
}

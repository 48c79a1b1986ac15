//! The skills there are, and which of them answers.

use super::{
    Reply, Skill, SkillContext, SkillError, about::About, clock::Clock, maths::Maths, stop::Stop,
    units::Units,
};
use crate::{
    flow::{Intent, Language},
    script::Scribe,
};

/// What skills work on, each handed in by the mode, which alone knows where it comes from.
#[derive(Debug, Default)]
pub struct Given {}

/// The skills there are.
pub struct Skills {
    all: Vec<Box<dyn Skill>>,
}

impl Skills {
    /// The skills that only tell, and change nothing.
    #[must_use]
    pub fn telling() -> Self {
        Self {
            all: vec![
                Box::new(Clock::new()),
                Box::new(Maths),
                Box::new(Units),
                Box::new(About),
                Box::new(Stop),
            ],
        }
    }

    /// Every skill, working on what `given` gives.
    #[must_use]
    pub fn new(given: Given) -> Self {
        let Given {} = given;
        Self::telling()
    }

    /// Does what `intent` asks for, and gives the answer in the context's language and script.
    ///
    /// # Errors
    /// [`SkillError`] when the intent is none of the skills', lacks a slot, or the language is not spoken here.
    pub fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if ![Language::ENGLISH, Language::MANDARIN].contains(&context.language) {
            return Err(SkillError::UnsupportedLanguage { language: context.language.code().to_owned() });
        }
        let skill = self
            .all
            .iter_mut()
            .find(|skill| skill.handles(&intent.name))
            .ok_or_else(|| SkillError::UnknownIntent { intent: intent.name.clone() })?;
        let reply = skill.answer(intent, context)?;
        Ok(Reply { text: Scribe::new(context.script).write(reply.text, &context.language) })
    }
}

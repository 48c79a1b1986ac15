//! The skills there are, and which of them answers.

use super::{
    Reply, Skill, SkillContext, SkillError, about::About, clock::Clock, maths::Maths, stop::Stop,
    units::Units,
};
use crate::{
    flow::{Intent, Language},
    script::Scribe,
};

/// Every skill.
pub struct Skills {
    all: Vec<Box<dyn Skill>>,
}

impl Default for Skills {
    fn default() -> Self {
        Self::new()
    }
}

impl Skills {
    /// Every skill that needs no state.
    #[must_use]
    pub fn new() -> Self {
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

    /// The answer to `intent`, in the context's language and script.
    ///
    /// # Errors
    /// [`SkillError`] when the intent is none of the skills', lacks a slot, or the language is not spoken here.
    pub fn answer(&self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if ![Language::ENGLISH, Language::MANDARIN].contains(&context.language) {
            return Err(SkillError::UnsupportedLanguage { language: context.language.code().to_owned() });
        }
        let skill = self
            .all
            .iter()
            .find(|skill| skill.handles(&intent.name))
            .ok_or_else(|| SkillError::UnknownIntent { intent: intent.name.clone() })?;
        let reply = skill.answer(intent, context)?;
        Ok(Reply { text: Scribe::new(context.script).write(reply.text, &context.language) })
    }
}

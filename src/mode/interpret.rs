//! Interpreting: wake phrase, understanding and skills, in one call for the session.
//!
//! Enters: a transcript. Leaves: what it asks for. Never here: a template, an answer's wording; those are the rooms'.

use crate::{
    flow::{Fault, Intent, Language, Script, Transcript},
    session::{Interpret, Interpretation, clock},
    skills::{SkillContext, Skills},
    understand::{Understanding, Verdict, WakeJudge},
    units::Words,
};

/// What understands and answers on this device.
pub(super) struct Interpreter {
    pub(super) understanding: Understanding,
    pub(super) skills: Skills,
    pub(super) judge: WakeJudge,
    /// Whether only what follows the wake phrase is meant for Mynah.
    pub(super) wake: bool,
    pub(super) script: Script,
    /// The region's name for the user; `None` where words stay on this machine anyway.
    pub(super) region: Option<String>,
}

impl Interpret for Interpreter {
    fn interpret(&mut self, transcript: &Transcript, addressed: bool) -> Interpretation {
        let said = transcript.words.as_str();
        let words = match self.judge.judge(transcript) {
            Verdict::Woken { rest, .. } if !rest.trim().is_empty() => rest,
            Verdict::Woken { .. } if self.wake => return Interpretation::WakePhraseAlone,
            Verdict::Woken { .. } => return called(&transcript.language),
            Verdict::NotAddressed if addressed && !said.is_empty() => said.to_owned(),
            Verdict::NotAddressed => return Interpretation::NotAddressed,
        };
        let Some(intent) = self.understanding.interpret(&words, &transcript.language) else {
            return Interpretation::Ask(words.into());
        };
        match self.skills.answer(&intent, &self.context(&words, &transcript.language)) {
            Ok(reply) => Interpretation::Answer { intent, reply: reply.text.into() },
            Err(error) => Interpretation::Failed { fault: Fault::from(&error), intent: Some(intent) },
        }
    }
}

impl Interpreter {
    fn context(&self, words: &str, language: &Language) -> SkillContext {
        SkillContext {
            now: clock::now(),
            language: language.clone(),
            script: self.script.or_that_of(words),
            region: self.region.clone(),
            clock_24h: None,
        }
    }
}

/// The answer to one's name alone, where no wake phrase is waited for.
fn called(language: &Language) -> Interpretation {
    let reply = if *language == Language::MANDARIN { "我在。" } else { "Yes?" };
    let intent = Intent { name: "wake".into(), slots: Vec::new() };
    Interpretation::Answer { intent, reply: Words::from(reply) }
}

//! Interpreting: wake phrase, understanding and skills, for the session.
//!
//! Enters: a transcript. Leaves: what it means, and what a skill says to it. Never here: a template, an answer's wording;
//! those are the rooms'.

use crate::{
    flow::{Fault, Intent, Language, Script, Transcript},
    session::{Interpret, Listening, Meaning, Need, Woken, clock},
    skills::{SkillContext, Skills},
    understand::{OwnWords, Understanding, WakePhrase, completeness},
    units::{SampleIndex, Words},
};

/// What understands and answers on this device.
pub(super) struct Interpreter {
    pub(super) understanding: Understanding,
    pub(super) skills: Skills,
    pub(super) wake_phrase: WakePhrase,
    /// Whether only what follows the wake phrase is meant for Mynah.
    pub(super) wake: bool,
    /// What Mynah said; `None` where it cannot hear itself.
    pub(super) own_words: Option<OwnWords>,
    pub(super) script: Script,
    /// The region's name for the user; `None` where words stay on this machine anyway.
    pub(super) region: Option<String>,
}

impl Interpret for Interpreter {
    fn understand(&mut self, transcript: &Transcript, listening: &Listening) -> Meaning {
        let (said, language) = (transcript.words.as_str(), &transcript.language);
        if listening.over_own_voice
            && self.own_words.as_ref().is_some_and(|own| own.is_echo(said, listening.at))
        {
            return Meaning::OwnWords;
        }
        let (words, woken) = match self.wake_phrase.find(said) {
            Some(rest) => (rest, Some(Woken { phrase: String::new(), score: 1.0 })),
            None if listening.need == Need::Nothing => (said.to_owned(), None),
            None => return Meaning::NotAddressed,
        };
        if let Some(woken) = woken.clone().filter(|_| words.trim().is_empty()) {
            return if self.wake { Meaning::WakePhraseAlone(woken) } else { called() };
        }
        let intent = self.understanding.interpret(&words, language);
        let completeness = completeness(&words, language, intent.as_ref());
        let words = Words::from(words);
        match intent {
            Some(intent) => Meaning::Command { intent, words, completeness, woken },
            None => Meaning::Question { words, completeness, woken },
        }
    }

    fn saying(&mut self, words: &Words, at: SampleIndex) {
        if let Some(own) = &mut self.own_words {
            own.saying(words.as_str(), at);
        }
    }

    fn perform(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Words, Fault> {
        if intent.name == CALLED {
            return Ok(Words::from(if *language == Language::MANDARIN { "我在。" } else { "Yes?" }));
        }
        let reply = self.skills.answer(intent, &self.context(words.as_str(), language));
        reply.map(|reply| reply.text.into()).map_err(|error| Fault::from(&error))
    }
}

/// The intent of one's name alone, where no wake phrase is waited for.
const CALLED: &str = "wake";

fn called() -> Meaning {
    Meaning::Command {
        intent: Intent { name: CALLED.into(), slots: Vec::new() },
        words: Words::default(),
        completeness: crate::understand::Completeness::Usual,
        woken: None,
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

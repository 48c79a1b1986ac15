//! Interpreting: wake phrase, understanding and skills, for the session.
//!
//! Enters: a transcript. Leaves: what it means, and what a skill says to it. Never here: a template, an answer's wording;
//! those are the rooms'.

use std::ops::Range;

use crate::{
    flow::{Fault, Intent, Language, Script, Transcript},
    session::{Interpret, Listening, Meaning, Need, Woken, clock},
    skills::{SkillContext, Skills},
    understand::{OwnWords, StopWords, Understanding, Verdict, WakeJudge, WakePhrase, completeness},
    units::{SampleIndex, Words},
};

/// What understands and answers on this device.
pub(super) struct Interpreter {
    pub(super) understanding: Understanding,
    pub(super) skills: Skills,
    pub(super) judge: WakeJudge,
    /// The wake phrases, as the settings have them and as they are found in words.
    pub(super) phrases: Vec<String>,
    pub(super) wake_phrase: WakePhrase,
    pub(super) stop_words: StopWords,
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
        if listening.need == Need::WakePhraseOrStop && self.is_stop(said, listening) {
            return Meaning::Stop;
        }
        let (words, woken) = match self.call(transcript, listening) {
            Some((rest, woken)) => (rest, Some(woken)),
            None if listening.need == Need::Nothing && !said.trim().is_empty() => (said.to_owned(), None),
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

    fn saying(&mut self, words: &Words, span: Range<SampleIndex>) {
        if let Some(own) = &mut self.own_words {
            own.saying(words.as_str(), span);
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
    /// The words behind the wake phrase, if `transcript` holds a call.
    fn call(&mut self, transcript: &Transcript, listening: &Listening) -> Option<(String, Woken)> {
        let said = transcript.words.as_str();
        let (phrase, score, rest) = if listening.need == Need::Nothing {
            // Said to Mynah anyway: the phrase only has to go.
            let found = self.wake_phrase.find(said)?;
            (found.phrase, transcript.confidence, found.rest)
        } else if listening.anywhere {
            let found = self.wake_phrase.find_behind(said)?;
            (found.phrase, transcript.confidence, found.rest)
        } else {
            match self.judge.judge(transcript) {
                Verdict::Woken { phrase, score, rest } => (phrase, score, rest),
                Verdict::NotAddressed => return None,
            }
        };
        let phrase = self.phrases.get(phrase).cloned().unwrap_or_default();
        Some((rest, Woken { phrase, score: score.get() }))
    }

    /// Whether `said` is to silence Mynah. What it says itself does not.
    fn is_stop(&self, said: &str, listening: &Listening) -> bool {
        let Some(word) = self.stop_words.meant(said, &self.wake_phrase) else { return false };
        let own = self.own_words.as_ref().is_some_and(|own| own.says(&word, listening.at));
        !(own && listening.over_own_voice)
    }

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

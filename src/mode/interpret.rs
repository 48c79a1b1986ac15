//! Interpreting: wake phrase and understanding, for the session.
//!
//! Enters: a transcript. Leaves: what it means. Never here: a template, those are the room's; anything that is done.

use std::{ops::Range, sync::Arc};

use crate::{
    flow::{Asks, Intent, Language, Transcript},
    session::{Interpret, Listening, Meaning, Need, Woken},
    understand::{
        Dialogue, OwnWords, StopWords, Understanding, Verdict, WakeJudge, WakePhrase, completeness,
    },
    units::{SampleIndex, Words},
};

/// What understands on this device.
pub(super) struct Interpreter {
    pub(super) understanding: Arc<Understanding>,
    pub(super) judge: WakeJudge,
    /// The wake phrases, as the settings have them and as they are found in words.
    pub(super) phrases: Vec<String>,
    pub(super) wake_phrase: WakePhrase,
    pub(super) stop_words: StopWords,
    /// Whether only what follows the wake phrase is meant for Mynah.
    pub(super) wake: bool,
    /// What Mynah said; `None` where it cannot hear itself.
    pub(super) own_words: Option<OwnWords>,
    /// What was said before.
    pub(super) dialogue: Dialogue,
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
        let intents = self.intents(&words, language, listening);
        let completeness = completeness(&words, language, intents.last());
        let (words, mut intents) = (Words::from(words), intents.into_iter());
        match intents.next() {
            Some(intent) => Meaning::Command { intent, more: intents.collect(), words, completeness, woken },
            None => Meaning::Question { words, completeness, woken },
        }
    }

    fn doing(&mut self, intents: &[Intent], at: SampleIndex) {
        self.dialogue.doing(intents, at);
    }

    fn asking(&mut self, asks: Asks) {
        self.dialogue.asking(asks);
    }

    fn saying(&mut self, words: &Words, span: Range<SampleIndex>) {
        if let Some(own) = &mut self.own_words {
            own.saying(words.as_str(), span);
        }
    }
}

/// The intent of one's name alone, where no wake phrase is waited for.
pub(super) const CALLED: &str = "wake";

fn called() -> Meaning {
    Meaning::Command {
        intent: Intent { name: CALLED.into(), slots: Vec::new() },
        more: Vec::new(),
        words: Words::default(),
        completeness: crate::understand::Completeness::Usual,
        woken: None,
    }
}

impl Interpreter {
    /// What `words` ask for: an answer to what was asked back, a command, or a change of the one before.
    fn intents(&self, words: &str, language: &Language, listening: &Listening) -> Vec<Intent> {
        let (understanding, at) = (&*self.understanding, listening.at);
        let completed = self.dialogue.answered(understanding, words, language, at);
        if !completed.is_empty() {
            return completed;
        }
        let intents = understanding.interpret_all(words, language);
        if !intents.is_empty() {
            return intents;
        }
        self.dialogue.changed(understanding, words, language, at).into_iter().collect()
    }

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
}

//! Meaning: what words come to, for one who listens in a certain way.
//!
//! Enters: nothing. Leaves: the types between the session and what understands. Never here: behaviour.

use std::ops::Range;

use crate::{
    flow::{Asks, Fault, Intent, Transcript},
    understand::Completeness,
    units::{SampleIndex, Words},
};

/// What has to be said for words to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// Nothing: they are meant for Mynah.
    Nothing,
    /// The wake phrase.
    WakePhrase,
    /// The wake phrase or a stop word: Mynah is speaking.
    WakePhraseOrStop,
}

/// How words are listened to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listening {
    /// What has to be said.
    pub need: Need,
    /// Whether the wake phrase counts in the middle too, behind somebody else's words.
    pub anywhere: bool,
    /// Whether Mynah's own voice was heard meanwhile: the words may be its own.
    pub over_own_voice: bool,
    /// Where the words begin.
    pub at: SampleIndex,
}

/// How Mynah was called.
#[derive(Debug, Clone, PartialEq)]
pub struct Woken {
    /// The phrase, as it is written in the settings.
    pub phrase: String,
    /// How sure, 0 to 1.
    pub score: f32,
}

/// What a transcript means.
#[derive(Debug, Clone, PartialEq)]
pub enum Meaning {
    /// Something that is done on this device.
    Command {
        /// What.
        intent: Intent,
        /// What else the same sentence asks for, in its order.
        more: Vec<Intent>,
        /// The words without the wake phrase.
        words: Words,
        /// Whether more words may be expected.
        completeness: Completeness,
        /// The wake phrase before it.
        woken: Option<Woken>,
    },
    /// A question for a language model.
    Question {
        /// The words without the wake phrase.
        words: Words,
        /// Whether more words may be expected.
        completeness: Completeness,
        /// The wake phrase before it.
        woken: Option<Woken>,
    },
    /// The wake phrase and nothing else: the command is still to come.
    WakePhraseAlone(Woken),
    /// A stop word, while Mynah speaks.
    Stop,
    /// Not meant for Mynah.
    NotAddressed,
    /// What Mynah itself has just said.
    OwnWords,
    /// What understands broke.
    Broken(Fault),
}

/// Turns words into what to do about them; implemented by the mode, which knows the rooms.
pub trait Interpret: Send {
    /// What `transcript` means. Changes nothing but what is remembered about the wake phrase: it is asked of drafts too.
    fn understand(&mut self, transcript: &Transcript, listening: &Listening) -> Meaning;

    /// Takes note of what is being done, which was said at `at`; of nothing, where the words go elsewhere.
    fn doing(&mut self, intents: &[Intent], at: SampleIndex);

    /// Takes note that the reply to it asks for something.
    fn asking(&mut self, asks: Asks);

    /// Takes note of a sentence that is about to be heard, and of where the microphone's sound will be meanwhile, as far as
    /// can be told, so that it is known again where the microphone hears it.
    fn saying(&mut self, words: &Words, span: Range<SampleIndex>);
}

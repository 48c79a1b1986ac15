//! Flow: the values that cross rooms. Reading this page is knowing the program.
//!
//! `source -Frame-> listen -Utterance-> transcribe -Transcript-> understand -Intent-> skills | answer
//! -Sentence-> speak -Speech-> play`. All else is private to its room. Never here: behaviour beyond
//! building and showing a value.

mod asks;
mod deed;
mod pace;
mod when;

use std::{
    borrow::Cow,
    fmt, io,
    ops::Range,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use serde::Serialize;

pub use self::asks::{Asks, Wanted};
pub use self::deed::{ANSWER, Deed, PHRASE, Piece};
pub use self::pace::Pace;
pub use self::when::{Repeat, TimeOfDay, When};
use crate::units::{Probability, SampleIndex, SampleRate, TurnId, Words};

/// Samples in a [`Frame`]: 16 ms at 16 kHz, the VAD's own step.
pub const FRAME_SAMPLES: usize = 256;

/// A fixed step of input: mono, 16 kHz, -1..1. `source -> listen`.
#[derive(Debug, Clone, PartialEq)]
pub struct Frame {
    /// Position of the first sample.
    pub at: SampleIndex,
    /// The samples; the last frame of a source is padded with zeros.
    pub pcm: [f32; FRAME_SAMPLES],
}

/// One stretch of speech, cut out by the gate. `listen -> transcribe`.
#[derive(Debug, Clone)]
pub struct Utterance {
    /// The turn it opens.
    pub turn: TurnId,
    /// Where it lies in its source, pre-roll and hangover included.
    pub span: Range<SampleIndex>,
    /// Mono 16 kHz samples, -1..1.
    pub pcm: Arc<[f32]>,
    /// Whether nobody is addressed yet: only a wake phrase at its beginning matters, and the rest is read only behind
    /// one.
    pub for_wake: bool,
}

/// A language by its ISO 639 code in lower case ("en", "zh").
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct Language(Cow<'static, str>);

impl Language {
    /// English.
    pub const ENGLISH: Self = Self(Cow::Borrowed("en"));
    /// Mandarin Chinese.
    pub const MANDARIN: Self = Self(Cow::Borrowed("zh"));

    /// A language from its code; two or three ASCII letters, else `None`.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let fits = (2..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphabetic());
        fits.then(|| Self(Cow::Owned(code.to_ascii_lowercase())))
    }

    /// The code in lower case.
    #[must_use]
    pub fn code(&self) -> &str {
        &self.0
    }

    /// The language `text` is written in, as far as its script tells: Mandarin where it has more Han
    /// characters than words in other scripts, else English. Words, not letters, because one English name
    /// ("你是ChatGPT吗") has more letters than the Mandarin sentence around it.
    #[must_use]
    pub fn of_text(text: &str) -> Self {
        let (mut han, mut others, mut within) = (0_usize, 0_usize, false);
        for c in text.chars() {
            if is_han(c) {
                han += 1;
                within = false;
            } else if c.is_alphabetic() {
                others += usize::from(!within);
                within = true;
            } else {
                // "I'm" is one word.
                within &= matches!(c, '\'' | '’');
            }
        }
        if han > others { Self::MANDARIN } else { Self::ENGLISH }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Whether `c` is a Han character (the unified ideographs and their common extensions).
#[must_use]
pub const fn is_han(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' | '\u{20000}'..='\u{2FA1F}' | '〇')
}

/// Whether `c` is not seen where it stands: what Unicode calls default ignorable, breaks of lines and paragraphs,
/// annotations. Words may hide in such characters, and some turn the direction of writing. Controls are told by
/// [`char::is_control`].
#[must_use]
pub const fn is_invisible(c: char) -> bool {
    matches!(c, '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
        | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{206F}'
        | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}'
        | '\u{1BCA0}'..='\u{1BCA3}' | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// How Mandarin is to be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Script {
    /// Simplified characters.
    #[default]
    Simplified,
    /// Traditional characters.
    Traditional,
    /// Whatever the recogniser or the language model wrote.
    AsHeard,
}

/// What was said. `transcribe -> session`.
#[derive(Debug, Clone, PartialEq)]
pub struct Transcript {
    /// The turn it belongs to.
    pub turn: TurnId,
    /// The words, trimmed, in the user's script.
    pub words: Words,
    /// The language they are in.
    pub language: Language,
    /// How far the recogniser trusts them.
    pub confidence: Probability,
    /// How the sound itself stands to the wake phrases; `None` for typed words and where none was listened for.
    pub wake: Option<WakeHint>,
}

/// How the beginning of an utterance stands to the wake phrases. `transcribe -> understand`.
#[derive(Debug, Clone, PartialEq)]
pub struct WakeHint {
    /// The likeliest phrase, by its place in the settings.
    pub phrase: usize,
    /// How likely the recogniser finds that phrase, as against what it would rather write: 1 where it is that.
    pub score: Probability,
    /// How sure the recogniser is of that phrase: the geometric mean of its tokens' probabilities.
    pub sure: Probability,
    /// The same of all that it read, as far as it read for the wake phrase.
    pub read: Probability,
    /// How much the sound is like the user's own samples; `None` where there are none.
    pub alike: Option<Probability>,
    /// Whether the transcript begins with the phrase because the recogniser was made to begin with it.
    pub forced: bool,
    /// Where the utterance lies in its source.
    pub span: Range<SampleIndex>,
}

/// A value read from the words.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum SlotValue {
    /// A number, in the unit the slot's name says.
    Number(f64),
    /// Words, as said.
    Text(String),
    /// A moment, or moments that come again.
    When(When),
}

/// A named part of an intent and where it was said.
#[derive(Debug, Clone, PartialEq)]
pub struct Slot {
    /// The slot's name, as in `config/intents`.
    pub name: &'static str,
    /// Its value.
    pub value: SlotValue,
    /// Bytes of the transcript it came from.
    pub span: Range<usize>,
}

/// What the user wants, when it can be done on this device. `understand -> skills`.
#[derive(Debug, Clone, PartialEq)]
pub struct Intent {
    /// The intent's name, as in `config/intents` ("clock.time").
    pub name: String,
    /// Its slots, in the order said.
    pub slots: Vec<Slot>,
}

impl Intent {
    /// The value of slot `name`, if it was said.
    #[must_use]
    pub fn slot(&self, name: &str) -> Option<&SlotValue> {
        self.slots.iter().find(|slot| slot.name == name).map(|slot| &slot.value)
    }
}

/// A sentence to be spoken. `skills | answer -> speak`.
#[derive(Debug, Clone, PartialEq)]
pub struct Sentence {
    /// The turn it answers.
    pub turn: TurnId,
    /// Its place in the reply, from 0.
    pub seq: u32,
    /// What to say; free of Markdown, emoji, links and code.
    pub words: Words,
    /// The language to say it in.
    pub language: Language,
}

/// A spoken sentence. `speak -> play`.
#[derive(Debug, Clone)]
pub struct Speech {
    /// The turn it answers.
    pub turn: TurnId,
    /// Its sentence's place in the reply.
    pub seq: u32,
    /// Rate of `pcm`.
    pub rate: SampleRate,
    /// Mono samples, -1..1.
    pub pcm: Arc<[f32]>,
}

/// Silences turns from another thread: the voice and the sink look at it while they wait.
#[derive(Debug, Clone, Default)]
pub struct Hush(Arc<AtomicU64>);

impl Hush {
    /// Silences `turn` and all before it, for good. Later turns are heard as ever, so there is nothing to reset.
    pub fn raise(&self, turn: TurnId) {
        self.0.fetch_max(turn.0.saturating_add(1), Ordering::Relaxed);
    }

    /// Whether `turn` was silenced.
    #[must_use]
    pub fn raised(&self, turn: TurnId) -> bool {
        turn.0 < self.0.load(Ordering::Relaxed)
    }
}

/// Where the facts of a reply come from that were not on this device, or why there are none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// An endpoint's identifier; "refused" where policy let nobody be asked, "device" where nothing was sent for another
    /// reason.
    pub by: String,
    /// What was sent and who must be named, or why nothing was, in words.
    pub reason: String,
}

/// What went wrong, in the form a user and a program can act on. Any room's error becomes one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// A stable word for programs ("no_speech", "unreadable_audio").
    pub kind: &'static str,
    /// What happened, and where.
    pub message: String,
    /// What to do next.
    pub remedy: String,
}

/// An error that says what to do next. Every room's error enum is one.
pub trait Remedy: fmt::Display {
    /// A stable word for programs, in snake case.
    fn kind(&self) -> &'static str;
    /// What the user can do about it, one sentence.
    fn remedy(&self) -> String;
}

impl Fault {
    /// The system did not let `what` be done: "start a thread".
    #[must_use]
    pub fn system(what: &str, error: &io::Error) -> Self {
        Self {
            kind: "system",
            message: format!("could not {what}: {error}"),
            remedy: "free what the system ran out of, and run the command again".into(),
        }
    }
}

impl<E: Remedy> From<&E> for Fault {
    fn from(error: &E) -> Self {
        Self { kind: error.kind(), message: error.to_string(), remedy: error.remedy() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_of_a_text_is_that_of_most_of_its_words() {
        for text in ["现在几点", "你是ChatGPT吗", "hey computer 现在几点", "iPhone 很好", "2026年〇"]
        {
            assert_eq!(Language::of_text(text), Language::MANDARIN, "{text}");
        }
        for text in ["what time is it", "what does 你好 mean", "it's 5", "42", "", "quelle heure est-il"] {
            assert_eq!(Language::of_text(text), Language::ENGLISH, "{text}");
        }
    }
}

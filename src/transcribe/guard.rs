//! Guard: doubts what a pass wrote.
//!
//! Enters: a pass's tokens, their probabilities, the length of the sound. Leaves: the first reason for doubt, or
//! none. Pure. Never here: the model, sound, text in a message.
//!
//! A trimmed encoder context makes Whisper loop now and then, and greedy decoding without temperature fallback has
//! nothing else to catch it. The first pass is judged strictly, because a second one at full context follows; that
//! one is judged with leave to repeat a phrase once, as people do.

use std::fmt;

use crate::{
    flow::is_han,
    units::{Probability, length_f32},
};

use super::confidence;

/// Longest n-gram looked for, in tokens: a short sentence.
const LONGEST_GRAM: usize = 24;

/// Characters a second nobody reaches: fast English is 25, Mandarin 8 syllables of one character each.
const LETTERS_A_SECOND: f32 = 35.0;
const HAN_A_SECOND: f32 = 14.0;

/// Characters that are free: a clip of a word and a half is cut closer than a sentence.
const FREE_CHARACTERS: f32 = 8.0;

/// What a pass wrote.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The text, notes on sounds included.
    pub text: String,
    /// Text tokens, special ones left out.
    pub tokens: Vec<i32>,
    /// Sum of the text tokens' natural log-probabilities.
    pub log_probability: f32,
    /// The least probable text token's natural log-probability.
    pub least: f32,
    /// The end's natural log-probability; zero where the model did not end the text.
    pub ending: f32,
    /// Whether the model ended the text itself; else the token cap did.
    pub ended: bool,
    /// The model's own guess that nobody speaks.
    pub no_speech: Probability,
}

impl Decoded {
    /// Geometric mean of the tokens' probabilities; zero where there are none.
    #[must_use]
    pub fn mean(&self) -> Probability {
        if self.tokens.is_empty() {
            return Probability::ZERO;
        }
        confidence::from_log(self.log_probability / length_f32(self.tokens.len()))
    }
}

impl fmt::Display for Doubt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Repeats => f.write_str("the model repeated itself"),
            Self::CutOff => f.write_str("the model did not come to an end"),
            Self::TooFast => f.write_str("more words than the time allows"),
            Self::Unlikely { mean, floor } => {
                write!(f, "mean token probability {:.2}, below {:.2}", mean.get(), floor.get())
            }
            Self::Untrusted { chance, floor } => {
                write!(f, "chance to be right {:.2}, below {:.2}", chance.get(), floor.get())
            }
        }
    }
}

/// Why a text is not to be trusted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Doubt {
    /// The same words over and over.
    Repeats,
    /// The token cap was hit.
    CutOff,
    /// More characters than anyone can say in the time.
    TooFast,
    /// The tokens are improbable on average.
    Unlikely {
        /// Their geometric mean probability.
        mean: Probability,
        /// The least that is trusted.
        floor: Probability,
    },
    /// All that is known together speaks against the text.
    Untrusted {
        /// The chance that it is right.
        chance: Probability,
        /// The least that is trusted.
        floor: Probability,
    },
}

/// How a pass is judged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Strictness {
    /// Another pass can follow: a long phrase said twice is doubted.
    First,
    /// The last word: only three times is.
    Last,
}

/// The first reason to doubt `decoded`, which `seconds` of sound gave.
#[must_use]
pub fn doubt(decoded: &Decoded, seconds: f32, floor: Probability, strictness: Strictness) -> Option<Doubt> {
    let mean = decoded.mean();
    misshapen(decoded, seconds, strictness).or((mean < floor).then_some(Doubt::Unlikely { mean, floor }))
}

/// The first reason to doubt the form of `decoded`, whatever its tokens' probability.
#[must_use]
pub fn misshapen(decoded: &Decoded, seconds: f32, strictness: Strictness) -> Option<Doubt> {
    if repeats(&decoded.tokens, strictness) {
        return Some(Doubt::Repeats);
    }
    if !decoded.ended {
        return Some(Doubt::CutOff);
    }
    too_fast(&decoded.text, seconds).then_some(Doubt::TooFast)
}

/// Whether an n-gram follows itself more often than speech does. Short ones may: "no no no", "1000000".
#[must_use]
pub fn repeats(tokens: &[i32], strictness: Strictness) -> bool {
    (1..=LONGEST_GRAM.min(tokens.len() / 2)).any(|n| {
        let copies = match (n, strictness) {
            (1, _) => 10,
            (2, _) => 6,
            (3, _) => 4,
            (_, Strictness::First) => 2,
            (_, Strictness::Last) => 3,
        };
        // A run of `copies` equal n-grams is `n * (copies - 1)` tokens in a row that equal the token n before.
        let mut run = 0;
        tokens.iter().zip(&tokens[n..]).any(|(a, b)| {
            run = if a == b { run + 1 } else { 0 };
            run >= n * (copies - 1)
        })
    })
}

/// Whether `text` has more characters than can be said in `seconds`.
#[must_use]
pub fn too_fast(text: &str, seconds: f32) -> bool {
    let (mut han, mut other) = (0_usize, 0_usize);
    for c in text.chars() {
        if is_han(c) { han += 1 } else { other += 1 }
    }
    let needed =
        (length_f32(han) / HAN_A_SECOND) + (length_f32(other) - FREE_CHARACTERS).max(0.0) / LETTERS_A_SECOND;
    needed > seconds.max(0.2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(text: &str, mean: f32, tokens: &[i32]) -> Decoded {
        Decoded {
            text: text.into(),
            tokens: tokens.to_vec(),
            log_probability: mean.ln() * length_f32(tokens.len()),
            least: mean.ln(),
            ending: 0.0,
            ended: true,
            no_speech: Probability::ZERO,
        }
    }

    const FLOOR: Probability = Probability::clamped(0.65);

    #[test]
    fn a_plain_sentence_is_believed() {
        let said = decoded("What time is it?", 0.98, &[2061, 640, 318, 340, 30]);
        assert_eq!(doubt(&said, 1.1, FLOOR, Strictness::First), None);
        assert!((said.mean().get() - 0.98).abs() < 1e-4);
    }

    #[test]
    fn each_doubt_is_found() {
        let tokens = [1, 2, 3, 4, 5];
        let unlikely = decoded("What time is it?", 0.5, &tokens);
        assert!(matches!(doubt(&unlikely, 1.0, FLOOR, Strictness::Last), Some(Doubt::Unlikely { .. })));
        let cut = Decoded { ended: false, ..decoded("What time", 0.9, &tokens) };
        assert_eq!(doubt(&cut, 1.0, FLOOR, Strictness::Last), Some(Doubt::CutOff));
        let long = decoded(&"word ".repeat(30), 0.9, &tokens);
        assert_eq!(doubt(&long, 1.0, FLOOR, Strictness::Last), Some(Doubt::TooFast));
        assert_eq!(doubt(&long, 10.0, FLOOR, Strictness::Last), None);
        let looped = decoded("la la", 0.99, &[7; 12]);
        assert_eq!(doubt(&looped, 5.0, FLOOR, Strictness::Last), Some(Doubt::Repeats));
        let nothing = decoded("", 0.9, &[]);
        assert!(matches!(doubt(&nothing, 1.0, FLOOR, Strictness::Last), Some(Doubt::Unlikely { .. })));
    }

    #[test]
    fn people_repeat_themselves_a_little() {
        let twice = [9, 1, 2, 3, 4, 1, 2, 3, 4, 8];
        assert!(repeats(&twice, Strictness::First));
        assert!(!repeats(&twice, Strictness::Last));
        assert!(repeats(&[1, 2, 3, 4, 1, 2, 3, 4, 1, 2, 3, 4], Strictness::Last));
        assert!(!repeats(&[5, 1, 1, 1, 1, 6], Strictness::First), "very very very very");
        assert!(!repeats(&[3, 0, 0, 0, 0, 0, 0, 4], Strictness::First), "1000000");
        assert!(!repeats(&[], Strictness::First) && !repeats(&[1], Strictness::First));
    }

    #[test]
    fn mandarin_has_its_own_pace() {
        assert!(!too_fast("现在几点了今天天气怎么样", 2.0));
        assert!(too_fast(&"点".repeat(40), 2.0));
    }

    proptest::proptest! {
        #[test]
        fn any_tokens_are_judged(tokens in proptest::collection::vec(0_i32..4, 0..80)) {
            let strict = repeats(&tokens, Strictness::First);
            let last = repeats(&tokens, Strictness::Last);
            assert!(strict || !last, "what the last judgement doubts, the first does");
        }
    }
}

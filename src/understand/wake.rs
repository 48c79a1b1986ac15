//! Wake: whether a transcript begins with the wake phrase.
//!
//! Enters: a transcript. Leaves: the words after the phrase, as said. Only the beginning counts: a sentence
//! about a computer wakes nobody.

use super::{
    UnderstandError,
    spelling::code,
    tokens::{Token, Tokenizer},
};
use crate::flow::is_han;

/// Words a speaker may put before the phrase.
const BEFORE: [&str; 12] = ["um", "uh", "er", "erm", "hmm", "oh", "so", "well", "嗯", "呃", "啊", "哦"];

/// The most tokens a phrase may have; Han characters count one by one.
const LONGEST: usize = 8;

/// The fewest letters a phrase may have (Han characters: two); shorter ones are heard in other words.
const FEWEST_LETTERS: usize = 5;

/// From this many letters on a phrase may differ by two letters instead of one.
const LONG: usize = 9;

/// The phrases that open a turn.
pub struct WakePhrase {
    tokenizer: Tokenizer,
    phrases: Vec<Phrase>,
}

struct Phrase {
    /// The words without the spaces between them, since a recogniser sets those by ear too.
    joined: String,
    /// How `joined` sounds; empty for Han characters, which must be equal.
    code: String,
    words: usize,
}

impl WakePhrase {
    /// Listens for any of `phrases`.
    ///
    /// # Errors
    /// [`UnderstandError::BadWakePhrase`] when there is none, or one is too short, too long or holds digits.
    pub fn new(phrases: &[String]) -> Result<Self, UnderstandError> {
        let refuse =
            |phrase: &str, reason| UnderstandError::BadWakePhrase { phrase: phrase.to_owned(), reason };
        if phrases.is_empty() {
            return Err(refuse("", "no phrase is given"));
        }
        let tokenizer = Tokenizer::new();
        let compile = |phrase: &String| {
            let words = tokenizer.words(phrase);
            let joined = words.concat();
            let han = joined.chars().any(is_han);
            let letters = joined.chars().filter(|c| c.is_alphabetic()).count();
            if letters != joined.chars().count() {
                return Err(refuse(phrase, "only letters can be listened for"));
            }
            if letters < if han { 2 } else { FEWEST_LETTERS } {
                return Err(refuse(phrase, "too short to be told from other words"));
            }
            if words.len() > LONGEST {
                return Err(refuse(phrase, "too long to be said each time"));
            }
            let code =
                if joined.bytes().all(|b| b.is_ascii_lowercase()) { code(&joined) } else { String::new() };
            Ok(Phrase { joined, code, words: words.len() })
        };
        let phrases = phrases.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { tokenizer, phrases })
    }

    /// The words after the wake phrase, as said and perhaps none; `None` when `words` do not begin with it.
    #[must_use]
    pub fn find(&self, words: &str) -> Option<String> {
        // Only the beginning is read, whatever the length of the transcript.
        let start: String = words.chars().take(200).collect();
        let tokens = self.tokenizer.read(&start);
        let skipped = tokens.iter().take_while(|token| BEFORE.contains(&token.text.as_str())).count();
        let spoken = &tokens[skipped..];
        let count = self.phrases.iter().find_map(|phrase| phrase.begins(spoken))?;
        let rest = &words[spoken[count - 1].span.end..];
        Some(
            rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !"-(√$€£¥".contains(c))
                .trim_end()
                .to_owned(),
        )
    }
}

impl Phrase {
    /// How many of `tokens` are the phrase.
    fn begins(&self, tokens: &[Token]) -> Option<usize> {
        // As many words as the phrase has, or one more or fewer: "hey come puter", "heycomputer".
        let counts = [self.words, self.words + 1, self.words - 1];
        counts.into_iter().filter(|count| *count > 0 && *count <= tokens.len()).find(|count| {
            let heard: String = tokens[..*count].iter().map(|t| t.text.as_str()).collect();
            self.is(&heard)
                || heard.strip_suffix("'s").or_else(|| heard.strip_suffix('s')).is_some_and(|h| self.is(h))
        })
    }

    fn is(&self, heard: &str) -> bool {
        if heard == self.joined {
            return true;
        }
        let allowed = if self.joined.len() >= LONG { 2 } else { 1 };
        !self.code.is_empty()
            && heard.len().abs_diff(self.joined.len()) <= allowed
            && heard.bytes().all(|b| b.is_ascii_lowercase())
            && strsim::osa_distance(heard, &self.joined) <= allowed
            && code(heard) == self.code
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_phrase_is_found_at_the_beginning_only() {
        let wake = WakePhrase::new(&["hey computer".into(), "你好电脑".into()]).unwrap();
        let table: &[(&str, Option<&str>)] = &[
            ("hey computer", Some("")),
            ("Hey, computer.", Some("")),
            ("Hey computer, what time is it?", Some("what time is it?")),
            ("HEY COMPUTER what's 20% of 92", Some("what's 20% of 92")),
            ("hey komputer stop", Some("stop")),
            ("Hay computer, stop.", Some("stop.")),
            ("Hey computers, stop", Some("stop")),
            ("Hey computer's time", Some("time")),
            ("heycomputer stop", Some("stop")),
            ("hey com puter stop", Some("stop")),
            ("Hey compuder, stop", Some("stop")),
            ("um, hey computer, stop", Some("stop")),
            ("Oh hey computer -5 plus 3", Some("-5 plus 3")),
            ("hey computer, 现在几点?", Some("现在几点?")),
            ("你好电脑，现在几点了？", Some("现在几点了？")),
            ("你好，電腦", Some("")),
            ("嗯，你好电脑停", Some("停")),
            ("the computer is broken", None),
            ("a computer is a machine", None),
            ("hey commuter", None),
            ("hey commuter, the train is late", None),
            ("hey", None),
            ("computer", None),
            ("I said hey computer", None),
            ("they computed it", None),
            ("hey competitor", None),
            ("hey compute this", None),
            ("my computer", None),
            ("hey, come to her", None),
            ("okay computer", None),
            ("电脑你好", None),
            ("你好", None),
            ("你好点脑", None),
            ("", None),
            ("…", None),
        ];
        for (words, expected) in table {
            assert_eq!(wake.find(words).as_deref(), *expected, "{words}");
        }
        assert_eq!(wake.find(&"hey computer ".repeat(10_000)).map(|rest| rest.len()), Some(129_986));
    }

    #[test]
    fn phrases_that_cannot_be_told_apart_are_refused() {
        for phrase in ["", "hi", "我", "r2 d2 unit", "one two three four five six seven eight nine"] {
            assert!(WakePhrase::new(&[phrase.into()]).is_err(), "{phrase}");
        }
        assert!(WakePhrase::new(&[]).is_err());
    }
}

//! Wake: whether a transcript begins with the wake phrase.
//!
//! Enters: a transcript. Leaves: which phrase it begins with and the words after it, as said. Only the beginning counts: a
//! sentence about a computer wakes nobody.

use super::{
    UnderstandError,
    by_ear::{Sound, sound},
    tokens::{Token, Tokenizer},
};
use crate::flow::is_han;

/// Words a speaker may put before the phrase.
const BEFORE: [&str; 12] = ["um", "uh", "er", "erm", "hmm", "oh", "so", "well", "嗯", "呃", "啊", "哦"];

/// The most tokens a phrase may have; Han characters count one by one.
const LONGEST: usize = 8;

/// The fewest letters a phrase may have (Han characters: two); shorter ones are heard in other words.
const FEWEST_LETTERS: usize = 5;

/// The phrases that open a turn.
pub struct WakePhrase {
    tokenizer: Tokenizer,
    phrases: Vec<Phrase>,
}

struct Phrase {
    sound: Sound,
    words: usize,
}

/// Where a wake phrase was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which, by its place in the settings.
    pub phrase: usize,
    /// Whether it is written as configured, and not merely by ear.
    pub exact: bool,
    /// The words after it, as said and perhaps none.
    pub rest: String,
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
            Ok(Phrase { sound: sound(&joined), words: words.len() })
        };
        let phrases = phrases.iter().map(compile).collect::<Result<_, _>>()?;
        Ok(Self { tokenizer, phrases })
    }

    /// The first two of `phrases`, by their places, of which nobody could tell which was said: one sounds like the beginning
    /// of the other.
    #[must_use]
    pub fn alike(phrases: &[String]) -> Option<(usize, usize)> {
        let alone: Vec<Option<Self>> =
            phrases.iter().map(|phrase| Self::new(std::slice::from_ref(phrase)).ok()).collect();
        let begins = |a: usize, b: usize| alone[a].as_ref().is_some_and(|it| it.find(&phrases[b]).is_some());
        let mut pairs = (0..phrases.len()).flat_map(|b| (0..b).map(move |a| (a, b)));
        pairs.find(|(a, b)| begins(*a, *b) || begins(*b, *a))
    }

    /// The first phrase, by its place, that is found only where a recogniser spells it letter for letter: how it sounds is
    /// known of English and of Mandarin alone.
    #[must_use]
    pub fn without_sound(&self) -> Option<usize> {
        self.phrases.iter().position(|phrase| !phrase.sound.is_known())
    }

    /// The last wake phrase anywhere in `words`, written as configured: behind somebody else's words, what merely sounds
    /// like it is more likely one of those.
    #[must_use]
    pub fn find_behind(&self, words: &str) -> Option<Found> {
        let start: String = words.chars().take(2_000).collect();
        let beginnings = self.tokenizer.read(&start).into_iter().rev();
        let mut found = beginnings.filter_map(|token| self.find(&start[token.span.start..]));
        found.find(|found| found.exact)
    }

    /// The wake phrase at the beginning of `words`; `None` when they do not begin with one.
    #[must_use]
    pub fn find(&self, words: &str) -> Option<Found> {
        // Only the beginning is read, whatever the length of the transcript.
        let start: String = words.chars().take(200).collect();
        let tokens = self.tokenizer.read(&start);
        let skipped = tokens.iter().take_while(|token| BEFORE.contains(&token.text.as_str())).count();
        let spoken = &tokens[skipped..];
        let (phrase, (count, exact)) = self
            .phrases
            .iter()
            .enumerate()
            .find_map(|(at, phrase)| phrase.begins(spoken).map(|found| (at, found)))?;
        let rest = &words[spoken[count - 1].span.end..];
        let rest = rest.trim_start_matches(|c: char| !c.is_alphanumeric() && !"-(√$€£¥".contains(c));
        Some(Found { phrase, exact, rest: rest.trim_end().to_owned() })
    }
}

impl Phrase {
    /// How many of `tokens` are the phrase, and whether they are written as it is.
    fn begins(&self, tokens: &[Token]) -> Option<(usize, bool)> {
        // As many words as the phrase has, or one more or fewer: "hey come puter", "heycomputer".
        let counts = [self.words, self.words + 1, self.words - 1];
        counts.into_iter().filter(|count| *count > 0 && *count <= tokens.len()).find_map(|count| {
            let heard: String = tokens[..count].iter().map(|t| t.text.as_str()).collect();
            let one = heard.strip_suffix("'s").or_else(|| heard.strip_suffix('s'));
            let by_ear = self.sound.is(&heard) || one.is_some_and(|heard| self.sound.is(heard));
            by_ear.then(|| (count, self.sound.written(&heard)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn behind_other_words_the_phrase_is_found_where_it_is_written_so() {
        let wake = WakePhrase::new(&["hey computer".into(), "你好电脑".into()]).unwrap();
        let rest = |words: &str| wake.find_behind(words).map(|found| found.rest);
        assert_eq!(
            rest("and now the weather hey computer what time is it").as_deref(),
            Some("what time is it")
        );
        assert_eq!(rest("hey computer no hey computer stop").as_deref(), Some("stop"));
        assert_eq!(rest("天气很好你好电脑现在几点").as_deref(), Some("现在几点"));
        for words in ["they like hay compuder games", "the computer", "", "hey"] {
            assert_eq!(rest(words), None, "{words}");
        }
        assert!(rest(&"la ".repeat(100_000)).is_none());
    }

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
            ("你好点脑，停", Some("停")),
            ("泥好垫恼", Some("")),
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
            ("你好天脑", None),
            ("", None),
            ("…", None),
        ];
        for (words, expected) in table {
            assert_eq!(wake.find(words).map(|found| found.rest).as_deref(), *expected, "{words}");
        }
        assert_eq!(wake.find(&"hey computer ".repeat(10_000)).map(|found| found.rest.len()), Some(129_986));
    }

    #[test]
    fn what_is_written_otherwise_is_found_by_ear_only() {
        let wake = WakePhrase::new(&["hey computer".into(), "你好电脑".into()]).unwrap();
        let told = |words| wake.find(words).map(|found| (found.phrase, found.exact));
        assert_eq!(told("Hey, Computer!"), Some((0, true)));
        assert_eq!(told("hay computer"), Some((0, false)));
        assert_eq!(told("你好電腦"), Some((1, true)));
        assert_eq!(told("你好店脑"), Some((1, false)));
    }

    #[test]
    fn phrases_that_sound_alike_or_like_nothing_known_are_told() {
        let alike =
            |phrases: &[&str]| WakePhrase::alike(&phrases.iter().map(|it| (*it).into()).collect::<Vec<_>>());
        assert_eq!(alike(&["hey computer", "okay mynah", "hay compuder"]), Some((0, 2)));
        assert_eq!(alike(&["hey computer please", "hey computer"]), Some((0, 1)));
        assert_eq!(alike(&["你好电脑", "泥好点脑"]), Some((0, 1)));
        assert_eq!(alike(&["hey computer", "okay mynah", "你好电脑", "hey commuter"]), None);
        assert_eq!(alike(&["hey computer"]), None);
        let silent = |phrases: &[&str]| {
            WakePhrase::new(&phrases.iter().map(|it| (*it).into()).collect::<Vec<_>>())
                .unwrap()
                .without_sound()
        };
        assert_eq!(silent(&["hey computer", "你好电脑"]), None);
        assert_eq!(silent(&["hey computer", "привет компьютер"]), Some(1));
        assert_eq!(silent(&["hey电脑"]), Some(0));
    }

    #[test]
    fn phrases_that_cannot_be_told_apart_are_refused() {
        for phrase in ["", "hi", "我", "r2 d2 unit", "one two three four five six seven eight nine"] {
            assert!(WakePhrase::new(&[phrase.into()]).is_err(), "{phrase}");
        }
        assert!(WakePhrase::new(&[]).is_err());
    }
}

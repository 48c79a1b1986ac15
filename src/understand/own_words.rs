//! Own words: whether what was heard is what Mynah itself just said.
//!
//! Enters: the sentences Mynah speaks, and a transcript of something heard meanwhile. Leaves: yes or no. The transcript
//! is laid against what was said, by sound, as a part of it: an echo cancelled badly reads badly. A word or two are
//! never an echo, nor is what holds a stop word that Mynah did not say. Never here: a clock, words in a log.

use std::{collections::VecDeque, ops::Range};

use pinyin::ToPinyin;

use super::{spelling, tokens::Tokenizer};
use crate::{
    flow::is_han,
    units::{SampleIndex, length_u64},
};

/// How long a sentence is remembered from its beginning: 30 s, and 15 for saying it.
const REMEMBERED_MS: u64 = 45_000;

/// How long before what was heard begins a word may have been due that is heard in it, ms: 400 of delay and reverberation,
/// the time the voice was withheld, and the error of a guess by the number of words. And how long after.
const BEFORE_MS: u64 = 2_500;
const AFTER_MS: u64 = 2_500;

/// Words remembered at most.
const WORDS: usize = 600;

/// Words of a transcript that are looked at.
const LOOKED_AT: usize = 100;

/// Fewer units than this are never an echo: people repeat a word or two.
const FEWEST: usize = 3;

/// The same for Han characters, which say less.
const FEWEST_HAN: usize = 4;

/// A word or a Han character, as it sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Unit {
    text: String,
    /// Metaphone of a word, pinyin of a character.
    sound: String,
}

impl Unit {
    fn is(&self, other: &Self) -> bool {
        self.text == other.text || (!self.sound.is_empty() && self.sound == other.sound)
    }
}

/// What Mynah said lately.
pub struct OwnWords {
    tokenizer: Tokenizer,
    said: VecDeque<(SampleIndex, Unit)>,
    never: Vec<Vec<Unit>>,
}

impl std::fmt::Debug for OwnWords {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OwnWords({} words)", self.said.len())
    }
}

impl OwnWords {
    /// Nothing said yet. What holds one of the phrases `never` is no echo, unless Mynah said that phrase itself: the stop
    /// words and the wake phrases.
    #[must_use]
    pub fn new(never: &[String]) -> Self {
        let mut own = Self { tokenizer: Tokenizer::new(), said: VecDeque::new(), never: Vec::new() };
        own.never = never.iter().map(|phrase| own.units(phrase)).filter(|units| !units.is_empty()).collect();
        own
    }

    /// Mynah says `sentence` during `span`.
    pub fn saying(&mut self, sentence: &str, span: Range<SampleIndex>) {
        let units = self.units(sentence);
        let (length, count) = (span.end.0.saturating_sub(span.start.0), length_u64(units.len()).max(1));
        let at = |place| span.start.plus(length / count * place);
        self.said.extend(units.into_iter().zip(0..).map(|(unit, place)| (at(place), unit)));
        let surplus = self.said.len().saturating_sub(WORDS);
        self.said.drain(..surplus);
    }

    /// Whether `words`, heard at `now` while Mynah could be heard, are (a part of) what it said. What was heard when it
    /// could not be heard is the user's, whatever the words: "set a timer for ten minutes" answers "did you say, set a
    /// timer for ten minutes?".
    #[must_use]
    pub fn is_echo(&self, words: &str, now: SampleIndex) -> bool {
        let heard: Vec<Unit> = self.units(words).into_iter().take(LOOKED_AT).collect();
        let han = heard.iter().filter(|unit| unit.text.chars().all(is_han)).count();
        let fewest = if han * 2 > heard.len() { FEWEST_HAN } else { FEWEST };
        let said = self.lately(now);
        if heard.len() < fewest || said.is_empty() {
            return false;
        }
        if self.never.iter().any(|phrase| holds(&heard, phrase) && !holds(&said, phrase)) {
            return false;
        }
        // What sounds alike counts as equal already, so short transcripts must fit exactly.
        let allowed = match heard.len() {
            ..5 => 0,
            5 => 1,
            length => length / 3,
        };
        distance_within(&heard, &said) <= allowed
    }

    /// Whether Mynah says `phrase`, or what sounds like it, about when something was heard that begins at `at`: then it must
    /// not act on it.
    #[must_use]
    pub fn says(&self, phrase: &str, at: SampleIndex) -> bool {
        let phrase = self.units(phrase);
        let earliest = at.minus(SampleIndex::from_ms(BEFORE_MS).0);
        let latest = at.plus(SampleIndex::from_ms(AFTER_MS).0);
        let about: Vec<Unit> = (self.said.iter().filter(|(at, _)| (earliest..=latest).contains(at)))
            .map(|(_, unit)| unit.clone())
            .collect();
        !phrase.is_empty() && holds(&about, &phrase)
    }

    fn lately(&self, now: SampleIndex) -> Vec<Unit> {
        let oldest = now.minus(SampleIndex::from_ms(REMEMBERED_MS).0);
        self.said.iter().filter(|(at, _)| *at >= oldest).map(|(_, unit)| unit.clone()).collect()
    }

    fn units(&self, text: &str) -> Vec<Unit> {
        // Longer texts are cut off; a sentence has a few hundred characters.
        let start: String = text.chars().take(4_000).collect();
        let unit = |text: String| {
            let sound = match text.chars().next() {
                Some(han) if is_han(han) => han.to_pinyin().map_or(String::new(), |it| it.plain().to_owned()),
                _ if text.bytes().all(|byte| byte.is_ascii_lowercase()) => spelling::code(&text),
                _ => String::new(),
            };
            Unit { text, sound }
        };
        self.tokenizer.words(&start).into_iter().map(unit).collect()
    }
}

/// Whether `phrase` stands in `text`, word by word.
fn holds(text: &[Unit], phrase: &[Unit]) -> bool {
    text.windows(phrase.len()).any(|window| window.iter().zip(phrase).all(|(one, other)| one.is(other)))
}

/// The fewest words that must be changed, left out or put in to make `heard` a stretch of `said` (Sellers, 1980).
fn distance_within(heard: &[Unit], said: &[Unit]) -> usize {
    // A stretch may begin anywhere, so nothing heard costs nothing.
    let mut column: Vec<usize> = vec![0; said.len() + 1];
    for (row, unit) in heard.iter().enumerate() {
        let mut diagonal = std::mem::replace(&mut column[0], row + 1);
        for (place, other) in said.iter().enumerate() {
            let changed = diagonal + usize::from(!unit.is(other));
            diagonal = column[place + 1];
            column[place + 1] = changed.min(diagonal + 1).min(column[place] + 1);
        }
    }
    column.into_iter().min().unwrap_or(heard.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str =
        "The weather in London tomorrow will be cloudy with some light rain in the afternoon.";

    fn own(said: &[&str]) -> OwnWords {
        let mut own = OwnWords::new(&["stop", "be quiet", "hey computer", "停止"].map(str::to_owned));
        said.iter().for_each(|sentence| own.saying(sentence, during(100_000, 104_000)));
        own
    }

    fn during(from_ms: u64, to_ms: u64) -> Range<SampleIndex> {
        SampleIndex::from_ms(from_ms)..SampleIndex::from_ms(to_ms)
    }

    fn echo(said: &[&str], heard: &str) -> bool {
        own(said).is_echo(heard, SampleIndex::from_ms(104_000))
    }

    #[test]
    fn what_mynah_said_is_an_echo_however_it_is_misread() {
        for heard in [
            REPLY,
            "the whether in London tomorrow",
            "will be cloudy with some light rain",
            "London tomorrow will be cloudy with sum light rein in the",
            "in the afternoon",
            "be cloudy with sum lied rain in the afternoon",
        ] {
            assert!(echo(&[REPLY], heard), "{heard}");
        }
        assert!(echo(&["It is half past three.", "Anything else?"], "past three anything else"));
        let mandarin = ["明天伦敦多云，下午有小雨。"];
        for heard in ["明天伦敦多云", "多云下午有小雨", "明天伦敦多运下午有小语", "明天倫敦多雲"]
        {
            assert!(echo(&mandarin, heard), "{heard}");
        }
    }

    #[test]
    fn what_the_user_says_is_not() {
        let table: &[(&str, &str)] = &[
            ("What time?", "what time is it"),
            (REPLY, "stop"),
            (REPLY, "tomorrow"),
            (REPLY, "in London"),
            (REPLY, "no"),
            (REPLY, "what about Paris"),
            (REPLY, "and the weather in Paris on Thursday"),
            (REPLY, "set a timer for ten minutes"),
            (REPLY, "will be cloudy with some light stop"),
            (REPLY, "hey computer what will the weather be"),
            ("For how long should I set a timer?", "set a timer for ten minutes"),
            ("Yes, it is.", "yes it"),
            ("明天伦敦多云，下午有小雨。", "明天"),
            ("明天伦敦多云，下午有小雨。", "北京呢"),
            ("明天伦敦多云，下午有小雨。", "明天北京天气怎么样"),
            ("明天伦敦多云，下午有小雨。", "明天伦敦停止"),
            (REPLY, ""),
            ("", "what time is it"),
        ];
        for (said, heard) in table {
            assert!(!echo(&[said], heard), "{said} / {heard}");
        }
    }

    #[test]
    fn it_is_forgotten_and_never_grows() {
        let mut own = own(&[REPLY]);
        assert!(own.is_echo(REPLY, SampleIndex::from_ms(145_000)));
        assert!(!own.is_echo(REPLY, SampleIndex::from_ms(149_000)));
        for _ in 0..1_000 {
            own.saying(REPLY, during(150_000, 154_000));
        }
        assert!(own.said.len() <= WORDS);
        assert!(own.is_echo(&REPLY.repeat(100), SampleIndex::from_ms(150_000)));
    }

    #[test]
    fn a_word_counts_as_its_own_only_about_when_it_says_it() {
        let mut own = own(&[]);
        own.saying("The path was steep and nobody went up there for many years.", during(10_000, 22_000));
        // "steep" comes 3 s into it, and sounds like "stop" to a recogniser's spelling.
        for (ms, says) in [(8_000, false), (12_000, true), (14_500, true), (17_000, false), (20_000, false)] {
            assert_eq!(own.says("stop", SampleIndex::from_ms(ms)), says, "{ms}");
        }
    }

    #[test]
    fn phrases_that_mynah_says_itself_are_known() {
        let own = own(&["Say “hey computer” to wake me, and stop to stop.", "再说一次停止"]);
        let now = SampleIndex::from_ms(101_000);
        for phrase in ["hey computer", "Stop", "停止"] {
            assert!(own.says(phrase, now), "{phrase}");
            assert!(!own.says(phrase, SampleIndex::from_ms(200_000)), "{phrase}");
        }
        assert!(!own.says("be quiet", now) && !own.says("", now));
        assert!(own.is_echo("say hey computer to wake me", now), "a phrase it says is an echo after all");
    }
}

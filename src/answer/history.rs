//! History: what was said in this run, as far as the language model is reminded of it.
//!
//! Enters: what the user said and what was answered. Leaves: the last exchanges whole, and those before them in brief, oldest
//! first. Never here: a file, a request for a summary, or words that were meant for another region's endpoints: a run has one
//! region, and each run its own history.

use std::collections::VecDeque;

use super::sentences::Sentences;
use crate::units::Words;

/// Most exchanges that are kept in brief.
const IN_BRIEF: usize = 24;

/// Longest question that is kept in brief, characters; an answer keeps its first sentence.
const BRIEF: usize = 100;

/// One question and what was said in answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What the user said.
    pub asked: Words,
    /// What was answered, the whole of it: an answer that broke off is no exchange.
    pub said: Words,
}

impl Exchange {
    /// The same in brief: what it was about, and how the answer began.
    fn in_brief(&self) -> Self {
        let (mut cutter, mut sentences) = (Sentences::new(), Vec::new());
        cutter.push(self.said.as_str(), &mut sentences);
        cutter.finish(&mut sentences);
        let said = sentences.into_iter().next().map_or_else(|| self.said.clone(), Words::from);
        Self { asked: at_most(&self.asked, BRIEF), said: at_most(&said, 2 * BRIEF) }
    }

    fn characters(&self) -> usize {
        self.asked.as_str().chars().count() + self.said.as_str().chars().count()
    }
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Exchanges that are kept whole; 0 keeps none, in brief neither. Default 8.
    pub exchanges: usize,
    /// Characters of both sides together. Default 6000, about 1500 English or 4000 Mandarin tokens.
    pub characters: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { exchanges: 8, characters: 6_000 }
    }
}

/// The conversation within a run.
#[derive(Debug, Clone, Default)]
pub struct History {
    limits: Limits,
    /// Those before `whole`, in brief.
    brief: VecDeque<Exchange>,
    whole: VecDeque<Exchange>,
}

impl History {
    /// An empty one that keeps at most `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Adds an exchange; the oldest ones beyond the limits are kept in brief, and the oldest of those are forgotten. An
    /// exchange with an empty side is not added: endpoints refuse blank messages and two questions in a row. A side longer
    /// than half the limit is shortened.
    pub fn add(&mut self, asked: &Words, said: &Words) {
        if asked.is_blank() || said.is_blank() || self.limits.exchanges == 0 {
            return;
        }
        let half = |words: &Words| at_most(words, self.limits.characters / 2);
        self.whole.push_back(Exchange { asked: half(asked), said: half(said) });
        while self.whole.len() > self.limits.exchanges || self.is_too_long() && self.whole.len() > 1 {
            self.brief.extend(self.whole.pop_front().map(|oldest| oldest.in_brief()));
        }
        while self.brief.len() > IN_BRIEF || self.is_too_long() && !self.brief.is_empty() {
            self.brief.pop_front();
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.brief.clear();
        self.whole.clear();
    }

    /// Forgets the older half; whether there was anything to forget.
    pub(super) fn forget_older_half(&mut self) -> bool {
        let older = (self.brief.len() + self.whole.len()).div_ceil(2);
        let brief = self.brief.drain(..older.min(self.brief.len())).count();
        self.whole.drain(..older - brief).count() + brief > 0
    }

    /// What is kept, oldest first.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.brief.iter().chain(&self.whole)
    }

    fn is_too_long(&self) -> bool {
        self.exchanges().map(Exchange::characters).sum::<usize>() > self.limits.characters
    }
}

/// `words` without spaces around them, at most `most` characters.
fn at_most(words: &Words, most: usize) -> Words {
    Words::from(words.as_str().trim().chars().take(most).collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(history: &History) -> Vec<&str> {
        history.exchanges().map(|e| e.asked.as_str()).collect()
    }

    #[test]
    fn the_last_are_kept_whole_and_those_before_in_brief() {
        let mut history = History::new(Limits { exchanges: 3, characters: 900 });
        let long = "It scatters in the air, blue most of all. That is why. There is more to it than that.";
        for n in 1..=5 {
            history.add(&format!("q{n} {}", "x".repeat(200)).into(), &long.into());
        }
        let said: Vec<&str> = history.exchanges().map(|e| e.said.as_str()).collect();
        let brief = "It scatters in the air, blue most of all.";
        assert_eq!(
            said,
            [brief, brief, brief, brief, long],
            "900 characters are less than three such exchanges and two"
        );
        assert!(history.exchanges().take(4).all(|e| e.asked.as_str().chars().count() == BRIEF));
        assert!(asked(&history)[4].len() > 200);
        // What is in brief goes first, and goes in the end.
        for n in 6..60 {
            history.add(&format!("q{n}").into(), &"Yes.".into());
        }
        let all = asked(&history);
        assert_eq!((all.len(), all[0], *all.last().unwrap()), (IN_BRIEF + 3, "q33", "q59"));
        assert!(history.forget_older_half());
        assert_eq!((asked(&history).len(), asked(&history)[0]), (13, "q47"));
        while history.forget_older_half() {}
        assert_eq!(history.exchanges().count(), 0);
    }

    #[test]
    fn the_characters_bound_all_of_it() {
        let mut history = History::new(Limits { exchanges: 3, characters: 40 });
        history.add(&"问".repeat(20).into(), &"答".repeat(15).into());
        history.add(&"x".repeat(900).into(), &"y".repeat(900).into());
        assert_eq!(history.exchanges().map(Exchange::characters).collect::<Vec<_>>(), [40]);
    }

    #[test]
    fn an_answer_of_which_nothing_was_said_is_no_exchange() {
        let mut history = History::default();
        history.add(&"hello".into(), &" ".into());
        history.add(&" ".into(), &"hello".into());
        assert_eq!(history.exchanges().count(), 0);
        let mut none = History::new(Limits { exchanges: 0, characters: 100 });
        none.add(&"a".into(), &"b".into());
        assert_eq!(none.exchanges().count(), 0);
    }
}

//! History: what was said in this run, as far as the language model is reminded of it.
//!
//! Enters: what the user said and what was answered. Leaves: the last exchanges, oldest first. Never here:
//! a file, or words that were meant for another region's endpoints: a run has one region, and each run its own history.

use std::collections::VecDeque;

use crate::units::Words;

/// One question and what was said in answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// What the user said.
    pub asked: Words,
    /// What was answered, the whole of it: an answer that broke off is no exchange.
    pub said: Words,
}

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Exchanges; 0 keeps none. Default 8.
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
    exchanges: VecDeque<Exchange>,
}

impl History {
    /// An empty one that keeps at most `limits`.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, exchanges: VecDeque::new() }
    }

    /// Adds an exchange and forgets the oldest ones beyond the limits. An exchange with an empty side is not added:
    /// endpoints refuse blank messages and two questions in a row. A side longer than half the limit is shortened.
    pub fn add(&mut self, asked: &Words, said: &Words) {
        if asked.is_blank() || said.is_blank() {
            return;
        }
        let half = |words: &Words| {
            Words::from(words.as_str().trim().chars().take(self.limits.characters / 2).collect::<String>())
        };
        self.exchanges.push_back(Exchange { asked: half(asked), said: half(said) });
        while self.exchanges.len() > self.limits.exchanges || self.characters() > self.limits.characters {
            self.exchanges.pop_front();
        }
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.exchanges.clear();
    }

    /// Forgets the older half; whether there was anything to forget.
    pub(super) fn forget_older_half(&mut self) -> bool {
        let older = self.exchanges.len().div_ceil(2);
        self.exchanges.drain(..older).count() > 0
    }

    /// What is kept, oldest first.
    pub fn exchanges(&self) -> impl Iterator<Item = &Exchange> {
        self.exchanges.iter()
    }

    fn characters(&self) -> usize {
        self.exchanges
            .iter()
            .map(|e| e.asked.as_str().chars().count() + e.said.as_str().chars().count())
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(history: &History) -> Vec<&str> {
        history.exchanges().map(|e| e.asked.as_str()).collect()
    }

    #[test]
    fn the_oldest_are_forgotten_first_by_number_and_by_length() {
        let mut history = History::new(Limits { exchanges: 3, characters: 40 });
        for n in 1..=5 {
            history.add(&format!("q{n}").into(), &"a".into());
        }
        assert_eq!(asked(&history), ["q3", "q4", "q5"]);
        history.add(&"问".repeat(20).into(), &"答".repeat(15).into());
        assert_eq!(history.exchanges().count(), 2);
        history.add(&"x".repeat(900).into(), &"y".repeat(900).into());
        assert_eq!(history.characters(), 40);
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

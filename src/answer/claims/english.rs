//! English claims: "I've set a timer", "Opening Firefox", "Your alarm is set", "I'll remind you at seven".
//!
//! Enters: a sentence without its quotations. Leaves: what it claims. A deed is any verb that the assistant says of itself
//! and that is not one of thinking or wording; a thing of the user's that is said to be as a deed leaves it claims one
//! too. Never here: a list of all deeds.

mod fragment;
mod own;
mod thing;

use super::{
    Deed,
    vocabulary::{CLOCKS, ELSEWHERE, Form, OPENINGS, PHRASES, RINGS, STRONG, Verb, Word, listed, words},
};

pub(super) fn claim(text: &str) -> Option<Deed> {
    let asks = text.trim_end().ends_with('?');
    // Nothing a voice says in one sentence is as long; the rest of a hostile one is of no matter.
    let mut words = words(text);
    words.truncate(60);
    let said = Said { words: &words, asks };
    let rules = [Said::idiom, Said::own_deed, Said::fragment, Said::thing_is_so, Said::you_are_or_will];
    let verb = rules.iter().find_map(|rule| rule(&said))?;
    let clock = said.any(0, words.len(), CLOCKS);
    let rings = verb.is_bare() || verb.is_of(RINGS) || clock && !verb.is_of(ELSEWHERE);
    let rings = rings && !said.and_elsewhere();
    let switched = verb.is_of("turn switch") && !clock;
    Some(if rings && !switched { Deed::Ring } else { Deed::Elsewhere })
}

/// A sentence, read by the places of its words.
struct Said<'w> {
    words: &'w [Word],
    asks: bool,
}

impl Said<'_> {
    fn at(&self, place: usize) -> &str {
        self.words.get(place).map_or("", |word| word.text.as_str())
    }

    fn is(&self, place: usize, phrase: &str) -> bool {
        phrase.split(' ').enumerate().all(|(n, word)| self.at(place + n) == word)
    }

    /// The place behind the first of `phrases` that stands at `place`.
    fn behind(&self, place: usize, phrases: &[&str]) -> Option<usize> {
        phrases.iter().find(|phrase| self.is(place, phrase)).map(|phrase| place + phrase.split(' ').count())
    }

    fn is_one(&self, place: usize, list: &str) -> bool {
        listed(list, self.at(place))
    }

    fn any(&self, from: usize, to: usize, list: &str) -> bool {
        (from..to.min(self.words.len())).any(|at| self.is_one(at, list))
    }

    fn has(&self, from: usize, phrase: &str) -> bool {
        (from..self.words.len()).any(|at| self.is(at, phrase))
    }

    fn is_capital(&self, place: usize) -> bool {
        self.words.get(place).is_some_and(|word| word.capital)
    }

    fn is_number(&self, place: usize) -> bool {
        self.at(place).starts_with(|c: char| c.is_ascii_digit())
    }

    fn verb(&self, place: usize, form: Form) -> Option<Verb> {
        Verb::read(self.at(place), form)
    }

    /// The place behind the clause that `place` is in.
    fn end(&self, place: usize) -> usize {
        let marked = self.words.iter().enumerate().skip(place).find(|(_, word)| word.ends);
        marked.map_or(self.words.len(), |(at, _)| at + 1)
    }

    /// Whether a clause ends before `place`.
    fn closes(&self, place: usize) -> bool {
        place >= self.words.len() || place > 0 && self.words[place - 1].ends
    }

    fn past(&self, mut place: usize, list: &str) -> usize {
        while self.is_one(place, list) {
            place += 1;
        }
        place
    }

    /// Where the first clause begins that says something: behind "Sure,".
    fn opening(&self) -> usize {
        let mut at = 0;
        loop {
            let past = self.past(at, OPENINGS);
            let past = self.behind(past, &PHRASES).unwrap_or(past);
            if past == at || past >= self.words.len() {
                return at;
            }
            at = past;
        }
    }

    /// Where clauses begin.
    fn starts(&self) -> Vec<usize> {
        let behind = |at: &usize| self.words[at - 1].ends || self.is_one(at - 1, "and so but");
        std::iter::once(self.opening()).chain((1..self.words.len()).filter(behind)).collect()
    }

    /// Whether the sentence only says what would be: "once you tell me the time".
    fn is_conditional(&self) -> bool {
        let asks =
            "tell give say want would like need ask let confirm are can provide specify choose agree approve";
        let would = |at: usize| {
            let so = self.is_one(at, "if once when whenever after unless until before");
            so && self.at(at + 1) == "you" && self.is_one(at + 2, asks) && self.at(at + 3) != "not"
        };
        self.is_one(self.past(0, "just please simply"), "say tell") || (0..self.words.len()).any(would)
    }

    /// Whether what is said there may not be, or was long ago, or somebody says it.
    fn is_doubted(&self, start: usize, end: usize) -> bool {
        let doubts = "if whether unless no not never nothing none may might could would by often usually always mostly \
            most ever hopefully probably says said reports according story since who which";
        let year = |at: usize| {
            let digits = self.at(at).len() == 4 && self.at(at).bytes().all(|b| b.is_ascii_digit());
            digits && at > 0 && self.is_one(at - 1, "in since of from by until around about")
        };
        let doubted = (start..end).any(|at| self.is_one(at, doubts) || year(at));
        doubted && !self.has(0, "do not disturb")
    }

    /// Whether something that no timer is was done beside: "… and sent the message".
    fn and_elsewhere(&self) -> bool {
        (1..self.words.len()).filter(|at| self.at(at - 1) == "and").any(|at| {
            let verb = [Form::Past, Form::Base, Form::Ing].into_iter().find_map(|form| self.verb(at, form));
            verb.is_some_and(|verb| verb.is_of(STRONG) && !verb.is_of(RINGS))
        })
    }
}

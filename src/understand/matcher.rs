//! Matcher: whether a sentence as a whole is what a template describes.
//!
//! Enters: tokens and nodes. Leaves: the slots. Every reading is kept once per position, so time grows with the
//! sentence and the template, never exponentially.

use super::{
    arithmetic, days,
    grammar::{Kind, Node},
    numbers,
    places::Places,
    spelling,
    templates::Templates,
    tokens::Token,
};
use crate::flow::{Slot, SlotValue};

/// The longest stretch of tokens that a slot of each kind may take; Han characters count one by one.
const fn longest(kind: Kind) -> usize {
    match kind {
        Kind::Number => 20,
        Kind::Arithmetic => 48,
        Kind::Unit => 6,
        Kind::Day => 14,
        Kind::Place | Kind::KnownPlace => 8,
    }
}

/// A reading of the first `at` tokens.
#[derive(Clone)]
struct Reading {
    at: usize,
    slots: Vec<Slot>,
}

/// A sentence, ready to be matched.
pub(super) struct Sentence<'s> {
    /// As said.
    pub(super) said: &'s str,
    /// Without contractions and fillers.
    pub(super) tokens: &'s [Token],
    /// The language's names and numbers.
    pub(super) templates: &'s Templates,
}

impl Sentence<'_> {
    /// The slots, if `pattern` describes the sentence from its first token to its last.
    pub(super) fn slots(&self, pattern: &[Node]) -> Option<Vec<Slot>> {
        let start = vec![Reading { at: 0, slots: Vec::new() }];
        let complete = |reading: &Reading| reading.at == self.tokens.len();
        self.follow(pattern, start).into_iter().find(complete).map(|reading| reading.slots)
    }

    fn follow(&self, nodes: &[Node], mut readings: Vec<Reading>) -> Vec<Reading> {
        for node in nodes {
            let mut next: Vec<Reading> = Vec::new();
            for reading in readings {
                for found in self.step(node, reading) {
                    if next.iter().all(|known| known.at != found.at) {
                        next.push(found);
                    }
                }
            }
            readings = next;
        }
        readings
    }

    fn step(&self, node: &Node, reading: Reading) -> Vec<Reading> {
        match node {
            Node::Word(word) => {
                let fits =
                    self.tokens.get(reading.at).is_some_and(|token| spelling::sounds_like(&token.text, word));
                if fits { vec![Reading { at: reading.at + 1, ..reading }] } else { Vec::new() }
            }
            Node::Choice(choices) => {
                choices.iter().flat_map(|nodes| self.follow(nodes, vec![reading.clone()])).collect()
            }
            Node::Constant { name, value } => {
                let at = self.tokens.get(reading.at).map_or(self.said.len(), |token| token.span.start);
                let mut slots = reading.slots;
                slots.push(Slot { name, value: SlotValue::Text(value.clone()), span: at..at });
                vec![Reading { at: reading.at, slots }]
            }
            Node::Slot { name, kind } => self.fill(name, *kind, &reading),
        }
    }

    /// Every reading of a slot, the longest first; but a place that is known comes before one that is not, so that
    /// "in los angeles right now" asks for no town called "los angeles right".
    fn fill(&self, name: &'static str, kind: Kind, reading: &Reading) -> Vec<Reading> {
        let last = self.tokens.len().min(reading.at + longest(kind));
        let texts: Vec<&str> = self.tokens[reading.at..last].iter().map(|t| t.text.as_str()).collect();
        let mut found = Vec::new();
        for length in (1..=texts.len()).rev() {
            let tokens = &self.tokens[reading.at..reading.at + length];
            let span = tokens[0].span.start..tokens[length - 1].span.end;
            let Some(values) = self.values(name, kind, &texts[..length], &self.said[span.clone()]) else {
                continue;
            };
            let mut slots = reading.slots.clone();
            let known_place = kind == Kind::Place && values.len() > 1;
            slots.extend(values.into_iter().map(|(name, value)| Slot { name, value, span: span.clone() }));
            let reading = Reading { at: reading.at + length, slots };
            found.push((kind == Kind::Place && !known_place, reading));
        }
        found.sort_by_key(|(unknown, _)| *unknown);
        found.into_iter().map(|(_, reading)| reading).collect()
    }

    /// What `texts`, said as `said`, mean as a slot; a place brings its zone in a second slot.
    fn values(
        &self,
        name: &'static str,
        kind: Kind,
        texts: &[&str],
        said: &str,
    ) -> Option<Vec<(&'static str, SlotValue)>> {
        let language = self.templates.language();
        let value = match kind {
            Kind::Number => SlotValue::Number(numbers::whole(texts, language)?.value),
            Kind::Arithmetic => SlotValue::Text(arithmetic::expression(texts, language)?),
            Kind::Unit => SlotValue::Text(self.templates.unit(texts)?.to_owned()),
            Kind::Day => SlotValue::Text(days::day(texts, language)?),
            Kind::Place | Kind::KnownPlace => {
                let place = (name, SlotValue::Text(said.to_owned()));
                return match self.templates.places.zone(texts) {
                    Some(zone) => Some(vec![place, ("zone", SlotValue::Text(zone.to_owned()))]),
                    None if kind == Kind::Place
                        && Places::plausible(texts)
                        && numbers::read(texts, language).is_none() =>
                    {
                        Some(vec![place])
                    }
                    None => None,
                };
            }
        };
        Some(vec![(name, value)])
    }
}

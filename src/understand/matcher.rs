//! Matcher: whether a sentence as a whole is what a template describes.
//!
//! Enters: tokens and nodes. Leaves: the slots. Every reading is kept once per position, so time grows with the
//! sentence and the template, never exponentially.

use super::{
    arithmetic, days, duration,
    grammar::{Kind, Node},
    numbers,
    places::Places,
    spelling,
    templates::Templates,
    tokens::Token,
    when,
};
use crate::flow::{Language, Slot, SlotValue};

/// The longest stretch of tokens that a slot of each kind may take; Han characters count one by one.
fn longest(kind: Kind, language: &Language) -> usize {
    match kind {
        Kind::Number => 20,
        Kind::Arithmetic => 48,
        Kind::Unit | Kind::Currency => 6,
        Kind::Device(_) => 9,
        Kind::Day => 14,
        Kind::Place | Kind::KnownPlace | Kind::Percent => 8,
        Kind::Duration | Kind::MoreDuration => 16,
        Kind::Label if *language == Language::MANDARIN => 8,
        Kind::Label => 4,
        Kind::When | Kind::BareWhen => when::LONGEST,
        Kind::Text if *language == Language::MANDARIN => 32,
        Kind::Text => 20,
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

    /// Every reading of a slot, the longest first, of free words the shortest; but a place that is known comes before one
    /// that is not, so that "in los angeles right now" asks for no town called "los angeles right".
    fn fill(&self, name: &'static str, kind: Kind, reading: &Reading) -> Vec<Reading> {
        let language = self.templates.language();
        let last = self.tokens.len().min(reading.at + longest(kind, language));
        let texts: Vec<&str> = self.tokens[reading.at..last].iter().map(|t| t.text.as_str()).collect();
        if matches!(kind, Kind::When | Kind::BareWhen) {
            let readings = when::readings(&texts, language, kind == Kind::BareWhen);
            let read = |(when, length)| self.filled(reading, length, vec![(name, SlotValue::When(when))]);
            return readings.into_iter().map(read).collect();
        }
        let mut found = Vec::new();
        for length in (1..=texts.len()).rev() {
            let tokens = &self.tokens[reading.at..reading.at + length];
            let span = tokens[0].span.start..tokens[length - 1].span.end;
            let Some(values) = self.values(name, kind, &texts[..length], &self.said[span.clone()]) else {
                continue;
            };
            let known_place = kind == Kind::Place && values.len() > 1;
            let reading = self.filled(reading, length, values);
            found.push((kind == Kind::Place && !known_place, reading));
        }
        found.sort_by_key(|(unknown, _)| *unknown);
        if matches!(kind, Kind::Label | Kind::Text) {
            found.reverse();
        }
        found.into_iter().map(|(_, reading)| reading).collect()
    }

    /// `reading` with its next `length` tokens taken for `values`.
    fn filled(&self, reading: &Reading, length: usize, values: Vec<(&'static str, SlotValue)>) -> Reading {
        let tokens = &self.tokens[reading.at..reading.at + length];
        let span = tokens[0].span.start..tokens[length - 1].span.end;
        let mut slots = reading.slots.clone();
        slots.extend(values.into_iter().map(|(name, value)| Slot { name, value, span: span.clone() }));
        Reading { at: reading.at + length, slots }
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
            Kind::Currency => SlotValue::Text(self.templates.currency(texts)?.to_owned()),
            Kind::Device(group) if !self.templates.devices.names(group, texts, language) => return None,
            Kind::Device(_) => SlotValue::Text(said.to_owned()),
            Kind::Day => SlotValue::Text(days::day(texts, language)?),
            Kind::Duration => SlotValue::Number(duration::seconds(texts, language)?),
            Kind::MoreDuration => SlotValue::Number(duration::more_seconds(texts, language)?),
            Kind::Percent => SlotValue::Number(percent(texts, language)?),
            Kind::Label if texts.iter().any(|word| !names(word, language)) => return None,
            Kind::Text if numbers::whole(texts, language).is_some() || when::is_one(texts, language) => {
                return None;
            }
            Kind::Label | Kind::Text => SlotValue::Text(said.to_owned()),
            // Read from its beginning, not length by length.
            Kind::When | Kind::BareWhen => return None,
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

/// Words that are no part of a name, so that "stop talking about the timer" is about no timer of that name.
const NO_NAME: &str = "\
    the a an my your this that these those it to for of in on at and or with about from by is are was do does i you me \
    what which who how why when where all every any each no not more timer timers alarm alarms reminder reminders \
    countdown called named";

/// The same in Mandarin, one character each.
const NO_NAME_HAN: &str = "的个我你他她它这那是有在和把将给所全每几什么怎哪谁吗了过后前并且闹钟暂停取消";

/// Whether `word` can be a part of a name.
fn names(word: &str, language: &Language) -> bool {
    let listed = if *language == Language::MANDARIN {
        NO_NAME_HAN.contains(word)
    } else {
        NO_NAME.split_whitespace().any(|listed| listed == word)
    };
    !listed && numbers::read(&[word], language).is_none()
}

/// "30 percent", "half", 百分之三十 and a number alone, from 0 to 100.
fn percent(tokens: &[&str], language: &Language) -> Option<f64> {
    let number = match tokens {
        [count @ .., "percent" | "%"] | [count @ .., "per", "cent"] => numbers::whole(count, language)?,
        _ => numbers::whole(tokens, language)?,
    };
    let value = if number.share { number.value * 100.0 } else { number.value };
    (0.0..=100.0).contains(&value).then_some(value)
}

//! Matcher: whether a sentence as a whole is what a template describes.
//!
//! Enters: tokens and nodes. Leaves: the slots. Every reading is kept once per position, so time grows with the
//! sentence and the template, never exponentially.

use std::{cell::RefCell, collections::HashMap, ops::Range, rc::Rc};

use super::{
    arithmetic, days, duration,
    grammar::{Kind, Node},
    names::{self, Barred},
    numbers,
    places::Places,
    spelling,
    templates::Templates,
    tokens::Token,
    when,
};
use crate::flow::{Language, Slot, SlotValue, When};

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
        Kind::When | Kind::BareWhen | Kind::Repeat => when::LONGEST,
        Kind::Text if *language == Language::MANDARIN => 32,
        Kind::Text => 20,
        Kind::Rest => usize::MAX,
        Kind::Anything => 40,
    }
}

/// A reading of the first `at` tokens.
#[derive(Clone)]
struct Reading {
    at: usize,
    slots: Vec<Slot>,
}

/// What may begin at one place: moments, each with the tokens it takes.
type Moments = Rc<[(When, usize)]>;

/// A sentence, ready to be matched.
pub(super) struct Sentence<'s> {
    said: &'s str,
    tokens: &'s [Token],
    texts: Vec<&'s str>,
    templates: &'s Templates,
    /// The moments that begin at a token, with `bare` or without; many templates ask for the same ones.
    moments: RefCell<HashMap<(usize, bool), Moments>>,
}

impl<'s> Sentence<'s> {
    /// The sentence `said`, whose `tokens` are without contractions and fillers.
    pub(super) fn new(said: &'s str, tokens: &'s [Token], templates: &'s Templates) -> Self {
        let texts = tokens.iter().map(|token| token.text.as_str()).collect();
        Self { said, tokens, texts, templates, moments: RefCell::default() }
    }

    /// The moments that begin at the token `at`; with `bare` a number alone is an hour.
    fn moments(&self, at: usize, bare: bool) -> Moments {
        if let Some(known) = self.moments.borrow().get(&(at, bare)) {
            return Rc::clone(known);
        }
        let found: Moments = when::readings(&self.texts[at..], self.templates.language(), bare).into();
        self.moments.borrow_mut().insert((at, bare), Rc::clone(&found));
        found
    }

    /// Whether the tokens in `span` begin or end with a moment: "tomorrow call mum", "call mum at eight".
    fn moment_at_an_edge(&self, span: Range<usize>) -> bool {
        let ends =
            |from: usize| self.moments(from, false).iter().any(|(_, length)| from + length == span.end);
        self.moments(span.start, false).iter().any(|(_, length)| span.start + length <= span.end)
            || (span.end.saturating_sub(when::SHORT).max(span.start)..span.end).any(ends)
    }

    /// The slots, if `pattern` describes the sentence from its first token to its last.
    pub(super) fn slots(&self, pattern: &[Node]) -> Option<Vec<Slot>> {
        let start = vec![Reading { at: 0, slots: Vec::new() }];
        let complete = |reading: &Reading| reading.at == self.tokens.len();
        self.follow(pattern, start).into_iter().find(complete).and_then(|reading| joined(reading.slots))
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
            Node::Phrase(nodes) => self.follow(nodes, vec![reading]),
            Node::Constant(constant) => {
                let at = self.tokens.get(reading.at).map_or(self.said.len(), |token| token.span.start);
                let mut slots = reading.slots;
                let value = SlotValue::Text(constant.value.clone());
                slots.push(Slot { name: constant.name, value, span: at..at });
                vec![Reading { at: reading.at, slots }]
            }
            Node::Slot { name, kind } => self.fill(name, *kind, &reading),
        }
    }

    /// Every reading of a slot, the longest first, of free words the shortest; but a place that is known comes before one
    /// that is not, so that "in los angeles right now" asks for no town called "los angeles right".
    fn fill(&self, name: &'static str, kind: Kind, reading: &Reading) -> Vec<Reading> {
        let language = self.templates.language();
        let last = self.tokens.len().min(reading.at.saturating_add(longest(kind, language)));
        if kind == Kind::Rest {
            if reading.at == last {
                return Vec::new();
            }
            let said = self.said[self.beginning(reading.at)..self.tokens[last - 1].span.end].to_owned();
            return vec![self.filled(reading, last - reading.at, vec![(name, SlotValue::Text(said))])];
        }
        let texts = &self.texts[reading.at..last];
        if matches!(kind, Kind::When | Kind::BareWhen | Kind::Repeat) {
            if texts.is_empty() {
                return Vec::new();
            }
            let read = |(when, length): &(When, usize)| {
                self.filled(reading, *length, vec![(name, SlotValue::When(when.clone()))])
            };
            let moments = self.moments(reading.at, kind != Kind::When);
            let wanted = |(when, _): &&(When, usize)| kind != Kind::Repeat || when.repeat.is_some();
            return moments.iter().filter(wanted).map(read).collect();
        }
        let mut found = Vec::new();
        for length in (1..=texts.len()).rev() {
            let tokens = &self.tokens[reading.at..reading.at + length];
            let span = tokens[0].span.start..tokens[length - 1].span.end;
            let from = if kind == Kind::Text { self.beginning(reading.at) } else { span.start };
            let all = reading.at..reading.at + length;
            let Some(values) = self.values(name, kind, all, &self.said[from..span.end]) else {
                continue;
            };
            let known_place = kind == Kind::Place && values.len() > 1;
            let reading = self.filled(reading, length, values);
            found.push((kind == Kind::Place && !known_place, reading));
        }
        found.sort_by_key(|(unknown, _)| *unknown);
        if matches!(kind, Kind::Label | Kind::Text | Kind::Anything) {
            found.reverse();
        }
        found.into_iter().map(|(_, reading)| reading).collect()
    }

    /// Where the words from token `at` on begin. A smiley before them is no token, and one of the words all the same.
    fn beginning(&self, at: usize) -> usize {
        let start = self.tokens[at].span.start;
        let before = at.checked_sub(1).map_or(0, |before| self.tokens[before].span.end);
        let smiley = |c: char| matches!(c, '\u{2600}'..='\u{27BF}' | '\u{1F000}'..='\u{1FAFF}');
        let gap = self.said.get(before..start).unwrap_or_default();
        gap.find(smiley).map_or(start, |place| before + place)
    }

    /// `reading` with its next `length` tokens taken for `values`.
    fn filled(&self, reading: &Reading, length: usize, values: Vec<(&'static str, SlotValue)>) -> Reading {
        let tokens = &self.tokens[reading.at..reading.at + length];
        let span = tokens[0].span.start..tokens[length - 1].span.end;
        let mut slots = reading.slots.clone();
        slots.extend(values.into_iter().map(|(name, value)| Slot { name, value, span: span.clone() }));
        Reading { at: reading.at + length, slots }
    }

    /// What the tokens in `at`, said as `said`, mean as a slot; a place brings its zone in a second slot.
    fn values(
        &self,
        name: &'static str,
        kind: Kind,
        at: Range<usize>,
        said: &str,
    ) -> Option<Vec<(&'static str, SlotValue)>> {
        let texts = &self.texts[at.clone()];
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
            Kind::Label
                if texts.iter().any(|word| !names::is_part(word, &BARRED, language))
                    || self.moment_at_an_edge(at.clone()) =>
            {
                return None;
            }
            Kind::Text
                if leans(texts, language)
                    || numbers::whole(texts, language).is_some()
                    || self.moment_at_an_edge(at) =>
            {
                return None;
            }
            Kind::Label | Kind::Text | Kind::Anything => SlotValue::Text(said.to_owned()),
            // Read from its beginning, not length by length.
            Kind::When | Kind::BareWhen | Kind::Repeat | Kind::Rest => return None,
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

/// `slots` with a moment that was said in two places put together, "the 7 am alarm for tomorrow"; `None` where the two
/// contradict each other.
fn joined(slots: Vec<Slot>) -> Option<Vec<Slot>> {
    let mut kept: Vec<Slot> = Vec::new();
    for slot in slots {
        let SlotValue::When(more) = &slot.value else {
            kept.push(slot);
            continue;
        };
        match kept.iter_mut().find(|known| known.name == slot.name) {
            Some(Slot { value: SlotValue::When(known), .. }) => *known = when::together(known, more)?,
            _ => kept.push(slot),
        }
    }
    Some(kept)
}

/// Words after which a sentence goes on, so that no free words end in them.
const LEANING: &str = "for of the a an my your our to and or with about in on at from by every each when if i \
    first second third fourth last next other later until till before after between through except not";

/// Words that open a moment, so that no free words begin with them: "tomorrow at half past" is not yet what to do.
const OPENING: &str = "at by until till from past every each";

/// Whether `texts` lean on what comes behind them, or are a stretch of time, which says for how long and not what.
fn leans(texts: &[&str], language: &Language) -> bool {
    let leaning = |word: &&str| LEANING.split_whitespace().any(|listed| listed == *word);
    let english = *language == Language::ENGLISH;
    let last = match texts {
        [.., before, "this"] => leaning(before),
        [.., last] => leaning(last),
        [] => false,
    };
    let first = texts.first().is_some_and(|first| OPENING.split(' ').any(|word| word == *first));
    let stretch = texts.strip_prefix(&["the"]).unwrap_or(texts);
    let stretch = stretch.strip_prefix(&["next"]).unwrap_or(stretch);
    let span = matches!(
        stretch,
        ["rest", "of", ..]
            | ["hour" | "minute" | "day" | "week" | "weekend" | "month" | "year"]
            | ["this", "week" | "weekend" | "month" | "year"]
    );
    (english && (first || last || span)) || duration::seconds(stretch, language).is_some()
}

/// Words that stand in no label, so that "stop talking about the timer" is about no timer of that name.
const BARRED: Barred = Barred(
    "timer timers alarm alarms reminder reminders countdown called named snooze recurring repeating repeated weekly monthly \
    yearly temporary",
    "的个在和所全每几么后前闹钟暂停取消",
);

/// "30 percent", "half", 百分之三十 and a number alone, from 0 to 100.
fn percent(tokens: &[&str], language: &Language) -> Option<f64> {
    let number = match tokens {
        [count @ .., "percent" | "%"] | [count @ .., "per", "cent"] => numbers::whole(count, language)?,
        _ => numbers::whole(tokens, language)?,
    };
    let value = if number.share { number.value * 100.0 } else { number.value };
    (0.0..=100.0).contains(&value).then_some(value)
}

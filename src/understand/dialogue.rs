//! Dialogue: words that go on with what was said before.
//!
//! Enters: words, and what was done and asked before them. Leaves: an intent made of both: what was asked back with its
//! answer filled in, or the last command with a part of it changed. Never here: a guess; words that fit nothing before them
//! are left to others.

use super::{Understanding, matcher::Sentence, tokens::Token};
use crate::{
    flow::{Asks, Intent, Language, Slot, SlotValue, Wanted},
    units::SampleIndex,
};

/// How long a question back waits for its answer.
const ANSWERED_WITHIN: SampleIndex = SampleIndex::from_ms(60_000);

/// How long a command can be changed.
const CHANGED_WITHIN: SampleIndex = SampleIndex::from_ms(120_000);

/// The slot that marks an intent as one to be done instead of the same one before.
const INSTEAD: &str = "instead";

/// Intents about the talk itself: nothing in them could be changed, and none of them is an answer.
const TALK: [&str; 6] = ["yes", "no", "stop", "repeat", "undo", "wake"];

/// What was said before, as far as the next words may go on with it.
#[derive(Debug, Default)]
pub struct Dialogue {
    /// What was done last.
    last: Option<Intent>,
    /// What was asked back.
    asks: Option<Asks>,
    /// Where in the recording the command began.
    at: SampleIndex,
}

impl Dialogue {
    /// `intents` are being done, which were said at `at`; none where the words were for somebody else.
    pub fn doing(&mut self, intents: &[Intent], at: SampleIndex) {
        self.asks = None;
        self.at = at;
        self.last = intents.last().filter(|intent| !TALK.contains(&intent.name.as_str())).cloned();
    }

    /// The reply to what is being done asks for something.
    pub fn asking(&mut self, asks: Asks) {
        self.asks = Some(asks);
    }

    /// What `words`, said at `at`, come to as the answer to what was asked back, and what waited behind it; nothing where
    /// they are no answer.
    #[must_use]
    pub fn answered(
        &self,
        understanding: &Understanding,
        words: &str,
        language: &Language,
        at: SampleIndex,
    ) -> Vec<Intent> {
        let Some(completed) = self.completed(understanding, words, language, at) else { return Vec::new() };
        let then = self.asks.iter().flat_map(|asks| asks.then.iter().cloned());
        std::iter::once(completed).chain(then).collect()
    }

    fn completed(
        &self,
        understanding: &Understanding,
        words: &str,
        language: &Language,
        at: SampleIndex,
    ) -> Option<Intent> {
        let asks = self.asks.as_ref().filter(|_| self.is_within(ANSWERED_WITHIN, at))?;
        let command = understanding.interpret(words, language);
        let named = command.as_ref().map(|intent| intent.name.as_str());
        if asks.wants == Wanted::YesNo {
            let yes = SlotValue::Text("yes".into());
            return (named == Some("yes")).then(|| {
                asks.intent.clone().with(Slot { name: asks.slot, value: yes, span: 0..words.len() })
            });
        }
        // Free words and names could be anything; where they are a command, they are meant as one.
        let free = matches!(asks.wants, Wanted::Text | Wanted::Place);
        if named.is_some_and(|name| free || TALK.contains(&name)) {
            return None;
        }
        let slot = answer(asks, understanding, words, language)?;
        Some(asks.intent.clone().with(slot))
    }

    /// What `words`, said at `at`, come to as a change of the command before: "make it ten", "and in Paris", 不，明天.
    #[must_use]
    pub fn changed(
        &self,
        understanding: &Understanding,
        words: &str,
        language: &Language,
        at: SampleIndex,
    ) -> Option<Intent> {
        let last = self.last.as_ref().filter(|_| self.is_within(CHANGED_WITHIN, at))?;
        let templates = understanding.templates(language)?;
        let whole = understanding.tokens(words, templates);
        // "and" and "actually" are fillers elsewhere; here they say that something goes on.
        let bare = templates.without_fillers(whole.clone());
        [whole, bare].iter().filter(|tokens| !tokens.is_empty()).find_map(|tokens| {
            let sentence = Sentence::new(words, tokens, templates);
            templates.follow_ups.candidates(tokens).find_map(|(_, pattern)| {
                let slots = sentence.slots(pattern)?;
                let slots: Option<Vec<Slot>> = slots
                    .into_iter()
                    .map(|slot| fitting(slot, last, |name| templates.takes(&last.name, name)))
                    .collect();
                let mut changed = last.clone();
                for slot in slots? {
                    if slot.name == "place" {
                        changed.slots.retain(|known| known.name != "zone");
                    }
                    changed = changed.with(slot);
                }
                let value = SlotValue::Text("last".into());
                Some(changed.with(Slot { name: INSTEAD, value, span: 0..words.len() }))
            })
        })
    }

    /// Whether `at` is no further than `span` behind the command; another recording begins anew.
    fn is_within(&self, span: SampleIndex, at: SampleIndex) -> bool {
        at.0.saturating_sub(self.at.0) <= span.0
    }
}

/// `slot` as a slot that the command before takes; a number alone counts in what the command counted in.
fn fitting(slot: Slot, last: &Intent, takes: impl Fn(&str) -> bool) -> Option<Slot> {
    if slot.name != "number" {
        // A place brings its zone.
        return (slot.name == "zone" || takes(slot.name)).then_some(slot);
    }
    let SlotValue::Number(number) = slot.value else { return None };
    let counted = last.slots.iter().find_map(|known| match (known.name, &known.value) {
        ("seconds", SlotValue::Number(before)) => Some(("seconds", number * unit_of(*before))),
        (name @ ("amount" | "percent" | "number"), SlotValue::Number(_)) => Some((name, number)),
        _ => None,
    })?;
    Some(Slot { name: counted.0, value: SlotValue::Number(counted.1), span: slot.span })
}

/// The unit, in seconds, in which somebody would say `seconds`.
fn unit_of(seconds: f64) -> f64 {
    [3_600.0, 60.0].into_iter().find(|unit| seconds % unit == 0.0).unwrap_or(1.0)
}

/// What `words` say in answer to `asks`.
fn answer(asks: &Asks, understanding: &Understanding, words: &str, language: &Language) -> Option<Slot> {
    let templates = understanding.templates(language)?;
    let whole = understanding.tokens(words, templates);
    let tokens = templates.without_fillers(whole.clone());
    let tokens = if tokens.is_empty() { whole } else { tokens };
    let sentence = Sentence::new(words, &tokens, templates);
    let read = |wanted: Wanted| {
        let patterns = templates.answers(wanted)?;
        patterns.candidates(&tokens).find_map(|(_, pattern)| sentence.slots(pattern)?.into_iter().next())
    };
    // "The five minute one", where several are told apart by how long they are.
    if asks.slot == "label"
        && asks.intent.slot("seconds").is_none()
        && let Some(length) = read(Wanted::Duration)
    {
        return Some(Slot { name: "seconds", ..length });
    }
    let slot = match read(asks.wants) {
        Some(slot) => slot,
        None if asks.wants == Wanted::Text => all_of(words, &tokens)?,
        None => return None,
    };
    let value = match slot.value {
        // "Five", asked for how long: minutes.
        SlotValue::Number(minutes) if asks.wants == Wanted::Duration && slot.name == "number" => {
            SlotValue::Number(minutes * 60.0)
        }
        value => value,
    };
    Some(Slot { name: asks.slot, value, span: slot.span })
}

/// All that was said, but for fillers.
fn all_of(words: &str, tokens: &[Token]) -> Option<Slot> {
    let span = tokens.first()?.span.start..tokens.last()?.span.end;
    Some(Slot { name: "text", value: SlotValue::Text(words[span.clone()].to_owned()), span })
}

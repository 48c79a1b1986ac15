//! Dialogue: words that go on with what was said before.
//!
//! Enters: words, and what was done and asked before them. Leaves: an intent made of both: what was asked back with its
//! answer filled in, or the last command with a part of it changed. Never here: a guess; words that fit nothing before them
//! are left to others.

use std::iter;

use super::{Templates, Understanding, grammar::Holds, matcher::Sentence, tokens::Token};
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

/// The slot of where something is moved, or of what it becomes.
const TO: &str = "to";

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
        let Some(asks) = self.asks.as_ref().filter(|_| self.is_within(ANSWERED_WITHIN, at)) else {
            return Vec::new();
        };
        let completed = completed(asks, understanding, words, language);
        completed.into_iter().flat_map(|intent| iter::once(intent).chain(asks.then.iter().cloned())).collect()
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
        [whole, bare].iter().find_map(|tokens| {
            let sentence = Sentence::new(words, tokens, templates);
            templates.follow_ups.candidates(tokens).find_map(|(_, pattern)| {
                let slots = sentence.slots(pattern)?;
                if let Some(change) = change_of(last, &slots, templates) {
                    return Some(change);
                }
                let slots: Option<Vec<Slot>> =
                    slots.into_iter().map(|slot| fitting(slot, last, templates)).collect();
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

/// What `slots` make of something that `last` told of or set: "change it to eight" after the alarms were told, "make it an
/// hour later" after one was set. Nothing where they change the words of `last` instead.
fn change_of(last: &Intent, slots: &[Slot], templates: &Templates) -> Option<Intent> {
    let (domain, deed) = last.name.split_once('.')?;
    let change = format!("{domain}.change");
    let whither = slots.iter().any(|slot| slot.name == TO) && matches!(deed, "list" | "left");
    let by = slots.iter().any(|slot| slot.name == "state")
        && (matches!(deed, "list" | "left" | "set") || (deed == "change" && last.slot(TO).is_some()));
    let takes = |slot: &Slot| templates.takes(&change, slot.name, Holds::of(&slot.value));
    if !(whither || by) || !slots.iter().all(takes) {
        return None;
    }
    // Which one it was; what was moved is where it was moved to.
    let moved = last.slot(TO).is_some();
    let which = last.slots.iter().filter_map(|slot| match (&slot.value, slot.name) {
        (SlotValue::When(when), "when" | TO) if when.after_s.is_some() => None,
        (SlotValue::When(_), "when") if moved => None,
        (SlotValue::When(_), TO) => Some(Slot { name: "when", ..slot.clone() }),
        (SlotValue::When(_), "when") | (SlotValue::Text(_), "label" | "text") => Some(slot.clone()),
        _ => None,
    });
    let slots = which.filter(takes).chain(slots.iter().cloned()).collect();
    Some(Intent { name: change, slots })
}

/// `slot` as a slot that the command before takes; a number alone counts in what the command counted in.
fn fitting(slot: Slot, last: &Intent, templates: &Templates) -> Option<Slot> {
    let takes = |name, value: &SlotValue| templates.takes(&last.name, name, Holds::of(value));
    if slot.name != "number" {
        let alike = |known: &SlotValue| Holds::of(known) == Holds::of(&slot.value);
        // Of what moves something, it is changed where to, never what is moved.
        let name = match (slot.name, &slot.value) {
            ("when" | "seconds" | TO, _) if last.slot(TO).is_some_and(alike) => TO,
            (TO, SlotValue::When(_) | SlotValue::Number(_)) => return None,
            ("when" | "seconds", value) if takes(TO, value) => return None,
            (name, _) => name,
        };
        // A place brings its zone.
        return (name == "zone" || takes(name, &slot.value)).then_some(Slot { name, ..slot });
    }
    let SlotValue::Number(number) = slot.value else { return None };
    let counted = |known: &Slot| match known.value {
        SlotValue::Number(before) if matches!(known.name, "seconds" | TO) => {
            Some((known.name, unit_of(before)))
        }
        SlotValue::Number(_) => Some((known.name, 1.0)),
        _ => None,
    };
    let mut whither = last.slots.iter().filter(|known| known.name == TO);
    let (name, unit) = whither.find_map(counted).or_else(|| last.slots.iter().find_map(counted))?;
    Some(Slot { name, value: SlotValue::Number(number * unit), span: slot.span })
}

/// The unit, in seconds, in which somebody would say `seconds`.
fn unit_of(seconds: f64) -> f64 {
    [3_600.0, 60.0].into_iter().find(|unit| seconds % unit == 0.0).unwrap_or(1.0)
}

/// What was begun, with what `words` say in answer to `asks`.
fn completed(asks: &Asks, understanding: &Understanding, words: &str, language: &Language) -> Option<Intent> {
    let command = understanding.interpret(words, language);
    let named = command.as_ref().map(|intent| intent.name.as_str());
    if asks.wants == Wanted::YesNo {
        let yes = SlotValue::Text("yes".into());
        return (named == Some("yes"))
            .then(|| asks.intent.clone().with(Slot { name: asks.slot, value: yes, span: 0..words.len() }));
    }
    // Free words and names could be anything; where they are a command, they are meant as one.
    let free = matches!(asks.wants, Wanted::Text | Wanted::Place);
    if named.is_some_and(|name| free || TALK.contains(&name))
        || (free && understanding.is_own(words, language))
    {
        return None;
    }
    let templates = understanding.templates(language)?;
    let whole = understanding.tokens(words, templates);
    let tokens = templates.without_fillers(whole.clone());
    if tokens.is_empty() && !whole.is_empty() {
        // "Um" is no answer yet, and no end of the question: it is asked again.
        return Some(asks.intent.clone());
    }
    Some(asks.intent.clone().with(answer(asks, templates, words, &tokens)?))
}

/// What `words`, whose `tokens` are without fillers, say in answer to `asks`.
fn answer(asks: &Asks, templates: &Templates, words: &str, tokens: &[Token]) -> Option<Slot> {
    let sentence = Sentence::new(words, tokens, templates);
    let read = |wanted: Wanted| {
        let patterns = templates.answers(wanted)?;
        patterns.candidates(tokens).find_map(|(_, pattern)| sentence.slots(pattern)?.into_iter().next())
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
        None if asks.wants == Wanted::Text => all_of(words, tokens)?,
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

#[cfg(test)]
mod tests {
    use super::*;

    const AT: SampleIndex = SampleIndex::from_ms(1_000);

    /// What `words` make of `before`, by the templates of `understanding`.
    fn changed(understanding: &Understanding, before: &str, words: &str) -> Option<Intent> {
        let mut dialogue = Dialogue::default();
        dialogue.doing(&understanding.interpret_all(before, &Language::ENGLISH), AT);
        dialogue.changed(understanding, words, &Language::ENGLISH, AT)
    }

    #[test]
    fn a_number_alone_counts_in_whatever_the_command_counted_in() {
        let understanding = Understanding::new().unwrap();
        for (before, words, name, number) in [
            ("set the heating to 21 degrees", "make it 20", "number", 20.0),
            ("dim the bedroom lights to 30 percent", "make it 40", "percent", 40.0),
            ("convert 5 miles to kilometers", "make it ten", "amount", 10.0),
            ("set a timer for two hours", "make it three", "seconds", 10_800.0),
            ("set a timer for 90 seconds", "make it thirty", "seconds", 30.0),
        ] {
            let changed = changed(&understanding, before, words);
            let changed = changed.unwrap_or_else(|| panic!("{before}, {words}"));
            assert_eq!(changed.slot(name), Some(&SlotValue::Number(number)), "{before}, {words}");
        }
        assert_eq!(changed(&understanding, "set an alarm for noon", "make it 12 percent"), None);
    }

    #[test]
    fn what_was_told_or_set_is_moved_and_what_was_moved_goes_elsewhere() {
        let understanding = Understanding::new().unwrap();
        let told = |before: &str, words: &str| {
            let Some(intent) = changed(&understanding, before, words) else { return "-".to_owned() };
            let value = |value: &SlotValue| match value {
                SlotValue::Number(number) => number.to_string(),
                SlotValue::Text(text) => text.clone(),
                SlotValue::When(when) => when.to_string(),
            };
            let slots = intent.slots.iter().map(|slot| format!(" {}={}", slot.name, value(&slot.value)));
            format!("{}{}", intent.name, slots.collect::<String>())
        };
        for (before, words, expected) in [
            ("what alarms do I have tomorrow", "change it to 8 am", "alarm.change when=+1 to=08:00"),
            ("what timers do I have", "make it 12 minutes", "timer.change to=720"),
            (
                "how long is left on the pasta timer",
                "change it to 9 minutes",
                "timer.change label=pasta to=540",
            ),
            ("my reminders", "move it to friday", "reminder.change to=friday"),
            // Nothing that was told is moved by other words.
            ("my reminders", "what about friday", "-"),
            (
                "set an alarm for 7 am",
                "make it an hour later",
                "alarm.change when=07:00 seconds=3600 state=later",
            ),
            ("set an alarm in an hour", "make it an hour later", "alarm.change seconds=3600 state=later"),
            ("set an alarm for 7 am", "move that to 9 am", "alarm.set when=09:00 instead=last"),
            // What is changed is where to, never which.
            ("change my 7 am alarm to 8 am", "no, 9 am", "alarm.change when=07:00 to=09:00 instead=last"),
            (
                "change my 7 am alarm to 8 am",
                "push it back by ten minutes",
                "alarm.change when=08:00 seconds=600 state=later",
            ),
            (
                "push my 7 am alarm back by ten minutes",
                "make it 15",
                "alarm.change when=07:00 seconds=900 state=later instead=last",
            ),
            (
                "change the 5 minute timer to 10 minutes",
                "make it 12",
                "timer.change seconds=300 to=720 instead=last",
            ),
            ("change my 7 am alarm to 8 am", "and in miles", "-"),
            ("convert 5 miles to kilometers", "and in feet", "units amount=5 from=mile to=foot instead=last"),
        ] {
            assert_eq!(told(before, words), expected, "{before}, {words}");
        }
    }

    #[test]
    fn an_intent_that_stands_in_two_places_can_be_changed_in_the_slots_of_both() {
        let file = "never = []\nfollow_ups = ['and in {place:place}']\nunits = {}\nplaces = {}\nanswers = {}\n\
            contractions = {}\nfillers = { anywhere = [], before = [], after = [] }\n\
            [[intent]]\nname = 'sky'\ntemplates = ['look up']\ntests = ['look up']\n\
            [[intent]]\nname = 'sky'\ntemplates = ['look up in {place:place}']\ntests = ['look up in Rome']\n";
        let understanding = Understanding::with(vec![Templates::parse(&Language::ENGLISH, file).unwrap()]);
        let changed = changed(&understanding, "look up", "and in Atlantis").unwrap();
        assert_eq!(changed.slot("place"), Some(&SlotValue::Text("Atlantis".into())));
    }
}

//! Asks: what a reply asks the user for, so that the next words can complete what was begun.
//!
//! Enters: what a skill began and lacks. Leaves: what `understand` fills in from the next words. Never here: the words of
//! the question; those are the reply's.

use super::{Intent, Slot, SlotValue, When};

/// What kind of words a question wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// A length of time, s.
    Duration,
    /// A moment or a repeat.
    When,
    /// A number.
    Number,
    /// A share of a hundred.
    Percent,
    /// The name of a place: what is no such name is asked of nobody.
    Place,
    /// Free words.
    Text,
    /// Yes or no; what was begun is done at a yes.
    YesNo,
}

impl Wanted {
    /// The name under which `config/intents` lists what may be said in answer.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Duration => "duration",
            Self::When => "when",
            Self::Number => "number",
            Self::Percent => "percent",
            Self::Place => "place",
            Self::Text => "text",
            Self::YesNo => "yes_no",
        }
    }
}

/// A question back to the user.
#[derive(Debug, Clone, PartialEq)]
pub struct Asks {
    /// What is done once it is answered.
    pub intent: Intent,
    /// The slot that the answer goes into; at a yes it holds the text "yes".
    pub slot: &'static str,
    /// What kind of answer fits.
    pub wants: Wanted,
    /// What else the same sentence asked for and lacks something of its own: it is done, and asked back, behind this.
    pub then: Vec<Intent>,
}

impl Intent {
    /// The intent with `slot` holding `value`. A moment keeps what the new one does not say: the day of "tomorrow" and the
    /// time of "at seven".
    #[must_use]
    pub fn with(mut self, slot: Slot) -> Self {
        let old = self.slots.iter().position(|known| known.name == slot.name);
        let value = match (old.map(|at| &self.slots[at].value), &slot.value) {
            (Some(SlotValue::When(old)), SlotValue::When(new)) => SlotValue::When(new.clone().filled_by(old)),
            _ => slot.value,
        };
        let slot = Slot { value, ..slot };
        match old {
            Some(at) => self.slots[at] = slot,
            None => self.slots.push(slot),
        }
        self
    }
}

impl When {
    /// This moment with what it does not say taken from `old`. A span from now says all there is, and a day or a repeat
    /// stands instead of both.
    #[must_use]
    fn filled_by(mut self, old: &Self) -> Self {
        if self.after_s.is_some() {
            return self;
        }
        if self.day.is_none() && self.repeat.is_none() {
            self.day.clone_from(&old.day);
            self.repeat.clone_from(&old.repeat);
        }
        self.time = self.time.or(old.time);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::TimeOfDay;

    #[test]
    fn an_answer_fills_what_was_missing_and_keeps_what_was_said() {
        let seven = TimeOfDay { hour: 7, minute: 0, either_half: false };
        let slot = |when: When| Slot { name: "when", value: SlotValue::When(when), span: 0..0 };
        let day = |day: &str| When { day: Some(day.into()), ..When::default() };
        let at_seven = When { time: Some(seven), ..When::default() };
        let alarm = Intent { name: "alarm.set".into(), slots: vec![slot(day("+1"))] };
        let both = When { day: Some("+1".into()), time: Some(seven), ..When::default() };
        let filled = alarm.with(slot(at_seven.clone()));
        assert_eq!(filled.slot("when"), Some(&SlotValue::When(both)));
        let moved = filled.with(slot(day("friday")));
        let friday = When { day: Some("friday".into()), time: Some(seven), ..When::default() };
        assert_eq!(moved.slot("when"), Some(&SlotValue::When(friday)));
        let soon = When { after_s: Some(600), ..When::default() };
        let replaced = moved.with(slot(soon.clone()));
        assert_eq!(replaced.slot("when"), Some(&SlotValue::When(soon)));
        assert_eq!(replaced.slots.len(), 1);
    }
}

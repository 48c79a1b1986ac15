//! What falls due: timers, alarms and reminders over days, restarts, kills, changed clocks and zones. The skills and the
//! store are the real ones; only the time is given.

mod alarms;
mod changes;
mod kill;
mod once;
mod reminders;
mod sealed;
mod timers;
mod undo;

use std::{path::Path, time::Duration};

use jiff::{SignedDuration, Zoned};
use mynah::{
    flow::{Intent, Language, Repeat, Script, Slot, SlotValue, TimeOfDay, When},
    skills::{Given, SkillContext, Skills, Teller},
    store::Store,
};

/// The skills at a time that only the test moves.
struct Desk {
    skills: Skills,
    now: Zoned,
    language: Language,
}

impl Desk {
    /// At `now`, with a store of its own.
    fn at(now: &str) -> Self {
        Self::with(now, Given::new(Box::new(Store::in_memory), Teller::Here))
    }

    /// The daemon at `now`, keeping things at `path`.
    fn on(now: &str, path: &Path) -> Self {
        let path = path.to_owned();
        Self::with(now, Given::new(Box::new(move || Store::open(&path)), Teller::Here))
    }

    /// A single command at `now`, beside a daemon or not.
    fn beside(now: &str, path: &Path, running: bool) -> Self {
        let path = path.to_owned();
        let teller = Teller::Elsewhere(Box::new(move || running));
        Self::with(now, Given::new(Box::new(move || Store::open(&path)), teller))
    }

    fn with(now: &str, given: Given) -> Self {
        Self { skills: Skills::new(given), now: now.parse().unwrap(), language: Language::ENGLISH }
    }

    fn in_mandarin(mut self) -> Self {
        self.language = Language::MANDARIN;
        self
    }

    fn try_ask(&mut self, name: &str, slots: &[(&'static str, SlotValue)]) -> Result<String, String> {
        let slots = slots.iter().map(|(name, value)| Slot { name, value: value.clone(), span: 0..0 });
        let intent = Intent { name: name.into(), slots: slots.collect() };
        let context = SkillContext {
            now: self.now.clone(),
            language: self.language.clone(),
            script: Script::Simplified,
            region: None,
            clock_24h: None,
        };
        let reply = self.skills.answer(&intent, &context);
        reply.map(|reply| reply.text).map_err(|error| mynah::flow::Remedy::kind(&error).to_owned())
    }

    fn ask(&mut self, name: &str, slots: &[(&'static str, SlotValue)]) -> String {
        self.try_ask(name, slots).unwrap()
    }

    /// What is told now, and how long until the next look.
    fn look(&mut self) -> (Vec<String>, Duration) {
        let (fell, wait) = self.skills.due(&self.now, Script::Simplified);
        (fell.into_iter().map(|fell| fell.words.as_str().to_owned()).collect(), wait)
    }

    /// Looks as often as it wants to be looked at, for `seconds`, and gives what was told.
    fn pass(&mut self, seconds: i64) -> Vec<String> {
        let end = &self.now + SignedDuration::from_secs(seconds);
        let mut told = Vec::new();
        loop {
            let (now, wait) = self.look();
            told.extend(now);
            if self.now >= end {
                return told;
            }
            let next = &self.now + SignedDuration::try_from(wait).unwrap();
            self.now = next.min(end.clone());
        }
    }

    /// Sleeps through `seconds`.
    fn skip(&mut self, seconds: i64) {
        self.now = &self.now + SignedDuration::from_secs(seconds);
    }

    fn set_clock(&mut self, now: &str) {
        self.now = now.parse().unwrap();
    }
}

fn seconds(seconds: f64) -> (&'static str, SlotValue) {
    ("seconds", SlotValue::Number(seconds))
}

fn text(name: &'static str, text: &str) -> (&'static str, SlotValue) {
    (name, SlotValue::Text(text.into()))
}

/// A `when` of a day ("" for none) and a time ("7:00", "7:00?" for either half, "" for none).
fn when(day: &str, time: &str, repeat: Option<Repeat>) -> (&'static str, SlotValue) {
    let either_half = time.ends_with('?');
    let time = time.trim_end_matches('?').split_once(':').map(|(hour, minute)| TimeOfDay {
        hour: hour.parse().unwrap(),
        minute: minute.parse().unwrap(),
        either_half,
    });
    let day = (!day.is_empty()).then(|| day.to_owned());
    ("when", SlotValue::When(When { day, time, repeat, ..When::default() }))
}

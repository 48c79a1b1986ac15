//! When: a moment or a repeat as it was said, before anybody looks at a clock.
//!
//! Enters: what `understand` reads from the words. Leaves: what a skill resolves with the time and the zone at hand. Never
//! here: a clock, a zone.

use std::fmt;

use jiff::civil::Weekday;
use serde::{Serialize, Serializer};

/// A moment, or moments that come again. What was not said is not there.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct When {
    /// So many seconds from now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_s: Option<u64>,
    /// The day, written as the slot kind `day` writes it: `+1`, `friday`, `week+1 friday`, `2027-07-04`, `07-04`,
    /// `day 5`, `month+1 day 5`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<String>,
    /// The time of day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<TimeOfDay>,
    /// Whether `time` is only what a part of the day stands for: "tomorrow morning".
    #[serde(skip)]
    pub loose: bool,
    /// How it comes again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub repeat: Option<Repeat>,
}

/// A time of day as said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TimeOfDay {
    /// 0 to 23; where `either_half`, 1 to 12.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
    /// Whether neither morning nor evening was said: whichever comes next is meant.
    pub either_half: bool,
}

/// How something comes again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Repeat {
    /// On these days of the week; all seven are every day.
    Weekly(#[serde(serialize_with = "names")] Vec<Weekday>),
    /// On the days on which people work: Monday to Friday, but for public holidays and the days worked for them, where
    /// those are known.
    Workdays,
    /// On this day of each month, 1 to 31; the last day where a month is shorter.
    Monthly(u8),
    /// On this day of each year.
    Yearly {
        /// 1 to 12.
        month: u8,
        /// 1 to 31.
        day: u8,
    },
    /// After so many seconds, again and again.
    Every(u64),
}

impl fmt::Display for When {
    /// The parts that were said, as programs write them: `in 600 s`, `+1 07:30`, `every monday 07:30`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let after = self.after_s.map(|seconds| format!("in {seconds} s"));
        let repeat = self.repeat.as_ref().map(|repeat| match repeat {
            Repeat::Weekly(days) => format!("every {}", days.iter().map(name).collect::<Vec<_>>().join(", ")),
            Repeat::Workdays => "every workday".to_owned(),
            Repeat::Monthly(day) => format!("every month, day {day}"),
            Repeat::Yearly { month, day } => format!("every year, {month:02}-{day:02}"),
            Repeat::Every(seconds) => format!("every {seconds} s"),
        });
        let time = self.time.map(|time| {
            format!(
                "{:02}:{:02}{}",
                time.hour,
                time.minute,
                if time.either_half { " or 12 hours later" } else { "" }
            )
        });
        let parts = [after, repeat, self.day.clone(), time];
        f.write_str(&parts.into_iter().flatten().collect::<Vec<_>>().join(" "))
    }
}

fn name(day: &Weekday) -> String {
    format!("{day:?}").to_lowercase()
}

fn names<S: Serializer>(days: &[Weekday], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(days.iter().map(name))
}

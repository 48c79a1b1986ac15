//! When: "tomorrow at half past six", "every weekday at 7", 十分钟后, put together from the stretches that say it.
//!
//! Enters: tokens. Leaves: a [`When`] for each number of tokens that are one. A time of day that was named and not told
//! gets an hour that people mean by it: a reminder for tomorrow morning comes at nine. Never here: the clock.

use super::{when_english, when_mandarin};
use crate::flow::{Language, Repeat, TimeOfDay, When};

/// The most tokens that say one moment.
pub(super) const LONGEST: usize = 18;

/// The most tokens of a moment that are looked for at the end of other words.
pub(super) const SHORT: usize = 6;

/// A part of the day, which tells what hour is meant, or is meant by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Midnight to noon.
    Morning,
    /// About noon.
    Noon,
    /// Noon to evening.
    Afternoon,
    /// The evening.
    Evening,
    /// From the evening to the hours after midnight.
    Night,
    /// The hours after midnight.
    SmallHours,
}

/// What one stretch of tokens says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Said {
    After(u64),
    Day(String),
    Time(TimeOfDay),
    Part(Part),
    Repeat(Repeat),
    /// A day and a part of it: "tonight".
    DayPart(String, Part),
    /// Days that come again and a part of them: "every morning".
    RepeatPart(Repeat, Part),
}

/// What was said so far.
#[derive(Clone, Default)]
struct Parts {
    after_s: Option<u64>,
    day: Option<String>,
    time: Option<TimeOfDay>,
    part: Option<Part>,
    repeat: Option<Repeat>,
}

/// What the beginning of `tokens` can mean, with the tokens it takes, the longest first. With `bare` a number alone is an
/// hour.
pub(super) fn readings(tokens: &[&str], language: &Language, bare: bool) -> Vec<(When, usize)> {
    let mandarin = *language == Language::MANDARIN;
    let mut found: Vec<(When, usize)> = Vec::new();
    let mut open = vec![(Parts::default(), 0)];
    while let Some((parts, at)) = open.pop() {
        let rest = &tokens[at..tokens.len().min(LONGEST)];
        let longest = rest.len().min(if mandarin { when_mandarin::STRETCH } else { when_english::STRETCH });
        let begins = |token: &&str| mandarin || when_english::begins(token);
        if !rest.first().is_some_and(begins) {
            continue;
        }
        for length in (1..=longest).rev() {
            let stretch = &rest[..length];
            let said =
                if mandarin { when_mandarin::said(stretch) } else { when_english::said(stretch, bare) };
            let Some(parts) = said.and_then(|said| parts.with(said)) else { continue };
            let end = at + length;
            if let Some(when) = parts.when().filter(|_| found.iter().all(|(_, known)| *known != end)) {
                found.push((when, end));
            }
            open.push((parts, end));
        }
    }
    found.sort_by_key(|(_, length)| std::cmp::Reverse(*length));
    found
}

/// What two parts of a sentence say of one moment; `None` where both say the same of it, or what excludes each other.
pub(super) fn together(one: &When, other: &When) -> Option<When> {
    fn either<T: Clone>(one: &Option<T>, other: &Option<T>) -> Option<Option<T>> {
        (one.is_none() || other.is_none()).then(|| one.clone().or_else(|| other.clone()))
    }
    let when = When {
        after_s: either(&one.after_s, &other.after_s)?,
        day: either(&one.day, &other.day)?,
        time: either(&one.time, &other.time)?,
        loose: one.loose || other.loose,
        repeat: either(&one.repeat, &other.repeat)?,
    };
    let every = matches!(when.repeat, Some(Repeat::Every(_)));
    let said = [when.day.is_some(), when.repeat.is_some(), when.after_s.is_some()];
    let alone = (when.after_s.is_none() && !every) || when.time.is_none();
    (said.into_iter().filter(|said| *said).count() < 2 && alone).then_some(when)
}

impl Parts {
    /// These and what was said next; `None` where that contradicts them.
    fn with(&self, said: Said) -> Option<Self> {
        let mut parts = self.clone();
        match said {
            Said::After(seconds) => put(&mut parts.after_s, seconds)?,
            Said::Day(day) => put(&mut parts.day, day)?,
            Said::Time(time) => put(&mut parts.time, time)?,
            Said::Part(part) => put(&mut parts.part, part)?,
            Said::Repeat(repeat) => put(&mut parts.repeat, repeat)?,
            Said::DayPart(day, part) => {
                put(&mut parts.day, day)?;
                put(&mut parts.part, part)?;
            }
            Said::RepeatPart(repeat, part) => {
                put(&mut parts.repeat, repeat)?;
                put(&mut parts.part, part)?;
            }
        }
        let other = parts.day.is_some() || parts.time.is_some() || parts.part.is_some();
        let alone = parts.after_s.is_none() || !(other || parts.repeat.is_some());
        // "Every monday" is no day of its own, and every two hours has no time of day.
        let apart = parts.repeat.is_none() || parts.day.is_none();
        let every = !matches!(parts.repeat, Some(Repeat::Every(_))) || !other;
        (alone && apart && every).then_some(parts)
    }

    /// What was said, if it is a moment.
    fn when(&self) -> Option<When> {
        let mut day = self.day.clone();
        let time = match (self.time, self.part) {
            (time, None) => time,
            (None, Some(part)) => Some(usual(part)?),
            (Some(time), Some(part)) => {
                let (time, next_day) = within(time, part)?;
                // Twelve tonight is tomorrow's first minute.
                if next_day {
                    day = day.map(|day| if day == "+0" { "+1".to_owned() } else { day });
                }
                Some(time)
            }
        };
        let said = self.after_s.is_some() || day.is_some() || time.is_some() || self.repeat.is_some();
        let loose = self.time.is_none() && self.part.is_some();
        said.then(|| When { after_s: self.after_s, day, time, loose, repeat: self.repeat.clone() })
    }
}

fn put<T>(place: &mut Option<T>, value: T) -> Option<()> {
    if place.is_some() {
        return None;
    }
    *place = Some(value);
    Some(())
}

/// The hour that a part of the day stands for where none is said.
fn usual(part: Part) -> Option<TimeOfDay> {
    let hour = match part {
        Part::Morning => 9,
        Part::Noon => 12,
        Part::Afternoon => 15,
        Part::Evening => 18,
        Part::Night => 20,
        Part::SmallHours => return None,
    };
    Some(TimeOfDay { hour, minute: 0, either_half: false })
}

/// `time` in that part of the day, and whether that is after the night's midnight; `None` where the part has no such time.
pub(super) fn within(time: TimeOfDay, part: Part) -> Option<(TimeOfDay, bool)> {
    let at = |hour| TimeOfDay { hour, minute: time.minute, either_half: false };
    if !time.either_half {
        let fits = match part {
            Part::Morning => time.hour < 12,
            Part::SmallHours => time.hour < 6,
            Part::Noon => (11..15).contains(&time.hour),
            Part::Afternoon => (12..20).contains(&time.hour),
            Part::Evening => time.hour >= 16,
            // "3 pm tonight" is said, and twelve is midnight to some.
            Part::Night => time.hour > 12 || time.hour < 6,
        };
        return fits.then(|| (at(time.hour), part == Part::Night && time.hour < 6));
    }
    let hour = time.hour % 12;
    Some(match part {
        Part::Morning | Part::SmallHours => (at(hour), false),
        Part::Noon if hour >= 10 => (at(hour), false),
        Part::Night if hour < 5 => (at(hour), true),
        Part::Noon | Part::Afternoon | Part::Evening | Part::Night => (at(hour + 12), false),
    })
}

/// The time that a clock with 24 hours or 12 shows; `None` where none does.
pub(super) fn clock(hour: u8, minute: u8, leading_zero: bool) -> Option<TimeOfDay> {
    let either_half = (1..=12).contains(&hour) && !leading_zero;
    (hour < 24 && minute < 60).then_some(TimeOfDay { hour, minute, either_half })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::understand::tokens::Tokenizer;

    /// What all of `text` means, as programs write it; `-` where it is no moment.
    pub(in super::super) fn read(text: &str, language: &Language, bare: bool) -> String {
        let words = Tokenizer::new().words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let found = readings(&words, language, bare).into_iter().find(|(_, length)| *length == words.len());
        found.map_or_else(|| "-".to_owned(), |(when, _)| when.to_string())
    }

    #[test]
    fn the_longest_reading_comes_first_and_hostile_words_end_soon() {
        let words = ["at", "seven", "tomorrow", "morning", "to", "eat"];
        let lengths: Vec<usize> =
            readings(&words, &Language::ENGLISH, false).iter().map(|(_, length)| *length).collect();
        assert_eq!(lengths, [4, 3, 2]);
        for (word, language) in
            [("at", Language::ENGLISH), ("ten", Language::ENGLISH), ("十", Language::MANDARIN)]
        {
            let words = vec![word; 48];
            assert!(readings(&words, &language, true).len() < 10);
        }
    }
}

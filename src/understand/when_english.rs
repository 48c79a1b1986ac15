//! English stretches of a moment: "at half past six", "every monday and friday", "in ten minutes", "tonight".
//!
//! Enters: tokens. Leaves: what all of them say. Never here: how stretches fit together.

use jiff::civil::Weekday;

use super::{
    days, duration, english, hours_english as hours, numbers, spelling,
    when::{Part, Said},
};
use crate::flow::{Language, Repeat};

/// The most tokens of one stretch: "every monday tuesday wednesday thursday and friday", "in two and a half hours".
pub(super) const STRETCH: usize = 10;

const WEEKDAYS: [(&str, Weekday); 7] = [
    ("monday", Weekday::Monday),
    ("tuesday", Weekday::Tuesday),
    ("wednesday", Weekday::Wednesday),
    ("thursday", Weekday::Thursday),
    ("friday", Weekday::Friday),
    ("saturday", Weekday::Saturday),
    ("sunday", Weekday::Sunday),
];

/// Whether a stretch may begin with `token`; most words begin none, and a sentence of free words is read at each of them.
pub(super) fn begins(token: &str) -> bool {
    let opening = "at by around about on in after within every each daily hourly everyday today tomorrow tonight this next \
        the a an coming noon midday midnight half quarter weekday weekdays weekends weekly morning afternoon evening night half \
        sept from for nightly seven all day workdays week";
    opening.split_whitespace().any(|word| word == token)
        || numbers::read(&[token], &Language::ENGLISH).is_some()
        || days::day(&[token], &Language::ENGLISH).is_some()
        || plural(token).is_some()
        || days::is_month(token)
}

/// What all of `tokens` say; with `bare` a number alone is an hour.
pub(super) fn said(tokens: &[&str], bare: bool) -> Option<Said> {
    after(tokens)
        .or_else(|| day(tokens))
        .or_else(|| part(tokens))
        .or_else(|| repeat(tokens))
        .or_else(|| hours::time(tokens, bare).map(Said::Time))
}

fn after(tokens: &[&str]) -> Option<Said> {
    let length = match tokens {
        ["in" | "after" | "within", length @ .., "from", "now"]
        | ["in" | "after" | "within", length @ ..]
        | [length @ .., "from", "now"]
        | [length @ .., "later"] => length,
        _ => return None,
    };
    let length = length
        .strip_prefix(&["about"])
        .or_else(|| length.strip_prefix(&["around"]))
        .or_else(|| length.strip_prefix(&["exactly"]))
        .or_else(|| length.strip_prefix(&["another"]))
        .unwrap_or(length);
    // Days and weeks keep the time of day over a change of the clocks.
    if let Some(day) = days::day(tokens, &Language::ENGLISH) {
        return Some(Said::Day(day));
    }
    let length = length.strip_suffix(&["time"]).unwrap_or(length);
    duration::whole_seconds(length, &Language::ENGLISH).map(Said::After)
}

fn day(tokens: &[&str]) -> Option<Said> {
    let tokens = tokens.strip_prefix(&["by"]).unwrap_or(tokens);
    let tokens = match tokens {
        ["this", "coming", rest @ ..] => rest,
        _ => tokens,
    };
    let day = days::day(tokens, &Language::ENGLISH)?;
    (!day.starts_with('-') && !day.starts_with("last")).then_some(Said::Day(day))
}

fn part_named(name: &str) -> Option<Part> {
    Some(match name {
        "morning" => Part::Morning,
        "afternoon" => Part::Afternoon,
        "evening" => Part::Evening,
        "night" => Part::Night,
        _ => return None,
    })
}

fn part(tokens: &[&str]) -> Option<Said> {
    match tokens {
        ["tonight"] => Some(Said::DayPart("+0".to_owned(), Part::Night)),
        ["this", name] => Some(Said::DayPart("+0".to_owned(), part_named(name)?)),
        ["in", "the", name] | ["in", name] | [name] => part_named(name).map(Said::Part),
        ["at", "night"] => Some(Said::Part(Part::Night)),
        _ => None,
    }
}

fn all_week() -> Repeat {
    Repeat::Weekly(WEEKDAYS.iter().map(|(_, day)| *day).collect())
}

fn weekday(name: &str) -> Option<Weekday> {
    WEEKDAYS.iter().find(|(day, _)| spelling::sounds_like(name, day)).map(|(_, day)| *day)
}

/// "mondays"
fn plural(name: &str) -> Option<Weekday> {
    let singular = name.strip_suffix('s')?;
    WEEKDAYS.iter().find(|(day, _)| *day == singular).map(|(_, day)| *day)
}

fn repeat(tokens: &[&str]) -> Option<Said> {
    if let ["every", "single", rest @ ..] = tokens {
        return repeat(&[&["every"], rest].concat());
    }
    let weekend = || Repeat::Weekly(vec![Weekday::Saturday, Weekday::Sunday]);
    let repeat = match tokens {
        ["daily" | "everyday"]
        | ["every" | "each", "day"]
        | ["on", "a", "daily", "basis"]
        | ["every", "day", "of", "the", "week"]
        | ["seven" | "7", "days", "a", "week"] => all_week(),
        ["nightly"] => return Some(Said::RepeatPart(all_week(), Part::Night)),
        ["hourly"] => Repeat::Every(3_600),
        ["weekday" | "weekdays" | "workdays"] | ["on", "weekdays"] => Repeat::Workdays,
        ["week", "days"] | ["all" | "on", "week", "days"] | ["all", "weekdays"] => Repeat::Workdays,
        ["every" | "each" | "on" | "during", "weekday" | "weekdays" | "workday" | "workdays"]
        | ["every" | "each" | "on", "work" | "working" | "week", "day" | "days"] => Repeat::Workdays,
        ["weekends"] | ["every" | "each" | "on" | "at", "weekend" | "weekends"] => weekend(),
        ["every" | "each", name] if part_named(name).is_some() => {
            return Some(Said::RepeatPart(all_week(), part_named(name)?));
        }
        ["every" | "each", name, part] if part_named(part).is_some() => {
            let repeat = match *name {
                "weekday" => Repeat::Workdays,
                _ => Repeat::Weekly(vec![weekday(name)?]),
            };
            return Some(Said::RepeatPart(repeat, part_named(part)?));
        }
        // Every other day is at an hour that nobody said, and may be on either day.
        ["every", .., "day" | "days" | "week" | "weeks"] => return None,
        ["every", "other", unit] => {
            Repeat::Every(duration::whole_seconds(&["two", unit], &Language::ENGLISH)?)
        }
        ["every", unit @ ("hour" | "minute")] => {
            Repeat::Every(duration::whole_seconds(&["one", unit], &Language::ENGLISH)?)
        }
        ["weekly", "on", name] | ["every", "week", "on", name] => Repeat::Weekly(vec![weekday(name)?]),
        ["every" | "each", rest @ ..] => weekly(rest, weekday)
            .or_else(|| span(rest))
            .or_else(|| duration::whole_seconds(rest, &Language::ENGLISH).map(Repeat::Every))
            .or_else(|| monthly(tokens))
            .or_else(|| yearly(rest))?,
        ["on", rest @ ..] => weekly(rest, plural).or_else(|| monthly(tokens)).or_else(|| yearly(tokens))?,
        _ => weekly(tokens, plural)
            .or_else(|| span(tokens))
            .or_else(|| monthly(tokens))
            .or_else(|| yearly(tokens))?,
    };
    Some(Said::Repeat(repeat))
}

/// "monday wednesday and friday", each read by `one`.
fn weekly(tokens: &[&str], one: impl Fn(&str) -> Option<Weekday>) -> Option<Repeat> {
    let mut days = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if at > 0 && at + 1 < tokens.len() && matches!(*token, "and" | "every") {
            continue;
        }
        let day = one(token).filter(|day| !days.contains(day))?;
        days.push(day);
    }
    (!days.is_empty()).then_some(Repeat::Weekly(days))
}

/// "monday to friday", "from monday through saturday".
fn span(tokens: &[&str]) -> Option<Repeat> {
    let tokens = tokens.strip_prefix(&["from"]).unwrap_or(tokens);
    let [first, "to" | "through" | "thru" | "till" | "until", last] = tokens else { return None };
    let place = |name: &str| {
        let day = weekday(name).or_else(|| plural(name))?;
        WEEKDAYS.iter().position(|(_, known)| *known == day)
    };
    let (first, last) = (place(first)?, place(last)?);
    let days: Vec<Weekday> = WEEKDAYS.get(first..=last)?.iter().map(|(_, day)| *day).collect();
    Some(Repeat::Weekly(days))
}

/// "on the 1st of every month", "every month on the 15th", "on the first day of each month".
fn monthly(tokens: &[&str]) -> Option<Repeat> {
    let day = match tokens {
        ["every" | "each", "month", "on", "the", day @ ..]
        | ["on", "the", day @ .., "of", "every" | "each", "month"]
        | ["the", day @ .., "of", "every" | "each", "month"]
        | ["every", day @ .., "of", "the", "month"] => day,
        _ => return None,
    };
    let day = day.strip_suffix(&["day"]).unwrap_or(day);
    let (number, used) = english::ordinal(day).filter(|(number, _)| (1..=31).contains(number))?;
    (used == day.len()).then_some(Repeat::Monthly(u8::try_from(number).ok()?))
}

/// "every year on july 4th", "on july 4th every year", and of "every july 4th" the last two words.
fn yearly(tokens: &[&str]) -> Option<Repeat> {
    let date = match tokens {
        ["year", "on", date @ ..] | [date @ .., "every" | "each", "year"] => date,
        _ => tokens,
    };
    if date.len() == tokens.len() && !days::is_month(tokens.first()?) {
        return None;
    }
    let day = days::day(date, &Language::ENGLISH)?;
    let (month, day) = day.split_once('-').filter(|(month, _)| month.len() == 2)?;
    Some(Repeat::Yearly { month: month.parse().ok()?, day: day.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use crate::{flow::Language, understand::when::tests::read};

    #[test]
    fn english_moments() {
        let table = [
            ("at seven", "07:00 or 12 hours later"),
            ("seven", "-"),
            ("at 7:30 pm", "19:30"),
            ("7 a.m.", "07:00"),
            ("at 12 pm", "12:00"),
            ("twelve am", "00:00"),
            ("at 19:30", "19:30"),
            ("at 07:15", "07:15"),
            ("at 730", "07:30 or 12 hours later"),
            ("seven thirty", "-"),
            ("at seven oh five", "07:05 or 12 hours later"),
            ("seven o'clock", "07:00 or 12 hours later"),
            ("tomorrow at noon", "+1 12:00"),
            ("in ten minutes", "in 600 s"),
            ("in an hour and a half", "in 5400 s"),
            ("two hours from now", "in 7200 s"),
            ("in three days", "+3"),
            ("every weekday at 6", "every workday 06:00 or 12 hours later"),
            ("every monday and friday at 7 in the morning", "every monday, friday 07:00"),
            ("on mondays, wednesdays and fridays at 18:00", "every monday, wednesday, friday 18:00"),
            ("monday to friday at 6 am", "every monday, tuesday, wednesday, thursday, friday 06:00"),
            ("on the 1st of every month", "every month, day 1"),
            ("every month on the fifteenth at 9 am", "every month, day 15 09:00"),
            ("every year on july 4th", "every year, 07-04"),
            ("every july 4th at noon", "every year, 07-04 12:00"),
            ("every two hours", "every 7200 s"),
            ("every weekend at ten am", "every saturday, sunday 10:00"),
            ("half past six", "06:30 or 12 hours later"),
            ("at half six", "06:30 or 12 hours later"),
            ("quarter to nine", "08:45 or 12 hours later"),
            ("ten to one", "12:50 or 12 hours later"),
            ("five minutes past midnight", "00:05"),
            ("midnight", "00:00"),
            ("tonight at eight", "+0 20:00"),
            ("at twelve tonight", "+1 00:00"),
            ("this evening", "+0 18:00"),
            ("tomorrow morning at half past seven", "+1 07:30"),
            ("tomorrow morning", "+1 09:00"),
            ("next friday at 3 in the afternoon", "week+1 friday 15:00"),
            ("on july 4th at 9 pm", "07-04 21:00"),
            (
                "every evening at nine",
                "every monday, tuesday, wednesday, thursday, friday, saturday, sunday 21:00",
            ),
            ("by friday", "friday"),
            ("in an hour from now", "in 3600 s"),
            ("ten minutes later", "in 600 s"),
            ("in about half an hour", "in 1800 s"),
            ("for 3 pm", "15:00"),
            ("for three", "-"),
            ("at 8 sharp", "08:00 or 12 hours later"),
            ("at eight hundred am", "08:00"),
            ("seven hundred and thirty pm", "19:30"),
            ("at eighteen hundred hours", "18:00"),
            ("5 o clock in the morning", "05:00"),
            (
                "six am seven days a week",
                "every monday, tuesday, wednesday, thursday, friday, saturday, sunday 06:00",
            ),
            ("every monday thru friday at 6 am", "every monday, tuesday, wednesday, thursday, friday 06:00"),
            ("at 3 pm tonight", "+0 15:00"),
            ("at 12 pm tonight", "-"),
            ("nightly at ten", "every monday, tuesday, wednesday, thursday, friday, saturday, sunday 22:00"),
            ("every single friday at noon", "every friday 12:00"),
            ("on the 5th at noon", "day 5 12:00"),
            ("the 5th of next month at 9 am", "month+1 day 5 09:00"),
            ("friday the 13th at 8 pm", "day 13 20:00"),
            ("every other monday", "-"),
            ("every other day", "-"),
            ("every two weeks", "-"),
            ("every other hour", "every 7200 s"),
            ("yesterday", "-"),
            ("last friday", "-"),
            ("at 25", "-"),
            ("at seven at eight", "-"),
            ("at seven in the", "-"),
            ("in ten minutes tomorrow", "-"),
            ("morning at 7 pm", "-"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, &Language::ENGLISH, false), expected, "{text}");
        }
        for (text, expected) in [
            ("seven", "07:00 or 12 hours later"),
            ("seven thirty tomorrow", "+1 07:30 or 12 hours later"),
            ("six forty five in the evening", "18:45"),
        ] {
            assert_eq!(read(text, &Language::ENGLISH, true), expected, "{text}");
        }
    }
}

//! Durations: "an hour and a half", "1h 30m", 一个半小时, in seconds.
//!
//! Enters: tokens. Leaves: seconds, more than none and at most [`LONGEST_S`]. Never here: the clock, a calendar; a day is
//! 24 hours.

use super::numbers;
use crate::flow::Language;

/// The longest that can be asked for: a year.
pub(super) const LONGEST_S: f64 = 366.0 * DAY;

const MINUTE: f64 = 60.0;
const HOUR: f64 = 3_600.0;
const DAY: f64 = 86_400.0;

/// The seconds that `tokens` name as a whole.
pub(super) fn seconds(tokens: &[&str], language: &Language) -> Option<f64> {
    let total = if *language == Language::MANDARIN { in_mandarin(tokens) } else { in_english(tokens) }?;
    let total = total.round();
    (total > 0.0 && total <= LONGEST_S).then_some(total)
}

/// The same in whole seconds.
pub(super) fn whole_seconds(tokens: &[&str], language: &Language) -> Option<u64> {
    let length = std::time::Duration::try_from_secs_f64(seconds(tokens, language)?).ok()?;
    Some(length.as_secs())
}

/// The seconds that `tokens` say are to be added: "five more minutes", "another hour", 再五分钟.
pub(super) fn more_seconds(tokens: &[&str], language: &Language) -> Option<f64> {
    let plain: Vec<&str> = match tokens {
        ["another" | "再", rest @ ..] => match rest.first()? {
            // "Another minute" is one.
            unit if english_unit(unit).is_some() => [&["a"], rest].concat(),
            _ => rest.to_vec(),
        },
        ["an", "extra" | "additional", rest @ ..] => [&["a"], rest].concat(),
        _ => {
            let at = tokens.iter().position(|word| matches!(*word, "more" | "extra" | "additional"))?;
            [&tokens[..at], &tokens[at + 1..]].concat()
        }
    };
    seconds(&plain, language)
}

fn english_unit(word: &str) -> Option<f64> {
    Some(match word {
        "second" | "seconds" | "sec" | "secs" | "s" => 1.0,
        "minute" | "minutes" | "min" | "mins" | "m" => MINUTE,
        "hour" | "hours" | "hr" | "hrs" | "h" => HOUR,
        "day" | "days" => DAY,
        "week" | "weeks" => 7.0 * DAY,
        _ => return None,
    })
}

fn in_english(tokens: &[&str]) -> Option<f64> {
    let (mut total, mut unit, mut used) = english_part(tokens)?;
    loop {
        let rest = &tokens[used..];
        if rest.is_empty() {
            return Some(total);
        }
        let (rest, joined) = match rest {
            ["and", rest @ ..] => (rest, 1),
            _ => (rest, 0),
        };
        if joined == 1
            && let Some(share) = numbers::whole(rest, &Language::ENGLISH).filter(|number| number.share)
        {
            return Some(total + share.value * unit);
        }
        if let Some((more, smaller, length)) = english_part(rest).filter(|(_, smaller, _)| *smaller < unit) {
            (total, unit, used) = (total + more, smaller, used + joined + length);
            continue;
        }
        // "One hour thirty", "2 minutes 30".
        let bare = numbers::whole(rest, &Language::ENGLISH)?.value;
        let below = (unit == HOUR || unit == MINUTE) && (1.0..60.0).contains(&bare) && bare.fract() == 0.0;
        return below.then_some(total + bare * unit / 60.0);
    }
}

/// "five minutes", "half an hour", "2.5 h": the seconds, the unit, and how many tokens it takes.
fn english_part(tokens: &[&str]) -> Option<(f64, f64, usize)> {
    let (count, mut used) = match tokens {
        // "An hour", and "hour and a half", which a recogniser may leave its article.
        ["a" | "an", unit, ..] if english_unit(unit).is_some() => (1.0, 1),
        [unit, "and", "a", "half" | "quarter", ..] if unit.len() > 3 && english_unit(unit).is_some() => {
            (1.0, 0)
        }
        ["a", "couple", "of", ..] => (2.0, 3),
        ["a", "couple", ..] => (2.0, 2),
        ["quarter", "of", ..] => (0.25, 1),
        _ => {
            let (number, used) = numbers::read(tokens, &Language::ENGLISH)?;
            (number.value, used)
        }
    };
    used += match &tokens[used..] {
        ["of", "a" | "an", ..] => 2,
        // "6 a.m." is no length.
        ["a" | "an", unit, ..] if unit.len() > 1 => 1,
        ["-" | "full" | "whole", ..] => 1,
        _ => 0,
    };
    let unit = english_unit(tokens.get(used)?)?;
    Some((count * unit, unit, used + 1))
}

/// A Mandarin unit at the start of `tokens`, and how many characters it takes.
fn mandarin_unit(tokens: &[&str]) -> Option<(f64, usize)> {
    Some(match tokens {
        ["秒", "钟", ..] => (1.0, 2),
        ["秒", ..] => (1.0, 1),
        ["分", "钟", ..] => (MINUTE, 2),
        ["分", ..] => (MINUTE, 1),
        ["刻", "钟", ..] => (15.0 * MINUTE, 2),
        ["小", "时", ..] | ["钟", "头", ..] => (HOUR, 2),
        ["钟", ..] => (HOUR, 1),
        ["天", ..] => (DAY, 1),
        ["星", "期", ..] | ["礼", "拜", ..] => (7.0 * DAY, 2),
        ["周", ..] => (7.0 * DAY, 1),
        _ => return None,
    })
}

fn in_mandarin(tokens: &[&str]) -> Option<f64> {
    let (mut total, mut smallest, mut rest) = (0.0, f64::INFINITY, tokens);
    while !rest.is_empty() {
        rest = rest.strip_prefix(&["零"]).filter(|_| total > 0.0).unwrap_or(rest);
        let (number, used) = numbers::read(rest, &Language::MANDARIN)?;
        let mut at = used;
        let counted = rest.get(at) == Some(&"个");
        at += usize::from(counted);
        // 一个半小时, 一分半钟.
        let mut count = number.value;
        if counted && rest.get(at) == Some(&"半") {
            (count, at) = (count + 0.5, at + 1);
        }
        let (unit, length) = mandarin_unit(&rest[at..])?;
        // 一个钟 is an hour, 五钟 is nothing.
        if unit >= smallest || (rest[at] == "钟" && !counted) {
            return None;
        }
        at += length;
        if rest.get(at) == Some(&"半") {
            (count, at) = (count + 0.5, at + 1);
            at += usize::from(rest.get(at) == Some(&"钟"));
        }
        (total, smallest, rest) = (total + count * unit, unit, &rest[at..]);
    }
    Some(total)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::tokens::Tokenizer;

    #[test]
    fn durations_are_read() {
        let english: &[(&str, Option<f64>)] = &[
            ("five minutes", Some(300.0)),
            ("an hour and a half", Some(5_400.0)),
            ("hour and a half", Some(5_400.0)),
            ("90 seconds", Some(90.0)),
            ("two and a half hours", Some(9_000.0)),
            ("half an hour", Some(1_800.0)),
            ("half a minute", Some(30.0)),
            ("1h 30m", Some(5_400.0)),
            ("one hour and 20 minutes", Some(4_800.0)),
            ("one hour thirty", Some(5_400.0)),
            ("1 hour, 5 minutes and 10 seconds", Some(3_910.0)),
            ("a minute and a half", Some(90.0)),
            ("three quarters of an hour", Some(2_700.0)),
            ("a quarter of an hour", Some(900.0)),
            ("a couple of minutes", Some(120.0)),
            ("25-minute", Some(1_500.0)),
            ("1.5 hours", Some(5_400.0)),
            ("two days", Some(172_800.0)),
            ("five", None),
            ("6 a m", None),
            ("minutes", None),
            ("zero minutes", None),
            ("five minutes and", None),
            ("five minutes two hours", None),
            ("three thousand weeks", None),
            ("", None),
        ];
        let mandarin: &[(&str, Option<f64>)] = &[
            ("五分钟", Some(300.0)),
            ("一个半小时", Some(5_400.0)),
            ("半小时", Some(1_800.0)),
            ("半個小時", Some(1_800.0)),
            ("半个钟头", Some(1_800.0)),
            ("一刻钟", Some(900.0)),
            ("三刻钟", Some(2_700.0)),
            ("两小时十分钟", Some(7_800.0)),
            ("一小时零五分", Some(3_900.0)),
            ("一分半钟", Some(90.0)),
            ("两分半", Some(150.0)),
            ("九十秒", Some(90.0)),
            ("1小时30分钟", Some(5_400.0)),
            ("1.5小时", Some(5_400.0)),
            ("三天", Some(259_200.0)),
            ("五", None),
            ("分钟", None),
            ("五钟", None),
            ("五分钟两小时", None),
            ("零分钟", None),
        ];
        for (text, expected) in [
            ("five more minutes", Some(300.0)),
            ("another hour and a half", Some(5_400.0)),
            ("another ten minutes", Some(600.0)),
            ("an extra minute", Some(60.0)),
            ("five minutes", None),
            ("more", None),
        ] {
            let words: Vec<&str> = text.split(' ').collect();
            assert_eq!(more_seconds(&words, &Language::ENGLISH), expected, "{text}");
        }
        for (table, language) in [(english, Language::ENGLISH), (mandarin, Language::MANDARIN)] {
            for (text, expected) in table {
                let words = Tokenizer::new().words(text);
                let words: Vec<&str> = words.iter().map(String::as_str).collect();
                assert_eq!(seconds(&words, &language), *expected, "{text}");
            }
        }
    }
}

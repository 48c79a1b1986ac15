//! English times of day: "at half past six", "7:30 pm", "eighteen hundred hours", "noon".
//!
//! Enters: tokens. Leaves: the time that all of them name. Never here: a day, a part of it, the clock.

use super::{numbers, when::clock};
use crate::flow::{Language, TimeOfDay};

/// The time that all of `tokens` name; with `bare` a number alone is an hour.
pub(super) fn time(tokens: &[&str], bare: bool) -> Option<TimeOfDay> {
    let (tokens, marked) = match tokens {
        ["at" | "by" | "around" | "about" | "before", rest @ ..] => (rest, true),
        // "For 3 pm", but not "for three".
        ["for", rest @ ..] => (rest, bare),
        _ => (tokens, bare),
    };
    let tokens = match tokens {
        ["around" | "about" | "exactly" | "precisely", rest @ ..] => rest,
        _ => tokens,
    };
    let tokens = match tokens {
        [rest @ .., "sharp" | "exactly"] | [rest @ .., "on", "the", "dot"] => rest,
        _ => tokens,
    };
    match tokens {
        ["noon" | "midday"] | ["12" | "twelve", "noon"] | ["12", "00", "noon"] => return clock(12, 0, true),
        ["midnight"] | ["12" | "twelve", "midnight"] | ["12", "00", "midnight"] => {
            return clock(0, 0, true);
        }
        _ => {}
    }
    let (tokens, half) = match tokens {
        [rest @ .., "am" | "a.m"] | [rest @ .., "a", "m"] => (rest, Some(false)),
        [rest @ .., "pm" | "p.m"] | [rest @ .., "p", "m"] => (rest, Some(true)),
        _ => (tokens, None),
    };
    let (time, clear) = relative(tokens).or_else(|| shown(tokens))?;
    if !(marked || clear || half.is_some()) {
        return None;
    }
    match half {
        None => Some(time),
        Some(evening) if time.either_half || (1..=12).contains(&time.hour) => {
            let hour = time.hour % 12 + if evening { 12 } else { 0 };
            Some(TimeOfDay { hour, either_half: false, ..time })
        }
        Some(evening) => (evening == (time.hour >= 12)).then_some(time),
    }
}

/// "half past six", "quarter to nine", "twenty five past eight".
fn relative(tokens: &[&str]) -> Option<(TimeOfDay, bool)> {
    let at =
        tokens.iter().position(|word| matches!(*word, "past" | "to" | "till" | "before" | "after" | "of"));
    let Some(at) = at else {
        // British "half six".
        let ["half", hour] = tokens else { return None };
        return Some((clock(small(&[*hour]).filter(|hour| (1..=12).contains(hour))?, 30, false)?, true));
    };
    let minutes = match &tokens[..at] {
        ["half"] => 30,
        ["quarter"] | ["a", "quarter"] => 15,
        [count @ .., "minutes" | "minute"] => small(count)?,
        count => small(count)?,
    };
    let past = matches!(tokens[at], "past" | "after");
    let hour = match &tokens[at + 1..] {
        ["noon"] => 12,
        ["midnight"] => 0,
        [hour @ .., "o'clock"] | hour => small(hour)?,
    };
    if minutes == 0 || minutes > 59 || hour > 23 {
        return None;
    }
    let either = (1..=12).contains(&hour);
    let (hour, minute) = if past { (hour, minutes) } else { ((hour + 23) % 24, 60 - minutes) };
    // An hour before one o'clock is twelve.
    let hour = if either && hour == 0 { 12 } else { hour };
    Some((TimeOfDay { hour, minute, either_half: either }, true))
}

/// "7:30", "seven thirty", "730", "19.30", "seven oh five", "seven o'clock"; and whether it can be nothing else.
fn shown(tokens: &[&str]) -> Option<(TimeOfDay, bool)> {
    let (tokens, o_clock) = match tokens {
        [rest @ .., "o'clock" | "oclock"] | [rest @ .., "o", "clock"] => (rest, true),
        // "Eighteen hundred hours".
        [rest @ .., "hundred", "hours"] => return Some((clock(small(rest)?, 0, true)?, true)),
        _ => (tokens, false),
    };
    let padded = tokens.first().is_some_and(|first| first.len() > 1 && first.starts_with('0'));
    let two_digits = |word: &&str| word.len() == 2 && word.bytes().all(|b| b.is_ascii_digit());
    match tokens {
        [one] if one.contains('.') => {
            let (hour, minute) = one.split_once('.').filter(|(_, minute)| minute.len() == 2)?;
            Some((clock(hour.parse().ok()?, minute.parse().ok()?, padded)?, false))
        }
        [one] if (3..=4).contains(&one.len()) && one.bytes().all(|b| b.is_ascii_digit()) => {
            let (hour, minute) = one.split_at(one.len() - 2);
            Some((clock(hour.parse().ok()?, minute.parse().ok()?, padded)?, false))
        }
        [hour, minute]
            if two_digits(minute) && hour.len() < 3 && hour.bytes().all(|b| b.is_ascii_digit()) =>
        {
            Some((clock(hour.parse().ok()?, minute.parse().ok()?, padded)?, true))
        }
        [hour, "oh" | "o" | "zero", minute] => {
            let minute = small(&[*minute]).filter(|minute| *minute < 10)?;
            Some((clock(small(&[*hour])?, minute, padded)?, false))
        }
        _ => {
            if let Some(hour) = small(tokens) {
                return Some((clock(hour, 0, padded)?, o_clock));
            }
            // "Eight hundred", "seven hundred and thirty": as 8:00 and 7:30 are read out.
            if let Some(number) = hundreds(tokens) {
                let (hour, minute) = (u8::try_from(number / 100).ok()?, u8::try_from(number % 100).ok()?);
                return Some((clock(hour, minute, padded)?, o_clock));
            }
            let (hour, minute) = (small(tokens.get(..1)?)?, small(tokens.get(1..)?)?);
            Some((clock(hour, minute, padded).filter(|_| minute > 9)?, false))
        }
    }
}

/// A number of hundreds and what is over, in words.
fn hundreds(tokens: &[&str]) -> Option<u16> {
    let said = tokens.contains(&"hundred");
    numbers::whole(tokens, &Language::ENGLISH).filter(|_| said)?.exact.parse().ok()
}

/// A number below a hundred, in words or digits.
fn small(tokens: &[&str]) -> Option<u8> {
    numbers::whole(tokens, &Language::ENGLISH)?.exact.parse().ok().filter(|number| *number < 100)
}

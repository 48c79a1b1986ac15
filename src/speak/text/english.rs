//! English: how figures, units, money, dates, times and signs are said.
//!
//! Enters: written characters. Leaves: words, with plain cardinal numbers left as digits, which every engine reads
//! well. Never here: names changed; Roman numerals are left alone, as "I" and "V" are words and names.

use super::scan::{Number, date, digits, number, past_spaces, suffix, time, value};

/// Written after a number; longer ones first where one begins another. Each with its singular and plural.
const UNITS: &[(&str, (&str, &str))] = &[
    ("°C", ("degree Celsius", "degrees Celsius")),
    ("℃", ("degree Celsius", "degrees Celsius")),
    ("°F", ("degree Fahrenheit", "degrees Fahrenheit")),
    ("℉", ("degree Fahrenheit", "degrees Fahrenheit")),
    ("°", ("degree", "degrees")),
    ("%", ("percent", "percent")),
    ("km/h", ("kilometer per hour", "kilometers per hour")),
    ("kph", ("kilometer per hour", "kilometers per hour")),
    ("mph", ("mile per hour", "miles per hour")),
    ("m/s", ("meter per second", "meters per second")),
    ("km²", ("square kilometer", "square kilometers")),
    ("m²", ("square meter", "square meters")),
    ("m³", ("cubic meter", "cubic meters")),
    ("km", ("kilometer", "kilometers")),
    ("cm", ("centimeter", "centimeters")),
    ("mm", ("millimeter", "millimeters")),
    ("ml", ("milliliter", "milliliters")),
    ("mL", ("milliliter", "milliliters")),
    ("ms", ("millisecond", "milliseconds")),
    ("min", ("minute", "minutes")),
    ("mi", ("mile", "miles")),
    ("mg", ("milligram", "milligrams")),
    ("kg", ("kilogram", "kilograms")),
    ("kWh", ("kilowatt hour", "kilowatt hours")),
    ("kW", ("kilowatt", "kilowatts")),
    ("kHz", ("kilohertz", "kilohertz")),
    ("MHz", ("megahertz", "megahertz")),
    ("GHz", ("gigahertz", "gigahertz")),
    ("Hz", ("hertz", "hertz")),
    ("kB", ("kilobyte", "kilobytes")),
    ("MB", ("megabyte", "megabytes")),
    ("GB", ("gigabyte", "gigabytes")),
    ("TB", ("terabyte", "terabytes")),
    ("lbs", ("pound", "pounds")),
    ("lb", ("pound", "pounds")),
    ("oz", ("ounce", "ounces")),
    ("ft", ("foot", "feet")),
    ("yd", ("yard", "yards")),
    ("hrs", ("hour", "hours")),
    ("hr", ("hour", "hours")),
    ("h", ("hour", "hours")),
    ("s", ("second", "seconds")),
    ("m", ("meter", "meters")),
    ("g", ("gram", "grams")),
    ("l", ("liter", "liters")),
    ("L", ("liter", "liters")),
    ("W", ("watt", "watts")),
    ("V", ("volt", "volts")),
];

/// Sign, unit, units, hundredth, hundredths.
const MONEY: &[(char, [&str; 4])] = &[
    ('$', ["dollar", "dollars", "cent", "cents"]),
    ('€', ["euro", "euros", "cent", "cents"]),
    ('£', ["pound", "pounds", "penny", "pence"]),
    ('¥', ["yuan", "yuan", "fen", "fen"]),
];

const HALVES: &[(&str, &str)] = &[
    ("am", "AM"),
    ("AM", "AM"),
    ("a.m.", "AM"),
    ("A.M.", "AM"),
    ("pm", "PM"),
    ("PM", "PM"),
    ("p.m.", "PM"),
    ("P.M.", "PM"),
];

const BIG: &[(&str, &str)] =
    &[("thousand", "thousand"), ("million", "million"), ("billion", "billion"), ("trillion", "trillion")];

const SHORT: &[(&str, &str)] = &[
    ("e.g.", "for example"),
    ("i.e.", "that is"),
    ("etc.", "et cetera"),
    ("vs.", "versus"),
    ("approx.", "approximately"),
    ("w/o", "without"),
];

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

const PARTS: [(&str, &str); 9] = [
    ("half", "halves"),
    ("third", "thirds"),
    ("quarter", "quarters"),
    ("fifth", "fifths"),
    ("sixth", "sixths"),
    ("seventh", "sevenths"),
    ("eighth", "eighths"),
    ("ninth", "ninths"),
    ("tenth", "tenths"),
];

/// `chars` as they are said.
pub(super) fn say(chars: &[char]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        let inside = at > 0 && chars[at - 1].is_alphanumeric();
        if let Some((said, end)) = (!inside).then(|| figure(chars, at)).flatten() {
            out.push_str(&said);
            at = end;
            // "5kg," keeps its comma; "5kgs" gets a space.
            if chars.get(at).is_some_and(|c| c.is_alphanumeric()) {
                out.push(' ');
            }
            continue;
        }
        match sign(c) {
            Some(said) => {
                out.push(' ');
                out.push_str(said);
                out.push(' ');
            }
            // A dash with spaces round it is a pause.
            None if c == '-' && out.ends_with(' ') && chars.get(at + 1) == Some(&' ') => out.push(','),
            None => out.push(c),
        }
        at += 1;
    }
    out
}

fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "and",
        '@' => "at",
        '×' => "times",
        '÷' => "divided by",
        '=' => "equals",
        '+' => "plus",
        '−' => "minus",
        '±' => "plus or minus",
        '≈' => "about",
        '≤' => "at most",
        '≥' => "at least",
        '√' => "the square root of",
        'π' => "pi",
        '%' => "percent",
        '°' => "degrees",
        '€' => "euros",
        '£' => "pounds",
        '½' => "one half",
        '¼' => "one quarter",
        '¾' => "three quarters",
        '²' => "squared",
        '³' => "cubed",
        _ => return None,
    })
}

/// What stands at `at` if it is a figure or a shortening, and where the text goes on.
fn figure(chars: &[char], at: usize) -> Option<(String, usize)> {
    let next_is_digit = |by: usize| chars.get(at + by).is_some_and(char::is_ascii_digit);
    match chars[at] {
        '-' | '−' if next_is_digit(1) || (next_is_digit(2) && money_of(chars[at + 1]).is_some()) => {
            figure(chars, at + 1).map(|(said, end)| (format!("minus {said}"), end))
        }
        '#' if next_is_digit(1) => figure(chars, at + 1).map(|(said, end)| (format!("number {said}"), end)),
        '~' if next_is_digit(1) => figure(chars, at + 1).map(|(said, end)| (format!("about {said}"), end)),
        c if money_of(c).is_some() => money(chars, at),
        c if c.is_ascii_digit() => {
            day(chars, at).or_else(|| clock(chars, at)).or_else(|| quantity(chars, at))
        }
        c if c.is_ascii_alphabetic() => suffix(chars, at, SHORT).map(|(said, end)| ((*said).to_owned(), end)),
        _ => None,
    }
}

fn money_of(c: char) -> Option<&'static [&'static str; 4]> {
    MONEY.iter().find(|(sign, _)| *sign == c).map(|(_, names)| names)
}

fn money(chars: &[char], at: usize) -> Option<(String, usize)> {
    let [one, many, hundredth, hundredths] = money_of(chars[at])?;
    let sum = number(chars, past_spaces(chars, at + 1))?;
    let unit = if sum.is_one() { one } else { many };
    if let Some((big, end)) = suffix(chars, past_spaces(chars, sum.end), BIG) {
        return Some((format!("{} {big} {many}", sum.digits()), end));
    }
    let said = match sum.decimals.as_deref() {
        Some("00") => format!("{} {}", sum.whole, if sum.whole == "1" { one } else { many }),
        Some(cents) if cents.len() == 2 => {
            let cents = cents.trim_start_matches('0');
            let part = if cents == "1" { hundredth } else { hundredths };
            let unit = if sum.whole == "1" { one } else { many };
            if sum.whole == "0" {
                format!("{cents} {part}")
            } else {
                format!("{} {unit} and {cents} {part}", sum.whole)
            }
        }
        _ => format!("{} {unit}", sum.digits()),
    };
    Some((said, sum.end))
}

fn day(chars: &[char], at: usize) -> Option<(String, usize)> {
    let (year, month, day, end) = date(chars, at)?;
    let month = MONTHS.get(usize::try_from(month).ok()?.checked_sub(1)?)?;
    let ending = match (day % 10, day / 10) {
        (1, tens) if tens != 1 => "st",
        (2, tens) if tens != 1 => "nd",
        (3, tens) if tens != 1 => "rd",
        _ => "th",
    };
    Some((format!("{month} {day}{ending}, {}", year_said(year)), end))
}

/// A year in pairs: espeak-ng alone would read 2026 as a count.
fn year_said(year: u32) -> String {
    match (year / 100, year % 100) {
        (20, 0..=9) | (0..=9, _) => year.to_string(),
        (century, 0) => format!("{century} hundred"),
        (century, rest @ 1..=9) => format!("{century} oh {rest}"),
        (century, rest) => format!("{century} {rest}"),
    }
}

fn clock(chars: &[char], at: usize) -> Option<(String, usize)> {
    if let Some((hour, minute, end)) = time(chars, at) {
        let half = suffix(chars, past_spaces(chars, end), HALVES);
        let said = match (minute, half) {
            (0, Some(_)) => hour.to_string(),
            (0, None) if hour <= 12 => format!("{hour} o'clock"),
            (0, None) => format!("{hour} hundred"),
            (1..=9, _) => format!("{hour} oh {minute}"),
            _ => format!("{hour} {minute}"),
        };
        return Some(match half {
            Some((half, end)) => (format!("{said} {half}"), end),
            None => (said, end),
        });
    }
    let hour = digits(chars, at);
    let (half, end) = suffix(chars, past_spaces(chars, at + hour.len()), HALVES)?;
    let value = value(hour).filter(|hour| *hour <= 12)?;
    Some((format!("{value} {half}"), end))
}

fn quantity(chars: &[char], at: usize) -> Option<(String, usize)> {
    let number = number(chars, at)?;
    if let Some(found) = fraction(chars, &number) {
        return Some(found);
    }
    let mut said = number.digits();
    let mut end = number.end;
    // A version or an address: 1.2.3.
    while number.decimals.is_some() && chars.get(end) == Some(&'.') && !digits(chars, end + 1).is_empty() {
        let more = digits(chars, end + 1);
        said = format!("{} point {}", said.replace('.', " point "), more.iter().collect::<String>());
        end += 1 + more.len();
    }
    if let Some(((one, many), after)) = suffix(chars, past_spaces(chars, end), UNITS) {
        said = format!("{said} {}", if number.is_one() { one } else { many });
        end = after;
    } else if let Some(ordinal) = ["st", "nd", "rd", "th"].iter().find(|ordinal| stands(chars, end, ordinal))
    {
        said.push_str(ordinal);
        end += 2;
    }
    if let Some((word, after)) = operator(chars, end, &number) {
        said = format!("{said} {word}");
        end = after;
    }
    Some((said, end))
}

fn stands(chars: &[char], at: usize, word: &str) -> bool {
    chars.get(at..at + word.len()).is_some_and(|there| there.iter().copied().eq(word.chars()))
}

/// "3/4", and "10/2" as "10 over 2".
fn fraction(chars: &[char], upper: &Number) -> Option<(String, usize)> {
    if chars.get(upper.end) != Some(&'/') || upper.decimals.is_some() {
        return None;
    }
    let lower = digits(chars, upper.end + 1);
    let end = upper.end + 1 + lower.len();
    let lower = value(lower).filter(|_| !lower.is_empty() && chars.get(end) != Some(&'/'))?;
    let upper_value = value(&upper.whole.chars().collect::<Vec<_>>())?;
    let name = usize::try_from(lower).ok()?.checked_sub(2).and_then(|place| PARTS.get(place));
    let said = match name {
        Some((one, _)) if upper_value == 1 => format!("one {one}"),
        Some((_, many)) if upper_value < lower => format!("{upper_value} {many}"),
        _ if (upper_value, lower) == (24, 7) => "24 7".to_owned(),
        _ => format!("{upper_value} over {lower}"),
    };
    Some((said, end))
}

/// The sign between the number that ended at `end` and another one, and where that one begins.
fn operator(chars: &[char], end: usize, left: &Number) -> Option<(&'static str, usize)> {
    let at = past_spaces(chars, end);
    let right = past_spaces(chars, at + 1);
    let operand = chars.get(right)?;
    let signed = matches!(operand, '-' | '−') && chars.get(right + 1).is_some_and(char::is_ascii_digit);
    if !operand.is_ascii_digit() && !signed && money_of(*operand).is_none() {
        return None;
    }
    let spaced = at > end && right > at + 1;
    let tight = at == end && right == at + 1;
    let word = match chars[at] {
        '×' | '*' => "times ",
        'x' if spaced => "times ",
        'x' if tight => "by ",
        '÷' => "divided by ",
        '/' if spaced => "divided by ",
        '+' => "plus ",
        '−' => "minus ",
        '-' if spaced => "minus ",
        // A telephone number is read in its groups, a range of days is one.
        '-' if tight && left.whole.len() >= 3 && digits(chars, right).len() >= 3 => ", ",
        '-' if tight => "to ",
        '=' => "equals ",
        '^' => "to the power of ",
        '<' => "is less than ",
        '>' => "is more than ",
        _ => return None,
    };
    Some((word, right))
}

#[cfg(test)]
mod tests {
    use crate::{flow::Language, speak::text::speakable};

    #[test]
    fn figures_are_said_as_people_say_them() {
        let table = [
            ("It costs $5.20.", "It costs 5 dollars and 20 cents."),
            ("$1 or $1.01 or $0.05 or $3.00", "1 dollar or 1 dollar and 1 cent or 5 cents or 3 dollars"),
            ("£2.50, €7, -$5", "2 pounds and 50 pence, 7 euros, minus 5 dollars"),
            ("$1.5 million", "1.5 million dollars"),
            ("10 km/h, 5 °C, 3 kg", "10 kilometers per hour, 5 degrees Celsius, 3 kilograms"),
            ("1 kg and 1°", "1 kilogram and 1 degree"),
            ("It is -5°C.", "It is minus 5 degrees Celsius."),
            ("50% of 1,234,567", "50 percent of 1234567"),
            ("at 3:42 PM.", "at 3 42 PM."),
            ("at 3:05 or 3:00 or 15:00", "at 3 oh 5 or 3 o'clock or 15 hundred"),
            ("by 5pm", "by 5 PM"),
            ("on 2026-11-22.", "on November 22nd, 20 26."),
            ("2005-01-01, 1905-02-03", "January 1st, 2005, February 3rd, 19 oh 5"),
            ("1/2, 3/4 and 5/12", "one half, 3 quarters and 5 over 12"),
            ("½ cup", "one half cup"),
            ("2 × 3 = 6", "2 times 3 equals 6"),
            ("2 + 3 - 1 ÷ 4", "2 plus 3 minus 1 divided by 4"),
            ("10 / 4 = 2.5", "10 divided by 4 equals 2.5"),
            ("7 − -2 = 9", "7 minus minus 2 equals 9"),
            ("2^10 > 1000", "2 to the power of 10 is more than 1000"),
            ("in 3-5 days", "in 3 to 5 days"),
            ("call 555-1234", "call 555, 1234"),
            ("a 1920x1080 screen", "a 1920 by 1080 screen"),
            ("version 1.2.3", "version 1 point 2 point 3"),
            ("R&D @ home", "R and D at home"),
            ("fruit, e.g. apples etc.", "fruit, for example apples et cetera"),
            ("the 21st of May", "the 21st of May"),
            ("#1 in B2B and mp3", "number 1 in B2B and mp3"),
            ("Louis XIV, Dr. Li and I", "Louis XIV, Dr. Li and I"),
            ("5 m long, 5 miles", "5 meters long, 5 miles"),
            ("120 m² is 2 h", "120 square meters is 2 hours"),
            ("well - no", "well, no"),
            ("5", "5"),
        ];
        for (written, said) in table {
            assert_eq!(speakable(written, &Language::ENGLISH), said, "{written}");
        }
    }
}

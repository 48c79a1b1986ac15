//! English number words: cardinals, decimals, fractions, negatives, dozens, and ordinals for dates.

use super::numbers::Number;

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const TENS: [(&str, u128); 9] = [
    ("twenty", 20),
    ("thirty", 30),
    ("forty", 40),
    ("fourty", 40),
    ("fifty", 50),
    ("sixty", 60),
    ("seventy", 70),
    ("eighty", 80),
    ("ninety", 90),
];
const SCALES: [(&str, u128); 5] = [
    ("trillion", 1_000_000_000_000),
    ("billion", 1_000_000_000),
    ("million", 1_000_000),
    ("thousand", 1000),
    ("dozen", 12),
];
const DENOMINATORS: [(&str, u128); 12] = [
    ("half", 2),
    ("halves", 2),
    ("third", 3),
    ("quarter", 4),
    ("fourth", 4),
    ("fifth", 5),
    ("sixth", 6),
    ("seventh", 7),
    ("eighth", 8),
    ("ninth", 9),
    ("tenth", 10),
    ("hundredth", 100),
];
const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];

/// The longest number at the start of `tokens`, and how many tokens it takes.
pub(super) fn read(tokens: &[&str]) -> Option<(Number, usize)> {
    if matches!(tokens.first(), Some(&("minus" | "negative" | "-"))) {
        let (number, used) = magnitude(&tokens[1..])?;
        return Some((number.negated(), used + 1));
    }
    magnitude(tokens)
}

fn magnitude(tokens: &[&str]) -> Option<(Number, usize)> {
    if let Some((share, used)) = fraction(tokens) {
        // "half a dozen", "half a million"
        if let (Some(&("a" | "of")), Some(scale)) =
            (tokens.get(used), tokens.get(used + 1).and_then(|w| scale(w)))
        {
            return Some((share.times(scale), used + 2));
        }
        return Some((share, used));
    }
    let (mut number, mut used) = cardinal(tokens)?;
    if tokens.get(used) == Some(&"point")
        && let Some((decimals, more)) = decimals(&tokens[used + 1..])
    {
        number = Number::digits(&format!("{}.{decimals}", number.exact))?;
        used += 1 + more;
        if let Some(scale) = tokens.get(used).and_then(|w| scale(w)) {
            number = number.times(scale);
            used += 1;
        }
    } else if tokens.get(used) == Some(&"and")
        && let Some((share, more)) = fraction(&tokens[used + 1..])
    {
        number = number.plus(&share);
        used += 1 + more;
    }
    Some((number, used))
}

/// "half", "a third", "three quarters".
fn fraction(tokens: &[&str]) -> Option<(Number, usize)> {
    if tokens.first() == Some(&"half") {
        return Some((Number::fraction(&Number::whole(1), &Number::whole(2))?, 1));
    }
    let (count, used) = match tokens.first()? {
        &("a" | "an" | "one") => (1, 1),
        _ => below_hundred(tokens)?,
    };
    let word = tokens.get(used)?;
    let singular = word.strip_suffix('s').filter(|w| *w != "halve").unwrap_or(word);
    let (_, parts) = DENOMINATORS.iter().find(|(name, _)| *name == singular || name == word)?;
    Some((Number::fraction(&Number::whole(count), &Number::whole(*parts))?, used + 1))
}

/// A whole number in words or digits, or a decimal in digits, with its scale words.
fn cardinal(tokens: &[&str]) -> Option<(Number, usize)> {
    if tokens.first() == Some(&"point") {
        return Some((Number::whole(0), 0)).filter(|_| decimals(&tokens[1..]).is_some());
    }
    if let Some(digits) = tokens.first().and_then(|t| Number::digits(t)).filter(|n| n.exact.contains('.')) {
        return Some(match tokens.get(1).and_then(|w| scale(w)) {
            Some(scale) => (digits.times(scale), 2),
            None => (digits, 1),
        });
    }
    let (mut total, mut used, mut ceiling): (u128, usize, u128) = (0, 0, u128::MAX);
    loop {
        // "and" joins only after a hundred or a scale word: "two thousand and five", never "five and three".
        let skip = usize::from(used > 0 && tokens.get(used) == Some(&"and"));
        let Some((group, more)) = group(&tokens[used + skip..]) else { break };
        match tokens.get(used + skip + more).and_then(|w| scale(w)) {
            Some(scale) if scale < ceiling => {
                total = total.checked_add(group.checked_mul(scale)?)?;
                (used, ceiling) = (used + skip + more + 1, scale);
            }
            Some(_) => break,
            None if group < ceiling => {
                total = total.checked_add(group)?;
                used += skip + more;
                break;
            }
            None => break,
        }
    }
    (used > 0).then(|| (Number::whole(total), used))
}

/// A number below 10 000 without a scale word: "three hundred and five", "twelve hundred", "2026".
fn group(tokens: &[&str]) -> Option<(u128, usize)> {
    let (first, mut used) = match tokens {
        ["a", word, ..] if *word == "hundred" || scale(word).is_some() => (1, 1),
        [word, ..] if *word == "dozen" => (1, 0),
        [digits, ..] if Number::digits(digits).is_some() => (digits.parse().ok()?, 1),
        _ => below_hundred(tokens)?,
    };
    if tokens.get(used) != Some(&"hundred") || first >= 100 {
        return Some((first, used));
    }
    used += 1;
    let skip = usize::from(tokens.get(used) == Some(&"and"));
    match below_hundred(&tokens[used + skip..]) {
        // "two hundred and a half" and "a hundred and three quarters" leave the "and" to the fraction.
        Some((rest, more)) if skip == 0 || fraction(&tokens[used + skip..]).is_none() => {
            Some((first * 100 + rest, used + skip + more))
        }
        _ => Some((first * 100, used)),
    }
}

fn below_hundred(tokens: &[&str]) -> Option<(u128, usize)> {
    let word = tokens.first()?;
    if let Some(n) = small(word) {
        return Some((n, 1));
    }
    let (_, tens) = TENS.iter().find(|(name, _)| name == word)?;
    match tokens.get(1).and_then(|w| small(w)).filter(|n| (1..10).contains(n)) {
        Some(ones) => Some((tens + ones, 2)),
        None => Some((*tens, 1)),
    }
}

fn small(word: &str) -> Option<u128> {
    SMALL.iter().zip(0..).find(|(name, _)| **name == word).map(|(_, n)| n)
}

fn scale(word: &str) -> Option<u128> {
    SCALES.iter().find(|(name, _)| *name == word).map(|(_, n)| *n)
}

/// The digits after "point", each a word or a run of digits.
fn decimals(tokens: &[&str]) -> Option<(String, usize)> {
    let digits: Vec<String> = tokens
        .iter()
        .take(20)
        .map_while(|word| match small(word) {
            Some(n) if n < 10 => Some(n.to_string()),
            Some(_) => None,
            None if *word == "oh" => Some("0".to_owned()),
            None => word.bytes().all(|b| b.is_ascii_digit()).then(|| (*word).to_owned()),
        })
        .collect();
    (!digits.is_empty()).then(|| (digits.concat(), digits.len()))
}

/// An ordinal from 1 to 99 ("first", "twenty third", "4 th"), and how many tokens it takes.
pub(super) fn ordinal(tokens: &[&str]) -> Option<(u128, usize)> {
    let word = tokens.first()?;
    if let Some(n) = Number::digits(word) {
        let suffix = matches!(tokens.get(1), Some(&("st" | "nd" | "rd" | "th")));
        return Some((n.exact.parse().ok()?, 1 + usize::from(suffix)));
    }
    let low = |w: &str| ORDINALS.iter().zip(0..).find(|(name, _)| **name == w).map(|(_, n)| n);
    if let Some(n) = low(word) {
        return Some((n, 1));
    }
    if let Some(tens) = match *word {
        "twentieth" => Some(20),
        "thirtieth" => Some(30),
        _ => None,
    } {
        return Some((tens, 1));
    }
    let (_, tens) = TENS.iter().find(|(name, _)| name == word)?;
    let ones = tokens.get(1).and_then(|w| low(w)).filter(|n| (1..10).contains(n))?;
    Some((tens + ones, 2))
}

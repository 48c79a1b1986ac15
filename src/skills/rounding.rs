//! Rounding: a number as one would say it.
//!
//! Enters: a computed value. Leaves: its digits in the form that reads and speaks well, and whether they are
//! rounded.

use super::compute::Value;

/// Whole numbers of up to this many digits are said in full.
const FULL_DIGITS: usize = 15;

/// Exact fractions of up to this many decimals are said in full, unless the number is long as a whole.
const FULL_DECIMALS: usize = 4;

/// The most digits of such a number.
const FULL_FRACTION_DIGITS: usize = 8;

/// Below this a number is said with a power of ten.
const SMALLEST: f64 = 1e-6;

/// A number ready to be said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spoken {
    /// The digits, with "minus" or 负 in words.
    pub(super) text: String,
    /// Whether digits were left out.
    pub(super) about: bool,
}

/// `value` as it is said in Mandarin or English; a value that is no number is said as it stands.
pub(super) fn spoken(value: &Value, in_mandarin: bool) -> Spoken {
    let (negative, digits) = match value.digits.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, value.digits.as_str()),
    };
    let (text, about) = magnitude(digits, value.rounded, in_mandarin);
    let text = match (negative && text != "0", in_mandarin) {
        (false, _) => text,
        (true, true) => format!("负{text}"),
        (true, false) => format!("minus {text}"),
    };
    Spoken { text, about }
}

fn magnitude(digits: &str, rounded: bool, in_mandarin: bool) -> (String, bool) {
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let number: f64 = digits.parse().unwrap_or(0.0);
    if whole.len() > FULL_DIGITS || (number != 0.0 && number < SMALLEST) {
        // Three significant digits are said; only what they leave out makes the number a rounded one.
        let significant = digits.trim_matches(['0', '.']).bytes().filter(u8::is_ascii_digit).count();
        return (power_of_ten(number, in_mandarin), rounded || significant > 3);
    }
    let short = decimals.is_empty() || whole.len() + decimals.len() <= FULL_FRACTION_DIGITS;
    if decimals.len() <= FULL_DECIMALS && short && !rounded {
        let dot = if decimals.is_empty() { "" } else { "." };
        return (format!("{}{dot}{decimals}", grouped(whole, in_mandarin)), false);
    }
    // Four significant digits, three below one: enough to act on, short enough to follow by ear.
    let scientific = format!("{number:e}");
    let exponent: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
    let places = if exponent < 0 { 2 - exponent } else { 3 - exponent };
    let text = format!("{number:.*}", usize::try_from(places).unwrap_or(0));
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let dot = if decimals.is_empty() { "" } else { "." };
    (format!("{}{dot}{decimals}", grouped(whole, in_mandarin)), true)
}

/// "1.27 times 10 to the 30".
fn power_of_ten(number: f64, in_mandarin: bool) -> String {
    let scientific = format!("{number:.2e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let mantissa = mantissa.trim_end_matches('0').trim_end_matches('.');
    if in_mandarin {
        format!("{mantissa}乘以10的{}次方", exponent.replace('-', "负"))
    } else {
        format!("{mantissa} times 10 to the power of {}", exponent.replace('-', "minus "))
    }
}

/// Thousands apart by commas from five digits on, which Mandarin does not do.
fn grouped(whole: &str, in_mandarin: bool) -> String {
    if in_mandarin || whole.len() < 5 {
        return whole.to_owned();
    }
    let mut text = String::new();
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_said_shortly() {
        let table = [
            ("18.4", false, "18.4", false),
            ("0.3333333333", true, "0.333", true),
            ("1.4142135624", true, "1.414", true),
            ("16.09344", false, "16.09", true),
            ("177.8", false, "177.8", false),
            ("-40", false, "minus 40", false),
            ("-0", false, "0", false),
            ("1048576", false, "1,048,576", false),
            ("1760", false, "1760", false),
            ("160934.4", false, "160,934.4", false),
            ("9460730472580.8", false, "9,460,730,472,581", true),
            ("384021.338822", false, "384,021", true),
            ("29.9999999999", true, "30", true),
            ("0.00123456", false, "0.00123", true),
            ("1267650600228229401496703205376", false, "1.27 times 10 to the power of 30", true),
            ("0.0000000012", false, "1.2 times 10 to the power of minus 9", false),
            ("10000000000000000", false, "1 times 10 to the power of 16", false),
            ("10010000000000000", false, "1 times 10 to the power of 16", true),
        ];
        for (digits, rounded, text, about) in table {
            let value = Value { digits: digits.into(), rounded };
            assert_eq!(spoken(&value, false), Spoken { text: text.into(), about }, "{digits}");
        }
        let value = Value { digits: "-1048576".into(), rounded: false };
        assert_eq!(spoken(&value, true).text, "负1048576");
    }
}

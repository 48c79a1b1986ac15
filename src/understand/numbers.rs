//! Numbers: what number words and digits mean.
//!
//! Enters: tokens in English or Mandarin. Leaves: a number, exact in fend's syntax and rounded as `f64`, and how
//! many tokens it took. Never here: a guess; words that are no well-formed number give `None`.

use crate::flow::Language;

/// A number that was said.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Number {
    /// The value, rounded to `f64`.
    pub(super) value: f64,
    /// The value exactly, as an expression in fend's syntax.
    pub(super) exact: String,
    /// Whether it is a share ("half", "百分之二十"), which "of" multiplies.
    pub(super) share: bool,
}

impl Number {
    /// A whole number.
    pub(super) fn whole(n: u128) -> Self {
        let exact = n.to_string();
        Self { value: decimal(&exact), exact, share: false }
    }

    /// A number in digits ("3.14"); `None` for anything else or more than 30 digits.
    pub(super) fn digits(text: &str) -> Option<Self> {
        let fits = text.len() <= 30
            && text.starts_with(|c: char| c.is_ascii_digit())
            && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        fits.then(|| Self { value: decimal(text), exact: text.to_owned(), share: false })
    }

    /// `numerator / denominator`, a share; `None` when the denominator is zero.
    pub(super) fn fraction(numerator: &Self, denominator: &Self) -> Option<Self> {
        (denominator.value != 0.0).then(|| Self {
            value: numerator.value / denominator.value,
            exact: format!("({}/{})", numerator.exact, denominator.exact),
            share: true,
        })
    }

    /// The sum, no longer a share.
    pub(super) fn plus(&self, other: &Self) -> Self {
        Self {
            value: self.value + other.value,
            exact: format!("({}+{})", self.exact, other.exact),
            share: false,
        }
    }

    /// The product with a whole number.
    pub(super) fn times(&self, factor: u128) -> Self {
        if let (Ok(n), false) = (self.exact.parse::<u128>(), factor == 0)
            && let Some(product) = n.checked_mul(factor)
        {
            return Self::whole(product);
        }
        let factor = Self::whole(factor);
        Self {
            value: self.value * factor.value,
            exact: format!("({}*{})", self.exact, factor.exact),
            share: false,
        }
    }

    /// The number below zero.
    pub(super) fn negated(&self) -> Self {
        Self { value: -self.value, exact: format!("(-{})", self.exact), share: self.share }
    }
}

/// The value of ASCII digits with at most one point; what is malformed counts as 0.
fn decimal(digits: &str) -> f64 {
    digits.parse().unwrap_or(0.0)
}

/// The longest number at the start of `tokens`, and how many tokens it takes.
pub(super) fn read(tokens: &[&str], language: &Language) -> Option<(Number, usize)> {
    if *language == Language::MANDARIN { super::mandarin::read(tokens) } else { super::english::read(tokens) }
}

/// The number that `tokens` are as a whole.
pub(super) fn whole(tokens: &[&str], language: &Language) -> Option<Number> {
    read(tokens, language).filter(|(_, used)| *used == tokens.len()).map(|(number, _)| number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::tokens::Tokenizer;

    fn value(text: &str, language: &Language) -> Option<f64> {
        let words = Tokenizer::new().words(text);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        whole(&words, language).map(|n| n.value)
    }

    #[test]
    fn english_numbers() {
        let table: &[(&str, f64)] = &[
            ("zero", 0.0),
            ("seven", 7.0),
            ("nineteen", 19.0),
            ("twenty-five", 25.0),
            ("one hundred", 100.0),
            ("a hundred and five", 105.0),
            ("twelve hundred", 1200.0),
            ("two thousand and twenty six", 2026.0),
            ("three hundred and forty-two thousand six hundred and one", 342_601.0),
            ("one million two hundred thousand", 1_200_000.0),
            ("2.5 million", 2_500_000.0),
            ("three billion", 3e9),
            ("three point one five", 3.15),
            ("point five", 0.5),
            ("minus four", -4.0),
            ("negative 12", -12.0),
            ("-40", -40.0),
            ("half", 0.5),
            ("a third", 1.0 / 3.0),
            ("three quarters", 0.75),
            ("two thirds", 2.0 / 3.0),
            ("three and a half", 3.5),
            ("two and three quarters", 2.75),
            ("a dozen", 12.0),
            ("half a dozen", 6.0),
            ("three dozen", 36.0),
            ("1,000", 1000.0),
            ("5 hundred", 500.0),
        ];
        for (text, expected) in table {
            let got = value(text, &Language::ENGLISH).unwrap_or_else(|| panic!("{text}: no number"));
            assert!((got - expected).abs() < 1e-9 * expected.abs().max(1.0), "{text}: {got}");
        }
        for text in [
            "",
            "and",
            "a",
            "twenty twenty",
            "five three",
            "hundred hundred",
            "thousand and",
            "point",
            "minus",
        ] {
            assert_eq!(value(text, &Language::ENGLISH), None, "{text}");
        }
    }

    #[test]
    fn mandarin_numbers() {
        let table: &[(&str, f64)] = &[
            ("零", 0.0),
            ("十", 10.0),
            ("十二", 12.0),
            ("二十", 20.0),
            ("兩百", 200.0),
            ("一百零五", 105.0),
            ("三百五", 350.0),
            ("一千零一", 1001.0),
            ("两千零二十六", 2026.0),
            ("二〇二六", 2026.0),
            ("一万二", 12_000.0),
            ("三万五千", 35_000.0),
            ("3万5千", 35_000.0),
            ("3.5万", 35_000.0),
            ("十万", 100_000.0),
            ("一百二十三万四千五百六十七", 1_234_567.0),
            ("一亿", 1e8),
            ("十三亿", 1.3e9),
            ("三亿五千万", 3.5e8),
            ("三点一五", 3.15),
            ("负五", -5.0),
            ("负40", -40.0),
            ("百分之二十", 0.2),
            ("百分之12.5", 0.125),
            ("三分之一", 1.0 / 3.0),
            ("四分之三", 0.75),
            ("二十分之一", 0.05),
            ("一半", 0.5),
            ("半", 0.5),
            ("三又二分之一", 3.5),
            ("42", 42.0),
        ];
        for (text, expected) in table {
            let got = value(text, &Language::MANDARIN).unwrap_or_else(|| panic!("{text}: no number"));
            assert!((got - expected).abs() < 1e-9 * expected.abs().max(1.0), "{text}: {got}");
        }
        for text in ["", "点", "负", "分之三", "百分之", "零分之一", "十十", "万万"] {
            assert_eq!(value(text, &Language::MANDARIN), None, "{text}");
        }
    }
}

//! Scan: finds numbers, dates and clock times in written text, for either language.
//!
//! Enters: characters and a position. Leaves: what stands there and the position after it. Never here: how it is said.

/// A number as written: digits without separators.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) whole: String,
    /// Digits after the point, at least one.
    pub(super) decimals: Option<String>,
    /// Where the text goes on.
    pub(super) end: usize,
}

impl Number {
    /// Whether it is exactly 1.
    pub(super) fn is_one(&self) -> bool {
        self.whole == "1" && self.decimals.is_none()
    }

    /// The number in ASCII digits.
    pub(super) fn digits(&self) -> String {
        match &self.decimals {
            Some(decimals) => format!("{}.{decimals}", self.whole),
            None => self.whole.clone(),
        }
    }
}

/// The digits from `at` on.
pub(super) fn digits(chars: &[char], at: usize) -> &[char] {
    let rest = chars.get(at..).unwrap_or_default();
    let length = rest.iter().take_while(|c| c.is_ascii_digit()).count();
    &rest[..length]
}

/// The number at `at`: digits, with commas between groups of three and a decimal point if there are any.
pub(super) fn number(chars: &[char], at: usize) -> Option<Number> {
    let first = digits(chars, at);
    if first.is_empty() {
        return None;
    }
    let mut whole: String = first.iter().collect();
    let mut end = at + first.len();
    while first.len() <= 3 && chars.get(end) == Some(&',') && digits(chars, end + 1).len() == 3 {
        whole.extend(digits(chars, end + 1));
        end += 4;
    }
    let decimals = if chars.get(end) == Some(&'.') { digits(chars, end + 1) } else { &[] };
    if !decimals.is_empty() {
        end += 1 + decimals.len();
    }
    let decimals = (!decimals.is_empty()).then(|| decimals.iter().collect());
    Some(Number { whole, decimals, end })
}

/// Year, month and day at `at`, written `2026-11-22` or `2026/11/22`, and where the text goes on.
pub(super) fn date(chars: &[char], at: usize) -> Option<(u32, u32, u32, usize)> {
    let year = digits(chars, at);
    let dash = *chars.get(at + 4).filter(|c| matches!(c, '-' | '/'))?;
    let month = digits(chars, at + 5);
    let after = at + 5 + month.len();
    let day = digits(chars, after + 1);
    let shape = year.len() == 4 && (1..=2).contains(&month.len()) && (1..=2).contains(&day.len());
    if !shape || chars.get(after) != Some(&dash) {
        return None;
    }
    let (year, month, day_number) = (value(year)?, value(month)?, value(day)?);
    let real = (1..=12).contains(&month) && (1..=31).contains(&day_number);
    real.then_some((year, month, day_number, after + 1 + day.len()))
}

/// Hour and minute at `at`, written `15:42` or `15:42:07`, and where the text goes on; seconds are left unsaid.
pub(super) fn time(chars: &[char], at: usize) -> Option<(u32, u32, usize)> {
    let hour = digits(chars, at);
    let colon = at + hour.len();
    let minute = digits(chars, colon + 1);
    if !(1..=2).contains(&hour.len()) || chars.get(colon) != Some(&':') || minute.len() != 2 {
        return None;
    }
    let mut end = colon + 3;
    if chars.get(end) == Some(&':') && digits(chars, end + 1).len() == 2 {
        end += 3;
    }
    let (hour, minute) = (value(hour)?, value(minute)?);
    (hour < 25 && minute < 60).then_some((hour, minute, end))
}

/// The value of up to nine digits.
pub(super) fn value(digits: &[char]) -> Option<u32> {
    (digits.len() <= 9)
        .then(|| digits.iter().filter_map(|c| c.to_digit(10)).fold(0, |sum, digit| sum * 10 + digit))
}

/// The first word of `table` that stands at `at` and is not the beginning of a longer one.
pub(super) fn suffix<'t, T>(
    chars: &[char],
    at: usize,
    table: &'t [(&'static str, T)],
) -> Option<(&'t T, usize)> {
    table.iter().find_map(|(word, said)| {
        let length = word.chars().count();
        let there = chars.get(at..at + length)?.iter().copied().eq(word.chars());
        let whole = !word.ends_with(|c: char| c.is_ascii_alphabetic())
            || !chars.get(at + length).is_some_and(|c| c.is_ascii_alphanumeric());
        (there && whole).then_some((said, at + length))
    })
}

/// The first position from `at` on that holds no space.
pub(super) fn past_spaces(chars: &[char], at: usize) -> usize {
    at + chars.get(at..).unwrap_or_default().iter().take_while(|c| **c == ' ').count()
}

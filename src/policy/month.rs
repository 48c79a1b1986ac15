//! Month: how old a fact is, counted in months.
//!
//! Enters: text like `2026-11`, or a year and a month. Leaves: a [`Month`] that can be compared. Never here: a clock; who
//! asks policy says which month it is.

use std::{fmt, str::FromStr};

use serde::Deserialize;

/// A month of a year, as the rules write it (`2026-11`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(try_from = "String")]
pub struct Month {
    year: u16,
    month: u8,
}

impl Month {
    /// Month `month`, 1 to 12, of `year`, 1 to 9999; `None` for what is no month.
    #[must_use]
    pub const fn new(year: u16, month: u8) -> Option<Self> {
        let fits = year >= 1 && year <= 9999 && month >= 1 && month <= 12;
        if fits { Some(Self { year, month }) } else { None }
    }

    /// The month of `date`.
    #[must_use]
    pub fn of(date: jiff::civil::Date) -> Self {
        let (year, month) = (u16::try_from(date.year()), u8::try_from(date.month()));
        // What is before the year 1 is as wrong as the year 1, and older than every fact.
        let first = Self { year: 1, month: 1 };
        year.ok().zip(month.ok()).and_then(|(year, month)| Self::new(year, month)).unwrap_or(first)
    }

    /// Whole months from `earlier` to this one; 0 where that is later.
    #[must_use]
    pub const fn since(self, earlier: Self) -> u32 {
        self.count().saturating_sub(earlier.count())
    }

    const fn count(self) -> u32 {
        self.year as u32 * 12 + self.month as u32
    }
}

impl FromStr for Month {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digits = |part: &str, n| part.len() == n && part.bytes().all(|b| b.is_ascii_digit());
        text.split_once('-')
            .filter(|(year, month)| digits(year, 4) && digits(month, 2))
            .and_then(|(year, month)| Self::new(year.parse().ok()?, month.parse().ok()?))
            .ok_or_else(|| format!("`{text}` is no month like 2026-11"))
    }
}

impl TryFrom<String> for Month {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_strictly_and_counted_across_years() {
        for text in ["2026-13", "2026-00", "0000-01", "2026-1", "26-01", "2026/01", "lately", "", "+026-01"] {
            assert!(text.parse::<Month>().is_err(), "{text}");
        }
        let month = |text: &str| text.parse::<Month>().unwrap();
        assert_eq!(month("2026-11").to_string(), "2026-11");
        assert_eq!(month("2027-02").since(month("2026-11")), 3);
        assert_eq!(month("2026-11").since(month("2027-02")), 0);
        assert_eq!(Month::of(jiff::civil::date(2026, 11, 22)), month("2026-11"));
        assert_eq!(Month::of(jiff::civil::date(-5, 11, 22)), month("0001-01"));
    }
}

//! Holidays: which days are worked in a country.
//!
//! Enters: `config/holidays.toml` and a country. Leaves: whether a day is a workday, and whether that is known of its year.
//! Never here: a guess at a year that the data does not have; there, workdays are Monday to Friday.

use std::collections::BTreeMap;

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};
use serde::Deserialize;

use super::recurring::Recurring;

const DATA: &str = include_str!("../../config/holidays.toml");

/// A country's entry as written.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct Country {
    /// Where it was read; for whoever renews it.
    #[serde(rename = "source")]
    _source: String,
    /// The years it holds for; every year where none is named.
    #[serde(default)]
    years: Vec<i16>,
    #[serde(default)]
    moved: Moved,
    off: Vec<String>,
    #[serde(default)]
    worked: Vec<String>,
}

/// What becomes of a holiday on a weekend.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Moved {
    /// It is lost.
    #[default]
    Not,
    /// The next workday is one instead.
    Next,
    /// Friday is one instead of Saturday, Monday instead of Sunday.
    Nearest,
}

/// The days that are worked, and those that are not.
#[derive(Debug, Clone, Default)]
pub(super) struct Workdays(Option<Country>);

impl Workdays {
    /// Those of `country`, an ISO 3166 code in upper case; Monday to Friday where it has no data.
    pub(super) fn of(country: Option<&str>) -> Self {
        let mut all: BTreeMap<String, Country> = toml::from_str(DATA).expect("a test reads the shipped file");
        Self(country.and_then(|country| all.remove(country)))
    }

    /// Whether `date` is worked.
    pub(super) fn is_worked(&self, date: Date) -> bool {
        let Some(country) = self.0.as_ref().filter(|country| country.has(date.year())) else {
            return !is_weekend(date);
        };
        country.worked.contains(&date.to_string()) || !(is_weekend(date) || country.is_off(date))
    }

    /// Whether `date` is a public holiday or lies in one; `None` where that is not known.
    pub(super) fn is_holiday(&self, date: Date) -> Option<bool> {
        let country = self.0.as_ref().filter(|country| country.has(date.year()))?;
        Some(country.is_off(date))
    }

    /// Whether the holidays of `date`'s year are known.
    pub(super) fn knows(&self, date: Date) -> bool {
        self.is_holiday(date).is_some()
    }
}

impl Country {
    fn has(&self, year: i16) -> bool {
        self.years.is_empty() || self.years.contains(&year)
    }

    fn is_off(&self, date: Date) -> bool {
        // A holiday on a weekend may be moved over the turn of the year.
        let years = [date.year().saturating_sub(1), date.year(), date.year().saturating_add(1)];
        let holidays: Vec<Date> = years
            .into_iter()
            .flat_map(|year| self.off.iter().flat_map(move |rule| days(rule, year)))
            .collect();
        holidays.contains(&date)
            || holidays.iter().any(|holiday| self.instead(*holiday, &holidays) == Some(date))
    }

    /// The day off instead of `holiday`, where it lies on a weekend.
    fn instead(&self, holiday: Date, holidays: &[Date]) -> Option<Date> {
        if !is_weekend(holiday) {
            return None;
        }
        match (self.moved, holiday.weekday()) {
            (Moved::Not, _) => None,
            (Moved::Nearest, Weekday::Saturday) => holiday.yesterday().ok(),
            (Moved::Nearest, _) => holiday.tomorrow().ok(),
            (Moved::Next, _) => {
                // Two in a row, both on a weekend, take the two workdays behind it.
                let before = holidays.iter().filter(|other| is_weekend(**other) && **other < holiday);
                let near = before.filter(|other| holiday.duration_since(**other).as_hours() <= 24).count();
                let mut free = (1..=7).filter_map(|days| holiday.checked_add(i64::from(days).days()).ok());
                free.by_ref().filter(|day| !is_weekend(*day) && !holidays.contains(day)).nth(near)
            }
        }
    }
}

/// The days of `rule` in `year`.
fn days(rule: &str, year: i16) -> Vec<Date> {
    if let Some((from, to)) = rule.split_once("..") {
        let (Ok(from), Ok(to)) = (from.parse::<Date>(), to.parse::<Date>()) else { return Vec::new() };
        let in_year = if from.year() == year { Some(from) } else { None };
        return in_year
            .into_iter()
            .flat_map(|from| from.series(1.days()).take_while(move |day| *day <= to))
            .collect();
    }
    Recurring::parse(rule).and_then(|rule| rule.within(year)).into_iter().collect()
}

fn is_weekend(date: Date) -> bool {
    matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn the_shipped_file_holds_rules_that_can_be_read() {
        let all: BTreeMap<String, Country> = toml::from_str(DATA).unwrap();
        assert!(all.len() >= 5);
        for (name, country) in all {
            let years = if country.years.is_empty() { vec![2026] } else { country.years.clone() };
            for year in years {
                for rule in &country.off {
                    assert!(!days(rule, year).is_empty(), "{name} {year}: {rule}");
                }
                for day in &country.worked {
                    assert!(is_weekend(date(day)) && !country.is_off(date(day)), "{name}: {day}");
                }
            }
        }
    }

    #[test]
    fn workdays_follow_the_countrys_holidays() {
        let table = [
            // China's spring festival of 2026, with the Saturdays worked for it, and a year that is not known.
            ("CN", "2026-02-14", true),
            ("CN", "2026-02-16", false),
            ("CN", "2026-02-23", false),
            ("CN", "2026-02-24", true),
            ("CN", "2026-02-28", true),
            ("CN", "2026-10-10", true),
            ("CN", "2026-10-11", false),
            ("CN", "2027-10-01", true),
            // The fourth of July on a Saturday, Thanksgiving, and New Year's Day of 2028 on a Saturday.
            ("US", "2026-07-03", false),
            ("US", "2026-11-26", false),
            ("US", "2026-11-27", true),
            ("US", "2027-12-31", false),
            // Christmas on a Saturday: Monday and Tuesday instead.
            ("GB", "2027-12-27", false),
            ("GB", "2027-12-28", false),
            ("GB", "2027-12-29", true),
            ("GB", "2026-12-28", false),
            ("GB", "2026-04-03", false),
            ("DE", "2026-05-14", false),
            ("DE", "2026-10-03", false),
            ("FR", "2026-07-14", false),
            ("XX", "2026-12-25", true),
        ];
        for (country, day, worked) in table {
            assert_eq!(Workdays::of(Some(country)).is_worked(date(day)), worked, "{country} {day}");
        }
        let none = Workdays::of(None);
        assert!(none.is_worked(date("2026-12-25")) && !none.knows(date("2026-12-25")));
        assert!(Workdays::of(Some("US")).knows(date("2030-12-25")));
        assert!(!Workdays::of(Some("CN")).knows(date("2027-01-01")));
    }
}

//! Recurring: days that come round each year by a rule.
//!
//! Enters: a rule such as `12-25`, `thursday 4 in 11`, `easter+1`, `lunar 08-15`, and a year or a day. Leaves: the date.
//! Never here: a clock; a rule that is guessed at.

use icu_calendar::{Date as IcuDate, cal::ChineseTraditional};
use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

/// The days that are looked through for one of the lunar calendar: its year may have 384.
const LUNAR_YEAR: i64 = 385;

/// A day that comes round each year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Recurring {
    /// Month and day.
    Date(i8, i8),
    /// The nth such weekday of a month; from its end where negative.
    Weekday(Weekday, i8, i8),
    /// Days after Easter Sunday.
    Easter(i64),
    /// Month and day of the Chinese lunar calendar, no leap month.
    Lunar(u8, u8),
    /// The last day of the lunar year.
    LunarEve,
    /// The solar term Qingming.
    Qingming,
}

impl Recurring {
    /// Reads a rule.
    pub(super) fn parse(rule: &str) -> Option<Self> {
        if rule == "qingming" {
            return Some(Self::Qingming);
        }
        if let Some(days) = rule.strip_prefix("easter") {
            return days.parse().ok().map(Self::Easter);
        }
        if let Some(day) = rule.strip_prefix("lunar ") {
            if day == "eve" {
                return Some(Self::LunarEve);
            }
            let (month, day) = day.split_once('-')?;
            return Some(Self::Lunar(month.parse().ok()?, day.parse().ok()?));
        }
        if let [name, nth, "in", month] = rule.split(' ').collect::<Vec<_>>().as_slice() {
            return Some(Self::Weekday(super::day::weekday(name)?, nth.parse().ok()?, month.parse().ok()?));
        }
        let (month, day) = rule.split_once('-')?;
        Some(Self::Date(month.parse().ok()?, day.parse().ok()?))
    }

    /// The date in `year`; `None` where it has none, and for days of the lunar calendar.
    pub(super) fn within(self, year: i16) -> Option<Date> {
        match self {
            Self::Date(month, day) => Date::new(year, month, day).ok(),
            Self::Weekday(weekday, nth, month) => {
                Date::new(year, month, 1).ok()?.nth_weekday_of_month(nth, weekday).ok()
            }
            Self::Easter(days) => easter(year)?.checked_add(days.days()).ok(),
            Self::Qingming => qingming(year),
            Self::Lunar(..) | Self::LunarEve => None,
        }
    }

    /// The first such day from `today` on.
    pub(super) fn from(self, today: Date) -> Option<Date> {
        let mut days = (0..LUNAR_YEAR).filter_map(|days| today.checked_add(days.days()).ok());
        match self {
            Self::Lunar(month, day) => days.find(|date| lunar(*date) == Some((month, day))),
            Self::LunarEve => days.find(|date| date.tomorrow().is_ok_and(|next| lunar(next) == Some((1, 1)))),
            // 29 February may take eight years.
            Self::Date(..) | Self::Weekday(..) | Self::Easter(_) | Self::Qingming => {
                let years = today.year()..=today.year().saturating_add(8);
                years.filter_map(|year| self.within(year)).find(|date| *date >= today)
            }
        }
    }
}

/// Month and day of the Chinese lunar calendar; `None` in a leap month.
pub(super) fn lunar(date: Date) -> Option<(u8, u8)> {
    let (month, day, leap) = lunar_with_leap(date)?;
    (!leap).then_some((month, day))
}

/// Month and day of the Chinese lunar calendar, and whether it is a leap month.
pub(super) fn lunar_with_leap(date: Date) -> Option<(u8, u8, bool)> {
    let month = u8::try_from(date.month()).ok()?;
    let day = u8::try_from(date.day()).ok()?;
    let iso = IcuDate::try_new_iso(i32::from(date.year()), month, day).ok()?;
    let chinese = iso.to_calendar(ChineseTraditional::new());
    let month = chinese.month();
    Some((month.number(), chinese.day_of_month().0, month.to_input().is_leap()))
}

/// Easter Sunday of the Gregorian calendar: the anonymous algorithm of 1876, as in Meeus, Astronomical Algorithms, chapter 8.
fn easter(year: i16) -> Option<Date> {
    let y = i32::from(year);
    let (a, b, c) = (y % 19, y / 100, y % 100);
    let (d, e) = (b / 4, b % 4);
    let g = (8 * b + 13) / 25;
    let h = (19 * a + b - d - g + 15) % 30;
    let (i, k) = (c / 4, c % 4);
    let l = (32 + 2 * e + 2 * i - h - k) % 7;
    let m = (a + 11 * h + 19 * l) / 433;
    let month = (h + l - 7 * m + 90) / 25;
    let day = (h + l - 7 * m + 33 * month + 19) % 32;
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

/// Qingming, by the common formula for 2000 to 2099: [Y × 0.2422 + 4.81] − [Y / 4] with the year's last two digits.
fn qingming(year: i16) -> Option<Date> {
    let y = i32::from(year.checked_sub(2_000).filter(|y| (0..100).contains(y))?);
    let day = (y * 2_422 + 48_100) / 10_000 - y / 4;
    Date::new(year, 4, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_come_round_by_their_rules() {
        let table = [
            ("12-25", "2026-11-23", "2026-12-25"),
            ("12-25", "2026-12-26", "2027-12-25"),
            ("02-29", "2026-11-23", "2028-02-29"),
            ("thursday 4 in 11", "2026-11-23", "2026-11-26"),
            ("monday -1 in 05", "2026-11-23", "2027-05-31"),
            ("easter+0", "2026-11-23", "2027-03-28"),
            ("easter-2", "2024-01-01", "2024-03-29"),
            ("easter+0", "2038-01-01", "2038-04-25"),
            ("lunar 01-01", "2026-11-23", "2027-02-06"),
            ("lunar eve", "2026-11-23", "2027-02-05"),
            ("lunar 08-15", "2026-09-25", "2026-09-25"),
            ("lunar 08-15", "2026-09-26", "2027-09-15"),
            ("lunar 05-05", "2026-06-01", "2026-06-19"),
            // 2025 had a sixth month twice.
            ("lunar 07-07", "2025-07-01", "2025-08-29"),
            ("qingming", "2026-01-01", "2026-04-05"),
            ("qingming", "2028-01-01", "2028-04-04"),
        ];
        for (rule, today, expected) in table {
            let found = Recurring::parse(rule).unwrap().from(today.parse().unwrap()).unwrap();
            assert_eq!(found.to_string(), expected, "{rule} from {today}");
        }
        for bad in ["", "christmas", "13", "lunar", "lunar x-y", "easter", "monday in 5", "2026-11-23x"] {
            let found = Recurring::parse(bad).and_then(|rule| rule.from("2026-11-23".parse().unwrap()));
            assert_eq!(found, None, "{bad}");
        }
    }
}

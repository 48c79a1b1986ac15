//! Day: which date a day slot means.
//!
//! Enters: the slot as `understand/days.rs` writes it, and today. Leaves: a date; `None` where the calendar ends.

use jiff::{
    ToSpan,
    civil::{Date, Weekday},
};

use super::recurring::Recurring;

/// A day that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Day {
    /// The date.
    pub(super) date: Date,
    /// Days from today, where it was asked for in that way.
    pub(super) from_today: Option<i32>,
    /// Whether it was asked for by a calendar date.
    pub(super) by_date: bool,
}

/// The day that `slot` means, seen from `today`.
pub(super) fn resolve(slot: &str, today: Date) -> Option<Day> {
    let found = |date| Some(Day { date, from_today: None, by_date: false });
    if let Some(name) = slot.strip_prefix("last ") {
        return found(today.nth_weekday(-1, weekday(name)?).ok()?);
    }
    if let Some((week, name)) = slot.strip_prefix("week").and_then(|rest| rest.split_once(' ')) {
        let day = i64::from(weekday(name)?.to_monday_zero_offset());
        let monday = i64::from(today.weekday().to_monday_zero_offset());
        let weeks: i64 = week.parse().ok()?;
        return found(today.checked_add((weeks.checked_mul(7)? + day - monday).days()).ok()?);
    }
    if slot.starts_with(['+', '-']) {
        let days: i32 = slot.parse().ok()?;
        let date = today.checked_add(i64::from(days).days()).ok()?;
        return Some(Day { date, from_today: Some(days), by_date: false });
    }
    if let Some((year, rule)) = slot.strip_prefix("year").and_then(|rest| rest.split_once(' ')) {
        let first = Date::new(today.year().checked_add(year.parse().ok()?)?, 1, 1).ok()?;
        return Some(Day { date: Recurring::parse(rule)?.from(first)?, from_today: None, by_date: true });
    }
    // Before "day 5": "thursday 4 in 11" has "day " in it too.
    if let Some(rule) = Recurring::parse(slot) {
        return Some(Day { date: rule.from(today)?, from_today: None, by_date: true });
    }
    let by_month = |(months, _): &(&str, &str)| months.is_empty() || months.starts_with("month");
    if let Some((months, day)) = slot.split_once("day ").filter(by_month) {
        let day: i8 = day.parse().ok()?;
        let first = today.first_of_month();
        let in_month = |months: i8| {
            let first = first.checked_add(i64::from(months).months()).ok()?;
            Date::new(first.year(), first.month(), day).ok()
        };
        let date = match months.strip_prefix("month") {
            Some(months) => in_month(months.trim_end().parse().ok()?),
            // The next month that has such a day.
            None => (0..3).filter_map(in_month).find(|date| *date >= today),
        };
        return Some(Day { date: date?, from_today: None, by_date: true });
    }
    if let Some(day) = weekday(slot) {
        return found(today.nth_weekday(1, day).ok()?);
    }
    let mut parts = slot.splitn(3, '-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let date = Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()?;
    Some(Day { date, from_today: None, by_date: true })
}

/// The day of the week called `name` in a slot.
pub(super) fn weekday(name: &str) -> Option<Weekday> {
    Some(match name {
        "monday" => Weekday::Monday,
        "tuesday" => Weekday::Tuesday,
        "wednesday" => Weekday::Wednesday,
        "thursday" => Weekday::Thursday,
        "friday" => Weekday::Friday,
        "saturday" => Weekday::Saturday,
        "sunday" => Weekday::Sunday,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_from_a_fixed_today() {
        let table = [
            ("2026-11-22", "+0", Some("2026-11-22")),
            ("2026-12-31", "+1", Some("2027-01-01")),
            ("2027-01-01", "-1", Some("2026-12-31")),
            ("2026-03-28", "+1", Some("2026-03-29")),
            ("2026-11-22", "friday", Some("2026-11-27")),
            ("2026-11-27", "friday", Some("2026-12-04")),
            ("2026-11-23", "week+1 friday", Some("2026-12-04")),
            ("2026-11-22", "week+1 friday", Some("2026-11-27")),
            ("2026-11-25", "week+0 monday", Some("2026-11-23")),
            ("2026-11-25", "week-1 sunday", Some("2026-11-22")),
            ("2026-12-30", "week+1 friday", Some("2027-01-08")),
            ("2026-11-22", "last sunday", Some("2026-11-15")),
            ("2026-11-22", "07-04", Some("2027-07-04")),
            ("2026-11-22", "11-22", Some("2026-11-22")),
            ("2026-11-22", "02-29", Some("2028-02-29")),
            ("2097-03-01", "02-29", Some("2104-02-29")),
            ("2026-11-22", "2027-07-04", Some("2027-07-04")),
            ("2026-11-22", "2027-02-29", None),
            ("9999-12-31", "+1", None),
            ("2026-11-22", "week+9223372036854775807 friday", None),
            ("2026-11-22", "day 22", Some("2026-11-22")),
            ("2026-11-22", "day 5", Some("2026-12-05")),
            ("2027-01-31", "day 30", Some("2027-03-30")),
            ("2026-11-22", "month+1 day 5", Some("2026-12-05")),
            ("2027-01-31", "month+1 day 30", None),
            ("2026-11-22", "month+9223372036854775807 day 5", None),
            ("2026-11-22", "thursday 4 in 11", Some("2026-11-26")),
            ("2026-11-22", "sunday 2 in 05", Some("2027-05-09")),
            ("2026-11-22", "monday -1 in 05", Some("2027-05-31")),
            ("2026-11-22", "easter+1", Some("2027-03-29")),
            ("2026-11-22", "lunar 08-15", Some("2027-09-15")),
            ("2026-11-22", "sunday 5", None),
            ("2026-11-22", "day 32", None),
            ("2026-11-22", "easter-2", Some("2027-03-26")),
            ("2026-11-22", "year+0 lunar 08-15", Some("2026-09-25")),
            ("2026-11-22", "year+1 12-25", Some("2027-12-25")),
            ("2026-11-22", "year+32767 12-25", None),
            ("2026-11-22", "year 12-25", None),
            ("2026-11-22", "day ", None),
            ("2026-11-22", "christmas", None),
            ("2026-11-22", "", None),
        ];
        for (today, slot, expected) in table {
            let found = resolve(slot, today.parse().unwrap()).map(|day| day.date.to_string());
            assert_eq!(found.as_deref(), expected, "{slot} from {today}");
        }
    }
}

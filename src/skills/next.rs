//! Next: which moment is meant, in the zone at hand.
//!
//! Enters: a [`When`] and the time it is. Leaves: the next moment it means, or why there is none. A time that the clocks
//! skip is the moment after the gap; one that they show twice is the first that is still to come. Never here: a clock.

use jiff::{
    SignedDuration, Timestamp, ToSpan, Zoned,
    civil::{Date, DateTime, Time},
    tz::{AmbiguousOffset, TimeZone},
};

use super::{day::resolve, holidays::Workdays};
use crate::{
    flow::{Repeat, TimeOfDay, When},
    store::Moment,
};

/// The least time between two moments of what comes again.
pub(super) const SHORTEST_S: u64 = 60;

/// The days that are worked, and those on which something does not come although it would.
pub(super) type Days<'d> = (&'d Workdays, &'d [Date]);

/// A moment that is to come.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Next {
    /// As it is kept.
    pub(super) moment: Moment,
    /// When that is, where the machine is now.
    pub(super) at: Zoned,
}

/// Why there is no next moment.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Unset {
    /// It was then.
    Past(Zoned),
    /// No time was said.
    NoTime,
    /// The calendar or the clock has no such moment.
    Nowhere,
    /// It would come again within [`SHORTEST_S`].
    TooOften,
}

/// The next moment that `when` means at `now`, where `workdays` are worked.
pub(super) fn next(when: &When, now: &Zoned, workdays: &Workdays) -> Result<Next, Unset> {
    let after = match when.repeat {
        Some(Repeat::Every(seconds)) if seconds < SHORTEST_S => return Err(Unset::TooOften),
        Some(Repeat::Every(seconds)) => Some(seconds),
        _ => when.after_s,
    };
    if let Some(seconds) = after {
        return in_seconds(now, seconds).ok_or(Unset::Nowhere);
    }
    let time = when.time.ok_or(Unset::NoTime)?;
    let today = now.date();
    let day = when.day.as_deref().map(|day| resolve(day, today).ok_or(Unset::Nowhere)).transpose()?;
    let day = day.map(|day| day.date);
    if let Some(repeat) = &when.repeat {
        // What comes every day at seven is for the morning.
        let time = times(time, true).ok_or(Unset::Nowhere)?.swap_remove(0);
        let civil =
            occurrence(repeat, time, day.unwrap_or(today), now, (workdays, &[])).ok_or(Unset::Nowhere)?;
        return Ok(civil_next(civil, now, first(civil, now.time_zone()).ok_or(Unset::Nowhere)?));
    }
    let tomorrow = today.tomorrow().map_err(|_| Unset::Nowhere)?;
    let days = day.map_or_else(|| vec![today, tomorrow], |day| vec![day]);
    let mut last = None;
    for date in days {
        for time in times(time, date != today && day.is_some()).ok_or(Unset::Nowhere)? {
            let civil = date.to_datetime(time);
            for at in instants(civil, now.time_zone()) {
                if at > now.timestamp() {
                    return Ok(civil_next(civil, now, at));
                }
                last = Some(at);
            }
        }
    }
    Err(last.map_or(Unset::Nowhere, |at| Unset::Past(at.to_zoned(now.time_zone().clone()))))
}

/// The moment after `last` of what comes again, later than `now`.
pub(super) fn again(repeat: &Repeat, last: Moment, now: &Zoned, days: Days<'_>) -> Option<Moment> {
    match (repeat, last) {
        (Repeat::Every(seconds), Moment::Instant(last)) => {
            let every = i64::try_from(*seconds).ok().filter(|every| *every > 0)?;
            let gone = now.timestamp().duration_since(last).as_secs().max(0);
            let steps = (gone / every).checked_add(1)?.checked_mul(every)?;
            Some(Moment::Instant(last.checked_add(SignedDuration::from_secs(steps)).ok()?))
        }
        (_, Moment::Civil(last)) => {
            let from = last.date().tomorrow().ok()?.max(now.date());
            occurrence(repeat, last.time(), from, now, days).map(Moment::Civil)
        }
        (_, Moment::Instant(_)) => None,
    }
}

/// When `moment` is, in `zone`.
pub(super) fn instant(moment: Moment, zone: &TimeZone) -> Option<Timestamp> {
    match moment {
        Moment::Instant(at) => Some(at),
        Moment::Civil(civil) => first(civil, zone),
    }
}

fn in_seconds(now: &Zoned, seconds: u64) -> Option<Next> {
    let after = SignedDuration::from_secs(i64::try_from(seconds).ok()?);
    let at = now.checked_add(after).ok()?;
    Some(Next { moment: Moment::Instant(at.timestamp()), at })
}

pub(super) fn civil_next(civil: DateTime, now: &Zoned, at: Timestamp) -> Next {
    let zone = now.time_zone();
    // The second of two is kept as an instant: its civil time means the first.
    let moment = if first(civil, zone) == Some(at) { Moment::Civil(civil) } else { Moment::Instant(at) };
    Next { moment, at: at.to_zoned(zone.clone()) }
}

/// The times that were said, the earlier first; `None` where the clock has none such. Half past twelve on another day is
/// that after noon.
pub(super) fn times(time: TimeOfDay, another_day: bool) -> Option<Vec<Time>> {
    let minute = i8::try_from(time.minute).ok()?;
    let at = |hour: u8| Time::new(i8::try_from(hour).ok()?, minute, 0, 0).ok();
    Some(match (time.either_half, time.hour) {
        (false, hour) => vec![at(hour)?],
        (true, 12) if another_day => vec![at(12)?],
        (true, hour @ 1..=12) => vec![at(hour % 12)?, at(hour % 12 + 12)?],
        (true, _) => return None,
    })
}

/// The first time that `repeat` means from the day `from` on, later than `now`.
pub(super) fn occurrence(
    repeat: &Repeat,
    time: Time,
    from: Date,
    now: &Zoned,
    (workdays, skips): Days<'_>,
) -> Option<DateTime> {
    // Each day that is left out may be one more to look beyond.
    let skipped = i16::try_from(skips.len()).unwrap_or(i16::MAX / 64);
    let clamped = |year: i16, month: i8, day: u8| {
        let first = Date::new(year, month, 1).ok()?;
        let day = i8::try_from(day).ok().filter(|day| (1..=31).contains(day))?;
        Date::new(year, month, day.min(first.days_in_month())).ok()
    };
    let dates: Vec<Date> = match repeat {
        Repeat::Weekly(_) | Repeat::Workdays => {
            let wanted = |date: &Date| match repeat {
                Repeat::Weekly(days) => days.contains(&date.weekday()),
                _ => workdays.is_worked(*date),
            };
            (0_i64..=14 * (1 + i64::from(skipped)))
                .filter_map(|days| from.checked_add(days.days()).ok())
                .filter(wanted)
                .collect()
        }
        Repeat::Monthly(day) => {
            let months = (0_i64..=2 + i64::from(skipped))
                .filter_map(|months| from.first_of_month().checked_add(months.months()).ok());
            months.filter_map(|month| clamped(month.year(), month.month(), *day)).collect()
        }
        Repeat::Yearly { month, day } => {
            let years = from.year()..=from.year().saturating_add(2 + skipped);
            years.filter_map(|year| clamped(year, i8::try_from(*month).ok()?, *day)).collect()
        }
        Repeat::Every(_) => Vec::new(),
    };
    let to_come = |civil: &DateTime| first(*civil, now.time_zone()).is_some_and(|at| at > now.timestamp());
    let comes = |date: &Date| *date >= from && !skips.contains(date);
    dates.into_iter().filter(comes).map(|date| date.to_datetime(time)).find(to_come)
}

/// The first instant at which the clocks of `zone` show `civil`; where they skip it, the moment after the gap.
pub(super) fn first(civil: DateTime, zone: &TimeZone) -> Option<Timestamp> {
    instants(civil, zone).into_iter().next()
}

/// Each of them, in order.
pub(super) fn instants(civil: DateTime, zone: &TimeZone) -> Vec<Timestamp> {
    let found = match zone.to_ambiguous_timestamp(civil).offset() {
        AmbiguousOffset::Unambiguous { offset } => [offset.to_timestamp(civil).ok(), None],
        AmbiguousOffset::Fold { before, after } => {
            [before.to_timestamp(civil).ok(), after.to_timestamp(civil).ok()]
        }
        AmbiguousOffset::Gap { before, after } => {
            // Read with the later offset it lies before the gap, with the earlier one behind it.
            let gap = after.to_timestamp(civil).ok();
            let gap = gap.and_then(|at| zone.following(at).next()).map(|change| change.timestamp());
            [gap.or_else(|| before.to_timestamp(civil).ok()), None]
        }
    };
    found.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;

    fn when(day: &str, time: &str, repeat: Option<Repeat>) -> When {
        let either_half = time.ends_with('?');
        let time = time.trim_end_matches('?').split_once(':').map(|(hour, minute)| TimeOfDay {
            hour: hour.parse().unwrap(),
            minute: minute.parse().unwrap(),
            either_half,
        });
        When { day: (!day.is_empty()).then(|| day.to_owned()), time, repeat, ..When::default() }
    }

    fn told(when: &When, now: &str) -> String {
        match next(when, &now.parse().unwrap(), &Workdays::default()) {
            Ok(next) => next.at.strftime("%F %R%:z").to_string(),
            Err(Unset::Past(at)) => format!("past {}", at.strftime("%F %R")),
            Err(why) => format!("{why:?}"),
        }
    }

    const PARIS: &str = "Europe/Paris";

    #[test]
    fn the_next_moment_is_the_one_meant() {
        let table = [
            // Whichever half of the day comes next.
            ("2026-11-22T15:42", "", "7:00?", "2026-11-22 19:00+01:00"),
            ("2026-11-22T22:42", "", "7:00?", "2026-11-23 07:00+01:00"),
            ("2026-11-22T07:00", "", "7:00?", "2026-11-22 19:00+01:00"),
            ("2026-11-22T22:00", "", "12:15?", "2026-11-23 00:15+01:00"),
            ("2026-11-22T10:00", "", "12:00?", "2026-11-22 12:00+01:00"),
            ("2026-11-22T22:00", "+1", "12:00?", "2026-11-23 12:00+01:00"),
            ("2026-11-22T22:00", "+1", "7:00?", "2026-11-23 07:00+01:00"),
            ("2026-11-22T15:42", "+0", "7:30?", "2026-11-22 19:30+01:00"),
            ("2026-11-22T20:42", "+0", "7:30?", "past 2026-11-22 19:30"),
            // As said.
            ("2026-11-22T15:42", "", "7:00", "2026-11-23 07:00+01:00"),
            ("2026-11-22T15:42", "", "15:43", "2026-11-22 15:43+01:00"),
            ("2026-11-22T15:42", "+0", "15:42", "past 2026-11-22 15:42"),
            ("2026-11-22T15:42", "-1", "8:00", "past 2026-11-21 08:00"),
            ("2026-11-22T15:42", "friday", "8:05", "2026-11-27 08:05+01:00"),
            ("2026-11-22T15:42", "02-29", "8:00", "2028-02-29 08:00+01:00"),
            ("2026-12-31T23:59", "", "0:00", "2027-01-01 00:00+01:00"),
            ("2026-11-22T15:42", "2027-02-29", "8:00", "Nowhere"),
            ("2026-11-22T15:42", "christmas", "8:00", "Nowhere"),
            ("2026-11-22T15:42", "", "25:00", "Nowhere"),
            ("2026-11-22T15:42", "", "0:10?", "Nowhere"),
            ("2026-11-22T15:42", "+1", "", "NoTime"),
            // 29 March 2026, 2:00 is followed by 3:00.
            ("2026-03-29T01:30", "", "2:30", "2026-03-29 03:00+02:00"),
            ("2026-03-29T01:30", "", "3:00", "2026-03-29 03:00+02:00"),
            ("2026-03-28T12:00", "+1", "2:00", "2026-03-29 03:00+02:00"),
            ("2026-03-28T12:00", "+1", "1:59", "2026-03-29 01:59+01:00"),
            // 25 October 2026, 3:00 is followed by 2:00.
            ("2026-10-25T01:30", "", "2:30", "2026-10-25 02:30+02:00"),
            ("2026-10-25T02:45+02:00", "", "2:30", "2026-10-25 02:30+01:00"),
            ("2026-10-25T02:45+01:00", "", "2:30", "2026-10-26 02:30+01:00"),
        ];
        for (now, day, time, expected) in table {
            assert_eq!(
                told(&when(day, time, None), &format!("{now}[{PARIS}]")),
                expected,
                "{day} {time} at {now}"
            );
        }
        // A day that the clocks skip whole: Samoa had no 30 December 2011.
        assert_eq!(
            told(&when("+1", "8:00", None), "2011-12-29T12:00[Pacific/Apia]"),
            "2011-12-31 00:00+14:00"
        );
        let after = |seconds| When { after_s: Some(seconds), ..When::default() };
        assert_eq!(told(&after(7_200), "2026-03-29T01:30[Europe/Paris]"), "2026-03-29 04:30+02:00");
        assert_eq!(told(&after(u64::MAX), "2026-03-29T01:30[Europe/Paris]"), "Nowhere");
    }

    #[test]
    fn what_comes_again_does_so_on_its_days() {
        use Weekday::{Friday, Monday};
        let weekly = |days: &[Weekday]| Repeat::Weekly(days.to_vec());
        let daily = || (1..=7).map(|day| Weekday::from_monday_one_offset(day).unwrap()).collect::<Vec<_>>();
        let table = [
            ("2026-11-22T15:42", weekly(&[Monday, Friday]), "7:00?", "2026-11-23 07:00+01:00"),
            ("2026-11-23T07:00", weekly(&[Monday, Friday]), "7:00", "2026-11-27 07:00+01:00"),
            ("2026-11-23T07:00", weekly(&[Monday]), "7:00", "2026-11-30 07:00+01:00"),
            ("2026-11-23T06:59", weekly(&daily()), "7:00", "2026-11-23 07:00+01:00"),
            ("2026-11-23T06:59", weekly(&[]), "7:00", "Nowhere"),
            ("2026-11-27T15:42", Repeat::Workdays, "7:00", "2026-11-30 07:00+01:00"),
            ("2026-11-26T15:42", Repeat::Workdays, "7:00", "2026-11-27 07:00+01:00"),
            ("2027-01-31T15:42", Repeat::Monthly(31), "7:00", "2027-02-28 07:00+01:00"),
            ("2028-01-31T15:42", Repeat::Monthly(30), "7:00", "2028-02-29 07:00+01:00"),
            ("2026-11-22T15:42", Repeat::Monthly(1), "7:00", "2026-12-01 07:00+01:00"),
            ("2026-11-22T15:42", Repeat::Monthly(32), "7:00", "Nowhere"),
            ("2026-11-22T15:42", Repeat::Yearly { month: 2, day: 29 }, "7:00", "2027-02-28 07:00+01:00"),
            ("2028-01-22T15:42", Repeat::Yearly { month: 2, day: 29 }, "7:00", "2028-02-29 07:00+01:00"),
            ("2026-11-22T15:42", Repeat::Yearly { month: 11, day: 22 }, "7:00", "2027-11-22 07:00+01:00"),
            ("2026-11-22T15:42", Repeat::Yearly { month: 13, day: 1 }, "7:00", "Nowhere"),
            ("2026-11-22T15:42", Repeat::Every(3_600), "", "2026-11-22 16:42+01:00"),
            ("2026-11-22T15:42", Repeat::Every(59), "", "TooOften"),
        ];
        for (now, repeat, time, expected) in table {
            let when = when("", time, Some(repeat));
            assert_eq!(told(&when, &format!("{now}[{PARIS}]")), expected, "{when} at {now}");
        }
        // The spring festival of 2026, and the Saturday before it that is worked.
        let china = Workdays::of(Some("CN"));
        let every = when("", "7:00", Some(Repeat::Workdays));
        for (now, expected) in [("2026-02-13T08:00", "2026-02-14"), ("2026-02-14T08:00", "2026-02-24")] {
            let found = next(&every, &format!("{now}[Asia/Shanghai]").parse().unwrap(), &china).unwrap();
            assert_eq!(found.at.date().to_string(), expected);
        }
        let from = when("+7", "7:00", Some(Repeat::Workdays));
        assert_eq!(told(&from, "2026-11-22T15:42[Europe/Paris]"), "2026-11-30 07:00+01:00");
    }

    #[test]
    fn a_daily_alarm_goes_through_the_change_of_the_clocks_once_a_day() {
        let daily =
            Repeat::Weekly((1..=7).map(|day| Weekday::from_monday_one_offset(day).unwrap()).collect());
        let days = [
            ("2026-03-28T02:30", "2026-03-29 03:00"),
            ("2026-03-29T02:30", "2026-03-30 02:30"),
            ("2026-10-24T02:30", "2026-10-25 02:30"),
            ("2026-10-25T02:30", "2026-10-26 02:30"),
        ];
        let zone = TimeZone::get(PARIS).unwrap();
        for (last, expected) in days {
            let last = Moment::Civil(last.parse().unwrap());
            let now = instant(last, &zone).unwrap().to_zoned(zone.clone());
            let next = again(&daily, last, &now, (&Workdays::default(), &[])).unwrap();
            let at = instant(next, &zone).unwrap().to_zoned(zone.clone());
            assert_eq!(at.strftime("%F %R").to_string(), expected);
        }
        // A machine that was off for a month does not catch up on each day.
        let now: Zoned = "2026-12-31T09:00[Europe/Paris]".parse().unwrap();
        let last = Moment::Civil("2026-11-22T07:00".parse().unwrap());
        assert_eq!(
            again(&daily, last, &now, (&Workdays::default(), &[])),
            Some(Moment::Civil("2027-01-01T07:00".parse().unwrap()))
        );
        let last: Timestamp = "2026-11-22T07:00:00Z".parse().unwrap();
        let hourly = again(&Repeat::Every(3_600), Moment::Instant(last), &now, (&Workdays::default(), &[]));
        assert_eq!(hourly, Some(Moment::Instant("2026-12-31T09:00:00Z".parse().unwrap())));
    }
}

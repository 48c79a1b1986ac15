//! Moved: where an alarm or a reminder comes when it is changed in place.
//!
//! Enters: how it is kept, what is to be other, and the time it is. Leaves: the same with another moment, or why it stays.
//! What nobody said stays as it was: the day, the time, the half of the day, how it comes again. Never here: a clock, or a
//! moment that has passed.

use std::cmp::Reverse;

use jiff::{
    SignedDuration, Timestamp, ToSpan, Zoned,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};

use super::{
    day::resolve,
    holidays::Workdays,
    next::{Days, Next, Unset, civil_next, first, instant, instants, next, occurrence, times},
};
use crate::{
    flow::{Repeat, TimeOfDay, When},
    store::{Entry, Moment, Stand},
};

/// Why something stays as it was.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Stays {
    /// There is no such moment.
    Unset(Unset),
    /// It comes again and again, and one day or one moment was said.
    Again(Repeat),
}

impl From<Unset> for Stays {
    fn from(why: Unset) -> Self {
        Self::Unset(why)
    }
}

/// How `entry` is kept once it is due `to`, and when that is.
pub(super) fn moved(
    entry: &Entry,
    to: &When,
    now: &Zoned,
    workdays: &Workdays,
) -> Result<(Entry, Zoned), Stays> {
    let was = falls(entry, now.time_zone()).ok_or(Unset::Nowhere)?;
    let length = to.after_s.is_some() || matches!(to.repeat, Some(Repeat::Every(_)));
    let repeat = to.repeat.as_ref().or(entry.repeat.as_ref());
    // Days are left out of how it came until now.
    let skips = if to.repeat.is_some() { Vec::new() } else { entry.skips.clone() };
    let found = match (repeat, &entry.repeat) {
        (None, _) if length => next(to, now, workdays)?,
        (Some(_), _) if length && to.repeat.is_some() => next(to, now, workdays)?,
        (Some(_), Some(kept)) if length => return Err(Stays::Again(kept.clone())),
        (Some(repeat), _) => {
            if to.day.is_some() || matches!(repeat, Repeat::Every(_)) {
                return Err(Stays::Again(repeat.clone()));
            }
            let time = to.time.map_or(Some(was.time()), |time| near(time, was.time())?.into_iter().next());
            let time = time.ok_or(Unset::Nowhere)?;
            again(repeat, time, now, (workdays, &skips))?
        }
        (None, _) => once(to, &was, now)?,
    };
    let stand = Stand::Waiting(found.moment);
    Ok((Entry { stand, repeat: repeat.cloned(), skips, ..entry.clone() }, found.at))
}

/// The same once it is due `by` later, or earlier.
pub(super) fn shifted(
    entry: &Entry,
    by: SignedDuration,
    now: &Zoned,
    workdays: &Workdays,
) -> Result<(Entry, Zoned), Stays> {
    let zone = now.time_zone();
    let found = match (entry.stand, &entry.repeat) {
        (Stand::Waiting(Moment::Civil(civil)), repeat) => {
            let civil = civil.checked_add(by).map_err(|_| Unset::Nowhere)?;
            let at = first(civil, zone).ok_or(Unset::Nowhere)?;
            let was = falls(entry, zone).ok_or(Unset::Nowhere)?;
            match repeat {
                // At ten to midnight, an hour later is the next day, which it may not come on.
                Some(repeat) if civil.date() != was.date() && !is_daily(repeat) => {
                    return Err(Stays::Again(repeat.clone()));
                }
                Some(repeat) => again(repeat, civil.time(), now, (workdays, &entry.skips))?,
                None => civil_next(civil, now, at),
            }
        }
        (Stand::Waiting(Moment::Instant(at)), _) => {
            let at = at.checked_add(by).map_err(|_| Unset::Nowhere)?;
            Next { moment: Moment::Instant(at), at: at.to_zoned(zone.clone()) }
        }
        // What is due now comes so long from now.
        (Stand::Ringing(_) | Stand::Missed(_) | Stand::Paused(_), _) => {
            let at = now.timestamp().checked_add(by).map_err(|_| Unset::Nowhere)?;
            Next { moment: Moment::Instant(at), at: at.to_zoned(zone.clone()) }
        }
    };
    if found.at.timestamp() <= now.timestamp() {
        return Err(Unset::Past(found.at).into());
    }
    Ok((Entry { stand: Stand::Waiting(found.moment), ..entry.clone() }, found.at))
}

/// When `entry` falls due in `zone`, or fell due.
pub(super) fn falls(entry: &Entry, zone: &TimeZone) -> Option<Zoned> {
    let at = match entry.stand {
        Stand::Waiting(moment) => instant(moment, zone)?,
        Stand::Ringing(since) | Stand::Missed(since) => since,
        Stand::Paused(_) => return None,
    };
    Some(at.to_zoned(zone.clone()))
}

fn is_daily(repeat: &Repeat) -> bool {
    matches!(repeat, Repeat::Weekly(days) if days.len() >= 7)
}

/// The next moment of what comes as `repeat` says, at `time`.
fn again(repeat: &Repeat, time: Time, now: &Zoned, days: Days<'_>) -> Result<Next, Unset> {
    let civil = occurrence(repeat, time, now.date(), now, days).ok_or(Unset::Nowhere)?;
    Ok(civil_next(civil, now, first(civil, now.time_zone()).ok_or(Unset::Nowhere)?))
}

/// The times that `time` may mean, the one nearer to `was` on the clock's face first: an alarm at seven in the morning
/// moved to eight stays in the morning. `None` where the clock has none such.
fn near(time: TimeOfDay, was: Time) -> Option<Vec<Time>> {
    let mut times = times(time, false)?;
    times.sort_by_key(|time| time.duration_since(was).abs());
    Some(times)
}

/// The moment of what comes once and was due at `was`.
fn once(to: &When, was: &Zoned, now: &Zoned) -> Result<Next, Unset> {
    let (zone, today) = (now.time_zone(), now.date());
    let halves = to.time.map_or(Some(vec![was.time()]), |time| near(time, was.time()));
    let halves = halves.ok_or(Unset::Nowhere)?;
    let on = |date: Date| {
        let of = move |time: &Time| (date.to_datetime(*time), instants(date.to_datetime(*time), zone));
        halves.iter().map(of).flat_map(|(civil, all)| all.into_iter().map(move |at| (civil, at)))
    };
    let to_come = |(_, at): &(_, Timestamp)| *at > now.timestamp();
    if let Some(day) = to.day.as_deref() {
        let date = resolve(day, today).ok_or(Unset::Nowhere)?.date;
        let found = on(date).find(to_come);
        let gone = || on(date).next().map(|(_, at)| at.to_zoned(zone.clone()));
        return match found {
            Some((civil, at)) => Ok(civil_next(civil, now, at)),
            None => Err(gone().map_or(Unset::Nowhere, Unset::Past)),
        };
    }
    let days = |from: Date, range: std::ops::RangeInclusive<i64>| {
        range.filter_map(|days| from.checked_add(days.days()).ok()).collect::<Vec<_>>()
    };
    let found = if halves.len() > 1 {
        // Eleven at night moved to one is the next day's first hour, half past midnight moved to eleven the day before's last.
        let around = days(was.date(), -1..=1).into_iter().chain(days(today, 0..=1));
        let distance = |civil: DateTime| (civil.duration_since(was.datetime()).abs(), Reverse(civil));
        around.flat_map(on).filter(to_come).min_by_key(|(civil, at)| (distance(*civil), *at))
    } else {
        [was.date()].into_iter().chain(days(today, 0..=1)).flat_map(on).find(to_come)
    };
    found.map(|(civil, at)| civil_next(civil, now, at)).ok_or(Unset::Nowhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{flow::Language, store::Kind};

    const NOW: &str = "2026-11-23T15:42[Europe/Paris]";

    fn alarm(at: &str, repeat: Option<Repeat>) -> Entry {
        Entry {
            id: 1,
            kind: Kind::Alarm,
            words: None,
            sealed: None,
            language: Language::ENGLISH,
            created: Timestamp::UNIX_EPOCH,
            length_ms: None,
            repeat,
            skips: Vec::new(),
            stand: Stand::Waiting(Moment::Civil(at.parse().unwrap())),
        }
    }

    fn to(day: &str, time: &str) -> When {
        let either_half = time.ends_with('?');
        let time = time.trim_end_matches('?').split_once(':').map(|(hour, minute)| TimeOfDay {
            hour: hour.parse().unwrap(),
            minute: minute.parse().unwrap(),
            either_half,
        });
        When { day: (!day.is_empty()).then(|| day.to_owned()), time, ..When::default() }
    }

    fn told(found: Result<(Entry, Zoned), Stays>) -> String {
        match found {
            Ok((_, at)) => at.strftime("%F %R%:z").to_string(),
            Err(Stays::Unset(Unset::Past(at))) => format!("past {}", at.strftime("%F %R")),
            Err(Stays::Unset(why)) => format!("{why:?}"),
            Err(Stays::Again(_)) => "again".to_owned(),
        }
    }

    #[test]
    fn what_is_not_said_stays_as_it_was() {
        for (was, now, day, time, expected) in [
            // The half of the day, and the day.
            ("2026-11-24T07:00", NOW, "", "8:00?", "2026-11-24 08:00+01:00"),
            ("2026-11-27T19:00", NOW, "", "8:00?", "2026-11-27 20:00+01:00"),
            ("2026-11-24T07:00", NOW, "", "1:00?", "2026-11-24 13:00+01:00"),
            ("2026-11-24T11:00", NOW, "", "1:00?", "2026-11-24 13:00+01:00"),
            ("2026-11-24T23:00", NOW, "", "1:00?", "2026-11-25 01:00+01:00"),
            ("2026-11-25T00:30", NOW, "", "11:00?", "2026-11-24 23:00+01:00"),
            ("2026-11-27T19:00", NOW, "", "8:00", "2026-11-27 08:00+01:00"),
            ("2026-11-27T07:00", NOW, "", "20:15", "2026-11-27 20:15+01:00"),
            // The time.
            ("2026-11-24T07:00", NOW, "friday", "", "2026-11-27 07:00+01:00"),
            ("2026-11-24T16:30", NOW, "friday", "5:00?", "2026-11-27 17:00+01:00"),
            ("2026-11-24T09:00", NOW, "friday", "12:00?", "2026-11-27 12:00+01:00"),
            // What has passed is refused where a day was said, and else the next of its kind.
            ("2026-11-24T07:00", NOW, "+0", "8:00", "past 2026-11-23 08:00"),
            ("2026-11-24T07:00", NOW, "-1", "", "past 2026-11-22 07:00"),
            ("2026-11-23T19:00", NOW, "", "8:00", "2026-11-24 08:00+01:00"),
            ("2026-11-23T19:00", "2026-11-23T18:30[Europe/Paris]", "", "6:00?", "2026-11-24 06:00+01:00"),
            ("2026-11-24T07:00", NOW, "", "25:00", "Nowhere"),
            ("2026-11-24T07:00", NOW, "christmas", "", "Nowhere"),
            // 29 March 2026, 2:00 is followed by 3:00; 25 October 2026, 3:00 by 2:00.
            ("2026-03-29T07:00", "2026-03-28T12:00[Europe/Paris]", "", "2:30", "2026-03-29 03:00+02:00"),
            ("2026-10-25T07:00", "2026-10-24T12:00[Europe/Paris]", "", "2:30?", "2026-10-25 02:30+02:00"),
        ] {
            let now: Zoned = now.parse().unwrap();
            let found = moved(&alarm(was, None), &to(day, time), &now, &Workdays::default());
            assert_eq!(told(found), expected, "{was} to {day} {time}");
        }
    }

    #[test]
    fn what_comes_again_goes_on_doing_so() {
        let now: Zoned = NOW.parse().unwrap();
        let monday = || Some(Repeat::Weekly(vec![jiff::civil::Weekday::Monday]));
        let work = || Some(Repeat::Workdays);
        let (plain, china) = (Workdays::default(), Workdays::of(Some("CN")));
        let (kept, at) = moved(&alarm("2026-11-24T07:00", work()), &to("", "8:00?"), &now, &plain).unwrap();
        assert_eq!((kept.repeat, at.strftime("%F %R").to_string()), (work(), "2026-11-24 08:00".into()));
        let later = SignedDuration::from_mins(30);
        for (was, repeat, found) in [
            ("2026-11-30T07:00", monday(), "2026-11-30 07:30+01:00"),
            ("2026-11-30T23:50", monday(), "again"),
            ("2026-11-24T15:20", work(), "2026-11-23 15:50+01:00"),
        ] {
            assert_eq!(told(shifted(&alarm(was, repeat), later, &now, &plain)), found, "{was}");
        }
        for (to, found) in [
            (to("friday", ""), "again"),
            (When { after_s: Some(60), ..When::default() }, "again"),
            (When { repeat: work(), ..When::default() }, "2026-11-24 07:00+01:00"),
            (When { repeat: Some(Repeat::Every(3_600)), ..When::default() }, "2026-11-23 16:42+01:00"),
        ] {
            assert_eq!(told(moved(&alarm("2026-11-30T07:00", monday()), &to, &now, &plain)), found, "{to}");
        }
        // The spring festival of 2026 is not worked there.
        let now: Zoned = "2026-02-14T08:30[Asia/Shanghai]".parse().unwrap();
        let found = moved(&alarm("2026-02-24T07:00", work()), &to("", "8:00?"), &now, &china);
        assert_eq!(told(found), "2026-02-24 08:00+08:00");
    }

    #[test]
    fn so_much_later_is_by_the_clock_on_the_wall() {
        let hour = SignedDuration::from_hours(1);
        for (was, now, by, expected) in [
            ("2026-11-24T07:00", NOW, hour / 2, "2026-11-24 07:30+01:00"),
            ("2026-11-23T16:00", NOW, -hour / 4, "2026-11-23 15:45+01:00"),
            ("2026-11-23T16:00", NOW, -hour, "past 2026-11-23 15:00"),
            ("2026-11-24T23:30", NOW, hour, "2026-11-25 00:30+01:00"),
            ("2026-03-29T01:30", "2026-03-28T12:00[Europe/Paris]", hour, "2026-03-29 03:00+02:00"),
            ("2026-03-28T07:00", "2026-03-27T12:00[Europe/Paris]", hour * 24, "2026-03-29 07:00+02:00"),
        ] {
            let now: Zoned = now.parse().unwrap();
            let found = shifted(&alarm(was, None), by, &now, &Workdays::default());
            assert_eq!(told(found), expected, "{was} by {by}");
        }
        let now: Zoned = NOW.parse().unwrap();
        let rings = Entry { stand: Stand::Ringing(now.timestamp()), ..alarm("2026-11-23T15:42", None) };
        let found = shifted(&rings, hour, &now, &Workdays::default());
        assert_eq!(told(found), "2026-11-23 16:42+01:00");
    }
}

//! Spans: lengths of time and moments to come, in words.
//!
//! Enters: ms, and moments with the time it is. Leaves: "3 minutes 20 seconds", "tomorrow at 7 o'clock in the morning",
//! "every workday". Never here: whole sentences.

use jiff::{Zoned, civil::Date};

use super::{SkillContext, clock};
use crate::flow::Repeat;

/// The units from the longest on: seconds, English, Mandarin with more behind it, Mandarin alone.
const UNITS: [(i64, &str, &str, &str); 4] = [
    (86_400, "day", "天", "天"),
    (3_600, "hour", "小时", "小时"),
    (60, "minute", "分", "分钟"),
    (1, "second", "秒", "秒"),
];

/// `ms` as a length, rounded up to the second: "1 hour 20 minutes", 3分20秒.
pub(super) fn length(ms: i64, context: &SkillContext) -> String {
    let parts = parts(ms);
    if context.in_mandarin() {
        return mandarin(&parts);
    }
    let words = |(count, unit): &(i64, usize)| {
        let name = UNITS[*unit].1;
        format!("{count} {name}{}", if *count == 1 { "" } else { "s" })
    };
    parts.iter().map(words).collect::<Vec<_>>().join(" ")
}

/// The same with its two longest units: nobody wants the seconds of three days.
pub(super) fn roughly(ms: i64, context: &SkillContext) -> String {
    let shorter = parts(ms).first().map_or(1, |(_, unit)| UNITS.get(unit + 1).map_or(1, |unit| unit.0));
    let seconds = seconds(ms);
    length((seconds - seconds % shorter).saturating_mul(1_000), context)
}

/// How long ago something was, without the seconds of what is over for a minute.
pub(super) fn ago(ms: i64, context: &SkillContext) -> String {
    roughly(if ms < 60_000 { ms } else { ms - ms % 60_000 }, context)
}

/// The same before a noun: "10 minute", 10分钟.
pub(super) fn adjective(ms: i64, context: &SkillContext) -> String {
    let parts = parts(ms);
    if context.in_mandarin() {
        return mandarin(&parts);
    }
    let words = |(count, unit): &(i64, usize)| format!("{count} {}", UNITS[*unit].1);
    parts.iter().map(words).collect::<Vec<_>>().join(" ")
}

fn seconds(ms: i64) -> i64 {
    ms.max(0).saturating_add(999) / 1_000
}

/// How many of which units.
fn parts(ms: i64) -> Vec<(i64, usize)> {
    let mut rest = seconds(ms);
    let mut parts = Vec::new();
    for (index, (length, ..)) in UNITS.iter().enumerate() {
        let count = rest / length;
        rest %= length;
        if count > 0 {
            parts.push((count, index));
        }
    }
    if parts.is_empty() {
        parts.push((0, UNITS.len() - 1));
    }
    parts
}

fn mandarin(parts: &[(i64, usize)]) -> String {
    let last = parts.len().saturating_sub(1);
    let words = |(place, (count, unit)): (usize, &(i64, usize))| {
        let (_, _, within, alone) = UNITS[*unit];
        format!("{count}{}", if place == last { alone } else { within })
    };
    parts.iter().enumerate().map(words).collect()
}

/// When `at` is: "tomorrow at 7 o'clock in the morning", 明天早上7点整.
pub(super) fn moment(at: &Zoned, context: &SkillContext) -> String {
    let (day, time) = (day(at.date(), context), clock::time(at, context));
    if context.in_mandarin() { format!("{day}{time}") } else { format!("{day} at {time}") }
}

/// Which day `date` is: "tomorrow", "Thursday", 明天.
pub(super) fn day(date: Date, context: &SkillContext) -> String {
    let today = context.now.date();
    let days = date.duration_since(today).as_hours() / 24;
    let (weekday, weekday_han) = clock::weekday(date.weekday());
    let month = clock::month(date.month());
    if context.in_mandarin() {
        return match days {
            0 => "今天".to_owned(),
            1 => "明天".to_owned(),
            2 => "后天".to_owned(),
            3..=6 => weekday_han.to_owned(),
            _ if date.year() == today.year() => format!("{}月{}日", date.month(), date.day()),
            _ => format!("{}年{}月{}日", date.year(), date.month(), date.day()),
        };
    }
    match days {
        0 => "today".to_owned(),
        1 => "tomorrow".to_owned(),
        2..=6 => weekday.to_owned(),
        _ if date.year() == today.year() => format!("{weekday}, {month} {}", date.day()),
        _ => format!("{month} {}, {}", date.day(), date.year()),
    }
}

/// How often: "every workday", 每个工作日.
pub(super) fn often(repeat: &Repeat, context: &SkillContext) -> String {
    let mandarin = context.in_mandarin();
    let text = |english: &str, han: &str| if mandarin { han.to_owned() } else { english.to_owned() };
    match repeat {
        Repeat::Weekly(days) if days.len() >= 7 => text("every day", "每天"),
        Repeat::Weekly(days) => {
            let names: Vec<_> = days.iter().map(|day| clock::weekday(*day)).collect();
            let (last, rest) = match names.split_last() {
                Some((last, rest)) => (last.0, rest),
                None => ("week", &names[..]),
            };
            let rest = rest.iter().map(|name| name.0).collect::<Vec<_>>().join(", ");
            let and = if rest.is_empty() { "" } else { " and " };
            let han = names.iter().map(|name| name.1).collect::<Vec<_>>().join("、");
            if mandarin { format!("每{han}") } else { format!("every {rest}{and}{last}") }
        }
        Repeat::Workdays => text("every workday", "每个工作日"),
        Repeat::Monthly(day) if mandarin => format!("每月{day}日"),
        Repeat::Monthly(day) => format!("every month on day {day}"),
        Repeat::Yearly { month, day } if mandarin => format!("每年{month}月{day}日"),
        Repeat::Yearly { month, day } => {
            format!("every {} {day}", clock::month(i8::try_from(*month).unwrap_or(1)))
        }
        Repeat::Every(seconds) => {
            let ms = i64::try_from(*seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
            let length = length(ms, context);
            if mandarin { format!("每隔{length}") } else { format!("every {length}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::Weekday;

    use super::*;
    use crate::{flow::Language, skills::context::tests::at};

    #[test]
    fn lengths_and_moments_are_told() {
        let now = "2026-11-23T15:42[Europe/Paris]";
        let (english, mandarin) = (at(now, &Language::ENGLISH), at(now, &Language::MANDARIN));
        let lengths = [
            (200_000, "3 minutes 20 seconds", "3分20秒", "3 minutes 20 seconds"),
            (199_001, "3 minutes 20 seconds", "3分20秒", "3 minutes 20 seconds"),
            (1_000, "1 second", "1秒", "1 second"),
            (600_000, "10 minutes", "10分钟", "10 minutes"),
            (5_400_000, "1 hour 30 minutes", "1小时30分钟", "1 hour 30 minutes"),
            (3_601_000, "1 hour 1 second", "1小时1秒", "1 hour"),
            (90_061_000, "1 day 1 hour 1 minute 1 second", "1天1小时1分1秒", "1 day 1 hour"),
            (0, "0 seconds", "0秒", "0 seconds"),
            (-5, "0 seconds", "0秒", "0 seconds"),
        ];
        for (ms, plain, han, rough) in lengths {
            assert_eq!([length(ms, &english), length(ms, &mandarin)], [plain, han]);
            assert_eq!(roughly(ms, &english), rough);
        }
        assert_eq!([ago(1_501_000, &english), ago(59_000, &english)], ["25 minutes", "59 seconds"]);
        assert_eq!(adjective(5_400_000, &english), "1 hour 30 minute");
        let moments = [
            ("2026-11-23T19:00", "today at 7 o'clock in the evening", "今天晚上7点整"),
            ("2026-11-24T07:05", "tomorrow at 7:05 in the morning", "明天早上7点5分"),
            ("2026-11-25T12:00", "Wednesday at noon", "后天中午12点整"),
            ("2026-12-04T12:00", "Friday, December 4 at noon", "12月4日中午12点整"),
            ("2027-07-04T12:00", "July 4, 2027 at noon", "2027年7月4日中午12点整"),
        ];
        for (when, plain, han) in moments {
            let when: Zoned = format!("{when}[Europe/Paris]").parse().unwrap();
            assert_eq!([moment(&when, &english), moment(&when, &mandarin)], [plain, han]);
        }
        let repeats = [
            (Repeat::Weekly(vec![Weekday::Monday]), "every Monday", "每星期一"),
            (
                Repeat::Weekly(vec![Weekday::Monday, Weekday::Tuesday, Weekday::Sunday]),
                "every Monday, Tuesday and Sunday",
                "每星期一、星期二、星期日",
            ),
            (Repeat::Every(7_200), "every 2 hours", "每隔2小时"),
            (Repeat::Yearly { month: 2, day: 29 }, "every February 29", "每年2月29日"),
        ];
        for (repeat, plain, han) in repeats {
            assert_eq!([often(&repeat, &english), often(&repeat, &mandarin)], [plain, han]);
        }
    }
}

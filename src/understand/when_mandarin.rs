//! Mandarin stretches of a moment: 明天, 下午三点半, 每周一三五, 十分钟后, 今晚.
//!
//! Enters: tokens, simplified. Leaves: what all of them say. Never here: how stretches fit together.

use jiff::civil::Weekday;

use super::{
    days, duration, mandarin, numbers,
    when::{Part, Said, clock, within},
};
use crate::flow::{Language, Repeat, TimeOfDay};

/// The most characters of one stretch: 2027年十二月三十一号.
pub(super) const STRETCH: usize = 12;

const WEEK: [Weekday; 7] = [
    Weekday::Monday,
    Weekday::Tuesday,
    Weekday::Wednesday,
    Weekday::Thursday,
    Weekday::Friday,
    Weekday::Saturday,
    Weekday::Sunday,
];

/// What all of `tokens` say.
pub(super) fn said(tokens: &[&str]) -> Option<Said> {
    let tokens = tokens.strip_prefix(&["在"]).unwrap_or(tokens);
    let tokens =
        tokens.strip_suffix(&["的"]).or_else(|| tokens.strip_suffix(&["的", "时", "候"])).unwrap_or(tokens);
    let day = || {
        let day = days::day(tokens, &Language::MANDARIN)?;
        (!day.starts_with('-') && !day.starts_with("week-")).then_some(Said::Day(day))
    };
    // A stretch of time has no day's name in it, and three days later is a day.
    day()
        .or_else(|| after(tokens))
        .or_else(|| part(&tokens.concat()).map(Said::Part))
        .or_else(|| day_part(&tokens.concat()))
        .or_else(|| repeat(tokens))
        .or_else(|| time(tokens).map(Said::Time))
}

fn after(tokens: &[&str]) -> Option<Said> {
    let length = match tokens {
        ["再", "过", length @ ..] | ["过", length @ ..] => {
            length.strip_suffix(&["后"]).or_else(|| length.strip_suffix(&["以", "后"])).unwrap_or(length)
        }
        [length @ .., "以" | "之", "后"] | [length @ .., "后"] => length,
        _ => return None,
    };
    duration::whole_seconds(length, &Language::MANDARIN).map(Said::After)
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "早上" | "早晨" | "清晨" | "上午" | "一早" | "大早上" => Part::Morning,
        "中午" => Part::Noon,
        "下午" | "午后" => Part::Afternoon,
        "傍晚" => Part::Evening,
        "晚上" | "夜里" | "夜晚" | "晚间" | "半夜" | "深夜" => Part::Night,
        "凌晨" => Part::SmallHours,
        _ => return None,
    })
}

fn day_part(name: &str) -> Option<Said> {
    let (day, part) = match name {
        "今早" => ("+0", Part::Morning),
        "今晚" => ("+0", Part::Night),
        "明早" => ("+1", Part::Morning),
        "明晚" => ("+1", Part::Night),
        "后晚" => ("+2", Part::Night),
        "每晚" => return Some(Said::RepeatPart(Repeat::Weekly(WEEK.into()), Part::Night)),
        "每早" => return Some(Said::RepeatPart(Repeat::Weekly(WEEK.into()), Part::Morning)),
        _ => return None,
    };
    Some(Said::DayPart(day.to_owned(), part))
}

fn repeat(tokens: &[&str]) -> Option<Said> {
    let repeat = match tokens.concat().as_str() {
        "每天" | "每日" | "天天" | "每一天" => Repeat::Weekly(WEEK.into()),
        "工作日" | "每个工作日" | "每工作日" | "平日" | "每个上班日" => Repeat::Workdays,
        "每周末" | "每个周末" | "每逢周末" => {
            Repeat::Weekly(vec![Weekday::Saturday, Weekday::Sunday])
        }
        _ => {
            let ["每", rest @ ..] = tokens else {
                // 周一到周五 comes again, a single day of the week does not.
                let several = tokens.iter().any(|token| matches!(*token, "到" | "至" | "和"));
                return weekly(tokens).filter(|_| several).map(Said::Repeat);
            };
            let rest = rest.strip_prefix(&["个"]).or_else(|| rest.strip_prefix(&["逢"])).unwrap_or(rest);
            weekly(rest).or_else(|| dated(rest)).or_else(|| every(rest))?
        }
    };
    Some(Said::Repeat(repeat))
}

/// 周一, 周一三五, 星期一到星期五, 周一和周三.
fn weekly(tokens: &[&str]) -> Option<Repeat> {
    let (mut days, mut rest, mut span): (Vec<Weekday>, &[&str], bool) = (Vec::new(), tokens, false);
    let week = |tokens: &[&str]| match tokens {
        ["周", ..] => 1,
        ["星", "期", ..] | ["礼", "拜", ..] => 2,
        _ => 0,
    };
    if week(rest) == 0 {
        return None;
    }
    while !rest.is_empty() {
        rest = &rest[week(rest)..];
        let (name, after) = rest.split_first()?;
        let place = match *name {
            "日" | "天" => 6,
            _ => usize::try_from(mandarin::digit(name)?.checked_sub(1)?).ok().filter(|place| *place < 6)?,
        };
        let from = if span { WEEK.iter().position(|day| days.last() == Some(day))? + 1 } else { place };
        days.extend(WEEK.get(from..=place)?);
        (rest, span) = match after {
            ["到" | "至", more @ ..] => (more, true),
            ["和" | "跟" | "与", "每", more @ ..] | ["和" | "跟" | "与", more @ ..] => (more, false),
            _ => (after, false),
        };
        if rest.is_empty() && !after.is_empty() {
            return None;
        }
    }
    Some(Repeat::Weekly(days))
}

/// 月一号 and 年七月四号, after 每.
fn dated(tokens: &[&str]) -> Option<Repeat> {
    let language = Language::MANDARIN;
    let number = |tokens: &[&str]| numbers::whole(tokens, &language)?.exact.parse::<u8>().ok();
    match tokens {
        ["月", "的", day @ .., "号" | "日"] | ["月", day @ .., "号" | "日"] => {
            number(day).filter(|day| (1..=31).contains(day)).map(Repeat::Monthly)
        }
        ["年", "的", date @ ..] | ["年", date @ ..] => {
            let date = days::day(date, &language)?;
            let (month, day) = date.split_once('-').filter(|(month, _)| month.len() == 2)?;
            Some(Repeat::Yearly { month: month.parse().ok()?, day: day.parse().ok()? })
        }
        _ => None,
    }
}

/// 小时, 隔两小时, 三十分钟, after 每.
fn every(tokens: &[&str]) -> Option<Repeat> {
    let length = match tokens {
        // Every other day is at an hour that nobody said, and may be on either day.
        [.., "天" | "周" | "期" | "拜"] => return None,
        ["小", "时"] | ["钟", "头"] => 3_600,
        ["分", "钟"] => 60,
        _ => {
            let length = tokens.strip_prefix(&["隔"]).unwrap_or(tokens);
            duration::whole_seconds(length, &Language::MANDARIN)?
        }
    };
    Some(Repeat::Every(length))
}

fn time(tokens: &[&str]) -> Option<TimeOfDay> {
    match tokens {
        // 早八点, 晚8点.
        ["早", rest @ ..] => return within(time(rest)?, Part::Morning).map(|(time, _)| time),
        ["晚", rest @ ..] => {
            return within(time(rest)?, Part::Night).and_then(|(time, next_day)| (!next_day).then_some(time));
        }
        ["正", "午"] => return clock(12, 0, true),
        ["午", "夜"] => return clock(0, 0, true),
        _ => {}
    }
    let number = |tokens: &[&str]| numbers::whole(tokens, &Language::MANDARIN)?.exact.parse::<u8>().ok();
    // 7:30
    if let [hour, minute] = tokens
        && minute.len() == 2
        && hour.bytes().chain(minute.bytes()).all(|b| b.is_ascii_digit())
    {
        return clock(hour.parse().ok()?, minute.parse().ok()?, hour.len() > 1 && hour.starts_with('0'));
    }
    // 差五分八点, 差一刻九点, 九点差五分.
    let before = |minutes: &[&str]| match minutes {
        ["一", "刻"] | ["一", "刻", "钟"] => Some(15),
        [count @ .., "分", "钟"] | [count @ .., "分"] => {
            number(count).filter(|count| (1..60).contains(count))
        }
        _ => None,
    };
    let o_clock = tokens.iter().position(|token| matches!(*token, "点" | "时"))?;
    let (said, minutes) = (&tokens[..o_clock], &tokens[o_clock + 1..]);
    let (hour, less) = match (said, minutes) {
        (["差", early @ ..], []) => {
            let split = early.iter().rposition(|token| matches!(*token, "分" | "刻" | "钟"))? + 1;
            (number(&early[split..])?, before(&early[..split])?)
        }
        (hour, ["差", early @ ..]) => (number(hour)?, before(early)?),
        (hour, minutes) => {
            let minute = match minutes {
                [] | ["钟" | "整"] | ["钟", "整"] => 0,
                ["半"] => 30,
                ["一", "刻"] => 15,
                ["三", "刻"] => 45,
                ["过", rest @ .., "分"] | ["零", rest @ .., "分"] | [rest @ .., "分"] => number(rest)?,
                ["零", rest] => number(&[*rest]).filter(|minute| *minute < 10)?,
                // 七点三 is said by nobody, and 七点三十 is a time.
                rest => number(rest).filter(|minute| *minute > 9)?,
            };
            return clock(number(hour)?, minute, false).filter(|_| hour.len() < 4);
        }
    };
    let time = clock(hour, 0, false)?;
    let hour = (time.hour + 23) % 24;
    let hour = if time.either_half && hour == 0 { 12 } else { hour };
    Some(TimeOfDay { hour, minute: 60 - less, ..time })
}

#[cfg(test)]
mod tests {
    use crate::{flow::Language, understand::when::tests::read};

    #[test]
    fn mandarin_moments() {
        let table = [
            ("早上七点", "07:00"),
            ("七点", "07:00 or 12 hours later"),
            ("明天下午三点半", "+1 15:30"),
            ("每天早上六点", "every monday, tuesday, wednesday, thursday, friday, saturday, sunday 06:00"),
            ("工作日早上七点", "every workday 07:00"),
            ("十分钟后", "in 600 s"),
            ("半个小时以后", "in 1800 s"),
            ("再过一个半小时", "in 5400 s"),
            ("下周一上午九点一刻", "week+1 monday 09:15"),
            ("晚上八点", "20:00"),
            ("晚上十二点", "00:00"),
            ("今天晚上十二点", "+1 00:00"),
            ("中午", "12:00"),
            ("中午十二点半", "12:30"),
            ("中午一点", "13:00"),
            ("凌晨两点", "02:00"),
            ("每周一三五晚上九点", "every monday, wednesday, friday 21:00"),
            (
                "每周一到周五七点二十分",
                "every monday, tuesday, wednesday, thursday, friday 07:20 or 12 hours later",
            ),
            ("周一到周三", "every monday, tuesday, wednesday"),
            ("每星期三", "every wednesday"),
            ("每个月十五号上午十点", "every month, day 15 10:00"),
            ("每年七月四号", "every year, 07-04"),
            ("每两个小时", "every 7200 s"),
            ("每小时", "every 3600 s"),
            ("差五分八点", "07:55 or 12 hours later"),
            ("九点差一刻", "08:45 or 12 hours later"),
            ("早上7:30", "07:30"),
            ("下午3点05分", "15:05"),
            ("七点零五", "07:05 or 12 hours later"),
            ("19点", "19:00"),
            ("十九点整", "19:00"),
            ("今晚", "+0 20:00"),
            ("明早八点", "+1 08:00"),
            ("明天早上", "+1 09:00"),
            ("三天后", "+3"),
            ("後天下午兩點鐘", "+2 14:00"),
            ("七月四号上午十点", "07-04 10:00"),
            ("每晚十点", "every monday, tuesday, wednesday, thursday, friday, saturday, sunday 22:00"),
            ("下个月五号早上九点", "month+1 day 5 09:00"),
            ("十五号晚上八点", "day 15 20:00"),
            ("晚8点", "20:00"),
            ("明天早八点半", "+1 08:30"),
            ("每隔一天", "-"),
            ("每三天", "-"),
            ("昨天", "-"),
            ("二十五点", "-"),
            ("早上晚上", "-"),
            ("凌晨", "-"),
            ("每周", "-"),
            ("每周一到", "-"),
            ("点", "-"),
            ("五分钟", "-"),
        ];
        for (text, expected) in table {
            assert_eq!(read(text, &Language::MANDARIN, false), expected, "{text}");
        }
    }
}

//! Days: "tomorrow", "in three days", "next friday", "4 July 2027", in the form a clock can resolve.
//!
//! Enters: tokens. Leaves: one of `+3` (days from today), `friday` (the first after today), `last friday`,
//! `week+1 friday` (of the next week, weeks begin on Monday), `2027-07-04`, `07-04`, `day 5` (the next fifth of a month),
//! `month+1 day 5` (of the next month), or the rule of a festival. Never here: the clock.

use jiff::civil::Date;

use super::{english, festivals, mandarin, numbers, spelling::sounds_like};
use crate::flow::Language;

const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const MONTHS: [(&str, &str); 12] = [
    ("january", "jan"),
    ("february", "feb"),
    ("march", "mar"),
    ("april", "apr"),
    ("may", "may"),
    ("june", "jun"),
    ("july", "jul"),
    ("august", "aug"),
    ("september", "sept"),
    ("october", "oct"),
    ("november", "nov"),
    ("december", "dec"),
];

/// How far from today a day may be asked for: about 270 years.
const FARTHEST_DAYS: i32 = 100_000;

/// The day that `tokens` name as a whole.
pub(super) fn day(tokens: &[&str], language: &Language) -> Option<String> {
    let mandarin = *language == Language::MANDARIN;
    let tokens = tokens.strip_prefix(&["on"]).filter(|_| !mandarin).unwrap_or(tokens);
    let found = if mandarin { in_mandarin(tokens) } else { in_english(tokens) };
    found.or_else(|| festivals::day(tokens, language))
}

fn in_english(tokens: &[&str]) -> Option<String> {
    match tokens {
        ["today"] => Some(from_today(0)),
        [name] if sounds_like(name, "tomorrow") => Some(from_today(1)),
        ["yesterday"] => Some(from_today(-1)),
        ["the", "day", "after", name] | ["day", "after", name] if sounds_like(name, "tomorrow") => {
            Some(from_today(2))
        }
        ["the", "day", "before", "yesterday"] => Some(from_today(-2)),
        ["in", rest @ .., unit] => span(rest, unit).map(from_today),
        [rest @ .., unit, "ago"] => span(rest, unit).map(|days| from_today(-days)),
        [rest @ .., unit, "from", "now" | "today"] => span(rest, unit).map(from_today),
        ["this" | "the" | "coming", name] | [name] if weekday(name).is_some() => {
            weekday(name).map(str::to_owned)
        }
        ["next", name] | ["next", "week", name] | ["next", "week", "on", name] | [name, "next", "week"] => {
            weekday(name).map(|name| format!("week+1 {name}"))
        }
        ["last", name] => weekday(name).map(|name| format!("last {name}")),
        // "Tuesday, March 5th": the date is the closer word.
        [name, date @ ..] if weekday(name).is_some() => calendar(date).or_else(|| of_month(date)),
        _ => calendar(tokens).or_else(|| of_month(tokens)),
    }
}

/// "the 5 th", "the fifth of next month", "next month on the 5 th".
fn of_month(tokens: &[&str]) -> Option<String> {
    let (day, next) = match tokens {
        [day @ .., "of", "next", "month"] | ["next", "month", "on", day @ ..] => (day, true),
        [day @ .., "of", "this" | "the", "month"] => (day, false),
        _ => (tokens, false),
    };
    let number = day.strip_prefix(&["the"]).unwrap_or(day);
    let (count, used) = english::ordinal(number).filter(|(count, _)| (1..=31).contains(count))?;
    // A number alone is no day.
    let ordinal = number.len() > 1 || number[0].bytes().all(|b| b.is_ascii_lowercase());
    let month = if next { "month+1 " } else { "" };
    (used == number.len() && ordinal).then(|| format!("{month}day {count}"))
}

/// "three" + "weeks" as days.
fn span(count: &[&str], unit: &str) -> Option<i32> {
    let length = match unit {
        "day" | "days" => 1,
        "week" | "weeks" => 7,
        _ => return None,
    };
    let count = match count {
        ["a" | "one"] => 1,
        ["a", "couple", "of"] | ["a", "couple"] => 2,
        _ => whole(count, &Language::ENGLISH)?,
    };
    count.checked_mul(length).filter(|days| *days <= FARTHEST_DAYS)
}

fn weekday(name: &str) -> Option<&'static str> {
    WEEKDAYS.into_iter().find(|day| sounds_like(name, day))
}

/// "july 4 th 2027", "the fourth of july", "4 july".
fn calendar(tokens: &[&str]) -> Option<String> {
    let tokens = tokens.strip_prefix(&["the"]).unwrap_or(tokens);
    if let Some((day, used)) = english::ordinal(tokens) {
        let rest = &tokens[used..];
        let rest = rest.strip_prefix(&["of"]).unwrap_or(rest);
        let (name, rest) = rest.split_first()?;
        return date(year(rest)?, month(name)?, day);
    }
    let (name, rest) = tokens.split_first()?;
    let month = month(name)?;
    let rest = rest.strip_prefix(&["the"]).unwrap_or(rest);
    let (day, used) = english::ordinal(rest).or_else(|| {
        // "july fourth" and "july four"; the year may follow, so the shorter reading comes first.
        [1, 2].into_iter().find_map(|used| {
            let day = whole(rest.get(..used)?, &Language::ENGLISH)?;
            Some((u128::try_from(day).ok()?, used))
        })
    })?;
    date(year(&rest[used..])?, month, day)
}

/// Whether `name` is a month.
pub(super) fn is_month(name: &str) -> bool {
    month(name).is_some()
}

fn month(name: &str) -> Option<i8> {
    let fits = |(long, short): &(&str, &str)| sounds_like(name, long) || name == *short;
    MONTHS.iter().zip(1..).find(|(names, _)| fits(names)).map(|(_, number)| number)
}

/// The year in all of `tokens`: `Some(None)` where none is said, `None` where they are something else.
fn year(tokens: &[&str]) -> Option<Option<i16>> {
    let tokens = tokens.strip_prefix(&["in"]).unwrap_or(tokens);
    if tokens.is_empty() {
        return Some(None);
    }
    let language = Language::ENGLISH;
    let year = whole(tokens, &language).or_else(|| {
        // "twenty twenty seven"
        let (century, rest) = tokens.split_first()?;
        let century = whole(&[century], &language)?.checked_mul(100)?;
        century.checked_add(whole(rest, &language).filter(|y| *y < 100)?)
    })?;
    i16::try_from(year).ok().filter(|y| (1000..=9999).contains(y)).map(Some)
}

/// The date, if the calendar has it.
fn date(year: Option<i16>, month: i8, day: u128) -> Option<String> {
    let day = i8::try_from(day).ok()?;
    // 2024 is a leap year, so that 29 February passes where no year is said.
    let date = Date::new(year.unwrap_or(2024), month, day).ok()?;
    Some(if year.is_some() { date.to_string() } else { format!("{month:02}-{day:02}") })
}

fn from_today(days: i32) -> String {
    format!("{days:+}")
}

fn whole(tokens: &[&str], language: &Language) -> Option<i32> {
    numbers::whole(tokens, language)?.exact.parse().ok()
}

fn in_mandarin(tokens: &[&str]) -> Option<String> {
    let days = match tokens.concat().as_str() {
        "今天" | "今日" | "今儿" => Some(0),
        "明天" | "明日" | "明儿" => Some(1),
        "后天" => Some(2),
        "大后天" => Some(3),
        "昨天" | "昨日" => Some(-1),
        "前天" => Some(-2),
        "大前天" => Some(-3),
        _ => None,
    };
    days.map(from_today)
        .or_else(|| mandarin_weekday(tokens))
        .or_else(|| mandarin_date(tokens))
        .or_else(|| mandarin_of_month(tokens))
        .or_else(|| mandarin_span(tokens))
}

fn mandarin_weekday(tokens: &[&str]) -> Option<String> {
    let (week, rest) = match tokens {
        ["下", "个", rest @ ..] | ["下", rest @ ..] => (Some(1), rest),
        ["上", "个", rest @ ..] | ["上", rest @ ..] => (Some(-1), rest),
        ["这", "个", rest @ ..] | ["这" | "本", rest @ ..] => (Some(0), rest),
        _ => (None, tokens),
    };
    let name = match rest {
        ["周", name] | ["星", "期", name] | ["礼", "拜", name] => *name,
        _ => return None,
    };
    let index = match name {
        "日" | "天" => 6,
        _ => usize::try_from(mandarin::digit(name)?.checked_sub(1)?).ok().filter(|i| *i < 6)?,
    };
    let day = WEEKDAYS[index];
    Some(week.map_or_else(|| day.to_owned(), |week: i32| format!("week{week:+} {day}")))
}

/// 2027年7月4号, 七月四日.
fn mandarin_date(tokens: &[&str]) -> Option<String> {
    let language = Language::MANDARIN;
    let mut year = None;
    let mut rest = tokens;
    if let Some(at) = rest.iter().position(|t| *t == "年") {
        year = match &rest[..at] {
            ["今"] => None,
            said => Some(i16::try_from(whole(said, &language)?).ok().filter(|y| (1000..=9999).contains(y))?),
        };
        rest = &rest[at + 1..];
    }
    let at = rest.iter().position(|t| *t == "月")?;
    let month = i8::try_from(whole(&rest[..at], &language)?).ok()?;
    let day = rest[at + 1..].strip_suffix(&["日"]).or_else(|| rest[at + 1..].strip_suffix(&["号"]))?;
    date(year, month, u128::try_from(whole(day, &language)?).ok()?)
}

/// 五号, 这个月五号, 下个月五号.
fn mandarin_of_month(tokens: &[&str]) -> Option<String> {
    let (month, rest) = match tokens {
        ["下", "个", "月", rest @ ..] | ["下", "月", rest @ ..] => ("month+1 ", rest),
        ["这", "个", "月", rest @ ..] | ["本" | "这", "月", rest @ ..] => ("", rest),
        _ => ("", tokens),
    };
    let [day @ .., "号" | "日"] = rest else { return None };
    let day = whole(day, &Language::MANDARIN).filter(|day| (1..=31).contains(day))?;
    Some(format!("{month}day {day}"))
}

/// 三天后, 再过两周, 五天前.
fn mandarin_span(tokens: &[&str]) -> Option<String> {
    let (rest, sign) = match tokens {
        ["再", "过", rest @ ..] | ["过", rest @ ..] => (rest, 1),
        [rest @ .., "以" | "之", "后"] | [rest @ .., "后"] => (rest, 1),
        [rest @ .., "以" | "之", "前"] | [rest @ .., "前"] => (rest, -1),
        _ => return None,
    };
    let (count, length) = match rest {
        [count @ .., "天"] => (count, 1),
        [count @ .., "个", "星", "期"] | [count @ .., "个", "礼", "拜"] => (count, 7),
        [count @ .., "星", "期"] | [count @ .., "周"] => (count, 7),
        _ => return None,
    };
    let days = whole(count, &Language::MANDARIN)?.checked_mul(length)?;
    (days <= FARTHEST_DAYS).then(|| from_today(days * sign))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::tokens::Tokenizer;

    fn read(text: &str, language: &Language) -> Option<String> {
        let words = Tokenizer::new().words(text);
        day(&words.iter().map(String::as_str).collect::<Vec<_>>(), language)
    }

    #[test]
    fn days_are_read() {
        let english: &[(&str, Option<&str>)] = &[
            ("tomorrow", Some("+1")),
            ("the day before yesterday", Some("-2")),
            ("in three days", Some("+3")),
            ("in a week", Some("+7")),
            ("two weeks ago", Some("-14")),
            ("10 days from now", Some("+10")),
            ("next Friday", Some("week+1 friday")),
            ("tommorow", Some("+1")),
            ("day after tomorrow", Some("+2")),
            ("friday next week", Some("week+1 friday")),
            ("in a couple of days", Some("+2")),
            ("on the 5th", Some("day 5")),
            ("the twenty first", Some("day 21")),
            ("the fifth of next month", Some("month+1 day 5")),
            ("Tuesday, March 5th", Some("03-05")),
            ("monday the 12th", Some("day 12")),
            ("the 5", None),
            ("the 32nd", None),
            ("5", None),
            ("on Wensday", None),
            ("on Saturday", Some("saturday")),
            ("last monday", Some("last monday")),
            ("July 4th, 2027", Some("2027-07-04")),
            ("the fourth of July", Some("07-04")),
            ("july fourth twenty twenty seven", Some("2027-07-04")),
            ("February twenty ninth", Some("02-29")),
            ("july fourth 2000000000 twenty", None),
            ("29 february 2027", None),
            ("february 30", None),
            ("in five minutes", None),
            ("michaelmas eve", None),
            ("on Christmas Eve", Some("12-24")),
            ("on Mother's Day", Some("sunday 2 in 05")),
            ("", None),
        ];
        let mandarin: &[(&str, Option<&str>)] = &[
            ("今天", Some("+0")),
            ("後天", Some("+2")),
            ("三天后", Some("+3")),
            ("两个星期以前", Some("-14")),
            ("再过十天", Some("+10")),
            ("下周五", Some("week+1 friday")),
            ("上個星期天", Some("week-1 sunday")),
            ("星期三", Some("wednesday")),
            ("七月四号", Some("07-04")),
            ("2027年7月4日", Some("2027-07-04")),
            ("二〇二七年十二月三十一号", Some("2027-12-31")),
            ("五号", Some("day 5")),
            ("下個月十五號", Some("month+1 day 15")),
            ("三十二号", None),
            ("二月三十号", None),
            ("星期八", None),
            ("三分钟后", None),
        ];
        for (text, expected) in english {
            assert_eq!(read(text, &Language::ENGLISH).as_deref(), *expected, "{text}");
        }
        for (text, expected) in mandarin {
            assert_eq!(read(text, &Language::MANDARIN).as_deref(), *expected, "{text}");
        }
    }
}

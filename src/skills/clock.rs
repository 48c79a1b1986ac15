//! Clock: the time here and elsewhere, the date, the day of the week, the month and the year.

use jiff::{
    Zoned,
    civil::{Date, Weekday},
    tz::TimeZoneDatabase,
};

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::text,
    day::{Day, resolve},
};
use crate::flow::Intent;

/// What the slot `zone` holds for a country with several zones; `understand/places.rs` writes it.
const SEVERAL: &str = "several";

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Answers `clock.time`, `clock.date`, `clock.day`, `clock.month` and `clock.year`.
pub(super) struct Clock {
    /// The zones compiled in, so that every machine gives the same answer.
    zones: TimeZoneDatabase,
}

impl Skill for Clock {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "clock.time" | "clock.date" | "clock.day" | "clock.month" | "clock.year")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        if intent.name == "clock.time" {
            return Ok(match text(intent, "place") {
                Some(place) => self.time_in(place, text(intent, "zone"), context),
                None => {
                    let time = time(&context.now, context);
                    Reply::in_language(context, format!("It's {time}."), format!("现在是{time}。"))
                }
            });
        }
        let today = context.now.date();
        if intent.name == "clock.month" {
            let (month, number) = (month(today.month()), today.month());
            return Ok(Reply::in_language(context, format!("It's {month}."), format!("现在是{number}月。")));
        }
        if intent.name == "clock.year" {
            let year = today.year();
            return Ok(Reply::in_language(context, format!("It's {year}."), format!("现在是{year}年。")));
        }
        let slot = text(intent, "day").unwrap_or("+0");
        let Some(day) = resolve(slot, today) else {
            return Ok(Reply::in_language(context, "I can't work out that date.", "我算不出这个日期。"));
        };
        Ok(if intent.name == "clock.date" { date_reply(day, context) } else { weekday_reply(day, context) })
    }
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { zones: TimeZoneDatabase::bundled() }
    }

    fn time_in(&self, place: &str, zone: Option<&str>, context: &SkillContext) -> Reply {
        let place = title(place);
        if zone == Some(SEVERAL) {
            return Reply::in_language(
                context,
                format!("{place} has several time zones. Which city do you mean?"),
                format!("{place}有好几个时区，你问的是哪个城市？"),
            );
        }
        let Some(zone) = zone.and_then(|zone| self.zones.get(zone).ok()) else {
            return Reply::in_language(
                context,
                format!("I don't know which time zone {place} is in."),
                format!("我不知道{place}在哪个时区。"),
            );
        };
        let there = context.now.with_time_zone(zone);
        let same_day = there.date() == context.now.date();
        let (weekday, weekday_han) = weekday(there.date().weekday());
        let time = time(&there, context);
        let (on, on_han) =
            if same_day { (String::new(), "") } else { (format!(" on {weekday}"), weekday_han) };
        Reply::in_language(
            context,
            format!("It's {time}{on} in {place}."),
            format!("{place}现在是{on_han}{time}。"),
        )
    }
}

/// A place's name with capitals, where it was typed or recognised without any.
pub(super) fn title(place: &str) -> String {
    if place.chars().any(char::is_uppercase) {
        return place.to_owned();
    }
    let word = |word: &str| {
        let mut letters = word.chars();
        match letters.next() {
            Some(first) if !matches!(word, "the" | "of" | "de" | "es") => {
                first.to_uppercase().chain(letters).collect()
            }
            _ => word.to_owned(),
        }
    };
    match place {
        "us" | "usa" | "uk" | "uae" | "nyc" | "la" | "utc" | "gmt" => place.to_uppercase(),
        _ => place.split(' ').map(word).collect::<Vec<_>>().join(" "),
    }
}

/// "3:42 in the afternoon", 下午3点42分.
pub(super) fn time(at: &Zoned, context: &SkillContext) -> String {
    let (hour, minute) = (at.hour(), at.minute());
    let full_day = context.clock_24h.unwrap_or(false);
    let twelve = if hour % 12 == 0 { 12 } else { hour % 12 };
    if context.in_mandarin() {
        let minutes = if minute == 0 { "整".to_owned() } else { format!("{minute}分") };
        if full_day {
            return format!("{hour}点{minutes}");
        }
        let part = match hour {
            0..=5 => "凌晨",
            6..=8 => "早上",
            9..=11 => "上午",
            12 => "中午",
            13..=17 => "下午",
            _ => "晚上",
        };
        let hour = if hour == 0 { 0 } else { twelve };
        return format!("{part}{hour}点{minutes}");
    }
    if full_day {
        return format!("{hour}:{minute:02}");
    }
    let part = match hour {
        0..=11 => "in the morning",
        12..=17 => "in the afternoon",
        18..=20 => "in the evening",
        _ => "at night",
    };
    match (hour, minute) {
        (0, 0) => "midnight".to_owned(),
        (12, 0) => "noon".to_owned(),
        (_, 0) => format!("{twelve} o'clock {part}"),
        _ => format!("{twelve}:{minute:02} {part}"),
    }
}

/// The weekday's names in English and Mandarin.
pub(super) const fn weekday(day: Weekday) -> (&'static str, &'static str) {
    match day {
        Weekday::Monday => ("Monday", "星期一"),
        Weekday::Tuesday => ("Tuesday", "星期二"),
        Weekday::Wednesday => ("Wednesday", "星期三"),
        Weekday::Thursday => ("Thursday", "星期四"),
        Weekday::Friday => ("Friday", "星期五"),
        Weekday::Saturday => ("Saturday", "星期六"),
        Weekday::Sunday => ("Sunday", "星期日"),
    }
}

/// The English name of a month, 1 to 12.
pub(super) fn month(month: i8) -> &'static str {
    MONTHS[usize::from(month.clamp(1, 12).unsigned_abs()) - 1]
}

/// "November 22, 2026", 2026年11月22日.
fn calendar(date: Date) -> (String, String) {
    let month = month(date.month());
    let english = format!("{month} {}, {}", date.day(), date.year());
    (english, format!("{}年{}月{}日", date.year(), date.month(), date.day()))
}

/// How a sentence about `day` begins: "Tomorrow is", 明天是.
fn opening(day: Day) -> (String, String) {
    match day.from_today {
        Some(0) => ("It's".into(), "今天是".into()),
        Some(1) => ("Tomorrow is".into(), "明天是".into()),
        Some(-1) => ("Yesterday was".into(), "昨天是".into()),
        Some(2) => ("The day after tomorrow is".into(), "后天是".into()),
        Some(-2) => ("The day before yesterday was".into(), "前天是".into()),
        Some(days) => {
            let count = days.unsigned_abs();
            if days > 0 {
                (format!("In {count} days it will be"), format!("{count}天后是"))
            } else {
                (format!("{count} days ago it was"), format!("{count}天前是"))
            }
        }
        None => ("That's".into(), "那天是".into()),
    }
}

fn date_reply(day: Day, context: &SkillContext) -> Reply {
    let ((english, mandarin), (date, date_han)) = (opening(day), calendar(day.date));
    let (weekday, weekday_han) = weekday(day.date.weekday());
    Reply::in_language(
        context,
        format!("{english} {weekday}, {date}."),
        format!("{mandarin}{date_han}，{weekday_han}。"),
    )
}

fn weekday_reply(day: Day, context: &SkillContext) -> Reply {
    let (weekday, weekday_han) = weekday(day.date.weekday());
    if day.from_today.is_some() {
        let (english, mandarin) = opening(day);
        return Reply::in_language(
            context,
            format!("{english} {weekday}."),
            format!("{mandarin}{weekday_han}。"),
        );
    }
    if !day.by_date {
        return date_reply(day, context);
    }
    let (date, date_han) = calendar(day.date);
    let is = if day.date < context.now.date() { "was" } else { "is" };
    Reply::in_language(context, format!("{date} {is} a {weekday}."), format!("{date_han}是{weekday_han}。"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Language, Slot, SlotValue},
        skills::context::tests::at,
    };

    fn ask(now: &str, name: &str, slots: &[(&'static str, &str)], full_day: Option<bool>) -> [String; 2] {
        let slots = slots
            .iter()
            .map(|(name, value)| Slot { name, value: SlotValue::Text((*value).into()), span: 0..0 })
            .collect();
        let intent = Intent { name: name.into(), slots };
        [Language::ENGLISH, Language::MANDARIN].map(|language| {
            let mut context = at(now, &language);
            context.clock_24h = full_day;
            Clock::new().answer(&intent, &context).unwrap().text
        })
    }

    #[test]
    fn times_are_told() {
        let table = [
            ("00:00", "It's midnight.", "现在是凌晨0点整。", "It's 0:00."),
            ("00:05", "It's 12:05 in the morning.", "现在是凌晨0点5分。", "It's 0:05."),
            ("07:00", "It's 7 o'clock in the morning.", "现在是早上7点整。", "It's 7:00."),
            ("12:00", "It's noon.", "现在是中午12点整。", "It's 12:00."),
            ("15:42", "It's 3:42 in the afternoon.", "现在是下午3点42分。", "It's 15:42."),
            ("18:30", "It's 6:30 in the evening.", "现在是晚上6点30分。", "It's 18:30."),
            ("23:59", "It's 11:59 at night.", "现在是晚上11点59分。", "It's 23:59."),
        ];
        for (time, english, mandarin, full_day) in table {
            let now = format!("2026-11-22T{time}[Europe/Paris]");
            assert_eq!(ask(&now, "clock.time", &[], None), [english, mandarin], "{time}");
            assert_eq!(ask(&now, "clock.time", &[], Some(true))[0], full_day, "{time}");
        }
        assert_eq!(ask("2026-11-22T15:42[UTC]", "clock.time", &[], Some(true))[1], "现在是15点42分。");
    }

    #[test]
    fn times_elsewhere_follow_zone_and_daylight_saving() {
        let table = [
            ("2026-11-22T15:42[UTC]", "tokyo", "Asia/Tokyo", "It's 12:42 in the morning on Monday in Tokyo."),
            (
                "2026-11-22T15:42[UTC]",
                "new york",
                "America/New_York",
                "It's 10:42 in the morning in New York.",
            ),
            (
                "2026-07-01T15:42[UTC]",
                "new york",
                "America/New_York",
                "It's 11:42 in the morning in New York.",
            ),
            ("2026-03-29T00:59[UTC]", "Paris", "Europe/Paris", "It's 1:59 in the morning in Paris."),
            ("2026-03-29T01:00[UTC]", "Paris", "Europe/Paris", "It's 3 o'clock in the morning in Paris."),
            (
                "2026-12-31T23:30[UTC]",
                "delhi",
                "Asia/Kolkata",
                "It's 5 o'clock in the morning on Friday in Delhi.",
            ),
            (
                "2026-11-22T15:42[UTC]",
                "the US",
                "several",
                "The US has several time zones. Which city do you mean?",
            ),
            ("2026-11-22T15:42[UTC]", "mars", "Mars/Base", "I don't know which time zone Mars is in."),
        ];
        for (now, place, zone, expected) in table {
            let [english, _] = ask(now, "clock.time", &[("place", place), ("zone", zone)], None);
            assert_eq!(english, expected);
        }
        let slots = [("place", "东京"), ("zone", "Asia/Tokyo")];
        let [_, mandarin] = ask("2026-11-22T15:42[UTC]", "clock.time", &slots, None);
        assert_eq!(mandarin, "东京现在是星期一凌晨0点42分。");
        let [english, mandarin] =
            ask("2026-11-22T15:42[UTC]", "clock.time", &[("place", "亚特兰蒂斯")], None);
        assert!(english.starts_with("I don't know"), "{english}");
        assert_eq!(mandarin, "我不知道亚特兰蒂斯在哪个时区。");
    }

    #[test]
    fn the_month_and_the_year_are_told() {
        let now = "2026-12-31T23:59[Asia/Shanghai]";
        assert_eq!(ask(now, "clock.month", &[], None), ["It's December.", "现在是12月。"]);
        assert_eq!(ask(now, "clock.year", &[], None), ["It's 2026.", "现在是2026年。"]);
    }

    #[test]
    fn dates_and_days_are_told() {
        let now = "2026-12-31T23:59[Asia/Shanghai]";
        let table = [
            ("clock.date", "+0", "It's Thursday, December 31, 2026.", "今天是2026年12月31日，星期四。"),
            ("clock.date", "+1", "Tomorrow is Friday, January 1, 2027.", "明天是2027年1月1日，星期五。"),
            (
                "clock.date",
                "week+1 friday",
                "That's Friday, January 8, 2027.",
                "那天是2027年1月8日，星期五。",
            ),
            ("clock.day", "+0", "It's Thursday.", "今天是星期四。"),
            ("clock.day", "-1", "Yesterday was Wednesday.", "昨天是星期三。"),
            ("clock.day", "+2", "The day after tomorrow is Saturday.", "后天是星期六。"),
            ("clock.day", "+3", "In 3 days it will be Sunday.", "3天后是星期日。"),
            ("clock.day", "-14", "14 days ago it was Thursday.", "14天前是星期四。"),
            ("clock.day", "2027-07-04", "July 4, 2027 is a Sunday.", "2027年7月4日是星期日。"),
            ("clock.day", "1969-07-20", "July 20, 1969 was a Sunday.", "1969年7月20日是星期日。"),
            ("clock.day", "2027-02-30", "I can't work out that date.", "我算不出这个日期。"),
        ];
        for (name, day, english, mandarin) in table {
            assert_eq!(ask(now, name, &[("day", day)], None), [english, mandarin], "{name} {day}");
        }
    }
}

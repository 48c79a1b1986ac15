//! Calendar: how long until a day, which days are worked, the Chinese lunar date.

use jiff::civil::Date;

use super::{
    Reply, Skill, SkillContext, SkillError, asked::text, clock, day::resolve, holidays::Workdays,
    recurring::lunar_with_leap,
};
use crate::flow::Intent;

/// Answers `clock.until`, `clock.workday` and `clock.lunar`.
pub(super) struct Calendar(pub(super) Workdays);

impl Skill for Calendar {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "clock.until" | "clock.workday" | "clock.lunar")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let today = context.now.date();
        let slot = text(intent, "day").unwrap_or("+0");
        let Some(day) = resolve(slot, today) else {
            return Ok(Reply::in_language(context, "I can't work out that date.", "我算不出这个日期。"));
        };
        Ok(match intent.name.as_str() {
            "clock.until" => until(day.date, context),
            "clock.workday" => self.workday(day.date, context),
            _ => lunar(day.date, context),
        })
    }
}

/// "32 days, until Friday, December 25."
fn until(date: Date, context: &SkillContext) -> Reply {
    let days = date.duration_since(context.now.date()).as_hours() / 24;
    let (name, han) = named(date);
    let count = days.unsigned_abs();
    let plural = if count == 1 { "" } else { "s" };
    match days {
        0 => Reply::in_language(context, "That's today.", "就是今天。"),
        1.. => Reply::in_language(
            context,
            format!("{count} day{plural}: it's on {name}."),
            format!("还有{count}天，是{han}。"),
        ),
        _ => Reply::in_language(
            context,
            format!("That was {count} day{plural} ago, on {name}."),
            format!("已经过了{count}天，是{han}。"),
        ),
    }
}

/// "Friday, December 25", 12月25日星期五.
fn named(date: Date) -> (String, String) {
    let (weekday, weekday_han) = clock::weekday(date.weekday());
    let (month, day) = (clock::month(date.month()), date.day());
    (format!("{weekday}, {month} {day}"), format!("{}月{day}日{weekday_han}", date.month()))
}

/// The digits of the lunar calendar's days and months.
const DIGITS: [&str; 11] = ["", "一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];

fn lunar(date: Date, context: &SkillContext) -> Reply {
    let Some((month, day, leap)) = lunar_with_leap(date) else {
        return Reply::in_language(context, "I can't work out that date.", "我算不出这个日期。");
    };
    let digit = |n: u8| DIGITS[usize::from(n.min(10))];
    let month_han = match month {
        1 => "正".to_owned(),
        11 => "冬".to_owned(),
        12 => "腊".to_owned(),
        month => digit(month).to_owned(),
    };
    let day_han = match day {
        1..=10 => format!("初{}", digit(day)),
        11..=19 => format!("十{}", digit(day - 10)),
        20 => "二十".to_owned(),
        21..=29 => format!("廿{}", digit(day - 20)),
        _ => "三十".to_owned(),
    };
    let (leap_english, leap_han) = if leap { ("leap ", "闰") } else { ("", "") };
    Reply::in_language(
        context,
        format!("In the Chinese calendar it's day {day} of {leap_english}month {month}."),
        format!("农历{leap_han}{month_han}月{day_han}。"),
    )
}

impl Calendar {
    fn workday(&self, date: Date, context: &SkillContext) -> Reply {
        let (name, han) = named(date);
        match (self.0.is_holiday(date), self.0.is_worked(date)) {
            (None, worked) => {
                let (english, mandarin) =
                    if worked { ("isn't a weekend", "不是周末") } else { ("is a weekend", "是周末") };
                Reply::in_language(
                    context,
                    format!("I don't know the holidays where you live for that year. {name} {english}."),
                    format!("我不知道当年的放假安排。{han}{mandarin}。"),
                )
            }
            (Some(true), false) => {
                Reply::in_language(context, format!("{name} is a public holiday."), format!("{han}放假。"))
            }
            (Some(_), true) => {
                Reply::in_language(context, format!("{name} is a workday."), format!("{han}上班。"))
            }
            (Some(false), false) => Reply::in_language(
                context,
                format!("{name} is a weekend, no public holiday."),
                format!("{han}是周末，不上班。"),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Language, Slot, SlotValue},
        skills::context::tests::at,
    };

    fn ask(country: &str, name: &str, day: &str) -> [String; 2] {
        let slots = vec![Slot { name: "day", value: SlotValue::Text(day.into()), span: 0..0 }];
        let intent = Intent { name: name.into(), slots };
        [Language::ENGLISH, Language::MANDARIN].map(|language| {
            let context = at("2026-11-23T15:42[Asia/Shanghai]", &language);
            Calendar(Workdays::of(Some(country))).answer(&intent, &context).unwrap().text
        })
    }

    #[test]
    fn days_are_counted_and_told() {
        let until = |day: &str| ask("CN", "clock.until", day);
        assert_eq!(until("12-25"), ["32 days: it's on Friday, December 25.", "还有32天，是12月25日星期五。"]);
        assert_eq!(until("+1")[0], "1 day: it's on Tuesday, November 24.");
        assert_eq!(until("+0"), ["That's today.", "就是今天。"]);
        assert_eq!(until("-2")[1], "已经过了2天，是11月21日星期六。");
        assert_eq!(until("lunar 01-01")[1], "还有75天，是2月6日星期六。");
        assert_eq!(until("2026-02-30"), ["I can't work out that date.", "我算不出这个日期。"]);
    }

    #[test]
    fn workdays_are_told_as_far_as_they_are_known() {
        let worked = |country: &str, day: &str| ask(country, "clock.workday", day);
        assert_eq!(
            worked("CN", "2026-10-01"),
            ["Thursday, October 1 is a public holiday.", "10月1日星期四放假。"]
        );
        assert_eq!(
            worked("CN", "2026-10-10"),
            ["Saturday, October 10 is a workday.", "10月10日星期六上班。"]
        );
        assert_eq!(worked("US", "thursday")[0], "Thursday, November 26 is a public holiday.");
        assert_eq!(worked("US", "saturday")[1], "11月28日星期六是周末，不上班。");
        assert!(worked("EU", "+1")[0].starts_with("I don't know the holidays"));
    }

    #[test]
    fn the_lunar_date_is_told() {
        let lunar = |day: &str| ask("CN", "clock.lunar", day);
        assert_eq!(lunar("2026-02-17"), ["In the Chinese calendar it's day 1 of month 1.", "农历正月初一。"]);
        assert_eq!(lunar("2026-09-25")[1], "农历八月十五。");
        assert_eq!(
            lunar("2025-07-25"),
            ["In the Chinese calendar it's day 1 of leap month 6.", "农历闰六月初一。"]
        );
        assert_eq!(lunar("2027-02-05")[1], "农历腊月廿九。");
    }
}

//! Weather: now and on the days ahead, at the place that was said or at home.

use jiff::civil::{Date, Weekday};

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{joined, text},
    clock::{month, title, weekday},
    day::resolve,
    outside::{About, Beyond, DayAhead, Found, NoFact, Outside, Weather as Told},
};
use crate::flow::{Intent, Wanted};

/// What cannot be done, and by whom.
const ABOUT: About =
    About { to_do: ["check the weather", "查天气"], service: ["the weather service", "天气服务"] };

/// The slot `day` for Saturday and Sunday, for the seven days from today on, and for those from Monday on.
const WEEKEND: &str = "weekend";
const WEEK: &str = "week";
const NEXT_WEEK: &str = "week+1";

/// Rain this likely, in percent, is to be reckoned with; half as likely it may come.
const LIKELY: f64 = 50.0;

/// Answers `weather.forecast`, `weather.rain` (with `state=snow` for snow) and `weather.temperature`: slots `place` and `day`.
pub(super) struct Weather {
    pub(super) outside: Beyond,
    /// Who was named already as the source; the licence asks for it.
    pub(super) credited: Option<&'static str>,
}

impl Skill for Weather {
    fn handles(&self, name: &str) -> bool {
        matches!(name, "weather.forecast" | "weather.rain" | "weather.temperature")
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let mut outside = self.outside.get();
        let Outside { facts, home_place, fahrenheit, .. } = &mut *outside;
        let said = text(intent, "place").map(bare).filter(|place| !place.is_empty());
        let Some(place) = said.clone().or_else(|| home_place.clone()) else {
            return Ok(Reply::in_language(context, "For which place?", "哪里的天气？").asking(
                intent,
                "place",
                Wanted::Place,
            ));
        };
        let found = match facts.weather(&place, &context.language) {
            Ok(found) => found,
            Err(NoFact::Unknown { by }) => {
                let shown = title(&place);
                return Ok(Reply::in_language(
                    context,
                    format!("The weather service knows no place called {shown}."),
                    format!("天气服务找不到{shown}这个地方。"),
                )
                .told_by(by.clone(), format!("{by} knows no such place")));
            }
            Err(none) => return Ok(none.reply(&ABOUT, context)),
        };
        // A place that is in no table of this device may be another than the one that was meant.
        let named = match (&found.what.country, intent.slot("zone")) {
            (Some(country), None) if said.is_some() && !context.in_mandarin() && !place.contains(',') => {
                format!("{}, {country}", title(&place))
            }
            _ => title(&place),
        };
        let fahrenheit = text(intent, "to").map_or(*fahrenheit, |unit| unit == "fahrenheit");
        let speaker = Speaker { context, place: named, fahrenheit };
        let mut reply = speaker.reply(intent, &found.what);
        if self.credited.replace(found.credit) != Some(found.credit) {
            let source = if context.in_mandarin() {
                format!("数据来自{}。", found.credit)
            } else {
                format!(" Weather data by {}.", found.credit)
            };
            reply.text.push_str(&source);
        }
        let Found { by, reason, .. } = found;
        Ok(reply.told_by(by, reason))
    }
}

/// Says what was told.
struct Speaker<'a> {
    context: &'a SkillContext,
    place: String,
    fahrenheit: bool,
}

impl Speaker<'_> {
    fn reply(&self, intent: &Intent, told: &Told) -> Reply {
        let Some(first) = told.days.first() else { return self.beyond(None) };
        let day = text(intent, "day");
        match day {
            Some(WEEKEND) => return self.weekend(intent, told, first.date),
            Some(WEEK) => return self.ahead(intent, &told.days[..told.days.len().min(7)], first.date),
            Some(NEXT_WEEK) => {
                let monday = told.days.iter().skip(1).position(|day| day.date.weekday() == Weekday::Monday);
                let days = monday.map_or(&[][..], |at| &told.days[at + 1..]);
                return self.ahead(intent, &days[..days.len().min(7)], first.date);
            }
            _ => {}
        }
        let Some(slot) = day else { return self.now(intent, told, first) };
        let Some(asked) = resolve(slot, first.date).map(|day| day.date) else { return self.beyond(None) };
        match told.days.iter().find(|day| day.date == asked) {
            Some(day) => self.one_day(intent, day, first.date),
            None => self.beyond(told.days.last().filter(|last| last.date < asked)),
        }
    }

    fn now(&self, intent: &Intent, told: &Told, today: &DayAhead) -> Reply {
        let (place, now) = (&self.place, told.now);
        if intent.name == "weather.rain" {
            let white = is_white(intent);
            if now.sky.is_wet() && (!white || now.sky.is_white()) {
                let [sky, sky_zh] = now.sky.words();
                let english = if white { "Yes, it's snowing".into() } else { format!("Yes, it's {sky}") };
                return self
                    .say(format!("{english} in {place} right now."), format!("会，{place}现在{sky_zh}。"));
            }
            return self.one_day(intent, today, today.date);
        }
        let [degrees, degrees_zh] = self.degrees(now.celsius);
        if intent.name == "weather.temperature" {
            return self.say(format!("It's {degrees} in {place}."), format!("{place}现在{degrees_zh}。"));
        }
        let [sky, sky_zh] = now.sky.words();
        let [span, span_zh] = self.span(today);
        let [rain, rain_zh] = chance(today);
        self.say(
            format!("It's {degrees} and {sky} in {place}. Today {span}{rain}."),
            format!("{place}现在{sky_zh}，{degrees_zh}。今天{span_zh}{rain_zh}。"),
        )
    }

    fn one_day(&self, intent: &Intent, day: &DayAhead, today: Date) -> Reply {
        let (place, [when, when_zh]) = (&self.place, day_name(day.date, today));
        if intent.name == "weather.rain" {
            let [english, mandarin] = self.wet(day, is_white(intent));
            return self
                .say(format!("{english} in {place} {when}."), format!("{place}{when_zh}{mandarin}。"));
        }
        let [span, span_zh] = self.span(day);
        if intent.name == "weather.temperature" {
            return self.say(format!("In {place} {when} {span}."), format!("{place}{when_zh}{span_zh}。"));
        }
        let [sky, sky_zh] = day.sky.words();
        let [rain, rain_zh] = chance(day);
        self.say(
            format!("In {place} {when} it will be {sky}, {span}{rain}."),
            format!("{place}{when_zh}{sky_zh}，{span_zh}{rain_zh}。"),
        )
    }

    fn weekend(&self, intent: &Intent, told: &Told, today: Date) -> Reply {
        let on = |wanted: Weekday| {
            let at = told.days.iter().take(7).find(|day| day.date.weekday() == wanted);
            at.map(|day| self.one_day(intent, day, today).text)
        };
        // On a Sunday what is left of the weekend is today; the Saturday that comes is another's.
        let saturday = if today.weekday() == Weekday::Sunday { None } else { on(Weekday::Saturday) };
        let sentences: Vec<String> = [saturday, on(Weekday::Sunday)].into_iter().flatten().collect();
        if sentences.is_empty() {
            return self.beyond(None);
        }
        let joint = if self.context.in_mandarin() { "" } else { " " };
        let text = sentences.join(joint);
        self.say(text.clone(), text)
    }

    /// What several days have between them, and which of them are wet.
    fn ahead(&self, intent: &Intent, days: &[DayAhead], today: Date) -> Reply {
        let Some(first) = days.first() else {
            return self.say(
                "That's further ahead than the forecast goes.".into(),
                "那几天太远了，还没有预报。".into(),
            );
        };
        let (place, white) = (&self.place, is_white(intent));
        let wet = |day: &&DayAhead| {
            let fits = if white { day.sky.is_white() } else { day.sky.is_wet() };
            day.wet_percent.map_or(fits, |percent| percent >= LIKELY && (fits || !white))
        };
        let local = usize::from(self.context.in_mandarin());
        let name = |day: &DayAhead| day_name(day.date, today)[local].clone();
        let names: Vec<String> = days.iter().filter(wet).map(name).collect();
        let [what, what_zh] = if white { ["snow", "下雪"] } else { ["rain", "下雨"] };
        let when = if names.len() > 1 && names.len() == days.len() {
            ["every day", "每天都"][local].to_owned()
        } else {
            joined(&names, [" and ", "、"], self.context)
        };
        let (english, mandarin) = if names.is_empty() {
            (format!("no {what} is likely"), format!("应该不会{what_zh}"))
        } else {
            (format!("{what} is likely {when}"), format!("{when}可能会{what_zh}"))
        };
        let last = days.last().unwrap_or(first);
        let bare = |name: String| name.strip_prefix("on ").map_or(name.clone(), str::to_owned);
        let (from, to) = (bare(name(first)), bare(name(last)));
        let [until, until_zh] = [format!("from {from} to {to}"), format!("{from}到{to}")];
        if intent.name == "weather.rain" {
            let yes = if names.is_empty() { "No," } else { "Yes," };
            return self.say(
                format!("{yes} {english} in {place} {until}."),
                format!("{place}{until_zh}，{mandarin}。"),
            );
        }
        let low = days.iter().map(|day| day.low).fold(first.low, f64::min);
        let high = days.iter().map(|day| day.high).fold(first.high, f64::max);
        let [span, span_zh] = self.span(&DayAhead { low, high, ..*first });
        if intent.name == "weather.temperature" {
            return self.say(format!("In {place} {until} {span}."), format!("{place}{until_zh}{span_zh}。"));
        }
        self.say(
            format!("In {place} {until} it will be {span}; {english}."),
            format!("{place}{until_zh}{span_zh}，{mandarin}。"),
        )
    }

    /// Whether it rains or snows on `day`; `white` where snow was asked about. Who asks about rain is told of snow.
    fn wet(&self, day: &DayAhead, white: bool) -> [String; 2] {
        let snows = white || day.sky.is_white();
        let [what, what_zh] = if snows { ["snow", "下雪"] } else { ["rain", "下雨"] };
        let yes = if snows == white { "Yes, " } else { "" };
        let fits = if white { day.sky.is_white() } else { day.sky.is_wet() };
        let share = day.wet_percent.filter(|_| !white || fits);
        match share {
            Some(percent) if percent >= LIKELY && (fits || !white) => [
                format!("{yes}{what} is likely ({percent:.0} percent)"),
                format!("很可能会{what_zh}，概率百分之{percent:.0}"),
            ],
            Some(percent) if percent >= LIKELY / 2.0 => [
                format!("Perhaps: the chance of {what} is {percent:.0} percent"),
                format!("可能会{what_zh}，概率百分之{percent:.0}"),
            ],
            Some(percent) => [
                format!("No, {what} is unlikely ({percent:.0} percent)"),
                format!("应该不会{what_zh}，概率百分之{percent:.0}"),
            ],
            None if fits => [format!("{yes}{what} is expected"), format!("会{what_zh}")],
            None => [format!("No {what} is expected"), format!("应该不会{what_zh}")],
        }
    }

    fn span(&self, day: &DayAhead) -> [String; 2] {
        let [(low, low_zh), (high, high_zh)] =
            [day.low, day.high].map(|celsius| (self.number(celsius), self.number_in_mandarin(celsius)));
        let (unit, unit_zh) =
            if self.fahrenheit { (" degrees Fahrenheit", "华氏度") } else { (" degrees", "度") };
        [format!("{low} to {high}{unit}"), format!("{low_zh}到{high_zh}{unit_zh}")]
    }

    fn degrees(&self, celsius: f64) -> [String; 2] {
        let (unit, unit_zh) = if self.fahrenheit { ("Fahrenheit", "华氏度") } else { ("", "度") };
        let number = self.number(celsius);
        let degrees = if number == "1" || number == "minus 1" { "degree" } else { "degrees" };
        let english = format!("{number} {degrees} {unit}").trim_end().to_owned();
        [english, format!("{}{unit_zh}", self.number_in_mandarin(celsius))]
    }

    fn rounded(&self, celsius: f64) -> String {
        let value = if self.fahrenheit { celsius * 9.0 / 5.0 + 32.0 } else { celsius };
        let text = format!("{value:.0}");
        if text == "-0" { "0".to_owned() } else { text }
    }

    fn number(&self, celsius: f64) -> String {
        self.rounded(celsius).replace('-', "minus ")
    }

    fn number_in_mandarin(&self, celsius: f64) -> String {
        self.rounded(celsius).replace('-', "零下")
    }

    fn beyond(&self, last: Option<&DayAhead>) -> Reply {
        match last {
            Some(_) => self.say(
                "That's further ahead than the forecast goes.".into(),
                "这一天太远了，还没有预报。".into(),
            ),
            None => {
                self.say("I only know the weather from today on.".into(), "我只知道今天以后的天气。".into())
            }
        }
    }

    fn say(&self, english: String, mandarin: String) -> Reply {
        Reply::in_language(self.context, english, mandarin)
    }
}

/// How likely rain is, where that is worth a word.
fn chance(day: &DayAhead) -> [String; 2] {
    let percent = day.wet_percent.filter(|percent| *percent >= 20.0);
    percent.map_or_else(Default::default, |percent| {
        let [what, what_zh] = if day.sky.is_white() { ["snow", "下雪"] } else { ["rain", "下雨"] };
        [format!(", chance of {what} {percent:.0} percent"), format!("，{what_zh}概率百分之{percent:.0}")]
    })
}

fn day_name(date: Date, today: Date) -> [String; 2] {
    let days = (date - today).get_days();
    match days {
        0 => return ["today".into(), "今天".into()],
        1 => return ["tomorrow".into(), "明天".into()],
        _ => {}
    }
    let (name, mandarin) = weekday(date.weekday());
    if days < 7 {
        return [format!("on {name}"), mandarin.to_owned()];
    }
    let month = month(date.month());
    [format!("on {month} {}", date.day()), format!("{}月{}日", date.month(), date.day())]
}

fn is_white(intent: &Intent) -> bool {
    text(intent, "state") == Some("snow")
}

/// A place without the words before it, as an answer may have them, and of bounded length.
fn bare(place: &str) -> String {
    let place = place.trim().trim_end_matches(['.', '?', '!', '。', '？', '！']);
    let lower = place.to_ascii_lowercase();
    let cut = ["in ", "for ", "at ", "the weather in "].iter().find(|word| lower.starts_with(**word));
    let place = cut.map_or(place, |word| &place[word.len()..]);
    let place = place.strip_prefix('在').unwrap_or(place);
    place.chars().filter(|c| !c.is_control()).take(80).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::Language,
        skills::{context::tests::at, outside::Sky},
    };

    #[test]
    fn who_asks_about_rain_is_told_of_snow() {
        let context = at("2026-11-23T12:00[Europe/Oslo]", &Language::ENGLISH);
        let speaker = Speaker { context: &context, place: "Oslo".into(), fahrenheit: false };
        let date = context.now.date();
        for (sky, wet_percent, white, expected) in [
            (Sky::Snow, Some(80.0), false, ["snow is likely (80 percent)", "很可能会下雪，概率百分之80"]),
            (Sky::Snow, Some(80.0), true, ["Yes, snow is likely (80 percent)", "很可能会下雪，概率百分之80"]),
            (
                Sky::Rain,
                Some(80.0),
                false,
                ["Yes, rain is likely (80 percent)", "很可能会下雨，概率百分之80"],
            ),
            (
                Sky::Snow,
                Some(30.0),
                false,
                ["Perhaps: the chance of snow is 30 percent", "可能会下雪，概率百分之30"],
            ),
            (Sky::LightSnow, None, false, ["snow is expected", "会下雪"]),
            (Sky::Rain, Some(80.0), true, ["No snow is expected", "应该不会下雪"]),
        ] {
            let day = DayAhead { date, sky, low: -4.0, high: 1.0, wet_percent };
            assert_eq!(speaker.wet(&day, white), expected, "{sky:?} {white}");
        }
    }
}

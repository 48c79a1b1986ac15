//! Festivals: days that have a name, as the rule by which they come round.
//!
//! Enters: tokens. Leaves: the rule, as `skills/recurring.rs` reads it: `12-25`, `thursday 4 in 11`, `easter+1`,
//! `lunar 08-15`, `lunar eve`, `qingming`; behind `year+0` or `year+1` where this or the next year's is meant. Never here:
//! a calendar.

use crate::flow::Language;

/// English names, in lower case and without apostrophes. "Day" stands with a name that is something else without it: boxing, a
/// memorial; with the others it may be said.
const ENGLISH: [(&str, &[&str]); 22] = [
    ("01-01", &["new year", "new years", "new year s"]),
    ("12-31", &["new year s eve", "new years eve", "new year eve"]),
    ("02-14", &["valentine s", "valentines day", "valentine day", "saint valentine s"]),
    ("03-17", &["saint patrick s", "st patrick s", "saint patricks", "st patricks"]),
    ("04-01", &["april fools", "april fool s"]),
    ("07-04", &["independence day"]),
    ("10-31", &["halloween"]),
    ("12-24", &["christmas eve"]),
    ("12-25", &["christmas", "xmas"]),
    ("12-26", &["boxing day"]),
    ("monday 3 in 01", &["martin luther king day", "martin luther king junior day", "mlk day"]),
    ("monday -1 in 05", &["memorial day"]),
    ("sunday 2 in 05", &["mother s day", "mothers day"]),
    ("sunday 3 in 06", &["father s day", "fathers day"]),
    ("monday 1 in 09", &["labor day", "labour day"]),
    ("thursday 4 in 11", &["thanksgiving"]),
    ("easter-2", &["good friday"]),
    ("easter+0", &["easter", "easter sunday"]),
    ("easter+1", &["easter monday"]),
    ("lunar 01-01", &["chinese new year", "chinese new year s", "lunar new year", "spring festival"]),
    ("lunar 08-15", &["mid autumn festival", "mid autumn", "moon festival"]),
    ("lunar 05-05", &["dragon boat festival"]),
];

const MANDARIN: [(&str, &[&str]); 23] = [
    ("01-01", &["元旦", "元旦节", "新年"]),
    ("02-14", &["情人节"]),
    ("03-08", &["妇女节", "三八节", "三八妇女节"]),
    ("05-01", &["劳动节", "五一", "五一节", "五一劳动节"]),
    ("06-01", &["儿童节", "六一", "六一儿童节"]),
    ("09-10", &["教师节"]),
    ("10-01", &["国庆", "国庆节", "十一国庆"]),
    ("10-31", &["万圣节"]),
    ("12-24", &["平安夜"]),
    ("12-25", &["圣诞", "圣诞节"]),
    ("12-31", &["跨年夜"]),
    ("sunday 2 in 05", &["母亲节"]),
    ("sunday 3 in 06", &["父亲节"]),
    ("thursday 4 in 11", &["感恩节"]),
    ("lunar eve", &["除夕", "大年三十", "年三十"]),
    ("lunar 01-01", &["春节", "农历新年", "大年初一", "过年"]),
    ("lunar 01-15", &["元宵", "元宵节"]),
    ("lunar 05-05", &["端午", "端午节"]),
    ("lunar 07-07", &["七夕", "七夕节"]),
    ("lunar 08-15", &["中秋", "中秋节"]),
    ("lunar 09-09", &["重阳", "重阳节"]),
    ("lunar 12-08", &["腊八", "腊八节"]),
    ("qingming", &["清明", "清明节"]),
];

/// The rule of the day that `tokens` name as a whole, behind the year where one is said.
pub(super) fn day(tokens: &[&str], language: &Language) -> Option<String> {
    if *language == Language::MANDARIN {
        let said = tokens.concat();
        let (year, name) = [("year+0 ", "今年"), ("year+1 ", "明年"), ("", "下一个"), ("", "下个")]
            .into_iter()
            .find_map(|(year, front)| Some((year, said.strip_prefix(front)?)))
            .unwrap_or(("", &said));
        return find(&MANDARIN, name.strip_prefix('的').unwrap_or(name)).map(|rule| of_year(year, rule));
    }
    let tokens = tokens.strip_prefix(&["the"]).or_else(|| tokens.strip_prefix(&["this"])).unwrap_or(tokens);
    let tokens = tokens.strip_prefix(&["next"]).unwrap_or(tokens);
    let (year, tokens) = match tokens {
        [name @ .., "this", "year"] => ("year+0 ", name),
        [name @ .., "next", "year"] => ("year+1 ", name),
        _ => ("", tokens),
    };
    let name = |tokens: &[&str]| tokens.join(" ").replace("'s", " s");
    let without = || find(&ENGLISH, &name(tokens.strip_suffix(&["day"])?));
    find(&ENGLISH, &name(tokens)).or_else(without).map(|rule| of_year(year, rule))
}

/// `rule` in `year`. The last days of a lunar year lie in the next one of the calendar, and are meant as the next of all.
fn of_year(year: &str, rule: &str) -> String {
    let last = rule == "lunar eve" || rule.starts_with("lunar 12-");
    if last && year == "year+0 " { rule.to_owned() } else { format!("{year}{rule}") }
}

fn find(table: &[(&'static str, &[&str])], name: &str) -> Option<&'static str> {
    table.iter().find(|(_, names)| names.contains(&name)).map(|(rule, _)| *rule)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::tokens::Tokenizer;

    #[test]
    fn festivals_are_days_and_what_is_only_called_like_one_is_none() {
        for (text, expected) in [
            ("Christmas", Some("12-25")),
            ("the next Christmas Day", Some("12-25")),
            ("New Year's Day", Some("01-01")),
            ("New Year's Eve this year", Some("year+0 12-31")),
            ("easter next year", Some("year+1 easter+0")),
            ("this Christmas", Some("12-25")),
            ("Boxing Day", Some("12-26")),
            ("Labour Day", Some("monday 1 in 09")),
            ("Father's Day", Some("sunday 3 in 06")),
            ("Valentine's Day", Some("02-14")),
            ("MLK Day", Some("monday 3 in 01")),
            ("thanksgiving", Some("thursday 4 in 11")),
            ("boxing", None),
            ("memorial", None),
            ("the fathers", None),
            ("labor", None),
            ("independence", None),
            ("valentines", None),
            ("day", None),
            ("重阳节", Some("lunar 09-09")),
            ("今年的中秋", Some("year+0 lunar 08-15")),
            ("今年除夕", Some("lunar eve")),
            ("明年春节", Some("year+1 lunar 01-01")),
            ("下一个春节", Some("lunar 01-01")),
            ("清明", Some("qingming")),
            ("五", None),
        ] {
            let words = Tokenizer::new().words(text);
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            assert_eq!(day(&words, &Language::of_text(text)).as_deref(), expected, "{text}");
        }
    }
}

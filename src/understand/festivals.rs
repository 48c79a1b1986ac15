//! Festivals: days that have a name, as the rule by which they come round.
//!
//! Enters: tokens. Leaves: the rule, as `skills/recurring.rs` reads it: `12-25`, `thursday 4 in 11`, `easter+1`,
//! `lunar 08-15`, `lunar eve`, `qingming`. Never here: a year, a calendar.

use crate::flow::Language;

/// English names, without "the" and "day" around them where both are said.
const ENGLISH: [(&str, &[&str]); 22] = [
    ("01-01", &["new year", "new years", "new year s"]),
    ("12-31", &["new year s eve", "new years eve", "new year eve"]),
    ("02-14", &["valentine s", "valentines", "valentine", "saint valentine s"]),
    ("03-17", &["saint patrick s", "st patrick s", "saint patricks", "st patricks"]),
    ("04-01", &["april fools", "april fool s"]),
    ("07-04", &["independence"]),
    ("10-31", &["halloween"]),
    ("12-24", &["christmas eve"]),
    ("12-25", &["christmas", "xmas"]),
    ("12-26", &["boxing"]),
    ("monday 3 in 01", &["martin luther king", "martin luther king junior", "mlk"]),
    ("monday -1 in 05", &["memorial"]),
    ("sunday 2 in 05", &["mother s", "mothers"]),
    ("sunday 3 in 06", &["father s", "fathers"]),
    ("monday 1 in 09", &["labor"]),
    ("thursday 4 in 11", &["thanksgiving"]),
    ("easter-2", &["good friday"]),
    ("easter+0", &["easter", "easter sunday"]),
    ("easter+1", &["easter monday"]),
    ("lunar 01-01", &["chinese new year", "chinese new year s", "lunar new year", "spring festival"]),
    ("lunar 08-15", &["mid autumn festival", "mid autumn", "moon festival"]),
    ("lunar 05-05", &["dragon boat festival"]),
];

const MANDARIN: [(&str, &[&str]); 20] = [
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
];

/// Mandarin names of which no other language has the like.
const MORE_MANDARIN: [(&str, &[&str]); 3] = [
    ("lunar 09-09", &["重阳", "重阳节"]),
    ("lunar 12-08", &["腊八", "腊八节"]),
    ("qingming", &["清明", "清明节"]),
];

/// The rule of the day that `tokens` name as a whole.
pub(super) fn day(tokens: &[&str], language: &Language) -> Option<&'static str> {
    if *language == Language::MANDARIN {
        let said = tokens.concat();
        let said = ["今年的", "今年", "下一个", "下个"]
            .iter()
            .find_map(|front| said.strip_prefix(front))
            .unwrap_or(&said);
        return find(MANDARIN.iter().chain(&MORE_MANDARIN), said);
    }
    let tokens = tokens.strip_prefix(&["the"]).or_else(|| tokens.strip_prefix(&["this"])).unwrap_or(tokens);
    let tokens = tokens.strip_prefix(&["next"]).unwrap_or(tokens);
    let tokens = tokens.strip_suffix(&["this", "year"]).unwrap_or(tokens);
    let name = |tokens: &[&str]| tokens.join(" ").replace("'s", " s");
    find(ENGLISH.iter(), &name(tokens.strip_suffix(&["day"]).unwrap_or(tokens)))
        .or_else(|| find(ENGLISH.iter(), &name(tokens)))
}

fn find<'t>(
    mut table: impl Iterator<Item = &'t (&'static str, &'static [&'static str])>,
    name: &str,
) -> Option<&'static str> {
    table.find(|(_, names)| names.contains(&name)).map(|(rule, _)| *rule)
}

//! Mandarin: how figures, units, money, dates, times and signs are said.
//!
//! Enters: written characters. Leaves: the same with every digit as Hanzi, for espeak-ng's pinyin voice reads ASCII
//! digits one by one or in English. Latin words are left as they are. Never here: a change of script.

use super::scan::{Number, date, digits, number, past_spaces, suffix, time, value};

/// Written after a number; longer ones first where one begins another.
const UNITS: &[(&str, &str)] = &[
    ("°C", "摄氏度"),
    ("℃", "摄氏度"),
    ("°F", "华氏度"),
    ("℉", "华氏度"),
    ("°", "度"),
    ("km/h", "公里每小时"),
    ("m/s", "米每秒"),
    ("km²", "平方公里"),
    ("m²", "平方米"),
    ("m³", "立方米"),
    ("km", "公里"),
    ("cm", "厘米"),
    ("mm", "毫米"),
    ("ml", "毫升"),
    ("mL", "毫升"),
    ("ms", "毫秒"),
    ("min", "分钟"),
    ("mg", "毫克"),
    ("kg", "公斤"),
    ("kWh", "千瓦时"),
    ("kW", "千瓦"),
    ("Hz", "赫兹"),
    ("h", "小时"),
    ("s", "秒"),
    ("m", "米"),
    ("g", "克"),
    ("l", "升"),
    ("L", "升"),
    ("W", "瓦"),
    ("V", "伏"),
];

const MONEY: &[(char, &str)] = &[('$', "美元"), ('€', "欧元"), ('£', "英镑"), ('¥', "元")];

/// What is counted with 两 instead of 二.
const COUNTED: &str = "个点天年次位只本件块元种岁条张周分秒小公千万亿米倍层家名";

const DIGITS: [char; 10] = ['零', '一', '二', '三', '四', '五', '六', '七', '八', '九'];

/// `chars` as they are said.
pub(super) fn say(chars: &[char]) -> String {
    let mut out = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at).copied() {
        if let Some((said, end)) = figure(chars, at) {
            out.push_str(&said);
            at = end;
            continue;
        }
        match sign(c) {
            Some(said) => out.push_str(said),
            None => out.push(c),
        }
        at += 1;
    }
    out
}

fn sign(c: char) -> Option<&'static str> {
    Some(match c {
        '&' => "和",
        '×' => "乘以",
        '÷' => "除以",
        '=' => "等于",
        '+' => "加",
        '−' => "减",
        '≈' => "约等于",
        '≤' => "小于等于",
        '≥' => "大于等于",
        '°' => "度",
        '℃' => "摄氏度",
        '½' => "二分之一",
        '¼' => "四分之一",
        '¾' => "四分之三",
        '～' => "到",
        _ => return None,
    })
}

fn figure(chars: &[char], at: usize) -> Option<(String, usize)> {
    let digit = |at: usize| chars.get(at).is_some_and(char::is_ascii_digit);
    match chars[at] {
        '-' | '−' if digit(at + 1) && !(at > 0 && chars[at - 1].is_ascii_alphanumeric()) => {
            figure(chars, at + 1).map(|(said, end)| (format!("负{said}"), end))
        }
        c if c.is_ascii_digit() => {
            day(chars, at).or_else(|| clock(chars, at)).or_else(|| quantity(chars, at))
        }
        c => {
            let (_, name) = MONEY.iter().find(|(sign, _)| *sign == c)?;
            let sum = number(chars, past_spaces(chars, at + 1))?;
            Some((format!("{}{name}", counted(&sum)), sum.end))
        }
    }
}

fn day(chars: &[char], at: usize) -> Option<(String, usize)> {
    if let Some((_, month, day, end)) = date(chars, at) {
        let year = one_by_one(&chars[at..at + 4]);
        return Some((format!("{year}年{}月{}日", count(month.into()), count(day.into())), end));
    }
    // A year of four digits is read digit by digit; "5年" is a span.
    let year = digits(chars, at);
    (year.len() == 4 && chars.get(at + 4) == Some(&'年')).then(|| (one_by_one(year), at + 4))
}

fn clock(chars: &[char], at: usize) -> Option<(String, usize)> {
    let (hour, minute, end) = time(chars, at)?;
    let hour = if hour == 2 { "两".to_owned() } else { count(hour.into()) };
    Some(match minute {
        0 => (format!("{hour}点整"), end),
        1..=9 => (format!("{hour}点零{}分", count(minute.into())), end),
        _ => (format!("{hour}点{}分", count(minute.into())), end),
    })
}

fn quantity(chars: &[char], at: usize) -> Option<(String, usize)> {
    let number = number(chars, at)?;
    let after = past_spaces(chars, number.end);
    match chars.get(after) {
        Some('%') => return Some((format!("百分之{}", cardinal(&number)), after + 1)),
        Some('‰') => return Some((format!("千分之{}", cardinal(&number)), after + 1)),
        Some('/') if after == number.end => {
            let lower = digits(chars, after + 1);
            if let Some(lower_value) = value(lower).filter(|_| !lower.is_empty()) {
                let said = format!("{}分之{}", count(lower_value.into()), cardinal(&number));
                return Some((said, after + 1 + lower.len()));
            }
        }
        _ => {}
    }
    if let Some((unit, end)) = suffix(chars, after, UNITS) {
        return Some((format!("{}{unit}", counted(&number)), end));
    }
    let two = chars.get(after).is_some_and(|next| COUNTED.contains(*next));
    let said = if two { counted(&number) } else { cardinal(&number) };
    let right = past_spaces(chars, after + 1);
    let tight = after == number.end && right == after + 1;
    let word = match chars.get(after).filter(|_| chars.get(right).is_some_and(char::is_ascii_digit)) {
        Some('-' | '~') if tight => "到",
        Some('-') => "减",
        Some('*') => "乘以",
        Some('/') => "除以",
        Some('<') => "小于",
        Some('>') => "大于",
        _ => return Some((said, number.end)),
    };
    Some((format!("{said}{word}"), right))
}

/// A number before what it counts: 两 for a lone 2.
fn counted(number: &Number) -> String {
    if number.whole == "2" && number.decimals.is_none() { "两".to_owned() } else { cardinal(number) }
}

fn cardinal(number: &Number) -> String {
    let whole: Vec<char> = number.whole.chars().collect();
    // Telephone numbers and codes are read digit by digit.
    let code = whole.len() > 1 && whole[0] == '0' || (whole.len() >= 11 && number.decimals.is_none());
    let mut said = match number.whole.parse().ok().filter(|_| !code) {
        Some(value) => count(value),
        None => one_by_one(&whole),
    };
    if let Some(decimals) = &number.decimals {
        said.push('点');
        said.push_str(&one_by_one(&decimals.chars().collect::<Vec<_>>()));
    }
    said
}

fn one_by_one(digits: &[char]) -> String {
    digits
        .iter()
        .filter_map(|c| c.to_digit(10))
        .filter_map(|d| DIGITS.get(usize::try_from(d).ok()?))
        .collect()
}

/// `n` in words, in groups of four digits: 万, 亿, 万亿.
fn count(n: u64) -> String {
    if n == 0 {
        return "零".to_owned();
    }
    let groups = [(1_000_000_000_000, "万亿"), (100_000_000, "亿"), (10_000, "万"), (1, "")];
    let mut said = String::new();
    let mut gap = false;
    for (size, name) in groups {
        let group = n / size % 10_000;
        if group == 0 {
            gap = !said.is_empty();
            continue;
        }
        if !said.is_empty() && (gap || group < 1_000) {
            said.push('零');
        }
        said.push_str(&below_ten_thousand(group));
        said.push_str(name);
        gap = false;
    }
    // 10 to 19 are said without their 一, at the beginning of a number.
    if said.starts_with("一十") { said.split_off('一'.len_utf8()) } else { said }
}

fn below_ten_thousand(n: u64) -> String {
    let mut said = String::new();
    let mut gap = false;
    for (size, name) in [(1_000, "千"), (100, "百"), (10, "十"), (1, "")] {
        let digit = n / size % 10;
        if digit == 0 {
            gap = !said.is_empty();
            continue;
        }
        if gap {
            said.push('零');
        }
        gap = false;
        said.extend(usize::try_from(digit).ok().and_then(|digit| DIGITS.get(digit)));
        said.push_str(name);
    }
    said
}

#[cfg(test)]
mod tests {
    use super::count;
    use crate::{flow::Language, speak::text::speakable};

    #[test]
    fn counts_are_grouped_by_four() {
        let table = [
            (0, "零"),
            (10, "十"),
            (15, "十五"),
            (105, "一百零五"),
            (110, "一百一十"),
            (1_005, "一千零五"),
            (10_000, "一万"),
            (10_500, "一万零五百"),
            (120_000, "十二万"),
            (100_000_001, "一亿零一"),
            (1_234_567, "一百二十三万四千五百六十七"),
        ];
        for (n, said) in table {
            assert_eq!(count(n), said, "{n}");
        }
    }

    #[test]
    fn figures_are_said_as_people_say_them() {
        let table = [
            ("今天是2026年11月22日。", "今天是二零二六年十一月二十二日。"),
            ("2026-11-22", "二零二六年十一月二十二日"),
            ("温度是-5°C，湿度50%。", "温度是负五摄氏度，湿度百分之五十。"),
            ("现在15:42，会议14:05，2:00见", "现在十五点四十二分，会议十四点零五分，两点整见"),
            ("３．１４", "三点一四"),
            ("一共¥5.20或$2", "一共五点二零元或两美元"),
            ("2个苹果，2月2日，12个", "两个苹果，二月二日，十二个"),
            ("每小时10 km，3kg", "每小时十公里，三公斤"),
            ("2 × 3 = 6", "二乘以 三 等于 六"),
            ("1/2和3-5天", "二分之一和三到五天"),
            ("电话13800138000", "电话一三八零零一三八零零零"),
            ("用iPhone 15打开Wi-Fi", "用iPhone 十五打开Wi-Fi"),
            ("**你好**😀", "你好"),
        ];
        for (written, said) in table {
            let spaceless = |text: &str| text.replace(' ', "");
            assert_eq!(spaceless(&speakable(written, &Language::MANDARIN)), spaceless(said), "{written}");
        }
    }
}

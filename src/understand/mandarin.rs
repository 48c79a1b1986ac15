//! Mandarin number words, in simplified characters: cardinals to 亿, decimals, shares, digit by digit.

use super::numbers::Number;

/// The digit that a character is, 0 to 9.
pub(super) fn digit(character: &str) -> Option<u128> {
    Some(match character {
        "〇" | "零" => 0,
        "一" | "壹" => 1,
        "二" | "两" | "贰" => 2,
        "三" => 3,
        "四" => 4,
        "五" => 5,
        "六" => 6,
        "七" => 7,
        "八" => 8,
        "九" => 9,
        _ => return None,
    })
}

fn power(character: &str) -> Option<u128> {
    Some(match character {
        "十" => 10,
        "百" => 100,
        "千" => 1000,
        _ => return None,
    })
}

fn myriad(character: &str) -> Option<u128> {
    Some(match character {
        "万" => 10_000,
        "亿" => 100_000_000,
        _ => return None,
    })
}

/// The longest number at the start of `tokens`, and how many tokens it takes.
pub(super) fn read(tokens: &[&str]) -> Option<(Number, usize)> {
    match tokens {
        ["负" | "-", rest @ ..] => {
            let (number, used) = read(rest)?;
            Some((number.negated(), used + 1))
        }
        ["百", "分", "之", rest @ ..] => {
            let (part, used) = decimal(rest)?;
            Some((Number::fraction(&part, &Number::whole(100))?, used + 3))
        }
        ["一", "半", ..] => Some((Number::fraction(&Number::whole(1), &Number::whole(2))?, 2)),
        ["半", ..] => Some((Number::fraction(&Number::whole(1), &Number::whole(2))?, 1)),
        _ => {
            let (number, used) = decimal(tokens)?;
            if let ["分", "之", rest @ ..] = &tokens[used..]
                && let Some((part, more)) = decimal(rest)
            {
                return Some((Number::fraction(&part, &number)?, used + 2 + more));
            }
            if tokens.get(used) == Some(&"又")
                && let Some((share, more)) = read(&tokens[used + 1..]).filter(|(n, _)| n.share)
            {
                return Some((number.plus(&share), used + 1 + more));
            }
            Some((number, used))
        }
    }
}

/// A cardinal with an optional 点 and the digits after it.
fn decimal(tokens: &[&str]) -> Option<(Number, usize)> {
    if let Some(number) = tokens.first().and_then(|t| Number::digits(t)).filter(|n| n.exact.contains('.')) {
        return Some(scaled(number, tokens, 1));
    }
    let (whole, used) = cardinal(tokens)?;
    if tokens.get(used) != Some(&"点") {
        return Some((Number::whole(whole), used));
    }
    let digits: Vec<String> = tokens[used + 1..]
        .iter()
        .take(20)
        .map_while(|t| {
            digit(t)
                .map(|d| d.to_string())
                .or_else(|| Number::digits(t).map(|n| n.exact).filter(|e| !e.contains('.')))
        })
        .collect();
    if digits.is_empty() {
        return Some((Number::whole(whole), used));
    }
    let number = Number::digits(&format!("{whole}.{}", digits.concat()))?;
    Some(scaled(number, tokens, used + 1 + digits.len()))
}

/// `number`, multiplied by the 十, 百, 千, 万 and 亿 that follow it.
fn scaled(mut number: Number, tokens: &[&str], mut used: usize) -> (Number, usize) {
    while let Some(scale) = tokens.get(used).and_then(|t| power(t).or_else(|| myriad(t))) {
        number = number.times(scale);
        used += 1;
    }
    (number, used)
}

/// A whole number: 三万五千, 3万5千, 二〇二六, 三百五 (350).
fn cardinal(tokens: &[&str]) -> Option<(u128, usize)> {
    let spelled = tokens.iter().map_while(|t| digit(t)).collect::<Vec<_>>();
    let next = tokens.get(spelled.len());
    if spelled.len() > 1
        && !(spelled[0] == 0 || next.is_some_and(|t| power(t).or_else(|| myriad(t)).is_some()))
    {
        let value = spelled.iter().take(30).fold(0, |sum, d| sum * 10 + d);
        return (spelled.len() <= 30).then_some((value, spelled.len()));
    }
    let (mut total, mut section, mut pending): (u128, u128, Option<u128>) = (0, 0, None);
    // What a bare last digit counts, set by the unit before it: 三百五 is 350. 零 clears it.
    let (mut tail, mut lowest, mut lowest_myriad): (u128, u128, u128) = (1, u128::MAX, u128::MAX);
    let mut used = 0;
    for token in tokens {
        if let Some(value) = digit(token).or_else(|| token.parse().ok()) {
            if pending.is_some_and(|p| p != 0) {
                break;
            }
            if value == 0 {
                tail = 1;
            }
            pending = Some(value);
        } else if let Some(unit) = power(token) {
            if unit >= lowest || (pending.unwrap_or(0) == 0 && unit != 10) {
                break;
            }
            let count = pending.take().filter(|p| *p != 0).unwrap_or(1);
            section = section.checked_add(count.checked_mul(unit)?)?;
            (lowest, tail) = (unit, unit / 10);
        } else if let Some(unit) = myriad(token) {
            section = section.checked_add(pending.take().unwrap_or(0))?;
            // 一万亿: the 亿 multiplies all before it.
            if unit > lowest_myriad && section == 0 {
                section = std::mem::take(&mut total);
            } else if section == 0 || unit >= lowest_myriad {
                return None;
            }
            total = total.checked_add(section.checked_mul(unit)?)?;
            (section, lowest, lowest_myriad, tail) = (0, u128::MAX, unit, unit / 10);
        } else {
            break;
        }
        used += 1;
    }
    let last = match pending {
        Some(value) if used > 1 && tail > 1 && value < 10 => value.checked_mul(tail)?,
        Some(value) => value,
        None => 0,
    };
    (used > 0).then_some((total.checked_add(section)?.checked_add(last)?, used))
}

//! Rates: an amount of one currency in another, with the day of the rate.

use jiff::civil::Date;

use super::{
    Reply, Skill, SkillContext, SkillError,
    asked::{missing, text},
    clock::{month, weekday},
    currencies::{Currency, find, of_region},
    outside::{About, Beyond, Found, NoFact, Rates as Table},
};
use crate::flow::{Intent, SlotValue};

/// What cannot be done, and by whom.
const ABOUT: About = About {
    to_do: ["look up exchange rates", "查汇率"],
    service: ["the service for exchange rates", "汇率服务"],
};

/// Answers `rates.convert`: slots `from`, and `amount` and `to` where they are said.
pub(super) struct Rates(pub(super) Beyond);

impl Skill for Rates {
    fn handles(&self, name: &str) -> bool {
        name == "rates.convert"
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let from = text(intent, "from").ok_or_else(|| missing(intent, "from"))?;
        let amount = match intent.slot("amount") {
            Some(SlotValue::Number(amount)) if amount.is_finite() => *amount,
            _ => 1.0,
        };
        let home = of_region(context.region.as_deref().unwrap_or_default());
        let usual = if from == home { if home == "USD" { "EUR" } else { "USD" } } else { home };
        let to = text(intent, "to").unwrap_or(usual);
        let (Some(from), Some(to)) = (find(from), find(to)) else {
            let unknown = if find(from).is_none() { from } else { to };
            return Ok(Reply::in_language(
                context,
                format!("I don't know the currency {unknown}."),
                format!("我不认识{unknown}这种货币。"),
            ));
        };
        let found = match self.0.get().facts.rates([from.code, to.code]) {
            Ok(found) => found,
            Err(NoFact::Unknown { by }) => {
                return Ok(Reply::in_language(
                    context,
                    format!("I found no rate between {} and {}.", from.many, to.many),
                    format!("我查不到{}和{}之间的汇率。", from.mandarin, to.mandarin),
                )
                .told_by(by.clone(), format!("{by} has no such rate")));
            }
            Err(none) => return Ok(none.reply(&ABOUT, context)),
        };
        let Found { what: table, by, reason, .. } = found;
        let Some(value) = converted(&table, amount, from, to) else {
            return Ok(Reply::in_language(
                context,
                "That's more than I can work out.",
                "这个我算不出来，数太大了。",
            ));
        };
        let [day, day_zh] = day_name(table.date, context.now.date());
        let (amount, value) = (plain(amount), shown(value));
        Ok(Reply::in_language(
            context,
            format!("{} is about {}, as of {day}.", quantity(&amount, from), quantity(&value, to)),
            format!("按{day_zh}的汇率，{amount}{}大约等于{value}{}。", from.mandarin, to.mandarin),
        )
        .told_by(by, reason))
    }
}

/// `amount` of `from` in `to`; `None` where that is no number anybody could say.
fn converted(table: &Table, amount: f64, from: &Currency, to: &Currency) -> Option<f64> {
    let worth = |code: &str| table.per_euro.iter().find(|(known, _)| known == code).map(|(_, worth)| *worth);
    let value = amount / worth(from.code)? * worth(to.code)?;
    (value.is_finite() && value.abs() < 1e15).then_some(value)
}

/// A number as it was said.
fn plain(number: f64) -> String {
    number.to_string()
}

/// A number with as many decimals as money has; more where it would be nothing otherwise.
fn shown(number: f64) -> String {
    let size = number.abs();
    let text = if size >= 1_000.0 {
        format!("{number:.0}")
    } else if size >= 1.0 {
        format!("{number:.2}")
    } else {
        format!("{number:.4}")
    };
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn quantity(number: &str, currency: &Currency) -> String {
    format!("{number} {}", if number == "1" { currency.one } else { currency.many })
}

/// The day of a rate, seen from `today`.
fn day_name(date: Date, today: Date) -> [String; 2] {
    let days = (today - date).get_days();
    let calendar =
        [format!("{} {}", month(date.month()), date.day()), format!("{}月{}日", date.month(), date.day())];
    match days {
        0 => ["today".into(), "今天".into()],
        1 => ["yesterday".into(), "昨天".into()],
        2..=6 => {
            let (name, mandarin) = weekday(date.weekday());
            [name.to_owned(), mandarin.to_owned()]
        }
        ..365 => calendar,
        _ => [format!("{} {}", calendar[0], date.year()), format!("{}年{}", date.year(), calendar[1])],
    }
}

//! Units: a quantity in another unit.

use super::{
    Reply, Skill, SkillContext, SkillError,
    compute::{self, Failure, Value},
    rounding::{Spoken, spoken},
    unit_table::{Unit, find},
};
use crate::flow::{Intent, SlotValue};

/// Answers `units`: slots `amount` (1 where it is missing), `from`, `to`, and for "5 feet 10" `extra` and
/// `extra_unit`.
pub(super) struct Units;

impl Skill for Units {
    fn handles(&self, name: &str) -> bool {
        name == "units"
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let missing = |slot| SkillError::MissingSlot { intent: intent.name.clone(), slot };
        let number = |slot| match intent.slot(slot) {
            Some(SlotValue::Number(number)) if number.is_finite() => Some(*number),
            _ => None,
        };
        let key = |slot| match intent.slot(slot) {
            Some(SlotValue::Text(key)) => Some(key.as_str()),
            _ => None,
        };
        let (from, to) =
            (key("from").ok_or_else(|| missing("from"))?, key("to").ok_or_else(|| missing("to"))?);
        let (from, to) = match (find(from), find(to)) {
            (Some(from), Some(to)) => (from, to),
            (None, _) => return Ok(unknown(from, context)),
            (_, None) => return Ok(unknown(to, context)),
        };
        let amount = number("amount").unwrap_or(1.0);
        let unit = key("extra_unit").or_else(|| smaller(from));
        let extra = match (number("extra"), unit.map(|key| (key, find(key)))) {
            (None, _) => None,
            (Some(extra), Some((_, Some(unit)))) => Some((extra, unit)),
            (Some(_), Some((key, None))) => return Ok(unknown(key, context)),
            (Some(extra), None) => return Ok(without_unit(extra, amount, from, context)),
        };
        let more = extra.map_or_else(String::new, |(extra, unit)| format!(" + ({extra}) {}", unit.fend));
        let convert = |from: &Unit, to: &Unit| {
            compute::evaluate(&format!("(({amount}) {}{more}) to {}", from.fend, to.fend))
        };
        let (mut from, mut to, mut outcome) = (from, to, convert(from, to));
        // Ounces beside a measure of volume are fluid ones, though nobody says so.
        if let (Err(Failure::Undefined), (fluid_from, fluid_to)) = (&outcome, (fluid(from), fluid(to)))
            && let Ok(value) = convert(fluid_from, fluid_to)
        {
            (from, to, outcome) = (fluid_from, fluid_to, Ok(value));
        }
        Ok(match outcome {
            Ok(value) => result(amount, from, extra, &value, to, context),
            Err(Failure::Undefined) => Reply::in_language(
                context,
                format!("I can't turn {} into {}; they measure different things.", from.many, to.many),
                format!("{}和{}衡量的不是同一种东西，不能换算。", from.mandarin, to.mandarin),
            ),
            Err(Failure::TooMuch) => Reply::in_language(
                context,
                "That's more than I can work out.",
                "这个我算不出来，数太大或者算式太长了。",
            ),
        })
    }
}

fn unknown(key: &str, context: &SkillContext) -> Reply {
    Reply::in_language(context, format!("I don't know the unit {key}."), format!("我不认识单位{key}。"))
}

/// "5 miles 10": nobody leaves the unit of the second number unsaid there.
fn without_unit(extra: f64, amount: f64, from: &Unit, context: &SkillContext) -> Reply {
    let in_mandarin = context.in_mandarin();
    let (extra, quantity) =
        (said(extra, in_mandarin).text, quantity(&said(amount, in_mandarin), from, in_mandarin));
    Reply::in_language(
        context,
        format!("I don't know which unit the {extra} after {quantity} is in."),
        format!("我不知道{quantity}后面的{extra}是什么单位。"),
    )
}

/// The unit of volume that goes by the same name.
fn fluid(unit: &'static Unit) -> &'static Unit {
    if unit.key == "ounce" { find("fluid_ounce").unwrap_or(unit) } else { unit }
}

/// The unit that is left unsaid after this one: "five foot ten".
fn smaller(unit: &Unit) -> Option<&'static str> {
    match unit.key {
        "foot" => Some("inch"),
        "chi" => Some("cun"),
        "stone" => Some("pound"),
        "pound" => Some("ounce"),
        "hour" => Some("minute"),
        "minute" => Some("second"),
        "meter" => Some("centimeter"),
        _ => None,
    }
}

fn result(
    amount: f64,
    from: &Unit,
    extra: Option<(f64, &'static Unit)>,
    value: &Value,
    to: &Unit,
    context: &SkillContext,
) -> Reply {
    let in_mandarin = context.in_mandarin();
    let number = spoken(value, in_mandarin);
    let (about, around) = if number.about { ("about ", "大约") } else { ("", "") };
    let mut asked = quantity(&said(amount, in_mandarin), from, in_mandarin);
    if let Some((extra, unit)) = extra {
        if !in_mandarin {
            asked.push(' ');
        }
        asked.push_str(&quantity(&said(extra, in_mandarin), unit, in_mandarin));
    }
    let found = quantity(&number, to, in_mandarin);
    Reply::in_language(
        context,
        format!("{asked} is {about}{found}."),
        format!("{asked}{around}等于{found}。"),
    )
}

/// A number as it was said.
fn said(number: f64, in_mandarin: bool) -> Spoken {
    spoken(&Value { digits: number.to_string(), rounded: false }, in_mandarin)
}

fn quantity(number: &Spoken, unit: &Unit, in_mandarin: bool) -> String {
    if in_mandarin {
        format!("{}{}", number.text, unit.mandarin)
    } else {
        let one = number.text == "1" || number.text == "minus 1";
        format!("{} {}", number.text, if one { unit.one } else { unit.many })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Language, Slot},
        skills::context::tests::at,
    };

    fn ask(amount: Option<f64>, from: &str, extra: Option<(f64, &str)>, to: &str) -> [String; 2] {
        let slot = |name, value| Slot { name, value, span: 0..0 };
        let mut slots =
            vec![slot("from", SlotValue::Text(from.into())), slot("to", SlotValue::Text(to.into()))];
        slots.extend(amount.map(|amount| slot("amount", SlotValue::Number(amount))));
        if let Some((extra, unit)) = extra {
            slots.push(slot("extra", SlotValue::Number(extra)));
            slots.extend((!unit.is_empty()).then(|| slot("extra_unit", SlotValue::Text(unit.into()))));
        }
        let intent = Intent { name: "units".into(), slots };
        [Language::ENGLISH, Language::MANDARIN]
            .map(|language| Units.answer(&intent, &at("2026-11-22T15:42[UTC]", &language)).unwrap().text)
    }

    #[test]
    fn quantities_are_converted() {
        let table = [
            (10.0, "mile", "kilometer", "10 miles is about 16.09 kilometers.", "10英里大约等于16.09公里。"),
            (1.0, "cup", "ounce", "1 US cup is 8 US fluid ounces.", "1美制杯等于8美制液盎司。"),
            (2.0, "ounce", "pound", "2 ounces is 0.125 pounds.", "2盎司等于0.125磅。"),
            (
                5.0,
                "ounce",
                "meter",
                "I can't turn ounces into meters; they measure different things.",
                "盎司和米衡量的不是同一种东西，不能换算。",
            ),
            (3.0, "chi", "meter", "3 chi is 1 meter.", "3尺等于1米。"),
            (1.0, "kilogram", "jin", "1 kilogram is 2 jin.", "1公斤等于2斤。"),
            (
                100.0,
                "fahrenheit",
                "celsius",
                "100 degrees Fahrenheit is about 37.78 degrees Celsius.",
                "100华氏度大约等于37.78摄氏度。",
            ),
            (
                -40.0,
                "celsius",
                "fahrenheit",
                "Minus 40 degrees Celsius is minus 40 degrees Fahrenheit.",
                "负40摄氏度等于负40华氏度。",
            ),
            (0.0, "celsius", "kelvin", "0 degrees Celsius is 273.15 kelvins.", "0摄氏度等于273.15开尔文。"),
            (
                60.0,
                "mile_per_hour",
                "kilometer_per_hour",
                "60 miles per hour is about 96.56 kilometers per hour.",
                "60英里每小时大约等于96.56公里每小时。",
            ),
            (2.0, "gigabyte", "megabyte", "2 gigabytes is 2000 megabytes.", "2GB等于2000MB。"),
            (0.5, "mile", "foot", "0.5 miles is 2640 feet.", "0.5英里等于2640英尺。"),
            (
                5.0,
                "mile",
                "kilogram",
                "I can't turn miles into kilograms; they measure different things.",
                "英里和公斤衡量的不是同一种东西，不能换算。",
            ),
            (5.0, "smoot", "meter", "I don't know the unit smoot.", "我不认识单位smoot。"),
        ];
        for (amount, from, to, english, mandarin) in table {
            assert_eq!(ask(Some(amount), from, None, to), [english, mandarin]);
        }
        assert_eq!(ask(None, "mile", None, "foot")[0], "1 mile is 5280 feet.");
        for unit in ["inch", ""] {
            assert_eq!(
                ask(Some(5.0), "foot", Some((10.0, unit)), "centimeter"),
                ["5 feet 10 inches is 177.8 centimeters.", "5英尺10英寸等于177.8厘米。"]
            );
        }
        assert_eq!(
            ask(Some(5.0), "mile", Some((10.0, "")), "kilometer"),
            ["I don't know which unit the 10 after 5 miles is in.", "我不知道5英里后面的10是什么单位。"]
        );
        assert_eq!(ask(Some(5.0), "foot", Some((10.0, "smoot")), "inch")[0], "I don't know the unit smoot.");
    }
}

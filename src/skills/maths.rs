//! Maths: the value of a spoken sum.

use super::{
    Reply, Skill, SkillContext, SkillError,
    compute::{self, Failure},
    rounding::spoken,
};
use crate::flow::{Intent, SlotValue};

/// Answers `maths`, whose slot `expr` is in fend's syntax.
pub(super) struct Maths;

impl Skill for Maths {
    fn handles(&self, name: &str) -> bool {
        name == "maths"
    }

    fn answer(&mut self, intent: &Intent, context: &SkillContext) -> Result<Reply, SkillError> {
        let Some(SlotValue::Text(expression)) = intent.slot("expr") else {
            return Err(SkillError::MissingSlot { intent: intent.name.clone(), slot: "expr" });
        };
        Ok(match compute::evaluate(expression) {
            Ok(value) => {
                let number = spoken(&value, context.in_mandarin());
                let (about, around) = if number.about { ("about ", "大约") } else { ("", "") };
                Reply::in_language(
                    context,
                    format!("That's {about}{}.", number.text),
                    format!("{around}等于{}。", number.text),
                )
            }
            Err(Failure::Undefined) if divides_by_zero(expression) => {
                Reply::in_language(context, "I can't divide by zero.", "不能除以零。")
            }
            Err(Failure::Undefined) if !has_a_huge_exponent(expression) => Reply::in_language(
                context,
                "That has no answer among the real numbers.",
                "这个算式没有实数结果。",
            ),
            Err(Failure::TooMuch | Failure::Undefined) => Reply::in_language(
                context,
                "That's more than I can work out.",
                "这个我算不出来，数太大或者算式太长了。",
            ),
        })
    }
}

/// Whether a divisor in `expression` (bracketed throughout) is zero.
fn divides_by_zero(expression: &str) -> bool {
    let divisors = ["/", " mod "].into_iter().flat_map(|sign| {
        expression.match_indices(sign).map(move |(at, _)| operand(&expression[at + sign.len()..], "+-*/^! "))
    });
    divisors.into_iter().any(|divisor| {
        compute::evaluate(divisor).is_ok_and(|value| value.digits.trim_start_matches('-') == "0")
    })
}

/// Beyond this no power of a whole number has a value that can be told.
const HUGE: f64 = 1e6;

/// Whether an exponent in `expression`, with the exponents of its own, is beyond all reckoning.
fn has_a_huge_exponent(expression: &str) -> bool {
    expression.match_indices('^').any(|(at, _)| {
        match compute::evaluate(operand(&expression[at + 1..], "+-*/! ")) {
            Ok(value) => value.digits.parse::<f64>().is_ok_and(|exponent| exponent.abs() > HUGE),
            Err(failure) => failure == Failure::TooMuch,
        }
    })
}

/// The number, call or bracket at the start of `text`, which ends before the first of `signs`.
fn operand<'e>(text: &'e str, signs: &str) -> &'e str {
    let mut depth = 0_u32;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth <= 1 => return &text[..at + usize::from(depth == 1)],
            ')' => depth -= 1,
            sign if depth == 0 && signs.contains(sign) => return &text[..at],
            _ => {}
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        flow::{Language, Slot},
        skills::context::tests::at,
    };

    #[test]
    fn sums_are_answered() {
        let table = [
            ("((20/100)*92)", "That's 18.4.", "等于18.4。"),
            ("(7*8)", "That's 56.", "等于56。"),
            ("(1/3)", "That's about 0.333.", "大约等于0.333。"),
            ("(3-10)", "That's minus 7.", "等于负7。"),
            ("(2^10)", "That's 1024.", "等于1024。"),
            ("(5/0)", "I can't divide by zero.", "不能除以零。"),
            ("(5/(3-3))", "I can't divide by zero.", "不能除以零。"),
            ("(7 mod 0)", "I can't divide by zero.", "不能除以零。"),
            ("2^2^2^2^2^2", "That's more than I can work out.", "这个我算不出来，数太大或者算式太长了。"),
            ("(2^3)^4", "That's 4096.", "等于4096。"),
            ("(1/0)^2", "I can't divide by zero.", "不能除以零。"),
            ("sqrt((-4))", "That has no answer among the real numbers.", "这个算式没有实数结果。"),
            ("(9^(9^(9^9)))", "That's more than I can work out.", "这个我算不出来，数太大或者算式太长了。"),
        ];
        for (expression, english, mandarin) in table {
            let slot = Slot { name: "expr", value: SlotValue::Text(expression.into()), span: 0..0 };
            let intent = Intent { name: "maths".into(), slots: vec![slot] };
            for (language, expected) in [(Language::ENGLISH, english), (Language::MANDARIN, mandarin)] {
                let reply = Maths.answer(&intent, &at("2026-11-22T15:42[UTC]", &language)).unwrap();
                assert_eq!(reply.text, expected, "{expression}");
            }
        }
    }
}

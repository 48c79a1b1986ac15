//! Compute: the one file that names fend, which reckons exactly and knows units.
//!
//! Enters: an expression. Leaves: a decimal, or why there is none. Never here: a computation without a bound.

use std::sync::atomic::{AtomicU32, Ordering};

use fend_core::{Context, CustomUnitAttribute, Interrupt, evaluate_with_interrupt};

/// The longest expression, in bytes.
const LONGEST: usize = 1000;

/// The most weight an expression may have, see [`weight`].
const HEAVIEST: usize = 30;

/// How often fend may look up from its work before it is stopped. Measured: the factorial of 1000 looks up 5600
/// times; steps grow longer with the numbers, and 100 000 of them took 13 s for the factorial of 10^9.
const STEPS: u32 = 10_000;

/// Units that fend lacks: name and definition.
const MORE_UNITS: [(&str, &str); 8] = [
    ("chi", "1/3 meter"),
    ("cun", "1/30 meter"),
    ("li", "500 meter"),
    ("mu", "2000/3 meter^2"),
    ("liang", "50 gram"),
    ("us_ton", "2000 pound"),
    ("imperial_gallon", "4.54609 liter"),
    ("imperial_pint", "0.56826125 liter"),
];

/// A result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Value {
    /// The number in decimal digits.
    pub(super) digits: String,
    /// Whether fend has rounded it.
    pub(super) rounded: bool,
}

/// Why there is no result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// The expression is too long, or its result would take too long or too much room.
    TooMuch,
    /// The expression has no real result.
    Undefined,
}

struct Budget(AtomicU32);

impl Budget {
    fn spent(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= STEPS
    }
}

impl Interrupt for Budget {
    fn should_interrupt(&self) -> bool {
        self.0.fetch_add(1, Ordering::Relaxed) >= STEPS
    }
}

/// The value of `expression`; a unit behind the number is dropped, since the caller has named it.
pub(super) fn evaluate(expression: &str) -> Result<Value, Failure> {
    if expression.len() > LONGEST || weight(expression) > HEAVIEST {
        return Err(Failure::TooMuch);
    }
    let budget = Budget(AtomicU32::new(0));
    let mut context = Context::new();
    for (name, definition) in MORE_UNITS {
        context.define_custom_unit_v1(name, name, definition, &CustomUnitAttribute::None);
    }
    let result = evaluate_with_interrupt(expression, &mut context, &budget);
    let result = result.map_err(|_| if budget.spent() { Failure::TooMuch } else { Failure::Undefined })?;
    let text = result.get_main_result();
    let approximate = text.strip_prefix("approx. ");
    let mut parts = approximate.unwrap_or(text).split([' ', '°']);
    let digits = parts.next().unwrap_or_default();
    // "0 + 2i": a complex number.
    if matches!(parts.next(), Some("+" | "-")) {
        return Err(Failure::Undefined);
    }
    match digits.parse::<f64>() {
        Ok(value) if value.is_finite() => {
            Ok(Value { digits: digits.to_owned(), rounded: approximate.is_some() })
        }
        Ok(_) => Err(Failure::TooMuch),
        Err(_) => Err(Failure::Undefined),
    }
}

/// How much stack `expression` may take in fend, which descends for every operator, bracket and call. Measured on
/// a 2 MiB stack: more than 48 operators in a row overflow it, or more than 16 brackets, or more than 8 calls.
fn weight(expression: &str) -> usize {
    let (mut operators, mut open, mut deepest) = (0_usize, Vec::new(), 0);
    let mut in_name = false;
    for c in expression.chars() {
        match c {
            '(' => open.push(if in_name { 6 } else { 3 }),
            ')' => drop(open.pop()),
            _ if c.is_alphanumeric() || " ._".contains(c) => {}
            _ => operators += 1,
        }
        in_name = c.is_alphabetic();
        deepest = deepest.max(open.iter().sum());
    }
    operators + deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_have_values() {
        let table = [
            ("((20/100)*92)", "18.4", false),
            ("(1/3)", "0.3333333333", true),
            ("sqrt(144)", "12", false),
            ("(2^100)", "1267650600228229401496703205376", false),
            ("(20!)", "2432902008176640000", false),
            ("(-40) celsius to fahrenheit", "-40", false),
            ("(17 mod 5)", "2", false),
            (&format!("{}1{}", "sqrt(".repeat(5), ")".repeat(5)), "1", false),
            (&format!("{}1", "1^".repeat(30)), "1", false),
        ];
        for (expression, digits, rounded) in table {
            assert_eq!(evaluate(expression), Ok(Value { digits: digits.into(), rounded }), "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_computed_ends_soon() {
        for expression in [
            "(9^(9^(9^9)))",
            "(999999999!)",
            "(10^1000000000)",
            "((9^9999999) mod 7)",
            &"1+".repeat(60),
            &"(".repeat(900),
            &"-".repeat(900),
        ] {
            assert_eq!(evaluate(expression), Err(Failure::TooMuch), "{expression}");
        }
        for expression in [
            "(1/0)",
            "sqrt(-4)",
            "((-5)!)",
            "5 kilogram to meter",
            "nonsense",
            "",
            &"(".repeat(10),
            &"-".repeat(30),
        ] {
            assert_eq!(evaluate(expression), Err(Failure::Undefined), "{expression}");
        }
    }
}

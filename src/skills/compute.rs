//! Compute: the one file that names fend, which reckons exactly and knows units.
//!
//! Enters: an expression. Leaves: a decimal, or why there is none. Never here: a computation without a bound.

use std::sync::atomic::{AtomicU32, Ordering};

use fend_core::{Context, CustomUnitAttribute, Interrupt, evaluate_with_interrupt};

/// The longest expression, in bytes.
const LONGEST: usize = 1000;

/// How often fend may look up from its work before it is stopped. Measured: the factorial of 1000 looks up 5600
/// times; steps grow longer with the numbers, and 100 000 of them took 13 s for the factorial of 10^9.
const STEPS: u32 = 10_000;

/// Units that fend lacks: name and definition.
const MORE_UNITS: [(&str, &str); 6] = [
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
    /// The result would take too long or too much room.
    TooLarge,
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
    if expression.len() > LONGEST {
        return Err(Failure::TooLarge);
    }
    let budget = Budget(AtomicU32::new(0));
    let mut context = Context::new();
    for (name, definition) in MORE_UNITS {
        context.define_custom_unit_v1(name, name, definition, &CustomUnitAttribute::None);
    }
    let result = evaluate_with_interrupt(expression, &mut context, &budget);
    let result = result.map_err(|_| if budget.spent() { Failure::TooLarge } else { Failure::Undefined })?;
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
        Ok(_) => Err(Failure::TooLarge),
        Err(_) => Err(Failure::Undefined),
    }
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
        ];
        for (expression, digits, rounded) in table {
            assert_eq!(evaluate(expression), Ok(Value { digits: digits.into(), rounded }), "{expression}");
        }
    }

    #[test]
    fn what_cannot_be_computed_ends_soon() {
        for expression in
            ["(9^(9^(9^9)))", "(999999999!)", "(10^1000000000)", "((9^9999999) mod 7)", &"1+".repeat(600)]
        {
            assert_eq!(evaluate(expression), Err(Failure::TooLarge), "{expression}");
        }
        for expression in
            ["(1/0)", "sqrt(-4)", "((-5)!)", "5 kilogram to meter", "nonsense", "", &"(".repeat(900)]
        {
            assert_eq!(evaluate(expression), Err(Failure::Undefined), "{expression}");
        }
    }
}

//! Arithmetic: a spoken sum as an expression in fend's syntax.
//!
//! Enters: tokens. Leaves: an expression with no more brackets than its order of operations needs (each costs
//! fend a tenth of a megabyte of stack), or `None` unless every token belongs to it and it computes something.

use super::{
    arithmetic_words::{ENGLISH, Infix, MANDARIN, Postfix, Vocabulary},
    numbers,
};
use crate::flow::Language;

/// The expression that `tokens` are as a whole, in fend's syntax.
pub(super) fn expression(tokens: &[&str], language: &Language) -> Option<String> {
    let vocabulary = if *language == Language::MANDARIN { &MANDARIN } else { &ENGLISH };
    let mut parser = Parser { tokens, at: 0, vocabulary, language };
    let term = parser.sum()?;
    (parser.at == tokens.len() && term.computes).then_some(term.text)
}

/// How tightly a part holds together; a looser one needs brackets beside a tighter operator.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Binding {
    Sum,
    Product,
    Power,
    Atom,
}

/// A part of the expression.
struct Term {
    text: String,
    binding: Binding,
    /// The number before the percent sign, when that is all there is.
    percent: Option<String>,
    /// Whether "of" may follow or precede it.
    share: bool,
    /// Whether there is anything to compute.
    computes: bool,
}

impl Term {
    fn computed(binding: Binding, text: String) -> Self {
        Self { text, binding, percent: None, share: false, computes: true }
    }

    /// The text, bracketed if it is looser than `binding`.
    fn at_least(&self, binding: Binding) -> String {
        if self.binding >= binding { self.text.clone() } else { format!("({})", self.text) }
    }
}

struct Parser<'t> {
    tokens: &'t [&'t str],
    at: usize,
    vocabulary: &'static Vocabulary,
    language: &'t Language,
}

impl Parser<'_> {
    fn sum(&mut self) -> Option<Term> {
        let mut left = self.product()?;
        while let Some(operation) = self.infix(&[Infix::Plus, Infix::Minus]) {
            let right = self.product()?;
            let sign = if operation == Infix::Plus { '+' } else { '-' };
            // A percentage added or taken away is one of what stands before it: 50 plus 20% is 60.
            left = match (&left.percent, &right.percent) {
                (None, Some(percent)) => {
                    let base = left.at_least(Binding::Product);
                    Term::computed(Binding::Product, format!("{base}*(1{sign}{percent}/100)"))
                }
                _ => {
                    let right = right.at_least(Binding::Product);
                    Term::computed(Binding::Sum, format!("{}{sign}{right}", left.text))
                }
            };
        }
        Some(left)
    }

    fn product(&mut self) -> Option<Term> {
        let mut left = self.power()?;
        let wanted = [Infix::Times, Infix::Over, Infix::Remainder, Infix::Of, Infix::Off];
        while let Some(operation) = self.infix(&wanted) {
            let right = self.power()?;
            let (l, r) = (left.at_least(Binding::Product), right.at_least(Binding::Power));
            left = match operation {
                Infix::Over => Term::computed(Binding::Product, format!("{l}/{r}")),
                Infix::Remainder => Term::computed(Binding::Atom, format!("({l} mod {r})")),
                Infix::Of if !left.share && !right.share => return None,
                Infix::Off => Term::computed(Binding::Product, format!("{r}*(1-{}/100)", left.percent?)),
                _ => Term::computed(Binding::Product, format!("{l}*{r}")),
            };
        }
        Some(left)
    }

    fn power(&mut self) -> Option<Term> {
        let base = self.postfix()?;
        if self.infix(&[Infix::Power]).is_none() {
            return Some(base);
        }
        let exponent = self.power()?;
        let text = format!("{}^{}", base.at_least(Binding::Atom), exponent.at_least(Binding::Power));
        Some(Term::computed(Binding::Power, text))
    }

    fn postfix(&mut self) -> Option<Term> {
        let mut term = self.primary()?;
        loop {
            if let Some(operation) = self.phrase(self.vocabulary.postfix) {
                term = apply(operation, term)?;
            } else if let Some(exponent) = self.nth_power() {
                term = Term::computed(Binding::Power, format!("{}^{exponent}", term.at_least(Binding::Atom)));
            } else {
                return Some(term);
            }
        }
    }

    fn primary(&mut self) -> Option<Term> {
        if self.accept("(") {
            let inner = self.sum()?;
            return self.accept(")").then_some(inner);
        }
        if let Some(operation) = self.phrase(self.vocabulary.prefix) {
            let operand = self.postfix()?;
            return apply(operation, operand);
        }
        if let Some(term) = self.pair() {
            return Some(term);
        }
        let rest = &self.tokens[self.at..];
        // "2024-01-01" is a date, "020-12" a code: nobody writes an operand with a zero in front.
        if rest
            .first()
            .is_some_and(|t| t.starts_with('0') && t.as_bytes().get(1).is_some_and(u8::is_ascii_digit))
        {
            return None;
        }
        let (number, used) = numbers::read(rest, self.language)?;
        self.at += used;
        let percent = rest.starts_with(&["百", "分", "之"]).then(|| {
            let inner = number.exact.trim_start_matches('(');
            inner.strip_suffix("/100)").unwrap_or(inner).to_owned()
        });
        Some(Term {
            text: number.exact,
            binding: Binding::Atom,
            percent,
            share: number.share,
            computes: number.share && used > 1,
        })
    }

    fn pair(&mut self) -> Option<Term> {
        let start = self.at;
        for (opening, between, operation, swapped) in self.vocabulary.pairs {
            self.at = start;
            if !self.accept(opening) {
                continue;
            }
            let Some(first) = self.sum() else { continue };
            if !self.accept(between) {
                continue;
            }
            let Some(second) = self.sum() else { continue };
            let (first, second) = if *swapped { (second, first) } else { (first, second) };
            let (binding, sign) = match operation {
                Infix::Plus => (Binding::Sum, '+'),
                Infix::Minus => (Binding::Sum, '-'),
                Infix::Over => (Binding::Product, '/'),
                _ => (Binding::Product, '*'),
            };
            let right = if binding == Binding::Sum { Binding::Product } else { Binding::Power };
            let text = format!("{}{sign}{}", first.at_least(binding), second.at_least(right));
            return Some(Term::computed(binding, text));
        }
        self.at = start;
        None
    }

    fn nth_power(&mut self) -> Option<String> {
        let start = self.at;
        let (opening, closing) = self.vocabulary.nth_power;
        if self.accept(opening) {
            let rest = &self.tokens[self.at..];
            let ordinal = super::english::ordinal(rest).map(|(n, used)| (n.to_string(), used));
            let found = if *self.language == Language::MANDARIN {
                numbers::read(rest, self.language).map(|(n, used)| (n.exact, used))
            } else {
                ordinal
            };
            if let Some((exponent, used)) = found {
                self.at += used;
                if self.accept(closing) {
                    return Some(exponent);
                }
            }
        }
        self.at = start;
        None
    }

    /// One of the `wanted` operations, if its words come next.
    fn infix(&mut self, wanted: &[Infix]) -> Option<Infix> {
        let start = self.at;
        let found = self.phrase(self.vocabulary.infix)?;
        // "two to the power of ten": the words are taken back when another level of the grammar wants them.
        if !wanted.contains(&found) {
            self.at = start;
            return None;
        }
        Some(found)
    }

    /// What the first phrase of `table` that comes next means.
    fn phrase<T: Copy>(&mut self, table: &[(&'static str, T)]) -> Option<T> {
        table.iter().find(|(words, _)| self.accept(words)).map(|(_, meaning)| *meaning)
    }

    /// Steps over `words` if they come next.
    fn accept(&mut self, words: &str) -> bool {
        let rest = &self.tokens[self.at..];
        let count = words.split(' ').count();
        let fits = rest.len() >= count
            && words.split(' ').zip(rest).all(|(w, t)| super::spelling::sounds_like(t, w));
        if fits {
            self.at += count;
        }
        fits
    }
}

fn apply(operation: Postfix, term: Term) -> Option<Term> {
    let atom = term.at_least(Binding::Atom);
    Some(match operation {
        Postfix::Percent if term.percent.is_none() => Term {
            text: format!("({atom}/100)"),
            binding: Binding::Atom,
            percent: Some(atom),
            share: true,
            computes: true,
        },
        Postfix::Percent => return None,
        Postfix::Squared => Term::computed(Binding::Power, format!("{atom}^2")),
        Postfix::Cubed => Term::computed(Binding::Power, format!("{atom}^3")),
        Postfix::Factorial => Term::computed(Binding::Power, format!("{atom}!")),
        Postfix::SquareRoot => Term::computed(Binding::Atom, format!("sqrt({})", term.text)),
        Postfix::CubeRoot => Term::computed(Binding::Atom, format!("cbrt({})", term.text)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::tokens::Tokenizer;

    fn read(text: &str, language: &Language) -> Option<String> {
        let words = Tokenizer::new().words(text);
        expression(&words.iter().map(String::as_str).collect::<Vec<_>>(), language)
    }

    #[test]
    fn sums_become_expressions() {
        let english: &[(&str, &str)] = &[
            ("seven times eight", "7*8"),
            ("12 plus 5 divided by 2", "12+5/2"),
            ("20% of 92", "(20/100)*92"),
            ("twenty percent of ninety two", "(20/100)*92"),
            ("50 plus 20 percent", "50*(1+20/100)"),
            ("15 percent off 80", "80*(1-15/100)"),
            ("half of 50", "(1/2)*50"),
            ("three quarters of two hundred", "(3/4)*200"),
            ("the square root of 144", "sqrt(144)"),
            ("two to the power of ten", "2^10"),
            ("two to the tenth power", "2^10"),
            ("nine squared", "9^2"),
            ("five factorial", "5!"),
            ("minus 3 plus 10", "(-3)+10"),
            ("10 - -3", "10-(-3)"),
            ("(3+4)*5", "(3+4)*5"),
            ("add five and seven", "5+7"),
            ("subtract 3 from 10", "10-3"),
            ("divide 100 by 4", "100/4"),
            ("one third", "(1/3)"),
            ("10 minus 3 minus 2", "10-3-2"),
            ("ten minus (3 minus 2)", "10-(3-2)"),
            ("100 divided by (5 times 2)", "100/(5*2)"),
            ("(2 plus 3) squared", "(2+3)^2"),
            ("two cubed to the power of two", "(2^3)^2"),
            ("17 mod 5 times 2", "(17 mod 5)*2"),
            ("1 plus 1 plus 10 percent", "(1+1)*(1+10/100)"),
            ("one hundred and five plus five", "105+5"),
        ];
        let mandarin: &[(&str, &str)] = &[
            ("二十加三十", "20+30"),
            ("十除以四", "10/4"),
            ("九十二的百分之二十", "92*(20/100)"),
            ("92的20%", "92*(20/100)"),
            ("一百加百分之十", "100*(1+10/100)"),
            ("五十的一半", "50*(1/2)"),
            ("一百四十四的平方根", "sqrt(144)"),
            ("二的十次方", "2^10"),
            ("五的阶乘", "5!"),
            ("三分之一", "(1/3)"),
            ("根号九加一", "sqrt(9)+1"),
            ("7×8", "7*8"),
        ];
        for (text, expected) in english {
            assert_eq!(read(text, &Language::ENGLISH).as_deref(), Some(*expected), "{text}");
        }
        for (text, expected) in mandarin {
            assert_eq!(read(text, &Language::MANDARIN).as_deref(), Some(*expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_sum_is_refused() {
        for text in
            ["five", "plus five", "five plus", "two of three", "the times", "(3+4", "20% %", "off 3", ""]
        {
            assert_eq!(read(text, &Language::ENGLISH), None, "{text}");
        }
        for text in ["五", "加五", "五加", "三的四", "百分之"] {
            assert_eq!(read(text, &Language::MANDARIN), None, "{text}");
        }
    }
}

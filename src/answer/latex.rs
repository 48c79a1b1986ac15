//! LaTeX: reads one command, escape or dollar sign at the head of the text held back so far.
//!
//! Enters: held characters that begin with `\` or `$`. Leaves: one step, or `None` while the next characters could
//! still change the answer. Never here: a formula's meaning; its signs are said in the order they stand.

use super::markup::{Action, Closing, Place, Step, closing, peek, run, step};

/// Longest part of a fraction, in characters.
const PART: usize = 200;

/// LaTeX commands that have a sign a voice can say; other commands are read by their name.
const SIGNS: &[(&str, &str)] = &[
    ("times", "×"),
    ("cdot", "×"),
    ("div", "÷"),
    ("pm", "±"),
    ("sqrt", "√"),
    ("pi", "π"),
    ("approx", "≈"),
    ("le", "≤"),
    ("leq", "≤"),
    ("ge", "≥"),
    ("geq", "≥"),
    ("ne", "≠"),
    ("neq", "≠"),
    ("circ", "°"),
    ("degree", "°"),
    ("infty", "∞"),
    ("text", ""),
    ("mathrm", ""),
    ("mathbf", ""),
    ("left", ""),
    ("right", ""),
    ("quad", " "),
];

/// An escaped sign or a command.
pub(super) fn backslash(held: &[char], end: bool) -> Option<Step> {
    match peek(held, 1, end)? {
        '(' | ')' | '[' | ']' | '\\' | ',' | ';' | '!' => step(2.min(held.len()), Action::Drop),
        c if c.is_ascii_punctuation() => step(2, Action::Say(c.to_string())),
        c if c.is_ascii_alphabetic() => {
            let n = run(&held[1..], end, |c| c.is_ascii_alphabetic())?;
            let name: String = held[1..=n].iter().collect();
            if name == "frac" {
                return fraction(held, n + 1, end);
            }
            match SIGNS.iter().find(|(known, _)| *known == name) {
                Some((_, sign)) => step(n + 1, Action::Say((*sign).to_owned())),
                None => step(1, Action::Drop),
            }
        }
        _ => step(1, Action::Drop),
    }
}

/// `\frac{a}{b}` as a/b.
fn fraction(held: &[char], open: usize, end: bool) -> Option<Step> {
    let mut parts = Vec::with_capacity(2);
    let mut from = open;
    for _ in 0..2 {
        if peek(held, from, end)? != '{' {
            return step(1, Action::Drop);
        }
        match closing(held, from, ('{', '}'), PART) {
            Closing::At(i) => {
                parts.push(&held[from + 1..i]);
                from = i + 1;
            }
            Closing::NotYet if !end => return None,
            Closing::NotYet | Closing::Missing => return step(1, Action::Drop),
        }
    }
    step(from, Action::Reread(parts.join(&'/')))
}

/// A formula's dollar, or money.
pub(super) fn dollar(held: &[char], place: Place) -> Option<Step> {
    let n = run(held, place.end, |c| c == '$')?;
    let after = peek(held, n, place.end)?;
    if n > 1 {
        return step(n, Action::Drop);
    }
    if place.formula {
        return step(1, Action::Formula);
    }
    let money =
        after.is_ascii_digit() || place.before.is_ascii_digit() || matches!(after, ' ' | '\t' | ',' | '.');
    step(1, if money { Action::Keep } else { Action::Formula })
}

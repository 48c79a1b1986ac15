//! HTML: reads one tag, comment, bracketed address or entity at the head of the text held back so far.
//!
//! Enters: held characters that begin with `<` or `&`. Leaves: one step, or `None` while the next characters could
//! still change the answer. Never here: a wait without a bound; what does not close within its limit is plain text.

use super::markup::{Action, Step, peek, run, step};

/// Longest HTML tag, in characters.
const TAG: usize = 300;
/// A tag's first attribute has its `=` within this many characters, or it was a comparison ("a <b and …").
const ATTRIBUTE: usize = 40;

/// An HTML tag, a comment or `<https://…>`; else "less than".
pub(super) fn tag(held: &[char], end: bool) -> Option<Step> {
    let literal = || step(1, Action::Keep);
    let start = usize::from(peek(held, 1, end)? == '/') + 1;
    let first = peek(held, start, end)?;
    if first == '!' {
        return match held.iter().take(TAG).position(|c| *c == '>') {
            Some(last) => step(last + 1, Action::Drop),
            None if held.len() < TAG && !end => None,
            None => literal(),
        };
    }
    if !first.is_ascii_alphabetic() {
        return literal();
    }
    let name_end = start + run(&held[start..], end, |c| c.is_ascii_alphanumeric())?;
    let name: String = held[start..name_end].iter().collect::<String>().to_ascii_lowercase();
    let is_address =
        matches!(name.as_str(), "http" | "https" | "mailto") && peek(held, name_end, end)? == ':';
    if !is_address && !matches!(peek(held, name_end, end)?, '>' | '/' | ' ' | '\t') {
        return literal();
    }
    let rest = &held[name_end..];
    let Some(last) = rest.iter().take(TAG).position(|c| *c == '>') else {
        let attributes = is_address || rest.len() < ATTRIBUTE || rest[..ATTRIBUTE].contains(&'=');
        return if attributes && rest.len() < TAG && !end { None } else { literal() };
    };
    let inside = &rest[..last];
    let take = name_end + last + 1;
    if is_address {
        return if inside.iter().any(|c| c.is_whitespace()) {
            literal()
        } else {
            step(take, Action::WholeAddress)
        };
    }
    if !inside.iter().all(|c| matches!(c, ' ' | '\t' | '/')) && !inside.contains(&'=') {
        return literal();
    }
    let breaks =
        matches!(name.as_str(), "br" | "p" | "li" | "ul" | "ol" | "tr" | "div" | "h1" | "h2" | "h3" | "hr");
    step(take, if breaks { Action::Line } else { Action::Drop })
}

/// Entities that models write, and what they mean.
const ENTITIES: &[(&str, &str)] = &[
    ("&amp;", "&"),
    ("&lt;", "<"),
    ("&gt;", ">"),
    ("&quot;", "\""),
    ("&#39;", "'"),
    ("&apos;", "'"),
    ("&nbsp;", " "),
    ("&deg;", "°"),
];

/// An entity by its name; else an ampersand.
pub(super) fn entity(held: &[char], end: bool) -> Option<Step> {
    for (name, meaning) in ENTITIES {
        let shared = name.chars().zip(held).take_while(|(a, b)| a == *b).count();
        if shared == name.len() {
            let action = if *meaning == " " { Action::Space } else { Action::Say((*meaning).to_owned()) };
            return step(shared, action);
        }
        if shared == held.len() && !end {
            return None;
        }
    }
    step(1, Action::Keep)
}

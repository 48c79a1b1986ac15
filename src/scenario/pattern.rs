//! Pattern: how a scenario writes down words that are to come.
//!
//! Enters: text in which `*` stands for anything, nothing included, and `\*` for itself. Leaves: whether other text is like
//! it, letter by letter. Never here: memory or time beyond the two texts.

use std::fmt;

/// Text with gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    text: String,
    /// What stands between the gaps, in order.
    parts: Vec<String>,
}

impl Pattern {
    /// Reads `text`.
    pub(super) fn new(text: &str) -> Self {
        let (mut parts, mut letters) = (vec![String::new()], text.chars().peekable());
        while let Some(letter) = letters.next() {
            match letter {
                '*' => parts.push(String::new()),
                '\\' if letters.next_if_eq(&'*').is_some() => push(&mut parts, '*'),
                letter => push(&mut parts, letter),
            }
        }
        Self { text: text.to_owned(), parts }
    }

    /// Whether `text` is like it.
    pub(super) fn fits(&self, text: &str) -> bool {
        let (first, between, last) = match self.parts.as_slice() {
            [first, between @ .., last] => (first, between, last),
            [whole] => return text == whole,
            [] => return text.is_empty(),
        };
        let Some(mut rest) = text.strip_prefix(first.as_str()) else { return false };
        for part in between {
            let Some((_, behind)) = rest.split_once(part.as_str()) else { return false };
            rest = behind;
        }
        rest.ends_with(last.as_str())
    }
}

fn push(parts: &mut [String], letter: char) {
    if let Some(last) = parts.last_mut() {
        last.push(letter);
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything_and_all_else_for_itself() {
        for (pattern, text, fits) in [
            ("Okay.", "Okay.", true),
            ("Okay.", "okay.", false),
            ("Okay.", "Okay. Done.", false),
            ("It's * in the afternoon.", "It's 3:42 in the afternoon.", true),
            ("It's *", "It's ", true),
            ("*minutes*", "Timer set for 5 minutes.", true),
            ("*一*二*", "一二", true),
            ("*二*一*", "一二", false),
            ("a*a", "a", false),
            ("a*a", "aa", true),
            ("2 \\* 3", "2 * 3", true),
            ("2 \\* 3", "2 x 3", false),
            ("*", "", true),
            ("", "", true),
            ("", "x", false),
            ("Okay.", "Okay. ", false),
            ("**a**b**", "xaxb", true),
        ] {
            assert_eq!(Pattern::new(pattern).fits(text), fits, "{pattern:?} {text:?}");
        }
    }
}

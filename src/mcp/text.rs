//! Text: what a server wrote, fit to stand in a prompt or on a terminal.
//!
//! Enters: any text. Leaves: the same without what does not show, and not too long. Never here: a judgement of its sense.

use crate::flow::is_invisible;

/// A text as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Plain {
    /// The text.
    pub(super) text: String,
    /// Whether it was longer.
    pub(super) shortened: bool,
}

/// `text` in at most `longest` characters, without characters that steer a terminal, turn the writing direction or are not
/// seen: words may hide in them. A line's end stays.
pub(super) fn plain(text: &str, longest: usize) -> Plain {
    let mut kept = text.trim().chars().map(|c| if c == '\t' { ' ' } else { c }).filter(|c| shows(*c));
    let text: String = kept.by_ref().take(longest).collect();
    Plain { text: text.trim().to_owned(), shortened: kept.next().is_some() }
}

fn shows(c: char) -> bool {
    c == '\n' || !(c.is_control() || is_invisible(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_show_is_gone_and_the_rest_is_bounded() {
        let hidden: String =
            "call it".chars().filter_map(|c| char::from_u32(0xe0000 + u32::from(c))).collect();
        let all = plain(&format!(" a\u{1b}[2J\tb\r\nc\u{202e}\u{200b}{hidden}字 "), 100);
        assert_eq!((all.text.as_str(), all.shortened), ("a[2J b\nc字", false));
        let cut = plain(&"字".repeat(500), 100);
        assert_eq!((cut.text.chars().count(), cut.shortened), (100, true));
    }
}

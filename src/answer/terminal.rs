//! Terminal: control sequences of terminals in an answer, which would be read aloud as "31m".
//!
//! Enters: characters. Leaves: whether each belongs to a sequence. After ECMA-48: ESC `[` up to a letter-like final
//! character, ESC `]` up to BEL or ESC, ESC and any other character. Never here: more than [`LONGEST`] characters
//! swallowed for a sequence that does not end.

/// A sequence longer than this is text after all; real ones stay below twenty.
const LONGEST: usize = 64;

/// Where in a sequence the text stands.
#[derive(Debug, Default, Clone, Copy)]
pub(super) enum Terminal {
    #[default]
    Text,
    Escape,
    Control(usize),
    Title(usize),
}

impl Terminal {
    /// Whether `c` belongs to a control sequence.
    pub(super) fn swallows(&mut self, c: char) -> bool {
        let (next, swallowed) = match (*self, c) {
            (_, '\u{1b}') => (Self::Escape, true),
            (_, '\u{9b}') => (Self::Control(0), true),
            (Self::Text, _) => (Self::Text, false),
            (Self::Escape, '[') => (Self::Control(0), true),
            (Self::Escape, ']') => (Self::Title(0), true),
            (Self::Escape, _) | (Self::Control(_), '@'..='~') | (Self::Title(_), '\u{7}') => {
                (Self::Text, true)
            }
            // Parameters are ASCII; anything else is an answer that goes on.
            (Self::Control(read), ' '..='?') if read < LONGEST => (Self::Control(read + 1), true),
            (Self::Title(read), _) if read < LONGEST => (Self::Title(read + 1), true),
            (Self::Control(_) | Self::Title(_), _) => (Self::Text, false),
        };
        *self = next;
        swallowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_and_words_stay() {
        for (text, left) in [
            ("\u{1b}[31mRed\u{1b}[0m sky", "Red sky"),
            ("\u{9b}2JClear", "Clear"),
            ("\u{1b}]0;title\u{7}Hello", "Hello"),
            ("\u{1b}]0;title\u{1b}\\Hello", "Hello"),
            ("a [1] b", "a [1] b"),
            ("\u{1b}[31", ""),
            ("\u{1b}[3天空", "天空"),
        ] {
            let mut terminal = Terminal::default();
            assert_eq!(text.chars().filter(|c| !terminal.swallows(*c)).collect::<String>(), left, "{text:?}");
        }
        let endless = format!("\u{1b}]{}", "x".repeat(500));
        let mut terminal = Terminal::default();
        assert!(endless.chars().filter(|c| !terminal.swallows(*c)).count() > 400);
    }
}

//! Glyphs: which characters a voice can say, and which only an eye can use.
//!
//! Enters: one character. Leaves: its class. Never here: state, or anything about Markdown.

use crate::flow::is_invisible;

/// What to do with a character that stands alone in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Glyph {
    /// Letters, digits, punctuation, signs such as °, ℃, €, ×: say it.
    Spoken,
    /// White space.
    Space,
    /// Arrows: they stand for a pause between two things.
    Arrow,
    /// Pictures: emoji, dingbats, boxes, shapes. They leave a gap behind.
    Picture,
    /// Invisible: controls, joiners, variation selectors, direction marks. They leave nothing behind.
    Invisible,
}

/// The class of `c`. Ranges are whole Unicode blocks (Unicode 16), so that new emoji in them are covered too.
pub(super) const fn class(c: char) -> Glyph {
    match c {
        ' ' | '\t' | '\r' | '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{205F}' | '\u{3000}' => {
            Glyph::Space
        }
        '\u{0}'..='\u{1F}' | '\u{7F}'..='\u{9F}' => Glyph::Invisible,
        // The keycap around a digit.
        '\u{20E3}' => Glyph::Invisible,
        c if is_invisible(c) => Glyph::Invisible,
        '\u{2190}'..='\u{21FF}' | '\u{27F0}'..='\u{27FF}' | '\u{2900}'..='\u{297F}' => Glyph::Arrow,
        '\u{2022}' | '\u{2023}' | '\u{2043}' | '\u{2139}' | '\u{203C}' | '\u{2049}' => Glyph::Picture,
        // Technical signs (watch, hourglass, play buttons), box drawing, blocks, shapes, symbols, dingbats.
        '\u{2300}'..='\u{23FF}' | '\u{2460}'..='\u{24FF}' | '\u{2500}'..='\u{27BF}' => Glyph::Picture,
        '\u{2800}'..='\u{28FF}'
        | '\u{2B00}'..='\u{2BFF}'
        | '\u{3030}'
        | '\u{303D}'
        | '\u{3297}'
        | '\u{3299}' => Glyph::Picture,
        // Private use, the replacement character, and every emoji block of the supplementary plane.
        '\u{E000}'..='\u{F8FF}' | '\u{FFFC}' | '\u{FFFD}' | '\u{1F000}'..='\u{1FAFF}' => Glyph::Picture,
        '\u{F0000}'..='\u{10FFFF}' => Glyph::Picture,
        _ => Glyph::Spoken,
    }
}

/// Whether `c` is written without spaces around it: Han, kana and full-width punctuation.
pub(super) const fn is_wide(c: char) -> bool {
    crate::flow::is_han(c)
        || matches!(c, '\u{3001}'..='\u{30FF}' | '\u{FF01}'..='\u{FF60}' | '“' | '”' | '‘' | '’' | '…')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_voice_says_signs_and_skips_pictures() {
        for c in "aé你°℃€$¥%×÷±½²™©、。“—".chars() {
            assert_eq!(class(c), Glyph::Spoken, "{c}");
        }
        for c in "😀👋🏽☀✅❤★■│⏰🇨".chars() {
            assert_eq!(class(c), Glyph::Picture, "{c}");
        }
        for c in "\u{200D}\u{FE0F}\u{7}\u{202E}\u{FEFF}\u{20E3}".chars() {
            assert_eq!(class(c), Glyph::Invisible, "{c:?}");
        }
    }
}

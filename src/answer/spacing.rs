//! Spacing: writes out what is to be said, with the spaces and pauses that belong between.
//!
//! Enters: characters to say and gaps where something was left out. Leaves: text in which no word runs into the next and
//! no pause stands beside punctuation. Never here: what a gap stood for, or two line ends in a row.

use super::glyphs::{Glyph, class, is_wide};
use crate::flow::Language;

/// What is said in place of what cannot be.
#[derive(Debug, Clone, Copy)]
struct Notes {
    code: &'static str,
    link: &'static str,
    pause: &'static str,
}

const ENGLISH: Notes = Notes { code: "I left the code out.", link: "a link", pause: ", " };
const MANDARIN: Notes = Notes { code: "代码略去。", link: "一个链接", pause: "，" };

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Gap {
    None,
    Space,
    Pause,
}

/// The text as it is written.
pub(super) struct Spacing {
    notes: Notes,
    /// What was written last.
    last: char,
    /// What to write before the next character.
    gap: Gap,
    /// Whether a picture stood here.
    hidden: bool,
}

impl Spacing {
    /// An empty text, whose notes ("I left the code out.") are in `language`: Mandarin, or else English.
    pub(super) fn new(language: &Language) -> Self {
        let notes = if *language == Language::MANDARIN { MANDARIN } else { ENGLISH };
        Self { notes, last: '\n', gap: Gap::None, hidden: false }
    }

    /// A picture stood here: words on either side stay apart.
    pub(super) const fn hide(&mut self) {
        self.hidden = true;
    }

    /// White space stood here.
    pub(super) fn space(&mut self) {
        self.gap = self.gap.max(Gap::Space);
    }

    /// A short pause belongs here.
    pub(super) const fn pause(&mut self) {
        self.gap = Gap::Pause;
    }

    /// Says that code was left out.
    pub(super) fn say_code(&mut self, out: &mut String) {
        self.say(self.notes.code, out);
    }

    /// Says that a link stood here.
    pub(super) fn say_link(&mut self, out: &mut String) {
        self.say(self.notes.link, out);
    }

    /// Writes `text`.
    pub(super) fn say(&mut self, text: &str, out: &mut String) {
        for c in text.chars() {
            match class(c) {
                Glyph::Space => self.space(),
                _ => self.write(c, out),
            }
        }
    }

    /// Ends the line, if anything stands in it.
    pub(super) fn end_line(&mut self, out: &mut String) {
        (self.gap, self.hidden) = (Gap::None, false);
        if self.last != '\n' {
            out.push('\n');
            self.last = '\n';
        }
    }

    /// Writes `c` after the gap that is due.
    pub(super) fn write(&mut self, c: char, out: &mut String) {
        let closing =
            matches!(c, '.' | ',' | '!' | '?' | ';' | ':' | ')' | '。' | '，' | '！' | '？' | '；' | '：');
        let punctuated =
            closing || self.last.is_ascii_punctuation() || matches!(self.last, '，' | '：' | '。');
        let glued = self.hidden && self.last.is_alphanumeric() && c.is_alphanumeric() && !is_wide(c);
        if self.last != '\n' {
            match self.gap {
                Gap::Pause if !punctuated => out.push_str(self.notes.pause),
                Gap::Pause if closing => {}
                Gap::Space if self.hidden && closing => {}
                Gap::Pause | Gap::Space => out.push(' '),
                Gap::None if glued => out.push(' '),
                Gap::None => {}
            }
        }
        out.push(c);
        (self.last, self.gap, self.hidden) = (c, Gap::None, false);
    }
}

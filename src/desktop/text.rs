//! Text: what strangers wrote, made fit to be said.
//!
//! Enters: titles, names of files and programs. Leaves: one line of limited length. Never here: a control character, one
//! that turns the direction of writing, an empty text.

use crate::flow::is_invisible;

/// The most characters of a stranger's text that are said.
const MOST: usize = 80;

/// `text` on one line, shortened; none where nothing is left.
pub(super) fn said(text: &str) -> Option<String> {
    // A whole file may hide in a title.
    let begin: String = text.chars().take(MOST * 8).filter(|c| !is_invisible(*c)).collect();
    let spaced = begin.replace(char::is_control, " ");
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut cut: String = line.chars().take(MOST).collect();
    if cut.len() < line.len() {
        cut.truncate(cut.trim_end().len());
        cut.push('…');
    }
    (!cut.is_empty()).then_some(cut)
}

#[cfg(test)]
mod tests {
    use super::said;

    #[test]
    fn a_strangers_text_is_one_short_line() {
        assert_eq!(said("  So\u{7}ng\r\n\u{202E}2 "), Some("So ng 2".to_owned()));
        assert_eq!(said("\u{1b}[31m"), Some("[31m".to_owned()));
        assert_eq!(said("\n\u{200B}\t"), None);
        // Letters of a tag, a soft hyphen, a variation of nothing, a filler.
        assert_eq!(said("So\u{E0041}n\u{AD}g\u{FE0F}\u{3164}"), Some("Song".to_owned()));
        let long = said(&"歌 ".repeat(100_000)).unwrap();
        assert!(long.chars().count() <= 81 && long.ends_with('…'), "{long}");
    }
}

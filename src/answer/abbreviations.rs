//! Abbreviations: what a full stop after a word means, in English.
//!
//! Enters: the word before the stop, the word after it. Leaves: whether the stop can end a sentence. Never here:
//! the text around them.

/// What a word is when a full stop follows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// An ordinary word: the stop ends the sentence.
    Word,
    /// A title or the like: the stop never ends a sentence.
    Title,
    /// "No.", "Fig.", "Jan.": an abbreviation before a number, else a word.
    BeforeNumber,
    /// "etc.", "p.m.", "Inc.": ends the sentence where the next word has a capital.
    MayEnd,
    /// "U.S.", "J.": a capital may follow inside the sentence, so the next word must be a typical opener.
    Initials,
}

const TITLES: &[&str] = &[
    "mr", "mrs", "ms", "mx", "dr", "prof", "st", "mt", "gen", "capt", "lt", "col", "sgt", "rev", "hon",
    "gov", "sen", "e.g", "i.e", "eg", "ie", "cf", "vs", "viz", "approx", "ca",
];
const BEFORE_NUMBERS: &[&str] = &[
    "no", "nos", "fig", "vol", "ch", "sec", "pp", "p", "jan", "feb", "mar", "apr", "jun", "jul", "aug",
    "sep", "sept", "oct", "nov", "dec",
];
const MAY_END: &[&str] =
    &["etc", "inc", "ltd", "co", "corp", "jr", "sr", "a.m", "p.m", "est", "dept", "ave", "blvd", "rd"];
const OPENERS: &[&str] = &[
    "The", "This", "That", "These", "Those", "It", "He", "She", "They", "We", "You", "I", "In", "On", "At",
    "But", "And", "So", "Then", "There", "Here", "If", "When", "What", "How", "Why", "Who", "As", "For",
    "Is", "Its", "A", "An", "My", "Your", "His", "Her", "Their", "Our", "To", "No", "Yes", "However", "Also",
    "After", "Before", "Since", "While", "Please", "Today", "Tomorrow", "Would", "Do", "Are", "Some", "Most",
];

/// Length of the longest opener, in characters.
pub(super) const LONGEST_OPENER: usize = 8;

/// What `word`, without its last stop, is.
pub(super) fn kind(word: &str) -> Kind {
    let lower = word.to_lowercase();
    let known = |list: &[&str]| list.contains(&lower.as_str());
    if known(TITLES) {
        Kind::Title
    } else if known(MAY_END) {
        Kind::MayEnd
    } else if known(BEFORE_NUMBERS) {
        Kind::BeforeNumber
    } else if word.split('.').all(|part| part.chars().count() == 1 && part.starts_with(char::is_uppercase)) {
        Kind::Initials
    } else {
        Kind::Word
    }
}

/// Whether `word` typically begins a sentence, so that a stop before it was an end.
pub(super) fn opens_a_sentence(word: &str) -> bool {
    OPENERS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_told_apart() {
        for (word, want) in [
            ("noon", Kind::Word),
            ("Mr", Kind::Title),
            ("e.g", Kind::Title),
            ("No", Kind::BeforeNumber),
            ("p.m", Kind::MayEnd),
            ("U.S", Kind::Initials),
            ("J", Kind::Initials),
            ("3", Kind::Word),
            ("example.com", Kind::Word),
            ("", Kind::Word),
        ] {
            assert_eq!(kind(word), want, "{word}");
        }
        assert!(OPENERS.iter().all(|word| word.len() <= LONGEST_OPENER));
    }
}

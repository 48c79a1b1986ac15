//! Spelling: whether a recogniser may have written one word for another by ear.
//!
//! Enters: two words in lower case. Leaves: yes or no. Short words never match by ear: "time" and "dime",
//! "day" and "they" are different sentences.

use rphonetic::DoubleMetaphone;

/// The shortest word, in letters, that is compared by ear.
const SHORTEST: usize = 5;

/// Words of at least this many letters may differ by two letters instead of one.
const LONG: usize = 8;

/// Whether `heard` is `meant`, or sounds the same and differs by one letter (two in a long word).
pub(super) fn sounds_like(heard: &str, meant: &str) -> bool {
    if heard == meant {
        return true;
    }
    let (h, m) = (heard.len(), meant.len());
    if h.min(m) < SHORTEST
        || h.abs_diff(m) > 2
        || !heard.bytes().chain(meant.bytes()).all(|b| b.is_ascii_lowercase())
    {
        return false;
    }
    let allowed = if m >= LONG { 2 } else { 1 };
    strsim::osa_distance(heard, meant) <= allowed && code(heard) == code(meant)
}

/// How `word` sounds, if it is compared by ear; two words that [`sounds_like`] takes for one, and are two, sound the same.
pub(super) fn sound(word: &str) -> Option<String> {
    (word.len() >= SHORTEST && word.bytes().all(|b| b.is_ascii_lowercase())).then(|| code(word))
}

/// How `word` (ASCII letters) sounds, without a limit on length.
pub(super) fn code(word: &str) -> String {
    DoubleMetaphone::new(None).double_metaphone(word).primary()
}

#[cfg(test)]
mod tests {
    use super::sounds_like;

    #[test]
    fn words_by_ear() {
        for (heard, meant) in [
            ("kilomiters", "kilometers"),
            ("convirt", "convert"),
            ("devided", "divided"),
            ("tomorow", "tomorrow"),
        ] {
            assert!(sounds_like(heard, meant), "{heard} {meant}");
        }
        for (heard, meant) in [
            ("dime", "time"),
            ("covert", "convert"),
            ("millimeters", "kilometers"),
            ("third", "thirty"),
            ("commuter", "computer"),
            ("grams", "gram"),
        ] {
            assert!(!sounds_like(heard, meant), "{heard} {meant}");
        }
    }
}

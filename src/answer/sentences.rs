//! Sentences: cuts a stream of plain text into sentences as it comes.
//!
//! Enters: plain text, cut anywhere. Leaves: trimmed sentences with something to say in them, each as soon as it is
//! certain where it ends; the first one early, because the user waits in silence for it. Text is read character by
//! character, so how it was cut into pieces cannot matter. Never here: markup, I/O, or a sentence without a bound.
//!
//! Lengths are in *letters*: a Han character counts as three, because it takes about as long to say.

use std::fmt;

use super::{
    abbreviations::{self, Kind},
    glyphs::is_wide,
};
use crate::flow::is_han;

/// The first sentence is cut at a clause once it is this long, in letters: about four seconds of speech.
const FIRST: usize = 60;
/// A sentence longer than this is cut at a clause, or else at a space, in letters.
const LONGEST: usize = 220;
/// Most characters held back; only endless punctuation gets there.
const HELD: usize = 400;
/// Letters that a Han character counts for.
const HAN: usize = 3;

/// Cuts a stream of text into sentences.
#[derive(Default)]
pub struct Sentences {
    held: Vec<char>,
    given: usize,
}

/// Whether a place ends a sentence.
enum Cut {
    /// Yes: the sentence is this many characters long.
    Here(usize),
    /// No.
    No,
    /// The next characters decide.
    NotYet,
}

/// Without the text: words stay out of logs.
impl fmt::Debug for Sentences {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sentences").field("held", &self.held.len()).finish_non_exhaustive()
    }
}

impl Sentences {
    /// Nothing read yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads `text` on and appends to `out` the sentences that are certain by now.
    pub fn push(&mut self, text: &str, out: &mut Vec<String>) {
        for c in text.chars() {
            match c {
                '\n' => {
                    self.cut(true, out);
                    self.give(self.held.len(), out);
                }
                c if c.is_whitespace() => {
                    if self.held.last().is_some_and(|last| *last != ' ') {
                        self.held.push(' ');
                        self.cut(false, out);
                    }
                }
                c => {
                    self.held.push(c);
                    self.cut(false, out);
                }
            }
        }
    }

    /// Ends the text: what is left becomes the last sentence.
    pub fn finish(&mut self, out: &mut Vec<String>) {
        self.cut(true, out);
        self.give(self.held.len(), out);
    }

    fn cut(&mut self, ended: bool, out: &mut Vec<String>) {
        let end = ended || self.held.len() >= HELD;
        while let Some(n) = self.boundary(end) {
            self.give(n, out);
        }
    }

    fn give(&mut self, n: usize, out: &mut Vec<String>) {
        let text: String = self.held.drain(..n).collect();
        let lead = self.held.iter().take_while(|c| **c == ' ').count();
        self.held.drain(..lead);
        let text = text.trim();
        if text.chars().any(char::is_alphanumeric) {
            self.given += 1;
            out.push(text.to_owned());
        }
    }

    /// Length of the first complete sentence among the held characters.
    fn boundary(&self, end: bool) -> Option<usize> {
        let (mut letters, mut clause, mut space) = (0_usize, None, None);
        for (i, c) in self.held.iter().copied().enumerate() {
            letters += if is_han(c) { HAN } else { 1 };
            if letters > LONGEST {
                return Some(clause.or(space).unwrap_or_else(|| self.whole_character(i)));
            }
            match self.sentence_end(i, end) {
                Cut::Here(n) => return Some(n),
                Cut::NotYet => return None,
                Cut::No => {}
            }
            match self.clause_end(i, end) {
                Cut::Here(n) if self.given == 0 && letters >= FIRST && c != '、' => return Some(n),
                Cut::Here(n) if letters >= FIRST => clause = Some(n),
                Cut::NotYet => return None,
                Cut::Here(_) | Cut::No => {}
            }
            if c == ' ' {
                space = Some(i + 1);
            }
        }
        None
    }

    /// The place at or before `i` that does not part a letter from its accents; `i` where there is none.
    fn whole_character(&self, i: usize) -> usize {
        let accent =
            |c: &char| matches!(c, '\u{300}'..='\u{36F}' | '\u{1AB0}'..='\u{1AFF}' | '\u{20D0}'..='\u{20FF}');
        (1..=i).rev().find(|n| !accent(&self.held[*n])).unwrap_or(i).max(1)
    }

    fn sentence_end(&self, i: usize, end: bool) -> Cut {
        let c = self.held[i];
        if !is_stop(c) || i.checked_sub(1).is_some_and(|i| is_stop(self.held[i])) {
            return Cut::No; // a run is judged once, at its first stop
        }
        // A run of stops ("?!", "...") and the quotes and brackets that close on it belong to the sentence.
        let past = |from: usize, test: fn(char) -> bool| {
            self.held[from..].iter().position(|c| !test(*c)).map_or(self.held.len(), |n| from + n)
        };
        let stops = past(i, is_stop);
        let after = past(stops, is_closer);
        let Some(next) = self.held.get(after).copied() else {
            return if end { Cut::Here(after) } else { Cut::NotYet };
        };
        let quoted = after > stops;
        let dots = self.held[i..stops].iter().all(|c| matches!(c, '.' | '…'));
        let before = i.checked_sub(1).map(|i| self.held[i]);
        match next {
            '，' | '、' | '；' | '：' | ',' | ';' | ':' => Cut::No,
            _ if self.held[i..stops].iter().any(|c| matches!(c, '。' | '！' | '？' | '｡')) => {
                Cut::Here(after)
            }
            ' ' if c == '.' && stops == i + 1 && !quoted => self.after_full_stop(i, end),
            ' ' if dots || quoted => match self.held.get(after + 1) {
                None if !end => Cut::NotYet,
                Some(c) if c.is_lowercase() => Cut::No,
                _ => Cut::Here(after),
            },
            ' ' => Cut::Here(after),
            // "3.是" is a list's number or a decimal, not an end.
            next if is_wide(next) && !(c == '.' && before.is_some_and(|b| b.is_ascii_digit())) => {
                Cut::Here(after)
            }
            _ => Cut::No,
        }
    }

    /// Whether the full stop at `i`, which a space follows, ends a sentence or only an abbreviation.
    fn after_full_stop(&self, i: usize, end: bool) -> Cut {
        let start =
            self.held[..i].iter().rposition(|c| !(c.is_alphanumeric() || *c == '.')).map_or(0, |n| n + 1);
        let word: String = self.held[start..i].iter().collect();
        let kind = abbreviations::kind(&word);
        if kind == Kind::Word {
            return Cut::Here(i + 1);
        }
        if kind == Kind::Title {
            return Cut::No;
        }
        let rest = &self.held[i + 2..];
        let Some(first) = rest.first().copied() else {
            return if end { Cut::Here(i + 1) } else { Cut::NotYet };
        };
        let ends = match kind {
            Kind::BeforeNumber => !first.is_ascii_digit(),
            Kind::MayEnd => !first.is_lowercase() && !first.is_ascii_digit(),
            Kind::Initials => {
                let length = rest
                    .iter()
                    .take(abbreviations::LONGEST_OPENER + 1)
                    .take_while(|c| c.is_alphabetic())
                    .count();
                if length == rest.len() && !end {
                    return Cut::NotYet;
                }
                let next: String = rest[..length].iter().collect();
                is_wide(first) || (rest.get(length) != Some(&'.') && abbreviations::opens_a_sentence(&next))
            }
            Kind::Word | Kind::Title => false, // answered above
        };
        if ends { Cut::Here(i + 1) } else { Cut::No }
    }

    fn clause_end(&self, i: usize, end: bool) -> Cut {
        match self.held[i] {
            '，' | '；' | '：' | '、' | '—' => Cut::Here(i + 1),
            ',' | ';' | ':' => match self.held.get(i + 1) {
                Some(' ') => Cut::Here(i + 1),
                None if !end => Cut::NotYet, // "10:30" and "1,000" are no ends
                _ => Cut::No,
            },
            _ => Cut::No,
        }
    }
}

const fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…' | '｡')
}

const fn is_closer(c: char) -> bool {
    matches!(c, '"' | '\'' | '”' | '’' | ')' | ']' | '」' | '』' | '）' | '》' | '〉' | '】' | '»')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        let mut sentences = Sentences::new();
        sentences.push(text, &mut out);
        sentences.finish(&mut out);
        out
    }

    #[test]
    fn sentences_end_where_a_reader_ends_them() {
        // `|` marks the places of the cuts.
        for marked in [
            "It is noon.| Anything else?| Yes!",
            "Mr. Smith met Dr. Jones at St. Mary's.| They talked.",
            "Bring fruit, e.g. apples, i.e. the red ones.| Thanks.",
            "She lives in the U.S. Army base.| OK.",
            "He moved to the U.S.| It was cold.",
            "It opens at 9 a.m. on Monday.| It closes at 5 p.m.| Come early.",
            "J. R. R. Tolkien wrote it.| It is long.",
            "Take vitamin C.| It helps.",
            "Pi is 3.14 or so.| Version v1.2 is out.| See example.com for it.",
            "No. 5 is alive.| No.| I cannot.",
            "Apples, pears, etc. are fruit.| So are plums, etc.| Good.",
            "Well... maybe.| Well...| I think so.",
            "\"Stop!\" he said.| \"Go.\"| She went.",
            "(See below.)| Then go.",
            "Really?!| Yes.",
            "It is 10:30.| Now 1,000 people wait.",
            "现在三点。| 还有别的吗？| 有！",
            "他说：“好。”| 然后走了。",
            "“走吧！”，他说。| 好的。",
            "我想……| 算了。",
            "你好.|我是Mynah.| 好的",
            "温度是3.5度。| v1.2版",
            "First line\n| Second line",
            "Only a clause, no end",
        ] {
            let want: Vec<&str> = marked.split('|').map(str::trim).collect();
            assert_eq!(cut(&marked.replace('|', "")), want, "{marked}");
        }
    }

    #[test]
    fn a_sentence_is_given_as_soon_as_it_is_certain() {
        let mut sentences = Sentences::new();
        let mut out = Vec::new();
        sentences.push("It is noon. ", &mut out);
        assert_eq!(out, ["It is noon."]);
        sentences.push("现在三点。还", &mut out);
        assert_eq!(out[1..], ["现在三点。"]);
    }

    #[test]
    fn the_first_sentence_is_cut_early_and_later_ones_are_not() {
        let long =
            "When the sun is low over the hills and the air is still warm, you can see it, and it is fine. ";
        let twice = cut(&long.repeat(2));
        assert_eq!(twice.len(), 3, "{twice:?}");
        assert!(twice[0].ends_with("warm,"));
        assert_eq!(twice[2], long.trim());
        let han = cut("今天的天气预报说北京白天晴朗气温二十度左右夜里转凉，请多穿衣服，早点休息。");
        assert_eq!(han.len(), 2, "{han:?}");
    }

    #[test]
    fn an_endless_sentence_is_cut_at_a_clause_a_space_or_anywhere() {
        let letters = |text: &String| text.chars().map(|c| if is_han(c) { HAN } else { 1 }).sum::<usize>();
        for unit in ["some words, and ", "word ", "x", "好", "好的、", "e\u{301}", "!?", ".", "a. "] {
            let all = cut(&unit.repeat(500));
            assert!(all.iter().all(|text| letters(text) <= HELD), "{unit}");
            assert!(all.iter().all(|text| !text.starts_with('\u{301}')), "{unit}");
        }
        assert!(cut(&"some words, and ".repeat(30))[1].ends_with(','));
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            parts in proptest::collection::vec("[a-zA-Z .,!?:;\"')\n0-9。，！？……你好“”—é]{0,20}", 0..20),
        ) {
            let mut out = Vec::new();
            let mut sentences = Sentences::new();
            parts.iter().for_each(|part| sentences.push(part, &mut out));
            sentences.finish(&mut out);
            prop_assert_eq!(out, cut(&parts.concat()));
        }

        #[test]
        fn no_word_is_lost(text in "\\PC{0,300}") {
            let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(letters(&cut(&text).concat()), letters(&text));
        }
    }
}

//! Text: makes words speakable, the last step before an engine.
//!
//! Enters: a sentence as written. Leaves: the same sentence as it is said, in letters, ASCII digits and plain
//! punctuation alone. Never here: a character an engine could obey instead of read. espeak-ng and `say` take
//! `[[...]]` as phonemes and commands, SSML begins with `<`; what is not on the list of `plain` is left out, so
//! Markdown, emoji and control characters that slipped through fall silent too.

mod english;
mod mandarin;
mod scan;

use crate::flow::{Language, is_han};

/// The longest sentence that is said, in characters: five minutes of speech. What is longer is no sentence but a
/// fault further up, and would hold the speak thread and its memory for as long as it lasts.
const LONGEST: usize = 4_000;

/// `text` as it is said in `language`.
pub fn speakable(text: &str, language: &Language) -> String {
    let chars: Vec<char> = written(text).chars().take(LONGEST).collect();
    let said = if *language == Language::MANDARIN { mandarin::say(&chars) } else { english::say(&chars) };
    plain(&said)
}

/// One spelling for what can be written in several: full-width ASCII, curly quotes, dashes, odd spaces, bold marks.
fn written(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for line in text.lines() {
        let line = unmarked(line);
        if !out.is_empty() && !line.is_empty() {
            out.push_str(if out.ends_with(|c: char| c.is_alphanumeric()) { ", " } else { " " });
        }
        let mut rest = line.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '*' | '_' if rest.peek() == Some(&c) => {
                    rest.next();
                }
                '\u{2018}' | '\u{2019}' | '\u{02BC}' => out.push('\''),
                '\u{2010}' | '\u{2011}' | '\u{2012}' => out.push('-'),
                '\u{2013}' if out.ends_with(|c: char| c.is_ascii_digit()) => out.push('-'),
                '\u{2013}' | '\u{2014}' | '\u{2015}' => out.push_str(", "),
                '\u{2026}' => out.push_str(", "),
                '\u{2212}' => out.push('−'),
                '％' => out.push('%'),
                '￥' => out.push('¥'),
                '：' if out.ends_with(|c: char| c.is_ascii_digit()) => out.push(':'),
                '．' => out.push('.'),
                '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => out.push(narrow(c)),
                c if c.is_whitespace() => out.push(' '),
                c if c.is_control() => {}
                c => out.push(c),
            }
        }
    }
    out
}

/// `line` without the Markdown mark at its beginning: a heading, a quotation, an item of a list.
fn unmarked(line: &str) -> &str {
    let line = line.trim().trim_start_matches(['>', '•']).trim_start();
    let body = line.trim_start_matches('#');
    let body = if body.starts_with(' ') { body.trim_start() } else { line };
    ["- ", "* ", "+ "].iter().find_map(|mark| body.strip_prefix(mark)).unwrap_or(body)
}

fn narrow(c: char) -> char {
    char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c)
}

/// Letters, ASCII digits and the punctuation that engines pause at; all else is left out, spaces made single.
fn plain(said: &str) -> String {
    let mut out = String::with_capacity(said.len());
    for c in said.replace(['(', ')', '（', '）'], ", ").chars() {
        let c = match c {
            '_' | '/' | '|' | '\\' | '~' | '<' | '>' | '[' | ']' | '{' | '}' => ' ',
            c if c.is_whitespace() => ' ',
            c => c,
        };
        let kept = c.is_ascii_digit()
            || c.is_alphabetic()
            || matches!(
                c,
                ' ' | '\''
                    | '-'
                    | '.'
                    | ','
                    | ';'
                    | ':'
                    | '!'
                    | '?'
                    | '，'
                    | '。'
                    | '、'
                    | '；'
                    | '：'
                    | '！'
                    | '？'
            );
        let pause = matches!(c, '.' | ',' | ';' | ':' | '!' | '?');
        if !kept || (c == ' ' && out.ends_with(' ')) || (out.is_empty() && (c == ' ' || pause)) {
            continue;
        }
        if pause && out.ends_with(' ') {
            out.pop();
        }
        // "(yes)." has become ",yes,.": the stronger mark stays.
        if pause && out.ends_with(',') {
            out.pop();
        }
        if c != ',' || !out.ends_with(['.', ';', ':', '!', '?']) {
            out.push(c);
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// `text` cut where its script changes, each run with the language that reads it; a run of Latin letters in
/// Mandarin is English. Digits and punctuation stay with the run before them.
pub(super) fn runs<'a>(text: &'a str, language: &Language) -> Vec<(Language, &'a str)> {
    if *language != Language::MANDARIN {
        return vec![(Language::ENGLISH, text)];
    }
    let mut cuts: Vec<(Language, usize)> = Vec::new();
    for (at, c) in text.char_indices() {
        let here = match c {
            c if is_han(c) => Language::MANDARIN,
            c if c.is_alphabetic() => Language::ENGLISH,
            _ => continue,
        };
        if cuts.last().is_none_or(|(last, _)| *last != here) {
            cuts.push((here, if cuts.is_empty() { 0 } else { at }));
        }
    }
    let ends = cuts.iter().skip(1).map(|(_, at)| *at).chain([text.len()]).collect::<Vec<_>>();
    cuts.into_iter().zip(ends).map(|((language, from), to)| (language, text[from..to].trim())).collect()
}

/// `text` in pieces of fewer than `cap` bytes, cut at spaces where there are any.
pub(super) fn pieces(text: &str, cap: usize) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut rest = text.trim();
    while rest.len() >= cap {
        let edge = (1..cap).rev().find(|at| rest.is_char_boundary(*at)).unwrap_or(rest.len());
        let cut = rest[..edge].rfind([' ', '，', '。']).filter(|cut| *cut > 0).unwrap_or(edge);
        let (piece, after) = rest.split_at(cut);
        pieces.push(piece);
        rest = after.trim_start();
    }
    if !rest.is_empty() {
        pieces.push(rest);
    }
    pieces
}

/// `text` with Latin letters folded to ASCII and what has no ASCII form left out, for engines that know no other.
pub(super) fn fold(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        let plain = match c {
            'à'..='å' | 'ā' | 'ă' | 'ą' | 'ǎ' => "a",
            'À'..='Å' | 'Ā' | 'Ă' | 'Ą' => "A",
            'è'..='ë' | 'ē' | 'ĕ' | 'ė' | 'ę' | 'ě' => "e",
            'È'..='Ë' | 'Ē' | 'Ė' | 'Ę' | 'Ě' => "E",
            'ì'..='ï' | 'ī' | 'į' | 'ı' | 'ǐ' => "i",
            'Ì'..='Ï' | 'Ī' | 'Į' | 'İ' => "I",
            'ò'..='ö' | 'ø' | 'ō' | 'ő' | 'ǒ' => "o",
            'Ò'..='Ö' | 'Ø' | 'Ō' | 'Ő' => "O",
            'ù'..='ü' | 'ū' | 'ů' | 'ű' | 'ų' | 'ǔ' | 'ǚ' => "u",
            'Ù'..='Ü' | 'Ū' | 'Ů' | 'Ű' => "U",
            'ç' | 'ć' | 'č' => "c",
            'Ç' | 'Ć' | 'Č' => "C",
            'ñ' | 'ń' | 'ň' => "n",
            'Ñ' | 'Ń' | 'Ň' => "N",
            'ś' | 'š' | 'ş' | 'ș' => "s",
            'Ś' | 'Š' | 'Ş' | 'Ș' => "S",
            'ź' | 'ż' | 'ž' => "z",
            'Ź' | 'Ż' | 'Ž' => "Z",
            'ý' | 'ÿ' => "y",
            'Ý' => "Y",
            'ł' => "l",
            'Ł' => "L",
            'ř' => "r",
            'Ř' => "R",
            'ğ' => "g",
            'đ' | 'ð' | 'ď' => "d",
            'ť' | 'ţ' | 'ț' => "t",
            'þ' => "th",
            'ß' => "ss",
            'æ' => "ae",
            'Æ' => "Ae",
            'œ' => "oe",
            'Œ' => "Oe",
            c if c.is_ascii() => {
                out.push(c);
                ""
            }
            _ => "",
        };
        out.push_str(plain);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_an_engine_could_obey_is_left() {
        for text in [
            "[[h@l'oU]] <break time='2s'/> & `rm -rf` | $(x) \u{1b}[2J \u{0} {x}",
            "# Head\n- **bold** 😀👍🏽 1️⃣ [link](http://x.y)\n> said",
            "[[rate 500]]你好<audio src='x'/>",
        ] {
            for language in [Language::ENGLISH, Language::MANDARIN] {
                let said = speakable(text, &language);
                assert!(
                    !said.contains(['[', ']', '<', '>', '{', '`', '|', '*', '#', '&', '$', '\n']),
                    "{said}"
                );
                assert!(!said.chars().any(|c| c.is_control() || u32::from(c) > 0x1_F000), "{said}");
            }
        }
    }

    #[test]
    fn marks_that_slipped_through_leave_plain_words() {
        let table = [
            ("**Yes** (really).", "Yes, really."),
            ("It\u{2019}s fine \u{2014} truly\u{2026}", "It's fine, truly,"),
            ("One\n- two\n- three", "One, two, three"),
            ("", ""),
            ("😀", ""),
            ("well-known", "well-known"),
        ];
        for (written, said) in table {
            assert_eq!(speakable(written, &Language::ENGLISH), said, "{written}");
        }
    }

    #[test]
    fn an_endless_sentence_is_cut() {
        for endless in ["1.1.".repeat(100_000), "很长".repeat(100_000), "-".repeat(400_000)] {
            for language in [Language::ENGLISH, Language::MANDARIN] {
                assert!(speakable(&endless, &language).chars().count() < 8 * LONGEST);
            }
        }
    }

    #[test]
    fn a_mandarin_sentence_is_cut_by_script() {
        let cut = runs("我用 iPhone 和 Wi-Fi。", &Language::MANDARIN);
        let (zh, en) = (Language::MANDARIN, Language::ENGLISH);
        assert_eq!(cut, [(zh.clone(), "我用"), (en.clone(), "iPhone"), (zh, "和"), (en, "Wi-Fi。")]);
    }

    #[test]
    fn pieces_are_small_and_lose_nothing() {
        let text = "one two three 四五六七八九十".repeat(40);
        let cut = pieces(&text, 64);
        assert!(cut.iter().all(|piece| piece.len() < 64 && !piece.is_empty()));
        assert_eq!(cut.concat().replace(' ', ""), text.replace(' ', ""));
        assert_eq!(pieces("  ", 64), Vec::<&str>::new());
    }

    proptest::proptest! {
        #[test]
        fn any_text_ends_in_plain_characters(text in "\\PC{0,80}|[-0-9.,:/%$°CkmhAPM ×÷+=年月日]{0,40}") {
            for language in [Language::ENGLISH, Language::MANDARIN] {
                let said = speakable(&text, &language);
                proptest::prop_assert_eq!(plain(&said), said.clone());
                let _ = (fold(&said), runs(&said, &language), pieces(&said, 8));
            }
        }
    }
}

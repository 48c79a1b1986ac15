//! Tokens: a sentence as the matcher reads it.
//!
//! Enters: text in any case, width, script and punctuation. Leaves: lower-case words, single Han characters in
//! simplified script, numbers and arithmetic signs, each with the bytes it came from.

use std::ops::Range;

use ferrous_opencc::{OpenCC, config::BuiltinConfig};

use crate::flow::is_han;

/// A word, a Han character, a number or a sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Token {
    /// The normalised text.
    pub(super) text: String,
    /// Bytes of the sentence it came from.
    pub(super) span: Range<usize>,
}

/// Turns sentences into tokens. Holds the table of traditional characters.
pub(super) struct Tokenizer {
    simplify: OpenCC,
}

impl Tokenizer {
    pub(super) fn new() -> Self {
        let simplify = OpenCC::from_config(BuiltinConfig::T2s)
            .expect("the traditional-to-simplified tables are compiled into the crate");
        Self { simplify }
    }

    /// The tokens of `text`, in order.
    pub(super) fn read(&self, text: &str) -> Vec<Token> {
        let chars: Vec<(usize, char)> = text.char_indices().map(|(at, c)| (at, fold(c))).collect();
        let end_of = |i: usize| chars.get(i).map_or(text.len(), |(at, _)| *at);
        let char_at = |i: usize| chars.get(i).map(|(_, c)| *c);
        let mut tokens: Vec<Token> = Vec::new();
        let mut i = 0;
        while let Some(c) = char_at(i) {
            let start = i;
            i += 1;
            let previous_is_digit = start > 0 && char_at(start - 1).is_some_and(|p| p.is_ascii_digit());
            let piece = if is_han(c) {
                Some(self.simplify.convert(&c.to_string()))
            } else if c.is_ascii_digit() {
                let mut number = String::from(c);
                while let Some(d) = char_at(i) {
                    let whole = !number.contains('.');
                    let point = d == '.' && whole && digits_from(&chars, i + 1) > 0;
                    // A comma belongs to the number only before three digits: "1,024", not "1, 2".
                    let comma = d == ',' && whole && digits_from(&chars, i + 1) == 3;
                    if d.is_ascii_digit() || point {
                        number.push(d);
                    } else if !comma {
                        break;
                    }
                    i += 1;
                }
                Some(number)
            } else if c.is_alphabetic() {
                let mut word = String::from(c);
                while let Some(l) = char_at(i) {
                    let inside = l == '\'' && char_at(i + 1).is_some_and(|n| n.is_alphabetic() && !is_han(n));
                    if !inside && (!l.is_alphabetic() || is_han(l)) {
                        break;
                    }
                    word.push(l);
                    i += 1;
                }
                Some(word.to_lowercase())
            } else {
                let next_is_letter = char_at(i).is_some_and(char::is_alphabetic);
                let inside_word =
                    start > 0 && char_at(start - 1).is_some_and(char::is_alphabetic) && next_is_letter;
                match c {
                    '+' | '*' | '/' | '%' | '^' | '(' | ')' | '=' | '°' | '$' | '€' | '£' | '¥' | '√' => {
                        Some(c.to_string())
                    }
                    '-' if !inside_word => Some(c.to_string()),
                    '×' => Some("*".to_owned()),
                    '÷' => Some("/".to_owned()),
                    '℃' => Some("°c".to_owned()),
                    '℉' => Some("°f".to_owned()),
                    '\'' | '′' if previous_is_digit => Some("feet".to_owned()),
                    '"' | '″' if previous_is_digit => Some("inches".to_owned()),
                    _ => None,
                }
            };
            if let Some(text) = piece {
                tokens.push(Token { text, span: end_of(start)..end_of(i) });
            }
        }
        tokens
    }

    /// The normalised texts of `phrase` alone.
    pub(super) fn words(&self, phrase: &str) -> Vec<String> {
        self.read(phrase).into_iter().map(|token| token.text).collect()
    }
}

/// How many digits stand in a row from `i` on.
fn digits_from(chars: &[(usize, char)], i: usize) -> usize {
    chars[i.min(chars.len())..].iter().take_while(|(_, c)| c.is_ascii_digit()).count()
}

/// `c` at ordinary width, without the accents that recognisers write or leave out at will.
fn fold(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => {
            char::from_u32(u32::from(c) - 0xFEE0).expect("the full-width block mirrors ASCII")
        }
        '’' | '‘' | '`' => '\'',
        '“' | '”' => '"',
        '−' | '–' | '—' => '-',
        'á' | 'à' | 'â' | 'ã' | 'ä' | 'å' | 'Á' | 'À' | 'Ä' | 'Å' => 'a',
        'é' | 'è' | 'ê' | 'ë' | 'É' | 'È' => 'e',
        'í' | 'ì' | 'î' | 'ï' | 'İ' => 'i',
        'ó' | 'ò' | 'ô' | 'õ' | 'ö' | 'ø' | 'Ö' | 'Ø' => 'o',
        'ú' | 'ù' | 'û' | 'ü' | 'Ü' => 'u',
        'ç' | 'Ç' => 'c',
        'ñ' | 'Ñ' => 'n',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_normalised() {
        let table: &[(&str, &[&str])] = &[
            ("What's the TIME?", &["what's", "the", "time"]),
            ("twenty-five - 3", &["twenty", "five", "-", "3"]),
            ("1,024.5×2，÷ 3", &["1024.5", "*", "2", "/", "3"]),
            ("5'10\" in cm", &["5", "feet", "10", "inches", "in", "cm"]),
            ("7x8=", &["7", "x", "8", "="]),
            ("現在幾點？", &["现", "在", "几", "点"]),
            ("２０％ São Paulo", &["20", "%", "sao", "paulo"]),
            ("3.", &["3"]),
            ("", &[]),
        ];
        let tokenizer = Tokenizer::new();
        for (text, expected) in table {
            assert_eq!(tokenizer.words(text), *expected, "{text}");
        }
    }

    #[test]
    fn spans_point_into_the_sentence() {
        let text = "Time in 東京, please";
        let tokens = Tokenizer::new().read(text);
        let found: Vec<&str> = tokens.iter().map(|t| &text[t.span.clone()]).collect();
        assert_eq!(found, ["Time", "in", "東", "京", "please"]);
    }
}

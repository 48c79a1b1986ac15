//! By ear: whether words without the spaces between them sound like a wake phrase.
//!
//! Enters: joined words in lower case. Leaves: yes or no. English goes by Double Metaphone and a letter or two; Mandarin
//! by its syllables, since a recogniser picks any character of a sound and tones get lost in noise. Never here: where a
//! phrase begins or ends.

use pinyin::ToPinyinMulti;

use super::spelling::code;
use crate::flow::is_han;

/// From this many letters on a phrase may differ by two letters instead of one.
const LONG: usize = 9;

/// Sounds that a good part of Mandarin's speakers do not tell apart, each with the one they are taken for.
const TAKEN_FOR: [(&str, &str); 6] =
    [("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in")];

/// A phrase as it sounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sound {
    /// The words without the spaces between them, since a recogniser sets those by ear too.
    joined: String,
    /// How `joined` sounds in English; empty where it is not English.
    code: String,
    /// How `joined` sounds in Mandarin: each character's readings; empty where it is not Mandarin.
    syllables: Vec<Vec<String>>,
}

/// How `joined` sounds.
pub(super) fn sound(joined: &str) -> Sound {
    let english = joined.bytes().all(|b| b.is_ascii_lowercase());
    Sound {
        joined: joined.to_owned(),
        code: if english { code(joined) } else { String::new() },
        syllables: syllables(joined).unwrap_or_default(),
    }
}

impl Sound {
    /// Whether it is known how it sounds.
    pub(super) fn is_known(&self) -> bool {
        !self.code.is_empty() || !self.syllables.is_empty()
    }

    /// Whether `heard` is written as the phrase is.
    pub(super) fn written(&self, heard: &str) -> bool {
        heard == self.joined
    }

    /// Whether `heard` is the phrase, or sounds the same.
    pub(super) fn is(&self, heard: &str) -> bool {
        if heard == self.joined {
            return true;
        }
        if !self.syllables.is_empty() {
            return syllables(heard).is_some_and(|heard| {
                heard.len() == self.syllables.len()
                    && heard.iter().zip(&self.syllables).all(|(a, b)| a.iter().any(|one| b.contains(one)))
            });
        }
        let allowed = if self.joined.len() >= LONG { 2 } else { 1 };
        !self.code.is_empty()
            && heard.len().abs_diff(self.joined.len()) <= allowed
            && heard.bytes().all(|b| b.is_ascii_lowercase())
            && strsim::osa_distance(heard, &self.joined) <= allowed
            && code(heard) == self.code
    }
}

/// The readings of each character of `text`, without tones; `None` where one is no Han character or has none.
fn syllables(text: &str) -> Option<Vec<Vec<String>>> {
    let one = |c: char| -> Option<Vec<String>> {
        let readings = c.to_pinyin_multi().filter(|_| is_han(c))?;
        Some(readings.into_iter().map(|reading| folded(reading.plain())).collect())
    };
    text.chars().map(one).collect()
}

fn folded(syllable: &str) -> String {
    TAKEN_FOR.iter().fold(syllable.to_owned(), |syllable, (sound, taken_for)| {
        if let Some(rest) = syllable.strip_prefix(sound) {
            format!("{taken_for}{rest}")
        } else if let Some(rest) = syllable.strip_suffix(sound) {
            format!("{rest}{taken_for}")
        } else {
            syllable
        }
    })
}

#[cfg(test)]
mod tests {
    use super::sound;

    #[test]
    fn mandarin_goes_by_syllables() {
        for (phrase, heard, same) in [
            ("小爱同学", "小爱同学", true),
            ("小爱同学", "晓艾童雪", true),
            ("你好电脑", "你好点脑", true),
            ("长城长城", "藏成常城", true), // by its other reading, and without the tongue rolled back
            ("你好电脑", "你好电视", false),
            ("你好电脑", "你好电", false),
            ("你好电脑", "nihaodiannao", false),
            ("hey你好", "hey泥好", false),
            ("hey你好", "hey你好", true),
        ] {
            assert_eq!(sound(phrase).is(heard), same, "{phrase} {heard}");
        }
    }
}

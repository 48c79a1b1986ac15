//! Stop words: what silences Mynah while it speaks.
//!
//! Enters: the words of an utterance. Leaves: the stop word, where they are one and nothing else: "stop the timer" is a
//! command, "please stop" and "stop talking" are not. Never here: whether Mynah speaks.

use super::{
    WakePhrase,
    by_ear::{Sound, sound},
    tokens::Tokenizer,
};

/// What may stand around a stop word.
const AROUND: [&str; 14] =
    ["please", "now", "oh", "no", "okay", "ok", "just", "thanks", "请", "吧", "啊", "好", "了", "快"];

/// What may follow one: what is to stop is Mynah's voice.
const AFTER: [&str; 6] = ["it", "that", "talking", "speaking", "下", "来"];

/// Stop words shorter than this are other words when a letter changes.
const BY_EAR_LETTERS: usize = 4;
const BY_EAR_CHARACTERS: usize = 2;

/// Knows the stop words.
pub struct StopWords {
    tokenizer: Tokenizer,
    words: Vec<Sound>,
}

impl StopWords {
    /// Knows `words`; those without a letter are left out.
    #[must_use]
    pub fn new(words: &[String]) -> Self {
        let tokenizer = Tokenizer::new();
        let joined = words.iter().map(|word| tokenizer.words(word).concat()).filter(|word| !word.is_empty());
        let words = joined.map(|word| sound(&word)).collect();
        Self { tokenizer, words }
    }

    /// The stop word, as heard, that `said` is, perhaps behind a wake phrase; without what stands around it.
    #[must_use]
    pub fn meant(&self, said: &str, phrases: &WakePhrase) -> Option<String> {
        // A stop word is short; what is longer is none, whatever its length.
        let start: String = said.chars().take(100).collect();
        if start.len() < said.len() {
            return None;
        }
        let rest = phrases.find(&start).map_or(start, |found| found.rest);
        let mut tokens = self.tokenizer.words(&rest);
        // Who is not obeyed at once says it again.
        tokens.dedup();
        let before = tokens.iter().take_while(|token| AROUND.contains(&token.as_str())).count();
        let follows = |token: &&String| AROUND.contains(&token.as_str()) || AFTER.contains(&token.as_str());
        let after = tokens.iter().rev().take_while(follows).count().min(tokens.len() - before);
        // "不了" may itself be a stop word: what stands around is taken off only as far as needed.
        let mut parts = (0..=before).flat_map(|first| (0..=after).map(move |last| (first, last)));
        let part = parts.find_map(|(first, last)| {
            let part = &tokens[first..tokens.len() - last.min(tokens.len() - first)];
            let heard = part.concat();
            (!heard.is_empty() && self.words.iter().any(|word| is(word, &heard))).then_some(part)
        });
        part.map(|part| part.join(" "))
    }
}

fn is(word: &Sound, heard: &str) -> bool {
    let length = heard.chars().count();
    let least = if heard.is_ascii() { BY_EAR_LETTERS } else { BY_EAR_CHARACTERS };
    word.written(heard) || (length >= least && word.is(heard))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_utterance_stops() {
        let words = ["stop", "cancel", "be quiet", "停", "别说了", "安静", "…"].map(str::to_owned);
        let stop = StopWords::new(&words);
        let phrases = WakePhrase::new(&["hey computer".into(), "你好电脑".into()]).unwrap();
        for said in [
            "Stop.",
            "stop",
            "Please stop!",
            "Stop, please.",
            "Stop! Stop, stop.",
            "Oh, no, stop now.",
            "Hey computer, stop.",
            "be quiet",
            "Be quiet, please.",
            "Cansel.",
            "停！",
            "请停",
            "别说了",
            "别说啦",
            "你好电脑，安静",
            "安静吧",
            "Stop it.",
            "Stop talking, please.",
            "Oh, stop that now!",
            "Cancel it.",
            "停下来吧",
        ] {
            let expected = said != "别说啦"; // "le" and "la" are two sounds
            assert_eq!(stop.meant(said, &phrases).is_some(), expected, "{said}");
        }
        for said in [
            "",
            "please",
            "Stop the timer.",
            "Don't stop.",
            "it",
            "stop it at ten",
            "stop talking to him",
            "hey computer",
            "听",
            "he said stop",
            "quiet",
            "stop stop stop stop the music",
            "no",
        ] {
            assert_eq!(stop.meant(said, &phrases), None, "{said}");
        }
        assert_eq!(stop.meant("Please be quiet now.", &phrases).as_deref(), Some("be quiet"));
        assert_eq!(stop.meant("stop talking", &phrases).as_deref(), Some("stop"));
        assert_eq!(stop.meant(&"stop ".repeat(1_000), &phrases), None);
        assert_eq!(StopWords::new(&[]).meant("stop", &phrases), None);
    }
}

//! Silence: tells what Whisper writes when nobody speaks from what somebody said.
//!
//! Enters: the text of a pass. Leaves: the words in it, without notes such as `[BLANK_AUDIO]` or "(music)", and
//! whether they are one of the set phrases Whisper learnt from subtitles of silent film. Never here: sound, the model.

/// What Whisper writes for silence and music, from the ends of subtitle files it was trained on: letters, digits and
/// Han characters only, lower case. Each may really be said, so it counts only where the sound gives no evidence.
const SET_PHRASES: &[&str] = &[
    "thankyou",
    "thankyouverymuch",
    "thankyouforwatching",
    "thanksforwatching",
    "thankyousomuchforwatching",
    "pleasesubscribe",
    "subscribetomychannel",
    "likeandsubscribe",
    "seeyouinthenextvideo",
    "seeyounexttime",
    "byebye",
    "bye",
    "you",
    "so",
    "謝謝觀看",
    "谢谢观看",
    "謝謝收看",
    "谢谢收看",
    "谢谢大家",
    "謝謝大家",
];

/// Beginnings of longer set phrases, in the same form.
const SET_OPENINGS: &[&str] = &[
    "字幕由",
    "字幕志愿者",
    "字幕志願者",
    "字幕by",
    "中文字幕",
    "请不吝点赞",
    "請不吝點贊",
    "明镜与点点",
    "明鏡與點點",
    "优优独播剧场",
    "優優獨播劇場",
    "subtitlesby",
    "subtitlesbytheamara",
    "transcribedby",
];

/// `text` without Whisper's notes on sounds, which stand in brackets, asterisks or beside notes, and trimmed.
#[must_use]
pub fn words_only(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut closing = None;
    for c in text.chars() {
        match closing {
            Some(end) if c == end => closing = None,
            Some(_) => {}
            None => match c {
                '[' => closing = Some(']'),
                '(' => closing = Some(')'),
                '（' => closing = Some('）'),
                '【' => closing = Some('】'),
                '*' => closing = Some('*'),
                '♪' | '♫' => {}
                _ => words.push(c),
            },
        }
    }
    let trimmed = words.trim();
    if trimmed.chars().any(char::is_alphanumeric) { trimmed.to_owned() } else { String::new() }
}

/// Whether `words` are, as a whole, one of the phrases Whisper writes for silence.
#[must_use]
pub fn is_set_phrase(words: &str) -> bool {
    let bare: String = words.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect();
    SET_PHRASES.contains(&bare.as_str()) || SET_OPENINGS.iter().any(|opening| bare.starts_with(opening))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_on_sounds_are_no_words() {
        for note in [
            " [BLANK_AUDIO]",
            "(music)",
            "[ Silence ] (wind blowing)",
            "*sighs*",
            "♪♪",
            "（音乐）",
            "...",
            "[unclosed",
            "",
        ] {
            assert_eq!(words_only(note), "", "{note:?}");
        }
        assert_eq!(words_only(" [door opens] What time is it? (laughs)"), "What time is it?");
        assert_eq!(words_only("现在几点？【音乐】"), "现在几点？");
    }

    #[test]
    fn set_phrases_count_as_a_whole_only() {
        for phrase in
            ["Thank you.", " Thanks for watching!", "字幕由Amara.org社区提供", "请不吝点赞 订阅 转发", "you"]
        {
            assert!(is_set_phrase(phrase), "{phrase:?}");
        }
        for said in ["Thank you, stop the timer.", "Who are you?", "把字幕由大变小", ""] {
            assert!(!is_set_phrase(said), "{said:?}");
        }
    }
}

//! Completeness: whether the words so far are all that will be said, so that a silence after them can be short or long.
//!
//! Enters: words, their language, and the intent they were taken for. Leaves: a verdict. Pure. Never here: how many
//! milliseconds a verdict is worth.
//!
//! A sentence that is a whole intent is complete although it might go on. Measured on `tests/it/sentences`: 233 of 249
//! understood sentences are complete, one unfinished ("no, don't"); of 2,287 beginnings 175 are complete ("what time is it"
//! of "what time is it in Tokyo"). Those go on in one breath when they go on, and the sentence alone is by far the more
//! frequent; half a second more at each would be felt every day. Only an end after which a listener too would wait, such
//! as a number that may grow, takes the short silence away.

use super::completeness_words::{
    ANSWERS_HAN, BEFORE, BEGINNINGS, BEGINNINGS_HAN, COUNTED, COUNTED_HAN, HESITATIONS, HESITATIONS_HAN,
    LEANING, NUMBERS, OPEN_ENDS, OPEN_ENDS_HAN, TENS, WHOLE_HAN,
};
use crate::flow::{Intent, Language, SlotValue, is_han};

/// Whether more is to come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// A command this device can carry out, and nothing suggests more.
    Complete,
    /// Whole or not, as far as the words tell.
    Usual,
    /// Words that ask for more, or too few to mean anything.
    Unfinished,
}

/// The longest end of a sentence that is looked at, in characters.
const LOOKED_AT: usize = 200;

/// Whether `words`, taken for `intent`, are all that will be said.
#[must_use]
pub fn completeness(words: &str, language: &Language, intent: Option<&Intent>) -> Completeness {
    let words = words.trim();
    let from = words.char_indices().rev().nth(LOOKED_AT).map_or(0, |(at, _)| at);
    let tail = &words[from..];
    let trails_off =
        tail.ends_with(['…', ',', '，', '、', '-', '—', ':', '：', ';', '；']) || tail.ends_with("..");
    let text = tail.to_lowercase().replace('’', "'");
    let (hesitates, open) = if *language == Language::MANDARIN {
        mandarin(&text)
    } else if *language == Language::ENGLISH {
        // Thirty percent of something is asked for, the volume is set to thirty percent.
        english(&text, intent.is_none_or(|intent| intent.slot("percent").is_none()))
    } else {
        (false, !text.chars().any(char::is_alphanumeric))
    };
    // "Set a timer" is asked back, "no" is an answer; but most who begin so go on.
    match intent.filter(|intent| !is_opening(intent)) {
        _ if hesitates => Completeness::Unfinished,
        // "What can you do" ends as other sentences go on, and a recogniser writes dots where it hears a breath.
        Some(intent)
            if trails_off
                || is_dictated(intent)
                || goes_on(&text, language)
                || may_get_minutes(intent, &text)
                || may_get_a_place(intent) =>
        {
            Completeness::Usual
        }
        Some(_) => Completeness::Complete,
        None if open || trails_off => Completeness::Unfinished,
        None => Completeness::Usual,
    }
}

/// Whether `intent` came without what it needs, or is a word or two that answer something or begin another sentence.
fn is_opening(intent: &Intent) -> bool {
    let needs: &[&str] = match intent.name.as_str() {
        "timer.set" => &["seconds"],
        "alarm.set" => &["when"],
        "reminder.set" => &["text", "when"],
        "timer.change" => &["to"],
        "alarm.change" | "reminder.change" if intent.slot("seconds").is_none() => &["to"],
        "yes" | "no" | "repeat" => return true,
        _ => &[],
    };
    needs.iter().any(|slot| intent.slot(slot).is_none())
}

/// Whether `item` stands in `list`.
fn among(list: &str, item: &str) -> bool {
    list.split(if list.contains('|') { '|' } else { ' ' }).any(|listed| listed.trim() == item)
}

/// Whether an intent's words end so that its last number may go on, or are a word that begins many other sentences.
fn goes_on(text: &str, language: &Language) -> bool {
    if *language == Language::MANDARIN {
        let text = han(text);
        let hour = text.ends_with("几点") || text.ends_with("幾點");
        return !hour && text.ends_with(['十', '百', '千', '万', '萬', '亿', '億', '点', '點', '是'])
            || text.ends_with("等于")
            || text.ends_with("等於")
            || matches!(text.as_str(), "时间" | "時間" | "几号" | "幾號" | "帮助" | "幫助");
    }
    let words = english_words(text);
    words.last().is_some_and(|last| among(TENS, last))
        || matches!(words[..], ["help" | "time" | "date"] | ["help", "me"])
}

/// Whether `text` ends in an hour: "an alarm for seven" may go on with "thirty" or "in the morning".
fn may_get_minutes(intent: &Intent, text: &str) -> bool {
    let words = english_words(text);
    let number = |last: &&str| among(NUMBERS, last) || last.bytes().all(|b| b.is_ascii_digit());
    let moment = intent.slots.iter().any(|slot| matches!(slot.value, SlotValue::When(_)));
    moment && words.last().is_some_and(number)
}

/// Whether `intent` takes words of which there may always be more.
fn is_dictated(intent: &Intent) -> bool {
    matches!(intent.name.as_str(), "note.add" | "memory.remember")
}

/// Whether the weather was asked for, and neither where nor when: "what's the weather like" goes on more often than not.
fn may_get_a_place(intent: &Intent) -> bool {
    intent.name.starts_with("weather.") && intent.slot("place").is_none() && intent.slot("day").is_none()
}

fn english_words(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect()
}

/// Whether English `text` hesitates, and whether it is open at its end; with `of` a share is one of something.
fn english(text: &str, of: bool) -> (bool, bool) {
    let words = english_words(text);
    let Some((last, before)) = words.split_last() else { return (false, true) };
    let previous = before.last().copied().unwrap_or_default();
    // A share waits for what it is a share of, although it is a sum by itself.
    if among(HESITATIONS, last) || of && (*last == "percent" || text.trim_end().ends_with('%')) {
        return (true, true);
    }
    let leans = LEANING.iter().find(|(word, _)| word == last);
    let open_end = match leans {
        // "Turn the kitchen lights on" is whole, "turn on" is not.
        Some(("on", _)) if words.len() == 1 || (words.len() > 2 && separable(words[0])) => false,
        Some((_, after)) => !among(after, previous),
        None => among(OPEN_ENDS, last),
    };
    let lead = words.iter().take_while(|word| among(BEFORE, word)).count();
    let command = words[lead.min(words.len() - 1)..].join(" ");
    let beginning = among(BEGINNINGS, &command) || among(BEGINNINGS, &words.join(" "));
    (false, open_end || beginning || pending_number(&words))
}

/// Whether a verb is split by its object: "turn the light on".
fn separable(verb: &str) -> bool {
    matches!(verb, "turn" | "switch" | "put" | "leave" | "keep")
}

/// Whether `words` end in a number that waits for its unit.
fn pending_number(words: &[&str]) -> bool {
    let number =
        |word: &str| among(TENS, word) || among(NUMBERS, word) || word.bytes().all(|b| b.is_ascii_digit());
    let numbers = words.iter().rev().take_while(|word| number(word)).count();
    let (before, said) = words.split_at(words.len() - numbers);
    let Some(last) = said.last() else { return false };
    let sum = matches!(before, ["what", "is"] | ["what's" | "whats"] | ["how", "much", "is"]);
    sum || before.iter().any(|word| among(COUNTED, word)) || (among(TENS, last) && !before.is_empty())
}

/// The letters and digits of `text`: Mandarin is written with or without spaces and marks.
fn han(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).collect()
}

/// Whether Mandarin `text` hesitates, and whether it is open at its end.
fn mandarin(text: &str) -> (bool, bool) {
    let text = han(text);
    if text.is_empty() {
        return (false, true);
    }
    if among(ANSWERS_HAN, &text) {
        return (false, false);
    }
    let ends = |list: &str| list.split(' ').filter(|end| text.ends_with(end)).map(str::len).max();
    let whole = ends(WHOLE_HAN).unwrap_or(0);
    // The longer word is the one that was said: 现在 is no 在, 几点到 is no 到.
    if ends(HESITATIONS_HAN).is_some_and(|end| end > whole) {
        return (true, true);
    }
    let open = ends(OPEN_ENDS_HAN).is_some_and(|end| end > whole);
    let lead = ["请", "請", "帮我", "幫我", "麻烦", "麻煩", "你好", "那", "就"];
    let command = lead.iter().fold(text.as_str(), |text, lead| text.strip_prefix(lead).unwrap_or(text));
    let beginning = among(BEGINNINGS_HAN, command) || among(BEGINNINGS_HAN, &text);
    let digits = |c: char| c.is_ascii_digit() || "零〇一二两兩三四五六七八九十百千万萬亿億".contains(c);
    let before = text.trim_end_matches(digits);
    let number = before.len() < text.len()
        && (COUNTED_HAN.split(' ').any(|word| before.contains(word))
            || text.ends_with(['十', '百', '千', '万', '萬']) && !before.is_empty());
    let short = text.chars().count() == 1 && text.chars().all(is_han);
    (false, open || beginning || number || short)
}

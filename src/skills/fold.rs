//! Fold: when words of the user mean the same, and how much one text has to do with another.
//!
//! Enters: words as said, in either language. Leaves: the same in one spelling, items taken apart, likeness. Never here: a
//! guess beyond the words that two texts share.

use crate::{
    flow::{Language, Script, is_han},
    script::Scribe,
};

/// What may stand before a thing and is no part of it.
const BEFORE: [&str; 8] = ["a", "an", "the", "some", "any", "more", "my", "our"];
const BEFORE_HAN: [&str; 6] = ["一些", "一点", "些", "我的", "我们的", "的"];

/// Pairs with "and" inside that are one thing.
const ONE: [&str; 6] = [
    "mac and cheese",
    "macaroni and cheese",
    "fish and chips",
    "half and half",
    "salt and vinegar",
    "gin and tonic",
];

/// Words that say nothing of what a text is about.
const EMPTY: &str = "\
    a an the my your our his her its their i you we he she it they me us him them is am are was were be been do does did \
    have has had to of in on at for from by with about and or that this these those there here what which who whom whose \
    when where why how remember recall know tell told said say please again can could would will not no so if as";

/// The same in Mandarin, character by character.
const EMPTY_HAN: &str = "的了吗呢吧啊呀是在有我你他她它们这那个什么怎样哪里谁几多少和与及把被就都也还要会能可以过着到说记得住知道关于请";

/// `words` as they are compared: small letters, one script, no article, no plural, no marks.
pub(super) fn fold(words: &str) -> String {
    let mut text = words.trim().to_lowercase();
    if text.chars().any(is_han) {
        text = Scribe::new(Script::Simplified).write(text, &Language::MANDARIN);
        text.retain(char::is_alphanumeric);
        let bare = BEFORE_HAN.iter().find_map(|before| text.strip_prefix(before));
        return bare.filter(|bare| !bare.is_empty()).unwrap_or(&text).to_owned();
    }
    let all: Vec<String> = pieces(&text).into_iter().map(singular).collect();
    let first = all.iter().position(|word| !BEFORE.contains(&word.as_str())).unwrap_or(0);
    let folded = all[first..].join(" ");
    // A smiley alone is an item too.
    if folded.is_empty() { text } else { folded }
}

/// The words of `text`, without marks.
fn pieces(text: &str) -> Vec<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'').filter(|word| !word.is_empty()).collect()
}

/// "tomatoes" and "tomato" are the same.
fn singular(word: &str) -> String {
    let word = word.trim_end_matches("'s");
    if word.len() <= 3 || !word.is_ascii() || ["ss", "us", "is"].iter().any(|end| word.ends_with(end)) {
        return word.to_owned();
    }
    if let Some(stem) = word.strip_suffix("ies") {
        return format!("{stem}y");
    }
    word.strip_suffix("oes")
        .map_or_else(|| word.strip_suffix('s').unwrap_or(word).to_owned(), |stem| format!("{stem}o"))
}

/// The things that `words` name: "milk, eggs and bread", 牛奶、鸡蛋和面包.
pub(super) fn items(words: &str) -> Vec<String> {
    let mut text = format!(" {} ", words.trim());
    for one in ONE {
        while let Some(at) = text.to_ascii_lowercase().find(one) {
            let kept = text[at..at + one.len()].replace(" and ", "\u{1}");
            text.replace_range(at..at + one.len(), &kept);
        }
    }
    let mut parts = vec![text];
    for joint in [
        ", and ",
        " and also ",
        " as well as ",
        " and ",
        " plus ",
        ",",
        "，",
        "、",
        ";",
        "；",
        "以及",
        "还有",
    ] {
        parts = parts.iter().flat_map(|part| split(part, joint)).collect();
    }
    // 和 joins, unless it begins a thing of its own, such as 和牛.
    parts = parts.iter().flat_map(|part| split_han(part)).collect();
    let clean = |part: String| {
        let part = part.replace('\u{1}', " and ");
        let part = part.trim().trim_end_matches(['.', '。', '!', '！', '?', '？']).trim();
        let bare = ["some ", "the ", "Some ", "The ", "一些", "一点", "and ", "also "]
            .iter()
            .find_map(|before| part.strip_prefix(before));
        let bare = bare.unwrap_or(part).trim();
        // What is left of "and and".
        if ["and", "also", "plus"].contains(&bare.to_ascii_lowercase().as_str()) {
            String::new()
        } else {
            bare.to_owned()
        }
    };
    let mut items: Vec<String> = Vec::new();
    for item in parts.into_iter().map(clean).filter(|item| !item.is_empty()) {
        if items.iter().all(|other| fold(other) != fold(&item)) {
            items.push(item);
        }
    }
    items
}

/// `text` at every `joint`, whatever its case.
fn split(text: &str, joint: &str) -> Vec<String> {
    let lower = text.to_ascii_lowercase();
    let mut parts = Vec::new();
    let mut from = 0;
    for (at, found) in lower.match_indices(joint) {
        // Words that share a blank: "and and".
        let at = at.max(from);
        parts.push(text[from..at].to_owned() + " ");
        // The blank behind a joint may begin the next one.
        from = (at + found.len()).saturating_sub(usize::from(found.ends_with(' ')));
    }
    parts.push(text[from..].to_owned());
    parts
}

fn split_han(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let letters: Vec<char> = text.trim().chars().collect();
    for (place, letter) in letters.iter().enumerate() {
        let open = parts.last().is_some_and(|part| !part.trim().is_empty());
        let between = place + 1 < letters.len() && letters[place - usize::from(place > 0)] != '和';
        let joins = *letter == '和' && letters.iter().any(|c| is_han(*c)) && open && between;
        if joins {
            parts.push(String::new());
        } else if let Some(part) = parts.last_mut() {
            part.push(*letter);
        }
    }
    parts
}

/// How much of what `query` is about is in `text`, in hundredths; 0 below a half.
pub(super) fn likeness(query: &str, text: &str) -> usize {
    let (query, text) = (meaning(query), meaning(text));
    let found = query.iter().filter(|word| text.contains(word)).count();
    if found * 2 < query.len() || query.is_empty() { 0 } else { found * 100 / query.len() }
}

/// The words of `text` that say what it is about; of Mandarin, the characters.
fn meaning(text: &str) -> Vec<String> {
    let mut text = text.to_lowercase();
    if text.chars().any(is_han) {
        text = Scribe::new(Script::Simplified).write(text, &Language::MANDARIN);
    }
    let spaced: String =
        text.chars().flat_map(|c| if is_han(c) { vec![' ', c, ' '] } else { vec![c] }).collect();
    let empty = |word: &str| {
        EMPTY.split_whitespace().any(|empty| empty == word)
            || word.chars().all(|c| is_han(c) && EMPTY_HAN.contains(c))
    };
    let mut words: Vec<String> =
        pieces(&spaced).into_iter().filter(|word| !empty(word)).map(singular).collect();
    words.sort();
    words.dedup();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_are_taken_apart() {
        let table: &[(&str, &[&str])] = &[
            ("milk", &["milk"]),
            ("milk and eggs", &["milk", "eggs"]),
            ("Milk, eggs, and some bread.", &["Milk", "eggs", "bread"]),
            ("milk AND eggs as well as two bottles of wine", &["milk", "eggs", "two bottles of wine"]),
            ("mac and cheese and milk", &["mac and cheese", "milk"]),
            (
                "mac and cheese, milk and Mac and Cheese with ham",
                &["mac and cheese", "milk", "Mac and Cheese with ham"],
            ),
            ("milk and milk and Milk", &["milk"]),
            ("brandy and sand paper", &["brandy", "sand paper"]),
            ("and and and", &[]),
            (", ,", &[]),
            ("🥛 and 🥚", &["🥛", "🥚"]),
            ("牛奶和鸡蛋", &["牛奶", "鸡蛋"]),
            ("牛奶、鸡蛋，还有面包", &["牛奶", "鸡蛋", "面包"]),
            ("和牛", &["和牛"]),
            ("牛奶和和牛", &["牛奶", "和牛"]),
            ("'); DROP TABLE lists;--", &["')", "DROP TABLE lists", "--"]),
        ];
        for (words, expected) in table {
            assert_eq!(items(words), *expected, "{words}");
        }
    }

    #[test]
    fn what_means_the_same_folds_alike() {
        for (one, other) in [
            ("Milk", "some milk."),
            ("tomatoes", "a tomato"),
            ("berries", "berry"),
            ("雞蛋", "一些鸡蛋"),
            ("the eggs", "egg"),
        ] {
            assert_eq!(fold(one), fold(other));
        }
        for (one, other) in [("milk", "oat milk"), ("glass", "gla"), ("🥛", "🥚"), ("bus", "bu")] {
            assert_ne!(fold(one), fold(other));
        }
        assert_eq!(fold("a"), "a");
    }

    #[test]
    fn only_shared_words_make_texts_alike() {
        for (query, text, expected) in [
            ("my car", "my car is on level three", 100),
            ("where my car is parked", "my car is on level three", 50),
            ("my mother's birthday", "mum likes tea", 0),
            ("the", "the car", 0),
            ("我的车", "我的车停在三层", 100),
            ("妈妈的生日", "媽媽的生日是五月三號", 100),
            ("妈妈的电话", "妈妈的生日是五月三号", 0),
            ("我的", "我的车停在三层", 0),
        ] {
            assert_eq!(likeness(query, text), expected, "{query} in {text}");
        }
    }
}

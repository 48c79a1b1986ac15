//! Whether what was said so far is all that will be said: a verdict on each line of a table, and on each beginning of
//! every sentence this device understands.

use mynah::{
    flow::Language,
    understand::{Completeness, Understanding, completeness},
};

fn judged(understanding: &Understanding, words: &str) -> Completeness {
    let language = Language::of_text(words);
    completeness(words, &language, understanding.interpret(words, &language).as_ref())
}

#[test]
fn each_line_of_the_table_is_judged_as_it_says() {
    let understanding = Understanding::new().unwrap();
    let (mut wrong, mut lines) = (Vec::new(), 0);
    for line in include_str!("sentences/completeness.txt").lines() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        lines += 1;
        let (words, expected) = line.rsplit_once(" | ").unwrap();
        let found = format!("{:?}", judged(&understanding, words)).to_lowercase();
        if found != expected {
            wrong.push(format!("{words} is {found}, not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(lines >= 200, "{lines} lines");
}

#[test]
fn a_sentence_is_seldom_cut_at_its_beginning_and_never_waits_when_it_is_whole() {
    let understanding = Understanding::new().unwrap();
    let mut whole = [0_u32; 3];
    let mut beginnings = [0_u32; 3];
    let mut cut = Vec::new();
    for table in [include_str!("sentences/en.txt"), include_str!("sentences/zh.txt")] {
        for line in table.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (words, expected) = line.rsplit_once(" | ").unwrap();
            let words = words.trim_end_matches(|c: char| c.is_ascii_punctuation() || "。？！".contains(c));
            let language = Language::of_text(words);
            let place = |verdict| match verdict {
                Completeness::Complete => 0,
                Completeness::Usual => 1,
                Completeness::Unfinished => 2,
            };
            if expected != "-" {
                whole[place(judged(&understanding, words))] += 1;
            }
            let ends: Vec<usize> = if language == Language::MANDARIN {
                words.char_indices().skip(1).map(|(at, _)| at).collect()
            } else {
                words.char_indices().filter(|(_, c)| *c == ' ').map(|(at, _)| at).collect()
            };
            for end in ends {
                let verdict = judged(&understanding, &words[..end]);
                beginnings[place(verdict)] += 1;
                if verdict == Completeness::Complete {
                    cut.push(format!("{} | {}", &words[..end], &words[end..]));
                }
            }
        }
    }
    let all = |counts: [u32; 3]| counts.iter().sum::<u32>();
    let told = format!("whole {whole:?}, beginnings {beginnings:?}\n{}", cut.join("\n"));
    assert!(whole[0] * 100 >= all(whole) * 90 && whole[2] * 100 <= all(whole), "{told}");
    assert!(beginnings[0] * 100 <= all(beginnings) * 9, "{told}");
}

#[test]
fn whatever_is_said_gets_a_verdict() {
    for language in [Language::ENGLISH, Language::MANDARIN, Language::from_code("fr").unwrap()] {
        for words in
            ["", " ", "…", "'", "'''", "-5", "a".repeat(100_000).as_str(), "把".repeat(50_000).as_str()]
        {
            let verdict = completeness(words, &language, None);
            assert_ne!(verdict, Completeness::Complete, "nothing was understood");
        }
        assert_eq!(completeness(" , ", &language, None), Completeness::Unfinished);
        assert_eq!(
            completeness("quelle heure est-il", &Language::from_code("fr").unwrap(), None),
            Completeness::Usual
        );
    }
}

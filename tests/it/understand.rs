//! What is said, what it is taken for, and what is answered.

mod files;

use std::collections::BTreeMap;

use mynah::{
    flow::{Intent, Language, Script, SlotValue},
    script::of_text,
    skills::{SkillContext, Skills},
    understand::{Understanding, WakePhrase},
};

/// The intent as "name slot=value …", to compare in one glance.
fn shown(intent: Option<&Intent>) -> String {
    let Some(intent) = intent else { return "-".to_owned() };
    let slot = |slot: &mynah::flow::Slot| match &slot.value {
        SlotValue::Number(n) => format!(" {}={n}", slot.name),
        SlotValue::Text(t) => format!(" {}={t}", slot.name),
        SlotValue::When(when) => format!(" {}={when}", slot.name),
    };
    format!("{}{}", intent.name, intent.slots.iter().map(slot).collect::<String>())
}

#[test]
fn each_sentence_is_taken_for_what_the_tables_say() {
    let (understanding, _) = ready();
    let tables = [
        (Language::ENGLISH, include_str!("sentences/en.txt")),
        (Language::MANDARIN, include_str!("sentences/zh.txt")),
    ];
    for (language, table) in tables {
        let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
        let (mut wrong, mut some, mut none) = (Vec::new(), 0, 0);
        for line in lines {
            let (words, expected) = line.rsplit_once(" | ").unwrap();
            *if expected == "-" { &mut none } else { &mut some } += 1;
            let found = shown(understanding.interpret(words, &language).as_ref());
            if found != expected {
                wrong.push(format!("{words}\n    is {found}\n    not {expected}"));
            }
        }
        assert!(wrong.is_empty(), "{language}, {} wrong:\n{}", wrong.len(), wrong.join("\n"));
        assert!(some >= 60 && none >= 60, "{language}: {some} sentences and {none} near misses, too few");
    }
}

/// The share of a corpus that must be taken for the right intent, and for the right one with the right slots.
const RIGHT_INTENTS: f64 = 0.97;
const RIGHT_SLOTS: f64 = 0.95;

#[test]
#[expect(clippy::print_stderr, reason = "how much of each intent is understood is told although all is well")]
fn most_of_the_corpora_is_understood() {
    let (understanding, _) = ready();
    let corpora = [
        (Language::ENGLISH, include_str!("understand_corpus/en.tsv")),
        (Language::MANDARIN, include_str!("understand_corpus/zh.tsv")),
    ];
    let mut short = Vec::new();
    for (language, corpus) in corpora {
        // Of each intent: sentences, right intents, right slots.
        let mut counts: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
        let mut wrong = Vec::new();
        for line in corpus.lines().filter(|line| !line.starts_with('#')) {
            let (words, expected) = line.split_once('\t').unwrap_or_else(|| panic!("{line}: no tab"));
            let name = expected.split(' ').next().unwrap();
            let found = shown(understanding.interpret(words, &language).as_ref());
            let count = counts.entry(name).or_default();
            count[0] += 1;
            count[1] += usize::from(found.split(' ').next() == Some(name));
            count[2] += usize::from(found == expected);
            if found != expected {
                wrong.push(format!("  {words}\n    is {found}\n    not {expected}"));
            }
        }
        let rows = counts
            .iter()
            .map(|(name, [all, intents, slots])| format!("  {name}: {intents} and {slots} of {all}\n"));
        let sum = |place: usize| {
            f64::from(u32::try_from(counts.values().map(|count| count[place]).sum::<usize>()).unwrap())
        };
        let (intents, slots) = (sum(1) / sum(0), sum(2) / sum(0));
        let report = format!(
            "{language}: intents {intents:.3}, with slots {slots:.3}\n{}{}",
            rows.collect::<String>(),
            wrong.join("\n")
        );
        eprintln!("{report}");
        if intents < RIGHT_INTENTS || slots < RIGHT_SLOTS {
            short.push(report);
        }
    }
    assert!(short.is_empty(), "{}", short.join("\n"));
}

#[test]
fn questions_are_answered() {
    let understanding = Understanding::new().unwrap();
    let mut skills = Skills::telling();
    let table = [
        ("What time is it?", "It's 3:42 in the afternoon."),
        ("what time is it in Tokyo", "It's 11:42 at night in Tokyo."),
        ("what time is it in america", "America has several time zones. Which city do you mean?"),
        ("what's the date next friday", "That's Friday, November 27, 2026."),
        ("when is Mother's Day", "That's Sunday, May 9, 2027."),
        ("how many days until Thanksgiving", "4 days: it's on Thursday, November 26."),
        ("when is Easter this year", "That's Sunday, April 5, 2026."),
        ("今年的中秋节是几号", "那天是2026年9月25日，星期五。"),
        ("母亲节是几号", "那天是2027年5月9日，星期日。"),
        ("What's 20% of 92?", "That's 18.4."),
        ("what is 100 divided by 5 divided by 2", "That's 10."),
        ("what is 10 minus 3 minus 2", "That's 5."),
        ("what is two squared factorial", "That's 24."),
        ("what is minus 2 squared", "That's 4."),
        ("1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1", "That's 23."),
        ("what is √√√√√√√√√√√√√√√√√√√√ 2", "That's more than I can work out."),
        ("what is five divided by zero", "I can't divide by zero."),
        ("5 miles 10 in kilometers", "I don't know which unit the 10 after 5 miles is in."),
        ("Convert 10 miles to kilometers.", "10 miles is about 16.09 kilometers."),
        ("who are you", "I'm Mynah, a voice assistant on this machine. Your voice stays on it."),
        ("stop", "Okay."),
        ("现在几点了", "现在是下午3点42分。"),
        ("東京現在幾點", "東京現在是晚上11點42分。"),
        ("二十加三十等于多少", "等于50。"),
        ("十公里等於多少英里", "10公里大約等於6.214英里。"),
        ("今天星期几", "今天是星期日。"),
        ("別說了", "好的。"),
    ];
    for (words, expected) in table {
        let language = Language::of_text(words);
        let intent = understanding.interpret(words, &language).unwrap_or_else(|| panic!("{words}"));
        let context = SkillContext {
            now: "2026-11-22T15:42[Europe/Paris]".parse().unwrap(),
            language,
            script: of_text(words),
            region: None,
            clock_24h: None,
        };
        assert_eq!(skills.answer(&intent, &context).unwrap().text, expected, "{words}");
    }
}

#[test]
fn a_sentence_may_ask_for_several_things() {
    let (understanding, _) = ready();
    let table: [(&str, &[&str]); 9] = [
        ("Set a timer for five minutes and tell me the time.", &["timer.set seconds=300", "clock.time"]),
        ("STOP THE TIMER, AND then what day is it", &["timer.cancel", "clock.day"]),
        (
            "remind me to buy milk and call mum at 5 pm",
            &["reminder.set text=buy milk and call mum when=17:00"],
        ),
        ("add five and seven", &["maths expr=5+7"]),
        ("set a timer for five minutes and write a poem", &[]),
        ("and and and", &[]),
        ("what time is it", &["clock.time"]),
        ("定个五分钟的计时器，然后告诉我现在几点", &["timer.set seconds=300", "clock.time"]),
        ("取消闹钟并且暂停计时器", &["alarm.cancel", "timer.pause"]),
    ];
    for (words, expected) in table {
        let intents = understanding.interpret_all(words, &Language::of_text(words));
        let found: Vec<String> = intents.iter().map(|intent| shown(Some(intent))).collect();
        assert_eq!(found, expected, "{words}");
        for slot in intents.iter().flat_map(|intent| &intent.slots) {
            assert!(words.get(slot.span.clone()).is_some(), "{words}: {:?}", slot.span);
        }
    }
    assert!(understanding.interpret_all(&"stop and ".repeat(40), &Language::ENGLISH).is_empty());
}

#[test]
fn a_slot_says_where_it_was_said() {
    let words = "Um, what time is it in 東京, Tokyo?";
    let words_english = "Um, what time is it in New York please?";
    let understanding = Understanding::new().unwrap();
    assert_eq!(understanding.interpret(words, &Language::ENGLISH), None);
    let intent = understanding.interpret(words_english, &Language::ENGLISH).unwrap();
    assert_eq!(&words_english[intent.slots[0].span.clone()], "New York");
}

proptest::proptest! {
    #[test]
    fn any_text_is_read_without_panic(words in ".{0,120}") {
        let (understanding, wake) = ready();
        for language in [Language::ENGLISH, Language::MANDARIN] {
            let _ = understanding.interpret(&words, &language);
        }
        if let Some(rest) = wake.find(&words) {
            proptest::prop_assert!(words.ends_with(rest.rest.as_str()) || words.trim_end().ends_with(rest.rest.as_str()));
        }
    }

    #[test]
    fn whatever_is_understood_is_answered(picks in proptest::collection::vec(0..WORDS.len(), 1..9), opening in 0..4_usize) {
        let (understanding, _) = ready();
        let body = picks.iter().map(|pick| WORDS[*pick]).collect::<Vec<_>>().join(" ");
        let words = format!("{} {body}", ["what is", "convert", "how many feet in", "what day is"][opening]);
        for language in [Language::ENGLISH, Language::MANDARIN] {
            let Some(intent) = understanding.interpret(&words, &language) else { continue };
            let context = SkillContext {
                now: "2026-11-22T15:42[Europe/Paris]".parse().unwrap(),
                language,
                script: Script::Simplified,
                region: None,
                clock_24h: None,
            };
            proptest::prop_assert!(!Skills::telling().answer(&intent, &context).unwrap().text.is_empty());
        }
    }
}

/// Words that make and break sums, quantities and dates.
const WORDS: [&str; 40] = [
    "zero",
    "one",
    "two",
    "seven",
    "twelve",
    "twenty",
    "hundred",
    "thousand",
    "trillion",
    "999999999999999999999",
    "point",
    "and",
    "a",
    "half",
    "third",
    "percent",
    "of",
    "off",
    "plus",
    "minus",
    "times",
    "divided by",
    "mod",
    "to the power of",
    "squared",
    "factorial",
    "square root of",
    "(",
    ")",
    "-",
    "miles",
    "feet",
    "in",
    "to",
    "celsius",
    "kilograms",
    "july",
    "next",
    "friday",
    "十",
];

fn ready() -> &'static (Understanding, WakePhrase) {
    static READY: std::sync::OnceLock<(Understanding, WakePhrase)> = std::sync::OnceLock::new();
    READY.get_or_init(|| {
        let wake = WakePhrase::new(&["hey computer".to_owned(), "你好电脑".to_owned()])
            .expect("the phrases are good");
        (Understanding::new().expect("the shipped templates are good"), wake)
    })
}

#[test]
fn hostile_sentences_end_soon() {
    let understanding = Understanding::new().unwrap();
    for words in [
        "(".repeat(400),
        "minus ".repeat(60),
        "加".repeat(130),
        "what is ".repeat(9_000),
        "1 plus ".repeat(23),
    ] {
        for language in [Language::ENGLISH, Language::MANDARIN] {
            assert_eq!(understanding.interpret(&words, &language), None);
        }
    }
    assert_eq!(understanding.interpret("quelle heure est-il", &Language::from_code("fr").unwrap()), None);
}

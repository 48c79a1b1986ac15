//! Any text as an answer from afar, on its way to the voice: plain words, cut into sentences, however it comes in.
#![no_main]

use mynah::{
    answer::{plain::Plain, sentences::Sentences},
    flow::Language,
    speak::speakable,
};

libfuzzer_sys::fuzz_target!(|parts: Vec<&str>| {
    let whole = parts.concat();
    for language in [Language::ENGLISH, Language::MANDARIN] {
        let said = speakable(&whole, &language);
        assert!(!said.contains(['<', '>', '[', ']', '\\', '`', '\0']), "an engine could obey {said:?}");
    }
    assert_eq!(spoken(&parts), spoken(&[&whole]), "the size of the pieces changed what is said");
});

fn spoken(parts: &[&str]) -> Vec<String> {
    let (mut plain, mut sentences) = (Plain::new(&Language::ENGLISH), Sentences::new());
    let mut said = Vec::new();
    for part in parts {
        let mut words = String::new();
        plain.push(part, &mut words);
        sentences.push(&words, &mut said);
    }
    let mut words = String::new();
    plain.finish(&mut words);
    sentences.push(&words, &mut said);
    sentences.finish(&mut said);
    said
}

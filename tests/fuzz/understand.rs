//! Any words as a sentence that somebody said: every slot comes from a place inside them.
#![no_main]

use std::sync::LazyLock;

use mynah::{flow::Language, understand::Understanding};

static UNDERSTANDING: LazyLock<Understanding> =
    LazyLock::new(|| Understanding::new().expect("the shipped templates are correct"));

libfuzzer_sys::fuzz_target!(|words: &str| {
    for language in [Language::ENGLISH, Language::MANDARIN] {
        for slot in UNDERSTANDING.interpret(words, &language).iter().flat_map(|intent| &intent.slots) {
            assert!(
                words.get(slot.span.clone()).is_some(),
                "a slot from {:?} of {} bytes",
                slot.span,
                words.len()
            );
        }
    }
});

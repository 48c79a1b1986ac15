//! Any words as a sentence that somebody said: every slot comes from a place inside them.
#![no_main]

use std::sync::LazyLock;

use mynah::{
    flow::Language,
    understand::{Completeness, Understanding, completeness},
};

static UNDERSTANDING: LazyLock<Understanding> =
    LazyLock::new(|| Understanding::new().expect("the shipped templates are correct"));

libfuzzer_sys::fuzz_target!(|words: &str| {
    for language in [Language::ENGLISH, Language::MANDARIN] {
        let intent = UNDERSTANDING.interpret(words, &language);
        let verdict = completeness(words, &language, intent.as_ref());
        assert!(intent.is_some() || verdict != Completeness::Complete, "complete without an intent");
        for slot in intent.iter().flat_map(|intent| &intent.slots) {
            assert!(
                words.get(slot.span.clone()).is_some(),
                "a slot from {:?} of {} bytes",
                slot.span,
                words.len()
            );
        }
    }
});

//! Any text as the table of regions: what is accepted can be decided on, and every endpoint in an order exists.
#![no_main]

use mynah::policy::{Region, Rules, rules::chat_order};

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(rules) = Rules::parse(text) {
        for id in chat_order(&rules, &Region::offline()) {
            assert!(rules.endpoint(id).is_some(), "an order names an endpoint that is not there");
        }
    }
});

//! Any text as the user's settings: read, or refused with the key and the file, never half read.
#![no_main]

use mynah::settings::{Layers, parse};

libfuzzer_sys::fuzz_target!(|text: &str| {
    match parse(text, "the file") {
        Ok(layer) => Layers::defaults().expect("the shipped settings are correct").lay(layer),
        Err(error) => assert!(error.to_string().contains("the file"), "{error}"),
    }
});

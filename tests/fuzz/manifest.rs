//! Any text as a model manifest: what is accepted names each model once, each with a sum and a size.
#![no_main]

use mynah::models::manifest::Manifest;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(manifest) = Manifest::parse(text) {
        for entry in manifest.entries() {
            assert!(manifest.find(&entry.name).is_ok_and(|found| std::ptr::eq(found, entry)));
        }
    }
});

//! Any bytes as a speech model: what whisper.cpp must never see is turned away here.
#![no_main]

use std::io::Cursor;

use mynah::ggml::Header;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    // The file may claim to be longer than what is there, as one does that was cut short while it was read.
    for length in [data.len() as u64, u64::MAX] {
        if let Ok(header) = Header::read(Cursor::new(data), length) {
            assert!(header.window_samples() > 0, "a model that hears nothing");
        }
    }
});

//! Any bytes as a recording: an error or a bounded number of samples, never a panic or a hang.
#![no_main]

use mynah::source::decode_bytes;

/// A minute at 16 kHz, and the last frame's padding: the most that `decode_bytes` may give.
const MOST: usize = 60 * 16_000 + 256;

libfuzzer_sys::fuzz_target!(
    init: {
        // A panic inside symphonia is caught by the room and becomes its error; one of our own is a finding.
        let abort = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if !panic.location().is_some_and(|place| place.file().contains("symphonia")) {
                abort(panic);
            }
        }));
    },
    |data: &[u8]| {
        if let Ok(samples) = decode_bytes(data) {
            assert!(samples <= MOST, "{samples} samples");
        }
    }
);

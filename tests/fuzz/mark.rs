//! Any bytes as a file with a mark: an answer, never a panic; and a copy that is made gives back what it was given.
#![no_main]

use mynah::mark::{Mark, Origin, marked, read_bytes};

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let read = read_bytes(data);
    let mark = Mark::generated("Mynah", Origin { id: Origin::number(&["fuzz"]), ..Origin::default() });
    if let Ok(copy) = marked(data, &mark) {
        assert!(read.is_ok_and(|(_, found)| found.is_none()));
        assert!(copy.len() < data.len() + 8_192 + data.len() / 8);
    }
});

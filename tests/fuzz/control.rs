//! Any bytes as a line on the control socket: understood, or refused in words of Mynah's own.
#![no_main]

use mynah::serve::parse;

libfuzzer_sys::fuzz_target!(|line: &[u8]| {
    let asked = parse(line);
    assert!(asked.id.is_null() || asked.id.is_string() || asked.id.is_i64() || asked.id.is_u64());
    if let Err(fault) = asked.wanted {
        assert_eq!(fault.kind, "bad_request");
        assert!(fault.message.len() < 300, "{}", fault.message);
    }
});

//! Any bytes as a stream of server-sent events: the same events however the network cut them, and nothing without
//! a limit.
#![no_main]

use std::collections::VecDeque;

use mynah::egress::sse::{Limits, SseError, SseParser, Tail};

/// Small, so that the fuzzer reaches them.
const LIMITS: Limits = Limits { line: 512, event: 1024, response: 4096 };

libfuzzer_sys::fuzz_target!(|input: (u8, &[u8])| {
    let (size, bytes) = input;
    let whole = read(bytes, bytes.len().max(1));
    let pieces = read(bytes, usize::from(size).max(1));
    let longest = whole.0.iter().map(String::len).max().unwrap_or(0);
    assert!(longest <= LIMITS.event, "an event of {longest} bytes");
    match (whole.1, pieces.1) {
        (Ok(_), Ok(_)) => assert_eq!(whole, pieces),
        // The limits are looked at once a piece, so that only the kind of end is the same.
        (Err(_), Err(_)) => {}
        (whole, pieces) => panic!("whole {whole:?}, in pieces {pieces:?}"),
    }
});

fn read(bytes: &[u8], size: usize) -> (VecDeque<String>, Result<Tail, SseError>) {
    let (mut parser, mut events) = (SseParser::new(LIMITS), VecDeque::new());
    for piece in bytes.chunks(size) {
        if let Err(error) = parser.push(piece, &mut events) {
            return (events, Err(error));
        }
    }
    (events, Ok(parser.finish()))
}

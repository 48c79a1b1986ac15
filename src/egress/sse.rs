//! SSE: server-sent events, from bytes to payloads.
//!
//! Enters: the body of a response, in pieces cut anywhere. Leaves: the `data` of each event. Line ends may be LF, CR or
//! CRLF; a BOM, comments and unknown fields are skipped, as the WHATWG standard says. Never here: a panic, a buffer
//! without a limit, or half an event passed off as a whole one.

use std::{collections::VecDeque, mem};

/// How much is read before a stream counts as hostile, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One line.
    pub line: usize,
    /// One event's data.
    pub event: usize,
    /// The whole response.
    pub response: u64,
}

impl Default for Limits {
    /// A token's event is some 300 bytes and a reply has a few thousand of them; these are a hundred times that.
    fn default() -> Self {
        Self { line: 256 * 1024, event: 1024 * 1024, response: 8 * 1024 * 1024 }
    }
}

/// Why a stream is not read on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SseError {
    /// A line is not UTF-8.
    NotUtf8,
    /// A limit was passed: what, and the limit in bytes.
    TooLarge(&'static str, u64),
}

/// How a stream ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tail {
    /// After a whole event.
    Whole,
    /// With the closing mark `[DONE]`, though its line was not ended.
    Done,
    /// In the middle of a line or an event.
    Cut,
}

/// An incremental reader of one response.
#[derive(Debug, Default)]
pub struct SseParser {
    limits: Limits,
    line: Vec<u8>,
    data: Option<String>,
    after_cr: bool,
    past_first_line: bool,
    read: u64,
}

impl SseParser {
    /// A reader with these limits.
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, ..Self::default() }
    }

    /// Reads `bytes`; whole events are added to `events`.
    ///
    /// # Errors
    /// [`SseError`]; the reader is of no use afterwards.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut VecDeque<String>) -> Result<(), SseError> {
        self.read = self.read.saturating_add(crate::units::length_u64(bytes.len()));
        if self.read > self.limits.response {
            return Err(SseError::TooLarge("a response", self.limits.response));
        }
        if let (true, Some(first)) = (self.after_cr, bytes.first()) {
            self.after_cr = false;
            bytes = &bytes[usize::from(*first == b'\n')..];
        }
        while let Some(end) = bytes.iter().position(|b| matches!(b, b'\r' | b'\n')) {
            self.extend_line(&bytes[..end])?;
            self.end_line(events)?;
            let cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            match (cr, bytes.first()) {
                (true, Some(b'\n')) => bytes = &bytes[1..],
                (true, None) => self.after_cr = true,
                _ => {}
            }
        }
        self.extend_line(bytes)
    }

    /// Says how the stream ended, once there are no more bytes.
    #[must_use]
    pub fn finish(mut self) -> Tail {
        if self.line.is_empty() && self.data.is_none() {
            return Tail::Whole;
        }
        let line = mem::take(&mut self.line);
        let read = line.is_empty() || self.read_line(&line).is_ok();
        if read && self.data.as_deref() == Some("[DONE]") { Tail::Done } else { Tail::Cut }
    }

    fn extend_line(&mut self, bytes: &[u8]) -> Result<(), SseError> {
        if self.line.len() + bytes.len() > self.limits.line {
            return Err(SseError::TooLarge("a line", crate::units::length_u64(self.limits.line)));
        }
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn end_line(&mut self, events: &mut VecDeque<String>) -> Result<(), SseError> {
        let mut line = mem::take(&mut self.line);
        if line.is_empty() {
            events.extend(self.data.take());
        } else {
            self.read_line(&line)?;
            line.clear();
        }
        self.past_first_line = true;
        self.line = line; // keeps its capacity
        Ok(())
    }

    fn read_line(&mut self, line: &[u8]) -> Result<(), SseError> {
        let line = str::from_utf8(line).map_err(|_| SseError::NotUtf8)?;
        let line = if self.past_first_line { line } else { line.strip_prefix('\u{feff}').unwrap_or(line) };
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        if field != "data" {
            return Ok(());
        }
        let value = value.strip_prefix(' ').unwrap_or(value);
        let data = match &mut self.data {
            Some(data) => {
                data.push('\n');
                data
            }
            none => none.insert(String::new()),
        };
        if data.len() + value.len() > self.limits.event {
            return Err(SseError::TooLarge("an event", crate::units::length_u64(self.limits.event)));
        }
        data.push_str(value);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Result<(Vec<String>, Tail), SseError> {
        let (mut parser, mut events) = (SseParser::default(), VecDeque::new());
        for piece in pieces {
            parser.push(piece, &mut events)?;
        }
        Ok((events.into(), parser.finish()))
    }

    #[test]
    fn line_ends_bom_comments_fields_and_several_data_lines() {
        for (text, events, tail) in [
            ("data: a\n\ndata: b\n\n", vec!["a", "b"], Tail::Whole),
            ("data: a\r\rdata:b\r\n\r\n", vec!["a", "b"], Tail::Whole),
            ("\u{feff}data: a\n\n", vec!["a"], Tail::Whole),
            (": ping\n\nevent: x\nid: 1\nretry: 5\ndata: a\ndata: b\n\n", vec!["a\nb"], Tail::Whole),
            ("data:  two\n\ndata\n\ndatax: no\n\n", vec![" two", ""], Tail::Whole),
            ("data: a\n\ndata: {\"b", vec!["a"], Tail::Cut),
            ("data: a\n\ndata: b\n", vec!["a"], Tail::Cut),
            ("data: a\n\ndata: [DONE]", vec!["a"], Tail::Done),
            ("data: a\n\ndata: [DONE]\n", vec!["a"], Tail::Done),
            ("", vec![], Tail::Whole),
        ] {
            let events = events.into_iter().map(str::to_owned).collect();
            assert_eq!(read(&[text.as_bytes()]), Ok((events, tail)), "{text:?}");
        }
    }

    #[test]
    fn what_is_not_utf8_or_has_no_end_is_refused() {
        assert_eq!(read(&[b"data: \xff\n\n"]), Err(SseError::NotUtf8));
        let limits = Limits { line: 10, event: 15, response: 60 };
        let over = |text: &str| {
            let mut parser = SseParser::new(limits);
            text.as_bytes().chunks(3).try_for_each(|piece| parser.push(piece, &mut VecDeque::new()))
        };
        assert_eq!(over(&"x".repeat(11)), Err(SseError::TooLarge("a line", 10)));
        assert_eq!(
            over("data: 1234\ndata: 1234\ndata: 1234\ndata: 1234\n"),
            Err(SseError::TooLarge("an event", 15))
        );
        assert_eq!(over(&":\n".repeat(31)), Err(SseError::TooLarge("a response", 60)));
        assert_eq!(over(&":\n".repeat(30)), Ok(()));
    }

    proptest! {
        #[test]
        fn any_cut_gives_the_same_events(
            lines in prop::collection::vec("(data: ?|: |id:|)[a-z你🙂\u{feff}]{0,4}(\r|\n|\r\n)", 0..20),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let text = lines.concat().into_bytes();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(text.len() + 1)).collect();
            at.extend([0, text.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &text[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[&text]));
        }

        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&[&bytes]);
        }
    }
}

//! Lines: typed words from a pipe or a keyboard, each as soon as it is there.
//!
//! Enters: bytes. Leaves: a line at a time, blank ones left out, or why a line is none. Never here: memory that grows
//! with what somebody pipes in.

use std::io::{self, BufRead, Read};

use crate::flow::Fault;

/// Most bytes of one line.
const LONGEST: usize = 16 * 1024;

/// The lines of `input`. One that is no text, or too long, is a fault in its place; the others go on.
pub(super) struct Lines<R> {
    input: R,
    broken: bool,
}

impl<R: BufRead> Lines<R> {
    pub(super) const fn new(input: R) -> Self {
        Self { input, broken: false }
    }

    /// The next line's bytes, at most one more than [`LONGEST`]; the rest of it is read and dropped.
    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        let most = u64::try_from(LONGEST).unwrap_or(u64::MAX).saturating_add(1);
        self.input.by_ref().take(most).read_until(b'\n', &mut line)?;
        if line.len() > LONGEST && line.last() != Some(&b'\n') {
            self.input.skip_until(b'\n')?;
        }
        Ok(line)
    }
}

impl<R: BufRead> Iterator for Lines<R> {
    type Item = Result<String, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        while !self.broken {
            let line = match self.bytes() {
                Ok(line) if line.is_empty() => return None,
                Ok(line) => line,
                Err(error) => {
                    self.broken = true;
                    return Some(Err(fault(
                        "stdin_unreadable",
                        format!("standard input broke off: {error}"),
                        "look at the program that writes it",
                    )));
                }
            };
            if line.len() > LONGEST {
                return Some(Err(fault(
                    "line_too_long",
                    format!("a line of standard input is longer than {LONGEST} bytes"),
                    "ask in shorter lines",
                )));
            }
            match String::from_utf8(line) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => return Some(Ok(text.trim().to_owned())),
                Err(_) => {
                    return Some(Err(fault(
                        "not_text",
                        "a line of standard input is not text in UTF-8".into(),
                        "send text; a recording goes through --audio -",
                    )));
                }
            }
        }
        None
    }
}

fn fault(kind: &'static str, message: String, remedy: &str) -> Fault {
    Fault { kind, message, remedy: remedy.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_costs_itself_alone() {
        let long = vec![b'a'; LONGEST * 3];
        let most = vec![b'b'; LONGEST - 1];
        let input = [b"one\r\n\n  \n\xff\n", &long[..], b"\n", &most[..], b"\nlast"].concat();
        let told: Vec<String> = Lines::new(&input[..])
            .map(|line| {
                line.map_or_else(|fault| fault.kind.to_owned(), |text| text.chars().take(4).collect())
            })
            .collect();
        assert_eq!(told, ["one", "not_text", "line_too_long", "bbbb", "last"]);
    }
}

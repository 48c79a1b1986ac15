//! Wire: lines over a connection.
//!
//! Enters: bytes as they come. Leaves: lines, each within a bound. Never here: a line longer than the bound in memory, a
//! write that waits for ever.

use std::{io, time::Duration};

use super::socket::Stream;

/// How long the other side may leave what is sent to it unread. A pipe's worth is buffered by the system before.
const WRITE_PATIENCE: Duration = Duration::from_secs(10);

/// Bytes read at a time.
const STEP: usize = 4_096;

/// What came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Incoming {
    /// A line, without its end.
    Line(Vec<u8>),
    /// More than the bound without an end of line.
    TooLong,
    /// The other side sends no more.
    End,
}

/// A connection that is read by lines.
#[derive(Debug)]
pub(super) struct Wire {
    stream: Stream,
    /// What was received and is no line yet; at most `longest` and a step.
    waiting: Vec<u8>,
    /// How much of `waiting` is known to hold no end of line.
    searched: usize,
    longest: usize,
}

impl Wire {
    /// Reads lines of at most `longest` bytes from `stream`.
    pub(super) const fn new(stream: Stream, longest: usize) -> Self {
        Self { stream, waiting: Vec::new(), searched: 0, longest }
    }

    /// The next line. Nothing is lost when this is dropped while it waits. A last line may lack its end.
    pub(super) async fn line(&mut self) -> io::Result<Incoming> {
        loop {
            if let Some(line) = self.take() {
                return Ok(if line.len() > self.longest { Incoming::TooLong } else { Incoming::Line(line) });
            }
            if self.waiting.len() > self.longest {
                return Ok(Incoming::TooLong);
            }
            let mut step = [0; STEP];
            match self.stream.receive(&mut step).await? {
                0 if self.waiting.is_empty() => return Ok(Incoming::End),
                0 => {
                    self.searched = 0;
                    return Ok(Incoming::Line(std::mem::take(&mut self.waiting)));
                }
                read => self.waiting.extend_from_slice(&step[..read]),
            }
        }
    }

    fn take(&mut self) -> Option<Vec<u8>> {
        let Some(end) = self.waiting[self.searched..].iter().position(|byte| *byte == b'\n') else {
            self.searched = self.waiting.len();
            return None;
        };
        let rest = self.waiting.split_off(self.searched + end + 1);
        let mut line = std::mem::replace(&mut self.waiting, rest);
        self.searched = 0;
        line.truncate(line.len() - 1);
        Some(line)
    }

    /// Sends `line` and its end.
    ///
    /// # Errors
    /// The system's, and `TimedOut` when the other side does not read.
    pub(super) async fn send(&self, line: &str) -> io::Result<()> {
        let bytes = format!("{line}\n").into_bytes();
        tokio::time::timeout(WRITE_PATIENCE, self.stream.send(&bytes)).await?
    }

    /// Waits for more from a side that has nothing more to say: [`Incoming::End`] once nobody is there to read either.
    pub(super) async fn more(&mut self) -> io::Result<Incoming> {
        match self.line().await? {
            Incoming::End => {
                self.hung_up().await;
                Ok(Incoming::End)
            }
            more => Ok(more),
        }
    }

    /// Waits until nobody is there any more to read an answer.
    pub(super) async fn hung_up(&self) {
        self.stream.hung_up().await;
    }
}

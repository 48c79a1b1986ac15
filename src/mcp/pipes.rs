//! Pipes: the protocol's messages over a program's standard input and output, a line each.
//!
//! Enters: bytes of a program that nobody here wrote. Leaves: messages, within limits. What it writes to standard error is
//! read and thrown away, but for how it began. Never here: a line kept that has no end, a log of what was written.

use std::{io, sync::Arc};

use rmcp::{
    RoleClient,
    model::JsonRpcMessage,
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    process::{ChildStderr, ChildStdin, ChildStdout},
};

use super::conduct::{Conduct, FLOOD, NO_MESSAGE};
use crate::program::lasting::{Ends, Lasting};

/// Longest message, bytes. A text file of any use to a voice is smaller.
const LINE: usize = 1 << 20;

/// Lines that are no messages, such as a greeting, which are passed over in all.
const GREETINGS: u32 = 16;

/// The pipes of one program.
#[derive(Debug)]
pub(super) struct Pipes {
    stdin: Arc<tokio::sync::Mutex<ChildStdin>>,
    stdout: BufReader<ChildStdout>,
    stderr: Option<ChildStderr>,
    line: Vec<u8>,
    greetings: u32,
    conduct: Arc<Conduct>,
    program: Arc<Lasting>,
}

/// What came of reading on.
enum Read {
    More,
    Line,
    Over,
}

impl Pipes {
    /// Over `ends` of `program`.
    pub(super) fn new(ends: Ends, program: Arc<Lasting>, conduct: Arc<Conduct>) -> Self {
        Self {
            stdin: Arc::new(tokio::sync::Mutex::new(ends.stdin)),
            stdout: BufReader::new(ends.stdout),
            stderr: Some(ends.stderr),
            line: Vec::new(),
            greetings: 0,
            conduct,
            program,
        }
    }

    /// Reads on from either pipe. What was read stays read when this is dropped.
    async fn read(&mut self) -> Read {
        let Self { stdout, stderr, line, conduct, .. } = self;
        let mut noise = [0; 1024];
        let complains = async {
            match stderr.as_mut() {
                Some(stderr) => stderr.read(&mut noise).await.unwrap_or_default(),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            filled = stdout.fill_buf() => {
                let Ok(bytes) = filled else { return Read::Over };
                let whole = bytes.iter().position(|byte| *byte == b'\n');
                let taken = whole.map_or(bytes.len(), |at| at + 1);
                line.extend_from_slice(&bytes[..taken]);
                stdout.consume(taken);
                match whole {
                    Some(_) => Read::Line,
                    None if taken == 0 => Read::Over,
                    None => Read::More,
                }
            }
            read = complains => {
                if read == 0 {
                    *stderr = None;
                }
                conduct.keep_complaint(&noise[..read]);
                if conduct.allows(read) { Read::More } else { Read::Over }
            }
        }
    }

    /// Ends the program, which did what no server may.
    fn offended(&self, by: &'static str) {
        self.conduct.offended(by);
        self.program.end();
    }
}

impl Transport<RoleClient> for Pipes {
    type Error = io::Error;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        if matches!(item, JsonRpcMessage::Request(_)) {
            self.conduct.begin();
        }
        let (stdin, written) = (self.stdin.clone(), serde_json::to_vec(&item));
        async move {
            let mut bytes = written?;
            bytes.push(b'\n');
            let mut stdin = stdin.lock().await;
            stdin.write_all(&bytes).await?;
            stdin.flush().await
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let read = self.read().await;
            if self.line.len() > LINE {
                self.offended("a message of more than a megabyte");
                return None;
            }
            match read {
                Read::More => continue,
                Read::Over => {
                    if self.conduct.is_flooded() {
                        self.offended(FLOOD);
                    }
                    return None;
                }
                Read::Line => {}
            }
            let line = std::mem::take(&mut self.line);
            if !self.conduct.allows_message(line.len()) {
                self.offended(FLOOD);
                return None;
            }
            match serde_json::from_slice(&line) {
                Ok(message) => return Some(message),
                Err(_) if line.iter().all(u8::is_ascii_whitespace) => {}
                Err(_) if line.first() != Some(&b'{') && self.greetings < GREETINGS => self.greetings += 1,
                Err(_) => {
                    self.offended(NO_MESSAGE);
                    return None;
                }
            }
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.program.end();
        Ok(())
    }
}

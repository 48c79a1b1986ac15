//! Pen: writes on a thread of its own, so that nobody who has something to tell waits for a reader.
//!
//! Enters: texts. Leaves: bytes, in order. A terminal that was stopped (Ctrl-S) and a pipe that nobody empties take no more
//! for as long as they like. Then the oldest texts are left out, those that others overwrite before those that stay. Never
//! here: a wait of whoever writes.

use std::{
    collections::VecDeque,
    io::{self, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        mpsc::{Receiver, channel},
    },
    time::Duration,
};

/// Texts that may wait: 25 s of a status line that changes ten times a second.
const WAITING: usize = 256;

/// How long the end of a pen waits for what is still to be written.
const PATIENCE: Duration = Duration::from_millis(500);

/// How long a text is of use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stays {
    /// The next one overwrites it.
    Fleeting,
    /// It is to be read later, too.
    Lasting,
}

/// Where texts wait, from any thread.
#[derive(Debug, Clone, Default)]
pub struct Ink(Arc<(Mutex<Waiting>, Condvar)>);

#[derive(Debug, Default)]
struct Waiting {
    texts: VecDeque<(Stays, String)>,
    /// Whether no more will come.
    over: bool,
}

/// Writes until it is dropped, which waits half a second for what is left.
#[derive(Debug)]
pub struct Pen {
    ink: Ink,
    done: Receiver<()>,
}

impl Pen {
    /// Begins to write on `out`. Where no thread can be had, nothing is written.
    #[must_use]
    pub fn on(mut out: Box<dyn Write + Send>) -> Self {
        let ink = Ink::default();
        let (alive, done) = channel();
        let from = ink.clone();
        let write = move || {
            let _alive = alive;
            while let Some(text) = from.next() {
                // Nobody reads any more, perhaps; whoever tells something is not to end for that.
                out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
            }
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "a stopped terminal holds this thread for as long as it likes"
        )]
        let started = std::thread::Builder::new().name("pen".to_owned()).spawn(write);
        drop(started);
        Self { ink, done }
    }

    /// What puts texts into it.
    #[must_use]
    pub fn ink(&self) -> Ink {
        self.ink.clone()
    }
}

impl Drop for Pen {
    fn drop(&mut self) {
        self.ink.waiting().over = true;
        self.ink.0.1.notify_one();
        // It ends with the thread, or with the time.
        self.done.recv_timeout(PATIENCE).ok();
    }
}

impl Ink {
    /// Has `text` written, after those before it.
    pub fn put(&self, text: String, stays: Stays) {
        let mut waiting = self.waiting();
        if waiting.texts.len() >= WAITING {
            let fleeting = waiting.texts.iter().position(|(stays, _)| *stays == Stays::Fleeting);
            waiting.texts.remove(fleeting.unwrap_or(0));
        }
        waiting.texts.push_back((stays, text));
        drop(waiting);
        self.0.1.notify_one();
    }

    /// The next text, once there is one; `None` when no more will come.
    fn next(&self) -> Option<String> {
        let nothing = |waiting: &mut Waiting| waiting.texts.is_empty() && !waiting.over;
        let waited = self.0.1.wait_while(self.waiting(), nothing);
        let mut waiting = waited.unwrap_or_else(PoisonError::into_inner);
        waiting.texts.pop_front().map(|(_, text)| text)
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lines of a log.
impl Write for Ink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.put(String::from_utf8_lossy(bytes).into_owned(), Stays::Lasting);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{SyncSender, sync_channel};

    use super::*;

    /// Takes one text for each that is asked for, and tells of each.
    struct Stopped(SyncSender<()>, SyncSender<String>);

    impl Write for Stopped {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1.send(String::from_utf8_lossy(bytes).into_owned()).unwrap();
            self.0.send(()).unwrap();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_that_takes_no_more_holds_nobody_up_and_what_stays_is_kept() {
        let ((wants, goes_on), (told, written)) = (sync_channel(0), sync_channel(1_000));
        let pen = Pen::on(Box::new(Stopped(wants, told)));
        pen.ink().put("first".into(), Stays::Lasting);
        // From here on it stands still.
        assert_eq!(written.recv().unwrap(), "first");
        pen.ink().put("a fault".into(), Stays::Lasting);
        for n in 0..10_000 {
            pen.ink().put(format!("level {n}"), Stays::Fleeting);
        }
        write!(pen.ink(), "a line of the log").unwrap();
        assert_eq!(pen.ink.waiting().texts.len(), WAITING);
        let reader = |count: usize| (0..count).map(|_| goes_on.recv().unwrap()).count();
        assert_eq!(reader(1), 1);
        assert_eq!(written.recv().unwrap(), "a fault", "what stays is not what goes first");
        assert_eq!(reader(WAITING), WAITING);
        drop(pen);
        let rest: Vec<String> = written.iter().collect();
        assert_eq!(rest.len(), WAITING - 1);
        assert_eq!(rest.first().map(String::as_str), Some("level 9746"));
        assert_eq!(rest.last().map(String::as_str), Some("a line of the log"));
    }

    #[test]
    fn a_pen_ends_though_its_reader_does_not() {
        let ((wants, _goes_on), (told, _written)) = (sync_channel(0), sync_channel(1_000));
        let pen = Pen::on(Box::new(Stopped(wants, told)));
        pen.ink().put("first".into(), Stays::Lasting);
        drop(pen);
    }
}

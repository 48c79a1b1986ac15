//! Rooms: the one spawner of threads and tasks.
//!
//! Enters: a body to run. Leaves: a named thread whose panic is caught, told as [`Event::RoomClosed`], and joined with a
//! deadline. Never here: what a room does.

use std::{
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    thread,
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::event::{Event, Room};
use crate::flow::Fault;

/// The way into the session's mailbox, from any thread.
#[derive(Debug, Clone)]
pub(super) struct Mailbox(mpsc::Sender<Event>);

impl Mailbox {
    /// Events that may wait. A handful a turn are on their way at a time; the bound only holds back a runaway.
    const CAPACITY: usize = 64;

    pub(super) fn new() -> (Self, mpsc::Receiver<Event>) {
        let (sender, receiver) = mpsc::channel(Self::CAPACITY);
        (Self(sender), receiver)
    }

    /// Posts from a thread, waiting for room; `false` when the session is gone.
    pub(super) fn post(&self, event: Event) -> bool {
        self.0.blocking_send(event).is_ok()
    }

    /// Posts from a task.
    pub(super) async fn send(&self, event: Event) -> bool {
        self.0.send(event).await.is_ok()
    }
}

/// A thread of the session.
#[derive(Debug)]
pub(super) struct Thread {
    room: Room,
    done: oneshot::Receiver<()>,
    handle: thread::JoinHandle<()>,
}

impl Thread {
    /// Which room it works for.
    pub(super) const fn room(&self) -> Room {
        self.room
    }

    /// Waits for the thread to end, at most `patience`. `false`: it did not, and is left to end with the process.
    pub(super) async fn join(self, patience: Duration) -> bool {
        // The sender is dropped when the body ends, however it ends.
        if tokio::time::timeout(patience, self.done).await.is_err() {
            tracing::debug!(room = self.room.name(), "would not stop");
            return false;
        }
        self.handle.join().is_ok()
    }
}

/// Starts `body` on a thread named after `room`. However it ends, the session is told.
///
/// # Errors
/// The system's, when no thread can be had.
pub(super) fn spawn(
    room: Room,
    mailbox: Mailbox,
    body: impl FnOnce(&Mailbox) + Send + 'static,
) -> std::io::Result<Thread> {
    let (alive, done) = oneshot::channel();
    let builder = thread::Builder::new().name(room.name().into());
    #[expect(clippy::disallowed_methods, reason = "the one spawner")]
    let handle = builder.spawn(move || {
        let _alive: oneshot::Sender<()> = alive;
        let ended = caught(|| body(&mailbox));
        let cause = ended.is_none().then(|| "it broke; the place in the program is on standard error".into());
        mailbox.post(Event::RoomClosed { room, cause });
    })?;
    Ok(Thread { room, done, handle })
}

/// Starts `work` as a task.
#[expect(clippy::disallowed_methods, reason = "the one spawner")]
pub(super) fn task(work: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(work)
}

/// What `work` gives, or nothing where it panics. The panic's text may hold what was said, so it is not passed on.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}

/// A fault of the program itself.
pub(super) fn broke(what: &str) -> Fault {
    Fault {
        kind: "internal",
        message: format!("{what} failed; the place in the program is on standard error"),
        remedy: "report it with that line; the next turn is not affected".into(),
    }
}

//! Signals: the user's wish that the program end.
//!
//! Enters: SIGINT, SIGTERM. Leaves: an item for each. Never here: what ending means; the session knows.

use futures_util::{Stream, stream};

/// An item each time SIGINT (Ctrl-C) or, on Unix, SIGTERM comes, from the first poll on; until then they end the process
/// as they always do. No item where signals cannot be had.
pub(super) fn interrupts() -> impl Stream<Item = ()> + Send {
    stream::unfold(None, |caught: Option<Caught>| async {
        let mut caught = caught.unwrap_or_else(Caught::new);
        caught.next().await;
        Some(((), Some(caught)))
    })
}

#[cfg(unix)]
struct Caught([Option<tokio::signal::unix::Signal>; 2]);

#[cfg(unix)]
impl Caught {
    fn new() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        Self([SignalKind::interrupt(), SignalKind::terminate()].map(|kind| signal(kind).ok()))
    }

    async fn next(&mut self) {
        let [interrupt, terminate] = &mut self.0;
        tokio::select! { () = one(interrupt) => (), () = one(terminate) => () }
    }
}

#[cfg(unix)]
async fn one(signal: &mut Option<tokio::signal::unix::Signal>) {
    let came = match signal {
        Some(signal) => signal.recv().await,
        None => None,
    };
    if came.is_none() {
        std::future::pending::<()>().await;
    }
}

#[cfg(not(unix))]
struct Caught;

#[cfg(not(unix))]
impl Caught {
    const fn new() -> Self {
        Self
    }

    async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

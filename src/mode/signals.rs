//! Signals: the user's wish that the program end, or that it read its settings anew.
//!
//! Enters: SIGINT, SIGTERM; SIGHUP. Leaves: an item for each. Never here: what ending or reading anew means; the session
//! knows.

use futures_util::{Stream, stream};

/// An item each time SIGINT (Ctrl-C) or, on Unix, SIGTERM comes, from the first poll on; until then they end the process
/// as they always do. One that comes between two polls is kept for the next. No item where signals cannot be had.
pub fn interrupts() -> impl Stream<Item = ()> + Send {
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

/// An item each time SIGHUP comes, from the first poll on; until then it ends the process as it always does. Several that
/// come before the next poll are one item: reading the settings once serves them all. No item where there is no such
/// signal.
pub fn hang_ups() -> impl Stream<Item = ()> + Send {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{Signal, SignalKind, signal};
        stream::unfold(None, |caught: Option<Option<Signal>>| async {
            let mut caught = caught.unwrap_or_else(|| signal(SignalKind::hangup()).ok());
            one(&mut caught).await;
            Some(((), Some(caught)))
        })
    }
    #[cfg(not(unix))]
    stream::pending()
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

#[cfg(all(test, unix))]
mod tests {
    use std::{path::Path, time::Duration};

    use futures_util::{StreamExt, poll};

    use super::*;
    use crate::program::Program;

    fn send(signal: &str) {
        let args = vec![signal.into(), std::process::id().to_string().into()];
        let limit = Duration::from_secs(5);
        let kill =
            Program { path: Path::new("/bin/kill"), args, env: vec![], limit, cap: 99, stop: &|| false };
        kill.with("").expect("a process may send itself a signal");
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 1)]
    async fn a_wish_to_end_that_comes_while_nobody_polls_is_kept() {
        let mut interrupts = std::pin::pin!(interrupts());
        assert!(poll!(interrupts.next()).is_pending());
        send("-TERM");
        tokio::time::timeout(Duration::from_secs(5), interrupts.next()).await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn each_hang_up_is_an_item_and_ends_nothing() {
        let mut hang_ups = std::pin::pin!(hang_ups());
        // The first poll begins to catch.
        assert!(poll!(hang_ups.next()).is_pending());
        for _ in 0..2 {
            send("-HUP");
            tokio::time::timeout(Duration::from_secs(5), hang_ups.next()).await.unwrap().unwrap();
        }
    }
}

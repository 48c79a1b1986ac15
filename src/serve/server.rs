//! Server: takes the socket and serves all clients in one task.
//!
//! Enters: a path; then connections. Leaves: a socket that is this process's alone, gone again when the server is. Never
//! here: a task or thread of its own; what is spawned is this server's future, by the session.

use std::{path::Path, time::Duration};

use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio::{
    sync::{broadcast, mpsc},
    time::MissedTickBehavior,
};

use super::{
    Followers, ServeError,
    connection::{self, foreign, full},
    socket::{Listening, Stream},
};
use crate::{report::Notice, session::Request};

/// Clients at once. Each may hold one line of 64 KiB, so that all together stay below 5 MiB.
pub const MOST_CLIENTS: usize = 64;

/// Pause after a failed accept: the process has no file descriptor left, and will not have one at once.
const ACCEPT_PAUSE: Duration = Duration::from_secs(1);

/// How often it is looked whether the socket is still there.
const LOOK: Duration = Duration::from_secs(2);

/// The control socket, held.
#[derive(Debug)]
pub struct Server {
    listening: Listening,
    followers: Followers,
}

impl Server {
    /// Takes the socket at `path`. Needs no runtime yet, so that a second daemon is refused before it opens anything.
    ///
    /// # Errors
    /// [`ServeError::AlreadyRunning`] where a living daemon holds it, and others where it cannot be had safely.
    pub fn bind(path: &Path) -> Result<Self, ServeError> {
        Listening::bind(path).map(|listening| Self { listening, followers: Followers::default() })
    }

    /// The clients that are told what has to be shown.
    #[must_use]
    pub fn followers(&self) -> Followers {
        self.followers.clone()
    }

    /// Serves until dropped.
    pub async fn run(mut self, requests: mpsc::Sender<Request>, notices: broadcast::Sender<Notice>) {
        if let Err(error) = self.listening.open() {
            tracing::error!(%error, "the control socket cannot be served");
            return;
        }
        let mut clients = FuturesUnordered::new();
        let mut look = tokio::time::interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = look.tick() => self.listening.restore(),
                (stream, own) = self.next() => {
                    // What these clients do not take at once they are not owed.
                    if !own {
                        stream.send_at_once(foreign().as_bytes());
                    } else if clients.len() >= MOST_CLIENTS {
                        stream.send_at_once(full().as_bytes());
                    } else {
                        clients.push(connection::serve(stream, &requests, (&notices, &self.followers)));
                    }
                }
                Some(()) = clients.next(), if !clients.is_empty() => {}
            }
        }
    }

    async fn next(&self) -> (Stream, bool) {
        loop {
            match self.listening.accept().await {
                Ok(came) => return came,
                Err(error) => tracing::warn!(%error, "a control client could not be let in"),
            }
            tokio::time::sleep(ACCEPT_PAUSE).await;
        }
    }
}

//! Serve: the control socket, by which the user's own programs reach the running daemon.
//!
//! Enters: lines of JSON on a Unix socket that only this user can open. Leaves: [`crate::session::Request`]s to the
//! session, its answers and its [`crate::report::Notice`]s as lines of JSON; `config/control.schema.json` describes every
//! line. [`Server`] holds the socket, [`Client`] speaks to it. One task serves all clients. Never here: a network address,
//! words in a log, memory that grows with what a client sends or does not read.

use std::{io, path::PathBuf, time::Duration};

use crate::flow::Remedy;

#[cfg(not(unix))]
mod absent;
mod client;
mod connection;
mod filter;
mod followers;
mod protocol;
mod server;
#[cfg(unix)]
mod socket;
mod wire;

#[cfg(not(unix))]
use absent as socket;
pub use client::{Client, Response};
pub use filter::Filter;
pub use followers::Followers;
pub use protocol::{Asked, LONGEST_LINE, SCHEMA, Wanted, parse};
pub use server::{MOST_CLIENTS, Server};

/// Why the socket cannot be had, or the daemon behind it not be asked.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A living daemon holds the socket.
    #[error("another Mynah is running and listens at {}", path.display())]
    AlreadyRunning {
        /// The socket.
        path: PathBuf,
    },
    /// Something that is no socket stands at the path.
    #[error("{} is not a socket, and is left as it is", path.display())]
    Occupied {
        /// The path.
        path: PathBuf,
    },
    /// The path cannot be a socket's.
    #[error("{} cannot be a socket's path: it has no folder, or more than about 100 bytes", path.display())]
    BadPath {
        /// The path.
        path: PathBuf,
    },
    /// Others could put their own socket there.
    #[error("other users can write in the folder {}, where the control socket would lie", folder.display())]
    Exposed {
        /// The folder.
        folder: PathBuf,
    },
    /// The system refused something.
    #[error("could not {what} {}: {cause}", path.display())]
    System {
        /// What was tried.
        what: &'static str,
        /// With what.
        path: PathBuf,
        /// The system's reason.
        cause: io::Error,
    },
    /// Nobody listens.
    #[error("no Mynah is running (nobody listens at {})", path.display())]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The daemon is there and does not answer.
    #[error("Mynah is running and did not answer within {} s", patience.as_secs())]
    NoAnswer {
        /// How long was waited.
        patience: Duration,
    },
    /// The daemon ended the connection.
    #[error("the running Mynah ended the connection")]
    HungUp,
    /// The daemon's line is not what the protocol says.
    #[error("the running Mynah answered something that is not understood")]
    Garbled,
    /// There are no Unix sockets here.
    #[error("this system has no Unix sockets for programs such as Mynah")]
    Unsupported,
}

impl Remedy for ServeError {
    fn kind(&self) -> &'static str {
        match self {
            Self::AlreadyRunning { .. } => "already_running",
            Self::Occupied { .. } => "occupied",
            Self::BadPath { .. } => "bad_path",
            Self::Exposed { .. } => "exposed",
            Self::System { .. } => "system",
            Self::NotRunning { .. } => "not_running",
            Self::NoAnswer { .. } => "no_answer",
            Self::HungUp => "hung_up",
            Self::Garbled => "garbled",
            Self::Unsupported => "unsupported",
        }
    }

    fn remedy(&self) -> String {
        match self {
            Self::AlreadyRunning { .. } => {
                "use the one that runs (`mynah status`), or end it first with `mynah quit`".into()
            }
            Self::Occupied { path } => {
                format!("name another path under control.socket, or move {} away", path.display())
            }
            Self::BadPath { .. } => "name a short absolute path under control.socket".into(),
            Self::Exposed { folder } => format!(
                "`chmod go-w {}` if the folder is yours alone, or name another under control.socket",
                folder.display()
            ),
            Self::System { .. } => {
                "mend what the system complains of, or name another path under control.socket".into()
            }
            Self::NotRunning { .. } => {
                "start it with `mynah run`, or once and for all with `mynah service install`".into()
            }
            Self::NoAnswer { .. } => {
                "try again; if it stays silent, end that process and start it anew".into()
            }
            Self::HungUp => "see with `mynah status` whether it still runs, and try again".into(),
            Self::Garbled => "use the same version of Mynah here and for the daemon".into(),
            Self::Unsupported => "use the hotkey and the terminal of `mynah run` instead".into(),
        }
    }
}

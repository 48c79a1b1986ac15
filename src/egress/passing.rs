//! Passing: what a program that is fenced in asks to be connected to.
//!
//! Enters: the socket that its proxy variables lead to, which lies in the program's own network namespace. Leaves: connections
//! to the hosts that the user lists for it, each judged by policy and on record, and plain refusals of all else. Never here:
//! another request than CONNECT, a name that is looked up before it was found on the list, more connections than are bounded.
#![expect(clippy::disallowed_types, clippy::disallowed_methods, reason = "this is the door")]

use std::{fmt, io, sync::Arc, time::Duration};

use futures_util::{StreamExt, stream::FuturesUnordered};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    egress::{
        Doorway, EgressError,
        tunnel::{Limits, head},
    },
    flow::Remedy,
    policy::{Destination, Passage, Region, Rules, judge_passage},
};

#[cfg(test)]
mod tests;

/// Most connections at once; the next wait.
const AT_ONCE: usize = 32;

/// Connections that may come one behind the other; then one each [`REFILL`], so that no program fills the record.
const BURST: u32 = 64;
const REFILL: Duration = Duration::from_millis(500);

/// How long, and how many bytes, a program that was refused may go on sending: closed before, the refusal would be lost.
const LINGER: Duration = Duration::from_secs(1);
const LINGER_BYTES: u64 = 64 * 1024;

/// What the user lists for a program.
pub struct Listed {
    /// The program, by its name in the settings.
    pub program: String,
    /// The hosts.
    pub hosts: Vec<Destination>,
    /// The rules in force.
    pub rules: Arc<Rules>,
    /// The region in force.
    pub region: Region,
    /// The way out.
    pub door: Arc<dyn Doorway>,
}

/// Serves a program; dropped, it cuts its connections.
#[derive(Debug)]
pub struct Serving(JoinHandle<()>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Why a program is not connected, as it is told.
struct Refused {
    status: &'static str,
    told: String,
}

impl Listed {
    /// Serves the program at `listener`. Needs a runtime.
    ///
    /// # Errors
    /// The system's, where the socket is of no use.
    pub fn serve(self: Arc<Self>, listener: std::net::TcpListener) -> io::Result<Serving> {
        listener.set_nonblocking(true)?;
        let listener = TcpListener::from_std(listener)?;
        Ok(Serving(tokio::spawn(self.accept(listener, Limits::default()))))
    }

    async fn accept(self: Arc<Self>, listener: TcpListener, limits: Limits) {
        let mut open = FuturesUnordered::new();
        let mut left = BURST;
        let mut refill = interval(REFILL);
        refill.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = refill.tick() => left = left.saturating_add(1).min(BURST),
                Some(()) = open.next() => {}
                accepted = listener.accept(), if left > 0 && open.len() < AT_ONCE => {
                    left -= 1;
                    if let Ok((stream, _)) = accepted {
                        open.push(self.connect(stream, limits));
                    }
                }
            }
        }
    }

    /// One connection, from what it asks for to its end.
    async fn connect(&self, mut near: TcpStream, limits: Limits) {
        let Refused { status, told } = match timeout(limits.patience, head(&mut near)).await {
            // Who went away, or says nothing, is told nothing.
            Err(_) | Ok(Err(_)) => return,
            Ok(Ok(None)) => {
                self.refused("400 Bad Request", "passage.request", "", "no such request is understood here")
            }
            Ok(Ok(Some((head, early)))) => match self.pass(&head).await {
                Ok(tunnel) => {
                    near.set_nodelay(true).ok();
                    if near.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await.is_ok() {
                        let stops = || self.door.door().err();
                        tunnel.carry((near, early), limits, &self.program, stops).await;
                    }
                    return;
                }
                Err(refused) => refused,
            },
        };
        let allow = if status.starts_with("405") { "Allow: CONNECT\r\n" } else { "" };
        let answer = format!(
            "HTTP/1.1 {status}\r\n{allow}Content-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\n\
             Connection: close\r\n\r\n{told}\n",
            told.len() + 1
        );
        let told = async {
            near.write_all(answer.as_bytes()).await?;
            near.shutdown().await?;
            tokio::io::copy(&mut (&mut near).take(LINGER_BYTES), &mut tokio::io::sink()).await
        };
        // Whether it heard is its own affair.
        timeout(LINGER, told).await.ok();
    }

    /// The connection that `head` asks for.
    async fn pass(&self, head: &str) -> Result<super::tunnel::Tunnel, Refused> {
        let passage = self.judged(head)?;
        let to = passage.to().clone();
        let passed = match self.door.door() {
            Ok(door) => door.pass(passage).await,
            Err(error) => Err(error),
        };
        passed.map_err(|error| {
            let status = match error {
                EgressError::NotPermitted { .. }
                | EgressError::PrivateAddress { .. }
                | EgressError::Moved => "403 Forbidden",
                EgressError::Timeout { .. } => "504 Gateway Timeout",
                _ => "502 Bad Gateway",
            };
            Refused { status, told: format!("Mynah does not connect you to {to}: {}", error.kind()) }
        })
    }

    /// Leave for the connection that `head` asks for.
    fn judged(&self, head: &str) -> Result<Passage, Refused> {
        let line = head.lines().next().unwrap_or_default();
        let [method, target, version] = *line.split(' ').collect::<Vec<_>>() else {
            return Err(self.refused(
                "400 Bad Request",
                "passage.request",
                "",
                "no such request is understood here",
            ));
        };
        if !version.starts_with("HTTP/1.") {
            return Err(self.refused("400 Bad Request", "passage.request", "", "this speaks HTTP/1.1"));
        }
        if method != "CONNECT" {
            let told = "Mynah lets programs out by CONNECT alone: use https, not plain http";
            return Err(self.refused("405 Method Not Allowed", "passage.method", "", told));
        }
        // CONNECT always names a port.
        let to = target.parse::<Destination>().ok().filter(|_| target.contains(':'));
        let judged = match to {
            Some(to) => judge_passage(&self.rules, &self.region, (&self.program, &self.hosts), &to)
                .map_err(|refusal| (refusal.rule, refusal.reason)),
            None => Err(("passage.host", "only hosts that are listed by name are reached".to_owned())),
        };
        judged.map_err(|(rule, reason)| {
            self.refused(
                "403 Forbidden",
                rule,
                target,
                &format!("Mynah does not connect you there: {reason}"),
            )
        })
    }

    /// Records that the program was refused `to`; what it is told.
    fn refused(&self, status: &'static str, rule: &'static str, to: &str, told: &str) -> Refused {
        let recorded = self
            .door
            .door()
            .and_then(|door| door.ledger().refused_program((&self.program, &self.region), to, rule));
        match recorded {
            Ok(()) => Refused { status, told: told.to_owned() },
            Err(error) => Refused {
                status: "403 Forbidden",
                told: format!("Mynah lets nothing out now: {}", error.kind()),
            },
        }
    }
}

impl fmt::Debug for Listed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { program, hosts, .. } = self;
        f.debug_struct("Listed").field("program", program).field("hosts", hosts).finish_non_exhaustive()
    }
}

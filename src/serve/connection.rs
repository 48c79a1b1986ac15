//! Connection: one client, from its first line to its last.
//!
//! Enters: a stream. Leaves: requests to the session, answers and notices to the client, in the order asked. Each wait
//! has an end: a client that says nothing, does not read or has left costs its place for a bounded time. Never here: what
//! a request does; another client.

use std::{io, time::Duration};

use serde_json::Value;
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        mpsc, oneshot,
    },
    time::{sleep, timeout},
};

use super::{
    filter::Filter,
    followers::Followers,
    protocol::{LONGEST_LINE, Wanted, parse, response},
    socket::Stream,
    wire::{Incoming, Wire},
};
use crate::{
    flow::Fault,
    report::Notice,
    session::{Answer, Command, Request},
};

/// How long a client may take for a line. A program that wants to stay asks for events.
const LINE_PATIENCE: Duration = Duration::from_secs(60);

/// How long the session may take to take a request, and to answer one that is done at once.
const SESSION_PATIENCE: Duration = Duration::from_secs(10);

/// Serves `stream` to its end.
pub(super) async fn serve(
    stream: Stream,
    requests: &mpsc::Sender<Request>,
    (notices, followers): (&broadcast::Sender<Notice>, &Followers),
) {
    let mut wire = Wire::new(stream, LONGEST_LINE);
    if let Err(error) = converse(&mut wire, requests, notices, followers).await {
        tracing::debug!(%error, "a control client was dropped");
    }
}

async fn converse(
    wire: &mut Wire,
    requests: &mpsc::Sender<Request>,
    notices: &broadcast::Sender<Notice>,
    followers: &Followers,
) -> io::Result<()> {
    loop {
        let line = match timeout(LINE_PATIENCE, wire.line()).await {
            Ok(came) => came?,
            Err(_) => return refuse(wire, idle()).await,
        };
        let asked = match line {
            Incoming::Line(line) => parse(&line),
            Incoming::TooLong => return refuse(wire, too_long()).await,
            Incoming::End => return Ok(()),
        };
        let result = match asked.wanted {
            Ok(Wanted::Events(filter)) => {
                // From before the answer: what happens once it is read is told.
                let feed = notices.subscribe();
                let _shows = filter.tells_of_disclosures().then(|| followers.one_more());
                wire.send(&response(&asked.id, &Ok(Answer::Done))).await?;
                return follow(wire, feed, &filter).await;
            }
            Ok(Wanted::Command(command)) => match answer(wire, requests, command).await {
                Some(result) => result,
                None => return Ok(()),
            },
            Err(fault) => Err(fault),
        };
        wire.send(&response(&asked.id, &result)).await?;
    }
}

/// What the session answers; `None` when nobody waits for it any more.
async fn answer(
    wire: &Wire,
    requests: &mpsc::Sender<Request>,
    command: Command,
) -> Option<Result<Answer, Fault>> {
    // Speech takes as long as it takes.
    let lasting = matches!(command, Command::Ask(_) | Command::Say(_));
    let (reply, answered) = oneshot::channel();
    match timeout(SESSION_PATIENCE, requests.send(Request { command, reply })).await {
        Ok(Ok(())) => {}
        Ok(Err(_)) => return Some(Err(ending())),
        Err(_) => return Some(Err(busy())),
    }
    tokio::select! {
        biased;
        result = answered => Some(result.unwrap_or_else(|_| Err(ending()))),
        () = wire.hung_up() => None,
        () = sleep(SESSION_PATIENCE), if !lasting => Some(Err(busy())),
    }
}

/// Sends what happens until one side has enough.
async fn follow(wire: &mut Wire, mut feed: broadcast::Receiver<Notice>, filter: &Filter) -> io::Result<()> {
    loop {
        let told = tokio::select! {
            told = feed.recv() => told,
            more = wire.more() => {
                return match more? {
                    Incoming::End => Ok(()),
                    Incoming::Line(_) | Incoming::TooLong => refuse(wire, following()).await,
                };
            }
        };
        match told {
            Ok(notice) if filter.passes(&notice) => {
                let line = serde_json::to_string(&notice)
                    .expect("its maps have text keys and it holds no foreign type, so it serialises");
                wire.send(&line).await?;
            }
            Ok(_) => {}
            Err(RecvError::Lagged(missed)) => {
                wire.send(&format!("{{\"event\":\"lagged\",\"missed\":{missed}}}")).await?;
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

async fn refuse(wire: &Wire, fault: Fault) -> io::Result<()> {
    wire.send(&response(&Value::Null, &Err(fault))).await
}

fn fault(kind: &'static str, message: &str, remedy: &str) -> Fault {
    Fault { kind, message: message.into(), remedy: remedy.into() }
}

fn idle() -> Fault {
    fault("idle", "nothing was asked for a minute", "connect again; to stay, ask for events")
}

fn too_long() -> Fault {
    fault("too_long", "the line has more than 64 KiB", "ask for less at a time")
}

fn following() -> Fault {
    fault("follows_events", "this connection follows events", "ask on a connection of its own")
}

fn busy() -> Fault {
    fault("busy", "Mynah did not get to it within 10 s", "try again; if that lasts, start Mynah anew")
}

fn ending() -> Fault {
    fault("ending", "Mynah is ending", "start it again with `mynah run`, and ask then")
}

/// Told to one client too many.
pub(super) fn full() -> String {
    let fault = fault(
        "too_many_clients",
        "64 programs are connected already",
        "end one of them; a program needs one connection, and may close it after each answer",
    );
    response(&Value::Null, &Err(fault)) + "\n"
}

/// Told to another user, should the permissions of the file let one by.
pub(super) fn foreign() -> String {
    let fault = fault("other_user", "another user runs this Mynah", "ask as the user that runs it");
    response(&Value::Null, &Err(fault)) + "\n"
}

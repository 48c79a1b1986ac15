//! Receive: one answer, from its first payload to its end.
//!
//! Enters: payloads. Leaves: [`AnswerEvent`]s, and what the model asks its tool. Never here: an answer read on after its
//! end for anything but what it cost.

use std::time::Duration;

use tokio::{sync::mpsc, time::timeout};

use super::{
    AnswerError,
    ask::AnswerEvent,
    reader::{End, Usage},
    route,
    speaking::{Progress, Speaking},
    tool_calls::Call,
    wire::Payloads,
};
use crate::{
    egress::{Denial, EgressError},
    policy::Endpoint,
};

/// Most payloads read after the model's last word: usage, the closing mark, an empty chunk or two.
const AFTER_THE_END: usize = 8;

/// How long they may take where the next request waits. They come with the last word or not at all.
const AFTER_A_CALL: Duration = Duration::from_millis(100);

/// Why an answer ends early.
pub(super) enum Stop {
    Failed(AnswerError),
    /// The endpoint could not be had, and nothing came of it.
    Next(AnswerError),
    /// It may have been too much for the endpoint's model, and nothing came of it.
    TooLong(AnswerError),
    /// It may have been a field that the endpoint's model does not take, and nothing came of it; `next`: else the next
    /// endpoint may be asked.
    Unliked {
        error: AnswerError,
        next: bool,
    },
    /// Nobody listens any more.
    Unheard,
}

/// Passes an answer's sentences on until it ends, or until the model asks its tool; then what it asks.
pub(super) async fn receive(
    mut payloads: impl Payloads,
    endpoint: &Endpoint,
    speaking: &mut Speaking,
    out: &mpsc::Sender<AnswerEvent>,
) -> Result<Vec<Call>, Stop> {
    let mut begun = speaking.goes_on();
    let mut heard = speaking.has_begun();
    let broken = loop {
        let payload = match payloads.next().await {
            Ok(Some(payload)) => payload,
            Ok(None) => break None,
            Err(error) => break Some(error),
        };
        let mut sentences = Vec::new();
        let progress = speaking.read(&payload, &mut sentences).map_err(Stop::Failed)?;
        begun = true;
        if speaking.has_begun() && !std::mem::replace(&mut heard, true) {
            send(out, AnswerEvent::FirstWord).await?;
        }
        for sentence in sentences {
            send(out, AnswerEvent::Sentence(sentence)).await?;
        }
        if progress == Progress::Ended {
            break None;
        }
    };
    let mut rest = Vec::new();
    let end = speaking.finish(&mut rest);
    for sentence in rest {
        send(out, AnswerEvent::Sentence(sentence)).await?;
    }
    let end = match (end, broken) {
        (Ok(end), _) => end,
        (Err(AnswerError::CutOff { .. }), Some(error)) => return Err(lost(error, endpoint, !begun)),
        // Its server takes a tool and does not read the call; without a tool the model answers.
        (Err(error @ AnswerError::ToolCall { .. }), _) if speaking.said().is_blank() => {
            return Err(Stop::Unliked { error, next: false });
        }
        (Err(error), _) => return Err(Stop::Failed(error)),
    };
    // Before anybody learns of it: a program that has its answer ends, and takes this task with it.
    payloads.complete();
    let finish = match end {
        End::Said(finish) => finish,
        End::Asked(calls) => {
            // The next request wants this connection; whoever does not end the answer soon opens it another.
            let rest = drain(&mut payloads, speaking);
            let _ = timeout(AFTER_A_CALL, rest).await;
            return Ok(calls);
        }
    };
    send(out, AnswerEvent::Done { text: speaking.said(), finish }).await?;
    // The user need not wait for the usage and the closing mark, but a connection that ends well can be used again.
    drain(&mut payloads, speaking).await;
    if speaking.usage() != Usage::default() {
        send(out, AnswerEvent::Used(speaking.usage())).await?;
    }
    Ok(Vec::new())
}

async fn drain(payloads: &mut impl Payloads, speaking: &mut Speaking) {
    for _ in 0..AFTER_THE_END {
        let Ok(Some(payload)) = payloads.next().await else { break };
        speaking.read_usage(&payload);
    }
}

/// What to do about an error of the door. `before` tells that nothing of the answer had come.
pub(super) fn lost(error: EgressError, endpoint: &Endpoint, before: bool) -> Stop {
    let too_long = before && route::may_be_too_long(&error, endpoint);
    let on_this_machine = endpoint.is_local();
    let endpoint = endpoint.id().to_string();
    match error {
        EgressError::Denied { denial: Denial::Content, .. } => {
            Stop::Failed(AnswerError::ContentRefused { endpoint })
        }
        EgressError::CutOff { .. } if too_long => Stop::TooLong(AnswerError::CutOff { endpoint }),
        EgressError::CutOff { .. } => Stop::Failed(AnswerError::CutOff { endpoint }),
        error if too_long => Stop::TooLong(error.into()),
        error if before && route::may_be_the_form(&error, on_this_machine) => {
            Stop::Unliked { next: error.may_try_next(), error: error.into() }
        }
        error if before && error.may_try_next() => Stop::Next(error.into()),
        error => Stop::Failed(error.into()),
    }
}

pub(super) async fn send(out: &mpsc::Sender<AnswerEvent>, event: AnswerEvent) -> Result<(), Stop> {
    out.send(event).await.map_err(|_| Stop::Unheard)
}

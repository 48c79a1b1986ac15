//! Posts: the protocol's messages over HTTP, each a request of its own through the door.
//!
//! Enters: what a server of the user's own answers, in one piece or as events. Leaves: messages, within limits. The stream by
//! which a server could speak unasked is not opened, an answer that broke off is not asked for again, and a session is left to
//! end by itself: when Mynah has done with one, the rules may no longer allow a word about it. Never here: a message sent on
//! the permit of another, an answer read on once it is there.

use std::{
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    Stream, StreamExt,
    stream::{self, SelectAll},
};
use rmcp::{
    RoleClient,
    model::{ClientNotification, ClientRequest, JsonRpcMessage, RequestId, ServerResult},
    service::{RxJsonRpcMessage, TxJsonRpcMessage},
    transport::Transport,
};
use tokio::sync::{Notify, mpsc};

use super::{
    conduct::{Conduct, FLOOD, NO_MESSAGE},
    remote::{Failure, Remote},
};
use crate::egress::{EgressError, Replies};

/// Too much asked for in return.
const WISHES: &str = "asking for one thing after another";

/// A message that was not sent or not accepted; [`Conduct`] knows why.
#[derive(Debug, thiserror::Error)]
#[error("the message was not accepted")]
pub(super) struct NotAccepted;

/// The messages to and from one server.
pub(super) struct Posts {
    line: Arc<Line>,
    begun: mpsc::UnboundedReceiver<Answer>,
    answers: SelectAll<Heard>,
}

/// One answer, message by message.
type Heard = Pin<Box<dyn Stream<Item = Result<RxJsonRpcMessage<RoleClient>, Broken>> + Send>>;

/// What ends all of it.
enum Broken {
    Failed(Failure),
    Offended(&'static str),
}

/// What all messages to one server share.
struct Line {
    remote: Arc<Remote>,
    conduct: Arc<Conduct>,
    /// The session, and the version that was agreed on.
    agreed: Mutex<(Option<String>, Option<String>)>,
    /// The last request; there is never more than one at a time.
    last: Mutex<Option<Asked>>,
    begun: mpsc::UnboundedSender<Answer>,
}

/// A request that waits for its answer.
#[derive(Clone)]
struct Asked {
    id: RequestId,
    /// Told when nobody waits any more.
    given_up: Arc<Notify>,
}

/// An answer on its way.
struct Answer {
    asked: Asked,
    replies: Replies,
    line: Arc<Line>,
    over: bool,
}

impl Posts {
    /// To and from `remote`, whose behaviour goes into `conduct`.
    pub(super) fn new(remote: Arc<Remote>, conduct: Arc<Conduct>) -> Self {
        let (sender, begun) = mpsc::unbounded_channel();
        let (agreed, last) = (Mutex::default(), Mutex::default());
        let line = Arc::new(Line { remote, conduct, agreed, last, begun: sender });
        Self { line, begun, answers: SelectAll::new() }
    }
}

impl Line {
    fn agreed(&self) -> std::sync::MutexGuard<'_, (Option<String>, Option<String>)> {
        self.agreed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn last(&self) -> std::sync::MutexGuard<'_, Option<Asked>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends `item`; the answer to one that is `asked` is handed on as soon as it begins.
    async fn post(
        self: Arc<Self>,
        item: TxJsonRpcMessage<RoleClient>,
        asked: Option<Asked>,
    ) -> Result<(), NotAccepted> {
        let opens = matches!(&item, JsonRpcMessage::Request(request)
            if matches!(request.request, ClientRequest::InitializeRequest(_)));
        let body = serde_json::to_value(&item).map_err(|_| NotAccepted)?;
        let (session, version) = self.agreed().clone();
        let told = self.remote.tell(&body, asked.is_some(), (session.as_deref(), version.as_deref()));
        let told = match &asked {
            None => told.await,
            Some(asked) => tokio::select! {
                () = asked.given_up.notified() => return Err(NotAccepted),
                told = told => told,
            },
        };
        let replies = told.map_err(|failure| {
            // What tells the server that nobody waits any more, and what refuses its wishes, is about no request under way.
            let greets = matches!(&item, JsonRpcMessage::Notification(told)
                if matches!(told.notification, ClientNotification::InitializedNotification(_)));
            if asked.is_some() || greets {
                self.conduct.failed(failure);
            }
            NotAccepted
        })?;
        if opens {
            self.agreed().0 = replies.session().map(str::to_owned);
        }
        if let Some(asked) = asked {
            let answer = Answer { asked, replies, line: self.clone(), over: false };
            self.begun.send(answer).map_err(|_| NotAccepted)?;
        }
        Ok(())
    }
}

impl Answer {
    /// Its next message; `None` once it answered what was asked.
    async fn next(&mut self) -> Option<Result<RxJsonRpcMessage<RoleClient>, Broken>> {
        while !self.over {
            let payload = tokio::select! {
                () = self.asked.given_up.notified() => return None,
                payload = self.replies.next() => payload,
            };
            match payload {
                // An event without data only says from where a broken stream could be asked for again.
                Ok(Some(payload)) if payload.trim().is_empty() => {
                    if !self.line.conduct.allows_message(0) {
                        return Some(Err(Broken::Offended(FLOOD)));
                    }
                }
                Ok(Some(payload)) => return Some(self.read(&payload).map_err(Broken::Offended)),
                Ok(None) => {
                    let endpoint = self.line.remote.endpoint.clone();
                    let detail = "its stream ended without the answer".to_owned();
                    return Some(Err(self.failed(&EgressError::CutOff { endpoint, detail })));
                }
                Err(error) => return Some(Err(self.failed(&error))),
            }
        }
        None
    }

    fn failed(&mut self, error: &EgressError) -> Broken {
        self.over = true;
        Broken::Failed(self.line.remote.failure(error))
    }

    /// The message in `payload`; against what it offends, if it is none.
    fn read(&mut self, payload: &str) -> Result<RxJsonRpcMessage<RoleClient>, &'static str> {
        let conduct = &self.line.conduct;
        if !conduct.allows_message(payload.len()) {
            return Err(FLOOD);
        }
        let mut message = serde_json::from_str(payload).map_err(|_| NO_MESSAGE)?;
        let answered = match &mut message {
            JsonRpcMessage::Request(_) if !conduct.allows_wish() => return Err(WISHES),
            JsonRpcMessage::Request(_) | JsonRpcMessage::Notification(_) => false,
            JsonRpcMessage::Response(response) => {
                if let ServerResult::InitializeResult(agreed) = &response.result {
                    self.line.agreed().1 = Some(agreed.protocol_version.to_string());
                }
                self.is_mine(&response.id)
            }
            // One that names no request is about the one that it answers.
            JsonRpcMessage::Error(error) => {
                self.is_mine(error.id.get_or_insert_with(|| self.asked.id.clone()))
            }
        };
        if answered {
            self.over = true;
            self.replies.complete();
        }
        Ok(message)
    }

    /// Whether `id` is that of the request; some servers give a number back as text.
    fn is_mine(&self, id: &RequestId) -> bool {
        self.asked.id.to_string() == id.to_string()
    }

    fn heard(self) -> Heard {
        Box::pin(stream::unfold(self, |mut answer| async { answer.next().await.map(|next| (next, answer)) }))
    }
}

impl Transport<RoleClient> for Posts {
    type Error = NotAccepted;

    fn send(
        &mut self,
        item: TxJsonRpcMessage<RoleClient>,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send + 'static {
        let mut asked = None;
        match &item {
            JsonRpcMessage::Request(request) => {
                self.line.conduct.begin();
                asked = Some(Asked { id: request.id.clone(), given_up: Arc::default() });
                self.line.last().clone_from(&asked);
            }
            JsonRpcMessage::Notification(told) => {
                if let ClientNotification::CancelledNotification(cancelled) = &told.notification
                    && let Some(last) = &*self.line.last()
                    && cancelled.params.request_id.as_ref() == Some(&last.id)
                {
                    last.given_up.notify_one();
                }
            }
            JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => {}
        }
        self.line.clone().post(item, asked)
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        loop {
            let next = tokio::select! {
                Some(answer) = self.begun.recv() => {
                    self.answers.push(answer.heard());
                    continue;
                }
                Some(next) = self.answers.next(), if !self.answers.is_empty() => next,
            };
            match next {
                Ok(message) => return Some(message),
                Err(Broken::Failed(failure)) => self.line.conduct.failed(failure),
                Err(Broken::Offended(by)) => self.line.conduct.offended(by),
            }
            self.answers.clear(); // hangs up
            return None;
        }
    }

    async fn close(&mut self) -> Result<(), Self::Error> {
        self.answers.clear();
        Ok(())
    }
}

//! Commands: what a key, another program or the user at a terminal may ask of a running session.
//!
//! Enters: nothing. Leaves: [`Request`]s, answered one by one. Never here: how they travel.

use tokio::sync::oneshot;

use crate::{
    flow::Fault,
    report::{Status, TurnReport},
    units::Words,
};

/// What may be asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// How the session stands.
    Status,
    /// Answer typed words, aloud; answered when the turn is over.
    Ask(Words),
    /// Say these words as they stand; answered when they were heard.
    Say(Words),
    /// Push-to-talk: a program says that it begins.
    Press,
    /// Push-to-talk: a program says that it ends.
    Release,
    /// Push-to-talk: begins or ends.
    Toggle,
    /// Fall silent and forget the turn.
    Stop,
    /// Close the microphone.
    Mute,
    /// Open it again.
    Unmute,
    /// Read the settings again, as a hangup signal does.
    Reload,
    /// The machine is elsewhere: the same, once the turn that found out was told to its end.
    Moved,
    /// End the session.
    Quit,
}

/// A command and where its answer goes.
#[derive(Debug)]
pub struct Request {
    /// What is asked.
    pub command: Command,
    /// Takes the answer; whoever asked may be gone.
    pub reply: oneshot::Sender<Result<Answer, Fault>>,
}

/// What is answered.
#[derive(Debug)]
pub enum Answer {
    /// Done.
    Done,
    /// How the session stands.
    Status(Box<Status>),
    /// The turn that was asked for.
    Turn(Box<TurnReport>),
}

//! Completion: a text that another program on the user's side has a language model complete.
//!
//! Enters: what it would have completed. Leaves: the text as the model wrote it, by the same road and under the same rules as
//! an answer. Never here: a tool, what the user or Mynah said, a sentence that is spoken.

use tokio::sync::mpsc;

use super::{
    Ran, Situation,
    ask::{AnswerEvent, Asker, Request},
    history::{History, Limits},
    reader::Finish,
    wire::Wire,
};
use crate::{
    flow::{Fault, Language},
    policy::Month,
    units::{TurnId, Words},
};

/// What a model is told that the program tells nothing: endpoints refuse an empty message.
const PLAINLY: &str = "Answer what is asked, and nothing else.";

/// What another program has completed.
#[derive(Debug, Clone)]
pub struct Completion {
    /// What the model is told to be; empty where the program says nothing of it.
    pub system: String,
    /// What was said before in the program's own conversation, question and answer.
    pub before: Vec<(Words, Words)>,
    /// What is to be answered.
    pub words: Words,
    /// Longest answer, in tokens.
    pub max_tokens: u32,
    /// The month it is, for policy.
    pub month: Month,
}

/// A text that was completed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Completed {
    /// The text.
    pub text: Words,
    /// The endpoint that wrote it.
    pub by: String,
    /// Whether it was at its end, and not at the longest answer's.
    pub whole: bool,
}

/// How an answer to another program differs from one that is spoken.
#[derive(Debug, Clone)]
pub struct Verbatim {
    pub(super) system: String,
    pub(super) max_tokens: u32,
}

impl<W: Wire> Asker<W> {
    /// Has a language model of the region complete `completion`.
    ///
    /// # Errors
    /// What an answer may fail with; the texts of the completion stand in none.
    pub async fn complete(&self, completion: Completion) -> Result<Completed, Fault> {
        let Completion { system, before, words, max_tokens, month } = completion;
        // What the program sends is bounded where it comes in, and left out nowhere.
        let mut history = History::new(Limits { exchanges: usize::MAX, characters: usize::MAX });
        for (asked, said) in &before {
            history.add(asked, said);
        }
        let request = Request {
            turn: TurnId::default(),
            language: Language::of_text(words.as_str()),
            words,
            month,
            situation: Situation::default(),
            history,
            ran: Ran::default(),
            verbatim: Some(Verbatim {
                system: if system.trim().is_empty() { PLAINLY.to_owned() } else { system },
                max_tokens,
            }),
        };
        let (out, mut events) = mpsc::channel(16);
        let ended = async {
            let (mut by, mut ended) = (String::new(), None);
            while let Some(event) = events.recv().await {
                match event {
                    AnswerEvent::Route { by: endpoint, .. } => by = endpoint,
                    AnswerEvent::Done { text, finish } => ended = Some(Ok((text, finish == Finish::Stop))),
                    AnswerEvent::Failed(fault) => ended = Some(Err(fault)),
                    _ => {}
                }
            }
            (by, ended)
        };
        let answer = async {
            let out = out;
            self.answer(&request, &out).await;
        };
        let ((), (by, ended)) = tokio::join!(answer, ended);
        // It ends with one or the other; a task that broke ends with neither.
        let broke = || Fault {
            kind: "answer_broke",
            message: format!("the answer of {by} ended without an end"),
            remedy: "try again".to_owned(),
        };
        let (text, whole) = ended.ok_or_else(broke)??;
        Ok(Completed { text, by, whole })
    }
}

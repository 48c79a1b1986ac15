//! Doing: the thread that does what was understood, and tells what falls due by itself.
//!
//! Enters: intents, those of a sentence together, and a language model's errands. Leaves: [`Event::Performed`] for each
//! sentence, what came of each errand, and [`Event::Due`]. It may take its time: a desktop's answer, a device. Never here:
//! words to understand, a decision when something due is said.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError},
    time::Duration,
};

use super::{
    errands::{Done, Sent},
    event::Event,
    rooms::{self, Mailbox},
};
use crate::{
    flow::{Asks, Fault, Intent, Language, Provenance},
    units::{TurnId, Words},
};

/// Does what was understood; implemented by the mode, which knows the skills.
pub trait Perform: Send {
    /// Does what `intent` asks for, and gives what to say, and what that asks the user for.
    ///
    /// # Errors
    /// What went wrong, as the skill tells it.
    fn perform(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Said, Fault>;

    /// Does what `intent` asks for, which a language model called for in answer to `words`; gives what to say and whether
    /// something is other than before.
    ///
    /// # Errors
    /// What went wrong, as the skill tells it.
    fn run_errand(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Done, Fault>;

    /// What fell due since it was asked last, and how long it may be until it is asked again.
    fn due(&mut self) -> (Vec<Due>, Duration);

    /// The user knows of what was due: it is not told again.
    fn heed(&mut self);

    /// Another program does something at the user's yes, which is not to be taken back here.
    fn done_elsewhere(&mut self) {}
}

/// What is said to what was done.
#[derive(Debug, Clone, PartialEq)]
pub struct Said {
    /// The words.
    pub words: Words,
    /// What they ask the user for.
    pub asks: Option<Asks>,
    /// Whose facts they tell, where that is not this device alone.
    pub facts: Option<Provenance>,
}

/// Something that fell due: a timer, an alarm, a reminder.
#[derive(Debug, Clone, PartialEq)]
pub struct Due {
    /// Which; it is told again under the same number until it is heeded.
    pub id: u64,
    /// What to say.
    pub words: Words,
    /// In which language.
    pub language: Language,
}

/// Work for the thread.
pub(super) enum Order {
    Perform { turn: TurnId, intents: Vec<Intent>, words: Words, language: Language },
    Errand(Sent),
    Heed,
    DoneElsewhere,
}

/// Does what comes through `orders` until the session is gone.
pub(super) fn work(mut skills: Box<dyn Perform>, orders: &Receiver<Order>, out: &Mailbox) {
    loop {
        let (due, wait) = skills.due();
        if !due.into_iter().all(|due| out.post(Event::Due(due))) {
            return;
        }
        match orders.recv_timeout(wait) {
            Ok(Order::Perform { turn, intents, words, language }) => {
                let (mut said, mut questions) = (Vec::new(), Vec::new());
                let (mut facts, mut fault) = (Vec::new(), None);
                for intent in &intents {
                    // An intent that breaks a skill costs its own turn, not the ones after it.
                    let result = rooms::caught(|| skills.perform(intent, &words, &language))
                        .unwrap_or_else(|| Err(rooms::broke("a skill")));
                    match result {
                        Ok(reply) => {
                            facts.extend(reply.facts);
                            match reply.asks {
                                Some(asks) => questions.push((reply.words, asks)),
                                None => said.push(reply.words),
                            }
                        }
                        Err(cause) => {
                            fault = Some(cause);
                            break;
                        }
                    }
                }
                let asks = one_question(questions, &mut said);
                if !out.post(Event::Performed { turn, said, asks, facts, fault }) {
                    return;
                }
            }
            Ok(Order::Errand(sent)) => {
                sent.begin(|intent, words, language| skills.run_errand(intent, words, language));
            }
            Ok(Order::Heed) => skills.heed(),
            Ok(Order::DoneElsewhere) => skills.done_elsewhere(),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

/// Puts the first of `questions` behind all that is `said`; what the others are about comes with its answer.
fn one_question(questions: Vec<(Words, Asks)>, said: &mut Vec<Words>) -> Option<Asks> {
    let mut questions = questions.into_iter();
    let (words, asks) = questions.next()?;
    said.push(words);
    Some(Asks { then: questions.map(|(_, asks)| asks.intent).collect(), ..asks })
}

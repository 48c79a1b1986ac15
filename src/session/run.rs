//! The loop: takes events from the mailbox, asks the machine, carries its effects out.
//!
//! Enters: the rooms' working ends, as [`Parts`]. Leaves: a report a turn, and whether all threads ended in time. Runs on
//! the main thread under tokio. Never here: a decision; the machine takes those.

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender, sync_channel},
    },
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    Ask, Ear, Interpret, Interpretation,
    clock::Clock,
    ear::Over,
    event::{Effect, Event, Room, Stamped},
    machine::{self, Plan, State},
    rooms::{self, Mailbox, Thread},
};
use crate::{
    answer::AnswerEvent,
    flow::{Fault, Hush, Sentence, Speech, Utterance},
    play::Sink,
    report::TurnReport,
    speak::Voice,
    transcribe::{Abort, Reader},
    units::TurnId,
};

/// How long all rooms together may take to end.
const JOIN_PATIENCE: Duration = Duration::from_secs(5);

/// How long the ear may take of it. It may wait for a pipe that says nothing, from which nothing wakes it, and it has
/// nothing to complete: it may end with the process.
const EAR_PATIENCE: Duration = Duration::from_millis(250);

/// The working ends of a session, chosen by the mode.
pub struct Parts {
    /// What the session was set up for.
    pub plan: Plan,
    /// What is listened to.
    pub ear: Ear,
    /// The recogniser; `None` where only typed words come.
    pub reader: Option<Box<dyn Reader>>,
    /// Understanding and skills.
    pub interpret: Box<dyn Interpret>,
    /// The language model's side.
    pub ask: Arc<dyn Ask>,
    /// The voice; `None` where replies are not spoken.
    pub voice: Option<Box<dyn Voice>>,
    /// Stops the voice and the sink in the middle of a sentence.
    pub hush: Hush,
    /// Where speech goes.
    pub sink: Box<dyn Sink>,
    /// Gives something when the user wants the program to end, and again when they want it at once.
    pub interrupted: Pin<Box<dyn Stream<Item = ()> + Send>>,
}

/// Work for the play thread.
enum PlayOrder {
    Play(Speech),
    Finish(TurnId),
    Hush,
}

/// The threads' inboxes. Dropping them ends the threads.
struct Inboxes {
    more: SyncSender<()>,
    whisper: Option<SyncSender<Utterance>>,
    speak: Option<SyncSender<Sentence>>,
    play: SyncSender<PlayOrder>,
}

/// Runs a session to its end, giving each turn to `report`, which says whether somebody still takes them.
///
/// Returns whether all rooms ended in time.
///
/// # Errors
/// The system's, when no thread can be had.
pub async fn run(
    parts: Parts,
    report: &mut (dyn FnMut(&TurnReport) -> bool + Send),
) -> std::io::Result<bool> {
    let clock = Clock::new();
    let abort = Abort::default();
    let (mailbox, mut events) = Mailbox::new();
    let Parts { plan, ear, reader, mut interpret, ask, voice, hush, sink, mut interrupted } = parts;
    let over = Over::default();
    let (inboxes, threads) = start((ear, over.clone()), (reader, abort.clone()), voice, sink, &mailbox)?;

    let mut state = State::new(plan);
    let mut answering: Vec<JoinHandle<()>> = Vec::new();
    'session: loop {
        let event = tokio::select! {
            biased;
            Some(()) = interrupted.next() => Event::Interrupted,
            event = events.recv() => event.expect("the session holds a sender of its own mailbox"),
        };
        // Interpreting is done here and now, so its event is handled before any that waits.
        let mut at_hand = VecDeque::from([event]);
        while let Some(event) = at_hand.pop_front() {
            let (next, effects) = machine::step(state, Stamped { at_ms: clock.elapsed_ms(), event });
            state = next;
            for effect in effects {
                match effect {
                    Effect::Interpret { transcript, addressed } => {
                        // A sentence that breaks a skill costs its own turn, not the recordings after it.
                        let interpretation =
                            rooms::caught(|| interpret.interpret(&transcript, addressed)).unwrap_or_else(
                                || Interpretation::Failed { intent: None, fault: broke("understanding") },
                            );
                        at_hand.push_back(Event::Interpreted { turn: transcript.turn, interpretation });
                    }
                    Effect::Ask { turn, words, language } => {
                        let (ask, mailbox) = (ask.clone(), mailbox.clone());
                        let (out, incoming) = mpsc::channel(16);
                        answering = vec![
                            rooms::task(async move { ask.ask(turn, words, language, out).await }),
                            rooms::task(async move { forward(turn, incoming, &mailbox).await }),
                        ];
                    }
                    Effect::AbortReading => abort.raise(),
                    Effect::DropAnswer => {
                        answering.iter().for_each(JoinHandle::abort);
                    }
                    Effect::Report(turn) => {
                        if !report(&turn) {
                            at_hand.push_back(Event::Unread);
                        }
                    }
                    Effect::Exit => break 'session,
                    Effect::Listen
                    | Effect::Transcribe(_)
                    | Effect::Speak(_)
                    | Effect::Play(_)
                    | Effect::FinishSink(_) => inboxes.give(effect),
                    Effect::Hush(turn) => {
                        hush.raise(turn);
                        inboxes.give(effect);
                    }
                }
            }
        }
    }
    // Threads that still post must not wait for a reader that is gone.
    over.raise();
    drop(events);
    drop(inboxes);
    Ok(tokio::select! {
        ended = end(threads) => ended,
        Some(()) = interrupted.next() => false,
    })
}

/// Passes the language model's events on, stamped with their turn. An answer that ends without saying so, because its
/// task broke, is told as failed: the turn must not wait for ever.
async fn forward(turn: TurnId, mut incoming: mpsc::Receiver<AnswerEvent>, mailbox: &Mailbox) {
    let mut ended = false;
    while let Some(event) = incoming.recv().await {
        ended |= matches!(event, AnswerEvent::Done { .. } | AnswerEvent::Failed(_));
        if !mailbox.send(Event::Answered { turn, event }).await {
            return;
        }
    }
    if !ended {
        let event = AnswerEvent::Failed(broke("asking the language model"));
        mailbox.send(Event::Answered { turn, event }).await;
    }
}

/// A fault of the program itself.
fn broke(what: &str) -> Fault {
    Fault {
        kind: "internal",
        message: format!("{what} failed; the place in the program is on standard error"),
        remedy: "report it with that line; the next turn is not affected".into(),
    }
}

/// Joins all threads within [`JOIN_PATIENCE`] altogether.
async fn end(threads: Vec<Thread>) -> bool {
    let clock = Clock::new();
    let mut all = true;
    for thread in threads {
        let left = JOIN_PATIENCE.saturating_sub(Duration::from_millis(clock.elapsed_ms()));
        if thread.room() == Room::Listen {
            thread.join(left.min(EAR_PATIENCE)).await;
        } else {
            all &= thread.join(left).await;
        }
    }
    all
}

fn start(
    (ear, over): (Ear, Over),
    (reader, abort): (Option<Box<dyn Reader>>, Abort),
    voice: Option<Box<dyn Voice>>,
    sink: Box<dyn Sink>,
    mailbox: &Mailbox,
) -> std::io::Result<(Inboxes, Vec<Thread>)> {
    let mut threads = Vec::new();
    let (more, more_asked) = sync_channel(1);
    let whisper = match reader {
        Some(reader) => {
            let (inbox, work) = sync_channel(1);
            threads.push(rooms::spawn(Room::Whisper, mailbox.clone(), move |out| {
                read_all(reader, &work, &abort, out);
            })?);
            Some(inbox)
        }
        None => None,
    };
    let speak = match voice {
        Some(voice) => {
            let (inbox, work) = sync_channel(2);
            threads
                .push(rooms::spawn(Room::Speak, mailbox.clone(), move |out| speak_all(voice, &work, out))?);
            Some(inbox)
        }
        None => None,
    };
    let (play, work) = sync_channel(8);
    threads.push(rooms::spawn(Room::Play, mailbox.clone(), move |out| play_all(sink, &work, out))?);
    // The ear comes last: nothing is heard before all who wait for it are there.
    threads.push(rooms::spawn(Room::Listen, mailbox.clone(), move |out| {
        ear.listen(&more_asked, &over, &|event| out.post(event));
    })?);
    Ok((Inboxes { more, whisper, speak, play }, threads))
}

impl Inboxes {
    /// Hands `effect` to its thread. The machine never has more under way than an inbox holds, so this does not wait; a
    /// thread that is gone has told so itself.
    fn give(&self, effect: Effect) {
        let gone = match effect {
            Effect::Listen => self.more.try_send(()).is_err(),
            Effect::Transcribe(utterance) => {
                self.whisper.as_ref().is_none_or(|inbox| inbox.try_send(utterance).is_err())
            }
            Effect::Speak(sentence) => {
                self.speak.as_ref().is_none_or(|inbox| inbox.try_send(sentence).is_err())
            }
            Effect::Play(speech) => self.play.try_send(PlayOrder::Play(speech)).is_err(),
            Effect::FinishSink(turn) => self.play.try_send(PlayOrder::Finish(turn)).is_err(),
            Effect::Hush(_) => self.play.try_send(PlayOrder::Hush).is_err(),
            Effect::Interpret { .. }
            | Effect::Ask { .. }
            | Effect::AbortReading
            | Effect::DropAnswer
            | Effect::Report(_)
            | Effect::Exit => false,
        };
        if gone {
            tracing::debug!("an order found no taker");
        }
    }
}

fn read_all(mut reader: Box<dyn Reader>, work: &Receiver<Utterance>, abort: &Abort, out: &Mailbox) {
    while let Ok(utterance) = work.recv() {
        let result = reader.read(&utterance, abort).map_err(|error| Fault::from(&error));
        if !out.post(Event::Read { turn: utterance.turn, result }) {
            return;
        }
    }
}

fn speak_all(mut voice: Box<dyn Voice>, work: &Receiver<Sentence>, out: &Mailbox) {
    while let Ok(sentence) = work.recv() {
        let result = voice.speak(&sentence).map_err(|error| Fault::from(&error));
        if !out.post(Event::Spoken { turn: sentence.turn, result }) {
            return;
        }
    }
}

fn play_all(mut sink: Box<dyn Sink>, work: &Receiver<PlayOrder>, out: &Mailbox) {
    while let Ok(order) = work.recv() {
        let event = match order {
            PlayOrder::Play(speech) => Event::Played {
                turn: speech.turn,
                result: sink.play(&speech).map_err(|error| Fault::from(&error)),
            },
            PlayOrder::Finish(turn) => {
                Event::SinkFinished { turn, result: sink.finish(turn).map_err(|error| Fault::from(&error)) }
            }
            PlayOrder::Hush => {
                sink.hush();
                continue;
            }
        };
        if !out.post(event) {
            return;
        }
    }
}

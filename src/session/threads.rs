//! Threads: the rooms that work on threads of their own, and their inboxes.
//!
//! Enters: effects. Leaves: the events that come of them. Never here: a decision, a wait of the session's.

use std::sync::{
    Arc,
    mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
};

use super::{
    Ear, Errands, Perform, doing,
    ear::{Line, Over},
    event::{EarOrder, Effect, Event, ReadingId, Room},
    rooms::{self, Mailbox, Thread},
};
use crate::{
    flow::{Fault, Sentence, Speech, Utterance},
    play::Sink,
    report::Answerer,
    speak::Voice,
    transcribe::{Abort, Reader},
    units::TurnId,
};

/// Work for the play thread.
enum PlayOrder {
    Play(Speech),
    MadeBy(TurnId, Answerer),
    Finish(TurnId),
    StandBy(bool),
    Hush,
}

/// Orders that may wait at a thread. The machine has few under way; what was given up lies there too until the thread sees
/// that it was, as behind a speech program that hangs.
const INBOX: usize = 64;

/// The threads' inboxes. Dropping them ends the threads.
pub(super) struct Inboxes {
    ear: Sender<EarOrder>,
    whisper: Option<SyncSender<(ReadingId, Utterance)>>,
    skills: Arc<SyncSender<doing::Order>>,
    speak: Option<SyncSender<Sentence>>,
    play: SyncSender<PlayOrder>,
}

/// Starts the threads that every session has.
pub(super) fn start(
    (ear, over): (Ear, Over),
    (reader, abort): (Option<Box<dyn Reader>>, Abort),
    (perform, errands): (Box<dyn Perform>, &Errands),
    voice: Option<Box<dyn Voice>>,
    sink: Box<dyn Sink>,
    mailbox: &Mailbox,
) -> std::io::Result<(Inboxes, Vec<Thread>)> {
    let mut threads = Vec::new();
    // The ear looks at its orders with every frame, at the latest after 100 ms. None may be lost, "mute" least of all,
    // however many keys other programs press meanwhile; an order is a few bytes.
    let (to_ear, orders) = channel();
    let whisper = match reader {
        Some(reader) => {
            let (inbox, work) = sync_channel(INBOX);
            threads.push(rooms::spawn(Room::Whisper, mailbox.clone(), move |out| {
                read_all(reader, &work, &abort, out);
            })?);
            Some(inbox)
        }
        None => None,
    };
    let (skills, work) = sync_channel(INBOX);
    let skills = Arc::new(skills);
    errands.lead_to(&skills);
    threads.push(rooms::spawn(Room::Skills, mailbox.clone(), move |out| doing::work(perform, &work, out))?);
    let speak = match voice {
        Some(voice) => {
            let (inbox, work) = sync_channel(INBOX);
            threads
                .push(rooms::spawn(Room::Speak, mailbox.clone(), move |out| speak_all(voice, &work, out))?);
            Some(inbox)
        }
        None => None,
    };
    let (play, work) = sync_channel(INBOX);
    threads.push(rooms::spawn(Room::Play, mailbox.clone(), move |out| play_all(sink, &work, out))?);
    // The ear comes last: nothing is heard before all who wait for it are there.
    threads.push(rooms::spawn(Room::Listen, mailbox.clone(), move |out| {
        ear.listen(&Line { orders: &orders, over: &over, post: &|event| out.post(event) });
    })?);
    Ok((Inboxes { ear: to_ear, whisper, skills, speak, play }, threads))
}

impl Inboxes {
    /// Tells the skills' thread that another program does something. Where it has no room, it has its hands full of what
    /// stands before that.
    pub(super) fn done_elsewhere(&self) {
        let _ = self.skills.try_send(doing::Order::DoneElsewhere);
    }

    /// Hands `effect` to its thread, without waiting; a thread that is gone has told so itself. Work that found no room,
    /// because the thread still has that of turns given up before it, is told as failed: its turn must not wait for ever.
    pub(super) fn give(&self, effect: Effect) -> Option<Event> {
        let (taken, failed) = match effect {
            Effect::Ear(order) => (self.ear.send(order).is_ok(), None),
            Effect::Transcribe { reading, utterance } => (
                self.whisper.as_ref().is_some_and(|inbox| inbox.try_send((reading, utterance)).is_ok()),
                Some(Event::Read { reading, result: Err(overloaded("reading what was said")) }),
            ),
            Effect::Perform { turn, intents, words, language, .. } => (
                self.skills.try_send(doing::Order::Perform { turn, intents, words, language }).is_ok(),
                Some(Event::Performed {
                    turn,
                    said: Vec::new(),
                    asks: None,
                    facts: Vec::new(),
                    fault: Some(overloaded("what was asked for before")),
                }),
            ),
            Effect::Heed => (self.skills.try_send(doing::Order::Heed).is_ok(), None),
            Effect::Speak(sentence) => {
                let turn = sentence.turn;
                (
                    self.speak.as_ref().is_some_and(|inbox| inbox.try_send(sentence).is_ok()),
                    Some(Event::Spoken { turn, result: Err(overloaded("the voice")) }),
                )
            }
            Effect::Play(speech) => {
                let turn = speech.turn;
                (
                    self.play.try_send(PlayOrder::Play(speech)).is_ok(),
                    Some(Event::Played { turn, result: Err(overloaded("the sound output")) }),
                )
            }
            Effect::MadeBy { turn, by } => (self.play.try_send(PlayOrder::MadeBy(turn, by)).is_ok(), None),
            Effect::FinishSink(turn) => (
                self.play.try_send(PlayOrder::Finish(turn)).is_ok(),
                Some(Event::SinkFinished { turn, result: Err(overloaded("the sound output")) }),
            ),
            Effect::Attend(attentive) => (self.play.try_send(PlayOrder::StandBy(attentive)).is_ok(), None),
            Effect::Hush(_) => (self.play.try_send(PlayOrder::Hush).is_ok(), None),
            Effect::Understand { .. }
            | Effect::Ask { .. }
            | Effect::AbortReading(_)
            | Effect::DropAnswer
            | Effect::Duck(_)
            | Effect::Chime(_)
            | Effect::Report(_)
            | Effect::Tell(_)
            | Effect::Told(_)
            | Effect::Reply { .. }
            | Effect::Asking(_)
            | Effect::Exit => (true, None),
        };
        if taken {
            return None;
        }
        tracing::debug!("an order found no taker");
        failed
    }
}

fn read_all(
    mut reader: Box<dyn Reader>,
    work: &Receiver<(ReadingId, Utterance)>,
    abort: &Abort,
    out: &Mailbox,
) {
    while let Ok((reading, utterance)) = work.recv() {
        let abort = abort.of(reading.0);
        if abort.raised() {
            continue;
        }
        let result = reader.read(&utterance, &abort).map_err(|error| Fault::from(&error));
        if !out.post(Event::Read { reading, result }) {
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
            PlayOrder::MadeBy(turn, by) => {
                sink.made_by(turn, &by.provider, &by.model);
                continue;
            }
            PlayOrder::Finish(turn) => {
                Event::SinkFinished { turn, result: sink.finish(turn).map_err(|error| Fault::from(&error)) }
            }
            PlayOrder::Hush => {
                sink.hush();
                continue;
            }
            PlayOrder::StandBy(soon) => {
                sink.stand_by(soon);
                continue;
            }
        };
        if !out.post(event) {
            return;
        }
    }
}

/// Work that found no room.
fn overloaded(what: &str) -> Fault {
    Fault {
        kind: "overloaded",
        message: format!("{what} is too far behind"),
        remedy: "say it again; if it happens often, use a smaller speech model or end other programs".into(),
    }
}

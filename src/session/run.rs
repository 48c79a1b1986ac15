//! The loop: takes events from the mailbox, asks the machine, carries its effects out.
//!
//! Enters: the rooms' working ends, as [`Parts`]. Leaves: a report a turn, and whether all threads ended in time. Runs on
//! the main thread under tokio. Never here: a decision; the machine takes those.

use std::{
    collections::{HashMap, VecDeque},
    pin::Pin,
    sync::{
        Arc,
        mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    },
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    Answer, Ask, Ear, Interpret, Meaning, Request,
    clock::Clock,
    ear::{Line, Over},
    event::{EarOrder, Effect, Event, ReadingId, Room, Stamped},
    machine::{self, Plan, State},
    rooms::{self, Mailbox, Thread},
};
use crate::{
    answer::AnswerEvent,
    flow::{Fault, Hush, Sentence, Speech, Utterance},
    key::{Keys, StopKeys},
    play::{Earcon, Sink},
    report::{Notice, TurnReport},
    speak::Voice,
    transcribe::{Abort, Reader},
    units::{SampleIndex, TurnId},
};

/// How long all rooms together may take to end.
const JOIN_PATIENCE: Duration = Duration::from_secs(5);

/// How long the ear may take of it. It may wait for a pipe that says nothing, from which nothing wakes it, and it has
/// nothing to complete: it may end with the process.
const EAR_PATIENCE: Duration = Duration::from_millis(250);

/// Work that may wait for a thread. A turn never has more than two pieces under way with each, but what was given up lies
/// there until the thread sees that it was: a room that hangs for a while must not cost the turns after it.
const INBOX: usize = 64;

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
    /// What other programs ask for; one that never gives anything where nobody can ask.
    pub requests: Pin<Box<dyn Stream<Item = Request> + Send>>,
    /// Hears the hotkey, and what ends that; `None` without one.
    pub keys: Option<(Keys, StopKeys)>,
    /// Turns Mynah's own voice down (`true`) and up again.
    pub duck: Box<dyn Fn(bool) + Send>,
    /// Sounds a short sound at once.
    pub chime: Box<dyn Fn(Earcon) + Send>,
    /// Turns other programs down (`true`) and up again; `None` where they are left alone. It may take a while.
    pub others: Option<Box<dyn FnMut(bool) + Send>>,
    /// Told what happens, as it happens.
    pub watch: Box<dyn FnMut(Notice) + Send>,
}

/// Work for the play thread.
enum PlayOrder {
    Play(Speech),
    Finish(TurnId),
    StandBy(bool),
    Hush,
}

/// The threads' inboxes. Dropping them ends the threads.
struct Inboxes {
    ear: Sender<EarOrder>,
    whisper: Option<SyncSender<(ReadingId, Utterance)>>,
    speak: Option<SyncSender<Sentence>>,
    play: SyncSender<PlayOrder>,
}

/// How a session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ended {
    /// Whether all rooms ended in time.
    pub in_time: bool,
    /// Whether another session is to begin, with settings read anew.
    pub restart: bool,
}

/// Runs a session to its end, giving each turn to `report`, which says whether somebody still takes them.
///
/// Returns how it ended.
///
/// # Errors
/// The system's, when no thread can be had.
pub async fn run(
    parts: Parts,
    report: &mut (dyn FnMut(&TurnReport) -> bool + Send),
) -> std::io::Result<Ended> {
    let clock = Clock::new();
    let abort = Abort::default();
    let (mailbox, mut events) = Mailbox::new();
    let Parts {
        plan,
        ear,
        reader,
        interpret,
        ask,
        voice,
        hush,
        sink,
        mut interrupted,
        mut requests,
        keys,
        duck,
        chime,
        others,
        watch,
    } = parts;
    let over = Over::default();
    let (inboxes, mut threads) = start((ear, over.clone()), (reader, abort.clone()), voice, sink, &mailbox)?;
    let mut hands = Hands {
        interpret,
        ask,
        hush,
        duck,
        chime,
        others: None,
        watch,
        inboxes,
        abort,
        mailbox,
        answering: Vec::new(),
        asking: HashMap::new(),
    };

    let stop_keys = match keys {
        Some((keys, stop)) => {
            threads.push(rooms::spawn(Room::Key, hands.mailbox.clone(), |out| {
                keys.run(|event| {
                    out.post(Event::Key(event));
                });
            })?);
            Some(stop)
        }
        None => None,
    };
    let others = match others {
        Some(mut others) => {
            // A few bytes each time that a talk begins or ends, however long the sound server takes; the last one counts,
            // and none may be lost: the others would stay quiet.
            let (inbox, work) = channel();
            threads.push(rooms::spawn(Room::Duck, hands.mailbox.clone(), move |_| {
                while let Ok(down) = work.recv() {
                    others(work.try_iter().last().unwrap_or(down));
                }
                others(false);
            })?);
            Some(inbox)
        }
        None => None,
    };
    hands.others = others;
    let mut state = State::new(plan);
    let mut numbers = 1_u64..;
    'session: loop {
        let event = tokio::select! {
            biased;
            Some(()) = interrupted.next() => Event::Interrupted,
            Some(Request { command, reply }) = requests.next() => {
                let request = numbers.next().unwrap_or(u64::MAX);
                hands.asking.insert(request, reply);
                Event::Asked { request, command }
            }
            event = events.recv() => event.expect("the session holds a sender of its own mailbox"),
        };
        // What is done here and now has its event handled before any that waits.
        let mut at_hand = VecDeque::from([event]);
        while let Some(event) = at_hand.pop_front() {
            let (next, effects) = machine::step(state, Stamped { at_ms: clock.elapsed_ms(), event });
            state = next;
            for effect in effects {
                if matches!(effect, Effect::Exit) {
                    break 'session;
                }
                at_hand.extend(hands.carry_out(effect, state.heard_until(), report));
            }
        }
    }
    // Threads that still post must not wait for a reader that is gone.
    over.raise();
    hands.abort.raise_for_good();
    drop(events);
    drop(hands);
    drop(stop_keys);
    let in_time = tokio::select! {
        ended = end(threads) => ended,
        Some(()) = interrupted.next() => false,
    };
    Ok(Ended { in_time, restart: state.wants_restart() })
}

/// What effects are carried out with.
struct Hands {
    interpret: Box<dyn Interpret>,
    ask: Arc<dyn Ask>,
    hush: Hush,
    duck: Box<dyn Fn(bool) + Send>,
    chime: Box<dyn Fn(Earcon) + Send>,
    others: Option<Sender<bool>>,
    watch: Box<dyn FnMut(Notice) + Send>,
    inboxes: Inboxes,
    abort: Abort,
    mailbox: Mailbox,
    answering: Vec<JoinHandle<()>>,
    /// Where requests are answered.
    asking: HashMap<u64, oneshot::Sender<Result<Answer, Fault>>>,
}

impl Hands {
    /// Carries `effect` out; gives the event that follows from it at once, if one does.
    fn carry_out(
        &mut self,
        effect: Effect,
        heard_until: SampleIndex,
        report: &mut (dyn FnMut(&TurnReport) -> bool + Send),
    ) -> Option<Event> {
        match effect {
            Effect::Understand { reading, transcript, listening } => {
                // A sentence that breaks a room costs its own turn, not the ones after it.
                let meaning = rooms::caught(|| self.interpret.understand(&transcript, &listening))
                    .unwrap_or_else(|| Meaning::Broken(broke("understanding")));
                return Some(Event::Understood { reading, meaning });
            }
            Effect::Perform { turn, intent, words, language } => {
                let result = rooms::caught(|| self.interpret.perform(&intent, &words, &language))
                    .unwrap_or_else(|| Err(broke("a skill")));
                return Some(Event::Performed { turn, result });
            }
            Effect::Ask { turn, words, language } => {
                let (ask, mailbox) = (self.ask.clone(), self.mailbox.clone());
                let (out, incoming) = mpsc::channel(16);
                self.answering = vec![
                    rooms::task(async move { ask.ask(turn, words, language, out).await }),
                    rooms::task(async move { forward(turn, incoming, &mailbox).await }),
                ];
            }
            Effect::AbortReading(reading) => self.abort.of(reading.0).raise(),
            Effect::DropAnswer => self.answering.iter().for_each(JoinHandle::abort),
            Effect::Report(turn) => {
                let taken = report(&turn);
                (self.watch)(Notice::Turn(turn));
                return (!taken).then_some(Event::Unread);
            }
            Effect::Tell(notice) => (self.watch)(notice),
            Effect::Duck(down) => (self.duck)(down),
            Effect::Attend(down) => {
                self.inboxes.give(Effect::Attend(down));
                if let Some(others) = &self.others {
                    // A thread that is gone has told so itself.
                    others.send(down).ok();
                }
            }
            Effect::Chime(earcon) => (self.chime)(earcon),
            Effect::Reply { request, answer } => {
                if let Some(reply) = self.asking.remove(&request) {
                    // Whoever asked may be gone.
                    reply.send(answer).ok();
                }
            }
            Effect::Speak(sentence) => {
                self.interpret.saying(&sentence.words, heard_until);
                (self.watch)(Notice::Sentence { turn: sentence.turn, text: sentence.words.clone() });
                return self.inboxes.give(Effect::Speak(sentence));
            }
            Effect::Hush(turn) => {
                self.hush.raise(turn);
                return self.inboxes.give(Effect::Hush(turn));
            }
            effect @ (Effect::Ear(_)
            | Effect::Transcribe { .. }
            | Effect::Play(_)
            | Effect::FinishSink(_)
            | Effect::Exit) => return self.inboxes.give(effect),
        }
        None
    }
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
    Ok((Inboxes { ear: to_ear, whisper, speak, play }, threads))
}

impl Inboxes {
    /// Hands `effect` to its thread without waiting. Work that finds no room there has failed: the event given says so,
    /// that nothing waits for it for ever.
    fn give(&self, effect: Effect) -> Option<Event> {
        match effect {
            // An ear that is gone has told so itself.
            Effect::Ear(order) => {
                self.ear.send(order).ok();
                None
            }
            Effect::Transcribe { reading, utterance } => {
                let given =
                    self.whisper.as_ref().is_some_and(|inbox| inbox.try_send((reading, utterance)).is_ok());
                (!given).then(|| Event::Read { reading, result: Err(behind(Room::Whisper)) })
            }
            Effect::Speak(sentence) => {
                let turn = sentence.turn;
                let given = self.speak.as_ref().is_some_and(|inbox| inbox.try_send(sentence).is_ok());
                (!given).then(|| Event::Spoken { turn, result: Err(behind(Room::Speak)) })
            }
            Effect::Play(speech) => {
                let turn = speech.turn;
                let given = self.play.try_send(PlayOrder::Play(speech)).is_ok();
                (!given).then(|| Event::Played { turn, result: Err(behind(Room::Play)) })
            }
            Effect::FinishSink(turn) => {
                let given = self.play.try_send(PlayOrder::Finish(turn)).is_ok();
                (!given).then(|| Event::SinkFinished { turn, result: Err(behind(Room::Play)) })
            }
            // A sink that hangs opens and falls silent late; what it holds was given up by its turn.
            Effect::Attend(soon) => self.play.try_send(PlayOrder::StandBy(soon)).err().and(None),
            Effect::Hush(_) => self.play.try_send(PlayOrder::Hush).err().and(None),
            Effect::Understand { .. }
            | Effect::Perform { .. }
            | Effect::Ask { .. }
            | Effect::AbortReading(_)
            | Effect::DropAnswer
            | Effect::Duck(_)
            | Effect::Chime(_)
            | Effect::Report(_)
            | Effect::Tell(_)
            | Effect::Reply { .. }
            | Effect::Exit => None,
        }
    }
}

/// `room` hangs.
fn behind(room: Room) -> Fault {
    Fault {
        kind: "room_behind",
        message: format!("the {} thread does not get on with its work", room.name()),
        remedy: "give the machine less else to do; if it stays so, start Mynah anew".into(),
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

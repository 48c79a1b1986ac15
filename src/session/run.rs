//! The loop: takes events from the mailbox, asks the machine, carries its effects out.
//!
//! Enters: the rooms' working ends, as [`Parts`]. Leaves: a report a turn, and whether all threads ended in time. Runs on
//! the main thread under tokio. Never here: a decision; the machine takes those.

use std::{
    collections::{HashMap, VecDeque},
    panic::AssertUnwindSafe,
    pin::Pin,
    sync::{
        Arc,
        mpsc::{Sender, channel},
    },
    time::Duration,
};

use futures_util::{FutureExt, Stream, StreamExt};
use jiff::civil::Date;
use tokio::{
    sync::{mpsc, oneshot},
    task::JoinHandle,
};

use super::{
    Answer, Ask, Ear, Elsewhere, Errands, Interpret, Meaning, Perform, Request, Said, Surroundings,
    clock::{Clock, Wall},
    ear::Over,
    event::{Effect, Event, Room, Stamped, Stance},
    machine::{self, Plan, State},
    rooms::{self, Mailbox, Thread},
    threads::{Inboxes, start},
};
use crate::{
    answer::AnswerEvent,
    flow::{Fault, Hush, Speech},
    key::{Keys, StopKeys},
    play::{Earcon, Sink},
    report::{Notice, TurnReport},
    speak::Voice,
    transcribe::{Abort, Reader},
    units::{SampleIndex, TurnId, Words, length_u64},
};

/// How long all rooms together may take to end.
const JOIN_PATIENCE: Duration = Duration::from_secs(5);

/// How long the ear may take of it. It may wait for a pipe that says nothing, from which nothing wakes it, and it has
/// nothing to complete: it may end with the process.
const EAR_PATIENCE: Duration = Duration::from_millis(250);

/// Sentences remembered while they are given a voice. The machine has two under way; those of turns given up lie there too.
const UNSAID: usize = 64;

/// The working ends of a session, chosen by the mode.
pub struct Parts {
    /// What the session was set up for.
    pub plan: Plan,
    /// Where it reads what day it is.
    pub wall: Wall,
    /// What is listened to.
    pub ear: Ear,
    /// The recogniser; `None` where only typed words come.
    pub reader: Option<Box<dyn Reader>>,
    /// Understanding.
    pub interpret: Box<dyn Interpret>,
    /// The skills.
    pub perform: Box<dyn Perform>,
    /// The way to them for the language model's side.
    pub errands: Errands,
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
    /// Makes Mynah's own voice stand so.
    pub duck: Box<dyn Fn(Stance) + Send>,
    /// Sounds a short sound at once.
    pub chime: Box<dyn Fn(Earcon) + Send>,
    /// Turns other programs down (`true`) and up again; `None` where they are left alone. It may take a while.
    pub others: Option<Box<dyn FnMut(bool) + Send>>,
    /// Told what happens, as it happens.
    pub watch: Box<dyn FnMut(Notice) + Send>,
    /// Whether somebody can see what is shown now.
    pub screen: Box<dyn Fn() -> bool + Send>,
    /// Remembers that the first-use line was told on a day.
    pub told: Box<dyn FnMut(Date) + Send>,
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
        wall,
        ear,
        reader,
        interpret,
        perform,
        errands,
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
        screen,
        told,
    } = parts;
    let over = Over::default();
    let (inboxes, mut threads) =
        start((ear, over.clone()), (reader, abort.clone()), (perform, &errands), voice, sink, &mailbox)?;
    let mut hands = Hands {
        interpret,
        ask,
        hush,
        duck,
        chime,
        others: None,
        watch,
        told,
        inboxes,
        abort,
        mailbox,
        answering: Vec::new(),
        errands,
        unsaid: VecDeque::new(),
        said_until: SampleIndex::default(),
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
            // None may be lost: the last one restores what the first turned down.
            let (inbox, work) = channel();
            threads.push(rooms::spawn(Room::Duck, hands.mailbox.clone(), move |_| {
                work.iter().for_each(&mut others);
                others(false);
            })?);
            Some(inbox)
        }
        None => None,
    };
    hands.others = others;
    let mut state = State::new(plan);
    let mut seen = None;
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
        if let Event::Answered { turn, event: AnswerEvent::Done { .. } } = at_hand[0]
            && let Some((asks, question)) = hands.errands.take_asks()
        {
            at_hand.push_front(Event::NeedsYes { turn, asks, question });
        }
        let now = Surroundings { today: wall.now().date(), screen: screen() };
        if seen.replace(now) != Some(now) {
            at_hand.push_front(Event::Seen(now));
        }
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
    duck: Box<dyn Fn(Stance) + Send>,
    chime: Box<dyn Fn(Earcon) + Send>,
    others: Option<Sender<bool>>,
    watch: Box<dyn FnMut(Notice) + Send>,
    told: Box<dyn FnMut(Date) + Send>,
    inboxes: Inboxes,
    abort: Abort,
    mailbox: Mailbox,
    answering: Vec<JoinHandle<()>>,
    /// What the language model asks to have done.
    errands: Errands,
    /// Sentences on their way through the voice.
    unsaid: VecDeque<(TurnId, u32, Words)>,
    /// Until where of the microphone's sound all that was given to the sink is said.
    said_until: SampleIndex,
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
                    .unwrap_or_else(|| Meaning::Broken(rooms::broke("understanding")));
                return Some(Event::Understood { reading, meaning });
            }
            Effect::Asking(asks) => self.interpret.asking(asks),
            Effect::Ask { turn, words, language } => {
                self.interpret.doing(&[], heard_until);
                // What an answer that was given up asked for is forgotten with it.
                self.errands.take_asks();
                let (ask, mailbox) = (self.ask.clone(), self.mailbox.clone());
                let (out, incoming) = mpsc::channel(16);
                self.answering = vec![
                    rooms::task(async move { ask.ask(turn, words, language, out).await }),
                    rooms::task(async move { forward(turn, incoming, &mailbox).await }),
                ];
            }
            Effect::AbortReading(reading) => self.abort.of(reading.0).raise(),
            Effect::DropAnswer => self.answering.iter().for_each(JoinHandle::abort),
            Effect::Report(mut turn) => {
                turn.tools = self.ask.ran(turn.turn);
                let taken = report(&turn);
                (self.watch)(Notice::Turn(turn));
                return (!taken).then_some(Event::Unread);
            }
            Effect::Tell(notice) => (self.watch)(notice),
            Effect::Told(day) => (self.told)(day),
            Effect::Duck(stance) => (self.duck)(stance),
            Effect::Attend(down) => {
                let at_hand = self.inboxes.give(Effect::Attend(down));
                if let Some(others) = &self.others {
                    // A thread that is gone has told so itself.
                    others.send(down).ok();
                }
                return at_hand;
            }
            Effect::Chime(earcon) => (self.chime)(earcon),
            Effect::Reply { request, mut answer } => {
                if let Ok(Answer::Turn(turn)) = &mut answer {
                    turn.tools = self.ask.ran(turn.turn);
                }
                if let Some(reply) = self.asking.remove(&request) {
                    // Whoever asked may be gone.
                    reply.send(answer).ok();
                }
            }
            Effect::Speak(sentence) => {
                self.unsaid.push_back((sentence.turn, sentence.seq, sentence.words.clone()));
                if self.unsaid.len() > UNSAID {
                    self.unsaid.pop_front();
                }
                (self.watch)(Notice::Sentence { turn: sentence.turn, text: sentence.words.clone() });
                return self.inboxes.give(Effect::Speak(sentence));
            }
            Effect::Play(speech) => {
                self.about_to_say(&speech, heard_until);
                return self.inboxes.give(Effect::Play(speech));
            }
            Effect::Hush(turn) => {
                self.said_until = SampleIndex::default();
                self.hush.raise(turn);
                return self.inboxes.give(Effect::Hush(turn));
            }
            Effect::Perform { turn, intents, at, words, language } => {
                self.interpret.doing(&intents, at);
                // Not on the skills' thread, which timers and alarms wait for.
                if let [intent] = intents.as_slice()
                    && let Some(work) = self.ask.clone().elsewhere(intent, &language)
                {
                    self.inboxes.done_elsewhere();
                    let mailbox = self.mailbox.clone();
                    self.answering = vec![rooms::task(async move { elsewhere(turn, work, &mailbox).await })];
                    return None;
                }
                return self.inboxes.give(Effect::Perform { turn, intents, at, words, language });
            }
            effect @ (Effect::Ear(_)
            | Effect::Transcribe { .. }
            | Effect::Heed
            | Effect::MadeBy { .. }
            | Effect::FinishSink(_)
            | Effect::Exit) => return self.inboxes.give(effect),
        }
        None
    }

    /// Tells the one who understands when `speech` is heard: now, or behind what is being said.
    fn about_to_say(&mut self, speech: &Speech, heard_until: SampleIndex) {
        let place = self.unsaid.iter().position(|(turn, seq, _)| (*turn, *seq) == (speech.turn, speech.seq));
        // What comes before it was given up.
        let Some((_, _, words)) = place.and_then(|place| self.unsaid.drain(..=place).next_back()) else {
            return;
        };
        let ms = length_u64(speech.pcm.len()).saturating_mul(1_000) / u64::from(speech.rate.hz());
        let from = heard_until.max(self.said_until);
        self.said_until = from.plus(SampleIndex::from_ms(ms).0);
        self.interpret.saying(&words, from..self.said_until);
    }
}

/// Waits for what another program does, and tells how that went.
async fn elsewhere(turn: TurnId, work: Elsewhere, mailbox: &Mailbox) {
    let (said, facts, fault) = match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Said { words, facts, .. }) => (vec![words], facts.into_iter().collect(), None),
        Err(_) => (Vec::new(), Vec::new(), Some(rooms::broke("asking another program"))),
    };
    mailbox.send(Event::Performed { turn, said, asks: None, facts, fault }).await;
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
        let event = AnswerEvent::Failed(rooms::broke("asking the language model"));
        mailbox.send(Event::Answered { turn, event }).await;
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

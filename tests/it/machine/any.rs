//! Any order of events: a small world of rooms that do what the machine orders, whenever and however they like, with
//! whatever comes from outside in between. What it promises holds in all of them.

use std::collections::{BTreeMap, BTreeSet};

use mynah::{
    key::{KeyEdge, KeyEvent},
    session::Room,
    source::DeviceNews,
    units::Dbfs,
};
use proptest::prelude::*;

use super::*;

/// Work that a room was given and has not done.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Job {
    Read(u64),
    Perform(u64),
    Answer(u64),
    Speak(u64, u32),
    Play(u64),
    Finish(u64),
}

/// What the ear stands at, as the gate tells it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Gate {
    Shut,
    Open,
    Paused,
}

/// All that is around the machine. `dice` decides; where they are out, all is 0.
struct World {
    state: Option<State>,
    dice: std::vec::IntoIter<u8>,
    live: bool,
    jobs: Vec<Job>,
    gate: Gate,
    now_ms: u64,
    /// Times the ear of a recording was told to go on, and events that wait for it.
    went_on: u64,
    waits: u64,
    asked: BTreeSet<u64>,
    replied: BTreeMap<u64, usize>,
    last_report: u64,
    stance: Stance,
    engaged: bool,
    key: bool,
    over: bool,
}

impl World {
    fn new(live: bool, wake: bool, dice: Vec<u8>) -> Self {
        let mut plan = plan(true, live || wake);
        if dice.first().is_some_and(|die| die % 2 == 0) {
            // A region that wants every mark, on a machine that introduced itself to nobody.
            plan.disclosing =
                Disclosing { told: None, exported: !live, generated_voice: true, ..disclosing("CN") };
        }
        let script = if live { Script::live_by(plan) } else { Script::planned(plan) };
        Self {
            state: script.state,
            dice: dice.into_iter(),
            live,
            jobs: Vec::new(),
            gate: Gate::Shut,
            now_ms: 0,
            went_on: 0,
            waits: 0,
            asked: BTreeSet::new(),
            replied: BTreeMap::new(),
            last_report: 0,
            stance: Stance::Forward,
            engaged: false,
            key: false,
            over: false,
        }
    }

    fn die(&mut self, sides: u8) -> u8 {
        self.dice.next().unwrap_or(0) % sides
    }

    fn meaning(&mut self) -> Meaning {
        match self.die(9) {
            0 => Meaning::NotAddressed,
            1 => Meaning::OwnWords,
            2 => Meaning::Stop,
            3 => Meaning::Broken(fault("internal")),
            4 => Meaning::WakePhraseAlone(woken()),
            5 => command(),
            6 => question("why"),
            7 => called(command()),
            _ => called(question("why")),
        }
    }

    /// Gives `event` to the machine and does what it orders; what is done at once is done at once.
    fn feed(&mut self, event: Event) {
        let mut at_hand = std::collections::VecDeque::from([event]);
        while let Some(event) = at_hand.pop_front() {
            let Some(state) = self.state.take() else { return };
            let (state, effects) = step(state, Stamped { at_ms: self.now_ms, event });
            self.state = Some(state);
            for effect in effects {
                at_hand.extend(self.obey(effect));
            }
        }
    }

    fn obey(&mut self, effect: Effect) -> Option<Event> {
        assert!(!self.over, "after the end: {effect:?}");
        match effect {
            Effect::Ear(EarOrder::GoOn) => self.went_on += 1,
            Effect::Ear(EarOrder::Engage(engaged)) => self.engaged = engaged,
            Effect::Ear(_)
            | Effect::Chime(_)
            | Effect::Attend(_)
            | Effect::Tell(_)
            | Effect::Hush(_)
            | Effect::MadeBy { .. }
            | Effect::Heed
            | Effect::Asking(_)
            | Effect::Told(_) => {}
            Effect::Transcribe { reading, .. } => self.jobs.push(Job::Read(reading.0)),
            Effect::Understand { reading, .. } => {
                return Some(Event::Understood { reading, meaning: self.meaning() });
            }
            Effect::Perform { turn, .. } => {
                assert!(!(self.live && self.key), "{turn} begins while the key is held");
                self.jobs.push(Job::Perform(turn.0));
            }
            Effect::Ask { turn, .. } => self.jobs.push(Job::Answer(turn.0)),
            Effect::Speak(sentence) => self.jobs.push(Job::Speak(sentence.turn.0, sentence.seq)),
            Effect::Play(speech) => self.jobs.push(Job::Play(speech.turn.0)),
            Effect::FinishSink(turn) => self.jobs.push(Job::Finish(turn.0)),
            Effect::Duck(stance) => self.stance = stance,
            // Whether the room saw it in time is chance.
            Effect::AbortReading(reading) => {
                if self.die(2) == 0 {
                    self.jobs.retain(|job| *job != Job::Read(reading.0));
                }
            }
            Effect::DropAnswer => self.jobs.retain(|job| !matches!(job, Job::Answer(_))),
            Effect::Report(report) => {
                assert!(report.turn.0 > self.last_report, "{} after {}", report.turn, self.last_report);
                self.last_report = report.turn.0;
            }
            Effect::Reply { request, .. } => {
                assert!(self.asked.contains(&request), "nobody asked {request}");
                *self.replied.entry(request).or_default() += 1;
                assert_eq!(self.replied[&request], 1, "request {request} was answered again");
            }
            Effect::Exit => self.over = true,
        }
        None
    }

    /// A room does one piece of its work, well or not.
    fn work(&mut self) {
        if self.jobs.is_empty() {
            return;
        }
        let chosen = usize::from(self.die(16)) % self.jobs.len();
        let job = self.jobs.remove(chosen);
        let fails = self.die(5) == 1;
        let event = match job {
            Job::Read(reading) if fails => unread(reading, "not_understood"),
            Job::Read(reading) => transcript(reading, "what time is it"),
            Job::Perform(turn) if fails => Event::Performed {
                turn: TurnId(turn),
                said: vec!["One.".into()],
                asks: None,
                facts: Vec::new(),
                fault: Some(fault("no_zone")),
            },
            Job::Perform(turn) if self.die(4) == 1 => asking(turn, "For how long?"),
            Job::Perform(turn) => performed(turn, "Noon."),
            Job::Answer(turn) if fails => answered(turn, AnswerEvent::Failed(fault("endpoint_timeout"))),
            Job::Answer(turn) => match self.die(4) {
                0 => {
                    let text: Words = "Because.".into();
                    answered(turn, AnswerEvent::Done { text, finish: mynah::answer::Finish::Stop })
                }
                1 => {
                    self.jobs.push(job);
                    answered(turn, AnswerEvent::FirstWord)
                }
                2 => {
                    self.jobs.push(job);
                    let intent = Intent { name: "timer.cancel".into(), slots: Vec::new() };
                    let asks = Asks { intent, slot: "yes", wants: Wanted::YesNo, then: Vec::new() };
                    Event::NeedsYes { turn: TurnId(turn), asks, question: "Shall I?".into() }
                }
                _ => {
                    self.jobs.push(job);
                    sentence(turn, 0, "Because.")
                }
            },
            Job::Speak(turn, _) if fails => {
                Event::Spoken { turn: TurnId(turn), result: Err(fault("speech_program")) }
            }
            Job::Speak(turn, seq) => spoken(turn, seq),
            Job::Play(turn) if fails => {
                Event::Played { turn: TurnId(turn), result: Err(fault("sound_device_stalled")) }
            }
            Job::Play(turn) => played(turn),
            Job::Finish(turn) if fails => {
                Event::SinkFinished { turn: TurnId(turn), result: Err(fault("out_disk_full")) }
            }
            Job::Finish(turn) => finished(turn),
        };
        self.feed(event);
    }

    /// The gate moves on by one event, in an order that a gate has.
    fn hear(&mut self) {
        if !self.live && self.went_on < self.waits {
            return;
        }
        let source = if self.live { "microphone" } else { "a.wav" };
        self.now_ms += 500;
        let start = self.now_ms.saturating_sub(400);
        let now = sound(source, start, self.now_ms);
        let (event, gate) = match (self.gate, self.die(6)) {
            (Gate::Shut, _) => (began(source, start), Gate::Open),
            (_, 0) => (Event::Dropped, Gate::Shut),
            (Gate::Open, 1) => (Event::GoesOn(now), Gate::Open),
            (Gate::Open, 2) if self.live => (Event::Glimpse(now), Gate::Open),
            (Gate::Open, 3) => (Event::Ended { sound: now, as_paused: false, silence_ms: 0 }, Gate::Shut),
            (Gate::Open, _) => (Event::Paused(now), Gate::Paused),
            (Gate::Paused, 1) => (Event::Resumed, Gate::Open),
            (Gate::Paused, _) => (Event::Ended { sound: now, as_paused: true, silence_ms: 300 }, Gate::Shut),
        };
        self.waits += u64::from(matches!(event, Event::GoesOn(_) | Event::Paused(_) | Event::Ended { .. }));
        self.gate = gate;
        self.feed(event);
    }

    fn ask(&mut self, command: Command) {
        let request = self.asked.len() as u64 + 1;
        self.asked.insert(request);
        self.feed(asked(request, command));
    }

    fn key(&mut self, open: bool) {
        self.key = open;
        let stays = open && self.die(2) == 0;
        self.feed(Event::Talk { open, stays });
    }

    fn outside(&mut self) {
        let lost = DeviceNews::Lost(fault("microphone_gone"));
        let ready = DeviceNews::Ready { name: "desk".into(), rate: 48_000, because: None };
        match self.die(21) {
            0 => self.ask(Command::Status),
            1 | 2 => self.ask(Command::Ask("what time is it".into())),
            3 | 4 => self.ask(Command::Say("Dinner.".into())),
            5 => self.ask(Command::Press),
            6 => self.ask(Command::Release),
            7 => self.ask(Command::Toggle),
            8 => self.ask(Command::Stop),
            9 => {
                self.key = false;
                self.ask(Command::Mute);
            }
            10 => self.ask(Command::Unmute),
            11 => {
                self.key = false;
                self.feed(Event::Microphone(lost));
            }
            12 => self.feed(Event::Microphone(ready)),
            13 => self.feed(Event::Microphone(DeviceNews::Muted)),
            14 => self.feed(Event::Microphone(DeviceNews::Overrun { samples: u64::MAX })),
            15 => self.key(true),
            16 => self.key(false),
            17 => self.feed(Event::Key(KeyEvent::Edge(KeyEdge::Pressed))),
            18 => self.feed(Event::RoomClosed { room: Room::Duck, cause: Some("it broke".into()) }),
            19 => {
                let id = u64::from(self.die(3));
                self.feed(due(id));
            }
            _ => self.feed(level(self.now_ms)),
        }
    }

    /// All outside is calm, all work is done, and time passes.
    fn calm(&mut self) {
        self.dice = Vec::new().into_iter();
        for _ in 0..4 {
            self.key(false);
            self.ask(Command::Unmute);
            let ready = DeviceNews::Ready { name: "desk".into(), rate: 48_000, because: None };
            self.feed(Event::Microphone(ready));
            self.rest();
        }
    }

    fn rest(&mut self) {
        for _ in 0..200 {
            if self.gate != Gate::Shut {
                self.hear();
            }
            while !self.jobs.is_empty() {
                self.work();
            }
        }
        self.now_ms += 100_000;
        if self.live {
            self.feed(level(self.now_ms));
        }
    }
}

fn level(ms: u64) -> Event {
    Event::Level { at: SampleIndex::from_ms(ms), level: Dbfs(-60.0), speech: false }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    /// Each request is answered once, turns are numbered upwards, and in the end nothing is left: no hearing, window,
    /// key, lowered voice, narrowed ear or work.
    #[test]
    fn a_live_session_comes_to_rest_with_everybody_answered(dice in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut world = World::new(true, true, dice);
        while world.dice.len() > 0 {
            match world.die(3) {
                0 => world.hear(),
                1 => world.work(),
                _ => world.outside(),
            }
        }
        world.calm();
        let state = world.state.as_ref().unwrap();
        prop_assert_eq!((state.phase(), state.presence()), (Phase::Idle, Presence::Asleep));
        prop_assert!(world.stance == Stance::Forward, "the voice stays lowered");
        prop_assert!(!world.engaged, "quieter voices stay unheard");
        for request in &world.asked {
            prop_assert_eq!(world.replied.get(request), Some(&1), "request {}", request);
        }
    }

    /// What the ear of a recording posts and waits for is followed by one word to go on, and by one only.
    #[test]
    fn the_ear_of_a_recording_is_told_to_go_on_once(
        wake in any::<bool>(),
        dice in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        let mut world = World::new(false, wake, dice);
        while world.dice.len() > 0 {
            match world.die(5) {
                0 if world.gate == Gate::Shut && world.went_on == world.waits => {
                    world.waits += 1;
                    world.feed(typed("what time is it", Language::ENGLISH));
                }
                1 if world.gate == Gate::Shut && world.went_on == world.waits => {
                    world.feed(Event::SourceEnded { source: "a.wav".into() });
                }
                0..=2 => world.hear(),
                _ => world.work(),
            }
            prop_assert!(world.went_on <= world.waits, "told to go on without having waited");
        }
        world.dice = Vec::new().into_iter();
        world.rest();
        prop_assert_eq!(world.went_on, world.waits);
        world.feed(Event::Exhausted);
        prop_assert!(world.over);
    }
}

//! The session's machine, driven by scripts of events: no thread, no clock, no sound.

mod any;
mod disclosing;
mod due;
mod follow_up;
mod keys;
mod live;
mod turns;

use std::{path::PathBuf, sync::Arc};

use mynah::{
    answer::AnswerEvent,
    flow::{
        Asks, Fault, Intent, Language, Provenance, Script as Written, Sentence, Speech, Transcript, Wanted,
    },
    policy::Rules,
    report::{Notice, Presence, TurnReport},
    session::{
        Answer, Command, Disclosing, Due, EarOrder, Effect, Event, Meaning, ReadingId, Sound, Stamped,
        Stance, Woken,
        machine::{Live, Patience, Phase, Plan, State, step},
    },
    understand::Completeness,
    units::{Probability, SampleIndex, SampleRate, TurnId, Words},
};

/// A session under test: feeds events, keeps what came out.
struct Script {
    state: Option<State>,
    at_ms: u64,
    reports: Vec<TurnReport>,
    answers: Vec<Result<Answer, Fault>>,
}

impl Script {
    /// Recordings and typed words.
    fn new(spoken: bool, wake: bool) -> Self {
        Self::planned(plan(spoken, wake))
    }

    /// A microphone that is ready.
    fn live() -> Self {
        Self::live_by(plan(true, true))
    }

    /// The same by a plan of its own.
    fn live_by(plan: Plan) -> Self {
        let live = Live { after_reply_ms: 6_000, model: "built-in".into(), pid: 7 };
        let mut script = Self::planned(Plan { live: Some(live), tells_due: true, ..plan });
        let ready = mynah::source::DeviceNews::Ready { name: "desk".into(), rate: 48_000, because: None };
        script.feed(Event::Microphone(ready));
        script
    }

    fn planned(plan: Plan) -> Self {
        Self { state: Some(State::new(plan)), at_ms: 0, reports: Vec::new(), answers: Vec::new() }
    }

    /// Feeds `event` 10 ms after the last and names the effects in order; reports and answers are kept aside.
    fn feed(&mut self, event: Event) -> Vec<String> {
        self.at_ms += 10;
        let (state, effects) = step(self.state.take().unwrap(), Stamped { at_ms: self.at_ms, event });
        self.state = Some(state);
        effects.into_iter().map(|effect| self.name(effect)).collect()
    }

    /// Feeds `event`; where in the microphone the reading begins that follows from it, ms.
    fn read_from(&mut self, event: Event) -> Option<u64> {
        self.at_ms += 10;
        let (state, effects) = step(self.state.take().unwrap(), Stamped { at_ms: self.at_ms, event });
        self.state = Some(state);
        effects.into_iter().find_map(|effect| match effect {
            Effect::Transcribe { utterance, .. } => Some(utterance.span.start.ms()),
            _ => None,
        })
    }

    /// An utterance of a second, without a pause before its end.
    fn hear(&mut self, start_ms: u64) -> Vec<String> {
        let mut effects = self.feed(began(self.source(), start_ms));
        effects.extend(self.feed(ended(self.source(), start_ms, false)));
        effects
    }

    fn source(&self) -> &'static str {
        if self.presence() == Presence::Starting { "a.wav" } else { "microphone" }
    }

    /// Reading `reading` comes to a command, which a skill answers with `reply`.
    fn answer_here(&mut self, reading: u64, turn: u64, reply: &str) -> Vec<String> {
        let mut effects = self.feed(understood(reading, command()));
        effects.extend(self.feed(performed(turn, reply)));
        effects
    }

    fn name(&mut self, effect: Effect) -> String {
        match effect {
            Effect::Ear(EarOrder::GoOn) => "go on".into(),
            Effect::Ear(EarOrder::Patience(ms)) => format!("patience {ms}"),
            Effect::Ear(EarOrder::DropBefore(at)) => format!("drop before {}", at.ms()),
            Effect::Ear(EarOrder::Engage(engaged)) => format!("engage {engaged}"),
            Effect::Ear(EarOrder::Mute(muted)) => format!("mute {muted}"),
            Effect::Ear(EarOrder::Key(input)) => format!("key {input:?}"),
            Effect::Transcribe { reading, .. } => format!("transcribe {}", reading.0),
            Effect::Understand { listening, .. } => format!("understand {:?}", listening.need),
            Effect::Perform { intents, .. } => {
                let names: Vec<_> = intents.iter().map(|intent| intent.name.as_str()).collect();
                format!("perform {}", names.join(" "))
            }
            Effect::Heed => "heed".into(),
            Effect::Asking(asks) => format!("asking for {}", asks.slot),
            Effect::Ask { words, .. } => format!("ask {}", words.as_str()),
            Effect::Speak(sentence) => format!("speak {}", sentence.words.as_str()),
            Effect::Play(speech) => format!("play {}", speech.seq),
            Effect::FinishSink(turn) => format!("finish {turn}"),
            Effect::Chime(earcon) => format!("chime {earcon:?}"),
            Effect::Duck(stance) => format!("voice {stance:?}"),
            Effect::Attend(attentive) => format!("attend {attentive}"),
            Effect::AbortReading(reading) => format!("abort {}", reading.0),
            Effect::DropAnswer => "drop".into(),
            Effect::Hush(turn) => format!("hush {turn}"),
            Effect::Tell(notice) => format!("tell {}", told(&notice)),
            Effect::Reply { answer, .. } => {
                self.answers.push(answer);
                "reply".into()
            }
            Effect::MadeBy { by, .. } => format!("made by {}", by.model),
            Effect::Told(day) => format!("told {day}"),
            Effect::Exit => "exit".into(),
            Effect::Report(report) => {
                self.reports.push(*report);
                format!("report {}", self.reports.len())
            }
        }
    }

    fn phase(&self) -> Phase {
        self.state.as_ref().unwrap().phase()
    }

    fn presence(&self) -> Presence {
        self.state.as_ref().unwrap().presence()
    }
}

fn told(notice: &Notice) -> String {
    match notice {
        Notice::State { state } => format!("{state:?}"),
        Notice::Woken { .. } => "woken".into(),
        Notice::Partial { text, .. } => format!("partial {}", text.as_str()),
        Notice::Transcript { text, .. } => format!("heard {}", text.as_str()),
        Notice::BargeIn { turn } => format!("cut {turn}"),
        Notice::Trouble(fault) => format!("trouble {}", fault.kind),
        Notice::Level { .. } => "level".into(),
        Notice::Microphone { message, .. } => message.clone(),
        other => format!("{other:?}"),
    }
}

/// What `region` wants told, by the shipped rules; on a machine that told it already.
fn disclosing(region: &str) -> Disclosing {
    let rules = Rules::parse(include_str!("../../../config/regions.toml")).unwrap();
    Disclosing {
        wishes: rules.disclosure(&rules.region(region).unwrap()).unwrap(),
        answerers: Vec::new(),
        told: Some(jiff::civil::date(2026, 11, 22)),
        generated_voice: false,
        exported: false,
        language: Language::ENGLISH,
    }
}

fn plan(spoken: bool, wake: bool) -> Plan {
    Plan {
        region: "EU".into(),
        spoken,
        wake,
        follow_up_ms: 8_000,
        patience: Patience { finished_ms: 300, usual_ms: 600, unfinished_ms: 1_200 },
        script: Written::Simplified,
        tells_due: false,
        disclosing: disclosing("EU"),
        live: None,
    }
}

fn began(source: &str, at_ms: u64) -> Event {
    Event::Began { source: source.into(), at: SampleIndex::from_ms(at_ms) }
}

fn sound(source: &str, start_ms: u64, end_ms: u64) -> Sound {
    Sound {
        source: source.into(),
        span: SampleIndex::from_ms(start_ms)..SampleIndex::from_ms(end_ms),
        pcm: Arc::from([0.0; 4]),
        own: Probability::ZERO,
    }
}

fn ended(source: &str, start_ms: u64, as_paused: bool) -> Event {
    Event::Ended { sound: sound(source, start_ms, start_ms + 1_000), as_paused, silence_ms: 300 }
}

fn transcript(reading: u64, words: &str) -> Event {
    let transcript = Transcript {
        turn: TurnId(reading),
        words: words.into(),
        language: Language::ENGLISH,
        confidence: Probability::clamped(0.9),
        wake: None,
    };
    Event::Read { reading: ReadingId(reading), result: Ok(transcript) }
}

fn unread(reading: u64, kind: &'static str) -> Event {
    Event::Read { reading: ReadingId(reading), result: Err(fault(kind)) }
}

fn understood(reading: u64, meaning: Meaning) -> Event {
    Event::Understood { reading: ReadingId(reading), meaning }
}

fn woken() -> Woken {
    Woken { phrase: "hey computer".into(), score: 0.9 }
}

fn command() -> Meaning {
    Meaning::Command {
        intent: Intent { name: "clock.time".into(), slots: Vec::new() },
        more: Vec::new(),
        words: "what time is it".into(),
        completeness: Completeness::Complete,
        woken: None,
    }
}

fn called(meaning: Meaning) -> Meaning {
    match meaning {
        Meaning::Command { intent, more, words, completeness, .. } => {
            Meaning::Command { intent, more, words, completeness, woken: Some(woken()) }
        }
        Meaning::Question { words, completeness, .. } => {
            Meaning::Question { words, completeness, woken: Some(woken()) }
        }
        other => other,
    }
}

fn question(words: &str) -> Meaning {
    Meaning::Question { words: words.into(), completeness: Completeness::Usual, woken: None }
}

fn performed(turn: u64, reply: &str) -> Event {
    Event::Performed {
        turn: TurnId(turn),
        said: vec![reply.into()],
        asks: None,
        facts: Vec::new(),
        fault: None,
    }
}

fn asking(turn: u64, question: &str) -> Event {
    let intent = Intent { name: "timer.set".into(), slots: Vec::new() };
    let asks = Asks { intent, slot: "seconds", wants: Wanted::Duration, then: Vec::new() };
    Event::Performed {
        turn: TurnId(turn),
        said: vec![question.into()],
        asks: Some(asks),
        facts: Vec::new(),
        fault: None,
    }
}

fn due(id: u64) -> Event {
    let words = format!("Timer {id} is over.");
    Event::Due(Due { id, words: words.into(), language: Language::ENGLISH })
}

fn typed(words: &str, language: Language) -> Event {
    Event::Typed { words: words.into(), language }
}

fn answered(turn: u64, event: AnswerEvent) -> Event {
    Event::Answered { turn: TurnId(turn), event }
}

fn sentence(turn: u64, seq: u32, words: &str) -> Event {
    let sentence = Sentence { turn: TurnId(turn), seq, words: words.into(), language: Language::ENGLISH };
    answered(turn, AnswerEvent::Sentence(sentence))
}

fn spoken(turn: u64, seq: u32) -> Event {
    let speech = Speech { turn: TurnId(turn), seq, rate: SampleRate::PIPELINE, pcm: Arc::from([0.1; 8]) };
    Event::Spoken { turn: TurnId(turn), result: Ok(speech) }
}

fn played(turn: u64) -> Event {
    Event::Played { turn: TurnId(turn), result: Ok(()) }
}

fn finished(turn: u64) -> Event {
    Event::SinkFinished { turn: TurnId(turn), result: Ok(Some(PathBuf::from("out/turn.wav"))) }
}

fn asked(request: u64, command: Command) -> Event {
    Event::Asked { request, command }
}

fn fault(kind: &'static str) -> Fault {
    Fault { kind, message: "m".into(), remedy: "r".into() }
}

fn no_words() -> Words {
    Words::default()
}

//! Stage: the clock of a scenario, and where its steps stand while the session's threads play them.
//!
//! Enters: steps, what falls due, turns. Leaves: recordings for the ear, the time, and what came of each step. While words
//! are said the time stands still; while it passes it goes from one thing that is due to the next, so that a week costs what
//! falls due in it. Never here: the machine's own time, a verdict.

use std::{
    collections::{HashSet, VecDeque},
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::{SignedDuration, Span, Zoned};

use super::script::{Act, Scenario};
use crate::{
    flow::{Asks, Fault, Intent, Language, Transcript},
    report::TurnReport,
    session::{Done, Due, Interpret, Listening, Meaning, Perform, Recording, Said, clock::Wall},
    source::{FileSource, Limits, Source},
    units::{SampleIndex, Words},
};

/// How soon the skills' thread looks whether time is to pass.
const TICK: Duration = Duration::from_millis(1);

/// What came of a step.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Its turns, each with whether it asked back.
    pub(super) turns: Vec<(TurnReport, bool)>,
    /// What was told to be due, each thing once.
    pub(super) due: Vec<String>,
    told: HashSet<u64>,
}

/// Where a scenario stands.
pub(super) struct Stage {
    pub(super) scenario: Scenario,
    clock: Mutex<Zoned>,
    inner: Mutex<Inner>,
    changed: Condvar,
}

#[derive(Default)]
struct Inner {
    /// The step under way, and the next one.
    step: usize,
    next: usize,
    found: Vec<Found>,
    /// Until when time is passing.
    until: Option<Zoned>,
    /// What fell due and was not given to the session yet.
    waiting: VecDeque<Due>,
    /// What was given to it, of which so many were told.
    given: Vec<u64>,
    told: usize,
    /// Whether the turn under way asks back.
    asked: bool,
    over: bool,
}

impl Stage {
    pub(super) fn new(scenario: Scenario) -> Arc<Self> {
        let found = scenario.steps.iter().map(|_| Found::default()).collect();
        let clock = Mutex::new(scenario.now.clone());
        let inner = Mutex::new(Inner { found, ..Inner::default() });
        Arc::new(Self { scenario, clock, inner, changed: Condvar::new() })
    }

    fn get(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, now: Zoned) {
        *self.clock.lock().unwrap_or_else(PoisonError::into_inner) = now;
    }

    /// What time it is.
    pub(super) fn now(&self) -> Zoned {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The same for the rooms.
    pub(super) fn wall(self: &Arc<Self>) -> Wall {
        let stage = self.clone();
        Wall::showing(move || stage.now())
    }

    /// Ends whatever waits for another step.
    pub(super) fn end(&self) {
        self.get().over = true;
        self.changed.notify_all();
    }

    /// How many steps were asked for.
    pub(super) fn begun(&self) -> usize {
        self.get().next
    }

    /// The step under way.
    pub(super) fn step(&self) -> usize {
        self.get().step
    }

    /// What came of each step.
    pub(super) fn found(&self) -> Vec<Found> {
        std::mem::take(&mut self.get().found)
    }

    /// Between two sessions: Mynah is off for as long as the step under way says.
    pub(super) fn be_off(&self) {
        let step = self.step();
        if let Some(Act::Restart(span)) = self.scenario.steps.get(step).map(|step| &step.act) {
            self.set(self.after(span));
        }
        // What was given to the session that ended is not told by the next one.
        let mut inner = self.get();
        inner.waiting.clear();
        inner.told = inner.given.len();
    }

    /// `span` from now; now itself where that is beyond the end of time.
    fn after(&self, span: &Span) -> Zoned {
        let now = self.now();
        now.checked_add(*span).unwrap_or(now)
    }

    /// A turn is over.
    pub(super) fn report(&self, report: &TurnReport) {
        let mut inner = self.get();
        if report.source == "due" {
            let id = inner.given.get(inner.told).copied().unwrap_or(u64::MAX);
            inner.told += 1;
            let step = inner.step;
            if let Some(found) = inner.found.get_mut(step)
                && found.told.insert(id)
            {
                found.due.push(report.reply.text.as_str().to_owned());
            }
            self.changed.notify_all();
            return;
        }
        let asked = std::mem::take(&mut inner.asked);
        // What a recording could not be heard for is told when the next step may have begun.
        let step = report.source.rsplit_once(STEP).and_then(|(_, step)| step.parse().ok());
        let step = step.unwrap_or(inner.step);
        if let Some(found) = inner.found.get_mut(step) {
            found.turns.push((report.clone(), asked));
        }
    }

    /// Lets what is due until `until` fall due and be told.
    fn pass(&self, until: Zoned) {
        let mut inner = self.get();
        inner.until = Some(until);
        while inner.until.is_some() && !inner.over {
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

/// What stands between a recording's path and its step in reports.
const STEP: &str = " in step ";

/// The words and recordings of a session, as the ear asks for them.
pub(super) struct Steps {
    pub(super) stage: Arc<Stage>,
    pub(super) begun: bool,
}

impl Iterator for Steps {
    type Item = Recording;

    fn next(&mut self) -> Option<Recording> {
        if !std::mem::replace(&mut self.begun, true) {
            // What fell due while Mynah was off comes first.
            self.stage.pass(self.stage.now());
        }
        loop {
            let number = {
                let mut inner = self.stage.get();
                if inner.over {
                    return None;
                }
                inner.step = inner.next;
                inner.next += 1;
                inner.step
            };
            let step = self.stage.scenario.steps.get(number)?;
            match &step.act {
                Act::Say(words) => {
                    let language = self.stage.scenario.language.clone();
                    let language = language.unwrap_or_else(|| Language::of_text(words));
                    return Some(Recording::Line { words: words.clone().into(), language });
                }
                Act::Hear(path) => {
                    let name = format!("{}{STEP}{number}", path.display());
                    let path = path.clone();
                    let open = Box::new(move || {
                        let source = FileSource::open(&path, &Limits::default());
                        source.map(|it| Box::new(it) as Box<dyn Source>).map_err(|error| Fault::from(&error))
                    });
                    return Some(Recording::Sound { name: name.into(), open });
                }
                Act::Pass(span) => self.stage.pass(self.stage.after(span)),
                Act::Sleep(span) => {
                    self.stage.set(self.stage.after(span));
                    self.stage.pass(self.stage.now());
                }
                Act::Set(time) => {
                    self.stage.set(time.clone());
                    self.stage.pass(time.clone());
                }
                Act::Restart(_) => return None,
            }
        }
    }
}

/// The skills, for whom time passes as the stage says.
pub(super) struct Timed {
    pub(super) skills: Box<dyn Perform>,
    pub(super) stage: Arc<Stage>,
}

impl Perform for Timed {
    fn perform(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Said, Fault> {
        self.skills.perform(intent, words, language)
    }

    fn run_errand(&mut self, intent: &Intent, words: &Words, language: &Language) -> Result<Done, Fault> {
        self.skills.run_errand(intent, words, language)
    }

    fn due(&mut self) -> (Vec<Due>, Duration) {
        loop {
            let until = {
                let mut inner = self.stage.get();
                // One at a time, so that each is told before time goes on.
                if inner.over || inner.told < inner.given.len() {
                    return (Vec::new(), TICK);
                }
                if let Some(due) = inner.waiting.pop_front() {
                    inner.given.push(due.id);
                    return (vec![due], TICK);
                }
                let Some(until) = inner.until.clone() else { return (Vec::new(), TICK) };
                until
            };
            let now = self.stage.now();
            let (due, wait) = self.skills.due();
            if !due.is_empty() {
                self.stage.get().waiting.extend(due);
            } else if now >= until {
                self.stage.get().until = None;
                self.stage.changed.notify_all();
            } else {
                let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
                let next = now.checked_add(wait).unwrap_or_else(|_| until.clone());
                self.stage.set(next.min(until));
            }
        }
    }

    fn heed(&mut self) {
        self.skills.heed();
    }
}

/// One who understands, and tells the stage of questions back.
pub(super) struct Overheard {
    pub(super) interpret: Box<dyn Interpret>,
    pub(super) stage: Arc<Stage>,
}

impl Interpret for Overheard {
    fn understand(&mut self, transcript: &Transcript, listening: &Listening) -> Meaning {
        self.interpret.understand(transcript, listening)
    }

    fn doing(&mut self, intents: &[Intent], at: SampleIndex) {
        self.interpret.doing(intents, at);
    }

    fn asking(&mut self, asks: Asks) {
        self.stage.get().asked = true;
        self.interpret.asking(asks);
    }

    fn saying(&mut self, words: &Words, span: std::ops::Range<SampleIndex>) {
        self.interpret.saying(words, span);
    }
}

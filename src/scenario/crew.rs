//! Crew: threads that play scenarios side by side, and one who watches that each comes to an end.
//!
//! Enters: scenarios. Leaves: their outcomes, as they come. A scenario that does not end in its time costs itself alone: its
//! thread is left behind and another takes its place. Never here: what a scenario does.

use std::{
    collections::{HashMap, VecDeque},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::Duration,
};

use futures_util::{Stream, StreamExt};
use tokio::sync::{mpsc, watch};

use super::{
    outcome::{Ending, Failure, Outcome},
    play::{Kit, Readers, late, play},
    script::Scenario,
};
use crate::{
    flow::Fault,
    mode::{Note, rehearsal::Templates},
    session::clock::Clock,
};

/// How much later than its deadline a scenario is given up that does not even notice it.
const GRACE_MS: u64 = 10_000;

/// How long those that were told to stop may take.
const STOPPING_MS: u64 = 8_000;

/// Plays scenarios.
pub struct Crew {
    /// How many at once, at least one.
    pub jobs: usize,
    /// How long each may take.
    pub deadline: Duration,
    /// The speech model, where a scenario names none; the built-in one where nobody does.
    pub model: Option<String>,
    /// Told things worth a line on standard error.
    pub note: Note,
}

/// What is told while scenarios are played.
#[derive(Debug)]
pub enum Told {
    /// One began.
    Began(String),
    /// One is over.
    Over(Outcome),
}

/// What a worker tells: its number, and what it does.
enum Word {
    Began(Box<Scenario>),
    Over(Option<Outcome>),
}

type Jobs = Arc<Mutex<VecDeque<Scenario>>>;

/// A scenario under way.
struct Running {
    clock: Clock,
    name: String,
    file: String,
    line: usize,
}

impl Crew {
    /// Plays `scenarios`, telling `tell`; whether that went to its end. An item of `interrupts` ends it.
    ///
    /// # Errors
    /// Built-in templates at fault, or no thread to be had.
    pub async fn play(
        self,
        scenarios: Vec<Scenario>,
        interrupts: impl Stream<Item = ()> + Send,
        tell: &mut (dyn FnMut(Told) + Send),
    ) -> Result<bool, Fault> {
        let most = scenarios.len().max(1);
        let kit = Arc::new(Kit {
            templates: Templates::built_in()?,
            readers: Readers::default(),
            model: self.model,
            note: self.note,
        });
        let jobs: Jobs = Arc::new(Mutex::new(scenarios.into()));
        let (stop, stopped) = watch::channel(false);
        let (told, mut words) = mpsc::unbounded_channel();
        let deadline = self.deadline;
        let hire = |number: usize| {
            let (jobs, kit, told, stopped) = (jobs.clone(), kit.clone(), told.clone(), stopped.clone());
            hire(number, move || work(number, &jobs, &kit, deadline, &stopped, &told))
        };
        let mut hired = 0..;
        let mut at_work = HashMap::<usize, Option<Running>>::new();
        for number in hired.by_ref().take(self.jobs.clamp(1, most)) {
            hire(number)?;
            at_work.insert(number, None);
        }
        let mut interrupts = std::pin::pin!(interrupts);
        let mut stopping: Option<Clock> = None;
        let mut ticks = tokio::time::interval(Duration::from_millis(500));
        while !at_work.is_empty() {
            tokio::select! {
                Some((number, word)) = words.recv() => match word {
                    // One who was given up is listened to no more.
                    _ if !at_work.contains_key(&number) => {}
                    Some(Word::Began(scenario)) => {
                        let Scenario { name, path, line, .. } = *scenario;
                        let file = path.display().to_string();
                        tell(Told::Began(name.clone()));
                        at_work.insert(number, Some(Running { clock: Clock::new(), name, file, line }));
                    }
                    Some(Word::Over(outcome)) => {
                        at_work.insert(number, None);
                        outcome.into_iter().for_each(|outcome| tell(Told::Over(outcome)));
                    }
                    None => drop(at_work.remove(&number)),
                },
                Some(()) = interrupts.next() => {
                    jobs.lock().unwrap_or_else(PoisonError::into_inner).clear();
                    stop.send_replace(true);
                    // Who asks twice does not want to wait.
                    if stopping.replace(Clock::new()).is_some() {
                        break;
                    }
                }
                _ = ticks.tick() => {}
            }
            if stopping.is_some_and(|since| since.elapsed_ms() > STOPPING_MS) {
                break;
            }
            let over = u64::try_from(deadline.as_millis()).unwrap_or(u64::MAX).saturating_add(GRACE_MS);
            let is_lost = |running: &Option<Running>| {
                running.as_ref().is_some_and(|running| running.clock.elapsed_ms() > over)
            };
            let lost: Vec<usize> =
                at_work.iter().filter(|(_, running)| is_lost(running)).map(|(number, _)| *number).collect();
            for number in lost {
                if let Some(Some(Running { clock, name, file, line })) = at_work.remove(&number) {
                    let failures = vec![late(line, deadline)];
                    let (outcome, ms) = (Ending::Hung, clock.elapsed_ms());
                    tell(Told::Over(Outcome { name, file, line, outcome, ms, failures }));
                }
                if let Some(next) = hired.next() {
                    hire(next)?;
                    at_work.insert(next, None);
                }
            }
        }
        Ok(stopping.is_none())
    }
}

/// Starts a worker.
fn hire(number: usize, work: impl FnOnce() + Send + 'static) -> Result<(), Fault> {
    let builder = thread::Builder::new().name(format!("scenario {number}"));
    #[expect(clippy::disallowed_methods, reason = "a scenario that hangs must not hold up the others")]
    let started = builder.spawn(work);
    started.map(drop).map_err(|error| Fault {
        remedy: "play fewer at once with --jobs".into(),
        ..Fault::system("start a thread", &error)
    })
}

/// Plays what waits, one after the other.
fn work(
    number: usize,
    jobs: &Jobs,
    kit: &Kit,
    deadline: Duration,
    stopped: &watch::Receiver<bool>,
    told: &mpsc::UnboundedSender<(usize, Option<Word>)>,
) {
    loop {
        let Some(scenario) = jobs.lock().unwrap_or_else(PoisonError::into_inner).pop_front() else { break };
        // Whoever listened may be gone; then there is nothing left to do.
        if told.send((number, Some(Word::Began(Box::new(scenario.clone()))))).is_err() {
            return;
        }
        let (name, file, line) = (scenario.name.clone(), scenario.path.display().to_string(), scenario.line);
        let played = catch_unwind(AssertUnwindSafe(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map(|runtime| {
                let outcome = runtime.block_on(play(scenario, kit, deadline, stopped.clone()));
                runtime.shutdown_background();
                outcome
            })
        }));
        let outcome = match played {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(error)) => Some(broken(name, file, line, error.to_string())),
            Err(_) => Some(broken(
                name,
                file,
                line,
                "a fault of the program; its place is on standard error".into(),
            )),
        };
        if told.send((number, Some(Word::Over(outcome)))).is_err() {
            return;
        }
    }
    // The last word; whoever listened may be gone.
    told.send((number, None)).ok();
}

fn broken(name: String, file: String, line: usize, found: String) -> Outcome {
    let failure = Failure { line, what: "session".into(), expected: "a session".into(), found };
    Outcome { name, file, line, outcome: Ending::Failed, ms: 0, failures: vec![failure] }
}

//! Play: one scenario from its first step to its last, over as many sessions as it restarts.
//!
//! Enters: a scenario. Leaves: what came of it. Its home goes with it. Never here: a verdict; that is the judge's.

use std::{
    collections::HashMap,
    path::Path,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use futures_util::{Stream, StreamExt, stream};
use tokio::sync::watch;

use super::{
    judge::judge,
    model::Model,
    outcome::{Ending, Failure, Outcome},
    script::{Act, Scenario},
    stage::{Overheard, Stage, Steps, Timed},
};
use crate::{
    flow::{Fault, Transcript, Utterance},
    mode::{
        Note,
        rehearsal::{self, Rehearsal, Templates},
    },
    models::BUILT_IN_NAME,
    session::{self, clock::Clock},
    settings::{Settings, Surroundings, alone},
    store::Store,
    transcribe::{Abort, Reader, TranscribeError},
};

/// What all scenarios share.
pub(super) struct Kit {
    pub(super) templates: Templates,
    pub(super) readers: Readers,
    /// The speech model, where a scenario names none.
    pub(super) model: Option<String>,
    pub(super) note: Note,
}

/// Speech models by how they are set up, each loaded once.
#[derive(Default)]
pub(super) struct Readers(Mutex<HashMap<String, Shared>>);

/// A speech model that scenarios take turns with.
#[derive(Clone)]
struct Shared(Arc<Mutex<Box<dyn Reader>>>);

impl Reader for Shared {
    fn read(&mut self, utterance: &Utterance, abort: &Abort) -> Result<Transcript, TranscribeError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(utterance, abort)
    }
}

impl Readers {
    fn reader(&self, settings: &Settings, wake: bool, note: &Note) -> Result<Box<dyn Reader>, Fault> {
        let Settings { model, language, script, threads, models_directory, .. } = settings;
        let phrases = wake.then_some((&settings.wake_phrases, &settings.stop_words));
        let key = format!("{model:?} {language:?} {script:?} {threads:?} {models_directory:?} {phrases:?}");
        // Whoever wants the same meanwhile waits for it.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(reader) = known.get(&key) {
            return Ok(Box::new(reader.clone()));
        }
        let reader = Shared(Arc::new(Mutex::new(rehearsal::reader(settings, wake, &**note)?)));
        known.insert(key, reader.clone());
        Ok(Box::new(reader))
    }
}

/// Plays `scenario`, which may take as long as `deadline`; nothing comes of one that was stopped.
pub(super) async fn play(
    scenario: Scenario,
    kit: &Kit,
    deadline: Duration,
    stop: watch::Receiver<bool>,
) -> Option<Outcome> {
    let clock = Clock::new();
    let stage = Stage::new(scenario);
    let played = tokio::time::timeout(deadline, sessions(&stage, kit, &stop)).await;
    stage.end();
    if *stop.borrow() {
        return None;
    }
    let scenario = &stage.scenario;
    let at = scenario.steps.get(stage.step()).map_or(scenario.line, |step| step.line);
    let judged = || -> Vec<Failure> {
        let found = stage.found();
        scenario.steps.iter().zip(&found).flat_map(|(step, found)| judge(step, found)).collect()
    };
    let (outcome, failures) = match played {
        Ok(Ok(unfit)) => {
            let failures: Vec<Failure> = judged().into_iter().chain(unfit).collect();
            (if failures.is_empty() { Ending::Passed } else { Ending::Failed }, failures)
        }
        Ok(Err(fault)) => {
            let told = Failure {
                line: scenario.line,
                what: "session".into(),
                expected: "a session".into(),
                found: format!("{} ({}; {})", fault.kind, fault.message, fault.remedy),
            };
            (Ending::Failed, vec![told])
        }
        Err(_) => (Ending::Hung, vec![late(at, deadline)]),
    };
    let (name, file, line) = (scenario.name.clone(), scenario.path.display().to_string(), scenario.line);
    Some(Outcome { name, file, line, outcome, ms: clock.elapsed_ms(), failures })
}

/// What is told of a scenario that was under way at `line` when its time was over.
pub(super) fn late(line: usize, deadline: Duration) -> Failure {
    Failure {
        line,
        what: "deadline".into(),
        expected: format!("its end within {} s", deadline.as_secs()),
        found: "this step still under way".into(),
    }
}

/// Plays all sessions; what did not fit the language model's answers.
async fn sessions(
    stage: &Arc<Stage>,
    kit: &Kit,
    stop: &watch::Receiver<bool>,
) -> Result<Vec<Failure>, Fault> {
    let home = tempfile::tempdir().map_err(|error| Fault::system("make a folder", &error))?;
    let scenario = &stage.scenario;
    let model = Model::start(scenario.answers.clone(), scenario.line).await;
    let model = model.map_err(|error| Fault::system("serve a language model on this machine", &error))?;
    keep(scenario, home.path())?;
    let talk = async {
        loop {
            let begun = stage.begun();
            let parts = rehearsal(stage, kit, home.path(), &model.url(), stop)?;
            let mut report = |turn: &crate::report::TurnReport| {
                stage.report(turn);
                true
            };
            let ended = session::run(parts, &mut report).await;
            ended.map_err(|error| Fault::system("start a thread", &error))?;
            stage.be_off();
            let restarts = scenario.steps.get(stage.step()).map(|step| &step.act);
            // One that ended before its script does not begin again.
            if !matches!(restarts, Some(Act::Restart(_))) || stage.begun() == begun {
                break;
            }
        }
        Ok::<(), Fault>(())
    };
    tokio::select! {
        ended = talk => ended?,
        never = model.serve() => match never {},
    }
    Ok(model.failures())
}

/// Keeps what the scenario finds stored.
fn keep(scenario: &Scenario, home: &Path) -> Result<(), Fault> {
    if scenario.stored.is_empty() {
        return Ok(());
    }
    let mut store = Store::open(&home.join("mynah.db")).map_err(|error| Fault::from(&error))?;
    for entry in &scenario.stored {
        store.add(entry.clone()).map_err(|error| Fault::from(&error))?;
    }
    Ok(())
}

/// The rooms of one session.
fn rehearsal(
    stage: &Arc<Stage>,
    kit: &Kit,
    home: &Path,
    url: &str,
    stop: &watch::Receiver<bool>,
) -> Result<session::Parts, Fault> {
    let scenario = &stage.scenario;
    let settings = settings(stage, kit, home, url)?;
    let aloud = scenario.steps.iter().any(|step| matches!(step.act, Act::Hear(_)));
    let reader = if aloud { Some(kit.readers.reader(&settings, scenario.wake, &kit.note)?) } else { None };
    let rehearsal = Rehearsal {
        wall: stage.wall(),
        recordings: Box::new(Steps { stage: stage.clone(), begun: false }),
        reader,
        templates: kit.templates.clone(),
        wake: scenario.wake,
        interrupted: stopped(stop.clone()),
        note: kit.note.clone(),
    };
    let mut parts = rehearsal.build(settings)?;
    parts.perform = Box::new(Timed { skills: parts.perform, stage: stage.clone() });
    parts.interpret = Box::new(Overheard { interpret: parts.interpret, stage: stage.clone() });
    Ok(parts)
}

/// The settings: the shipped ones, what the scenario says, and its home.
fn settings(stage: &Stage, kit: &Kit, home: &Path, url: &str) -> Result<Settings, Fault> {
    let scenario = &stage.scenario;
    let mut layers = crate::settings::Layers::default();
    let text = |name: &str| home.join(name).display().to_string();
    let model = kit.model.as_deref().unwrap_or(BUILT_IN_NAME);
    let laid = layers.lay_text("transcribe.model", model, "--model").and_then(|()| {
        layers.lay(scenario.layers.clone());
        layers.lay_text("network.ledger", &text("ledger.jsonl"), "the scenario's home")?;
        layers.lay_text("wake.samples", &text("wake"), "the scenario's home")?;
        layers.lay_text("control.socket", &text("control.sock"), "the scenario's home")?;
        if scenario.answers.is_empty() {
            return Ok(());
        }
        layers.lay_text("endpoint.llamacpp.url", url, "the scenario's answers")?;
        layers.lay_text("endpoint.llamacpp.attested", "true", "the scenario's answers")
    });
    let zone = stage.now().time_zone().iana_name().map(str::to_owned);
    let settings = laid.and_then(|()| alone(layers, Surroundings { zone, locale: None }));
    settings.map_err(|error| Fault::from(&error))
}

/// Gives something when all is to stop.
fn stopped(mut stop: watch::Receiver<bool>) -> Pin<Box<dyn Stream<Item = ()> + Send>> {
    let wish = stream::once(async move {
        if stop.wait_for(|stop| *stop).await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    Box::pin(wish.chain(stream::pending()))
}

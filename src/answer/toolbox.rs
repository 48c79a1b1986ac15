//! Toolbox: the calls of one answer, within their limits.
//!
//! Enters: the calls of each round. Leaves: what each is told, and whether the model may call again. Never here: the same
//! change twice in one answer, a call beyond the limits, two calls at a time: what one does, the next may build on.

use std::{future::Future, pin::pin, time::Duration};

use serde_json::{Map, Value};
use tokio::time::interval;

use super::{
    ask::Request,
    claims::Confirmed,
    tool::{Asked, Function, OnDevice, Outcome, Told},
    tool_calls::Call,
};

/// How often a model may ask its tools for one answer.
const ROUNDS: usize = 4;

/// Calls that are looked at in one answer.
const CALLS: usize = 8;

/// Changes that one answer may make.
const CHANGES: usize = 3;

/// How functions begin whose deeds are timers, alarms and reminders.
const RINGS: [&str; 3] = ["timer_", "alarm_", "reminder_"];

/// What a function is called where there is none of the name.
const UNKNOWN: &str = "unknown";

/// Longest arguments of a call, bytes.
const ARGUMENTS: usize = 4 * 1024;

/// How long all calls of an answer may take together, beside the model's own time; the call during which it is over still
/// ends by itself. Counted in ticks.
const TIME: u32 = 20_000 / TICK;
const TICK: u32 = 100;

/// The tools of one answer.
pub(super) struct Toolbox<'a> {
    device: &'a dyn OnDevice,
    functions: &'a [Function],
    request: &'a Request,
    rounds: usize,
    calls: usize,
    ticks: u32,
    /// The changes that were made, or may have been.
    changes: Vec<(String, Map<String, Value>)>,
    confirmed: Confirmed,
    /// What the device said in this answer, fit to be spoken.
    said: Vec<String>,
}

impl<'a> Toolbox<'a> {
    /// For an answer to `request`, which may use `functions` of `device`.
    pub(super) const fn new(
        device: &'a dyn OnDevice,
        functions: &'a [Function],
        request: &'a Request,
    ) -> Self {
        Self {
            device,
            functions,
            request,
            rounds: 0,
            calls: 0,
            ticks: 0,
            changes: Vec::new(),
            confirmed: Confirmed { rings: false, others: false, waits: false, looked: false },
            said: Vec::new(),
        }
    }

    /// Whether the model may call again.
    pub(super) const fn is_open(&self) -> bool {
        self.rounds < ROUNDS && self.calls < CALLS && self.ticks < TIME
    }

    /// What the device confirmed.
    pub(super) const fn confirmed(&self) -> Confirmed {
        self.confirmed
    }

    /// What the device said since this was asked last.
    pub(super) fn take_said(&mut self) -> Vec<String> {
        std::mem::take(&mut self.said)
    }

    /// What each of `calls` is told.
    pub(super) async fn round(&mut self, calls: &[Call]) -> Vec<String> {
        self.rounds += 1;
        self.said.clear();
        let mut results = Vec::with_capacity(calls.len());
        for call in calls {
            let told = self.one(call).await;
            let known = self.functions.iter().any(|function| function.name == call.name);
            self.request.ran.note(if known { &call.name } else { UNKNOWN }, told.outcome);
            tracing::debug!(outcome = told.outcome.word(), "a language model called a function");
            let own = told.by.is_none() && !told.words.trim().is_empty();
            if matches!(told.outcome, Outcome::Done | Outcome::Answered) && own {
                self.said.push(told.words.clone());
            }
            let rings = told.by.is_none() && RINGS.iter().any(|rings| call.name.starts_with(rings));
            self.confirmed.rings |= told.outcome == Outcome::Done && rings;
            self.confirmed.others |= told.outcome == Outcome::Done && !rings;
            self.confirmed.waits |= told.outcome == Outcome::NeedsYes;
            self.confirmed.looked |= told.outcome == Outcome::Answered && told.by.is_some();
            results.push(told.result());
        }
        results
    }

    async fn one(&mut self, call: &Call) -> Told {
        if self.calls >= CALLS || self.ticks >= TIME {
            return Told::refused("too much was asked for in one answer");
        }
        self.calls += 1;
        let Some(function) = self.functions.iter().find(|function| function.name == call.name) else {
            return Told::refused("there is no such function");
        };
        if call.arguments.len() > ARGUMENTS {
            return Told::refused("the arguments are too long");
        }
        let arguments = match call.arguments.trim() {
            "" => Map::new(),
            text => match serde_json::from_str(text) {
                Ok(Value::Object(arguments)) => arguments,
                _ => return Told::refused("the arguments must be a JSON object"),
            },
        };
        let change = (function.name.clone(), arguments);
        if function.changes && self.changes.contains(&change) {
            return Told::refused("this was done already in this answer, and is not done again");
        }
        if function.changes && self.changes.len() >= CHANGES {
            return Told::refused("no more than three changes are made in one answer");
        }
        let asked = Asked {
            name: &change.0,
            arguments: &change.1,
            words: &self.request.words,
            language: &self.request.language,
        };
        let told = timed(self.device.call(asked), &mut self.ticks).await;
        if function.changes && matches!(told.outcome, Outcome::Done | Outcome::Unknown) {
            self.changes.push(change);
        }
        told
    }
}

/// What `work` gives; meanwhile `ticks` are counted.
async fn timed<T>(work: impl Future<Output = T>, ticks: &mut u32) -> T {
    let mut work = pin!(work);
    let mut clock = interval(Duration::from_millis(u64::from(TICK)));
    clock.tick().await; // the first comes at once
    loop {
        tokio::select! {
            biased;
            result = &mut work => return result,
            _ = clock.tick() => *ticks = ticks.saturating_add(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{pin::Pin, sync::Mutex};

    use serde_json::json;

    use super::*;
    use crate::{
        answer::{History, Ran, Situation},
        flow::Language,
        policy::Month,
        units::TurnId,
    };

    /// Does whatever it is asked, and takes `ms` for each.
    #[derive(Debug)]
    struct Willing {
        functions: Vec<Function>,
        done: Mutex<Vec<String>>,
        ms: u64,
    }

    impl Willing {
        fn new(ms: u64) -> Self {
            let function = |name: &str, changes| Function {
                name: name.to_owned(),
                description: String::new(),
                parameters: json!({ "type": "object", "properties": {} }),
                changes,
            };
            let functions = vec![function("timer_set", true), function("timer_list", false)];
            Self { functions, done: Mutex::default(), ms }
        }
    }

    impl OnDevice for Willing {
        fn functions(&self) -> &[Function] {
            &self.functions
        }

        fn call<'a>(&'a self, asked: Asked<'a>) -> Pin<Box<dyn Future<Output = Told> + Send + 'a>> {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(self.ms)).await;
                self.done.lock().unwrap().push(asked.name.to_owned());
                let outcome = if asked.name == "timer_set" { Outcome::Done } else { Outcome::Answered };
                Told { outcome, words: "Yes.".into(), by: None }
            })
        }
    }

    fn request() -> Request {
        Request {
            turn: TurnId(1),
            words: "w".into(),
            language: Language::ENGLISH,
            month: Month::new(2026, 11).unwrap(),
            situation: Situation::default(),
            history: History::default(),
            ran: Ran::default(),
            verbatim: None,
        }
    }

    fn call(name: &str, arguments: &str) -> Call {
        Call { id: "a".into(), name: name.into(), arguments: arguments.into(), extra: None }
    }

    fn outcomes(results: &[String]) -> Vec<String> {
        let read = |result: &String| serde_json::from_str::<Value>(result).unwrap()["outcome"].clone();
        results.iter().map(|result| read(result).as_str().unwrap().to_owned()).collect()
    }

    #[tokio::test]
    async fn an_answer_makes_three_changes_at_most_and_none_twice() {
        let (device, request) = (Willing::new(0), request());
        let mut toolbox = Toolbox::new(&device, device.functions(), &request);
        let seconds: Vec<Call> =
            [1, 1, 2, 3, 4].map(|n| call("timer_set", &format!("{{\"seconds\":{n}}}"))).into();
        let results = toolbox.round(&seconds).await;
        assert_eq!(outcomes(&results), ["done", "refused", "done", "done", "refused"]);
        assert_eq!(device.done.lock().unwrap().len(), 3);
        assert!(toolbox.confirmed().rings && toolbox.is_open());
        assert_eq!(outcomes(&toolbox.round(&[call("timer_list", "")]).await), ["answered"]);
        let ran = request.ran.calls();
        assert_eq!((ran.len(), ran[5].clone()), (6, ("timer_list".to_owned(), Outcome::Answered)));
    }

    #[tokio::test]
    async fn what_is_no_call_reaches_no_device() {
        let (device, request) = (Willing::new(0), request());
        for (name, arguments) in [
            ("timer_explode", "{}".to_owned()),
            ("", "{}".to_owned()),
            ("timer_list", "[]".to_owned()),
            ("timer_list", "{".to_owned()),
            ("timer_list", "null".to_owned()),
            ("timer_list", format!("{{\"a\":\"{}\"}}", "x".repeat(ARGUMENTS))),
            ("timer_list", "[".repeat(3_000)),
        ] {
            let mut toolbox = Toolbox::new(&device, device.functions(), &request);
            assert_eq!(outcomes(&toolbox.round(&[call(name, &arguments)]).await), ["refused"], "{name}");
            assert_eq!(toolbox.confirmed(), Confirmed::default());
        }
        assert!(device.done.lock().unwrap().is_empty());
    }

    #[tokio::test]
    async fn rounds_calls_and_time_have_an_end() {
        let (device, request) = (Willing::new(0), request());
        let mut toolbox = Toolbox::new(&device, device.functions(), &request);
        for _ in 0..ROUNDS {
            assert!(toolbox.is_open());
            toolbox.round(&[call("timer_list", "{}")]).await;
        }
        assert!(!toolbox.is_open());
        let mut toolbox = Toolbox::new(&device, device.functions(), &request);
        let many = vec![call("timer_list", "{}"); CALLS + 2];
        let results = outcomes(&toolbox.round(&many).await);
        assert!(
            results[CALLS..].iter().all(|outcome| outcome == "refused") && results[CALLS - 1] == "answered"
        );
        assert!(!toolbox.is_open());
        let slow = Willing::new(250);
        let mut toolbox = Toolbox::new(&slow, slow.functions(), &request);
        toolbox.ticks = TIME - 1;
        let results = toolbox.round(&[call("timer_list", "{}"), call("timer_list", "{}")]).await;
        assert_eq!(outcomes(&results), ["answered", "refused"], "one that is begun ends by itself");
        assert!(!toolbox.is_open());
    }
}

//! Tools: what language models may have done on this device.
//!
//! Enters: calls. Leaves: what each came to. Functions with `__` in their names are other programs'. Sums, units and the time are asked with a sentence, as `on_device`: a small
//! model writes one more surely than a unit's key. All else is a function of its own, done on the thread that does what
//! the user asks for. Never here: something that needs the user's yes, done without it.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, OnceLock},
};

use serde_json::json;

use super::{on_device::Told as Telling, servers::Programs};
use crate::{
    answer::{Asked, Function, OnDevice, Outcome, Told},
    mcp::BETWEEN,
    session::{Errand, Errands},
    understand::{Called, Understanding},
    units::Words,
};

const ON_DEVICE: &str = "on_device";

const ABOUT: &str = "Asks the user's own device, which answers at once and exactly: the time, the date and the day of the \
    week, here or elsewhere; sums; conversion of units. It only answers, and changes nothing.";

/// Longest request of `on_device` that is looked at, in characters: half a minute of speech.
const LONGEST: usize = 300;

/// What models may have done.
pub(super) struct Tools {
    telling: Telling,
    errands: Errands,
    programs: Arc<Programs>,
    /// Made when first asked.
    functions: OnceLock<Vec<Function>>,
}

impl Tools {
    /// What `telling` tells, what can be done by `errands`, and what `programs` do.
    pub(super) const fn new(telling: Telling, errands: Errands, programs: Arc<Programs>) -> Self {
        Self { telling, errands, programs, functions: OnceLock::new() }
    }

    fn ask(&self, asked: &Asked<'_>) -> Told {
        let arguments = asked.arguments;
        let request = arguments.get("request").and_then(serde_json::Value::as_str).map(str::trim);
        let Some(request) = request.filter(|_| arguments.len() == 1) else {
            return refused("on_device takes the text `request` and nothing else".to_owned());
        };
        if request.chars().nth(LONGEST).is_some() {
            return refused("the request is too long for a sentence".to_owned());
        }
        match self.telling.answer(&Words::from(request)) {
            Some(words) if !words.is_blank() => {
                Told { outcome: Outcome::Answered, words: words.as_str().to_owned(), by: None }
            }
            _ => refused("this device has no answer to that".to_owned()),
        }
    }

    async fn act(&self, asked: Asked<'_>) -> Told {
        let called = self.telling.understanding().call(asked.name, asked.arguments);
        let Called { intent, changes, confirm } = match called {
            Ok(called) => called,
            Err(why) => return refused(why),
        };
        if let Some(question) = confirm {
            self.errands.needs_yes(intent, question.in_language(asked.language).into());
            return Told { outcome: Outcome::NeedsYes, words: String::new(), by: None };
        }
        let errand = self.errands.run(intent, asked.words.clone(), asked.language.clone()).await;
        let (outcome, words) = match errand {
            Errand::Done(done) => {
                let outcome = if changes && done.changed { Outcome::Done } else { Outcome::Answered };
                (outcome, done.words.as_str().to_owned())
            }
            Errand::Failed(fault) => (Outcome::Failed, fault.message),
            Errand::Not => (Outcome::Failed, "the device is busy with something else".to_owned()),
            Errand::Unknown => (Outcome::Unknown, String::new()),
        };
        Told { outcome, words, by: None }
    }
}

/// All that is offered of what `understanding` knows.
fn functions(understanding: &Understanding) -> Vec<Function> {
    let request = json!({
        "type": "string",
        "description": "One short sentence in English or Mandarin as a person would say it, such as \"what time is it \
            in Tokyo\" or \"what is 17 percent of 240\".",
    });
    let ask = Function {
        name: ON_DEVICE.to_owned(),
        description: ABOUT.to_owned(),
        parameters: json!({ "type": "object", "properties": { "request": request }, "required": ["request"] }),
        changes: false,
    };
    let offered = understanding.offers().iter().map(|offer| Function {
        name: offer.name.clone(),
        description: offer.about.clone(),
        parameters: offer.schema(),
        changes: offer.changes,
    });
    std::iter::once(ask).chain(offered).collect()
}

fn refused(why: String) -> Told {
    Told { outcome: Outcome::Refused, words: why, by: None }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tools").finish_non_exhaustive()
    }
}

impl OnDevice for Tools {
    fn functions(&self) -> &[Function] {
        self.functions.get_or_init(|| functions(self.telling.understanding()))
    }

    fn others(&self) -> Pin<Box<dyn Future<Output = Vec<Function>> + Send + '_>> {
        Box::pin(self.programs.functions())
    }

    fn passes_on_to(&self) -> Vec<String> {
        self.programs.endpoints()
    }

    fn call<'a>(&'a self, asked: Asked<'a>) -> Pin<Box<dyn Future<Output = Told> + Send + 'a>> {
        Box::pin(async move {
            if asked.name == ON_DEVICE {
                self.ask(&asked)
            } else if asked.name.contains(BETWEEN) {
                self.programs.call(&asked, &self.errands).await
            } else {
                self.act(asked).await
            }
        })
    }
}

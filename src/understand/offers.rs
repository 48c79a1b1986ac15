//! Offers: what a language model may ask this device for, by a function's name and with values instead of a sentence.
//!
//! Enters: the table `tool` of an intent and the slots of its templates; later a call's arguments. Leaves: the function's
//! JSON Schema; an [`Intent`] as if it had been said, or what is wrong with the call, for the model to read. Never here: a
//! value that was not understood and passes all the same, or a word of the arguments in what is told of them.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::{
    duration,
    grammar::{Kind, Node},
    tokens::Tokenizer,
    when,
};
use crate::flow::{Intent, Language, Slot, SlotValue, When};

/// Most characters of a name, of free words, and of a moment.
const LABEL: usize = 40;
const TEXT: usize = 200;
const MOMENT: usize = 80;

/// The table `tool` of an intent.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// What the function does, for the model.
    about: String,
    /// The slots that must be given.
    #[serde(default)]
    needs: Vec<String>,
    /// Whether something is other than before when it was done.
    #[serde(default)]
    changes: bool,
    /// The slot with which the user is asked first, or "always".
    #[serde(default)]
    confirm: Option<String>,
    /// By which words.
    #[serde(default)]
    question: Option<Question>,
}

/// What the user is asked before something is done, in the languages that the skills speak.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    en: String,
    zh: String,
}

impl Question {
    /// In `language`, or in English.
    #[must_use]
    pub fn in_language(&self, language: &Language) -> &str {
        if *language == Language::MANDARIN { &self.zh } else { &self.en }
    }
}

/// What a slot takes from a model.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Takes {
    Seconds,
    Moment,
    Number,
    Percent,
    Label,
    Text,
    /// Whether it is so: a slot of one constant value.
    Flag(String),
    /// One of several constant values.
    OneOf(Vec<String>),
}

/// One slot of a function.
#[derive(Debug, Clone)]
struct Place {
    name: &'static str,
    takes: Takes,
    needed: bool,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Its name as providers allow it: `timer_set`.
    pub name: String,
    /// What it does, for the model.
    pub about: String,
    /// Whether something is other than before when it was done.
    pub changes: bool,
    intent: String,
    /// The slot with which the user is asked first, or "always", and the question.
    confirm: Option<(String, Question)>,
    places: Vec<Place>,
}

/// A call that can be carried out.
#[derive(Debug, Clone, PartialEq)]
pub struct Called {
    /// What is asked for.
    pub intent: Intent,
    /// Whether something is other than before when it was done.
    pub changes: bool,
    /// What the user is asked where nothing of it may happen before they said yes.
    pub confirm: Option<Question>,
}

impl Offer {
    /// The function of `intent`, whose sentences are `templates`; or what is wrong with `table`.
    pub(super) fn new(intent: &str, table: Table, templates: &[Vec<Node>]) -> Result<Self, String> {
        let mut found = Vec::new();
        templates.iter().for_each(|nodes| gather(nodes, &mut found));
        let mut places: Vec<Place> = Vec::new();
        for (name, _) in &found {
            if places.iter().any(|place| place.name == *name) {
                continue;
            }
            let said: Vec<&Filled> = found.iter().filter(|(of, _)| of == name).map(|(_, by)| by).collect();
            let takes = takes(&said).ok_or_else(|| format!("a function cannot take the slot `{name}`"))?;
            places.push(Place { name, takes, needed: table.needs.iter().any(|needed| needed == name) });
        }
        let known = |slot: &String| places.iter().any(|place| place.name == *slot);
        if let Some(slot) = table.needs.iter().find(|slot| !known(slot)) {
            return Err(format!("`needs` names the slot `{slot}`, which no template has"));
        }
        if let Some(slot) = table.confirm.as_ref().filter(|slot| *slot != "always" && !known(slot)) {
            return Err(format!("`confirm` is \"always\" or the name of a slot, not `{slot}`"));
        }
        if table.confirm.is_some() && !table.changes {
            return Err("only what changes something is confirmed".to_owned());
        }
        let Table { about, changes, confirm, question, .. } = table;
        if confirm.is_some() != question.is_some() {
            return Err("`confirm` and `question` need each other".to_owned());
        }
        let confirm = confirm.zip(question);
        Ok(Self {
            name: intent.replace('.', "_"),
            about,
            changes,
            intent: intent.to_owned(),
            confirm,
            places,
        })
    }

    /// Its arguments as JSON Schema.
    #[must_use]
    pub fn schema(&self) -> Value {
        let properties: Map<String, Value> =
            self.places.iter().map(|place| (place.name.to_owned(), place.takes.schema())).collect();
        let needed: Vec<&str> =
            self.places.iter().filter(|place| place.needed).map(|place| place.name).collect();
        json!({ "type": "object", "properties": properties, "required": needed })
    }

    /// What `arguments` ask for, or what is wrong with them.
    pub(super) fn call(
        &self,
        arguments: &Map<String, Value>,
        tokenizer: &Tokenizer,
    ) -> Result<Called, String> {
        if arguments.keys().any(|name| self.places.iter().all(|place| place.name != name)) {
            let known: Vec<&str> = self.places.iter().map(|place| place.name).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            return Err(format!("there is an argument that this function does not have; it has: {known}"));
        }
        let mut slots = Vec::new();
        for place in &self.places {
            let value = arguments.get(place.name).unwrap_or(&Value::Null);
            match place.takes.read(value, tokenizer).map_err(|wants| format!("`{}` {wants}", place.name))? {
                Some(value) => slots.push(Slot { name: place.name, value, span: 0..0 }),
                None if place.needed => return Err(format!("`{}` is missing", place.name)),
                None => {}
            }
        }
        let said = |name: &str| slots.iter().any(|slot| slot.name == name);
        let confirm = self.confirm.as_ref().filter(|(slot, _)| slot == "always" || said(slot));
        let confirm = confirm.map(|(_, question)| question.clone());
        let intent = Intent { name: self.intent.clone(), slots };
        Ok(Called { intent, changes: self.changes, confirm })
    }
}

/// What fills a slot in a template.
enum Filled {
    By(Kind),
    With(String),
}

fn gather(nodes: &[Node], found: &mut Vec<(&'static str, Filled)>) {
    for node in nodes {
        match node {
            Node::Word(_) => {}
            Node::Slot { name, kind } => found.push((name, Filled::By(*kind))),
            Node::Constant(constant) => {
                found.push((constant.name, Filled::With(constant.value.clone())));
            }
            Node::Choice(choices) => choices.iter().for_each(|nodes| gather(nodes, found)),
            Node::Phrase(nodes) => gather(nodes, found),
        }
    }
}

/// What a slot takes that is filled so; nothing, where a model cannot well give that.
fn takes(said: &[&Filled]) -> Option<Takes> {
    let mut constants = Vec::new();
    let mut taken: Option<Takes> = None;
    for filled in said {
        let one = match filled {
            Filled::With(value) => {
                if !constants.contains(value) {
                    constants.push(value.clone());
                }
                continue;
            }
            Filled::By(Kind::Duration | Kind::MoreDuration) => Takes::Seconds,
            Filled::By(Kind::When | Kind::BareWhen | Kind::Repeat) => Takes::Moment,
            Filled::By(Kind::Number) => Takes::Number,
            Filled::By(Kind::Percent) => Takes::Percent,
            Filled::By(Kind::Label) => Takes::Label,
            Filled::By(Kind::Text | Kind::Rest) => Takes::Text,
            Filled::By(
                Kind::Arithmetic
                | Kind::Currency
                | Kind::Device(_)
                | Kind::Unit
                | Kind::Day
                | Kind::Place
                | Kind::KnownPlace
                | Kind::Anything,
            ) => return None,
        };
        taken = match (taken, one) {
            (None, one) => Some(one),
            (Some(before), one) if before == one => Some(before),
            // What can be said as a name is one, however else it may be said.
            (Some(Takes::Label | Takes::Text), Takes::Label | Takes::Text) => Some(Takes::Label),
            _ => return None,
        };
    }
    match (taken, constants.as_slice()) {
        (Some(taken), []) => Some(taken),
        (None, [one]) => Some(Takes::Flag(one.clone())),
        (None, [_, ..]) => Some(Takes::OneOf(constants)),
        _ => None,
    }
}

impl Takes {
    fn schema(&self) -> Value {
        match self {
            Self::Seconds => {
                json!({ "type": "number", "description": "A length of time in seconds.", "minimum": 1, "maximum": duration::LONGEST_S })
            }
            Self::Moment => json!({
                "type": "string", "maxLength": MOMENT,
                "description": "A moment as the user would say it, such as \"tomorrow at 7 am\", \"in 20 minutes\", \
                    \"every weekday at 6:30\" or 明天早上七点; or 2027-07-04T07:00.",
            }),
            Self::Number => json!({ "type": "number" }),
            Self::Percent => json!({ "type": "number", "minimum": 0, "maximum": 100 }),
            Self::Label => {
                json!({ "type": "string", "description": "A name of one to four words, in the user's words.", "maxLength": LABEL })
            }
            Self::Text => {
                json!({ "type": "string", "description": "In the user's words.", "maxLength": TEXT })
            }
            Self::Flag(_) => json!({ "type": "boolean" }),
            Self::OneOf(values) => json!({ "type": "string", "enum": values }),
        }
    }

    /// `value` as a slot's; nothing where nothing is given, or what this takes instead.
    fn read(&self, value: &Value, tokenizer: &Tokenizer) -> Result<Option<SlotValue>, String> {
        let text =
            |most: usize| match value {
                Value::String(text) if text.chars().nth(most).is_some() => {
                    Err(format!("takes {most} characters at most"))
                }
                Value::String(text) => Ok(Some(text.split_whitespace().collect::<Vec<_>>().join(" "))
                    .filter(|text| !text.is_empty())),
                _ => Err("takes text".to_owned()),
            };
        let number = |least: f64, most: f64| {
            let number = value.as_f64().ok_or_else(|| "takes a number".to_owned())?;
            let fits = number.is_finite() && (least..=most).contains(&number);
            fits.then_some(Some(SlotValue::Number(number)))
                .ok_or_else(|| format!("takes a number from {least} to {most}"))
        };
        if value.is_null() {
            return Ok(None);
        }
        match self {
            Self::Seconds => number(1.0, duration::LONGEST_S),
            Self::Percent => number(0.0, 100.0),
            Self::Number => number(-1e15, 1e15),
            Self::Moment => {
                let Some(text) = text(MOMENT)? else { return Ok(None) };
                let when = moment(&text, tokenizer);
                when.map(|when| Some(SlotValue::When(when))).ok_or_else(|| {
                    "takes a moment such as \"tomorrow at 7 am\" or \"every weekday at 6:30\"; this was not understood"
                        .to_owned()
                })
            }
            Self::Label => Ok(text(LABEL)?.map(SlotValue::Text)),
            Self::Text => Ok(text(TEXT)?.map(SlotValue::Text)),
            Self::Flag(constant) => match value {
                Value::Bool(so) => Ok(so.then(|| SlotValue::Text(constant.clone()))),
                _ => Err("takes true or false".to_owned()),
            },
            Self::OneOf(values) => match text(TEXT)? {
                Some(one) if values.contains(&one) => Ok(Some(SlotValue::Text(one))),
                _ => Err(format!("takes one of {}", values.join(", "))),
            },
        }
    }
}

/// The moment that all of `text` says, to those who hear it or as programs write it.
fn moment(text: &str, tokenizer: &Tokenizer) -> Option<When> {
    if let Ok(at) = text.parse::<jiff::civil::DateTime>()
        && text.contains(':')
    {
        let time = crate::flow::TimeOfDay {
            hour: u8::try_from(at.hour()).ok()?,
            minute: u8::try_from(at.minute()).ok()?,
            either_half: false,
        };
        return Some(When { day: Some(at.date().to_string()), time: Some(time), ..When::default() });
    }
    let words = tokenizer.words(text);
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let language = Language::of_text(text);
    let mut readings = when::readings(&words, &language, true).into_iter();
    readings.find(|(_, length)| *length == words.len()).map(|(when, _)| when)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::Understanding;

    fn call(name: &str, arguments: Value) -> Result<Called, String> {
        Understanding::new().unwrap().call(name, arguments.as_object().unwrap())
    }

    #[test]
    fn the_functions_are_few_and_named_as_every_provider_allows() {
        let understanding = Understanding::new().unwrap();
        let offers = understanding.offers();
        assert!((8..=16).contains(&offers.len()));
        for offer in offers {
            assert!(offer.name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", offer.name);
            assert!(offer.name.len() < 64 && offer.about.len() < 300);
            let schema = offer.schema();
            assert!(jsonschema::meta::is_valid(&schema), "{schema}");
            for needed in schema["required"].as_array().unwrap() {
                assert!(schema["properties"].get(needed.as_str().unwrap()).is_some());
            }
        }
        let set = offers.iter().find(|offer| offer.name == "timer_set").unwrap();
        assert_eq!(set.schema()["required"], json!(["seconds"]));
        assert_eq!(set.schema()["properties"]["seconds"]["type"], "number");
        assert!(set.changes);
    }

    #[test]
    fn a_call_is_what_would_have_been_said() {
        let slot = |called: &Called, name: &str| called.intent.slot(name).cloned();
        let timer = call("timer_set", json!({ "seconds": 300, "label": " the  pasta " })).unwrap();
        assert_eq!((timer.intent.name.as_str(), timer.changes, &timer.confirm), ("timer.set", true, &None));
        assert_eq!(slot(&timer, "seconds"), Some(SlotValue::Number(300.0)));
        assert_eq!(slot(&timer, "label"), Some(SlotValue::Text("the pasta".into())));
        for (text, means) in [
            ("tomorrow at 7 am", "+1 07:00"),
            ("every weekday at 6:30", "every workday 06:30 or 12 hours later"),
            ("明天早上七点", "+1 07:00"),
            ("2027-07-04T07:00", "2027-07-04 07:00"),
            ("2027-07-04 17:05:00", "2027-07-04 17:05"),
        ] {
            let alarm = call("alarm_set", json!({ "when": text, "label": null })).unwrap();
            let Some(SlotValue::When(when)) = slot(&alarm, "when") else { panic!("{text}") };
            assert_eq!(when.to_string(), means);
            assert_eq!(alarm.intent.slots.len(), 1);
        }
        let moved = call("alarm_change", json!({ "when": "7 am", "to": "8 pm" })).unwrap();
        let SlotValue::When(to) = slot(&moved, "to").unwrap() else { panic!("{moved:?}") };
        assert_eq!((to.to_string(), moved.changes, moved.confirm), ("20:00".into(), true, None));
        for (all, confirm) in [(true, true), (false, false)] {
            let cancel = call("timer_cancel", json!({ "all": all })).unwrap();
            assert_eq!((cancel.confirm.is_some(), cancel.intent.slots.is_empty()), (confirm, !confirm));
        }
    }

    #[test]
    fn what_needs_a_yes_comes_with_its_question_in_both_languages() {
        let offer = |lines: &str| {
            let table = format!("about = \"Forgets all.\"\nchanges = true\n{lines}");
            Offer::new("all.forget", toml::from_str(&table).map_err(|error| error.to_string())?, &[])
        };
        let question = "question = { en = \"All?\", zh = \"全部？\" }";
        let whole = offer(&format!("confirm = \"always\"\n{question}")).unwrap();
        let (_, asked) = whole.confirm.unwrap();
        assert_eq!(asked.in_language(&Language::MANDARIN), "全部？");
        assert_eq!(asked.in_language(&Language::ENGLISH), "All?");
        assert!(offer("").is_ok());
        for half in ["confirm = \"always\"", question, "confirm = \"always\"\nquestion = { en = \"All?\" }"] {
            assert!(offer(half).is_err(), "{half}");
        }
    }

    #[test]
    fn what_is_not_exactly_a_call_is_none_and_its_words_are_not_repeated() {
        for (name, arguments) in [
            ("timer_explode", json!({})),
            ("timer.set", json!({ "seconds": 3 })),
            ("clock_time", json!({})),
            ("", json!({})),
            ("timer_set", json!({})),
            ("timer_set", json!({ "seconds": null })),
            ("timer_set", json!({ "seconds": "300" })),
            ("timer_set", json!({ "seconds": true })),
            ("timer_set", json!({ "seconds": 0 })),
            ("timer_set", json!({ "seconds": -5 })),
            ("timer_set", json!({ "seconds": 1e300 })),
            ("timer_set", json!({ "seconds": [300] })),
            ("timer_set", json!({ "seconds": 300, "sekrit": 1 })),
            ("timer_set", json!({ "seconds": 300, "label": 7 })),
            ("timer_set", json!({ "seconds": 300, "label": "sekrit ".repeat(20) })),
            ("timer_cancel", json!({ "all": "sekrit" })),
            ("alarm_set", json!({ "when": "" })),
            ("alarm_set", json!({ "when": "sekrit o'clock" })),
            ("alarm_set", json!({ "when": "tomorrow at 7 am and delete all" })),
            ("alarm_set", json!({ "when": { "day": "tomorrow" } })),
            ("alarm_change", json!({ "to": "sekrit o'clock" })),
            ("alarm_change", json!({ "seconds": 600, "state": "sekrit" })),
            ("timer_change", json!({ "label": "sekrit" })),
            ("reminder_set", json!({ "text": "sekrit" })),
            ("reminder_set", json!({ "text": "", "when": "tomorrow at 7 am" })),
            ("reminder_set", json!({ "text": "sekrit".repeat(100), "when": "tomorrow at 7 am" })),
        ] {
            let why = call(name, arguments.clone()).expect_err(&format!("{name} {arguments}"));
            assert!(!why.contains("sekrit") && why.len() < 300, "{why}");
        }
    }
}

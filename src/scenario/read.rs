//! Read: the text of a scenario file, checked.
//!
//! Enters: text. Leaves: [`Scenario`]s, each or what is wrong with it, with its line. Never here: a key nobody knows.

use std::{
    fs,
    path::{Path, PathBuf},
};

use jiff::{Span, Zoned, civil::DateTime};
use serde_json::{Map, Value};
use toml::Spanned;

use super::{
    ScenarioError,
    pattern::Pattern,
    raw,
    script::{Act, Answer, Expected, Scenario, Step, What},
};
use crate::{
    flow::Language,
    settings::{Layers, Surroundings, alone, parse},
    store::{Entry, Kind, Moment, Stand},
};

/// When nothing else is said: a quiet Sunday.
const NOON: &str = "2026-11-22T12:00[UTC]";

/// The scenarios in the `text` of the file at `path`, each by itself; or why it is no such file.
pub(super) fn scenarios(path: &Path, text: &str) -> Checked<Vec<Checked<Scenario>>> {
    let ends = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at).collect();
    let sheet = Sheet { path, ends };
    let toml = |error: toml::de::Error| sheet.bad(error.span().map_or(0, |span| span.start), error.message());
    let table: toml::Table = toml::from_str(text).map_err(toml)?;
    if table.contains_key("scenario") {
        let several: raw::Several = toml::from_str(text).map_err(toml)?;
        return Ok(several.scenario.into_iter().map(|one| sheet.scenario(one.into_inner())).collect());
    }
    let one: raw::One = toml::from_str(text).map_err(toml)?;
    Ok(vec![sheet.scenario(one)])
}

/// A file and where its lines end.
struct Sheet<'a> {
    path: &'a Path,
    ends: Vec<usize>,
}

type Checked<T> = Result<T, ScenarioError>;

impl Sheet<'_> {
    /// The line of the byte `at`.
    fn line(&self, at: usize) -> usize {
        self.ends.partition_point(|end| *end < at) + 1
    }

    fn bad(&self, at: usize, reason: &str) -> ScenarioError {
        // Some of the parser's reasons have several lines.
        let reason = reason.lines().collect::<Vec<_>>().join("; ");
        ScenarioError::Bad { path: self.path.to_owned(), line: self.line(at), reason }
    }

    fn wrong<T>(&self, at: &Spanned<T>, reason: &str) -> ScenarioError {
        self.bad(at.span().start, reason)
    }

    fn scenario(&self, one: raw::One) -> Checked<Scenario> {
        let name = one.name.get_ref().trim();
        if name.is_empty() || name.chars().any(char::is_control) {
            return Err(self.wrong(&one.name, "the name is empty, or holds what cannot be shown"));
        }
        let now = match &one.now {
            Some(text) => self.zoned(text)?,
            None => NOON.parse().map_err(|_| self.bad(0, "the usual time is none"))?,
        };
        let language = match &one.language {
            None => None,
            Some(code) => Some(Language::from_code(code.get_ref()).ok_or_else(|| {
                self.wrong(code, "the language is no code of two or three letters, such as \"en\" or \"zh\"")
            })?),
        };
        let stored = one.stored.iter().map(|entry| self.stored(entry, &now, language.as_ref()));
        let answers: Checked<Vec<Answer>> = one.answers.iter().map(|answer| self.answer(answer)).collect();
        let steps: Checked<Vec<Step>> = one.step.into_iter().map(|step| self.step(step)).collect();
        let steps = steps?;
        if steps.is_empty() {
            return Err(self.wrong(&one.name, "there is no [[step]] in it, so nothing would happen"));
        }
        Ok(Scenario {
            line: self.line(one.name.span().start),
            path: self.path.to_owned(),
            wake: one.wake,
            stored: stored.collect::<Checked<_>>()?,
            answers: answers?,
            layers: self.layers(one.settings.as_ref(), one.region.as_ref(), one.language.as_ref(), &now)?,
            name: name.to_owned(),
            language,
            now,
            steps,
        })
    }

    /// The settings, checked as far as they can be before a session.
    fn layers(
        &self,
        settings: Option<&Spanned<toml::Table>>,
        region: Option<&Spanned<String>>,
        language: Option<&Spanned<String>>,
        now: &Zoned,
    ) -> Checked<Layers> {
        let mut layers = Layers::default();
        let mut at = None;
        if let Some(table) = settings {
            let mut own = table.get_ref().clone();
            // A file of phrases lies where the scenario says, from wherever it is played.
            if let Some(toml::Value::String(file)) =
                own.get_mut("phrases").filter(|file| file.as_str() != Some(""))
            {
                *file = self.path.parent().unwrap_or(Path::new("")).join(&*file).display().to_string();
            }
            let read = parse(&own.to_string(), "settings");
            layers = read.map_err(|error| self.wrong(table, &error.to_string()))?;
            at = Some(table.span().start);
        }
        for (key, value) in [("region", region), ("language", language)] {
            let Some(value) = value else { continue };
            let laid = layers.lay_text(key, value.get_ref(), key);
            laid.map_err(|error| self.wrong(value, &error.to_string()))?;
            at = Some(value.span().start);
        }
        if let Some(at) = at {
            let zone = now.time_zone().iana_name().map(str::to_owned);
            let settings = alone(layers.clone(), Surroundings { zone, locale: None });
            settings.map_err(|error| self.bad(at, &error.to_string()))?;
        }
        Ok(layers)
    }

    fn zoned(&self, text: &Spanned<String>) -> Checked<Zoned> {
        text.get_ref().parse().map_err(|error: jiff::Error| {
            self.wrong(
                text,
                &format!("no time with a zone, such as \"2026-11-22T15:42[Europe/Paris]\": {error}"),
            )
        })
    }

    fn span(&self, text: &Spanned<String>) -> Checked<Span> {
        let span: Span = text.get_ref().parse().map_err(|error: jiff::Error| {
            self.wrong(text, &format!("no length of time, such as \"10 min\": {error}"))
        })?;
        if span.is_negative() {
            return Err(self.wrong(text, "time does not run backwards; `at` sets the clock"));
        }
        Ok(span)
    }

    fn stored(
        &self,
        entry: &Spanned<raw::Stored>,
        now: &Zoned,
        language: Option<&Language>,
    ) -> Checked<Entry> {
        let raw = entry.get_ref();
        let at: DateTime = raw.at.get_ref().parse().map_err(|error: jiff::Error| {
            self.wrong(&raw.at, &format!("no time such as \"2026-11-22T16:00\": {error}"))
        })?;
        let (kind, moment) = match raw.kind.get_ref().as_str() {
            "timer" => {
                let at = at.to_zoned(now.time_zone().clone());
                let at = at.map_err(|error| self.wrong(&raw.at, &error.to_string()))?;
                (Kind::Timer, Moment::Instant(at.timestamp()))
            }
            "alarm" => (Kind::Alarm, Moment::Civil(at)),
            "reminder" => (Kind::Reminder, Moment::Civil(at)),
            _ => return Err(self.wrong(&raw.kind, "the kind is none of \"timer\", \"alarm\", \"reminder\"")),
        };
        let length_ms = match (&raw.length, kind) {
            (Some(text), Kind::Timer) => {
                let ms = self.span(text)?.total((jiff::Unit::Millisecond, now));
                let ms = ms.ok().and_then(|ms| format!("{ms:.0}").parse().ok());
                Some(ms.ok_or_else(|| self.wrong(text, "too long"))?)
            }
            (None, Kind::Timer) => return Err(self.wrong(entry, "a timer has a `length`")),
            (Some(text), _) => return Err(self.wrong(text, "only a timer has a `length`")),
            (None, _) => None,
        };
        let words = raw.words.clone();
        let typed = words.as_deref().map(Language::of_text);
        Ok(Entry {
            id: 0,
            kind,
            words,
            sealed: None,
            language: language.cloned().or(typed).unwrap_or(Language::ENGLISH),
            created: now.timestamp(),
            length_ms,
            repeat: None,
            skips: Vec::new(),
            stand: Stand::Waiting(moment),
        })
    }

    fn answer(&self, answer: &Spanned<raw::Answer>) -> Checked<Answer> {
        let raw = answer.get_ref();
        let says = raw.text.is_some() || !raw.calls.is_empty() || raw.filtered || raw.cut;
        match raw.status {
            Some(status) if !(400..=599).contains(&status) => {
                return Err(self.wrong(answer, "the status of a refusal is 400 to 599"));
            }
            Some(_) if says => return Err(self.wrong(answer, "a refusal says nothing beside its `status`")),
            None if !says => {
                return Err(self.wrong(answer, "an answer has `text`, `calls` or the `status` of a refusal"));
            }
            _ => {}
        }
        let call = |call: &raw::Call| {
            let arguments = match &call.arguments {
                None => "{}".to_owned(),
                Some(toml::Value::String(text)) => text.clone(),
                Some(value) => json(value).to_string(),
            };
            (call.tool.clone(), arguments)
        };
        Ok(Answer {
            line: self.line(answer.span().start),
            asked: raw.asked.as_deref().map(Pattern::new),
            delay_ms: raw.delay_ms.unwrap_or(0),
            status: raw.status,
            text: raw.text.clone().unwrap_or_default(),
            calls: raw.calls.iter().map(call).collect(),
            cut: raw.cut,
            filtered: raw.filtered,
        })
    }

    fn step(&self, step: Spanned<raw::Step>) -> Checked<Step> {
        let (at, raw) = (step.span().start, step.into_inner());
        let restarts = raw.restart.as_ref().is_some_and(|restart| *restart.get_ref());
        let act = match (&raw.say, &raw.audio, &raw.pass, &raw.sleep, &raw.at) {
            (Some(words), None, None, None, None) if !restarts => {
                if words.get_ref().trim().is_empty() {
                    return Err(self.wrong(words, "nothing is said"));
                }
                Act::Say(words.get_ref().trim().to_owned())
            }
            (None, Some(audio), None, None, None) if !restarts => Act::Hear(self.audio(audio)?),
            (None, None, Some(span), None, None) if !restarts => Act::Pass(self.span(span)?),
            (None, None, None, Some(span), None) if restarts => Act::Restart(self.span(span)?),
            (None, None, None, Some(span), None) => Act::Sleep(self.span(span)?),
            (None, None, None, None, Some(time)) if !restarts => Act::Set(self.zoned(time)?),
            (None, None, None, None, None) if restarts => Act::Restart(Span::new()),
            _ => {
                return Err(self.bad(
                    at,
                    "a step is one of `say`, `audio`, `pass`, `sleep`, `at`, `restart = true`, or a restart with `sleep`",
                ));
            }
        };
        let talks = matches!(act, Act::Say(_) | Act::Hear(_));
        let mut expected = Vec::new();
        let mut expect = |at: usize, talking: Option<bool>, what: What| {
            if talking.is_some_and(|talking| talking != talks) {
                let reason = if talks {
                    "nothing falls due while it is talked"
                } else {
                    "nothing is said in this step"
                };
                return Err(self.bad(at, reason));
            }
            expected.push(Expected { line: self.line(at), what });
            Ok(())
        };
        let talk = Some(true);
        let none = |text: &Spanned<String>| Some(text.get_ref().clone()).filter(|text| text != "none");
        if let Some(it) = &raw.turns {
            expect(it.span().start, talk, What::Turns(*it.get_ref()))?;
        }
        if let Some(it) = &raw.heard {
            expect(it.span().start, talk, What::Heard(Pattern::new(it.get_ref())))?;
        }
        if let Some(it) = &raw.intent {
            expect(it.span().start, talk, What::Intent(none(it)))?;
        }
        if let Some(it) = &raw.also {
            expect(it.span().start, talk, What::Also(it.get_ref().clone()))?;
        }
        if let Some(it) = &raw.slots {
            expect(it.span().start, talk, What::Slots(table(it.get_ref())))?;
        }
        if let Some(it) = &raw.reply {
            expect(it.span().start, talk, What::Reply(Pattern::new(it.get_ref())))?;
        }
        if let Some(it) = &raw.by {
            expect(it.span().start, talk, What::By(it.get_ref().clone()))?;
        }
        if let Some(it) = &raw.asked {
            expect(it.span().start, talk, What::Asked(*it.get_ref()))?;
        }
        match &raw.error {
            Some(it) => expect(it.span().start, talk, What::Error(none(it)))?,
            // Nobody writes down an error that is not there.
            None if talks => expect(at, talk, What::Error(None))?,
            None => {}
        }
        if let Some(it) = &raw.due {
            let due = it.get_ref().iter().map(|text| Pattern::new(text)).collect();
            expect(it.span().start, Some(false), What::Due(due))?;
        }
        if let Some(it) = &raw.report {
            for (pointer, value) in it.get_ref() {
                if !pointer.starts_with('/') {
                    return Err(
                        self.wrong(it, "`report` names parts of the turn's JSON as \"/route/region\"")
                    );
                }
                expect(it.span().start, talk, What::Report(pointer.clone(), json(value)))?;
            }
        }
        Ok(Step { line: self.line(at), act, expected })
    }

    fn audio(&self, name: &Spanned<String>) -> Checked<PathBuf> {
        let path = self.path.parent().unwrap_or(Path::new("")).join(name.get_ref());
        match fs::metadata(&path) {
            Ok(about) if about.is_file() => Ok(path),
            Ok(_) => Err(self.wrong(name, &format!("{} is no file", path.display()))),
            Err(error) => Err(self.wrong(name, &format!("{}: {error}", path.display()))),
        }
    }
}

fn table(table: &toml::Table) -> Value {
    Value::Object(table.iter().map(|(key, value)| (key.clone(), json(value))).collect::<Map<_, _>>())
}

/// `value` in JSON; a date as text.
fn json(value: &toml::Value) -> Value {
    match value {
        toml::Value::Table(inner) => table(inner),
        toml::Value::Array(list) => list.iter().map(json).collect(),
        toml::Value::String(text) => text.clone().into(),
        toml::Value::Integer(number) => (*number).into(),
        toml::Value::Float(number) => (*number).into(),
        toml::Value::Boolean(flag) => (*flag).into(),
        toml::Value::Datetime(date) => date.to_string().into(),
    }
}

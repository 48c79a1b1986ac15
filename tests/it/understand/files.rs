//! The files of templates: what they promise is kept, what is wrong in them is told, and all that they describe is answered.

use std::collections::{BTreeMap, BTreeSet};

use mynah::{
    flow::{Language, Script},
    skills::{Given, SkillContext, Skills, Teller},
    store::Store,
    understand::{Templates, UnderstandError},
};

use super::ready;

const ENGLISH_FILE: &str = include_str!("../../../config/intents/en.toml");
const MANDARIN_FILE: &str = include_str!("../../../config/intents/zh.toml");

#[test]
fn every_sentence_a_file_promises_is_understood_and_answered() {
    let (understanding, _) = ready();
    let mut skills = Skills::new(Given::new(Box::new(Store::in_memory), Teller::Here));
    for (language, file) in [(Language::ENGLISH, ENGLISH_FILE), (Language::MANDARIN, MANDARIN_FILE)] {
        let file: toml::Table = file.parse().unwrap();
        let context = SkillContext {
            now: "2026-11-22T15:42[Europe/Paris]".parse().unwrap(),
            language: language.clone(),
            script: Script::Simplified,
            region: None,
            clock_24h: None,
        };
        let mut wrong = Vec::new();
        for intent in file["intent"].as_array().unwrap() {
            let name = intent["name"].as_str().unwrap();
            for words in intent["tests"].as_array().unwrap() {
                let words = words.as_str().unwrap();
                let found = understanding.interpret(words, &language);
                match found.filter(|intent| intent.name == name) {
                    None => wrong.push(format!("{words}: not taken for {name}")),
                    Some(intent) => wrong.extend(
                        skills.answer(&intent, &context).err().map(|error| format!("{words}: {error}")),
                    ),
                }
            }
        }
        assert!(wrong.is_empty(), "{language}:\n{}", wrong.join("\n"));
    }
}

#[test]
fn a_bad_file_is_refused_with_its_line() {
    let table = [
        ("name = \"stop\"", "name = \"\"", "needs a name"),
        ("    \"what is today\",", "    \"what is (today\",", "`)` is missing"),
        ("    \"what is today\",", "    \"what is {day:tag}\",", "no slot kind"),
        ("[fillers]", "[fillers]\ncolour = 3", "unknown field"),
        ("name = \"maths\"", "name = ", ""),
        ("    \"the month\",", "    \"the <moon>\",", "no phrase is called `moon`"),
        ("later = \"", "later = \"<later> ", "the phrase `later` uses itself"),
        ("later = \"[", "later = \"", "without its opening"),
    ];
    for (old, new, reason) in table {
        let at = ENGLISH_FILE.find(old).unwrap();
        let broken = ENGLISH_FILE.replacen(old, new, 1);
        let error = Templates::parse(&Language::ENGLISH, &broken).err().unwrap();
        let UnderstandError::BadTemplates { line, reason: found, .. } = error else { panic!("{error}") };
        let expected = 1 + ENGLISH_FILE[..at].matches('\n').count() + new.matches('\n').count();
        assert_eq!(line, expected, "{new}: {found}");
        assert!(found.contains(reason), "{new}: {found}");
    }
}

/// `template` with its phrases written out.
fn written_out(template: &str, file: &toml::Table) -> String {
    let phrases = file["phrases"].as_table().unwrap();
    let mut written = template.to_owned();
    while let Some((before, rest)) = written.split_once('<') {
        let (name, after) = rest.split_once('>').unwrap();
        written = format!("{before}{}{after}", phrases[name].as_str().unwrap());
    }
    written
}

/// The longest piece in brackets that templates may share without it being a phrase, in characters.
const SHARED: usize = 60;

#[test]
fn a_piece_that_three_templates_share_is_a_phrase() {
    for file in [ENGLISH_FILE, MANDARIN_FILE] {
        let file: toml::Table = file.parse().unwrap();
        let intents = file["intent"].as_array().unwrap().iter();
        let mut uses: BTreeMap<&str, usize> = BTreeMap::new();
        for template in intents.flat_map(|intent| intent["templates"].as_array().unwrap()) {
            let (template, mut open) = (template.as_str().unwrap(), Vec::new());
            let mut pieces = BTreeSet::new();
            for (at, sign) in template.char_indices() {
                match sign {
                    '(' | '[' => open.push(at),
                    ')' | ']' => drop(pieces.insert(&template[open.pop().unwrap()..=at])),
                    _ => {}
                }
            }
            pieces.iter().for_each(|piece| *uses.entry(piece).or_default() += 1);
        }
        let shared: Vec<&str> = uses
            .into_iter()
            .filter(|(piece, uses)| *uses > 2 && piece.chars().count() > SHARED)
            .map(|(piece, _)| piece)
            .collect();
        assert!(shared.is_empty(), "{}", shared.join("\n"));
    }
}

/// A sentence that a template describes, chosen by `picks`, which is read round and round.
struct Said<'t> {
    rest: &'t str,
    picks: std::iter::Cycle<std::slice::Iter<'t, usize>>,
    file: &'t toml::Table,
}

impl Said<'_> {
    fn pick<'a>(&mut self, from: &[&'a str]) -> &'a str {
        from[self.picks.next().unwrap() % from.len()]
    }

    fn skip(&mut self) -> Option<char> {
        let first = self.rest.chars().next()?;
        self.rest = &self.rest[first.len_utf8()..];
        Some(first)
    }

    /// Up to the end of the template or of an alternative.
    fn sequence(&mut self) -> String {
        let mut said = String::new();
        while !self.rest.is_empty() && !self.rest.starts_with(['|', ')', ']']) {
            match self.skip().unwrap() {
                '{' => {
                    let (slot, rest) = self.rest.split_once('}').unwrap();
                    self.rest = rest;
                    let kind = slot.split_once(':').map_or("", |(_, kind)| kind);
                    said.push_str(&self.slot(kind));
                }
                open @ ('(' | '[') => {
                    let mut choices = vec![self.sequence()];
                    while self.skip() == Some('|') {
                        choices.push(self.sequence());
                    }
                    if open == '[' {
                        choices.push(String::new());
                    }
                    let choices: Vec<&str> = choices.iter().map(String::as_str).collect();
                    said.push_str(self.pick(&choices));
                }
                other => said.push(other),
            }
        }
        said
    }

    fn slot(&mut self, kind: &str) -> String {
        let table = match kind {
            "unit" => "units",
            "place" | "known_place" => "places",
            "number" => {
                return self
                    .pick(&["5", "ten", "2.5", "minus 3", "0", "1000000", "五", "十二", "三分之一"])
                    .into();
            }
            "arithmetic" => {
                return self.pick(&["1+1", "2 to the power of 9", "5 / 0", "三加五", "九的平方根"]).into();
            }
            "day" => {
                return self
                    .pick(&["today", "next friday", "february 30th", "in 3 weeks", "明天", "七月四号"])
                    .into();
            }
            "duration" => {
                return self
                    .pick(&["five minutes", "an hour and a half", "90 seconds", "五分钟", "一个半小时"])
                    .into();
            }
            "percent" => return self.pick(&["30 percent", "half", "20", "百分之三十"]).into(),
            "more_duration" => return self.pick(&["five more minutes", "another hour"]).into(),
            "repeat" => return self.pick(&["every monday at 6 am", "每天早上七点"]).into(),
            "when" | "bare_when" => {
                return self
                    .pick(&[
                        "at seven",
                        "tomorrow at noon",
                        "in ten minutes",
                        "every monday at 6 am",
                        "明天早上七点",
                        "半小时后",
                    ])
                    .into();
            }
            "currency" => "currencies",
            "switched" => {
                return self
                    .pick(&["lights", "kitchen light", "lamp in the hall", "客厅的灯", "风扇"])
                    .into();
            }
            "heated" => return self.pick(&["heating", "hall thermostat", "空调"]).into(),
            "covered" => return self.pick(&["blinds", "garage door", "卧室的窗帘"]).into(),
            "locked" => return self.pick(&["front door", "gate", "大门"]).into(),
            "label" | "text" | "rest" => return self.pick(&["pasta", "call mum", "煮面", "开会"]).into(),
            constant => return constant.into(),
        };
        let names = self.file[table].as_table().unwrap().values().flat_map(|names| names.as_array().unwrap());
        let names: Vec<&str> = names.map(|name| name.as_str().unwrap()).collect();
        self.pick(&names).into()
    }
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { cases: 32, ..Default::default() })]

    #[test]
    fn whatever_a_template_describes_is_answered(picks in proptest::collection::vec(0..usize::MAX, 101)) {
        for (language, file) in [(Language::ENGLISH, ENGLISH_FILE), (Language::MANDARIN, MANDARIN_FILE)] {
            let file: toml::Table = file.parse().unwrap();
            let intents = file["intent"].as_array().unwrap().iter();
            let templates = intents.flat_map(|intent| intent["templates"].as_array().unwrap());
            let templates: Vec<String> =
                templates.map(|template| written_out(template.as_str().unwrap(), &file)).collect();
            let mut understood = 0;
            let mut picks = picks.iter().cycle();
            for template in &templates {
                let mut said = Said { rest: template, picks, file: &file };
                let words = said.sequence();
                picks = said.picks;
                // Not every mixture of languages is.
                let Some(intent) = ready().0.interpret(&words, &language) else { continue };
                understood += 1;
                let context = SkillContext {
                    now: "2026-11-22T15:42[Europe/Paris]".parse().unwrap(),
                    language: language.clone(),
                    script: Script::Simplified,
                    region: None,
                    clock_24h: None,
                };
                let given = Given::new(Box::new(Store::in_memory), Teller::Here);
                let reply = Skills::new(given).answer(&intent, &context);
                let answered = reply.as_ref().is_ok_and(|reply| !reply.text.is_empty());
                proptest::prop_assert!(answered, "{words}: {reply:?}");
            }
            proptest::prop_assert!(understood > templates.len() / 2, "{understood} of {}", templates.len());
        }
    }
}

//! Templates: one language's file of sentences, parsed and compiled once at start.
//!
//! Enters: the text of `config/intents/<lang>.toml`. Leaves: patterns, fillers, unit and place names, or the
//! line that is wrong and why. Never here: a half-read file.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use toml::Spanned;

use super::{
    UnderstandError,
    devices::Devices,
    grammar::{self, Group, Holds, Node},
    index::Patterns,
    offers::{Offer, Table},
    phrases::Phrases,
    places::Places,
    spelling,
    tokens::{Token, Tokenizer},
};
use crate::flow::{Language, Wanted};

/// What can be asked for with words to be listed in answer. A yes and a no are intents.
const ANSWERED: [Wanted; 6] =
    [Wanted::Duration, Wanted::When, Wanted::Number, Wanted::Percent, Wanted::Place, Wanted::Text];

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    fillers: Fillers,
    contractions: BTreeMap<String, String>,
    #[serde(default)]
    phrases: BTreeMap<String, Spanned<String>>,
    never: Vec<Spanned<String>>,
    follow_ups: Vec<Spanned<String>>,
    answers: BTreeMap<Spanned<String>, Vec<Spanned<String>>>,
    intent: Vec<IntentEntry>,
    units: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    currencies: BTreeMap<String, Vec<String>>,
    /// Nouns for things at home, by what is done to them.
    #[serde(default)]
    devices: BTreeMap<Spanned<String>, Vec<String>>,
    places: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Fillers {
    anywhere: Vec<String>,
    before: Vec<String>,
    after: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct IntentEntry {
    name: Spanned<String>,
    templates: Vec<Spanned<String>>,
    /// Set where a language model may ask for it too.
    tool: Option<Spanned<Table>>,
    /// Sentences that the templates promise to match; a test holds them to it.
    tests: Vec<String>,
}

/// One language's compiled templates.
pub struct Templates {
    language: Language,
    fillers_anywhere: Vec<Vec<String>>,
    fillers_before: Vec<Vec<String>>,
    fillers_after: Vec<Vec<String>>,
    contractions: HashMap<String, Vec<String>>,
    units: HashMap<String, String>,
    currencies: HashMap<String, String>,
    pub(super) devices: Devices,
    pub(super) places: Places,
    pub(super) never: Patterns,
    /// What may be said to change the command before.
    pub(super) follow_ups: Patterns,
    /// What may be said when asked back, by what is wanted.
    answers: HashMap<Wanted, Patterns>,
    /// The slots that each intent takes, and what they hold, by its place in `names`.
    takes: Vec<BTreeSet<(&'static str, Holds)>>,
    /// The intents' names; a pattern's number is its intent's place here.
    pub(super) names: Vec<String>,
    pub(super) patterns: Patterns,
    /// What a language model may ask for.
    pub(super) offers: Vec<Offer>,
}

impl Templates {
    /// Reads `text`, written as the files under `config/intents` are.
    ///
    /// # Errors
    /// [`UnderstandError::BadTemplates`] names the line of what cannot be used, and why.
    pub fn parse(language: &Language, text: &str) -> Result<Self, UnderstandError> {
        let refuse = |at: usize, reason: String| UnderstandError::BadTemplates {
            language: language.code().to_owned(),
            line: 1 + text.bytes().take(at).filter(|b| *b == b'\n').count(),
            reason,
        };
        let file: File = toml::from_str(text)
            .map_err(|e| refuse(e.span().map_or(0, |span| span.start), e.message().to_owned()))?;
        let tokenizer = Tokenizer::new();
        let phrases = |list: &[String]| {
            let mut phrases: Vec<_> = list.iter().map(|phrase| tokenizer.words(phrase)).collect();
            // The longest first, so that "could you please" goes as a whole.
            phrases.sort_by_key(|phrase| std::cmp::Reverse(phrase.len()));
            phrases.retain(|phrase| !phrase.is_empty());
            phrases
        };
        let named = Phrases::compile(&file.phrases, &tokenizer).map_err(|(at, reason)| refuse(at, reason))?;
        let compile = |templates: &[Spanned<String>]| -> Result<Vec<Vec<Node>>, UnderstandError> {
            let one = |t: &Spanned<String>| {
                grammar::compile(t.get_ref(), &tokenizer, &named)
                    .map_err(|reason| refuse(t.span().start, reason))
            };
            templates.iter().map(one).collect()
        };
        let (mut names, mut patterns, mut takes) = (Vec::new(), Vec::new(), Vec::new());
        let mut offers = Vec::new();
        for entry in file.intent {
            if entry.name.get_ref().trim().is_empty() || entry.templates.is_empty() || entry.tests.is_empty()
            {
                return Err(refuse(
                    entry.name.span().start,
                    "an intent needs a name, templates and tests".into(),
                ));
            }
            let compiled = compile(&entry.templates)?;
            takes.push(compiled.iter().flat_map(|nodes| grammar::slots(nodes)).collect());
            if let Some(table) = entry.tool {
                let at = table.span().start;
                let offer = Offer::new(entry.name.get_ref(), table.into_inner(), &compiled);
                offers.push(offer.map_err(|reason| refuse(at, reason))?);
            }
            patterns.extend(compiled.into_iter().map(|nodes| (names.len(), nodes)));
            names.push(entry.name.into_inner());
        }
        let mut answers = HashMap::new();
        for (wanted, templates) in &file.answers {
            let known = ANSWERED.into_iter().find(|known| known.name() == wanted.get_ref());
            let known = known.ok_or_else(|| {
                let names = ANSWERED.map(Wanted::name).join(", ");
                refuse(wanted.span().start, format!("answers are to one of {names}"))
            })?;
            let compiled = compile(templates)?.into_iter().map(|nodes| (0, nodes)).collect();
            answers.insert(known, Patterns::new(compiled));
        }
        let mut units = HashMap::new();
        for (key, names) in &file.units {
            for name in names {
                let joined = tokenizer.words(name).join(" ");
                if let Some(other) = units.insert(joined, key.clone()).filter(|other| other != key) {
                    return Err(refuse(
                        text.find(name).unwrap_or(0),
                        format!("`{name}` names {other} and {key}"),
                    ));
                }
            }
        }
        let mut currencies = HashMap::new();
        for (code, names) in &file.currencies {
            names
                .iter()
                .for_each(|name| drop(currencies.insert(tokenizer.words(name).join(" "), code.clone())));
        }
        let mut devices = Devices::default();
        for (group, nouns) in &file.devices {
            let known = Group::ALL.into_iter().find(|(name, _)| name == group.get_ref());
            let (_, known) = known
                .ok_or_else(|| refuse(group.span().start, format!("`{}` is no group", group.get_ref())))?;
            nouns.iter().for_each(|noun| devices.add(known, tokenizer.words(noun)));
        }
        let mut places = Places::default();
        for (zone, names) in &file.places {
            names.iter().for_each(|name| places.add(tokenizer.words(name).join(" "), zone));
        }
        places.add_zone_cities();
        let contractions =
            file.contractions.iter().map(|(short, long)| (short.clone(), tokenizer.words(long))).collect();
        Ok(Self {
            language: language.clone(),
            fillers_anywhere: phrases(&file.fillers.anywhere),
            fillers_before: phrases(&file.fillers.before),
            fillers_after: phrases(&file.fillers.after),
            contractions,
            units,
            currencies,
            devices,
            places,
            never: Patterns::new(compile(&file.never)?.into_iter().map(|nodes| (0, nodes)).collect()),
            follow_ups: Patterns::new(
                compile(&file.follow_ups)?.into_iter().map(|nodes| (0, nodes)).collect(),
            ),
            answers,
            takes,
            names,
            patterns: Patterns::new(patterns),
            offers,
        })
    }

    /// The sentences that the file `text` promises to understand.
    pub(super) fn promised(text: &str) -> Vec<String> {
        let file: Result<File, _> = toml::from_str(text);
        file.into_iter().flat_map(|file| file.intent).flat_map(|intent| intent.tests).collect()
    }

    /// What may be said when `wanted` was asked for.
    pub(super) fn answers(&self, wanted: Wanted) -> Option<&Patterns> {
        self.answers.get(&wanted)
    }

    /// Whether the intent named `name` takes a slot `slot` with such a value.
    pub(super) fn takes(&self, name: &str, slot: &'static str, holds: Holds) -> bool {
        // An intent may stand in several places of the file.
        let mut known = self.names.iter().zip(&self.takes);
        known.any(|(known, slots)| known == name && slots.contains(&(slot, holds)))
    }

    /// The language the templates are in.
    #[must_use]
    pub fn language(&self) -> &Language {
        &self.language
    }

    /// `tokens` with contractions written out.
    pub(super) fn expand(&self, tokens: Vec<Token>) -> Vec<Token> {
        let expand = |token: Token| match self.contractions.get(&token.text) {
            Some(long) => {
                long.iter().map(|text| Token { text: text.clone(), span: token.span.clone() }).collect()
            }
            None => vec![token],
        };
        tokens.into_iter().flat_map(expand).collect()
    }

    /// `nodes` with contractions written out, as sentences have them when they are compared.
    pub(super) fn written_out(&self, nodes: &[Node]) -> Vec<Node> {
        let one = |node: &Node| match node {
            Node::Word(word) => match self.contractions.get(&**word) {
                Some(long) => long.iter().map(|word| Node::Word(word.as_str().into())).collect(),
                None => vec![node.clone()],
            },
            Node::Choice(choices) => {
                let choices = choices.iter().map(|nodes| self.written_out(nodes).into());
                vec![Node::Choice(choices.collect())]
            }
            Node::Phrase(nodes) => vec![Node::Phrase(self.written_out(nodes).into())],
            Node::Slot { .. } | Node::Constant(_) => vec![node.clone()],
        };
        nodes.iter().flat_map(one).collect()
    }

    /// `tokens` without the words that carry no meaning; none where they only hesitate.
    pub(super) fn without_fillers(&self, mut tokens: Vec<Token>) -> Vec<Token> {
        let mut at = 0;
        while at < tokens.len() {
            match self.fillers_anywhere.iter().find(|filler| begins(&tokens[at..], filler)) {
                Some(filler) => drop(tokens.drain(at..at + filler.len())),
                None => at += 1,
            }
        }
        let whole = tokens.clone();
        while let Some(filler) = self.fillers_before.iter().find(|filler| begins(&tokens, filler)) {
            tokens.drain(..filler.len());
        }
        let ends = |tokens: &[Token], filler: &[String]| {
            tokens.len() >= filler.len() && begins(&tokens[tokens.len() - filler.len()..], filler)
        };
        while let Some(filler) = self.fillers_after.iter().find(|filler| ends(&tokens, filler)) {
            tokens.truncate(tokens.len() - filler.len());
        }
        // Where nothing else is said, it is an answer: "okay", 好啊.
        if tokens.is_empty() { whole } else { tokens }
    }

    /// The code of the currency that `tokens` name as a whole.
    pub(super) fn currency(&self, tokens: &[&str]) -> Option<&str> {
        self.currencies.get(&tokens.join(" ")).map(String::as_str)
    }

    /// The key of the unit that `tokens` name as a whole.
    pub(super) fn unit(&self, tokens: &[&str]) -> Option<&str> {
        if let Some(key) = self.units.get(&tokens.join(" ")) {
            return Some(key);
        }
        let [heard] = tokens else { return None };
        // Two units that both sound alike would make the answer a guess.
        let mut close = self.units.iter().filter(|(name, _)| spelling::sounds_like(heard, name));
        let (_, key) = close.next()?;
        close.all(|(_, other)| other == key).then_some(key)
    }
}

fn begins(tokens: &[Token], phrase: &[String]) -> bool {
    tokens.len() >= phrase.len() && phrase.iter().zip(tokens).all(|(word, token)| *word == token.text)
}

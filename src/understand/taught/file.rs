//! File: the user's phrases as they are written, read and checked.
//!
//! Enters: the text of `phrases.toml`. Leaves: [`Taught`], or the line that cannot be used and why. Never here: a file that is
//! used in part; a phrase that takes whatever is said.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use serde::Deserialize;
use toml::Spanned;

use super::{Say, Taught, TaughtPhrase, Wish, runs};
use crate::{
    flow::{Deed, Language, PHRASE, Piece},
    understand::{
        UnderstandError, Understanding, grammar,
        index::Patterns,
        phrases::Phrases,
        shape::{always_filled, fits, has_a_word},
    },
};

/// The most phrases, templates and sentences of one phrase, and characters of a template, a sentence and an answer.
const PHRASES: usize = 200;
const SAYS: usize = 30;
const WISHES: usize = 10;
const TEMPLATE: usize = 400;
const SENTENCE: usize = 300;
const ANSWER: usize = 600;

/// The most parts of a template, and of all together, with phrases written out.
const PARTS: usize = 2_000;
const ALL_PARTS: usize = 100_000;

/// The file as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Pieces that templates share, as in `config/intents`.
    #[serde(default)]
    phrases: BTreeMap<String, Spanned<String>>,
    #[serde(default)]
    phrase: Vec<Spanned<Entry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    language: Option<Spanned<String>>,
    #[serde(default)]
    say: Vec<Spanned<String>>,
    #[serde(default, rename = "do")]
    wishes: Vec<Spanned<String>>,
    run: Option<Spanned<Vec<Spanned<String>>>>,
    answer: Option<Spanned<String>>,
}

/// Where something is wrong, in bytes, and why.
type Wrong = (usize, String);

/// The phrases in `text`, the file called `path`.
pub(super) fn read(built_in: &Understanding, path: &str, text: &str) -> Result<Taught, UnderstandError> {
    let refuse = |(at, reason): Wrong| UnderstandError::BadPhrases {
        path: path.to_owned(),
        line: line(text, at),
        reason: reason.lines().collect::<Vec<_>>().join("; "),
    };
    let file: File = toml::from_str(text).map_err(|error| {
        refuse((error.span().map_or(0, |span| span.start), error.message().trim().to_owned()))
    })?;
    if let Some(one) = file.phrase.get(PHRASES) {
        return Err(refuse((one.span().start, format!("there are more than {PHRASES} phrases"))));
    }
    let shared = Phrases::compile(&file.phrases, &built_in.tokenizer).map_err(refuse)?;
    let mut reader =
        Reader { built_in, text, shared, left: ALL_PARTS, taught: Taught::default(), deeds: vec![] };
    for entry in file.phrase {
        reader.phrase(&entry).map_err(refuse)?;
    }
    Ok(reader.done())
}

/// The line of the byte `at`, from 1.
fn line(text: &str, at: usize) -> usize {
    1 + text.bytes().take(at).filter(|byte| *byte == b'\n').count()
}

struct Reader<'u> {
    built_in: &'u Understanding,
    text: &'u str,
    shared: Phrases,
    /// How many parts may still come.
    left: usize,
    taught: Taught,
    deeds: Vec<Deed>,
}

impl Reader<'_> {
    fn phrase(&mut self, entry: &Spanned<Entry>) -> Result<(), Wrong> {
        let (at, entry) = (entry.span().start, entry.get_ref());
        let language = entry.language.as_ref().map(|code| self.language(code)).transpose()?;
        if entry.say.is_empty() {
            return Err((at, "the phrase has no `say`: what you say, one template or more".to_owned()));
        }
        few(&entry.say, SAYS, "templates in `say`")?;
        few(&entry.wishes, WISHES, "sentences in `do`")?;
        if entry.wishes.is_empty() && entry.run.is_none() && entry.answer.is_none() {
            return Err((
                at,
                "the phrase has none of `do`, `run` and `answer`, so it would do nothing".to_owned(),
            ));
        }
        if let Some(answer) =
            entry.answer.as_ref().filter(|_| entry.run.is_none() && !entry.wishes.is_empty())
        {
            let reason =
                "`answer` is what is said once `run` has started, or alone; what `do` did is told as it went";
            return Err((answer.span().start, reason.to_owned()));
        }
        let mut slots: Option<BTreeSet<&'static str>> = None;
        for say in &entry.say {
            let filled = self.say(say, language.as_ref())?;
            slots = Some(slots.map_or_else(|| filled.clone(), |slots| &slots & &filled));
        }
        let slots: Vec<&'static str> = slots.unwrap_or_default().into_iter().collect();
        let wishes: Result<Vec<Wish>, Wrong> =
            entry.wishes.iter().map(|wish| self.wish(wish, language.as_ref(), &slots)).collect();
        self.taught.wishes.push(wishes?);
        let number = self.taught.phrases.len() + 1;
        self.deed(entry, number, &slots)?;
        let texts = |list: &[Spanned<String>]| list.iter().map(|text| text.get_ref().clone()).collect();
        self.taught.phrases.push(TaughtPhrase {
            number,
            line: line(self.text, at),
            say: texts(&entry.say),
            wishes: texts(&entry.wishes),
            run: entry.run.as_ref().map(|run| texts(run.get_ref())).unwrap_or_default(),
            answer: entry.answer.as_ref().map(|answer| answer.get_ref().clone()),
        });
        Ok(())
    }

    fn language(&self, code: &Spanned<String>) -> Result<Language, Wrong> {
        let known = self.built_in.languages.iter().map(|templates| templates.language());
        let mut found = known.clone().filter(|language| language.code() == code.get_ref());
        found.next().cloned().ok_or_else(|| {
            let codes: Vec<String> = known.map(|language| format!("{:?}", language.code())).collect();
            (code.span().start, format!("the language is one of {}", codes.join(", ")))
        })
    }

    /// Takes in one template; gives the slots that every sentence of it fills.
    fn say(
        &mut self,
        say: &Spanned<String>,
        language: Option<&Language>,
    ) -> Result<BTreeSet<&'static str>, Wrong> {
        let (at, text) = (say.span().start, say.get_ref());
        short(text, TEMPLATE, at)?;
        let language = language.cloned().unwrap_or_else(|| Language::of_text(&own_words(text)));
        let compiled =
            grammar::compile(text, &self.built_in.tokenizer, &self.shared).map_err(|why| (at, why))?;
        let mut parts = PARTS.min(self.left);
        let before = parts;
        if !fits(&compiled, &mut parts) {
            let reason = format!(
                "with its phrases written out the template has too many parts; {PARTS} are allowed, and \
                {ALL_PARTS} in the file"
            );
            return Err((at, reason));
        }
        self.left -= before - parts;
        if !has_a_word(&compiled) {
            let reason =
                "the template would take whatever is said; every way to say it needs a word of its own";
            return Err((at, reason.to_owned()));
        }
        let templates = self.built_in.templates(&language);
        let nodes = templates.map(|templates| templates.written_out(&compiled)).unwrap_or_default();
        let filled = always_filled(&nodes);
        let (phrase, line) = (self.taught.phrases.len(), line(self.text, at));
        self.taught.says.push(Say { phrase, line, text: text.clone(), language, nodes });
        Ok(filled)
    }

    fn wish(
        &self,
        wish: &Spanned<String>,
        language: Option<&Language>,
        slots: &[&'static str],
    ) -> Result<Wish, Wrong> {
        let (at, text) = (wish.span().start, wish.get_ref());
        short(text, SENTENCE, at)?;
        let pieces = pieces(text, slots).map_err(|reason| (at, reason))?;
        let language = language.cloned().unwrap_or_else(|| Language::of_text(&own_words(text)));
        // What is said may make a sentence of it or not; without that it is known now.
        let fixed = pieces.iter().all(|piece| matches!(piece, Piece::Fixed(_)));
        if fixed && self.built_in.built_in(text, &language).is_empty() {
            let reason = format!(
                "“{text}” is no sentence that Mynah understands by itself, without a language model and this file"
            );
            return Err((at, reason));
        }
        Ok(Wish { line: line(self.text, at), pieces, language })
    }

    fn deed(&mut self, entry: &Entry, number: usize, slots: &[&'static str]) -> Result<(), Wrong> {
        let answer = match &entry.answer {
            Some(answer) => {
                short(answer.get_ref(), ANSWER, answer.span().start)?;
                Some(pieces(answer.get_ref(), slots).map_err(|reason| (answer.span().start, reason))?)
            }
            None => None,
        };
        let run = match &entry.run {
            Some(run) => {
                let list: Vec<&str> =
                    run.get_ref().iter().map(|argument| argument.get_ref().as_str()).collect();
                let place = |place: usize| {
                    let argument = run.get_ref().get(place);
                    argument.map_or(run.span().start, |argument| argument.span().start)
                };
                Some(runs::read(&list, slots).map_err(|(at, reason)| (place(at), reason))?)
            }
            None => None,
        };
        if run.is_some() || answer.is_some() {
            self.deeds.push(Deed { intent: format!("{PHRASE}{number}"), run, answer });
        }
        Ok(())
    }

    fn done(self) -> Taught {
        let Self { built_in, mut taught, deeds, .. } = self;
        for templates in built_in.languages.iter() {
            let language = templates.language();
            let says = taught.says.iter().enumerate().filter(|(_, say)| say.language == *language);
            let patterns: Vec<_> = says.map(|(place, say)| (place, say.nodes.clone())).collect();
            if !patterns.is_empty() {
                taught.patterns.push((language.clone(), Patterns::new(patterns)));
            }
        }
        Taught { deeds: deeds.into(), ..taught }
    }
}

fn few(list: &[Spanned<String>], most: usize, what: &str) -> Result<(), Wrong> {
    match list.get(most) {
        Some(one) => Err((one.span().start, format!("there are more than {most} {what}"))),
        None => Ok(()),
    }
}

/// Refuses an empty `text`, one of more than `most` characters, and signs that cannot be shown.
fn short(text: &str, most: usize, at: usize) -> Result<(), Wrong> {
    if text.trim().is_empty() {
        return Err((at, "the text is empty".to_owned()));
    }
    if text.chars().nth(most).is_some() {
        return Err((at, format!("the text is longer than {most} characters")));
    }
    if text.contains(char::is_control) {
        return Err((at, "the text holds a line break or another sign that cannot be said".to_owned()));
    }
    Ok(())
}

/// `text` without what stands in `{…}` and `<…>`, which is in no language.
fn own_words(text: &str) -> String {
    let mut words = String::new();
    let mut inside = false;
    for c in text.chars() {
        match c {
            '{' | '<' => inside = true,
            '}' | '>' => inside = false,
            _ if !inside => words.push(c),
            _ => {}
        }
    }
    words
}

/// `text` with the places of `{slot}`s in it.
fn pieces(text: &str, slots: &[&'static str]) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        let (before, behind) = rest.split_at(at);
        let Some(end) = behind.find('}') else { return Err("`}` is missing".to_owned()) };
        let name = &behind[1..end];
        let Some(slot) = slots.iter().find(|slot| **slot == name) else {
            return Err(runs::not_filled(name, slots));
        };
        if !before.is_empty() {
            pieces.push(Piece::Fixed(before.to_owned()));
        }
        pieces.push(Piece::Said(slot));
        rest = &behind[end + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Fixed(rest.to_owned()));
    }
    Ok(pieces)
}

impl std::fmt::Display for TaughtPhrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut lines = format!("{}. line {}: {}", self.number, self.line, self.say.join(" · "));
        for wish in &self.wishes {
            write!(lines, "\n   does “{wish}”")?;
        }
        if !self.run.is_empty() {
            let arguments: Vec<String> = self.run.iter().map(|argument| format!("{argument:?}")).collect();
            write!(lines, "\n   starts {}", arguments.join(" "))?;
        }
        if let Some(answer) = &self.answer {
            write!(lines, "\n   says “{answer}”")?;
        }
        f.write_str(&lines)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use proptest::prelude::*;

    use super::*;

    static BUILT_IN: LazyLock<Understanding> = LazyLock::new(|| Understanding::new().unwrap());

    /// What files are made of.
    const PARTS_OF_FILES: [&str; 30] = [
        "[[phrase]]\n",
        "[phrases]\n",
        "say = [",
        "do = [",
        "run = [",
        "answer = ",
        "language = ",
        "]\n",
        ", ",
        "\n",
        "\"tea [for] <a> {seconds:duration}\"",
        "\"tea\"",
        "\"{text:text}\"",
        "\"{seconds}\"",
        "\"set a timer for {seconds}\"",
        "\"what time is it\"",
        "\"/bin/sh\"",
        "\"-c\"",
        "\"/usr/bin/mpv\"",
        "\"en\"",
        "\"zh\"",
        "\"泡茶\"",
        "\"{\"",
        "\"<\"",
        "a = \"(a|b)\"\n",
        "a = \"<a>\"\n",
        "\"((((((((((x))))))))))\"",
        "# x\n",
        "'",
        "\u{0}",
    ];

    fn files() -> impl Strategy<Value = String> {
        let parts = prop::collection::vec(prop::sample::select(PARTS_OF_FILES.to_vec()), 0..40);
        prop_oneof![any::<String>(), parts.prop_map(|parts| parts.concat())]
    }

    proptest! {
        #[test]
        fn any_text_is_a_file_or_is_refused_with_a_line_of_it(text in files(), words in "(tea|泡茶|x)[ a-z0-9]{0,20}") {
            match BUILT_IN.taught("phrases.toml", &text) {
                Ok(taught) => {
                    for language in [Language::ENGLISH, Language::MANDARIN] {
                        let intents = taught.interpret_all(&words, &language);
                        prop_assert!(intents.iter().flat_map(|it| &it.slots).all(|it| words.get(it.span.clone()).is_some()));
                    }
                    prop_assert_eq!(taught.phrases().len(), text.matches("[[phrase]]").count());
                }
                Err(UnderstandError::BadPhrases { line, reason, .. }) => {
                    prop_assert!(!reason.is_empty() && !reason.contains('\n'));
                    prop_assert!((1..=text.matches('\n').count() + 1).contains(&line), "{line} of {text:?}");
                }
                Err(error) => prop_assert!(false, "{error}"),
            }
        }
    }

    #[test]
    fn many_phrases_are_found_by_their_words_and_cost_nothing_otherwise() {
        let file: String = (0..PHRASES)
            .map(|n| {
                format!(
                    "[[phrase]]\nsay = [\"play [the] channel number {n} [now] [loudly]\"]\nanswer = \"{n}\"\n"
                )
            })
            .collect();
        let taught = BUILT_IN.taught("phrases.toml", &file).unwrap();
        let name =
            |words: &str| taught.interpret_all(words, &Language::ENGLISH).first().map(|it| it.name.clone());
        assert_eq!(name("please play the channel number 150 loudly").as_deref(), Some("phrase.151"));
        // As a recogniser may spell it.
        assert_eq!(name("play chanel number 7").as_deref(), Some("phrase.8"));
        assert_eq!(name("what time is it").as_deref(), Some("clock.time"));
        assert_eq!(name("play the channel number 200"), None);
    }
}

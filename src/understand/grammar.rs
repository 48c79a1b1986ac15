//! Grammar: one sentence template, compiled.
//!
//! Enters: text such as `what [is the] time (in|at) {place:place}`. Leaves: nodes to match. The notation:
//! words · `(a|b)` one of · `[a|b]` one of or nothing · `<name>` a phrase of the file · `{name:kind}` a typed slot ·
//! `{name=value}` a slot with this value that takes no words. Never here: panics or unbounded nesting; a bad template
//! gives its reason.

use std::sync::Arc;

use super::{
    phrases::{Phrase, Phrases},
    tokens::Tokenizer,
};
use crate::flow::SlotValue;

/// The names a slot may have; [`Slot::name`](crate::flow::Slot) is one of these.
const NAMES: [&str; 21] = [
    "place",
    "zone",
    "day",
    "expr",
    "amount",
    "from",
    "to",
    "extra",
    "extra_unit",
    "number",
    "seconds",
    "label",
    "when",
    "text",
    "direction",
    "percent",
    "item",
    "list",
    "state",
    "all",
    "instead",
];

/// The kinds of slots, as a template writes them.
const KINDS: [(&str, Kind); 21] = [
    ("number", Kind::Number),
    ("arithmetic", Kind::Arithmetic),
    ("unit", Kind::Unit),
    ("currency", Kind::Currency),
    ("switched", Kind::Device(Group::Switched)),
    ("heated", Kind::Device(Group::Heated)),
    ("covered", Kind::Device(Group::Covered)),
    ("locked", Kind::Device(Group::Locked)),
    ("day", Kind::Day),
    ("place", Kind::Place),
    ("known_place", Kind::KnownPlace),
    ("duration", Kind::Duration),
    ("more_duration", Kind::MoreDuration),
    ("percent", Kind::Percent),
    ("when", Kind::When),
    ("bare_when", Kind::BareWhen),
    ("repeat", Kind::Repeat),
    ("label", Kind::Label),
    ("text", Kind::Text),
    ("rest", Kind::Rest),
    ("anything", Kind::Anything),
];

/// How deep brackets may nest.
const DEEPEST: usize = 8;

/// What a slot takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number, in words or digits.
    Number,
    /// A sum; its value is an expression in fend's syntax.
    Arithmetic,
    /// A unit; its value is the unit's key.
    Unit,
    /// A currency; its value is the ISO 4217 code.
    Currency,
    /// Something at home, by a noun of the group with what tells it apart: "kitchen lights", "lamp in the hall".
    Device(Group),
    /// A day; see [`super::days`] for its value.
    Day,
    /// The name of a place, known or not.
    Place,
    /// The name of a place in the table.
    KnownPlace,
    /// A length of time; its value is in seconds.
    Duration,
    /// A length of time that is said to be added: "five more minutes".
    MoreDuration,
    /// A share of a hundred; its value is 0 to 100.
    Percent,
    /// A moment or a repeat; an hour counts only where something says that it is one: "at seven", "7 pm".
    When,
    /// The same where nothing else can be meant, so that "seven" is an hour too.
    BareWhen,
    /// The same, and it comes again: "every day at seven".
    Repeat,
    /// A few words that can name something: "pasta".
    Label,
    /// Free words, the fewest that let the rest of the template match; not such that lean on more, or hold a moment at
    /// their edge.
    Text,
    /// All words to the end, however many.
    Rest,
    /// Any words at all, for what is never matched.
    Anything,
}

/// Things at home, by what is done to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Group {
    /// Switched on and off.
    Switched,
    /// Set to a temperature.
    Heated,
    /// Opened and closed.
    Covered,
    /// Locked.
    Locked,
}

impl Group {
    /// All of them, by the keys of `[devices]` in `config/intents`.
    pub(super) const ALL: [(&'static str, Self); 4] = [
        ("switched", Self::Switched),
        ("heated", Self::Heated),
        ("covered", Self::Covered),
        ("locked", Self::Locked),
    ];
}

/// A part of a template. There are some hundred thousand: each is 24 bytes, and a word stands in memory once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node {
    Word(Arc<str>),
    Slot { name: &'static str, kind: Kind },
    Constant(Box<Constant>),
    Choice(Box<[Box<[Node]>]>),
    Phrase(Arc<[Node]>),
}

/// A slot that takes no words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Constant {
    pub(super) name: &'static str,
    pub(super) value: String,
}

/// The nodes of `template`, or why it cannot be used.
pub(super) fn compile(template: &str, tokenizer: &Tokenizer, phrases: &Phrases) -> Result<Vec<Node>, String> {
    let nodes = whole(template, tokenizer, phrases)?.0;
    if nodes.iter().all(can_be_empty) {
        return Err("the template matches an empty sentence".to_owned());
    }
    Ok(nodes)
}

/// The phrase that `text` describes, or why it cannot be used.
pub(super) fn phrase(text: &str, tokenizer: &Tokenizer, phrases: &Phrases) -> Result<Phrase, String> {
    let (nodes, depth) = whole(text, tokenizer, phrases)?;
    if nodes.is_empty() {
        return Err("the phrase is empty".to_owned());
    }
    Ok(Phrase { nodes: nodes.into(), depth })
}

/// The nodes of all of `text`, and how deep its brackets nest.
fn whole(text: &str, tokenizer: &Tokenizer, phrases: &Phrases) -> Result<(Vec<Node>, usize), String> {
    let mut parser = Parser { rest: text, tokenizer, phrases, deepest: 0 };
    let nodes = parser.sequence(0)?;
    match parser.rest.chars().next() {
        Some(stray) => Err(format!("`{stray}` without its opening bracket or outside of one")),
        None => Ok((nodes, parser.deepest)),
    }
}

/// What the value of a slot is, whatever fills it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Holds {
    Number,
    Text,
    Moment,
}

impl Holds {
    /// What `value` is.
    pub(super) const fn of(value: &SlotValue) -> Self {
        match value {
            SlotValue::Number(_) => Self::Number,
            SlotValue::Text(_) => Self::Text,
            SlotValue::When(_) => Self::Moment,
        }
    }

    /// What a slot of `kind` gives.
    const fn by(kind: Kind) -> Self {
        match kind {
            Kind::Number | Kind::Duration | Kind::MoreDuration | Kind::Percent => Self::Number,
            Kind::When | Kind::BareWhen | Kind::Repeat => Self::Moment,
            Kind::Arithmetic
            | Kind::Unit
            | Kind::Currency
            | Kind::Device(_)
            | Kind::Day
            | Kind::Place
            | Kind::KnownPlace
            | Kind::Label
            | Kind::Text
            | Kind::Rest
            | Kind::Anything => Self::Text,
        }
    }
}

/// All slots in `nodes`, and what each holds.
pub(super) fn slots(nodes: &[Node]) -> Vec<(&'static str, Holds)> {
    let of = |node: &Node| match node {
        Node::Word(_) => Vec::new(),
        Node::Slot { name, kind } => vec![(*name, Holds::by(*kind))],
        Node::Constant(constant) => vec![(constant.name, Holds::Text)],
        Node::Choice(choices) => choices.iter().flat_map(|nodes| slots(nodes)).collect(),
        Node::Phrase(nodes) => slots(nodes),
    };
    nodes.iter().flat_map(of).collect()
}

/// Whether `pattern` ends in words of which there may be any number.
pub(super) fn takes_the_rest(pattern: &[Node]) -> bool {
    matches!(pattern.last(), Some(Node::Slot { kind: Kind::Rest, .. }))
}

fn can_be_empty(node: &Node) -> bool {
    match node {
        Node::Word(_) | Node::Slot { .. } => false,
        Node::Constant(_) => true,
        Node::Choice(choices) => choices.iter().any(|nodes| nodes.iter().all(can_be_empty)),
        Node::Phrase(nodes) => nodes.iter().all(can_be_empty),
    }
}

struct Parser<'t> {
    rest: &'t str,
    tokenizer: &'t Tokenizer,
    phrases: &'t Phrases,
    deepest: usize,
}

impl<'t> Parser<'t> {
    /// Nodes up to the end, a `|` or a closing bracket, which is left in place.
    fn sequence(&mut self, depth: usize) -> Result<Vec<Node>, String> {
        self.reach(depth)?;
        let mut nodes = Vec::new();
        loop {
            let at = self.rest.find(['(', '[', '{', '<', '|', ')', ']', '}', '>']).unwrap_or(self.rest.len());
            let words = self.take(at);
            nodes.extend(
                self.tokenizer.words(words).into_iter().map(|word| Node::Word(self.phrases.word(word))),
            );
            match self.rest.chars().next() {
                Some('(') => nodes.push(Node::Choice(self.choices(')', depth)?.into())),
                Some('[') => {
                    let mut choices = self.choices(']', depth)?;
                    choices.push(Box::default());
                    nodes.push(Node::Choice(choices.into()));
                }
                Some('{') => nodes.push(self.slot()?),
                Some('<') => nodes.push(self.named(depth)?),
                _ => {
                    // Ten thousand templates are to fit in 20 MB.
                    nodes.shrink_to_fit();
                    return Ok(nodes);
                }
            }
        }
    }

    fn reach(&mut self, depth: usize) -> Result<(), String> {
        self.deepest = self.deepest.max(depth);
        if depth > DEEPEST {
            return Err(format!("brackets nest deeper than {DEEPEST}"));
        }
        Ok(())
    }

    /// The phrase whose name comes next.
    fn named(&mut self, depth: usize) -> Result<Node, String> {
        let Some(end) = self.rest.find('>') else { return Err("`>` is missing".to_owned()) };
        let name = self.take(end + 1);
        let phrase = self.phrases.get(&name[1..end])?;
        self.reach(depth + phrase.depth)?;
        Ok(Node::Phrase(Arc::clone(&phrase.nodes)))
    }

    /// Alternatives between the bracket that comes next and `close`.
    fn choices(&mut self, close: char, depth: usize) -> Result<Vec<Box<[Node]>>, String> {
        let mut choices = Vec::new();
        loop {
            self.take(1);
            let nodes = self.sequence(depth + 1)?;
            if nodes.is_empty() {
                return Err("an alternative is empty; write [a|b] for one of these or nothing".to_owned());
            }
            choices.push(nodes.into());
            match self.rest.chars().next() {
                Some('|') => {}
                Some(c) if c == close => {
                    self.take(1);
                    return Ok(choices);
                }
                _ => return Err(format!("`{close}` is missing")),
            }
        }
    }

    fn slot(&mut self) -> Result<Node, String> {
        let Some(end) = self.rest.find('}') else { return Err("`}` is missing".to_owned()) };
        let inner = self.take(end + 1);
        let inner = &inner[1..end];
        let named = |name: &str| {
            let known = NAMES.into_iter().find(|known| *known == name);
            known.ok_or_else(|| format!("no slot is named `{name}`; the names are {}", NAMES.join(", ")))
        };
        if let Some((name, value)) = inner.split_once('=') {
            let constant = Constant { name: named(name)?, value: value.to_owned() };
            return Ok(Node::Constant(Box::new(constant)));
        }
        let Some((name, kind)) = inner.split_once(':') else {
            return Err(format!("`{{{inner}}}` is neither {{name:kind}} nor {{name=value}}"));
        };
        let Some((_, kind)) = KINDS.into_iter().find(|(known, _)| *known == kind) else {
            let kinds = KINDS.map(|(known, _)| known).join(", ");
            return Err(format!("no slot kind is called `{kind}`; the kinds are {kinds}"));
        };
        Ok(Node::Slot { name: named(name)?, kind })
    }

    /// Steps over the next `bytes`, which end at a character boundary.
    fn take(&mut self, bytes: usize) -> &'t str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::phrases::tests::phrases;

    #[test]
    fn templates_compile() {
        let tokenizer = Tokenizer::new();
        let phrases = phrases("now = '(now|today)'").unwrap();
        let word = |w: &str| Node::Word(w.into());
        let choice =
            |choices: Vec<Vec<Node>>| Node::Choice(choices.into_iter().map(Vec::into_boxed_slice).collect());
        let nodes =
            compile("What [is|was] (now|{day:day}) {to=mile}几点 <now>", &tokenizer, &phrases).unwrap();
        let expected = vec![
            word("what"),
            choice(vec![vec![word("is")], vec![word("was")], vec![]]),
            choice(vec![vec![word("now")], vec![Node::Slot { name: "day", kind: Kind::Day }]]),
            Node::Constant(Box::new(Constant { name: "to", value: "mile".to_owned() })),
            word("几"),
            word("点"),
            Node::Phrase([choice(vec![vec![word("now")], vec![word("today")]])].into()),
        ];
        assert_eq!(nodes, expected);
    }

    #[test]
    fn bad_templates_say_why() {
        let deep = format!("a {}", "[b ".repeat(50));
        let table = [
            ("", "empty"),
            ("[please]", "empty"),
            ("what (is", "`)` is missing"),
            ("what [is)", "`]` is missing"),
            ("what is)", "without its opening"),
            ("a | b", "outside"),
            ("(a||b)", "alternative is empty"),
            ("{day", "`}` is missing"),
            ("what <now", "`>` is missing"),
            ("what now>", "without its opening"),
            ("what <then>", "no phrase is called `then`"),
            ("[<perhaps>]", "empty"),
            ("<perhaps>", "empty"),
            ("{day}", "neither"),
            ("{colour:number}", "no slot is named `colour`"),
            ("{day:dae}", "no slot kind is called `dae`"),
            (deep.as_str(), "deeper"),
        ];
        let tokenizer = Tokenizer::new();
        let phrases = phrases("perhaps = '[perhaps]'").unwrap();
        for (template, reason) in table {
            let error = compile(template, &tokenizer, &phrases).unwrap_err();
            assert!(error.contains(reason), "{template}: {error}");
        }
    }
}

//! Shape: what can be told of a template without a sentence: how large it is, what every sentence of it has, and some of
//! those sentences.
//!
//! Enters: compiled templates. Leaves: answers. Never here: a walk that grows without bound; phrases make a short template
//! large.

use std::collections::BTreeSet;

use super::grammar::{Group, Kind, Node};
use crate::flow::Language;

/// Whether `nodes`, with the phrases in them written out, have no more parts than `budget`, which grows less by them.
pub(super) fn fits(nodes: &[Node], budget: &mut usize) -> bool {
    nodes.iter().all(|node| {
        *budget = budget.saturating_sub(1);
        *budget > 0
            && match node {
                Node::Word(_) | Node::Slot { .. } | Node::Constant(_) => true,
                Node::Choice(choices) => choices.iter().all(|nodes| fits(nodes, budget)),
                Node::Phrase(nodes) => fits(nodes, budget),
            }
    })
}

/// Whether every sentence of `nodes` has a word that the template itself names.
pub(super) fn has_a_word(nodes: &[Node]) -> bool {
    nodes.iter().any(|node| match node {
        Node::Word(_) => true,
        Node::Slot { .. } | Node::Constant(_) => false,
        Node::Choice(choices) => choices.iter().all(|nodes| has_a_word(nodes)),
        Node::Phrase(nodes) => has_a_word(nodes),
    })
}

/// The slots that every sentence of `nodes` fills.
pub(super) fn always_filled(nodes: &[Node]) -> BTreeSet<&'static str> {
    let of = |node: &Node| match node {
        Node::Word(_) => BTreeSet::new(),
        Node::Slot { name, .. } => BTreeSet::from([*name]),
        Node::Constant(constant) => BTreeSet::from([constant.name]),
        Node::Choice(choices) => {
            let each = choices.iter().map(|nodes| always_filled(nodes));
            each.reduce(|all, more| &all & &more).unwrap_or_default()
        }
        Node::Phrase(nodes) => always_filled(nodes),
    };
    nodes.iter().flat_map(of).collect()
}

/// A sentence of `nodes` and what its slots hold; another `variant` takes other alternatives.
pub(super) fn sentence(nodes: &[Node], language: &Language, variant: usize) -> Spoken {
    let mut spoken = Spoken::default();
    spoken.follow(nodes, language, variant, &mut 0);
    spoken
}

/// A sentence as somebody may say it.
#[derive(Debug, Default)]
pub(super) struct Spoken {
    pub(super) words: String,
    pub(super) slots: Vec<(&'static str, String)>,
}

impl Spoken {
    fn follow(&mut self, nodes: &[Node], language: &Language, variant: usize, choice: &mut usize) {
        for node in nodes {
            match node {
                Node::Word(word) => self.say(word),
                Node::Slot { name, kind } => {
                    let (english, mandarin) = example(*kind);
                    let said = if *language == Language::MANDARIN { mandarin } else { english };
                    self.slots.push((name, said.to_owned()));
                    self.say(said);
                }
                Node::Constant(constant) => self.slots.push((constant.name, constant.value.clone())),
                Node::Choice(choices) => {
                    // Neighbouring choices take turns at different speeds, so that they are not always taken together.
                    let taken = (variant >> (*choice % 3)).wrapping_add(*choice) % choices.len().max(1);
                    *choice += 1;
                    if let Some(nodes) = choices.get(taken) {
                        self.follow(nodes, language, variant, choice);
                    }
                }
                Node::Phrase(nodes) => self.follow(nodes, language, variant, choice),
            }
        }
    }

    fn say(&mut self, words: &str) {
        if !self.words.is_empty() {
            self.words.push(' ');
        }
        self.words.push_str(words);
    }
}

/// What may be said for a slot of `kind`, in English and in Mandarin.
const fn example(kind: Kind) -> (&'static str, &'static str) {
    match kind {
        Kind::Number => ("5", "五"),
        Kind::Arithmetic => ("2 plus 3", "二加三"),
        Kind::Unit => ("miles", "公里"),
        Kind::Currency => ("euros", "欧元"),
        Kind::Device(Group::Switched) => ("lamp", "灯"),
        Kind::Device(Group::Heated) => ("heating", "暖气"),
        Kind::Device(Group::Covered) => ("blinds", "窗帘"),
        Kind::Device(Group::Locked) => ("front door", "大门"),
        Kind::Day => ("tomorrow", "明天"),
        Kind::Place | Kind::KnownPlace => ("Paris", "巴黎"),
        Kind::Duration => ("ten minutes", "十分钟"),
        Kind::MoreDuration => ("five more minutes", "再加五分钟"),
        Kind::Percent => ("30 percent", "百分之三十"),
        Kind::When | Kind::BareWhen => ("tomorrow at 7 am", "明天早上七点"),
        Kind::Repeat => ("every day at 7 am", "每天早上七点"),
        Kind::Label | Kind::Text | Kind::Rest | Kind::Anything => ("milk", "牛奶"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::{grammar, phrases::tests::phrases, tokens::Tokenizer};

    #[test]
    fn what_every_sentence_has_is_told_from_the_template() {
        let phrases = phrases("again = '[once] more'\nperhaps = '[perhaps]'").unwrap();
        for (template, has_word, filled) in [
            ("play {text:text}", true, &["text"][..]),
            ("{text:text}", false, &["text"]),
            ("{text:rest} [please]", false, &["text"]),
            ("(play|{text:text})", false, &[]),
            ("(play {text:text}|sing {text:text} {number:number})", true, &["text"]),
            ("[play] {item=news} {text:text}", false, &["item", "text"]),
            ("<again>", true, &[]),
            ("{number:number} <perhaps>", false, &["number"]),
        ] {
            let nodes = grammar::compile(template, &Tokenizer::new(), &phrases).unwrap();
            assert_eq!(has_a_word(&nodes), has_word, "{template}");
            assert_eq!(always_filled(&nodes), filled.iter().copied().collect(), "{template}");
        }
    }

    #[test]
    fn a_template_that_phrases_make_large_is_found_to_be_in_no_time() {
        let mut table = "p0 = 'x'\n".to_owned();
        for n in 1..8 {
            let inner = format!("<p{}> ", n - 1).repeat(60);
            table.push_str(&format!("p{n} = '{inner}'\n"));
        }
        let nodes = grammar::compile("<p7>", &Tokenizer::new(), &phrases(&table).unwrap()).unwrap();
        assert!(!fits(&nodes, &mut 2_000));
        assert!(fits(&nodes[..0], &mut 2_000));
    }

    #[test]
    fn the_variants_take_every_alternative() {
        let phrases = phrases("").unwrap();
        let nodes = grammar::compile(
            "(play|put on|start) [the] news [loudly] in {place:place}",
            &Tokenizer::new(),
            &phrases,
        )
        .unwrap();
        let all: BTreeSet<String> =
            (0..24).map(|variant| sentence(&nodes, &Language::ENGLISH, variant).words).collect();
        assert!(all.contains("play news in Paris") || all.contains("play the news in Paris"), "{all:?}");
        for word in ["play", "put on", "start", "the", "loudly"] {
            assert!(all.iter().any(|said| said.contains(word)), "{word}: {all:?}");
            assert!(all.iter().any(|said| !said.contains(word)), "{word}: {all:?}");
        }
    }
}

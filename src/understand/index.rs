//! Index: the few patterns of many that a sentence can be.
//!
//! Enters: patterns, then sentences. Leaves: the patterns, in their order, that have a word they cannot do without in the
//! sentence, and those that have none. Never here: a pattern left out that would match; words that only sound alike count.

use std::collections::{BTreeSet, HashMap};

use super::{grammar::Node, spelling, tokens::Token};

/// Compiled patterns and the words by which they are found.
#[derive(Default)]
pub(super) struct Patterns {
    /// Whose each pattern is, and what it is.
    patterns: Vec<(usize, Vec<Node>)>,
    /// The patterns that need one of the words of which this is one.
    by_word: HashMap<String, Vec<usize>>,
    /// The words of `by_word` that are compared by ear, by how they sound.
    by_sound: HashMap<String, Vec<String>>,
    /// The patterns that need no particular word.
    always: Vec<usize>,
}

impl Patterns {
    /// Patterns, each with the number of what it belongs to.
    pub(super) fn new(patterns: Vec<(usize, Vec<Node>)>) -> Self {
        let needs: Vec<Vec<BTreeSet<&str>>> = patterns.iter().map(|(_, nodes)| needed(nodes)).collect();
        let mut frequency: HashMap<&str, usize> = HashMap::new();
        for word in needs.iter().flatten().flatten() {
            *frequency.entry(word).or_default() += 1;
        }
        let mut by_word: HashMap<String, Vec<usize>> = HashMap::new();
        let mut always = Vec::new();
        for (place, needs) in needs.iter().enumerate() {
            // The words that the fewest other patterns need.
            let rarest =
                needs.iter().min_by_key(|words| words.iter().map(|word| frequency[word]).sum::<usize>());
            match rarest {
                Some(words) => {
                    words.iter().for_each(|word| by_word.entry((*word).to_owned()).or_default().push(place));
                }
                None => always.push(place),
            }
        }
        let mut by_sound: HashMap<String, Vec<String>> = HashMap::new();
        for word in by_word.keys() {
            if let Some(sound) = spelling::sound(word) {
                by_sound.entry(sound).or_default().push(word.clone());
            }
        }
        Self { patterns, by_word, by_sound, always }
    }

    /// The patterns that `tokens` may be, in their order, each with the number of what it belongs to.
    pub(super) fn candidates(&self, tokens: &[Token]) -> impl Iterator<Item = (usize, &[Node])> {
        let mut places: BTreeSet<usize> = self.always.iter().copied().collect();
        for token in tokens {
            if let Some(found) = self.by_word.get(&token.text) {
                places.extend(found);
            }
            let alike = spelling::sound(&token.text).and_then(|sound| self.by_sound.get(&sound));
            for word in alike.into_iter().flatten().filter(|word| spelling::sounds_like(&token.text, word)) {
                places.extend(&self.by_word[word]);
            }
        }
        places.into_iter().map(|place| {
            let (owner, nodes) = &self.patterns[place];
            (*owner, nodes.as_slice())
        })
    }
}

/// Sets of words: whatever `nodes` describe has a word of each.
fn needed<'n>(nodes: &'n [Node]) -> Vec<BTreeSet<&'n str>> {
    let mut needs = Vec::new();
    for node in nodes {
        match node {
            Node::Word(word) => needs.push(BTreeSet::from([word.as_str()])),
            Node::Choice(choices) => {
                // One word of each alternative; an alternative that needs none spoils it.
                let smallest = |nodes: &'n [Node]| needed(nodes).into_iter().min_by_key(BTreeSet::len);
                let each: Option<Vec<BTreeSet<&'n str>>> =
                    choices.iter().map(|nodes| smallest(nodes)).collect();
                needs.extend(each.map(|sets| sets.into_iter().flatten().collect()));
            }
            Node::Slot { .. } | Node::Constant { .. } => {}
        }
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::{grammar, tokens::Tokenizer};

    #[test]
    fn only_patterns_that_may_match_are_followed() {
        let tokenizer = Tokenizer::new();
        let templates = [
            "what time is it [now]",
            "(set|start) a timer",
            "(start|{number:number}) seconds",
            "{expr:arithmetic} [=|equals]",
            "[what is] (time|date|{day:day}) kilometers",
        ];
        let compiled = templates.iter().enumerate();
        let patterns = Patterns::new(
            compiled
                .map(|(place, template)| (place, grammar::compile(template, &tokenizer).unwrap()))
                .collect(),
        );
        for (words, expected) in [
            ("what time is it", &[0, 3][..]),
            ("set a timer", &[1, 3]),
            ("start something", &[3]),
            ("five seconds", &[2, 3]),
            ("date in kilomiters", &[3, 4]),
            ("hello", &[3]),
        ] {
            let tokens = tokenizer.read(words);
            let found: Vec<usize> = patterns.candidates(&tokens).map(|(owner, _)| owner).collect();
            assert_eq!(found, expected, "{words}");
        }
    }
}

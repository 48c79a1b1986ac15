//! Index: the few patterns of many that a sentence can be.
//!
//! Enters: patterns, then sentences. Leaves: the patterns, in their order, of which the sentence has every word that they
//! cannot do without, and begins as they do. Never here: a pattern left out that would match; words that only sound alike
//! count.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use super::{grammar::Node, spelling, tokens::Token};

/// A word of any pattern, as its place among them.
type WordId = u32;

/// One pattern and what a sentence needs to be it.
struct Pattern {
    owner: usize,
    nodes: Vec<Node>,
    /// Of each of these sets the sentence has a word.
    needs: Box<[Arc<[WordId]>]>,
    /// The words it begins with; none where it may begin with any.
    opens: Option<Arc<[WordId]>>,
}

/// Compiled patterns and the words by which they are found.
#[derive(Default)]
pub(super) struct Patterns {
    patterns: Vec<Pattern>,
    words: HashMap<String, WordId>,
    /// The words that are compared by ear, by how they sound.
    by_sound: HashMap<String, Vec<String>>,
    /// The patterns that need one of the words of which this is one.
    by_word: HashMap<WordId, Vec<usize>>,
    /// The patterns that need no particular word.
    always: Vec<usize>,
}

impl Patterns {
    /// Patterns, each with the number of what it belongs to.
    pub(super) fn new(patterns: Vec<(usize, Vec<Node>)>) -> Self {
        let mut index = Self::default();
        // Phrases make most sets the same.
        let mut sets = HashSet::new();
        for (owner, nodes) in patterns {
            let needs = needed(&nodes).iter().map(|words| index.ids(words, &mut sets)).collect();
            let mut opening = BTreeSet::new();
            let opens = opens(&nodes, &mut opening).is_some().then(|| index.ids(&opening, &mut sets));
            index.patterns.push(Pattern { owner, nodes, needs, opens });
        }
        let mut frequency: HashMap<WordId, usize> = HashMap::new();
        for word in index.patterns.iter().flat_map(|pattern| &pattern.needs).flat_map(|words| words.iter()) {
            *frequency.entry(*word).or_default() += 1;
        }
        for (place, pattern) in index.patterns.iter().enumerate() {
            // The words that the fewest other patterns need.
            let rarest = pattern
                .needs
                .iter()
                .min_by_key(|words| words.iter().map(|word| frequency[word]).sum::<usize>());
            match rarest {
                Some(words) => {
                    words.iter().for_each(|word| index.by_word.entry(*word).or_default().push(place))
                }
                None => index.always.push(place),
            }
        }
        for word in index.words.keys() {
            if let Some(sound) = spelling::sound(word) {
                index.by_sound.entry(sound).or_default().push(word.clone());
            }
        }
        index
    }

    /// The numbers of `words`, as they stand once in `sets`.
    fn ids(&mut self, words: &BTreeSet<&str>, sets: &mut HashSet<Arc<[WordId]>>) -> Arc<[WordId]> {
        let id = |word: &&str| {
            let next =
                WordId::try_from(self.words.len()).expect("a file has far fewer words than four billion");
            *self.words.entry((*word).to_owned()).or_insert(next)
        };
        let ids: Vec<WordId> = words.iter().map(id).collect();
        if let Some(known) = sets.get(ids.as_slice()) {
            return Arc::clone(known);
        }
        let ids: Arc<[WordId]> = ids.into();
        sets.insert(Arc::clone(&ids));
        ids
    }

    /// The words that `token` may stand for.
    fn heard(&self, token: &Token) -> Vec<WordId> {
        let mut ids: Vec<WordId> = self.words.get(&token.text).copied().into_iter().collect();
        let alike = spelling::sound(&token.text).and_then(|sound| self.by_sound.get(&sound));
        let alike = alike.into_iter().flatten().filter(|word| spelling::sounds_like(&token.text, word));
        ids.extend(alike.map(|word| self.words[word]));
        ids
    }

    /// The patterns that `tokens` may be, in their order, each with the number of what it belongs to.
    pub(super) fn candidates(&self, tokens: &[Token]) -> impl Iterator<Item = (usize, &[Node])> {
        let heard: Vec<Vec<WordId>> = tokens.iter().map(|token| self.heard(token)).collect();
        let all: HashSet<WordId> = heard.iter().flatten().copied().collect();
        let mut places: BTreeSet<usize> = self.always.iter().copied().collect();
        places.extend(all.iter().filter_map(|word| self.by_word.get(word)).flatten());
        let first = heard.into_iter().next().unwrap_or_default();
        places
            .into_iter()
            .map(|place| &self.patterns[place])
            .filter(move |pattern| {
                let begins =
                    pattern.opens.as_ref().is_none_or(|words| first.iter().any(|id| words.contains(id)));
                begins && pattern.needs.iter().all(|words| words.iter().any(|id| all.contains(id)))
            })
            .map(|pattern| (pattern.owner, pattern.nodes.as_slice()))
    }
}

/// Puts the words that `nodes` may begin with into `words`. `Some(true)` where they may be empty, none where they may begin
/// with any word.
fn opens<'n>(nodes: &'n [Node], words: &mut BTreeSet<&'n str>) -> Option<bool> {
    for node in nodes {
        let may_be_empty = match node {
            Node::Word(word) => {
                words.insert(word);
                false
            }
            Node::Slot { .. } => return None,
            Node::Constant(_) => true,
            Node::Phrase(nodes) => opens(nodes, words)?,
            Node::Choice(choices) => {
                let mut empty = false;
                for nodes in choices {
                    empty |= opens(nodes, words)?;
                }
                empty
            }
        };
        if !may_be_empty {
            return Some(false);
        }
    }
    Some(true)
}

/// Sets of words: whatever `nodes` describe has a word of each.
fn needed<'n>(nodes: &'n [Node]) -> Vec<BTreeSet<&'n str>> {
    let mut needs = Vec::new();
    for node in nodes {
        match node {
            Node::Word(word) => needs.push(BTreeSet::from([&**word])),
            Node::Choice(choices) => {
                // One word of each alternative; an alternative that needs none spoils it.
                let smallest = |nodes: &'n [Node]| needed(nodes).into_iter().min_by_key(BTreeSet::len);
                let each: Option<Vec<BTreeSet<&'n str>>> =
                    choices.iter().map(|nodes| smallest(nodes)).collect();
                needs.extend(each.map(|sets| sets.into_iter().flatten().collect()));
            }
            Node::Phrase(nodes) => needs.extend(needed(nodes)),
            Node::Slot { .. } | Node::Constant(_) => {}
        }
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::understand::{grammar, phrases::tests::phrases, tokens::Tokenizer};

    #[test]
    fn only_patterns_that_may_match_are_followed() {
        let tokenizer = Tokenizer::new();
        let templates = [
            "what time is it [now]",
            "(set|start) <a> timer",
            "(start|{number:number}) seconds",
            "{expr:arithmetic} [=|equals]",
            "[what is] (time|date|{day:day}) kilometers",
            "[what is] [{to=mile}] <a> day",
        ];
        let phrases = phrases("a = '[a|the] new'").unwrap();
        let compiled = templates.iter().enumerate();
        let patterns = Patterns::new(
            compiled
                .map(|(place, template)| (place, grammar::compile(template, &tokenizer, &phrases).unwrap()))
                .collect(),
        );
        for (words, expected) in [
            ("what time is it", &[0, 3][..]),
            ("set a new timer", &[1, 3]),
            ("set a timer", &[3]),
            ("start something", &[3]),
            ("five seconds", &[2, 3]),
            ("date in kilomiters", &[3, 4]),
            ("the new day", &[3, 5]),
            ("what is a new day", &[3, 5]),
            ("is the new day", &[3]),
            ("hello", &[3]),
        ] {
            let tokens = tokenizer.read(words);
            let found: Vec<usize> = patterns.candidates(&tokens).map(|(owner, _)| owner).collect();
            assert_eq!(found, expected, "{words}");
        }
    }
}

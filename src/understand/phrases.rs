//! Phrases: pieces of templates that many share, compiled once and used as `<name>`.
//!
//! Enters: the table `[phrases]` of a file. Leaves: each phrase compiled, or which is wrong and why. Never here: a phrase
//! that needs itself, or one that is compiled again where it is used.

use std::{
    cell::RefCell,
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use toml::Spanned;

use super::{
    grammar::{self, Node},
    tokens::Tokenizer,
};

/// A phrase, compiled.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    /// What it describes, shared by all templates that use it.
    pub(super) nodes: Arc<[Node]>,
    /// How deep its brackets nest.
    pub(super) depth: usize,
}

/// The phrases of one file, by name, and its words.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    by_name: HashMap<String, Phrase>,
    /// Every word of the file, once.
    words: RefCell<HashSet<Arc<str>>>,
}

impl Phrases {
    /// The phrases of `table`; where one cannot be used, its place in the file and why.
    pub(super) fn compile(
        table: &BTreeMap<String, Spanned<String>>,
        tokenizer: &Tokenizer,
    ) -> Result<Self, (usize, String)> {
        let mut phrases = Self::default();
        for name in table.keys() {
            phrases.add(name, table, tokenizer, &mut Vec::new())?;
        }
        Ok(phrases)
    }

    /// The phrase called `name`, or why there is none.
    pub(super) fn get(&self, name: &str) -> Result<&Phrase, String> {
        self.by_name
            .get(name)
            .ok_or_else(|| format!("no phrase is called `{name}`; [phrases] lists those there are"))
    }

    /// `word` as it stands in memory once, however many templates have it.
    pub(super) fn word(&self, word: String) -> Arc<str> {
        let mut words = self.words.borrow_mut();
        if let Some(known) = words.get(word.as_str()) {
            return Arc::clone(known);
        }
        let word: Arc<str> = word.into();
        words.insert(Arc::clone(&word));
        word
    }

    /// Compiles `name` behind those that it uses; `trail` are those that use it.
    fn add<'t>(
        &mut self,
        name: &'t str,
        table: &'t BTreeMap<String, Spanned<String>>,
        tokenizer: &Tokenizer,
        trail: &mut Vec<&'t str>,
    ) -> Result<(), (usize, String)> {
        let Some(text) = table.get(name).filter(|_| !self.by_name.contains_key(name)) else { return Ok(()) };
        let at = text.span().start;
        if trail.contains(&name) {
            return Err((at, format!("the phrase `{name}` uses itself: {} {name}", trail.join(" "))));
        }
        trail.push(name);
        for used in uses(text.get_ref()) {
            self.add(used, table, tokenizer, trail)?;
        }
        trail.pop();
        let phrase = grammar::phrase(text.get_ref(), tokenizer, self).map_err(|reason| (at, reason))?;
        self.by_name.insert(name.to_owned(), phrase);
        Ok(())
    }
}

/// The names in angle brackets in `text`.
fn uses(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(name, _)| name)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Phrases of a table as a file has it, or why not.
    pub(in super::super) fn phrases(table: &str) -> Result<Phrases, String> {
        let table: BTreeMap<String, Spanned<String>> = toml::from_str(table).unwrap();
        Phrases::compile(&table, &Tokenizer::new()).map_err(|(_, reason)| reason)
    }

    #[test]
    fn phrases_use_each_other_in_any_order_but_never_themselves() {
        let good = phrases("a = '<b> [<c>]'\nb = '(x|<c>)'\nc = 'y'").unwrap();
        assert_eq!(good.get("a").unwrap().depth, 1);
        assert!(Arc::ptr_eq(&good.get("c").unwrap().nodes, &good.get("c").unwrap().nodes));
        let deep: String = (0..20).map(|n| format!("p{n} = '(x|<p{}>)'\n", n + 1)).collect();
        for (table, reason) in [
            ("a = 'x <a>'", "`a` uses itself: a a"),
            ("a = '<b>'\nb = '[<c>]'\nc = 'x <a>'", "`a` uses itself: a b c a"),
            ("a = 'x <b>'", "no phrase is called `b`"),
            ("a = 'x <b'", "`>` is missing"),
            ("a = ' '", "the phrase is empty"),
            ("a = '(x'", "`)` is missing"),
            (&format!("{deep}p20 = 'x'"), "deeper"),
        ] {
            let error = phrases(table).unwrap_err();
            assert!(error.contains(reason), "{table}: {error}");
        }
    }
}

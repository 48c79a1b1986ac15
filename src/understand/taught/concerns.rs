//! Concerns: what a file of phrases does that its author may not expect.
//!
//! Enters: the phrases, and the sentences that the built-in files promise. Leaves: what is hidden, what is never reached, what
//! may not be understood. Never here: a reason to refuse the file; all of it may be meant.

use super::{Say, Wish, filled};
use crate::{
    flow::{Intent, Slot, SlotValue},
    understand::{Understanding, interpret::promised, shape},
};

/// How many sentences of a template are tried.
const TRIED: usize = 24;

/// Something to know of a file of phrases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Concern {
    /// The line it is about.
    pub line: usize,
    /// What it is.
    pub message: String,
}

impl Understanding {
    /// What is to know of the user's phrases.
    #[must_use]
    pub fn concerns(&self) -> Vec<Concern> {
        let promised = promised();
        let taker = |language, words: &str| self.phrase(words, language).map(|(say, _)| say);
        let caught =
            promised.iter().filter_map(|(language, words)| Some((taker(language, words)?, words.as_str())));
        let caught: Vec<(&Say, &str)> = caught.collect();
        let mut concerns = Vec::new();
        for say in &self.taught.says {
            self.look_at(say, &caught, &mut concerns);
        }
        concerns.sort_by_key(|concern| concern.line);
        concerns
    }

    /// What is to know of `say`. `caught` are sentences that the built-in files promise, each with the template of the user's
    /// that takes it.
    fn look_at(&self, say: &Say, caught: &[(&Say, &str)], concerns: &mut Vec<Concern>) {
        let mut tell = |line: usize, message: String| concerns.push(Concern { line, message });
        let tried: Vec<shape::Spoken> =
            (0..TRIED).map(|variant| shape::sentence(&say.nodes, &say.language, variant)).collect();
        let taker = |spoken: &shape::Spoken| self.phrase(&spoken.words, &say.language).map(|(say, _)| say);
        let taken: Vec<Option<&Say>> = tried.iter().map(taker).collect();
        let own = tried.iter().zip(&taken).map(|(spoken, taken)| (*taken, spoken.words.as_str()));
        let promised = caught.iter().map(|(taken, words)| (Some(*taken), *words));
        let its_own = own.chain(promised).filter(|(taken, _)| taken.is_some_and(|it| std::ptr::eq(it, say)));
        let mut hidden: Vec<String> = Vec::new();
        for (_, words) in its_own {
            let Some(Intent { name, .. }) = self.interpret(words, &say.language) else { continue };
            if !hidden.contains(&name) {
                let message = format!(
                    "“{words}” is also understood without this file, as {name}; your phrase comes first"
                );
                tell(say.line, message);
                hidden.push(name);
            }
        }
        match taken.first() {
            Some(Some(first)) if taken.iter().all(|one| one.is_some_and(|one| !std::ptr::eq(one, say))) => {
                tell(say.line, format!("“{}” is never reached: line {} takes it", say.text, first.line));
            }
            _ if taken.iter().any(Option::is_none) => {
                tell(
                    say.line,
                    format!("some of what “{}” says was not understood when it was tried", say.text),
                );
            }
            _ => {}
        }
        let Some(spoken) = tried.first() else { return };
        for wish in &self.taught.wishes[say.phrase] {
            if self.wish(wish, &spoken.words, &slots(spoken)).is_none() {
                tell(wish.line, maybe(wish, spoken));
            }
        }
    }
}

/// The slots of `spoken`, with their words in place of their values.
fn slots(spoken: &shape::Spoken) -> Vec<Slot> {
    let slot = |(name, words): &(&'static str, String)| Slot {
        name,
        value: SlotValue::Text(words.clone()),
        span: 0..0,
    };
    spoken.slots.iter().map(slot).collect()
}

fn maybe(wish: &Wish, spoken: &shape::Spoken) -> String {
    let sentence = filled(&wish.pieces, &spoken.words, &slots(spoken));
    format!("“{sentence}” is not understood; with other words it may be, else nothing of the phrase is done")
}

//! Matching: whether a name is what was said, as a recogniser writes it.
//!
//! Enters: names and what was said. Leaves: how well they fit, if at all. Never here: a guess between two that fit alike.

use std::collections::HashSet;

/// How a name fits, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Fit {
    /// It is the name, but for spaces, case and marks.
    Same,
    /// Every word of what was said is a word of the name.
    Part,
    /// A letter or two are others.
    Near,
}

/// `text` without case, spaces and marks.
pub(super) fn key(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// How `name` fits `spoken`.
pub(super) fn fit(spoken: &str, name: &str) -> Option<Fit> {
    let (said, named) = (key(spoken), key(name));
    if said.is_empty() || named.is_empty() {
        return None;
    }
    if said == named {
        return Some(Fit::Same);
    }
    let han = said.chars().any(crate::flow::is_han);
    if (han && said.chars().count() > 1 && named.contains(&said)) || words_within(spoken, name) {
        return Some(Fit::Part);
    }
    let letters = said.chars().count();
    let allowed = if letters >= 8 { 2 } else { 1 };
    let near = letters >= 5 && !han && said.chars().next() == named.chars().next();
    (near && strsim::osa_distance(&said, &named) <= allowed).then_some(Fit::Near)
}

fn words_within(spoken: &str, name: &str) -> bool {
    let words = |text: &str| -> HashSet<String> {
        text.split(|c: char| !c.is_alphanumeric()).map(key).filter(|word| !word.is_empty()).collect()
    };
    let (said, named) = (words(spoken), words(name));
    // "Libre office" is one word of the name.
    !said.is_empty() && (said.is_subset(&named) || named.contains(&key(spoken)))
}

/// Of `all`, those that fit best; `fit` tells how each does.
pub(super) fn best<T>(all: impl IntoIterator<Item = T>, fit: impl Fn(&T) -> Option<Fit>) -> Vec<T> {
    let mut found: Vec<(Fit, T)> = all.into_iter().filter_map(|one| Some((fit(&one)?, one))).collect();
    let Some(first) = found.iter().map(|(fit, _)| *fit).min() else { return Vec::new() };
    found.retain(|(fit, _)| *fit == first);
    found.into_iter().map(|(_, one)| one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_as_it_is_said() {
        let table = [
            ("fire fox", "Firefox", Some(Fit::Same)),
            ("libre office writer", "LibreOffice Writer", Some(Fit::Same)),
            ("chrome", "Google Chrome", Some(Fit::Part)),
            ("libre office", "LibreOffice Writer", Some(Fit::Part)),
            ("firefocks", "Firefox", None),
            ("thunderbyrd", "Thunderbird", Some(Fit::Near)),
            ("火狐", "火狐浏览器", Some(Fit::Part)),
            ("器", "火狐浏览器", None),
            ("fox", "Firefox", None),
            ("code", "Codec", None),
            ("gimp", "Gump", None),
            ("...", "Firefox", None),
        ];
        for (spoken, name, expected) in table {
            assert_eq!(fit(spoken, name), expected, "{spoken} {name}");
        }
        assert_eq!(best(["Chrome Canary", "Chrome"], |name| fit("chrome", name)), ["Chrome"]);
    }
}

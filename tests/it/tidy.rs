//! The house's walls, read from the source as text. Here belongs what neither the compiler nor clippy can see:
//! which room names which crate, who imports whom, what no file may hold. Each rule is run twice: on the tree,
//! where it must find nothing, and on its own samples of a breach, where it must find something.

#![expect(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::{fs, path::Path};

mod manifests;
mod paths;
mod roads;
mod rules;

/// One rule: what it forbids, how it finds it, and samples that keep it honest. A file is (path, text).
pub(crate) struct Rule {
    name: &'static str,
    check: fn(path: &str, text: &str) -> Vec<String>,
    breaches: &'static [(&'static str, &'static str)],
    innocents: &'static [(&'static str, &'static str)],
}

fn all() -> impl Iterator<Item = &'static Rule> {
    rules::RULES.iter().chain(roads::RULES).chain(manifests::RULES)
}

/// Every text file of the project with its path from the root, `/` between the parts.
fn tree() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            let built =
                ["target", "out", ".git", "tests/fuzz/target", "tests/fuzz/corpus"].contains(&name.as_str());
            if built {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if let Ok(text) = String::from_utf8(fs::read(&path).unwrap()) {
                files.push((name, text));
            }
        }
    }
    assert!(files.iter().any(|(path, _)| path == "src/lib.rs"), "the tree was not found");
    files.sort();
    files
}

#[test]
fn the_tree_keeps_every_rule() {
    let tree = tree();
    let found: Vec<String> = all()
        .flat_map(|rule| {
            tree.iter().flat_map(move |(path, text)| {
                (rule.check)(path, text)
                    .into_iter()
                    .map(move |what| format!("{path}: {what} [{}]", rule.name))
            })
        })
        .collect();
    assert!(found.is_empty(), "{} breaches:\n{}", found.len(), found.join("\n"));
}

#[test]
fn every_rule_finds_its_breaches_and_lets_the_innocent_pass() {
    for rule in all() {
        assert!(!rule.breaches.is_empty(), "{}: a rule without a breach proves nothing", rule.name);
        for (path, text) in rule.breaches {
            assert!(!(rule.check)(path, text).is_empty(), "{}: not found: {path}: {text}", rule.name);
        }
        for (path, text) in rule.innocents {
            let found = (rule.check)(path, text);
            assert!(found.is_empty(), "{}: {path} is innocent: {found:?}", rule.name);
        }
    }
}

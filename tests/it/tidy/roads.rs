//! Who may import whom: the map's arrows, checked on every `use crate::…` and every `crate::…` path.

use super::{Rule, rules::code};

/// Each room and the rooms it may name. `flow` is open to all for its `Remedy` and `Fault`, which every error
/// is; what else may cross is the matter of other rules.
const ROADS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("flow", &["units"]),
    ("ggml", &["units"]),
    ("policy", &["units", "flow"]),
    ("settings", &["units", "flow", "policy", "egress"]), // egress for `Secret`, which a key is from the start
    ("source", &["units", "flow"]),
    ("listen", &["units", "flow"]),
    ("transcribe", &["units", "flow", "ggml"]),
    ("understand", &["units", "flow"]),
    ("skills", &["units", "flow", "store"]),
    ("egress", &["units", "flow", "policy"]),
    ("answer", &["units", "flow", "policy", "egress"]),
    ("speak", &["units", "flow"]),
    ("play", &["units", "flow"]),
    ("store", &["units", "flow"]),
    ("report", &["units", "flow"]),
    ("models", &["units", "flow", "ggml", "egress", "policy"]),
    (
        "session",
        &[
            "units",
            "flow",
            "policy",
            "report",
            "source",
            "listen",
            "transcribe",
            "understand",
            "skills",
            "answer",
            "egress",
            "speak",
            "play",
        ],
    ),
    (
        "mode",
        &[
            "units",
            "flow",
            "settings",
            "policy",
            "session",
            "report",
            "source",
            "listen",
            "transcribe",
            "understand",
            "skills",
            "answer",
            "egress",
            "speak",
            "play",
            "models",
        ],
    ),
    ("cli", EVERY),
    ("main", EVERY),
    ("lib", EVERY),
];

/// The command line sits above all rooms and may name each.
const EVERY: &[&str] = &["*"];

pub(super) const RULES: &[Rule] = &[Rule {
    name: "rooms meet only on the map's roads",
    check: strays,
    breaches: &[
        ("src/policy/decide.rs", "use crate::egress::Door;"),
        ("src/egress/door.rs", "use crate::{flow::Fault, listen::Gate};"),
        ("src/egress/door.rs", "use crate::{\n    flow::Fault,\n    listen::{Gate, vad},\n};"),
        ("src/source/file.rs", "let gate = crate::listen::Gate::new();"),
        ("src/speak/flite.rs", "use super::super::egress;"),
        ("src/units.rs", "use crate::flow::Frame;"),
        ("src/answer/ask.rs", "use crate::settings::Settings;"),
        ("src/attic/mod.rs", "//! A room that is on no map."),
        ("src/play/wav.rs", "use crate as all;"),
        ("src/play/wav.rs", "use crate::*;"),
    ],
    innocents: &[
        ("src/egress/door.rs", "use crate::{flow::Fault, policy::Permit};"),
        ("src/egress/door.rs", "use crate::egress::ledger::Ledger;"),
        ("src/egress/door.rs", "// crate::listen is never named here\n/// Not [`crate::listen`] either."),
        ("src/cli/ask.rs", "use crate::{mode, settings::Settings};"),
        ("tests/it/door.rs", "use crate::support;"),
        ("src/listen/vad.rs", ".expect(\"the weights are in the crate\")"),
    ],
}];

/// Imports of `path` that the table does not allow.
fn strays(path: &str, text: &str) -> Vec<String> {
    let Some(room) = room_of(path) else { return Vec::new() };
    let Some((_, roads)) = ROADS.iter().find(|(name, _)| *name == room) else {
        return vec![format!("the room `{room}` is not in the table of roads")];
    };
    if roads == &EVERY {
        return Vec::new();
    }
    let code: String = code(text).flat_map(|(_, line)| [line, "\n"]).collect();
    let mut strays: Vec<String> = named(&code)
        .into_iter()
        .filter(|other| other != room && !roads.contains(&other.as_str()))
        .map(|other| format!("`{room}` may not name `{other}`"))
        .collect();
    strays.sort();
    strays.dedup();
    strays
}

/// The room that a source file belongs to: its folder under `src/`, or its own name there.
fn room_of(path: &str) -> Option<&str> {
    let inside = path.strip_prefix("src/")?;
    if !path.ends_with(".rs") {
        return None;
    }
    Some(inside.split_once('/').map_or_else(|| inside.trim_end_matches(".rs"), |(folder, _)| folder))
}

/// First names after `crate`: of plain paths, of each branch of a use-tree, and of chains of `super` that reach
/// a room by the back stairs.
fn named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate") {
        let rest = &code[at + "crate".len()..];
        let visibility = rest.trim_start().starts_with(')');
        let longer = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        let before = code[..at].chars().next_back();
        if visibility || longer || before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '$') {
            continue;
        }
        match rest.strip_prefix("::") {
            Some(tree) => found.extend(branches(tree)),
            None if code[..at].trim_end().ends_with("use") => found.push("the whole crate".to_owned()),
            None => {}
        }
    }
    for (at, _) in code.match_indices("super::super::") {
        let first = first_name(&code[at + "super::super::".len()..]);
        found.extend(ROADS.iter().filter(|(room, _)| *room == first).map(|(room, _)| (*room).to_owned()));
    }
    found
}

/// The first names of `{a::b, c::{d, e}}`, or of `a::b`.
fn branches(tree: &str) -> Vec<String> {
    let Some(inside) = tree.strip_prefix('{') else {
        return vec![first_name(tree)];
    };
    let (mut depth, mut branch, mut found) = (0_usize, String::new(), Vec::new());
    for c in inside.chars() {
        match c {
            '}' if depth == 0 => break,
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(first_name(&branch));
                branch.clear();
                continue;
            }
            _ => {}
        }
        branch.push(c);
    }
    found.push(first_name(&branch));
    found.retain(|name| !name.is_empty());
    found
}

/// The identifier that `path` starts with; `*` for a glob.
fn first_name(path: &str) -> String {
    let path = path.trim_start();
    if path.starts_with('*') {
        return "*".to_owned();
    }
    path.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

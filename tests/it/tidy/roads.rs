//! Who may import whom: the map's arrows, checked on every path that goes through `crate` or `super`.

use super::{Rule, paths::below_the_root};

/// Each room and the rooms it may name. `flow` is open to all for its `Remedy` and `Fault`, which every error
/// is; what else may cross is the matter of other rules.
const ROADS: &[(&str, &[&str])] = &[
    ("units", &[]),
    ("flow", &["units"]),
    ("script", &["flow"]),
    ("ggml", &["units"]),
    ("named", &[]),
    ("program", &["units"]),
    ("pulse", &[]),
    ("desktop", &["units", "flow", "program", "pulse"]),
    ("policy", &["units", "flow"]),
    ("settings", &["units", "flow", "policy", "egress"]), // egress for `Secret`, which a key is from the start
    ("source", &["units", "flow", "named", "pulse"]),
    ("far_end", &["units", "flow"]),
    ("listen", &["units", "flow", "far_end"]),
    ("transcribe", &["units", "flow", "script", "ggml"]),
    ("understand", &["units", "flow"]),
    ("skills", &["units", "flow", "script", "store", "desktop"]),
    ("egress", &["units", "flow", "policy"]),
    ("facts", &["units", "flow", "policy", "egress", "skills"]),
    ("answer", &["units", "flow", "script", "policy", "egress"]),
    ("speak", &["units", "flow", "program"]),
    ("mark", &["units", "flow"]),
    ("play", &["units", "flow", "far_end", "mark", "named", "pulse"]),
    ("key", &["units", "flow"]),
    ("store", &["units", "flow"]),
    ("mcp", &["units", "flow", "program", "policy", "egress"]),
    ("report", &["units", "flow"]),
    ("service", &["flow", "program", "settings"]),
    ("models", &["units", "flow", "ggml", "egress", "policy"]),
    (
        "session",
        &[
            "units",
            "flow",
            "far_end",
            "script",
            "policy",
            "key",
            "report",
            "source",
            "listen",
            "transcribe",
            "understand",
            "skills",
            "answer",
            "egress",
            "speak",
            "mark",
            "play",
        ],
    ),
    ("serve", &["units", "flow", "report", "session"]),
    (
        "mode",
        &[
            "units",
            "flow",
            "far_end",
            "script",
            "settings",
            "policy",
            "key",
            "session",
            "report",
            "source",
            "listen",
            "transcribe",
            "understand",
            "skills",
            "facts",
            "answer",
            "egress",
            "speak",
            "mark",
            "play",
            "models",
            "program",
            "service",
            "store",
            "desktop",
            "mcp",
        ],
    ),
    // Plays whole sessions, so it sits above the modes.
    (
        "scenario",
        &[
            "units",
            "flow",
            "settings",
            "session",
            "report",
            "source",
            "transcribe",
            "store",
            "models",
            "mode",
        ],
    ),
    ("doctor", EVERY), // looks at every room from outside
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
        ("src/speak/text/mod.rs", "use super::super::super::egress::Door;"),
        ("src/speak/text/mod.rs", "use super::super::{super::egress, voice};"),
        ("src/speak/text/mod.rs", "use super::{super::{super::egress::Door}, voice};"),
        ("src/speak/flite.rs", "use self::super::super::egress;"),
        ("src/speak/flite.rs", "use super::super::*;"),
        ("src/speak/flite.rs", "use super::super::{self as all};"),
        ("src/speak/flite.rs", "use {super::super::egress::Door, std::fmt};"),
        ("src/speak/flite.rs", "mod tests {\n    use super::*;\n}\nuse super::super::egress::Door;"),
        ("src/speak/flite.rs", "mod tests {\n    use super::super::super::egress::Door;\n}"),
        ("src/speak/flite.rs", "let brace = '{'; let text = \"mod a {\"; super::super::egress::open();"),
        ("src/speak/flite.rs", "use crate::{units::{self, TurnId}, egress::Door};"),
        ("src/speak/flite.rs", "use crate::{{flow::Fault, {egress::Door}}};"),
        ("src/speak/flite.rs", "use {crate::{flow::{Fault}, egress}, std::fmt};"),
        ("src/speak/flite.rs", "use crate::{\n    self as all,\n};"),
        ("src/speak/flite.rs", "use crate :: egress :: Door;"),
        ("src/speak/flite.rs", "use crate::r#egress::Door;"),
        ("src/speak/flite.rs", "macro_rules! door { () => { $crate::egress::Door } }"),
        ("src/speak/flite.rs", "extern crate self as all;"),
        ("src/speak/flite.rs", "#[path = \"../egress/door.rs\"]\nmod door;"),
        ("src/speak/flite.rs", "include!(\"../egress/door.rs\");"),
        ("src/speak/text/mod.rs", "fn f() -> super :: super :: super::answer::Asker {}"),
        ("src/units.rs", "use super::egress::Door;"),
        ("src/units.rs", "use crate::flow::Frame;"),
        ("src/answer/ask.rs", "use crate::settings::Settings;"),
        ("src/serve/server.rs", "use crate::egress::Door;"),
        ("src/session/run.rs", "use crate::serve::Server;"),
        ("src/attic/mod.rs", "//! A room that is on no map."),
        ("src/play/wav.rs", "use crate as all;"),
        ("src/play/wav.rs", "use crate::*;"),
    ],
    innocents: &[
        ("src/egress/door.rs", "use crate::{flow::Fault, policy::Permit};"),
        ("src/egress/door.rs", "use crate::egress::ledger::Ledger;"),
        ("src/egress/door.rs", "// crate::listen is never named here\n/// Not [`crate::listen`] either."),
        ("src/cli/ask.rs", "use crate::{mode, settings::Settings};"),
        ("src/serve/connection.rs", "use crate::{report::Notice, session::Request};"),
        ("tests/it/door.rs", "use crate::support;"),
        ("src/speak/text/mod.rs", "use super::{units::X, Voice};\nuse super::super::flow::Fault;"),
        (
            "src/speak/flite.rs",
            "#[cfg(test)]\nmod tests {\n    use super::*;\n    use super::super::Voice;\n}",
        ),
        ("src/units.rs", "#[cfg(test)]\npub(super) mod tests {\n    use super::*;\n}"),
        (
            "src/speak/flite.rs",
            "pub(in crate::speak) fn f(self) {}\npub(crate) use crate::flow::{Fault, Remedy};",
        ),
        (
            "src/speak/flite.rs",
            "let name = \"crate::egress\"; let x = my_crate::egress(); /* crate::egress */",
        ),
        (
            "src/speak/flite.rs",
            "fn f<'a>(x: &'a str) -> &'a str { let c = '\\''; crate::flow::f(x, r#\"crate::egress\"#) }",
        ),
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
    let mut strays: Vec<String> = below_the_root(path, text)
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

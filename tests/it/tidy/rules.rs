//! Rules on single files: which words belong to which room, and what no file may hold.

use super::Rule;

/// This file, whose samples hold what two of its rules forbid everywhere.
const ITSELF: &str = "tests/it/tidy/rules.rs";

/// Files longer than [`LINES`] that have a reason to be: (path, lines allowed, why).
const LONG: &[(&str, usize, &str)] = &[(
    "tests/it/soak/day.rs",
    530,
    "a day's script and the checks between its scenes, which share what was asked so far",
)];

/// A file is one idea; a source file above this many lines holds several.
const LINES: usize = 500;

/// Crates whose names churn or reach out, and the only places that may say them.
const ADDRESSES: &[(&str, &[&str])] = &[
    ("reqwest", &["src/egress/"]),
    ("hyper", &["src/egress/"]),
    // The tests' TLS server; the door itself speaks TLS through reqwest.
    ("rustls", &["src/egress/door/double.rs"]),
    ("whisper_rs", &["src/transcribe/whisper.rs", "src/transcribe/tongues.rs", "src/transcribe/abort.rs"]),
    ("whisper_rs_sys", &["src/transcribe/whisper.rs", "src/transcribe/abort.rs"]),
    (
        "rmcp",
        &[
            "src/mcp/connection.rs",
            "src/mcp/listed.rs",
            "src/mcp/pipes.rs",
            "src/mcp/posts.rs",
            "src/mcp/sampling.rs",
        ],
    ),
    ("rodio", &["src/play/output.rs"]),
    ("cpal", &["src/source/hosts.rs", "src/source/hunt.rs", "src/source/mic.rs", "src/play/output.rs"]), // rodio takes a device by name only through cpal
    ("sonora_aec3", &["src/listen/echo.rs"]),
    (
        "pulseaudio",
        &[
            "src/pulse.rs",
            "src/play/pulse.rs",
            "src/desktop/sink.rs",
            "src/source/pulse.rs",
            "src/source/mic.rs",
        ],
    ),
    ("symphonia", &["src/source/coded.rs"]),
    ("sd_notify", &["src/service/notify.rs"]),
    ("ashpd", &["src/key/portal.rs"]),
    ("x11rb", &["src/key/display.rs", "src/key/x11.rs"]),
    ("global_hotkey", &["src/key/system.rs"]),
    (
        "zbus",
        &[
            "src/key/portal.rs",
            "src/settings/keyring/secret_service.rs",
            "src/desktop/bus.rs",
            "src/desktop/players.rs",
            "src/desktop/start.rs",
        ],
    ),
    ("security_framework", &["src/settings/keyring/apple.rs"]),
    ("keyring_core", &["src/settings/keyring/windows.rs"]),
    ("windows_native_keyring_store", &["src/settings/keyring/windows.rs"]),
    // Windows' event loop has no safe wrapper in any crate that is built anyway.
    ("unsafe", &["src/transcribe/abort.rs", "src/transcribe/pages.rs", "src/key/pump.rs"]),
    ("unsafe_code", &["src/transcribe/abort.rs", "src/transcribe/pages.rs", "src/key/pump.rs"]),
];

/// The one file that listens: to the user's own programs, on a Unix socket, and to nothing else.
const CONTROL_SOCKET: &str = "src/serve/socket.rs";

/// The file that plays a language model to test runs, on this machine: the other end of the door.
const TEST_MODEL: &str = "src/scenario/model.rs";

/// The files that open a way out of a fence, whose other end is the door's.
const FENCE: &[&str] = &["src/program/fence.rs", "src/program/lasting.rs"];

/// What they may name of the modules `net`, whole.
const FENCE_SOCKETS: &[&str] = &[
    "std::net::TcpListener",
    "std::os::unix::net::UnixStream::pair",
    "tokio::net::UnixStream",
    "rustix::net",
];

/// The files that speak the sound server's own protocol.
const SOUND_SERVER: &[&str] = &["src/pulse.rs", "src/source/pulse.rs"];

/// What it may name of the modules `net`, whole.
const LOCAL_SOCKETS: &[&str] = &[
    "std::os::unix::net::UnixListener",
    "tokio::net::{UnixListener, UnixStream}",
    "tokio::net::UnixListener",
    "tokio::net::UnixStream",
];

/// Where a clippy wall may be opened, and which.
const OPENINGS: &[(&str, &[&str])] = &[
    (
        "clippy::disallowed_types",
        &["src/egress/", "src/pulse.rs", CONTROL_SOCKET, TEST_MODEL, FENCE[0], FENCE[1]],
    ),
    (
        "clippy::disallowed_methods",
        &[
            // A stopped terminal takes nothing for as long as it likes.
            "src/cli/pen.rs",
            // A look that hangs must not hold up the others.
            "src/doctor/beside.rs",
            "src/egress/",
            "src/main.rs",
            // A disk or a keyring that hangs must not hold up who listens.
            "src/mode/keeping.rs",
            // Streams are dropped on a thread of their own: the drop hangs when the sound server was killed.
            "src/play/output.rs",
            "src/program.rs",
            // A scenario that hangs must not hold up the others.
            "src/scenario/crew.rs",
            "src/program/fence.rs",
            "src/program/lasting.rs",
            "src/session/clock.rs",
            "src/session/rooms.rs",
            "src/settings.rs",
            "src/settings/",
            // Devices are looked for, opened and closed beside the listen thread: each may hang for ever.
            "src/source/aside.rs",
            // A test's callback runs beside the reader.
            "src/source/tap.rs",
        ],
    ),
    ("clippy::disallowed_macros", &[]),
];

/// Names of sound: the room that talks to the network must not be able to say them.
const SOUND: &[&str] = &["Frame", "Utterance", "Speech", "pcm"];

/// What a pure room cannot use: each is a way to the outside, to time or to another thread.
const IMPURE: &[&str] = &["tokio", "async", "await", "fs", "File", "Instant", "SystemTime"];

/// The same, where the bare word is also prose.
const IMPURE_PATHS: &[&str] = &["std::env", "std::process", "std::thread"];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "a crate is named at its address only",
        check: |path, text| words_outside(path, text, ADDRESSES),
        breaches: &[
            ("src/answer/ask.rs", "let client = reqwest::Client::new();"),
            ("src/answer/ask.rs", "use hyper::Request;"),
            ("src/listen/gate.rs", "fn f() { unsafe { g() } }"),
            ("src/session/run.rs", "use whisper_rs::WhisperContext;"),
            ("src/transcribe/guard.rs", "use whisper_rs::WhisperState;"),
            ("src/mode/wake.rs", "let host = cpal::default_host();"),
            ("src/mode/wake.rs", "let sink = rodio::DeviceSinkBuilder::open_default_sink();"),
            ("src/source/resample.rs", "use symphonia::core::units::Time;"),
            ("src/play/wav.rs", "use cpal::Sample;"),
            ("src/play/duck.rs", "use x11rb::connection::Connection;"),
            ("src/mode/live.rs", "use ashpd::desktop::Session;"),
            ("src/mode/servers.rs", "use rmcp::model::Tool;"),
            ("src/key/x11.rs", "use global_hotkey::GlobalHotKeyManager;"),
        ],
        innocents: &[
            ("src/egress/door.rs", "use reqwest::Client;"),
            ("src/transcribe/abort.rs", "unsafe { g() }"),
            (
                "src/lib.rs",
                "//! No reqwest here.\n/// Nor unsafe.\nlet a = 1; // nor hyper\nfn unsafely() {}",
            ),
            ("tests/bench/peer.rs", "use whisper_rs::WhisperContext;"),
        ],
    },
    Rule {
        name: "sockets and resolvers live in egress, the control socket in one file of serve, the test runs' server in one, a fence's in two",
        check: |path, text| {
            // The sound server's socket is the one other: it plays and records, and leads nowhere on.
            let inside = !path.starts_with("src/")
                || path.starts_with("src/egress/")
                || SOUND_SERVER.contains(&path)
                || path == TEST_MODEL;
            if inside {
                Vec::new()
            } else if path == CONTROL_SOCKET {
                lines_where(text, |line| names_net(&without(line, LOCAL_SOCKETS)))
            } else if FENCE.contains(&path) {
                lines_where(text, |line| names_net(&without(line, FENCE_SOCKETS)))
            } else {
                lines_where(text, names_net)
            }
        },
        breaches: &[
            ("src/answer/ask.rs", "use std::net::TcpStream;"),
            ("src/answer/ask.rs", "use tokio::{net::TcpStream, sync::mpsc};"),
            ("src/answer/ask.rs", "use std::{io, net};"),
            ("src/answer/ask.rs", "let it = std::os::unix::net::UnixListener::bind(path);"),
            ("src/serve/mod.rs", "let it = std::os::unix::net::UnixListener::bind(path);"),
            ("src/serve/client.rs", "use tokio::net::UnixStream;"),
            ("src/serve/socket.rs", "use tokio::net::TcpListener;"),
            ("src/serve/socket.rs", "use tokio::net::{TcpListener, UnixListener};"),
            ("src/serve/socket.rs", "use tokio::net::UnixDatagram;"),
            (
                "src/serve/socket.rs",
                "let it = (tokio::net::UnixStream::pair(), std::net::TcpListener::bind(a));",
            ),
            ("src/serve/socket.rs", "use std::{io, net};"),
            ("src/scenario/play.rs", "use tokio::net::TcpListener;"),
            ("src/session/run.rs", "use tokio::net::{UnixListener, UnixStream};"),
            ("src/program/fence.rs", "use std::net::TcpStream;"),
            ("src/program/fence.rs", "let it = std::os::unix::net::UnixListener::bind(path);"),
            ("src/program/fence.rs", "let it = std::os::unix::net::UnixStream::connect(path);"),
            ("src/program.rs", "let it = std::net::TcpListener::bind(\"127.0.0.1:0\");"),
        ],
        innocents: &[
            ("src/egress/door.rs", "use std::net::IpAddr;"),
            ("src/serve/socket.rs", "use tokio::net::{UnixListener, UnixStream};"),
            ("src/serve/socket.rs", "use std::os::unix::net::UnixListener as Bound;"),
            ("src/pulse.rs", "type Socket = std::os::unix::net::UnixStream;"),
            ("src/program/fence.rs", "let it = std::net::TcpListener::bind(\"127.0.0.1:0\");"),
            ("src/skills/maths.rs", "let net = gross - tax; // the net result"),
        ],
    },
    Rule {
        name: "clippy's walls open at their addresses only",
        check: |path, text| words_outside(path, text, OPENINGS),
        breaches: &[
            ("src/answer/ask.rs", "#[expect(clippy::disallowed_types, reason = \"quick\")]"),
            ("src/listen/gate.rs", "#![expect(clippy::disallowed_methods, reason = \"quick\")]"),
            ("src/program.rs", "#[expect(clippy::disallowed_types, reason = \"a socket\")]"),
            ("src/egress/door.rs", "#[expect(clippy::disallowed_macros, reason = \"quick\")]"),
            ("src/serve/client.rs", "#[expect(clippy::disallowed_types, reason = \"a socket\")]"),
        ],
        innocents: &[
            ("src/egress/door.rs", "#[expect(clippy::disallowed_types, reason = \"the door\")]"),
            ("src/session/clock.rs", "#[expect(clippy::disallowed_methods, reason = \"the clock\")]"),
            ("src/serve/socket.rs", "#[expect(clippy::disallowed_types, reason = \"the control socket\")]"),
        ],
    },
    Rule {
        name: "the room that talks to the network cannot name sound",
        check: |path, text| {
            if !path.starts_with("src/egress/") {
                return Vec::new();
            }
            SOUND.iter().flat_map(|word| lines_where(text, |line| names(line, word))).collect()
        },
        breaches: &[
            ("src/egress/door.rs", "use crate::flow::{Remedy, Utterance};"),
            ("src/egress/door.rs", "fn send(pcm: &[f32]) {}"),
        ],
        innocents: &[("src/egress/door.rs", "/// Never an Utterance.\nfn send(body: Body) {}")],
    },
    Rule {
        name: "policy and the state machine are pure",
        check: |path, text| {
            if !path.starts_with("src/policy/") && path != "src/session/machine.rs" {
                return Vec::new();
            }
            let words = IMPURE.iter().chain(IMPURE_PATHS);
            words.flat_map(|word| lines_where(text, |line| names(line, word))).collect()
        },
        breaches: &[
            ("src/policy/rules.rs", "let text = std::fs::read_to_string(path)?;"),
            ("src/policy/decide.rs", "pub async fn decide() {}"),
            ("src/session/machine.rs", "use std::time::Instant;"),
            ("src/session/machine.rs", "std::thread::sleep(pause);"),
        ],
        innocents: &[
            ("src/session/machine.rs", "let what = \"the thread ended\";"),
            ("src/policy/decide.rs", "// no tokio\npub fn decide(rules: &Rules) -> Verdict {}"),
            ("src/session/run.rs", "use tokio::sync::mpsc;"),
        ],
    },
    Rule {
        name: "a source file opens by saying what it is",
        check: |path, text| {
            let silent = is_rust(path) && !text.starts_with("//! ") && !text.starts_with("#!");
            silent.then(|| "does not open with `//! `".to_owned()).into_iter().collect()
        },
        breaches: &[("src/units.rs", "use std::fmt;\n//! Units."), ("tests/it/door.rs", "mod support;")],
        innocents: &[("src/units.rs", "//! Units.\n"), ("README.md", "# Mynah")],
    },
    Rule {
        name: "a file is one idea",
        check: |path, text| {
            let allowed = LONG.iter().find(|(long, ..)| *long == path).map_or(LINES, |(_, lines, _)| *lines);
            let lines = text.lines().count();
            let long = is_rust(path) && lines > allowed;
            long.then(|| format!("{lines} lines, {allowed} allowed")).into_iter().collect()
        },
        breaches: &[("src/flow.rs", LONG_SAMPLE)],
        innocents: &[("src/flow.rs", "//! Flow.\n"), ("Cargo.lock", LONG_SAMPLE)],
    },
    Rule {
        name: "nothing is left half done",
        check: |path, text| {
            let half = ["TODO", "FIXME", "XXX", "todo!", "unimplemented!", "dbg!"];
            if path == ITSELF {
                return Vec::new();
            }
            // ID3's frame for a text of one's own is called TXXX.
            let found = |line: &str| half.iter().any(|word| line.replace("TXXX", "").contains(word));
            numbered(text).filter(|(_, line)| found(line)).map(show).collect()
        },
        breaches: &[
            ("src/a.rs", "// TODO: later"),
            ("config/a.toml", "# FIXME"),
            ("src/a.rs", "todo!()"),
            ("src/a.rs", "unimplemented!()"),
        ],
        innocents: &[("src/a.rs", "let to_do = 1; // skills: a to-do list"), ("src/a.rs", "b\"TXXX\"")],
    },
    Rule {
        name: "no path of somebody's machine",
        check: |path, text| {
            let foreign = ["/home/", "/root/", "/work/", "/Users/", "/tmp/wt"];
            if path == ITSELF {
                return Vec::new();
            }
            let found = |line: &str| foreign.iter().any(|start| line.contains(start));
            numbered(text).filter(|(_, line)| found(line)).map(show).collect()
        },
        breaches: &[
            ("README.md", "cd /home/ann/mynah"),
            ("src/a.rs", "const MODEL: &str = \"/work/models/x.bin\";"),
            ("src/a.rs", "// see /root/notes"),
        ],
        innocents: &[("src/a.rs", "join(\"home\")"), (".ci/setup", "/etc/ssl/cert.pem")],
    },
    Rule {
        name: "an ignored test says what it needs",
        check: |path, text| {
            let bare = |line: &str| {
                ["#[ignore]", "#[ignore = \"\"]"].iter().any(|it| line.trim_start().starts_with(it))
            };
            if is_rust(path) { lines_where(text, bare) } else { Vec::new() }
        },
        breaches: &[("tests/it/a.rs", "#[test]\n#[ignore]\nfn a() {}")],
        innocents: &[("tests/it/a.rs", "#[ignore = \"needs model base.en\"]")],
    },
];

const LONG_SAMPLE: &str = {
    const NEWLINES: &[u8] = &[b'\n'; LINES + 1];
    match str::from_utf8(NEWLINES) {
        Ok(text) => text,
        Err(_) => panic!("newlines are UTF-8"),
    }
};

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

fn numbered(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.lines().enumerate().map(|(at, line)| (at + 1, line))
}

fn show((number, line): (usize, &str)) -> String {
    format!("line {number}: {}", line.trim())
}

/// The lines of code, without comments: prose may name what code may not.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    numbered(text).map(|(number, line)| {
        let comment = if line.trim_start().starts_with("//") { Some(0) } else { line.find(" // ") };
        (number, comment.map_or(line, |at| &line[..at]))
    })
}

fn lines_where(text: &str, breach: impl Fn(&str) -> bool) -> Vec<String> {
    code(text).filter(|(_, line)| breach(line)).map(show).collect()
}

/// Lines of a source file under `src/` that name a word away from its address.
fn words_outside(path: &str, text: &str, addresses: &[(&str, &[&str])]) -> Vec<String> {
    if !path.starts_with("src/") || !is_rust(path) {
        return Vec::new();
    }
    let away = |homes: &[&str]| {
        !homes.iter().any(|home| path == *home || home.ends_with('/') && path.starts_with(home))
    };
    addresses
        .iter()
        .filter(|(_, homes)| away(homes))
        .flat_map(|(word, _)| lines_where(text, |line| names(line, word)))
        .collect()
}

/// Whether `line` holds `word` as a whole identifier (or path).
fn names(line: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    line.match_indices(word).any(|(at, _)| {
        !line[..at].chars().next_back().is_some_and(part)
            && !line[at + word.len()..].chars().next().is_some_and(part)
    })
}

/// Whether `line` names a module `net` of the standard library or tokio, in a path or inside a use-tree.
fn names_net(line: &str) -> bool {
    let in_path = line.contains("::net::")
        || line.contains("{net::")
        || line.contains(" net::")
        || line.ends_with("::net;");
    let trimmed = line.trim_start();
    let import = trimmed.starts_with("use ") || trimmed.starts_with("pub use ");
    in_path || (import && names(line, "net"))
}

/// `line` without `sockets`, which its file may name.
fn without(line: &str, sockets: &[&str]) -> String {
    let whole = |line: &str, at: usize, name: &str| {
        let next = line[at + name.len()..].chars().next();
        !next.is_some_and(|c| c.is_alphanumeric() || c == '_')
    };
    sockets.iter().fold(line.to_owned(), |line, name| match line.find(name) {
        Some(at) if whole(&line, at, name) => line.replacen(name, "", 1),
        _ => line,
    })
}

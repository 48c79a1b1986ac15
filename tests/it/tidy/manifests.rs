//! Rules on the project's own configuration: the lock file holds no second way out, and no lint was turned off.

use toml::{Table, Value};

use super::Rule;

/// Crates whose lock entry is never built: optional parts of reqwest (HTTP/3) that no feature here turns on.
const UNBUILT: &[&str] = &["quinn", "quinn-proto", "quinn-udp"];

/// What clippy must go on forbidding.
const FORBIDDEN: &[&str] = &[
    "jiff::Timestamp::now",
    "jiff::Zoned::now",
    "jiff::tz::TimeZone::system",
    "jiff::tz::TimeZone::try_system",
    "reqwest::Client",
    "reqwest::ClientBuilder",
    "reqwest::get",
    "std::env::home_dir",
    "std::env::remove_var",
    "std::env::set_current_dir",
    "std::env::set_var",
    "std::env::temp_dir",
    "std::env::var",
    "std::env::var_os",
    "std::env::vars",
    "std::env::vars_os",
    "std::net::TcpListener",
    "std::net::TcpStream",
    "std::net::ToSocketAddrs",
    "std::net::ToSocketAddrs::to_socket_addrs",
    "std::net::UdpSocket",
    "std::os::unix::net::UnixDatagram",
    "std::os::unix::net::UnixListener",
    "std::os::unix::net::UnixStream",
    "std::process::Command::new",
    "std::process::abort",
    "std::process::exit",
    "std::thread::Builder::spawn",
    "std::thread::Builder::spawn_scoped",
    "std::thread::Scope::spawn",
    "std::thread::scope",
    "std::thread::spawn",
    "std::time::Instant::now",
    "std::time::SystemTime::elapsed",
    "std::time::SystemTime::now",
    "tokio::net::TcpListener",
    "tokio::net::TcpSocket",
    "tokio::net::TcpStream",
    "tokio::net::UdpSocket",
    "tokio::net::UnixDatagram",
    "tokio::net::UnixListener",
    "tokio::net::UnixSocket",
    "tokio::net::UnixStream",
    "tokio::net::lookup_host",
    "tokio::process::Command::new",
    "tokio::runtime::Handle::spawn",
    "tokio::runtime::Handle::spawn_blocking",
    "tokio::runtime::Runtime::spawn",
    "tokio::runtime::Runtime::spawn_blocking",
    "tokio::spawn",
    "tokio::task::JoinSet::spawn",
    "tokio::task::JoinSet::spawn_blocking",
    "tokio::task::JoinSet::spawn_blocking_on",
    "tokio::task::JoinSet::spawn_local",
    "tokio::task::JoinSet::spawn_local_on",
    "tokio::task::JoinSet::spawn_on",
    "tokio::task::LocalSet::spawn_local",
    "tokio::task::spawn_blocking",
    "tokio::task::spawn_local",
    "tokio::time::Instant::now",
];

/// Lints that must stay at deny (forbid would leave the legal addresses no way to open).
const DENIED: &[(&str, &str)] = &[
    ("rust", "missing_docs"),
    ("rust", "unreachable_pub"),
    ("rust", "unsafe_code"),
    ("clippy", "allow_attributes"),
    ("clippy", "await_holding_lock"),
    ("clippy", "cast_possible_truncation"),
    ("clippy", "cast_sign_loss"),
    ("clippy", "disallowed_methods"),
    ("clippy", "disallowed_types"),
    ("clippy", "exit"),
    ("clippy", "print_stderr"),
    ("clippy", "print_stdout"),
    ("clippy", "undocumented_unsafe_blocks"),
    ("clippy", "unwrap_used"),
];

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "no second way out in the lock file",
        check: |path, text| if path == "Cargo.lock" { second_ways_out(text) } else { Vec::new() },
        breaches: &[
            ("Cargo.lock", "[[package]]\nname = \"ureq\"\nversion = \"3.0.0\""),
            ("Cargo.lock", "[[package]]\nname = \"openssl-sys\"\nversion = \"0.9.0\""),
            (
                "Cargo.lock",
                "[[package]]\nname = \"chatter\"\nversion = \"1.0.0\"\ndependencies = [\"reqwest\"]",
            ),
            (
                "Cargo.lock",
                "[[package]]\nname = \"server\"\nversion = \"1.0.0\"\ndependencies = [\"hyper 1.9.0\"]",
            ),
            (
                "Cargo.lock",
                "[[package]]\nname = \"fork\"\nversion = \"1.0.0\"\nsource = \"git+https://example.org/fork\"",
            ),
        ],
        innocents: &[
            (
                "Cargo.lock",
                "[[package]]\nname = \"mynah\"\nversion = \"0.1.0\"\ndependencies = [\"reqwest\"]",
            ),
            ("README.md", "ureq"),
        ],
    },
    Rule {
        name: "clippy forbids what it always forbade",
        check: |path, text| if path == ".clippy.toml" { no_longer_forbidden(text) } else { Vec::new() },
        breaches: &[(".clippy.toml", "disallowed-types = []\ndisallowed-methods = []")],
        innocents: &[("Cargo.toml", "")],
    },
    Rule {
        name: "the manifest keeps its lints and its one narrow client",
        check: |path, text| if path == "Cargo.toml" { manifest_breaches(text) } else { Vec::new() },
        breaches: &[
            ("Cargo.toml", "[lints.rust]\nunsafe_code = \"warn\""),
            ("Cargo.toml", "[dependencies]\nreqwest = \"0.13\""),
        ],
        innocents: &[(".clippy.toml", "")],
    },
];

fn parse(text: &str) -> Table {
    text.parse().unwrap_or_else(|error| panic!("not TOML: {error}"))
}

fn list(value: Option<&Value>) -> impl Iterator<Item = &Value> {
    value.and_then(Value::as_array).into_iter().flatten()
}

fn text_of<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or_default()
}

/// Holds the lock file against the list in `.deny.toml`, so that a breach fails in `make test` already.
fn second_ways_out(lock: &str) -> Vec<String> {
    let deny = parse(include_str!("../../../.deny.toml"));
    let lock = parse(lock);
    let mut found = Vec::new();
    for package in list(lock.get("package")) {
        let name = text_of(package, "name");
        let source = text_of(package, "source");
        if !source.is_empty() && source != "registry+https://github.com/rust-lang/crates.io-index" {
            found.push(format!("{name} comes from {source}"));
        }
        for banned in list(deny["bans"].get("deny")) {
            let crate_name = text_of(banned, "crate");
            let holders: Vec<&str> = list(banned.get("wrappers")).filter_map(Value::as_str).collect();
            let held = list(package.get("dependencies"))
                .filter_map(Value::as_str)
                .any(|dependency| dependency.split(' ').next() == Some(crate_name));
            if name == crate_name && holders.is_empty() {
                found.push(format!("{name} is a second way out"));
            } else if held && !holders.contains(&name) && !UNBUILT.contains(&name) {
                found.push(format!("{name} may not hold {crate_name}"));
            }
        }
    }
    found
}

fn no_longer_forbidden(clippy: &str) -> Vec<String> {
    let clippy = parse(clippy);
    let listed: Vec<&str> = ["disallowed-types", "disallowed-methods"]
        .iter()
        .flat_map(|key| list(clippy.get(*key)))
        .map(|entry| text_of(entry, "path"))
        .collect();
    FORBIDDEN
        .iter()
        .filter(|path| !listed.contains(path))
        .map(|path| format!("{path} is no longer forbidden"))
        .collect()
}

fn manifest_breaches(manifest: &str) -> Vec<String> {
    let manifest = parse(manifest);
    let level =
        |group: &str, lint: &str| manifest.get("lints")?.get(group)?.get(lint)?.as_str().map(str::to_owned);
    let mut found: Vec<String> = DENIED
        .iter()
        .filter(|(group, lint)| level(group, lint).as_deref() != Some("deny"))
        .map(|(group, lint)| format!("{group}::{lint} is not at deny"))
        .collect();
    let client = manifest.get("dependencies").and_then(|all| all.get("reqwest"));
    let defaults = client.and_then(|client| client.get("default-features")).and_then(Value::as_bool);
    let mut features: Vec<&str> =
        list(client.and_then(|client| client.get("features"))).filter_map(Value::as_str).collect();
    features.sort_unstable();
    // The defaults would obey the system's proxy; each further feature is a decision to be taken here too.
    if defaults != Some(false) || features != ["rustls"] {
        found.push(format!("reqwest's features are {features:?}, its defaults {defaults:?}"));
    }
    found
}

#[test]
fn each_entry_taken_away_is_found() {
    let clippy = include_str!("../../../.clippy.toml");
    for path in FORBIDDEN {
        let without: String = clippy
            .lines()
            .filter(|line| !line.contains(&format!("\"{path}\"")))
            .map(|line| format!("{line}\n"))
            .collect();
        assert_eq!(no_longer_forbidden(&without).len(), 1, "{path}");
    }
    let manifest = include_str!("../../../Cargo.toml");
    for (_, lint) in DENIED {
        let weaker = manifest.replace(&format!("\n{lint} = \"deny\""), &format!("\n{lint} = \"warn\""));
        assert_eq!(manifest_breaches(&weaker).len(), 1, "{lint}");
    }
}
